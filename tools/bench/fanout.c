/* Fanout: publishers, and many subscribers of their channel.
 *
 * Each publisher sends as many PUBLISH requests as the pipeline is deep with one write, and the next ones
 * when every subscriber has got all messages: nobody lags behind, and no server can save the work of
 * delivering. What is measured is the server's CPU time divided by the messages delivered; the latency is
 * that of the last subscriber's last message.
 *
 * Works are measured in the same interleaved rounds as those of works.c. */
#include "bench/fanout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/process.h"
#include "bench/report.h"

enum {
    SUBSCRIBERS = 1000,
    MESSAGE_BYTES = 64,
    PUBLISHERS_MAX = 50,
    PIPELINE_MAX = 16,
    MESSAGES_MAX = 64, /* of all publishers, before the next ones */
    PATIENCE_S = 10,   /* for a message that does not come */
};

#define CHANNEL "channel"

typedef struct fanout_case {
    item item;
    unsigned publishers, pipeline;
} fanout_case;

static const fanout_case cases[] = {
    {{"PUBLISH-P1", "a message of PUBLISH to 1,000 subscribers, no pipeline", ITEM_WORK, "cpu_us", "us", 0,
      0},
     1,
     1},
    {{"PUBLISH-P16", "a message of PUBLISH to 1,000 subscribers, pipeline 16", ITEM_WORK, "cpu_us", "us", 0.5,
      0},
     1,
     16},
    {{"PUBLISH-C50", "a message of PUBLISH by 50 connections to 1,000 subscribers, no pipeline", ITEM_WORK,
      "cpu_us", "us", 0.5, 0},
     50,
     1},
};

const item *fanout_item(unsigned index) {
    return index < sizeof cases / sizeof *cases ? &cases[index].item : NULL;
}

/* A server with its subscribers. */
typedef struct hall {
    server *server;
    int publishers[PUBLISHERS_MAX];
    unsigned publisher_count;
    int subscribers[SUBSCRIBERS];
    unsigned count; /* of subscribers */
} hall;

static const char *const request_format = "*3\r\n$7\r\nPUBLISH\r\n$7\r\n" CHANNEL "\r\n$%u\r\n%s\r\n";
static const char *const message_format = "*3\r\n$7\r\nmessage\r\n$7\r\n" CHANNEL "\r\n$%u\r\n%s\r\n";

static const char *payload(void) {
    static char text[MESSAGE_BYTES + 1];
    memset(text, 'm', MESSAGE_BYTES);
    return text;
}

/* Writes as many copies of a request or a message, which has room for them. Returns the bytes. */
static size_t write_copies(char *to, size_t room, const char *format, unsigned copies) {
    size_t len = 0;
    for (unsigned i = 0; i < copies; i++)
        len += (size_t)snprintf(to + len, room - len, format, (unsigned)MESSAGE_BYTES, payload());
    return len;
}

/* Reads exactly as many bytes as are expected, and compares them. */
static bool expect(int fd, const char *expected, size_t len) {
    char got[4096];
    for (size_t have = 0; have < len;) {
        size_t want = len - have < sizeof got ? len - have : sizeof got;
        ssize_t received = recv(fd, got, want, 0);
        if (received <= 0 || memcmp(got, expected + have, (size_t)received) != 0) return false;
        have += (size_t)received;
    }
    return true;
}

static int connect_patiently(const server *s) {
    int fd = endpoint_connect(&s->where);
    struct timeval limit = {.tv_sec = PATIENCE_S};
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static bool admit_publisher(hall *h) {
    int fd = connect_patiently(h->server);
    if (fd < 0) return false;
    h->publishers[h->publisher_count++] = fd;
    return true;
}

static bool subscribe(hall *h) {
    static const char request[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\n" CHANNEL "\r\n";
    static const char confirmation[] = "*3\r\n$9\r\nsubscribe\r\n$7\r\n" CHANNEL "\r\n:1\r\n";
    int fd = connect_patiently(h->server);
    if (fd < 0) return false;
    h->subscribers[h->count++] = fd;
    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1 &&
           expect(fd, confirmation, sizeof confirmation - 1);
}

static void leave(hall *h) {
    while (h->count > 0) close(h->subscribers[--h->count]);
    while (h->publisher_count > 0) close(h->publishers[--h->publisher_count]);
    server_stop(h->server);
}

/* Starts the server and takes all the seats. */
static bool enter(bench *b, const fanout_case *c, hall *h, server *s) {
    bench_progress("%s: subscribing to %s", c->item.name, s->name);
    bench_restart(b, s);
    *h = (hall){.server = s};
    bool seated = true;
    while (seated && h->publisher_count < c->publishers) seated = admit_publisher(h);
    while (seated && h->count < SUBSCRIBERS) seated = subscribe(h);
    if (seated) return true;
    bench_note_failure(b, &c->item, s, "took only %u of %d subscribers: %s", h->count, SUBSCRIBERS,
                       strerror(errno));
    leave(h);
    return false;
}

/* Publishes one pipeline's messages by each publisher and waits until everyone has got them. */
static bool publish(const hall *h, unsigned pipeline) {
    static char requests[PIPELINE_MAX * 256], messages[MESSAGES_MAX * 256], replies[PIPELINE_MAX * 8];
    size_t request_len = write_copies(requests, sizeof requests, request_format, pipeline);
    size_t message_len =
        write_copies(messages, sizeof messages, message_format, pipeline * h->publisher_count);
    size_t reply_len = 0;
    for (unsigned i = 0; i < pipeline; i++)
        reply_len +=
            (size_t)snprintf(replies + reply_len, sizeof replies - reply_len, ":%d\r\n", SUBSCRIBERS);
    for (unsigned i = 0; i < h->publisher_count; i++)
        if (send(h->publishers[i], requests, request_len, MSG_NOSIGNAL) != (ssize_t)request_len) return false;
    for (unsigned i = 0; i < h->publisher_count; i++)
        if (!expect(h->publishers[i], replies, reply_len)) return false;
    for (unsigned i = 0; i < h->count; i++)
        if (!expect(h->subscribers[i], messages, message_len)) return false;
    return true;
}

/* Publishes for some time. Returns how many messages were delivered, 0 if that went wrong. */
static uint64_t publish_for(const hall *h, unsigned pipeline, double duration_s, latencies *latency) {
    uint64_t delivered = 0, now = clock_now_ns(), end = now + (uint64_t)(duration_s * CLOCK_NS_PER_S);
    while (now < end) {
        uint64_t start = now;
        if (!publish(h, pipeline)) return 0;
        now = clock_now_ns();
        latency_record(latency, now - start, 1);
        delivered += (uint64_t)pipeline * h->publisher_count * h->count;
    }
    return delivered;
}

/* Measures once. False if the figures are worth nothing. */
static bool run_round(bench *b, const fanout_case *c, const hall *h) {
    static latencies latency;
    latency_clear(&latency);
    bool warm = publish_for(h, c->pipeline, b->warmup_s, &latency) > 0;
    latency_clear(&latency);
    uint64_t cpu_ns = process_cpu_ns(h->server->pid), start = clock_now_ns();
    uint64_t delivered = warm ? publish_for(h, c->pipeline, b->run_s, &latency) : 0;
    cpu_ns = process_cpu_ns(h->server->pid) - cpu_ns;
    if (delivered == 0) {
        bench_note_failure(b, &c->item, h->server, "messages are missing, or not as published");
        return false;
    }
    double elapsed_s = (double)(clock_now_ns() - start) / CLOCK_NS_PER_S;
    results_add(b->results, &c->item, h->server->name, "cpu_us",
                (double)cpu_ns / CLOCK_NS_PER_US / (double)delivered);
    results_add(b->results, &c->item, h->server->name, "requests_per_s", (double)delivered / elapsed_s);
    bench_add_latencies(b, &c->item, h->server, &latency);
    return true;
}

static void measure(bench *b, const fanout_case *c) {
    static hall halls[BENCH_SERVERS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < b->server_count; i++)
        if (b->servers[i].protocol == PROTOCOL_RESP && enter(b, c, &halls[count], &b->servers[i])) count++;
    for (unsigned round = 0; round < b->rounds; round++) {
        for (unsigned i = 0; i < count; i++) {
            hall *h = &halls[(round + i) % count];
            if (h->publisher_count == 0) continue;
            bench_progress("%s: round %u of %u, %s", c->item.name, round + 1, b->rounds, h->server->name);
            if (!run_round(b, c, h)) leave(h);
        }
    }
    for (unsigned i = 0; i < count; i++) leave(&halls[i]);
    report_item(b, &c->item);
}

void fanout_measure(bench *b) {
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (bench_wants(b, &cases[i].item)) measure(b, &cases[i]);
}
