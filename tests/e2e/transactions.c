/* Transactions: large ones, unfinished ones, and many at a time.
 *
 *     transactions [--server PATH] [--option NAME VALUE]...
 *
 * Ten thousand commands in one transaction; large values in another; both left unfinished, by DISCARD and by
 * going away, after which the memory that they took must be free again. And many clients that count up the
 * same number under WATCH, each in steps that the others come between: no step may be lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define WATCHDOG_S    300
#define COMMANDS      10000
#define LARGE_VALUES  20
#define LARGE_BYTES   (1024 * 1024)
#define SLACK_BYTES   (4LL * 1024 * 1024)
#define COUNTERS      50 /* clients */
#define COUNTER_STEPS 20

/* ---- requests ---- */

static void send_words(resp_conn *c, int words, const char *const *word) {
    resp_send_args(c, words, (const char **)word, NULL);
}

#define SAY(c, ...)                                                                                          \
    send_words((c), (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                     \
               (const char *const[]){__VA_ARGS__})

/* Reads so many replies. Returns how many of them were that text. */
static int count_replies(resp_conn *c, int count, const char *text) {
    int matches = 0;
    for (int i = 0; i < count; i++) {
        resp_reply reply;
        if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) die("no reply");
        matches += resp_is(&reply.root, text);
        resp_free(&reply);
    }
    return matches;
}

static void exec(resp_conn *c, resp_reply *reply) {
    SAY(c, "EXEC");
    if (resp_read(c, RESP_PATIENCE_MS, reply) != RESP_OK) die("no reply to EXEC");
}

/* ---- ten thousand commands ---- */

/* Queues commands of several kinds, whose replies can be foretold. */
static void queue_many(resp_conn *c) {
    SAY(c, "MULTI");
    for (int i = 0; i < COMMANDS; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key:%d", i / 4);
        switch (i % 4) {
        case 0: SAY(c, "SET", key, key); break;
        case 1: SAY(c, "GET", key); break;
        case 2: SAY(c, "INCR", "number"); break;
        default: SAY(c, "RPUSH", "list", key);
        }
    }
    int queued = count_replies(c, COMMANDS + 1, "QUEUED");
    tally_check(queued == COMMANDS, "%d of %d commands were queued", queued, COMMANDS);
}

static bool is_right(const resp_node *n, int i) {
    char key[32];
    snprintf(key, sizeof(key), "key:%d", i / 4);
    switch (i % 4) {
    case 0: return resp_is(n, "OK");
    case 1: return resp_is(n, key);
    default: return n->type == RESP_INTEGER && n->integer == i / 4 + 1;
    }
}

static void check_many(resp_conn *c) {
    resp_reply reply;
    int right = 0;
    queue_many(c);
    exec(c, &reply);
    tally_check(reply.root.children == COMMANDS, "EXEC gives %zu replies, not %d", reply.root.children,
                COMMANDS);
    for (size_t i = 0; i < reply.root.children; i++) right += is_right(&reply.root.child[i], (int)i);
    tally_check(right == COMMANDS, "%d of %d replies are right", right, COMMANDS);
    resp_free(&reply);
    resp_must(c, "FLUSHALL");
}

/* ---- large values ---- */

static char *make_value(int number) {
    char *value = must_alloc(LARGE_BYTES + 1);
    for (int i = 0; i < LARGE_BYTES; i++) value[i] = (char)('a' + (i * 31 + i / 1000 + number) % 26);
    return value;
}

static void queue_large(resp_conn *c) {
    SAY(c, "MULTI");
    for (int i = 0; i < LARGE_VALUES; i++) {
        char key[32], *value = make_value(i);
        snprintf(key, sizeof(key), "large:%d", i);
        SAY(c, "SET", key, value);
        free(value);
    }
    int queued = count_replies(c, LARGE_VALUES + 1, "QUEUED");
    tally_check(queued == LARGE_VALUES, "%d of %d large values were queued", queued, LARGE_VALUES);
}

static void check_large(resp_conn *c) {
    resp_reply reply;
    int right = 0;
    queue_large(c);
    exec(c, &reply);
    tally_check(reply.root.children == LARGE_VALUES, "EXEC gives %zu replies, not %d", reply.root.children,
                LARGE_VALUES);
    resp_free(&reply);
    for (int i = 0; i < LARGE_VALUES; i++) {
        char *value = make_value(i);
        resp_call(c, &reply, "GET large:%d", i);
        right += resp_is(&reply.root, value);
        resp_free(&reply);
        free(value);
    }
    tally_check(right == LARGE_VALUES, "%d of %d large values are what was set", right, LARGE_VALUES);
    resp_must(c, "FLUSHALL");
}

/* ---- left unfinished ---- */

static void check_memory(resp_conn *control, long long before, const char *what) {
    tally_check(resp_await_info(control, "memory", "used_memory", before + SLACK_BYTES),
                "after %s %lld bytes more are in use", what,
                resp_info(control, "memory", "used_memory") - before);
}

static void check_unfinished(const server *s, resp_conn *control, long long before) {
    resp_conn *c = server_connect_tcp(s);
    check_memory(control, before, "FLUSHALL");
    queue_large(c);
    tally_check(resp_info(control, "memory", "used_memory") >= before + (long long)LARGE_VALUES * LARGE_BYTES,
                "what is queued takes no memory");
    resp_must(c, "DISCARD");
    check_memory(control, before, "DISCARD");
    queue_many(c);
    queue_large(c); /* its MULTI is refused, and not counted as queued */
    resp_close(c);
    check_memory(control, before, "a client that went away");
    tally_check(resp_info(control, "clients", "connected_clients") == 1, "the client is still counted");
}

/* ---- counting under WATCH ---- */

typedef struct counter {
    resp_conn *conn;
    char next[32];
} counter;

/* Reads the number, to be written one higher. */
static void begin_step(counter *at) {
    SAY(at->conn, "WATCH", "counter");
    SAY(at->conn, "GET", "counter");
    count_replies(at->conn, 1, "OK");
    resp_reply reply;
    if (resp_read(at->conn, RESP_PATIENCE_MS, &reply) != RESP_OK) die("no reply to GET");
    snprintf(at->next, sizeof(at->next), "%d", reply.root.len > 0 ? atoi(reply.root.text) + 1 : 1);
    resp_free(&reply);
}

/* Returns whether the step was done. */
static bool end_step(counter *at) {
    resp_reply reply;
    SAY(at->conn, "MULTI");
    SAY(at->conn, "SET", "counter", at->next);
    SAY(at->conn, "RPUSH", "steps", at->next);
    count_replies(at->conn, 3, "QUEUED");
    exec(at->conn, &reply);
    bool done = reply.root.type == RESP_ARRAY;
    resp_free(&reply);
    return done;
}

/* In each round every client reads the number before the first one writes: one step of a round is done, for
 * all others the number has changed by then. */
static void check_counting(const server *s, resp_conn *control) {
    static counter counters[COUNTERS];
    resp_reply reply;
    int done = 0;
    for (int i = 0; i < COUNTERS; i++) counters[i].conn = server_connect_tcp(s);
    for (int round = 0; round < COUNTER_STEPS; round++) {
        int done_in_round = 0;
        for (int i = 0; i < COUNTERS; i++) begin_step(&counters[i]);
        for (int i = 0; i < COUNTERS; i++) done_in_round += end_step(&counters[(i + round) % COUNTERS]);
        tally_check(done_in_round == 1, "%d steps of round %d were done", done_in_round, round);
        done += done_in_round;
    }
    resp_call(control, &reply, "GET counter");
    tally_check(atoi(reply.root.text) == done, "%d steps were done, and %s counted", done, reply.root.text);
    resp_free(&reply);
    resp_call(control, &reply, "LRANGE steps 0 -1");
    tally_check(reply.root.children == (size_t)done, "%d steps were done, and %zu noted", done,
                reply.root.children);
    for (size_t i = 0; i < reply.root.children; i++)
        tally_check(atoi(reply.root.child[i].text) == (int)i + 1, "step %zu is not in its place", i + 1);
    resp_free(&reply);
    for (int i = 0; i < COUNTERS; i++) resp_close(counters[i].conn);
}

int main(int argc, char **argv) {
    server s;
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: transactions [--server PATH] [--option NAME VALUE]...");
    server_start(&s, &setup);
    resp_conn *control = server_connect(&s);
    long long before = resp_info(control, "memory", "used_memory");
    for (int round = 0; round < 2; round++) {
        check_many(control);
        check_large(control);
    }
    check_unfinished(&s, control, before);
    check_counting(&s, control);
    tally_check(server_alive(&s), "the server has ended");
    resp_close(control);
    server_stop(&s);
    return tally_finish();
}
