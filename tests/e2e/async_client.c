/* Async client: hiredis' asynchronous interface, used as its documentation shows.
 *
 *     async_client [--server PATH] [--option NAME VALUE]...
 *
 * A connection that pipelines many requests, one that subscribes, and one that is cut off. hiredis leaves the
 * event loop to its user: here it is poll(2) over the connections. */
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define REQUESTS    10000
#define MESSAGES    100
#define WATCHDOG_S  60
#define PATIENCE_MS 10000
#define LOOPS_MAX   2

/* --- The event loop --- */

struct loop {
    redisAsyncContext *context; /* NULL once hiredis has freed it */
    bool reads, writes;
};

static void add_read(void *data) { ((struct loop *)data)->reads = true; }
static void delete_read(void *data) { ((struct loop *)data)->reads = false; }
static void add_write(void *data) { ((struct loop *)data)->writes = true; }
static void delete_write(void *data) { ((struct loop *)data)->writes = false; }
static void clean_up(void *data) { *(struct loop *)data = (struct loop){0}; }

static void attach(struct loop *l, redisAsyncContext *context) {
    *l = (struct loop){.context = context};
    context->ev.data = l;
    context->ev.addRead = add_read;
    context->ev.delRead = delete_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = delete_write;
    context->ev.cleanup = clean_up;
}

/* Turns until *done holds, or nothing has happened for long. */
static void turn_until(struct loop **loops, int count, const bool *done) {
    struct pollfd fds[LOOPS_MAX];
    while (!*done) {
        for (int i = 0; i < count; i++) {
            short events = (short)((loops[i]->reads ? POLLIN : 0) | (loops[i]->writes ? POLLOUT : 0));
            fds[i] = (struct pollfd){loops[i]->context ? loops[i]->context->c.fd : -1, events, 0};
        }
        if (poll(fds, (nfds_t)count, PATIENCE_MS) <= 0) return;
        for (int i = 0; i < count; i++) {
            if (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) redisAsyncHandleRead(loops[i]->context);
            if (loops[i]->context && fds[i].revents & POLLOUT) redisAsyncHandleWrite(loops[i]->context);
        }
    }
}

static redisAsyncContext *connect_to(const server *s, struct loop *l) {
    redisAsyncContext *context = redisAsyncConnectUnix(s->socket);
    if (!context || context->err) die("hiredis cannot connect to %s", s->socket);
    attach(l, context);
    return context;
}

/* --- Many requests on their way --- */

struct pipeline {
    int sent, wrong;
    bool done;
};

static void on_value(redisAsyncContext *context, void *answer, void *data) {
    struct pipeline *p = context->data;
    const redisReply *r = answer;
    long expected = (long)(intptr_t)data;
    char text[32];
    snprintf(text, sizeof(text), "value-%ld", expected);
    if (!r || r->type != REDIS_REPLY_STRING || strcmp(r->str, text) != 0) p->wrong++;
    p->done = expected == REQUESTS - 1;
}

static void pipeline_requests(const server *s) {
    struct loop l, *loops[] = {&l};
    struct pipeline p = {0};
    redisAsyncContext *context = connect_to(s, &l);
    context->data = &p;
    for (long i = 0; i < REQUESTS; i++) {
        redisAsyncCommand(context, NULL, NULL, "SET key:%ld value-%ld", i, i);
        redisAsyncCommand(context, on_value, (void *)(intptr_t)i, "GET key:%ld", i);
    }
    turn_until(loops, 1, &p.done);
    tally_check(p.done && p.wrong == 0, "of %d pipelined values %d were wrong, %s", REQUESTS, p.wrong,
                p.done ? "all came" : "and some did not come");
    redisAsyncFree(context);
}

/* --- Messages --- */

struct messages {
    bool subscribed, done;
    int got;
};

static void on_message(redisAsyncContext *context, void *answer, void *data) {
    struct messages *m = data;
    const redisReply *r = answer;
    (void)context;
    if (!r || r->type != REDIS_REPLY_ARRAY || r->elements != 3) return;
    if (strcmp(r->element[0]->str, "subscribe") == 0) m->subscribed = true;
    if (strcmp(r->element[0]->str, "message") != 0) return;
    char text[32];
    snprintf(text, sizeof(text), "message %d", m->got++);
    tally_check(strcmp(r->element[2]->str, text) == 0, "got %s in the place of %s", r->element[2]->str, text);
    m->done = m->got == MESSAGES;
}

static void subscribe_and_publish(const server *s) {
    struct loop subscriber, publisher, *loops[] = {&subscriber, &publisher};
    struct messages m = {0};
    redisAsyncContext *hears = connect_to(s, &subscriber), *says = connect_to(s, &publisher);
    redisAsyncCommand(hears, on_message, &m, "SUBSCRIBE news");
    turn_until(loops, 2, &m.subscribed);
    tally_check(m.subscribed, "the subscription was not confirmed");
    for (int i = 0; i < MESSAGES; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "message %d", i);
        redisAsyncCommand(says, NULL, NULL, "PUBLISH news %b", text, (size_t)len);
    }
    turn_until(loops, 2, &m.done);
    tally_check(m.done, "%d of %d messages came", m.got, MESSAGES);
    redisAsyncFree(says);
    redisAsyncFree(hears);
}

/* --- An end that nobody asked for --- */

struct ending {
    bool done;
    int status, pending;
};

static void on_disconnect(const redisAsyncContext *context, int status) {
    struct ending *e = context->data;
    e->status = status;
    e->done = true;
}

static void on_pending(redisAsyncContext *context, void *answer, void *data) {
    (void)data;
    if (!answer) ((struct ending *)context->data)->pending++;
}

static void be_cut_off(const server *s) {
    struct loop l, *loops[] = {&l};
    struct ending e = {0};
    redisAsyncContext *context = connect_to(s, &l);
    context->data = &e;
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    redisAsyncCommand(context, on_pending, NULL, "CLIENT KILL TYPE normal SKIPME no");
    redisAsyncCommand(context, on_pending, NULL, "PING");
    turn_until(loops, 1, &e.done);
    tally_check(e.done && e.status == REDIS_ERR, "the end of the connection was not noticed");
    tally_check(e.pending == 1, "%d requests, in the place of 1, were told that they get no reply",
                e.pending);
}

int main(int argc, char **argv) {
    server s;
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: async_client [--server PATH] [--option NAME VALUE]...");
    server_start(&s, &setup);
    pipeline_requests(&s);
    subscribe_and_publish(&s);
    be_cut_off(&s);
    tally_check(server_alive(&s), "the server has ended");
    server_stop(&s);
    return tally_finish();
}
