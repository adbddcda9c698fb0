/* Engine: puts load on a server and measures what came of it. */
#ifndef STINT_BENCH_ENGINE_H
#define STINT_BENCH_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/chooser.h"
#include "bench/endpoint.h"
#include "bench/latency.h"
#include "bench/replies.h"
#include "bench/workload.h"

enum {
    ENGINE_THREADS_MAX = 64,
    ENGINE_CONNECTIONS_MAX = 100000,
    ENGINE_PIPELINE_MAX = 10000,
    ENGINE_SILENCE_MAX_S = 30, /* a server that owes replies and sends nothing for so long is given up */
    ENGINE_FILL_PIPELINE = 128,
    ENGINE_PROBLEM_MAX = 256,
};

/* What is measured of the server's CPU time from one batch of replies to the next. */
typedef enum engine_turns {
    TURNS_NONE,
    TURNS_OF_PROCESS,     /* all threads, to the nanosecond; with no rate */
    TURNS_OF_MAIN_THREAD, /* a turn may be counted with the next while the server has no pause between them */
} engine_turns;

/* A run: an optional fill, then an optional warm-up, then the measurement. */
typedef struct engine_plan {
    endpoint target;
    workload_plan workload;
    const char *fill_command; /* a template run once for every key before all else, or NULL */
    chooser_kind keys;
    double zipf_exponent;
    uint64_t seed;
    unsigned threads;     /* 1 .. ENGINE_THREADS_MAX, not above `connections` */
    unsigned connections; /* 1 .. ENGINE_CONNECTIONS_MAX */
    unsigned pipeline;    /* 1 .. ENGINE_PIPELINE_MAX: requests under way on a connection */
    double warmup_s;
    uint64_t requests;  /* to measure; 0: as many as fit into `duration_s` */
    double duration_s;  /* with neither requests nor duration nothing is measured: the run only fills */
    double rate;        /* requests per second sent on schedule; 0: each when the connection is free */
    pid_t server_pid;   /* whose CPU time is measured; 0: nobody's */
    engine_turns turns; /* to be recorded: with one connection */
} engine_plan;

typedef struct engine_result {
    uint64_t fill_requests;
    double fill_s;
    uint64_t requests;
    double elapsed_s;
    uint64_t sent_bytes, received_bytes;
    reply_counts replies;      /* of fill, warm-up and measurement */
    uint64_t server_cpu_ns;    /* during the measurement */
    uint64_t server_wait_ns;   /* that the server stood ready but did not get a CPU, during the measurement */
    uint64_t load_cpu_ns;      /* of the threads that make the load */
    uint64_t longest_stall_ns; /* with a rate: the longest the load generator itself did not come round */
    latencies latency;
    latencies turns; /* if asked for */
} engine_result;

/* Runs the plan. Fills `result` and returns true if all requests were answered, be it by errors, which are
 * counted. Else returns false and explains in `problem`, of ENGINE_PROBLEM_MAX bytes. */
bool engine_run(const engine_plan *plan, engine_result *result, char *problem);

#endif
