/* Works: CPU time per request, in interleaved rounds.
 *
 * All servers run at the same time on one CPU, filled alike, and take turns under the load: a disturbance of
 * the machine that lasts falls on all of them, and shows in the spread instead of in the ratio. The order
 * changes from round to round. A server that is not under load has nothing to do.
 *
 * What is measured is the server's CPU time, user and system, divided by its requests. Unlike throughput it
 * does not depend on the load generator keeping up, and it is what a machine has a limited amount of. */
#include "bench/works.h"

#include <string.h>

#include "bench/clock.h"
#include "bench/floor_start.h"
#include "bench/report.h"

typedef struct work {
    item item;
    const char *recipe;  /* ready-made templates for every protocol, or */
    const char *command; /* a template in RESP; memcached sits it out */
    const char *fill;    /* creates what the command uses */
    unsigned pipeline;
} work;

#define RECIPE(name, title, recipe, pipeline, target, floor_target)                                          \
    { {name, title, ITEM_WORK, "cpu_us", "us", target, floor_target}, recipe, NULL, NULL, pipeline }
#define COMMAND(name, title, command, fill, pipeline, target)                                                \
    { {name, title, ITEM_WORK, "cpu_us", "us", target, 0}, NULL, command, fill, pipeline }

/* Works that are filled alike stand together: only then does a server keep what it holds. */
static const work works[] = {
    RECIPE("GET-P1", "GET, no pipeline", "get", 1, 0.93, 1.05),
    RECIPE("GET-P16", "GET, pipeline 16", "get", 16, 0.40, 0),
    RECIPE("SET-P16", "SET, pipeline 16", "set", 16, 0.33, 0),
    RECIPE("GET-P128", "GET, pipeline 128", "get", 128, 0.17, 0),
    RECIPE("SET-P128", "SET, pipeline 128", "set", 128, 0.16, 0),
    RECIPE("MSET10-P16", "MSET of 10, pipeline 16", "mset10", 16, 0.35, 0),
    RECIPE("MGET10-P16", "MGET of 10, pipeline 16", "mget10", 16, 0.35, 0),
    RECIPE("INCR-P16", "INCR, pipeline 16", "incr", 16, 0.40, 0),
    RECIPE("SETEX-P16", "SET with EX, pipeline 16", "setex", 16, 0, 0),
    COMMAND("HGET-P16", "HGET, pipeline 16", "HGET h:__key__ f", "HSET h:__key__ f __value__", 16, 0),
};

const item *works_item(unsigned index) {
    return index < sizeof works / sizeof *works ? &works[index].item : NULL;
}

static const char *command_for(const work *w, const server *s) {
    if (!w->recipe) return s->protocol == PROTOCOL_RESP ? w->command : NULL;
    const workload_recipe *recipe = workload_recipe_find(w->recipe);
    return s->protocol == PROTOCOL_RESP ? recipe->command : recipe->memcached_command;
}

static const char *fill_for(const work *w, const server *s) {
    if (!w->recipe) return w->fill;
    const workload_recipe *recipe = workload_recipe_find(w->recipe);
    return s->protocol == PROTOCOL_RESP ? recipe->fill : recipe->memcached_fill;
}

/* Makes the server hold what the work needs, unless it does already. False if it would not take it. */
static bool provide_data(bench *b, const work *w, server *s) {
    const char *fill = fill_for(w, s);
    if (s->pid && (!fill || (s->dataset && strcmp(s->dataset, fill) == 0))) return true;
    bench_progress("%s: filling %s", w->item.name, s->name);
    bench_restart(b, s);
    if (!fill) return true;
    engine_plan plan = bench_plan(b, s);
    plan.workload.command = plan.fill_command = fill;
    engine_result result;
    if (!bench_run(b, &w->item, s, &plan, &result)) return false;
    s->dataset = fill;
    return true;
}

/* Measures once. False if the figures are worth nothing. */
static bool run_round(bench *b, const work *w, const server *s) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.command = command_for(w, s);
    plan.pipeline = w->pipeline;
    plan.connections = b->connections;
    plan.warmup_s = b->warmup_s;
    plan.duration_s = b->run_s;
    engine_result result;
    if (!bench_run(b, &w->item, s, &plan, &result)) return false;
    double requests = (double)result.requests;
    results_add(b->results, &w->item, s->name, "cpu_us",
                (double)result.server_cpu_ns / CLOCK_NS_PER_US / requests);
    results_add(b->results, &w->item, s->name, "requests_per_s", requests / result.elapsed_s);
    results_add(b->results, &w->item, s->name, "load_cpu_us",
                (double)result.load_cpu_ns / CLOCK_NS_PER_US / requests);
    results_add(b->results, &w->item, s->name, "cpu_wait_share",
                (double)result.server_wait_ns / CLOCK_NS_PER_S / result.elapsed_s);
    results_add(b->results, &w->item, s->name, "misses", (double)result.replies.misses);
    bench_add_latencies(b, &w->item, s, &result.latency);
    return true;
}

/* Who takes part in a work. A server that fails is out of it: the others go on. */
typedef struct field {
    server *runners[BENCH_SERVERS_MAX + 1];
    unsigned count;
} field;

/* Starts and fills all who know the work, and the floor beside them. */
static field line_up(bench *b, const work *w) {
    field f = {0};
    for (unsigned i = 0; i < b->server_count; i++)
        if (command_for(w, &b->servers[i]) && provide_data(b, w, &b->servers[i]))
            f.runners[f.count++] = &b->servers[i];
    bool floor_ready = false;
    for (unsigned i = 0; i < f.count && !floor_ready; i++) {
        const server *model = f.runners[i];
        floor_ready =
            model->protocol == PROTOCOL_RESP && floor_start(b, &w->item, model, command_for(w, model));
    }
    if (floor_ready) f.runners[f.count++] = &b->floor;
    return f;
}

static void measure(bench *b, const work *w) {
    field f = line_up(b, w);
    for (unsigned round = 0; round < b->rounds; round++) {
        for (unsigned i = 0; i < f.count; i++) {
            unsigned turn = (round + i) % f.count;
            if (!f.runners[turn]) continue;
            bench_progress("%s: round %u of %u, %s", w->item.name, round + 1, b->rounds,
                           f.runners[turn]->name);
            if (!run_round(b, w, f.runners[turn])) f.runners[turn] = NULL;
        }
    }
    server_stop(&b->floor);
    report_item(b, &w->item);
}

void works_measure(bench *b) {
    for (unsigned i = 0; i < sizeof works / sizeof *works; i++)
        if (bench_wants(b, &works[i].item)) measure(b, &works[i]);
    bench_stop_all(b);
}
