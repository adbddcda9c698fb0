/* Histogram: how long things take, in nanoseconds, with percentiles, in fixed memory.
 *
 * A value falls in a bucket no wider than 1/32 of it: a percentile is at most 3.2% above the true value and
 * never below it. Values under 64 are exact. Recording is a handful of instructions. */
#ifndef STINT_BASE_HISTOGRAM_H
#define STINT_BASE_HISTOGRAM_H

#include <stdint.h>

/* Each power of two is divided in 2^HISTOGRAM_STEP_BITS buckets. */
#define HISTOGRAM_STEP_BITS 5

/* Values have up to this many bits: 2^40 ns is 18 minutes. What is longer counts as HISTOGRAM_VALUE_MAX. */
#define HISTOGRAM_VALUE_BITS 40
#define HISTOGRAM_VALUE_MAX  ((UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1)

#define HISTOGRAM_BUCKETS ((HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

/* About 9 kB. An all-zero histogram is empty and ready for use. */
typedef struct histogram {
    uint64_t count; /* values recorded */
    uint64_t max;   /* the largest, exact up to HISTOGRAM_VALUE_MAX */
    uint64_t buckets[HISTOGRAM_BUCKETS];
} histogram;

/* The bucket that a value of at most HISTOGRAM_VALUE_MAX falls in. */
static inline unsigned histogram_bucket(uint64_t value) {
    /* The top HISTOGRAM_STEP_BITS + 1 bits of the value choose the bucket; the shift drops the rest. */
    unsigned shift =
        (unsigned)(63 - HISTOGRAM_STEP_BITS - __builtin_clzll(value | (UINT64_C(1) << HISTOGRAM_STEP_BITS)));
    return (shift << HISTOGRAM_STEP_BITS) + (unsigned)(value >> shift);
}

/* Counts the same value several times. */
static inline void histogram_record_many(histogram *h, uint64_t value, uint64_t times) {
    if (value > HISTOGRAM_VALUE_MAX) value = HISTOGRAM_VALUE_MAX;
    h->count += times;
    if (value > h->max) h->max = value;
    h->buckets[histogram_bucket(value)] += times;
}

/* Counts one value. */
static inline void histogram_record(histogram *h, uint64_t value) { histogram_record_many(h, value, 1); }

/* Empties the histogram. */
void histogram_reset(histogram *h);

/* Adds all that `from` counted to `into`. */
void histogram_merge(histogram *into, const histogram *from);

/* The value that percent (0..100) of the recorded ones do not exceed: the upper edge of its bucket, never
 * more than the largest value. 0 when nothing was recorded. */
uint64_t histogram_percentile(const histogram *h, double percent);

/* How many recorded values lie in buckets that end at or below `value`. */
uint64_t histogram_count_up_to(const histogram *h, uint64_t value);

#endif
