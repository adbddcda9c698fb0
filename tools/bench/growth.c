/* Growth: a small and a huge table side by side, and the stalls of a table that grows.
 *
 * The price of a GET is measured in turns on two instances of the same server, one with few keys and one with
 * very many: what remains of the difference is cache misses and the table's own doing.
 *
 * The stalls are looked for in two ways while new keys fill an empty server. As CPU time: one connection
 * writes batches of 128, and the CPU time of the server's main thread is read after each, so that what the
 * rest of the machine does is left out, and what other threads do that no request waits for. As latency: 50
 * connections write at a steady rate, and latency is counted from when each write was due; this includes
 * everything that a client would notice. The bare floor gets the same load and holds nothing: what it shows
 * is the machine and the load generator. A stall that the table causes comes in every round, one of the
 * machine in some; so the least of the rounds' worst figures is the one to look at.
 */
#include "bench/growth.h"

#include "bench/clock.h"
#include "bench/floor_start.h"
#include "bench/report.h"

enum {
    SMALL_KEYS = 10000,
    LARGE_KEYS = 20000000,
    GET_PIPELINE = 128,
    RISING_KEYS = 3000000,
    RISING_RATE =
        50000, /* per second: far below what a server can do, so that queues come from stalls alone */
    RISING_PIPELINE = 1000, /* room for what is due during a stall */
    TURN_PIPELINE = 128,
    RISING_ROUNDS_MAX = 3,
};

static const item cpu_item = {
    "GROW-CPU", "CPU per GET, 20,000,000 keys to 10,000, pipeline 128", ITEM_GROWTH, "ratio", "x", 1.6, 0};
static const item turn_item = {"GROW-TURN",
                               "most CPU time for a batch of 128 SET while 3,000,000 keys come",
                               ITEM_STALL,
                               "max_us",
                               "us",
                               1000,
                               0};
static const item latency_item = {"GROW-LATENCY",
                                  "worst latency of SET while 3,000,000 keys come, 50,000 per second",
                                  ITEM_STALL,
                                  "max_us",
                                  "us",
                                  1000,
                                  0};

const item *growth_item(unsigned index) {
    static const item *const items[] = {&cpu_item, &turn_item, &latency_item};
    return index < sizeof items / sizeof *items ? items[index] : NULL;
}

/* Starts the server and gives it `keys` keys. */
static bool start_with_keys(bench *b, server *s, uint64_t keys) {
    bench_progress("%s: filling %s with %llu keys", cpu_item.name, s->name, (unsigned long long)keys);
    bench_restart(b, s);
    engine_plan plan = bench_plan(b, s);
    plan.workload.keys = keys;
    plan.workload.command = plan.fill_command = workload_recipe_find("set")->fill;
    engine_result result;
    return bench_run(b, &cpu_item, s, &plan, &result);
}

/* CPU time per GET in us, 0 if the run failed. */
static double get_cpu_us(bench *b, const server *s, uint64_t keys) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.keys = keys;
    plan.workload.command = workload_recipe_find("get")->command;
    plan.connections = b->connections;
    plan.pipeline = GET_PIPELINE;
    plan.warmup_s = b->warmup_s;
    plan.duration_s = b->run_s;
    engine_result result;
    if (!bench_run(b, &cpu_item, s, &plan, &result)) return 0;
    return (double)result.server_cpu_ns / CLOCK_NS_PER_US / (double)result.requests;
}

static void measure_cpu(bench *b, const server *s) {
    server small = *s, large = *s;
    bool filled = start_with_keys(b, &small, SMALL_KEYS) && start_with_keys(b, &large, LARGE_KEYS);
    for (unsigned round = 0; filled && round < b->rounds; round++) {
        bench_progress("%s: round %u of %u, %s", cpu_item.name, round + 1, b->rounds, s->name);
        double small_us = get_cpu_us(b, &small, SMALL_KEYS), large_us = get_cpu_us(b, &large, LARGE_KEYS);
        if (small_us == 0 || large_us == 0) break;
        results_add(b->results, &cpu_item, s->name, "small_cpu_us", small_us);
        results_add(b->results, &cpu_item, s->name, "large_cpu_us", large_us);
        results_add(b->results, &cpu_item, s->name, cpu_item.metric, large_us / small_us);
    }
    server_stop(&small);
    server_stop(&large);
}

/* A load that adds new keys until there are RISING_KEYS. */
static engine_plan rising_plan(const bench *b, const server *s) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.keys = plan.requests = RISING_KEYS;
    plan.workload.command = workload_recipe_find("set")->command;
    plan.keys = CHOOSER_SEQUENTIAL;
    return plan;
}

static void measure_turns(bench *b, const server *s) {
    engine_plan plan = rising_plan(b, s);
    plan.pipeline = TURN_PIPELINE;
    plan.turns = TURNS_OF_MAIN_THREAD;
    engine_result result;
    if (bench_run(b, &turn_item, s, &plan, &result)) bench_add_latencies(b, &turn_item, s, &result.turns);
}

static void measure_latency(bench *b, const server *s) {
    engine_plan plan = rising_plan(b, s);
    plan.connections = b->connections;
    plan.pipeline = RISING_PIPELINE;
    plan.rate = RISING_RATE;
    engine_result result;
    if (!bench_run(b, &latency_item, s, &plan, &result)) return;
    bench_add_latencies(b, &latency_item, s, &result.latency);
    results_add(b->results, &latency_item, s->name, "own_stall_us",
                (double)result.longest_stall_ns / CLOCK_NS_PER_US);
}

/* Measures an item in rounds, on every server started anew, and on the floor. */
static void measure_stalls(bench *b, const item *of, void (*measure)(bench *b, const server *s)) {
    unsigned rounds = b->rounds < RISING_ROUNDS_MAX ? b->rounds : RISING_ROUNDS_MAX;
    for (unsigned round = 0; round < rounds; round++) {
        bool floor_done = false;
        for (unsigned i = 0; i < b->server_count; i++) {
            server *s = &b->servers[i];
            if (s->protocol != PROTOCOL_RESP) continue;
            bench_progress("%s: round %u of %u, %s", of->name, round + 1, rounds, s->name);
            bench_restart(b, s);
            engine_plan plan = rising_plan(b, s);
            if (!floor_done && floor_start(b, of, s, &plan.workload)) {
                measure(b, &b->floor);
                server_stop(&b->floor);
                floor_done = true;
            }
            measure(b, s);
            server_stop(s);
        }
    }
    report_item(b, of);
}

void growth_measure(bench *b) {
    if (bench_wants(b, &cpu_item)) {
        for (unsigned i = 0; i < b->server_count; i++)
            if (b->servers[i].protocol == PROTOCOL_RESP) measure_cpu(b, &b->servers[i]);
        report_item(b, &cpu_item);
    }
    if (bench_wants(b, &turn_item)) measure_stalls(b, &turn_item, measure_turns);
    if (bench_wants(b, &latency_item)) measure_stalls(b, &latency_item, measure_latency);
}
