/* Recency: how lately or how often an entry was used, in the 24 bits that its header has for it.
 *
 * Under an LRU policy the bits are a clock of seconds. Under an LFU policy they are 16 bits of minutes (when
 * the counter was last decayed) and an 8-bit logarithmic counter: each use raises it with a probability that
 * falls the higher it is, each decay period without use lowers it by one. Both are as maxmemory-policy,
 * lfu-log-factor and lfu-decay-time describe them. */
#ifndef STINT_STORE_RECENCY_H
#define STINT_STORE_RECENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/entry.h"

struct recency_policy {
    bool lfu;
    int lfu_log_factor;
    int lfu_decay_minutes;
    bool paused; /* the running client asked that its reads leave no trace (CLIENT NO-TOUCH) */
};
extern struct recency_policy recency_policy;

/* The LRU clock: seconds, 24 bits; set once per turn by recency_tick. */
extern uint32_t recency_clock;
void recency_tick(void);

/* Marks an entry as just made. */
void recency_start(entry *e);

/* Counts one more use of an LFU policy; for recency_touch. */
void recency_count_use(entry *e);

/* Marks an entry as used now. */
static inline void recency_touch(entry *e) {
    if (__builtin_expect(recency_policy.lfu || recency_policy.paused, 0)) {
        if (!recency_policy.paused) recency_count_use(e);
    } else if (e->recency != recency_clock) { /* spares the write when the second is the same */
        e->recency = recency_clock;
    }
}

/* Seconds since the entry was used; LRU policies. */
uint32_t recency_idle_s(const entry *e);
/* The access counter, decayed up to now; LFU policies. */
uint8_t recency_frequency(const entry *e);

#endif
