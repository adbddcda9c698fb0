/* Blocking: an index of the keys that clients wait for, observed only while there are any. Keys that may have
 * come are queued until the running request is done. */
#include "server/blocking.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/reply.h"
#include "net/timer.h"
#include "server/accounting.h"
#include "server/interest.h"
#include "server/session.h"
#include "server/statistics.h"
#include "server/waiting.h"

struct blocked {
    client *client;
    interest_link *keys;
    enum value_type type;
    blocking_reply *nothing;
    uint64_t ticks; /* that its handler took so far */
    timer timer;
};

bool blocking_any_ready;

static struct interest awaited;
static interest_key *first_ready, *last_ready; /* held */
static interest_link *next_in_turn;            /* of the first ready key */
static struct blocking_figures figures;

/* --- Keys that come --- */

static void note_ready(interest_key *k) {
    if (k == first_ready) next_in_turn = k->first; /* who was passed over may find something now */
    if (k->held) return;
    k->held = true;
    k->next_held = NULL;
    if (last_ready) {
        last_ready->next_held = k;
    } else {
        first_ready = k;
        next_in_turn = k->first;
    }
    last_ready = k;
    blocking_any_ready = true;
}

static void key_changed(database *db, const key *k, enum keyspace_event event) {
    (void)event; /* whether the key is there, and what it holds, is looked at when its turn comes */
    interest_key *found = interest_find(&awaited, db, k);
    if (found) note_ready(found);
}

static void databases_swapped(database *a, database *b) {
    interest_each(&awaited, a, note_ready);
    interest_each(&awaited, b, note_ready);
}

static keyspace_observer observer = {.changed = key_changed, .swapped = databases_swapped};

/* The next link of the first ready key whose client can be served. */
static client *next_in_line(const interest_key *k) {
    key name = interest_name(k);
    while (next_in_turn) {
        client *c = next_in_turn->client;
        next_in_turn = next_in_turn->next;
        const entry *e = keyspace_peek(k->db, &name);
        if (!e) return NULL;
        bool is_gone = c->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY);
        if (!is_gone && e->type == c->session->blocked->type) return c;
    }
    return NULL;
}

client *blocking_next_ready(void) {
    while (first_ready) {
        client *c = next_in_line(first_ready);
        if (c) return c;
        interest_key *done = first_ready;
        first_ready = done->next_held;
        next_in_turn = first_ready ? first_ready->first : NULL;
        if (!first_ready) last_ready = NULL;
        interest_release(&awaited, done);
    }
    blocking_any_ready = false;
    return NULL;
}

/* --- Clients that wait --- */

static void release(client *c) {
    struct blocked *b = c->session->blocked;
    if (next_in_turn && next_in_turn->client == c) next_in_turn = next_in_turn->next;
    interest_remove_all(&awaited, &b->keys);
    if (timer_is_set(&b->timer)) figures.timed--;
    timer_cancel(&b->timer);
    alloc_free(b, sizeof(*b));
    c->session->blocked = NULL;
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    if (--figures.clients == 0) keyspace_unobserve(&observer);
}

void blocking_add_ticks(client *c, uint64_t ticks) { c->session->blocked->ticks += ticks; }

void blocking_end(client *c) {
    accounting_add(waiting_first(c), c->session->blocked->ticks);
    release(c);
    c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    waiting_pop(c);
    waiting_resume(c);
}

static bool wants_reply(const client *c) { return !(c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)); }

void blocking_time_out(client *c) {
    if (wants_reply(c)) c->session->blocked->nothing(c);
    blocking_end(c);
}

void blocking_refuse(client *c, slice error) {
    if (wants_reply(c)) reply_error_text(c, error);
    statistics_of(waiting_first(c)->command)->failed_calls++;
    blocking_end(c);
}

void blocking_close(client *c) {
    if (c->session->blocked) release(c);
}

static void on_timer(timer *t) {
    struct blocked *b = (struct blocked *)((char *)t - offsetof(struct blocked, timer));
    figures.timed--;
    blocking_time_out(b->client);
}

void blocking_wait(client *c, const slice *names, int count, enum value_type type, int64_t timeout_ms,
                   blocking_reply *nothing) {
    if (c->flags & CLIENT_EXECUTING) {
        nothing(c);
        return;
    }
    c->flags |= CLIENT_BLOCKED;
    if (c->session->blocked) return; /* run again, and it keeps its place */
    if (figures.clients++ == 0) keyspace_observe(&observer);
    struct blocked *b = c->session->blocked = alloc(sizeof(*b));
    *b = (struct blocked){.client = c, .type = type, .nothing = nothing, .timer.callback = on_timer};
    for (int i = 0; i < count; i++) {
        key k = key_of(names[i]);
        interest_add(&awaited, c->db, &k, c, &b->keys);
    }
    if (timeout_ms == 0) return;
    timer_set(&b->timer, (clock_monotonic_us() + 999) / 1000 + timeout_ms); /* late rather than early */
    figures.timed++;
}

void blocking_figures(struct blocking_figures *f) {
    *f = figures;
    f->keys = awaited.keys;
}
