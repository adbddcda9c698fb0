/* Memory figures: gathered when asked for. */
#include "command/memory_figures.h"

#include <unistd.h>

#include "server/insight/slowlog.h"
#include "server/insight/statistics.h"

static double ratio(size_t whole, size_t part) { return part ? (double)whole / (double)part : 0; }

static int64_t difference(size_t whole, size_t part) { return (int64_t)whole - (int64_t)part; }

static void add_databases(struct memory_figures *f) {
    for (int i = 0; i < keyspace_databases(); i++) {
        const database *db = keyspace_database(i);
        f->keys += keyspace_size(db);
        f->tables_bytes += table_memory_bytes(db->keys);
    }
}

static void add_ratios(struct memory_figures *f) {
    const struct alloc_figures *a = &f->allocator;
    f->fragmentation_ratio = ratio(a->active_bytes, a->allocated_bytes);
    f->fragmentation_bytes = difference(a->active_bytes, a->allocated_bytes);
    f->allocator_rss_ratio = ratio(a->resident_bytes, a->active_bytes);
    f->allocator_rss_bytes = difference(a->resident_bytes, a->active_bytes);
    f->rss_overhead_ratio = ratio(a->process_resident_bytes, a->resident_bytes);
    f->rss_overhead_bytes = difference(a->process_resident_bytes, a->resident_bytes);
    f->resident_ratio = ratio(a->process_resident_bytes, f->used_bytes);
    f->resident_bytes = difference(a->process_resident_bytes, f->used_bytes);
}

void memory_figures(struct memory_figures *f) {
    alloc_note_peak();
    *f = (struct memory_figures){
        .used_bytes = alloc_used_bytes(),
        .peak_bytes = alloc_peak_bytes(),
        .startup_bytes = statistics.startup_memory_bytes,
        .system_bytes = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE),
    };
    client_totals(&f->clients);
    alloc_figures(&f->allocator);
    f->watching_bytes = statistics_memory_bytes() + slowlog_memory_bytes();
    add_databases(f);
    f->overhead_bytes = f->startup_bytes + f->clients.memory_bytes + f->tables_bytes + f->watching_bytes;
    add_ratios(f);

    /* the tables were there, empty, at the startup: so little may be used that overhead is more than all */
    if (f->overhead_bytes < f->used_bytes) f->dataset_bytes = f->used_bytes - f->overhead_bytes;
    size_t since_startup = f->used_bytes > f->startup_bytes ? f->used_bytes - f->startup_bytes : 0;
    f->dataset_percent = 100 * ratio(f->dataset_bytes, since_startup);
    f->peak_percent = 100 * ratio(f->used_bytes, f->peak_bytes);
    f->bytes_per_key = f->keys ? since_startup / f->keys : 0;
}
