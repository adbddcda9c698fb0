/* Stalls: what other clients notice while something is done to a large collection.
 *
 * A server is filled with one collection of ten million elements. A connection then sends it PING at a steady
 * rate, and in the midst of that another one sends the command that makes an end of the collection: deletes
 * it, lets it expire, puts something else in its place. The latency of each PING is counted from when it was
 * due, so that a stall is counted in full by all that it held up. With each reply the CPU clock of the
 * server's main thread is read. How far it moved between two replies is the server's own doing, whatever else
 * the machine was busy with: that is the figure to look at.
 *
 * Collections also change their form as they grow. There the commands that do it are themselves what is
 * measured, batch by batch: a large collection grows from nothing to ten million elements, or many small ones
 * outgrow their first form. */
#include "bench/stalls.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/report.h"

enum {
    ELEMENTS_FACTOR = 10, /* elements of a large collection, as a multiple of the benchmark's keys */
    PROBE_RATE = 10000,   /* per second */
    PROBE_MS = 2500,
    PROBE_PIPELINE = 32, /* what is due after a stall is sent bit by bit, and does not count as one turn */
    ACTION_AT_MS = 500,
    SMALL_REQUESTS = 100000,
    GROW_PIPELINE = 128,
    ROUNDS_MAX = 3,
    REPLY_MAX = 64 * 1024,
    REQUEST_MAX = 256,
};

typedef struct stall_case {
    item item;
    const char *fill;   /* makes the collection: run until it has named every key */
    const char *before; /* run once after it, or NULL */
    const char *action; /* in the midst of the probes; NULL: the command below is measured itself, */
    const char *grow;   /* once for each element */
    const char *small;  /* or this one, SMALL_REQUESTS times */
} stall_case;

#define CASE(name_, title_, ...)                                                                             \
    { .item = {name_, title_, ITEM_PAUSE, "turn_ms", "ms", 1, 0}, __VA_ARGS__ }
#define TEN(words)                                                                                           \
    " " words " " words " " words " " words " " words " " words " " words " " words " " words " " words

#define BIG_LIST "RPUSH big" TEN("__key__")
#define BIG_SET  "SADD big" TEN("__key__")
#define BIG_HASH "HSET big" TEN("__key__ value")
#define BIG_ZSET "ZADD big" TEN("0 __key__")

/* What makes an end of a collection, whatever its type. */
#define ENDS(TYPE, type, fill_)                                                                              \
    CASE("STALL-" TYPE "-DEL", "DEL of a " type, .fill = fill_, .action = "DEL big"),                        \
        CASE("STALL-" TYPE "-EXPIRE", "expiry of a " type, .fill = fill_, .action = "PEXPIRE big 1"),        \
        CASE("STALL-" TYPE "-SET", "SET over a " type, .fill = fill_, .action = "SET big x"),                \
        CASE("STALL-" TYPE "-RENAME", "RENAME over a " type, .fill = fill_, .before = "SET small x",         \
             .action = "RENAME small big"),                                                                  \
        CASE("STALL-" TYPE "-STORE", "SUNIONSTORE over a " type, .fill = fill_, .before = "SADD few a b c",  \
             .action = "SUNIONSTORE big few")

/* Titles speak of the benchmark's usual million keys. */
static const stall_case cases[] = {
    ENDS("LIST", "list of 10,000,000", BIG_LIST),
    ENDS("SET", "set of 10,000,000", BIG_SET),
    ENDS("HASH", "hash of 10,000,000", BIG_HASH),
    ENDS("ZSET", "sorted set of 10,000,000", BIG_ZSET),
    CASE("STALL-LIST-TRIM", "LTRIM of a list of 10,000,000 to 10", .fill = BIG_LIST,
         .action = "LTRIM big 0 9"),
    CASE("STALL-ZSET-TRIM", "ZREMRANGEBYRANK of a whole sorted set of 10,000,000", .fill = BIG_ZSET,
         .action = "ZREMRANGEBYRANK big 0 -1"),
    CASE("STALL-LIST-INSERT", "LINSERT near the head of a list of 10,000,000", .fill = BIG_LIST,
         .before = "LPUSH big head", .action = "LINSERT big AFTER head x"),
    CASE("STALL-LIST-GROW", "list that grows to 10,000,000, 128 at a time", .grow = "RPUSH big __key__"),
    CASE("STALL-SET-GROW", "set that grows to 10,000,000, 128 at a time", .grow = "SADD big __key__"),
    CASE("STALL-HASH-GROW", "hash that grows to 10,000,000, 128 at a time", .grow = "HSET big __key__ value"),
    CASE("STALL-ZSET-GROW", "sorted set that grows to 10,000,000, 128 at a time",
         .grow = "ZADD big __integer__ __key__"),
    CASE("STALL-LIST-FORM", "lists that grow to 1,000, one at a time",
         .small = "RPUSH l:__digit____digit__ element:__integer__"),
    CASE("STALL-SET-FORM", "sets that grow to 1,000, one at a time",
         .small = "SADD s:__digit____digit__ member:__integer__"),
    CASE("STALL-INTSET-FORM", "sets of integers that grow to 1,000, one at a time",
         .small = "SADD s:__digit____digit__ __integer__"),
    CASE("STALL-HASH-FORM", "hashes that grow to 1,000, one at a time",
         .small = "HSET h:__digit____digit__ field:__integer__ value"),
    CASE("STALL-ZSET-FORM", "sorted sets that grow to 1,000, one at a time",
         .small = "ZADD z:__digit____digit__ __integer__ member:__integer__"),
};

const item *stalls_item(unsigned index) {
    return index < sizeof cases / sizeof *cases ? &cases[index].item : NULL;
}

/* Sends a command and waits for the reply; false if that is an error, or there is none. */
static bool send_command(const server *s, const char *command) {
    char request[REQUEST_MAX], reply[REPLY_MAX];
    int len = snprintf(request, sizeof request, "%s\r\n", command);
    return server_ask(s, request, (size_t)len, reply, sizeof reply) > 0 && reply[0] != '-';
}

/* What a thread of its own does while the probes run. */
typedef struct interference {
    const server *target;
    const char *command;
    bool succeeded;
} interference;

static void *interfere(void *argument) {
    interference *i = argument;
    clock_sleep_ms(ACTION_AT_MS);
    i->succeeded = send_command(i->target, i->command);
    return NULL;
}

static void note(bench *b, const stall_case *c, const server *s, const engine_result *result) {
    results_add(b->results, &c->item, s->name, "turn_ms", (double)result->turns.max_ns / CLOCK_NS_PER_MS);
    results_add(b->results, &c->item, s->name, "own_stall_us",
                (double)result->longest_stall_ns / CLOCK_NS_PER_US);
    bench_add_latencies(b, &c->item, s, &result->latency);
}

static engine_plan plan_for(const bench *b, const server *s, const char *command) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.command = command;
    plan.workload.keys = b->keys * ELEMENTS_FACTOR;
    plan.keys = CHOOSER_SEQUENTIAL;
    return plan;
}

static bool prepare(bench *b, const stall_case *c, const server *s) {
    engine_plan plan = plan_for(b, s, c->fill);
    plan.fill_command = c->fill;
    engine_result result;
    if (!bench_run(b, &c->item, s, &plan, &result)) return false;
    if (!c->before || send_command(s, c->before)) return true;
    bench_note_failure(b, &c->item, s, "'%s' was not taken", c->before);
    return false;
}

/* Sends probes while the command runs that may hold them up. */
static void measure_action(bench *b, const stall_case *c, const server *s) {
    if (!prepare(b, c, s)) return;
    engine_plan plan = plan_for(b, s, "PING");
    plan.pipeline = PROBE_PIPELINE;
    plan.rate = PROBE_RATE;
    plan.requests = PROBE_RATE * PROBE_MS / 1000;
    plan.turns = TURNS_OF_MAIN_THREAD;
    interference action = {.target = s, .command = c->action};
    engine_result result;
    pthread_t thread;
    if (pthread_create(&thread, NULL, interfere, &action) != 0) bench_fail("a thread could not be started");
    bool measured = bench_run(b, &c->item, s, &plan, &result);
    pthread_join(thread, NULL);
    if (!measured) return;
    if (action.succeeded)
        note(b, c, s, &result);
    else
        bench_note_failure(b, &c->item, s, "'%s' was not taken", c->action);
}

/* Measures the command that changes the collections, batch by batch. */
static void measure_growth(bench *b, const stall_case *c, const server *s) {
    engine_plan plan = plan_for(b, s, c->grow ? c->grow : c->small);
    plan.pipeline = c->grow ? GROW_PIPELINE : 1;
    plan.requests = c->grow ? plan.workload.keys : SMALL_REQUESTS;
    plan.turns = TURNS_OF_PROCESS;
    engine_result result;
    if (bench_run(b, &c->item, s, &plan, &result)) note(b, c, s, &result);
}

static void measure(bench *b, const stall_case *c) {
    unsigned rounds = b->rounds < ROUNDS_MAX ? b->rounds : ROUNDS_MAX;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < b->server_count; i++) {
            server *s = &b->servers[i];
            if (s->protocol != PROTOCOL_RESP) continue;
            bench_progress("%s: round %u of %u, %s", c->item.name, round + 1, rounds, s->name);
            bench_restart(b, s);
            if (c->action)
                measure_action(b, c, s);
            else
                measure_growth(b, c, s);
            server_stop(s);
        }
    }
    report_item(b, &c->item);
}

void stalls_measure(bench *b) {
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (bench_wants(b, &cases[i].item)) measure(b, &cases[i]);
}
