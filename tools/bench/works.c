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
    const char *recipe;      /* ready-made templates for every protocol, or */
    const char *command;     /* a template in RESP; memcached sits it out */
    const char *fill;        /* creates what the command uses; run once for every key; may be NULL */
    const char *second_fill; /* the same with keys that begin in the middle of the others; may be NULL */
    unsigned pipeline;
    unsigned connections; /* 0: the benchmark's */
    double key_factor;    /* number of keys, as a multiple of the benchmark's */
    bool consumes; /* what the command uses grows or shrinks: each round fills the server anew, and then
                      sends one request for each key, in order */
} work;

#define RECIPE(name_, title_, recipe_, pipeline_, target_, floor_target_)                                    \
    {                                                                                                        \
        .item = {name_, title_, ITEM_WORK, "cpu_us", "us", target_, floor_target_}, .recipe = recipe_,       \
        .pipeline = pipeline_, .key_factor = 1                                                               \
    }
/* What follows the target are further members of struct work. */
#define COMMAND(name_, title_, command_, fill_, pipeline_, target_, ...)                                     \
    {                                                                                                        \
        .item = {name_, title_, ITEM_WORK, "cpu_us", "us", target_, 0}, .command = command_, .fill = fill_,  \
        .pipeline = pipeline_, __VA_ARGS__                                                                   \
    }
#define OF_ALL_KEYS    .key_factor = 1
#define OF_EVERY_10TH  .key_factor = 0.1
#define OF_EVERY_100TH .key_factor = 0.01

/* Ten fields of eight digits, as words of a HSET, and ten elements of 16 bytes, as words of a push. */
#define FIELD(name) " field" name " __integer__"
#define TEN_FIELDS(tens)                                                                                     \
    FIELD(tens "0")                                                                                          \
    FIELD(tens "1")                                                                                          \
    FIELD(tens "2")                                                                                          \
    FIELD(tens "3")                                                                                          \
    FIELD(tens "4") FIELD(tens "5") FIELD(tens "6") FIELD(tens "7") FIELD(tens "8") FIELD(tens "9")
#define FIFTY_FIELDS TEN_FIELDS("0") TEN_FIELDS("1") TEN_FIELDS("2") TEN_FIELDS("3") TEN_FIELDS("4")
#define ELEMENT      " element:__integer__"
#define TEN_ELEMENTS ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT ELEMENT
#define HUNDRED_ELEMENTS                                                                                     \
    TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS TEN_ELEMENTS  \
        TEN_ELEMENTS TEN_ELEMENTS

#define SMALL_HASHES "HSET h:__key__" TEN_FIELDS("")
#define LARGE_HASH   "HSET hash __key__ value:__integer__"
#define SORTED_SET   "ZADD zset __integer__ __key__"
#define LIST         "RPUSH list __key__"
#define SET          "SET __key__ __value__\\n"
#define TRANSACTION  "MULTI\\n" SET SET SET SET SET SET SET SET SET SET "EXEC"

/* Works that are filled alike, by the same number of keys, stand together: only then does a server keep what
 * it holds. Numbers in titles are those of a million keys. */
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

    COMMAND("MULTI10-P16", "transaction of 10 SET, pipeline 16", TRANSACTION, "SET __key__ __value__", 16,
            0.45, OF_ALL_KEYS),
    COMMAND("LPUSH-P16", "LPUSH, one list up to 1,000,000 elements", "LPUSH list __key__", NULL, 16, 0.60,
            OF_ALL_KEYS, .consumes = true),
    COMMAND("LPOP-P16", "LPOP, one list of 1,000,000 elements down to none", "LPOP list", LIST, 16, 0.60,
            OF_ALL_KEYS, .consumes = true),
    COMMAND("LRANGE100-P16", "LRANGE of all 100 elements, 10,000 lists", "LRANGE l:__key__ 0 -1",
            "RPUSH l:__key__" HUNDRED_ELEMENTS, 16, 0.40, OF_EVERY_100TH),
    COMMAND("SADD-P16", "SADD of new members to 100,000 sets, up to 10 each",
            "SADD s:__digit____digit____digit____digit____digit__ __key__", NULL, 16, 0.50, OF_ALL_KEYS,
            .consumes = true),
    COMMAND("SADD-LARGE", "SADD of new members to one set, up to 1,000,000", "SADD set __key__", NULL, 16, 0,
            OF_ALL_KEYS, .consumes = true),
    COMMAND("SINTER-100K", "SINTER of two sets of 100,000 members, half in common", "SINTER a b",
            "SADD a __key__", 1, 0.40, OF_EVERY_10TH, .second_fill = "SADD b __key__", .connections = 1),
    COMMAND("HSET-P16", "HSET of one field, 100,000 hashes of 10",
            "HSET h:__key__ field__digit__ __integer__", SMALL_HASHES, 16, 0.45, OF_EVERY_10TH),
    COMMAND("HGET-P16", "HGET, 100,000 hashes of 10 fields", "HGET h:__key__ field__digit__", SMALL_HASHES,
            16, 0.40, OF_EVERY_10TH),
    COMMAND("HSET-LARGE", "HSET of one field, one hash of 1,000,000", LARGE_HASH, LARGE_HASH, 16, 0,
            OF_ALL_KEYS),
    COMMAND("HGET-LARGE", "HGET, one hash of 1,000,000 fields", "HGET hash __key__", LARGE_HASH, 16, 0,
            OF_ALL_KEYS),
    COMMAND("HGETALL50-P16", "HGETALL, 10,000 hashes of 50 fields", "HGETALL h:__key__",
            "HSET h:__key__" FIFTY_FIELDS, 16, 0.50, OF_EVERY_100TH),
    COMMAND("ZADD-P16", "ZADD of new members to one sorted set, up to 1,000,000", SORTED_SET, NULL, 16, 0.35,
            OF_ALL_KEYS, .consumes = true),
    COMMAND("ZRANK-P16", "ZRANK, sorted set of 1,000,000 members", "ZRANK zset __key__", SORTED_SET, 16, 0.35,
            OF_ALL_KEYS),
    COMMAND("ZRANGE10-P16", "ZRANGEBYSCORE of 10 members, sorted set of 1,000,000",
            "ZRANGEBYSCORE zset __integer__ +inf LIMIT 0 10", SORTED_SET, 16, 0.35, OF_ALL_KEYS),
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

/* A plan for requests of the work. */
static engine_plan plan_for(const bench *b, const work *w, const server *s) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.command = command_for(w, s);
    plan.workload.keys = (uint64_t)((double)b->keys * w->key_factor);
    if (plan.workload.keys == 0) plan.workload.keys = 1;
    plan.pipeline = w->pipeline;
    plan.connections = w->connections ? w->connections : b->connections;
    return plan;
}

/* Runs a command once for every key from number `first_key` on. */
static bool fill(bench *b, const work *w, const server *s, const char *command, uint64_t first_key) {
    engine_plan plan = plan_for(b, w, s);
    plan.workload.command = plan.fill_command = command;
    plan.workload.first_key = first_key;
    engine_result result;
    return bench_run(b, &w->item, s, &plan, &result);
}

/* Starts the server anew and makes it hold what the work needs. False if it would not take it. */
static bool fill_anew(bench *b, const work *w, server *s) {
    bench_progress("%s: filling %s", w->item.name, s->name);
    bench_restart(b, s);
    if (s->role == SERVER_FLOOR) return true; /* it holds nothing */
    const char *command = fill_for(w, s);
    if (command && !fill(b, w, s, command, 0)) return false;
    if (w->second_fill && !fill(b, w, s, w->second_fill, plan_for(b, w, s).workload.keys / 2)) return false;
    if (!w->consumes) s->dataset = command;
    return true;
}

/* Makes the server hold what the work needs, unless it does already. False if it would not take it. */
static bool provide_data(bench *b, const work *w, server *s) {
    const char *needed = fill_for(w, s);
    bool kept = !w->consumes && (!needed || (s->dataset && strcmp(s->dataset, needed) == 0));
    return (s->pid && kept) || fill_anew(b, w, s);
}

/* Measures once. False if the figures are worth nothing. */
static bool run_round(bench *b, const work *w, server *s) {
    if (w->consumes && !fill_anew(b, w, s)) return false;
    engine_plan plan = plan_for(b, w, s);
    if (w->consumes) {
        plan.keys = CHOOSER_SEQUENTIAL;
        plan.requests = plan.workload.keys;
    } else {
        plan.warmup_s = b->warmup_s;
        plan.duration_s = b->run_s;
    }
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
        engine_plan plan = plan_for(b, w, model);
        floor_ready = model->protocol == PROTOCOL_RESP && floor_start(b, &w->item, model, &plan.workload);
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
