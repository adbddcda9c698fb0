/* Hot keys: which keys are read most, written most, take most of the processor's time, or most memory. */
#ifndef STINT_SERVER_INSIGHT_HOT_KEYS_H
#define STINT_SERVER_INSIGHT_HOT_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranking.h"
#include "net/batch.h"

/* What keys are ranked by. */
enum hot_keys_measure {
    HOT_KEYS_READS,  /* requests that read the key */
    HOT_KEYS_WRITES, /* requests that may change it */
    HOT_KEYS_CPU,    /* nanoseconds that its requests took */
    HOT_KEYS_BYTES,  /* of memory, now */
    HOT_KEYS_MEASURES,
};

/* Keys that are kept of each measure. */
#define HOT_KEYS_MAX RANKING_PLACES
/* Bytes of a key's name that are kept. */
#define HOT_KEYS_NAME_MAX 128
/* Of requests with more keys, the first ones are looked at. */
#define HOT_KEYS_PER_REQUEST 16

/* The sums halve so often: a key that was hot is forgotten within ten times that. */
#define HOT_KEYS_HALVING_S 60

/* --- Sampling --- */

/* How many of the next count requests are to be passed over until one is to be sampled; count if none is. */
int hot_keys_pass_over(int count);
/* A request that was to be sampled has run, alone, and took that long. */
void hot_keys_sample(const struct request *r, uint64_t ns);
/* One in so many requests is sampled now. */
uint32_t hot_keys_interval(void);
/* Adapts the interval, and halves the sums when it is time; called every STATISTICS_SAMPLE_MS. */
void hot_keys_tick(void);

/* --- What was found --- */

struct hot_key {
    slice name; /* cut short if it is long: name_len is its length */
    size_t name_len;
    int db;
    uint64_t value; /* estimated; never too low but for what sampling missed */
    uint64_t error; /* by which it may be too high */
};
/* Writes the hottest keys, the hottest first; returns their number, at most max. Names are valid until the
 * next call of a function of this module. For HOT_KEYS_BYTES the keys are measured anew. */
uint32_t hot_keys_top(enum hot_keys_measure measure, struct hot_key *keys, uint32_t max);

/* Forgets all keys. */
void hot_keys_reset(void);

#endif
