/* Latency: how often which latency was seen, to about one percent, from a nanosecond to 18 minutes. */
#ifndef STINT_BENCH_LATENCY_H
#define STINT_BENCH_LATENCY_H

#include <stdint.h>

enum {
    LATENCY_STEP_BITS = 7,  /* 128 steps per doubling: a step is at most 1/128 of its value */
    LATENCY_RANGE_BITS = 40 /* values from 2^40 ns (18 minutes) on are counted in the last step */
};
#define LATENCY_STEPS ((LATENCY_RANGE_BITS - LATENCY_STEP_BITS + 1) << LATENCY_STEP_BITS)

typedef struct latencies {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t min_ns; /* exact; UINT64_MAX while empty */
    uint64_t max_ns; /* exact */
    uint64_t steps[LATENCY_STEPS];
} latencies;

/* Makes `h` empty. */
void latency_clear(latencies *h);

/* Counts `times` values of `value_ns`. */
void latency_record(latencies *h, uint64_t value_ns, uint64_t times);

/* Adds everything counted in `from` to `into`. */
void latency_merge(latencies *into, const latencies *from);

/* The value in ns that `percent` (0..100) of the counted values do not exceed, rounded up to the end of its
 * step but never above the exact maximum. 0 if nothing was counted. */
uint64_t latency_percentile(const latencies *h, double percent);

/* The exact mean in ns; 0 if nothing was counted. */
double latency_mean(const latencies *h);

#endif
