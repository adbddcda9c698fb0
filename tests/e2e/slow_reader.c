/* Slow reader: a client that does not read its replies harms nobody but itself.
 *
 *     slow_reader [--server PATH] [--option NAME VALUE]...
 *
 * Clients ask for far more than they read: without a limit everything is kept for them and arrives unharmed,
 * however slowly it is read; with a hard limit they are closed at once, with a soft limit after a while; and
 * a request that never ends is closed at the limit for requests. All the while another client's PINGs are
 * answered, and the server's memory stays within what the limits allow. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define MEGABYTE    (1024L * 1024)
#define VALUE_BYTES MEGABYTE
#define SLACK_BYTES (48 * MEGABYTE) /* beside the limit itself: the allocator, socket buffers, the server */
#define PINGS       50
#define WATCHDOG_S  300

typedef struct trial {
    server server;
    resp_conn *slow, *other;
    long long base_bytes; /* the server's peak before the slow client came */
} trial;

static void begin(trial *t, const server_setup *given, const char *option, const char *value) {
    server_setup setup = *given;
    if (option != NULL) server_option(&setup, option, value);
    server_start(&t->server, &setup);
    t->slow = server_connect_tcp(&t->server);
    t->other = server_connect(&t->server);
    resp_must(t->other, "SETRANGE large %ld x", VALUE_BYTES - 1);
    t->base_bytes = server_peak_rss_bytes(&t->server);
}

static void finish(trial *t) {
    tally_check(server_alive(&t->server), "the server has ended");
    resp_close(t->slow);
    resp_close(t->other);
    server_stop(&t->server);
}

/* Asks for the large value many times. The requests are small enough for the socket to take them all. */
static void ask(trial *t, int times) {
    const char *get[] = {"GET", "large"};
    for (int i = 0; i < times; i++) resp_send_args(t->slow, 2, get, NULL);
}

static void check_pings(trial *t, const char *when) {
    int answered = 0;
    for (int i = 0; i < PINGS; i++) answered += resp_ping(t->other) ? 1 : 0;
    tally_check(answered == PINGS, "%d of %d PINGs answered %s", answered, PINGS, when);
}

static void check_closed(trial *t, const char *why) {
    tally_check(resp_await_info(t->other, "clients", "connected_clients", 1), "%s does not close the client",
                why);
}

static void check_peak(trial *t, long long allowed, const char *when) {
    long long peak = server_peak_rss_bytes(&t->server);
    tally_check(peak - t->base_bytes <= allowed + SLACK_BYTES,
                "%s the server grew by %lld bytes, %lld are allowed", when, peak - t->base_bytes,
                allowed + SLACK_BYTES);
}

static void check_hard_limit(const server_setup *setup) {
    trial t;
    begin(&t, setup, "client-output-buffer-limit", "normal 33554432 0 0");
    ask(&t, 500);
    check_pings(&t, "while replies pile up");
    check_closed(&t, "the hard limit");
    check_pings(&t, "after the hard limit was reached");
    check_peak(&t, 32 * MEGABYTE, "up to a hard limit of 32 MB");
    finish(&t);
}

static void check_soft_limit(const server_setup *setup) {
    trial t;
    begin(&t, setup, "client-output-buffer-limit", "normal 0 8388608 1");
    ask(&t, 30);
    check_pings(&t, "while replies wait");
    tally_check(resp_info(t.other, "clients", "connected_clients") == 2,
                "the soft limit closes the client at once");
    check_closed(&t, "the soft limit");
    finish(&t);
}

/* Reads a few bytes at a time; everything must arrive, and in order. */
static void check_unlimited(const server_setup *setup) {
    trial t;
    int right = 0, times = 40;
    begin(&t, setup, NULL, NULL);
    ask(&t, times);
    check_pings(&t, "while a slow client is served");
    for (int i = 0; i < times; i++) {
        resp_reply reply;
        check_pings(&t, "while a slow client reads");
        if (resp_read(t.slow, RESP_PATIENCE_MS, &reply) != RESP_OK) break;
        if (reply.root.type == RESP_BULK && reply.root.len == VALUE_BYTES &&
            reply.root.text[VALUE_BYTES - 1] == 'x')
            right++;
        resp_free(&reply);
    }
    tally_check(right == times, "%d of %d replies arrived unharmed", right, times);
    finish(&t);
}

/* What was kept for a client is given back when it goes, but for what the server keeps once and for all:
 * chunks for the next replies, histograms of commands that it had not run before. */
static void check_memory_returned(const server_setup *setup) {
    trial t;
    begin(&t, setup, NULL, NULL);
    long long before = resp_info(t.other, "memory", "used_memory");
    ask(&t, 100);
    check_pings(&t, "while replies pile up");
    resp_close(t.slow);
    t.slow = NULL;
    check_closed(&t, "leaving");
    tally_check(resp_await_info(t.other, "memory", "used_memory", before + 2 * MEGABYTE),
                "the replies are not freed");
    finish(&t);
}

/* A client may go on asking without reading; the server must not go on reading for it without end. */
static void check_endless_requests(const server_setup *setup) {
    static const char head[] = "*2\r\n$4\r\nECHO\r\n$300000000\r\n";
    trial t;
    begin(&t, setup, "client-query-buffer-limit", "1048576");
    char *filler = must_alloc(MEGABYTE);
    bool open = resp_send(t.slow, head, sizeof(head) - 1);
    for (int i = 0; i < 200 && open; i++) open = resp_send(t.slow, filler, MEGABYTE);
    tally_check(!open, "200 MB of one request are taken, although 1 MB is allowed");
    check_closed(&t, "the limit for requests");
    check_peak(&t, MEGABYTE, "with an endless request");
    check_pings(&t, "after an endless request");
    free(filler);
    finish(&t);
}

int main(int argc, char **argv) {
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: slow_reader [--server PATH] [--option NAME VALUE]...");
    check_hard_limit(&setup);
    check_soft_limit(&setup);
    check_unlimited(&setup);
    check_memory_returned(&setup);
    check_endless_requests(&setup);
    return tally_finish();
}
