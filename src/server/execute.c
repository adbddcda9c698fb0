/* Execute: the short way is admission, the handler, and a look at whether it made keys that clients wait for.
 * Whatever is unusual about the client (enum client_flag) or the server (modes.h) leads to the long way. */
#include "server/execute.h"

#include <string.h>

#include "base/compiler.h"
#include "base/log.h"
#include "net/output.h"
#include "net/reply.h"
#include "server/admission.h"
#include "server/blocking.h"
#include "server/insight/accounting.h"
#include "server/insight/monitor.h"
#include "server/insight/statistics.h"
#include "server/messages/push.h"
#include "server/messages/tracking.h"
#include "server/pause.h"
#include "server/request/command.h"
#include "server/request/modes.h"
#include "server/request/session.h"
#include "server/transaction.h"
#include "server/waiting.h"
#include "store/keyspace.h"
#include "store/recency.h"

/* Queued requests whose cache misses are overlapped with each other. */
#define GROUP 32
/* Requests of resumed clients per turn. */
#define RESUMED_PER_TURN 512

#define LONG_WAY                                                                                             \
    (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_TOUCH | CLIENT_WAITING | CLIENT_IN_TRANSACTION |  \
     CLIENT_SUBSCRIBED | CLIENT_TRACKING | CLIENT_REDIRECTED_TO)

uint32_t server_modes;

static void answer_protocol_error(client *c, const struct request *r) {
    char description[CLIENT_DESCRIPTION_BYTES];
    client_describe(c, description);
    log_verbose("Protocol error (%s) from client %s", r->error, description);
    if (!(c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT)))
        reply_error(c, "ERR Protocol error: %s", r->error);
    client_close_soon(c, CLIENT_CLOSE_AFTER_REPLY);
}

static inline void call(client *c, const struct request *r) {
    const command *row = r->command;
    args a = {r->argv, r->argc, r->key_hash, r->key_index};
    c->flags &= ~(uint32_t)CLIENT_REPLIED_ERROR;
    row->handler(c, &a); /* NOLINT(clang-analyzer-core.NullDereference): admitted requests have a row */
    if (unlikely(c->flags & CLIENT_REPLIED_ERROR)) statistics_of(row)->failed_calls++;
}

/* For a client whose reads are to leave no trace. */
static void call_without_trace(client *c, const struct request *r) {
    const command *row = r->command;
    recency_policy.paused = strcmp(row->name, "touch") != 0; /* which is what that is for */
    call(c, r);
    recency_policy.paused = false;
}

static void call_by_client(client *c, const struct request *r) {
    if (likely(!(c->flags & CLIENT_NO_TOUCH)))
        call(c, r);
    else
        call_without_trace(c, r);
    if (unlikely(tracking_is_on(c))) tracking_note_read(c, r);
}

/* For a client that asked for less than every reply, or that gets messages. */
static struct output_mark begin_reply(client *c) {
    push_hold(c);
    return output_mark(c);
}

static void end_reply(client *c, struct output_mark mark) {
    if (c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)) output_rewind(c, mark);
    push_release();
}

/* The first of the client's requests can't be answered yet. */
#define HELD (CLIENT_BLOCKED | CLIENT_PAUSED)

/* Leaves the client to its next request, if this one is done. */
static void end_request(client *c, const command *row) {
    if (c->flags & HELD) return;
    c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    if (tracking_is_on(c)) tracking_end_request(c, row);
}

/* --- What follows from a request --- */

/* Runs a blocked client's request again. */
static void run_again(client *c) {
    const struct request *r = waiting_first(c);
    struct output_mark mark = begin_reply(c);
    uint64_t start = accounting_ticks();
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    bool admitted = admission_check(c, r); /* memory may have run out meanwhile */
    if (admitted) call_by_client(c, r);
    end_reply(c, mark);
    end_request(c, r->command);
    blocking_add_ticks(c, accounting_ticks() - start);
    if (!(c->flags & CLIENT_BLOCKED)) blocking_end(c, !admitted);
}

/* During a pause nobody is served: the keys stay ready. */
static void serve_ready(void) {
    if (server_modes & MODE_PAUSED) return;
    for (client *c; (c = blocking_next_ready());) run_again(c);
}

void execute_follow_up(const struct request *r, uint64_t ticks) {
    client *c = r->client;
    if (c->flags & CLIENT_BLOCKED && !(c->flags & CLIENT_WAITING)) {
        blocking_add_ticks(c, ticks);
        waiting_add(r);
    }
    serve_ready();
}

/* --- The long way --- */

/* Runs an admitted request, or queues it. Returns whether its handler was called. */
static bool run_or_queue(client *c, const struct request *r) {
    const command *row = r->command;
    if (c->flags & CLIENT_IN_TRANSACTION && !row->unqueued) {
        transaction_queue(r);
        reply_status(c, "QUEUED");
        return false;
    }
    call_by_client(c, r);
    if (server_modes & MODE_MONITORED) monitor_show(r);
    return true;
}

/* Has an admitted request wait for the end of the pause; it may be one that waits already. */
static void hold(const struct request *r) {
    if (!(r->client->flags & CLIENT_WAITING)) waiting_add(r);
    waiting_pause(r->client);
}

/* A request was refused. */
static void spoil_transaction(client *c) {
    if (c->flags & CLIENT_IN_TRANSACTION) transaction_spoil(c);
}

/* Returns whether the handler was called, also if it blocked. */
static bool run_unusual(client *c, const struct request *r) {
    if (r->error) {
        answer_protocol_error(c, r);
        return false;
    }
    c->session->last_command = r->command;
    struct output_mark mark = begin_reply(c);
    if (c->flags & CLIENT_REPLY_SKIP_NEXT)
        c->flags = (c->flags & ~(uint32_t)CLIENT_REPLY_SKIP_NEXT) | CLIENT_REPLY_SKIP;
    bool called = false;
    if (!(admission_check(c, r) && admission_check_mode(c, r)))
        spoil_transaction(c);
    else if (server_modes & MODE_PAUSED && pause_holds(c, r->command))
        hold(r);
    else
        called = run_or_queue(c, r);
    if (!(c->flags & CLIENT_PAUSED)) c->session->commands++;
    end_reply(c, mark);
    end_request(c, r->command);
    return called;
}

static bool wait_or_run_unusual(client *c, const struct request *r) {
    if (!(c->flags & CLIENT_WAITING)) return run_unusual(c, r);
    waiting_add(r);
    return false;
}

/* --- Requests --- */

#define CLOSING (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW)

bool execute(const struct request *r) {
    client *c = r->client;
    if (unlikely(c->flags & CLOSING)) return false;
    bool called;
    if (unlikely((c->flags & LONG_WAY) | server_modes | (r->error != NULL))) {
        called = wait_or_run_unusual(c, r);
    } else {
        c->session->commands++;
        c->session->last_command = r->command;
        called = admission_check(c, r);
        if (called) call(c, r);
    }
    return called && likely(!(c->flags & CLIENT_BLOCKED));
}

static void prefetch_group(const client *c, const struct request *first) {
    const struct request *r = first;
    for (int i = 0; i < GROUP && r; i++, r = request_queue_after(r))
        if (r->key_index) keyspace_prefetch_bucket(c->db, r->key_hash);
    r = first;
    for (int i = 0; i < GROUP && r; i++, r = request_queue_after(r))
        if (r->key_index) keyspace_prefetch_entry(c->db, r->key_hash);
}

/* Queued requests that are timed together. */
struct queued_run {
    const struct request *first;
    size_t count;
    uint64_t start_ticks;
};

/* Accounts for a run, which ends before that request, where another begins. */
static void end_queued_run(struct queued_run *run, const struct request *end) {
    uint64_t now = accounting_ticks();
    if (run->count > 0) accounting_add(run->first, run->count, now - run->start_ticks);
    *run = (struct queued_run){end, 0, now};
}

void execute_queued(client *c, struct request_queue *q) {
    c->flags |= CLIENT_EXECUTING;
    struct queued_run run = {request_queue_first(q), 0, accounting_ticks()};
    int i = 0;
    for (const struct request *r = run.first; r; r = request_queue_after(r)) {
        if (i++ % GROUP == 0) prefetch_group(c, r);
        if (r->together != run.first->together) end_queued_run(&run, r);
        request_queue_lend(q, r);
        call_by_client(c, r);
        if (server_modes & MODE_MONITORED) monitor_show(r);
        run.count++;
    }
    end_queued_run(&run, NULL);
    c->flags &= ~(uint32_t)(CLIENT_EXECUTING | CLIENT_REPLIED_ERROR); /* that was theirs, not EXEC's */
}

/* Runs what waits for one client, at most that many requests. Returns how many were run. */
static int run_waiting(client *c, int most) {
    int count = 0;
    while (c->flags & CLIENT_WAITING && !(c->flags & (HELD | CLOSING))) {
        if (count++ == most) {
            waiting_resume(c);
            break;
        }
        const struct request *r = waiting_first(c);
        uint64_t start = accounting_ticks();
        bool called = run_unusual(c, r);
        uint64_t ticks = accounting_ticks() - start;
        bool blocked = c->flags & CLIENT_BLOCKED;
        if (blocked) blocking_add_ticks(c, ticks);
        accounting_add_run(r, 1, called && !blocked, ticks);
        if (!(c->flags & HELD)) waiting_pop(c);
        serve_ready();
    }
    return count;
}

bool execute_resumed(void) {
    int budget = RESUMED_PER_TURN;
    if (unlikely(blocking_any_ready)) serve_ready(); /* a pause has ended */
    client *c;
    while (budget > 0 && (c = waiting_next_resumed())) budget -= run_waiting(c, budget);
    return waiting_any_resumed();
}
