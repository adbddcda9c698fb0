/* Memory: resident bytes per key, per element of a large collection and per idle connection.
 *
 * A server is started, its resident memory is read, then again after it was given what the case is about, and
 * the difference is divided by the number of things given. Servers tidy up for a while after the last request
 * (finish the growth of a table, shrink buffers, return pages), so the second reading waits until the memory
 * keeps still.
 *
 * Sizes between two doublings are cases of their own: a table that doubles is at its best just before and at
 * its worst just after, and one size alone would show one of the two by chance. */
#include "bench/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/process.h"
#include "bench/report.h"

enum {
    IDLE_CONNECTIONS = 10000,
    IDLE_MIN_MS = 10000, /* servers shrink the buffers of a connection only after it was idle for seconds */
    SAMPLE_MS = 250,
    STILL_SAMPLES = 12, /* this many readings in a row that agree: allocators give back every few seconds */
    STILL_BYTES = 256 << 10,
    SETTLE_MAX_MS = 30000,
};

typedef struct memory_case {
    item item;
    const char *recipe;  /* whose keys fill the server, or */
    const char *command; /* run once for every key, in RESP; with neither the case is about connections */
    unsigned key_size, value_size;
    double key_factor; /* number of keys, as a multiple of the benchmark's */
} memory_case;

#define KEYS(name, title, recipe, value_size, key_factor, target)                                            \
    { {name, title, ITEM_MEMORY, "bytes", "bytes", target, 0}, recipe, NULL, 16, value_size, key_factor }
/* One collection with an element of 12 bytes for each key. */
#define ELEMENTS(name, title, command, target)                                                               \
    { {name, title, ITEM_MEMORY, "bytes", "bytes", target, 0}, NULL, command, 12, 16, 1.0 }

#define TEN_FIELDS                                                                                           \
    " field0 __integer__ field1 __integer__ field2 __integer__ field3 __integer__ field4 __integer__"        \
    " field5 __integer__ field6 __integer__ field7 __integer__ field8 __integer__ field9 __integer__"

static const memory_case cases[] = {
    KEYS("MEM-INT", "key with an 8-digit integer", "setint", 8, 1.0, 50),
    KEYS("MEM-64", "key with 64 bytes", "set", 64, 1.0, 113),
    KEYS("MEM-64-1.3", "key with 64 bytes, 1.3 times as many", "set", 64, 1.3, 113),
    KEYS("MEM-64-1.6", "key with 64 bytes, 1.6 times as many", "set", 64, 1.6, 113),
    KEYS("MEM-64-1.9", "key with 64 bytes, 1.9 times as many", "set", 64, 1.9, 113),
    KEYS("MEM-64-EX", "key with 64 bytes and an expiry", "setex", 64, 1.0, 123),
    KEYS("MEM-1024", "key with 1,024 bytes", "set", 1024, 1.0, 1090),
    ELEMENTS("MEM-LIST", "element of 12 bytes in a list of 1,000,000", "RPUSH list __key__", 14.5),
    ELEMENTS("MEM-SET", "member of 12 bytes in a set of 1,000,000", "SADD set __key__", 28),
    ELEMENTS("MEM-HASH", "field of 12 bytes with 16 in a hash of 1,000,000", "HSET hash __key__ __value__",
             50),
    ELEMENTS("MEM-ZSET", "member of 12 bytes in a sorted set of 1,000,000", "ZADD zset __integer__ __key__",
             54),
    {{"MEM-HASHES", "hash of 10 fields of 8 digits, key included", ITEM_MEMORY, "bytes", "bytes", 190, 0},
     NULL,
     "HSET __key__" TEN_FIELDS,
     16,
     8,
     0.1},
    KEYS("MEM-IDLE", "idle connection", NULL, 0, 0, 700),
};

const item *memory_item(unsigned index) {
    return index < sizeof cases / sizeof *cases ? &cases[index].item : NULL;
}

/* The resident memory once it keeps still, read after `min_ms` at the earliest; 0 if there is none. */
static double settled_bytes(const server *s, unsigned min_ms) {
    clock_sleep_ms(min_ms);
    uint64_t reference = process_resident_bytes(s->pid);
    unsigned still = 0;
    for (unsigned waited_ms = 0; still < STILL_SAMPLES && waited_ms < SETTLE_MAX_MS; waited_ms += SAMPLE_MS) {
        clock_sleep_ms(SAMPLE_MS);
        uint64_t now = process_resident_bytes(s->pid);
        uint64_t change = now > reference ? now - reference : reference - now;
        still = change < STILL_BYTES ? still + 1 : 0;
        if (still == 0) reference = now;
    }
    return (double)process_resident_bytes(s->pid);
}

/* Adds what each of so many things takes of what the memory has grown by. */
static void add_growth(bench *b, const item *of, const server *s, double empty_bytes, double full_bytes,
                       double count) {
    if (empty_bytes > 0 && full_bytes > 0)
        results_add(b->results, of, s->name, "bytes", (full_bytes - empty_bytes) / count);
    else
        bench_note_failure(b, of, s, "its memory can't be read: it may have ended");
}

/* The command that fills the server; NULL if it knows none. */
static const char *fill_for(const memory_case *c, const server *s) {
    if (!c->recipe) return s->protocol == PROTOCOL_RESP ? c->command : NULL;
    const workload_recipe *recipe = workload_recipe_find(c->recipe);
    return s->protocol == PROTOCOL_RESP ? recipe->fill : recipe->memcached_fill;
}

static void measure_keys(bench *b, const memory_case *c, server *s) {
    engine_plan plan = bench_plan(b, s);
    plan.workload.keys = (uint64_t)((double)b->keys * c->key_factor);
    if (plan.workload.keys == 0) plan.workload.keys = 1;
    plan.workload.key_size = c->key_size;
    plan.workload.value_size = c->value_size;
    plan.workload.command = plan.fill_command = fill_for(c, s);
    plan.connections = 4;
    double empty_bytes = settled_bytes(s, 0);
    engine_result result;
    if (!bench_run(b, &c->item, s, &plan, &result)) return;
    add_growth(b, &c->item, s, empty_bytes, settled_bytes(s, 0), (double)plan.workload.keys);
}

/* Opens one more connection that has been used once, as an idle one usually has. -1 if the server refused. */
static int open_used_connection(const server *s) {
    static const char resp[] = "*1\r\n$4\r\nPING\r\n", memcached[] = "version\r\n";
    const char *request = s->protocol == PROTOCOL_RESP ? resp : memcached;
    int fd = endpoint_connect(&s->where);
    if (fd < 0) return -1;
    char reply[256];
    ssize_t len = (ssize_t)strlen(request);
    if (write(fd, request, (size_t)len) == len && read(fd, reply, sizeof reply) > 0 && reply[0] != '-')
        return fd;
    close(fd);
    return -1;
}

static void measure_connections(bench *b, const memory_case *c, server *s) {
    int *fds = calloc(IDLE_CONNECTIONS, sizeof *fds);
    if (!fds) abort();
    double empty_bytes = settled_bytes(s, 0);
    unsigned open = 0;
    while (open < IDLE_CONNECTIONS && (fds[open] = open_used_connection(s)) >= 0) open++;
    if (open == IDLE_CONNECTIONS) {
        add_growth(b, &c->item, s, empty_bytes, settled_bytes(s, IDLE_MIN_MS), IDLE_CONNECTIONS);
    } else {
        bench_note_failure(b, &c->item, s, "took only %u of %d connections: %s", open, IDLE_CONNECTIONS,
                           strerror(errno));
    }
    while (open > 0) close(fds[--open]);
    free(fds);
}

static void measure(bench *b, const memory_case *c) {
    bool about_keys = c->recipe || c->command;
    for (unsigned i = 0; i < b->server_count; i++) {
        server *s = &b->servers[i];
        if (about_keys && !fill_for(c, s)) continue;
        bench_progress("%s: %s", c->item.name, s->name);
        bench_restart(b, s);
        if (about_keys)
            measure_keys(b, c, s);
        else
            measure_connections(b, c, s);
        server_stop(s);
    }
    report_item(b, &c->item);
}

void memory_measure(bench *b) {
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (bench_wants(b, &cases[i].item)) measure(b, &cases[i]);
}
