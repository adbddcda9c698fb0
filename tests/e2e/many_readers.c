/* Many readers: client-side caching with thousands of keys, and clients that go without a word.
 *
 *     many_readers [--server PATH] [--option NAME VALUE]...
 *
 * Hundreds of clients read the same thousands of keys. Each is told of every key that changes, once; what a
 * client had read is forgotten when it goes, and the memory given back; a table that is too large lets go of
 * keys, each of which its readers are told. With prefixes, each client is told of its own keys alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define READERS     400
#define KEYS        2000
#define CHANGED     20 /* keys */
#define LIMIT       100
#define SLACK_BYTES (2 * 1024 * 1024) /* what the server keeps for the next time */
#define WATCHDOG_S  300

static server tested;
static resp_conn *control;
static resp_conn *readers[READERS];
static int reader_count;

static void open_readers(const char *options) {
    reader_count = READERS;
    for (int i = 0; i < READERS; i++) {
        readers[i] = server_connect(&tested);
        resp_must(readers[i], "HELLO 3");
        resp_must(readers[i], "CLIENT TRACKING ON%s", options);
    }
}

static void close_readers(int left) {
    while (reader_count > left) resp_close(readers[--reader_count]);
}

/* Sends a command with all the keys. */
static void send_with_all_keys(resp_conn *c, const char *name) {
    static char keys[KEYS][16];
    const char *argv[1 + KEYS] = {name};
    for (int i = 0; i < KEYS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key:%d", i);
        argv[1 + i] = keys[i];
    }
    resp_send_args(c, 1 + KEYS, argv, NULL);
}

/* Reads one reply; whether it is of that type. */
static bool reads(resp_conn *c, resp_type type) {
    resp_reply reply;
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) return false;
    bool right = reply.root.type == type;
    resp_free(&reply);
    return right;
}

static void read_all_keys(void) {
    int right = 0;
    for (int i = 0; i < reader_count; i++) send_with_all_keys(readers[i], "MGET");
    for (int i = 0; i < reader_count; i++) right += reads(readers[i], RESP_ARRAY);
    tally_check(right == reader_count, "%d of %d clients could read", right, reader_count);
}

/* Reads one message. The number of its only key, -1 if it has another, -2 if it is no such message. */
static int read_invalidation(resp_conn *c) {
    resp_reply reply;
    int number = -2;
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) return number;
    const resp_node *root = &reply.root;
    if (root->type == RESP_PUSH && root->children == 2 && resp_is(&root->child[0], "invalidate") &&
        root->child[1].children == 1 && sscanf(root->child[1].child[0].text, "key:%d", &number) != 1)
        number = -1;
    resp_free(&reply);
    return number;
}

/* Whether nothing came before the answer to a PING. */
static bool is_quiet(resp_conn *c) {
    const char *ping[] = {"PING"};
    resp_send_args(c, 1, ping, NULL);
    return reads(c, RESP_STATUS);
}

static void check_figures(long long keys, long long items) {
    long long told_keys = resp_info(control, "stats", "tracking_total_keys");
    long long told_items = resp_info(control, "stats", "tracking_total_items");
    tally_check(told_keys == keys, "%lld keys are in the table, not %lld", told_keys, keys);
    tally_check(told_items == items, "%lld pairs of a key and a client are, not %lld", told_items, items);
}

/* Changes the keys of those numbers; every reader is told of each, and of no other. */
static void check_changes(int first, int count) {
    int told = 0, quiet = 0;
    for (int i = first; i < first + count; i++) resp_must(control, "SET key:%d changed", i);
    for (int r = 0; r < reader_count; r++)
        for (int i = first; i < first + count; i++) told += read_invalidation(readers[r]) == i;
    tally_check(told == count * reader_count, "%d of %d messages came", told, count * reader_count);
    for (int i = first; i < first + count; i++) resp_must(control, "SET key:%d again", i);
    for (int r = 0; r < reader_count; r++) quiet += is_quiet(readers[r]);
    tally_check(quiet == reader_count, "%d of %d clients are told once", quiet, reader_count);
}

static void check_release(void) {
    long long base = resp_info(control, "memory", "used_memory");
    open_readers("");
    tally_check(resp_info(control, "clients", "tracking_clients") == READERS, "not all clients track");
    read_all_keys();
    check_figures(KEYS, (long long)KEYS * READERS);
    read_all_keys();
    check_figures(KEYS, (long long)KEYS * READERS);
    check_changes(0, CHANGED);
    check_figures(KEYS - CHANGED, (long long)(KEYS - CHANGED) * READERS);

    close_readers(READERS / 2);
    tally_check(
        resp_await_info(control, "stats", "tracking_total_items", (long long)(KEYS - CHANGED) * reader_count),
        "what clients had read that are gone is not forgotten");
    check_changes(CHANGED, CHANGED);
    check_figures(KEYS - 2 * CHANGED, (long long)(KEYS - 2 * CHANGED) * reader_count);

    close_readers(0);
    tally_check(resp_await_info(control, "stats", "tracking_total_keys", 0), "keys stay in the table");
    tally_check(resp_await_info(control, "memory", "used_memory", base + SLACK_BYTES),
                "the memory is not given back: %lld bytes before, %lld after", base,
                resp_info(control, "memory", "used_memory"));
}

/* All keys at once, and the memory with them. */
static void check_flush(void) {
    int told = 0;
    open_readers("");
    read_all_keys();
    resp_must(control, "FLUSHALL");
    for (int r = 0; r < reader_count; r++) {
        resp_reply reply;
        if (resp_read(readers[r], RESP_PATIENCE_MS, &reply) != RESP_OK) continue;
        const resp_node *root = &reply.root;
        told += root->type == RESP_PUSH && root->children == 2 && root->child[1].type == RESP_NULL;
        resp_free(&reply);
    }
    tally_check(told == READERS, "%d of %d clients are told that all is gone", told, READERS);
    check_figures(0, 0);
    read_all_keys();
    check_figures(KEYS, (long long)KEYS * READERS);
    close_readers(0);
}

/* Keys over the limit go, those that were there and those that come; their readers are told. */
static void check_limit(void) {
    int told = 0;
    open_readers("");
    close_readers(1);
    read_all_keys();
    resp_must(control, "CONFIG SET tracking-table-max-keys %d", LIMIT);
    for (int i = 0; i < KEYS - LIMIT; i++) told += read_invalidation(readers[0]) >= 0;
    tally_check(told == KEYS - LIMIT, "%d of %d keys that went are told", told, KEYS - LIMIT);
    check_figures(LIMIT, LIMIT);
    send_with_all_keys(readers[0], "EXISTS");
    tally_check(reads(readers[0], RESP_INTEGER), "the reply does not come before what follows from it");
    check_figures(LIMIT, LIMIT);
    close_readers(0);
    resp_must(control, "CONFIG SET tracking-table-max-keys 1000000");
}

static bool is_told_of(resp_conn *c, int number) {
    resp_reply reply;
    char key[32];
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) return false;
    snprintf(key, sizeof(key), "%d:", number);
    const resp_node *root = &reply.root;
    bool right = root->type == RESP_PUSH && root->children == 2 && root->child[1].children == 1 &&
                 resp_is(&root->child[1].child[0], key);
    resp_free(&reply);
    return right;
}

static void check_prefixes(void) {
    int told = 0, quiet = 0;
    for (int i = 0; i < READERS; i++) {
        readers[i] = server_connect(&tested);
        resp_must(readers[i], "HELLO 3");
        resp_must(readers[i], "CLIENT TRACKING ON BCAST PREFIX %d: PREFIX never:%d", i, i);
    }
    reader_count = READERS;
    tally_check(resp_info(control, "stats", "tracking_total_prefixes") == 2LL * READERS,
                "not all prefixes are counted");
    for (int i = 0; i < READERS; i++) resp_must(control, "SET %d: value", i);
    for (int i = 0; i < READERS; i++) told += is_told_of(readers[i], i);
    for (int i = 0; i < READERS; i++) quiet += is_quiet(readers[i]);
    tally_check(told == READERS, "%d of %d clients are told of their key", told, READERS);
    tally_check(quiet == READERS, "%d of %d clients are told of no other", quiet, READERS);
    close_readers(0);
    tally_check(resp_await_info(control, "stats", "tracking_total_prefixes", 0), "prefixes stay");
}

int main(int argc, char **argv) {
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: many_readers [--server PATH] [--option NAME VALUE]...");
    server_start(&tested, &setup);
    control = server_connect(&tested);
    check_release();
    check_flush();
    check_limit();
    check_prefixes();
    tally_check(server_alive(&tested), "the server has ended");
    resp_close(control);
    server_stop(&tested);
    return tally_finish();
}
