/* Slow subscriber: one that does not read its messages harms nobody but itself.
 *
 *     slow_subscriber [--server PATH] [--option NAME VALUE]...
 *
 * Messages of all lengths are published to a subscriber that reads and to one that does not. The first gets
 * every message at once, in order and unharmed. The second is closed at the hard or the soft limit for
 * subscribers, and without one gets everything as well, as late as it likes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define MEGABYTE    (1024LL * 1024)
#define SLACK_BYTES (4 * MEGABYTE) /* beside the limit itself: the messages of one batch */
#define LENGTH_MAX  100000
#define BATCH       16 /* messages per pipeline */
#define WATCHDOG_S  300

typedef struct trial {
    server server;
    resp_conn *slow, *eager, *publisher;
    int published;
    int slow_read;
    long long peak_bytes; /* the most memory that the server has used after a batch */
} trial;

/* Fills text with the message of that number: the number and as many letters as it says. */
static size_t write_message(char *text, int number) {
    static const size_t lengths[] = {20, 300, 20, 1000, 5000, 20, 40000, 60, LENGTH_MAX};
    size_t len = lengths[(size_t)number % (sizeof(lengths) / sizeof(*lengths))];
    memset(text, 'a' + number % 26, len);
    int digits = snprintf(text, 16, "%d", number);
    text[digits] = ' ';
    return len;
}

static bool is_message(const resp_node *reply, int number) {
    static char text[LENGTH_MAX];
    size_t len = write_message(text, number);
    if (reply->children != 3 || !resp_is(&reply->child[0], "message")) return false;
    const resp_node *got = &reply->child[2];
    return got->len == len && memcmp(got->text, text, len) == 0;
}

/* Reads one message; whether it is the one of that number. */
static bool receives(resp_conn *c, int number) {
    resp_reply reply;
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) return false;
    bool right = is_message(&reply.root, number);
    resp_free(&reply);
    return right;
}

static resp_conn *subscribe(const server *s) {
    resp_conn *c = server_connect_tcp(s);
    resp_must(c, "SUBSCRIBE channel");
    return c;
}

static void begin(trial *t, const server_setup *given, const char *limits) {
    server_setup setup = *given;
    server_option(&setup, "client-output-buffer-limit", limits);
    *t = (trial){0};
    server_start(&t->server, &setup);
    t->slow = subscribe(&t->server);
    t->eager = subscribe(&t->server);
    t->publisher = server_connect(&t->server);
}

static void finish(trial *t) {
    tally_check(server_alive(&t->server), "the server has ended");
    resp_close(t->slow);
    resp_close(t->eager);
    resp_close(t->publisher);
    server_stop(&t->server);
}

static void publish_batch(trial *t) {
    static char text[LENGTH_MAX];
    for (int i = 0; i < BATCH; i++) {
        const char *request[] = {"PUBLISH", "channel", text};
        size_t lens[] = {7, 7, write_message(text, t->published + i)};
        resp_send_args(t->publisher, 3, request, lens);
    }
}

/* How many subscribers the last message of the batch went to. */
static long long read_publish_replies(trial *t) {
    long long receivers = -1;
    for (int i = 0; i < BATCH; i++) {
        resp_reply reply;
        if (resp_read(t->publisher, RESP_PATIENCE_MS, &reply) != RESP_OK) return -1;
        receivers = reply.root.integer;
        resp_free(&reply);
    }
    return receivers;
}

/* Publishes about that many bytes, the eager subscriber reading along. Returns how many subscribers the last
 * message went to. */
static long long publish(trial *t, long long wanted_bytes) {
    static char text[LENGTH_MAX];
    long long receivers = 0, right = 0, sent = 0, before = t->published;
    while (sent < wanted_bytes && receivers >= 0) {
        publish_batch(t);
        receivers = read_publish_replies(t);
        long long used = resp_info(t->publisher, "memory", "used_memory");
        if (used > t->peak_bytes) t->peak_bytes = used;
        for (int i = 0; i < BATCH; i++) {
            sent += (long long)write_message(text, t->published);
            right += receives(t->eager, t->published++);
        }
    }
    tally_check(right == t->published - before, "%lld of %lld messages reach the one who reads", right,
                t->published - before);
    return receivers;
}

static void check_closed(trial *t, const char *why) {
    tally_check(resp_await_info(t->publisher, "clients", "connected_clients", 2),
                "%s does not close the subscriber", why);
    tally_check(resp_info(t->publisher, "stats", "client_output_buffer_limit_disconnections") == 1,
                "the closing is not counted");
    tally_check(publish(t, 1) == 1, "a closed subscriber is still subscribed");
}

static void check_hard_limit(const server_setup *setup) {
    trial t;
    begin(&t, setup, "normal 0 0 0 pubsub 16777216 0 0");
    long long base = resp_info(t.publisher, "memory", "used_memory");
    publish(&t, 100 * MEGABYTE);
    check_closed(&t, "the hard limit");
    tally_check(t.peak_bytes - base <= 16 * MEGABYTE + SLACK_BYTES,
                "the server used %lld bytes up to a limit of 16 MB", t.peak_bytes - base);
    finish(&t);
}

static void check_soft_limit(const server_setup *setup) {
    trial t;
    begin(&t, setup, "normal 0 0 0 pubsub 0 1048576 1");
    tally_check(publish(&t, 24 * MEGABYTE) == 2, "the soft limit closes the subscriber at once");
    check_closed(&t, "the soft limit");
    finish(&t);
}

/* The limit for other clients does not hold for subscribers. */
static void check_unlimited(const server_setup *setup) {
    trial t;
    begin(&t, setup, "normal 1048576 0 0 pubsub 0 0 0");
    tally_check(publish(&t, 40 * MEGABYTE) == 2, "the subscriber is closed without a limit");
    while (t.slow_read < t.published && receives(t.slow, t.slow_read)) t.slow_read++;
    tally_check(t.slow_read == t.published, "%d of %d messages reach the one who reads late", t.slow_read,
                t.published);
    tally_check(publish(&t, 1) == 2, "the late reader is gone");
    tally_check(receives(t.slow, t.slow_read), "the late reader, up to date again, gets no message");
    finish(&t);
}

int main(int argc, char **argv) {
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: slow_subscriber [--server PATH] [--option NAME VALUE]...");
    check_hard_limit(&setup);
    check_soft_limit(&setup);
    check_unlimited(&setup);
    return tally_finish();
}
