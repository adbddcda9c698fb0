/* Results: every figure that was measured, and what they say together. */
#ifndef STINT_BENCH_RESULTS_H
#define STINT_BENCH_RESULTS_H

#include <stdio.h>

/* What an item's figure is, and what its target is compared with. */
typedef enum item_kind {
    ITEM_WORK,   /* CPU per request; the target is the ratio of ours to the reference's */
    ITEM_MEMORY, /* bytes of each thing held; the target is ours */
    ITEM_GROWTH, /* the price with many keys to that with few; the target is ours */
    ITEM_STALL, /* worst latency; a busy machine only adds to it, so the least of the rounds is what counts */
    ITEM_PAUSE, /* most CPU time in one turn, of which again the least of the rounds counts, beside latencies
                 */
} item_kind;

/* One thing to measure. */
typedef struct item {
    const char *name;  /* as given to --only */
    const char *title; /* for readers */
    item_kind kind;
    const char *metric; /* the figure that matters */
    const char *unit;
    double target;       /* 0: none */
    double floor_target; /* ratio of ours to the bare floor; 0: none */
} item;

/* The figures of several rounds. */
typedef struct spread {
    unsigned count; /* 0: nothing was measured, and the rest is 0 too */
    double median, min, max;
} spread;

/* One figure of one round. The strings are not owned. */
typedef struct sample {
    const item *item;
    const char *server;
    const char *metric;
    double value;
} sample;

typedef struct results results;

/* Returns an empty collection; results_free() frees it. */
results *results_create(void);
void results_free(results *r);

/* Adds one figure, unless those of the item on the server are void. The strings are kept as they are and must
 * outlive the results. */
void results_add(results *r, const item *of, const char *server, const char *metric, double value);

/* Makes all figures of an item on a server void, those to come as well: a run has failed, and the rounds that
 * are left would be compared with others of other servers. */
void results_void(results *r, const item *of, const char *server);

/* The figures of one metric over all rounds. */
spread results_spread(const results *r, const item *of, const char *server, const char *metric);

/* The ratios of `server` to `other`, round by round: what disturbs a round disturbs both, and leaves the
 * ratio. */
spread results_ratio(const results *r, const item *of, const char *metric, const char *server,
                     const char *other);

/* The sample at that place, in the order they came, from 0 on; NULL after the last. */
const sample *results_at(const results *r, size_t index);

/* The item at that place among those measured, in order; NULL after the last. */
const item *results_item(const results *r, size_t index);

#endif
