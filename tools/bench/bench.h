/* Bench: what the parts of the benchmark driver share. */
#ifndef STINT_BENCH_BENCH_H
#define STINT_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/engine.h"
#include "bench/results.h"
#include "bench/server.h"

enum {
    BENCH_SERVERS_MAX = 8,
    BENCH_PATTERNS_MAX = 32,
};

typedef struct bench {
    server servers[BENCH_SERVERS_MAX]; /* ours first, if it takes part */
    unsigned server_count;
    server floor; /* without a name if it does not take part */
    const char *floor_program;
    const char *reference; /* name of the peer that targets speak of; NULL without peers */
    server_setting setting;
    unsigned rounds;
    double run_s, warmup_s; /* of one run in one round */
    uint64_t keys;
    unsigned connections;
    bool growth, stalls; /* measure these too */
    const char *only[BENCH_PATTERNS_MAX];
    unsigned only_count;
    unsigned failures;
    results *results;
} bench;

/* Whether the item was asked for. */
bool bench_wants(const bench *b, const item *of);

/* Our server; NULL if it does not take part. */
const server *bench_ours(const bench *b);

/* Starts a server anew, with nothing in it. Ends the program with an explanation if it does not come up. */
void bench_restart(bench *b, server *s);

/* Stops every server. */
void bench_stop_all(bench *b);

/* A plan for a load on `s`, to be completed by the caller: nothing is filled or measured yet. */
engine_plan bench_plan(const bench *b, const server *s);

/* Runs the plan. Returns false, having said why and counted a failure, if the figures are worth nothing: the
 * run failed, or replies were errors. */
bool bench_run(bench *b, const item *of, const server *s, const engine_plan *plan, engine_result *result);

/* Says that an item could not be measured on a server, and why, and counts it as a failure. Figures that it
 * has given are void. */
__attribute__((format(printf, 4, 5))) void bench_note_failure(bench *b, const item *of, const server *s,
                                                              const char *format, ...);

/* Adds the percentiles and the maximum of the latencies to the results. */
void bench_add_latencies(bench *b, const item *of, const server *s, const latencies *h);

/* Shows on a terminal what is being done; the next call, or nothing, replaces it. */
__attribute__((format(printf, 1, 2))) void bench_progress(const char *format, ...);

/* Ends the program with an explanation. */
__attribute__((noreturn, format(printf, 1, 2))) void bench_fail(const char *format, ...);

#endif
