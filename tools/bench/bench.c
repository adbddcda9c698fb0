/* Bench: what the parts of the benchmark driver share. */
#include "bench/bench.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/clock.h"

void bench_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void bench_progress(const char *format, ...) {
    if (!isatty(STDERR_FILENO)) return;
    va_list args;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
}

static bool matches_any(const bench *b, const item *of) {
    for (unsigned i = 0; i < b->only_count; i++)
        if (fnmatch(b->only[i], of->name, 0) == 0) return true;
    return false;
}

bool bench_wants(const bench *b, const item *of) {
    if (b->only_count > 0) return matches_any(b, of);
    switch (of->kind) {
    case ITEM_GROWTH:
    case ITEM_STALL: return b->growth;
    case ITEM_PAUSE: return b->stalls;
    default: return true;
    }
}

const server *bench_ours(const bench *b) {
    return b->server_count > 0 && b->servers[0].role == SERVER_OURS ? &b->servers[0] : NULL;
}

void bench_restart(bench *b, server *s) {
    char problem[SERVER_PROBLEM_MAX];
    server_stop(s);
    if (!server_start(s, &b->setting, problem)) bench_fail("%s", problem);
}

void bench_stop_all(bench *b) {
    for (unsigned i = 0; i < b->server_count; i++) server_stop(&b->servers[i]);
    server_stop(&b->floor);
}

engine_plan bench_plan(const bench *b, const server *s) {
    return (engine_plan){.target = s->where,
                         .workload = {.protocol = s->protocol,
                                      .key_prefix = "key:",
                                      .key_size = 16,
                                      .value_size = 64,
                                      .keys = b->keys},
                         .seed = clock_now_ns(),
                         .threads = 1,
                         .connections = 1,
                         .pipeline = 1,
                         .server_pid = s->pid};
}

void bench_note_failure(bench *b, const item *of, const server *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bench_progress("%s", "");
    printf("%s: %s FAILED: ", of->name, s->name);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    b->failures++;
    results_void(b->results, of, s->name);
}

bool bench_run(bench *b, const item *of, const server *s, const engine_plan *plan, engine_result *result) {
    char problem[ENGINE_PROBLEM_MAX];
    if (!engine_run(plan, result, problem)) {
        bench_note_failure(b, of, s, "%s", problem);
        return false;
    }
    if (result->replies.errors == 0) return true;
    bench_note_failure(b, of, s, "%llu error replies, the first: %s",
                       (unsigned long long)result->replies.errors, result->replies.first_error);
    return false;
}

void bench_add_latencies(bench *b, const item *of, const server *s, const latencies *h) {
    static const struct {
        const char *metric;
        double percent;
    } percentiles[] = {
        {"p50_us", 50}, {"p90_us", 90}, {"p99_us", 99}, {"p99.9_us", 99.9}, {"p99.99_us", 99.99}};
    for (unsigned i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        results_add(b->results, of, s->name, percentiles[i].metric,
                    (double)latency_percentile(h, percentiles[i].percent) / CLOCK_NS_PER_US);
    results_add(b->results, of, s->name, "max_us", (double)h->max_ns / CLOCK_NS_PER_US);
}
