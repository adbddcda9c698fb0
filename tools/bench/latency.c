/* Latency: a log-linear histogram of latencies.
 *
 * Every doubling of the value is cut into 128 equal steps, so that the width of a step stays below 0.8% of
 * the value wherever it lies, and recording is a shift and an increment:
 *
 *     value (ns)     0 .. 255      256 .. 511    512 .. 1023   ...
 *     step width     1             2             4             ...
 *     steps          256           128           128           ...
 *
 * The smallest and the largest value and the sum are kept exactly beside the steps. 35 KB, no allocation. The
 * server's own histogram is four times coarser and smaller, because it keeps one per command; this one counts
 * a whole batch at once. Not thread-safe: each thread fills its own, and they are merged at the end. */
#include "bench/latency.h"

#include <string.h>

void latency_clear(latencies *h) {
    memset(h, 0, sizeof *h);
    h->min_ns = UINT64_MAX;
}

static unsigned step_of(uint64_t value_ns) {
    if (value_ns >> LATENCY_RANGE_BITS) return LATENCY_STEPS - 1;
    if (value_ns < 2u << LATENCY_STEP_BITS) return (unsigned)value_ns;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value_ns) - LATENCY_STEP_BITS;
    return (shift << LATENCY_STEP_BITS) + (unsigned)(value_ns >> shift);
}

/* The largest value counted in that step. */
static uint64_t step_end(unsigned step) {
    if (step < 2u << LATENCY_STEP_BITS) return step;
    unsigned shift = (step >> LATENCY_STEP_BITS) - 1;
    uint64_t mantissa = step - ((uint64_t)shift << LATENCY_STEP_BITS);
    return ((mantissa + 1) << shift) - 1;
}

void latency_record(latencies *h, uint64_t value_ns, uint64_t times) {
    h->steps[step_of(value_ns)] += times;
    h->count += times;
    h->sum_ns += value_ns * times;
    if (value_ns < h->min_ns) h->min_ns = value_ns;
    if (value_ns > h->max_ns) h->max_ns = value_ns;
}

void latency_merge(latencies *into, const latencies *from) {
    for (unsigned i = 0; i < LATENCY_STEPS; i++) into->steps[i] += from->steps[i];
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->min_ns < into->min_ns) into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns) into->max_ns = from->max_ns;
}

uint64_t latency_percentile(const latencies *h, double percent) {
    if (h->count == 0) return 0;
    double exact_rank = percent / 100 * (double)h->count;
    uint64_t rank = (uint64_t)exact_rank;
    if ((double)rank < exact_rank || rank == 0) rank++;
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_STEPS; i++) {
        seen += h->steps[i];
        if (seen >= rank) {
            uint64_t end = step_end(i);
            return end < h->max_ns ? end : h->max_ns;
        }
    }
    return h->max_ns;
}

double latency_mean(const latencies *h) { return h->count ? (double)h->sum_ns / (double)h->count : 0; }
