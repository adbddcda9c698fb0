/* Histogram: how often which latency was seen, to about one percent, from a nanosecond to 18 minutes. */
#ifndef STINT_BENCH_HISTOGRAM_H
#define STINT_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 7,  /* 128 steps per doubling: a step is at most 1/128 of its value */
    HISTOGRAM_RANGE_BITS = 40 /* values from 2^40 ns (18 minutes) on are counted in the last step */
};
#define HISTOGRAM_STEPS ((HISTOGRAM_RANGE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

typedef struct histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t min_ns; /* exact; UINT64_MAX while empty */
    uint64_t max_ns; /* exact */
    uint64_t steps[HISTOGRAM_STEPS];
} histogram;

/* Makes `h` empty. */
void histogram_clear(histogram *h);

/* Counts `times` values of `value_ns`. */
void histogram_record(histogram *h, uint64_t value_ns, uint64_t times);

/* Adds everything counted in `from` to `into`. */
void histogram_merge(histogram *into, const histogram *from);

/* The value in ns that `percent` (0..100) of the counted values do not exceed, rounded up to the end of its
 * step but never above the exact maximum. 0 if nothing was counted. */
uint64_t histogram_percentile(const histogram *h, double percent);

/* The exact mean in ns; 0 if nothing was counted. */
double histogram_mean(const histogram *h);

#endif
