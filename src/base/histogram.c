/* Histogram: counts in buckets that grow with the value.
 *
 * The first 64 buckets hold one value each. From there every power of two is cut in 32 equal parts, so a
 * bucket's number is a value's top six bits plus 32 for every bit that was dropped below them:
 *
 *     value   0 1 2 ... 63 | 64-65 66-67 ... 126-127 | 128-131 132-135 ... | ...
 *     bucket  0 1 2 ... 63 |  64    65   ...   95    |   96      97    ... | ...   1151
 *
 * Recording touches one counter; a query walks all of them, about a microsecond. */
#include "base/histogram.h"

#include <assert.h>
#include <string.h>

#define STEPS (1u << HISTOGRAM_STEP_BITS)

/* The largest value that falls in the bucket. */
static uint64_t bucket_end(unsigned bucket) {
    if (bucket < 2 * STEPS) return bucket;
    unsigned shift = (bucket >> HISTOGRAM_STEP_BITS) - 1;
    uint64_t top = (bucket & (STEPS - 1)) + STEPS;
    return ((top + 1) << shift) - 1;
}

void histogram_reset(histogram *h) { memset(h, 0, sizeof(*h)); }

void histogram_merge(histogram *into, const histogram *from) {
    into->count += from->count;
    if (from->max > into->max) into->max = from->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) into->buckets[i] += from->buckets[i];
}

uint64_t histogram_percentile(const histogram *h, double percent) {
    assert(percent >= 0 && percent <= 100);
    if (h->count == 0) return 0;

    /* The rank is rounded up, but not for what is only the inexactness of 99.9 / 100. */
    double exact = percent / 100 * (double)h->count;
    uint64_t rank = (uint64_t)exact;
    if (exact - (double)rank > 1e-6 || rank == 0) rank++;

    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= rank) return bucket_end(i) < h->max ? bucket_end(i) : h->max;
    }
    return h->max;
}

uint64_t histogram_count_up_to(const histogram *h, uint64_t value) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && bucket_end(i) <= value; i++) sum += h->buckets[i];
    return sum;
}
