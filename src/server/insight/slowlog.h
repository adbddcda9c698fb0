/* Slow log: the last requests that took longer than slowlog-log-slower-than, at most slowlog-max-len. */
#ifndef STINT_SERVER_INSIGHT_SLOWLOG_H
#define STINT_SERVER_INSIGHT_SLOWLOG_H

#include <stddef.h>
#include <stdint.h>

#include "net/batch.h"

/* Arguments of a request that are kept, and bytes of each. */
#define SLOWLOG_ARGUMENTS_MAX 32
#define SLOWLOG_BYTES_MAX     128

typedef struct slowlog_entry {
    struct slowlog_entry *older, *newer; /* the log's own */
    int64_t id;                          /* grows for the life of the process */
    int64_t unix_s;
    uint64_t us; /* that it took */
    slice peer;  /* the client's address and name */
    slice name;
    int argc;
    slice argv[]; /* trimmed, and without secrets */
} slowlog_entry;

/* Logs a request, which took that long together with a number of others like it (0: alone); the oldest entry
 * goes if there are more than may be. Arguments are copied. */
void slowlog_add(const struct request *r, uint64_t us, uint64_t others);

size_t slowlog_len(void);
/* The memory of all entries. */
size_t slowlog_memory_bytes(void);
/* The newest entry, NULL if there is none; the others follow by `older`. Valid until the next slowlog_add or
 * slowlog_reset. */
const slowlog_entry *slowlog_newest(void);
/* Forgets all entries. */
void slowlog_reset(void);

#endif
