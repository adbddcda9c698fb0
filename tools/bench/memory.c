/* Memory: resident bytes per key and per idle connection.
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
    STILL_SAMPLES = 6, /* this many readings in a row that agree count as still */
    STILL_BYTES = 256 << 10,
    SETTLE_MAX_MS = 30000,
};

typedef struct memory_case {
    item item;
    const char *recipe; /* whose keys fill the server; NULL: the case is about connections */
    unsigned value_size;
    double key_factor; /* number of keys, as a multiple of the benchmark's */
} memory_case;

#define KEYS(name, title, recipe, value_size, key_factor, target)                                            \
    { {name, title, ITEM_MEMORY, "bytes", "bytes", target, 0}, recipe, value_size, key_factor }

static const memory_case cases[] = {
    KEYS("MEM-INT", "key with an 8-digit integer", "setint", 8, 1.0, 50),
    KEYS("MEM-64", "key with 64 bytes", "set", 64, 1.0, 113),
    KEYS("MEM-64-1.3", "key with 64 bytes, 1.3 times as many", "set", 64, 1.3, 113),
    KEYS("MEM-64-1.6", "key with 64 bytes, 1.6 times as many", "set", 64, 1.6, 113),
    KEYS("MEM-64-1.9", "key with 64 bytes, 1.9 times as many", "set", 64, 1.9, 113),
    KEYS("MEM-64-EX", "key with 64 bytes and an expiry", "setex", 64, 1.0, 123),
    KEYS("MEM-1024", "key with 1,024 bytes", "set", 1024, 1.0, 1090),
    KEYS("MEM-IDLE", "idle connection", NULL, 0, 0, 700),
};

const item *memory_item(unsigned index) {
    return index < sizeof cases / sizeof *cases ? &cases[index].item : NULL;
}

/* The resident memory once it keeps still, read after `min_ms` at the earliest. */
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

static void measure_keys(bench *b, const memory_case *c, server *s) {
    const workload_recipe *recipe = workload_recipe_find(c->recipe);
    engine_plan plan = bench_plan(b, s);
    plan.workload.keys = (uint64_t)((double)b->keys * c->key_factor);
    plan.workload.value_size = c->value_size;
    plan.fill_command = s->protocol == PROTOCOL_RESP ? recipe->fill : recipe->memcached_fill;
    plan.workload.command = plan.fill_command;
    plan.connections = 4;
    double empty_bytes = settled_bytes(s, 0);
    engine_result result;
    if (!bench_run(b, &c->item, s, &plan, &result)) return;
    double grown_bytes = settled_bytes(s, 0) - empty_bytes;
    results_add(b->results, &c->item, s->name, "bytes", grown_bytes / (double)plan.workload.keys);
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
        double grown_bytes = settled_bytes(s, IDLE_MIN_MS) - empty_bytes;
        results_add(b->results, &c->item, s->name, "bytes", grown_bytes / IDLE_CONNECTIONS);
    } else {
        bench_note_failure(b, &c->item, s, "took only %u of %d connections: %s", open, IDLE_CONNECTIONS,
                           strerror(errno));
    }
    while (open > 0) close(fds[--open]);
    free(fds);
}

static void measure(bench *b, const memory_case *c) {
    for (unsigned i = 0; i < b->server_count; i++) {
        server *s = &b->servers[i];
        bench_progress("%s: %s", c->item.name, s->name);
        bench_restart(b, s);
        if (c->recipe)
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
