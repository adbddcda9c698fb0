/* Memory figures: where memory goes, as INFO and MEMORY tell it. */
#ifndef STINT_COMMAND_MEMORY_FIGURES_H
#define STINT_COMMAND_MEMORY_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "command/client_text.h"
#include "store/keyspace.h"

struct memory_figures {
    size_t used_bytes, peak_bytes;
    size_t startup_bytes;   /* in use before there was any data */
    size_t tables_bytes;    /* what finds keys */
    size_t watching_bytes;  /* what is kept of the time that commands took */
    size_t overhead_bytes;  /* startup, clients, and these two */
    size_t dataset_bytes;   /* the rest */
    double dataset_percent; /* of what came after the startup */
    double peak_percent;    /* used of peak */
    size_t keys;            /* of all databases */
    size_t bytes_per_key;   /* 0 without keys */
    size_t system_bytes;    /* memory of the machine */
    struct client_totals clients;
    struct alloc_figures allocator;

    /* How much more is held than asked for, by layer: by the allocator in pages that are partly used, by the
     * allocator in pages that are not used, by the process beside the allocator, and all of it. */
    double fragmentation_ratio, allocator_rss_ratio, rss_overhead_ratio, resident_ratio;
    int64_t fragmentation_bytes, allocator_rss_bytes, rss_overhead_bytes, resident_bytes;
};

/* Asks the allocator, the kernel, all clients and all databases. */
void memory_figures(struct memory_figures *f);

#endif
