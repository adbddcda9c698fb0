/* Blocking: an index of the keys that clients wait for, observed only while there are any. Keys that may have
 * come are queued until the running request is done. */
#include "server/blocking.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/reply.h"
#include "net/timer.h"
#include "server/insight/accounting.h"
#include "server/insight/statistics.h"
#include "server/interest.h"
#include "server/request/session.h"
#include "server/waiting.h"

struct blocked {
    client *client;
    interest_link *keys;
    enum value_type type;
    uint64_t ticks; /* that its handler took so far */
    timer timer;
};

bool blocking_any_ready;

static struct interest awaited;
static interest_key *first_ready, *last_ready; /* to be served; held */
static interest_key *serving;                  /* the one whose clients are served now; held */
static interest_link *next_in_turn;            /* of that key */
static struct blocking_figures figures;

/* --- Keys that come --- */

/* What clients do to the key that they are served from is no news to those behind them, who are looked at
 * anyway, nor to those passed over: it takes away from the key and gives it no other type. */
static void note_ready(interest_key *k) {
    if (k->held) return;
    k->held = true;
    k->next_held = NULL;
    if (last_ready)
        last_ready->next_held = k;
    else
        first_ready = k;
    last_ready = k;
    blocking_any_ready = true;
}

static interest_key *take_ready(void) {
    interest_key *k = first_ready;
    first_ready = k->next_held;
    if (!first_ready) last_ready = NULL;
    return k;
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

/* The next client in turn for the key that is served now; NULL if there is none, or nothing left for it. */
static client *next_in_line(void) {
    key name = interest_name(serving);
    while (next_in_turn) {
        const entry *e = keyspace_peek(serving->db, &name);
        if (!e) return NULL;
        client *c = next_in_turn->client;
        next_in_turn = next_in_turn->next;
        bool is_gone = c->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY);
        if (!is_gone && e->type == c->session->blocked->type) return c;
    }
    return NULL;
}

client *blocking_next_ready(void) {
    for (;;) {
        if (serving) {
            client *c = next_in_line();
            if (c) return c;
            interest_release(&awaited, serving);
            serving = NULL;
            next_in_turn = NULL;
        }
        blocking_any_ready = first_ready != NULL;
        if (!first_ready) return NULL;
        serving = take_ready();
        next_in_turn = serving->first;
    }
}

/* --- Clients that wait --- */

static void release(client *c) {
    struct blocked *b = c->session->blocked;
    /* nobody ends another's wait while clients are served */
    assert(!next_in_turn || next_in_turn->client != c);
    interest_remove_all(&awaited, &b->keys);
    if (timer_is_set(&b->timer)) figures.timed--;
    timer_cancel(&b->timer);
    alloc_free(b, sizeof(*b));
    c->session->blocked = NULL;
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    if (--figures.clients == 0) keyspace_unobserve(&observer);
}

void blocking_add_ticks(client *c, uint64_t ticks) { c->session->blocked->ticks += ticks; }

void blocking_end(client *c, bool refused) {
    if (!refused) accounting_add(waiting_first(c), 1, c->session->blocked->ticks);
    release(c);
    c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    c->last_activity_ms = clock_monotonic_ms(); /* it did not fall silent: it was made to wait */
    waiting_pop(c);
    waiting_resume(c);
}

static bool wants_reply(const client *c) { return !(c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)); }

void blocking_time_out(client *c) {
    if (wants_reply(c)) reply_null_array(c);
    blocking_end(c, false);
}

void blocking_refuse(client *c, slice error) {
    if (wants_reply(c)) reply_error_text(c, error);
    statistics_of(waiting_first(c)->command)->failed_calls++;
    blocking_end(c, false);
}

void blocking_close(client *c) {
    if (c->session->blocked) release(c);
}

static void on_timer(timer *t) {
    struct blocked *b = (struct blocked *)((char *)t - offsetof(struct blocked, timer));
    figures.timed--;
    blocking_time_out(b->client);
}

static void start_timer(struct blocked *b, int64_t timeout_ms) {
    /* The request may have come after the turn's time was taken; and late is better than early. */
    int64_t now_ms = (clock_now_monotonic_ns() + 999999) / 1000000, when_ms;
    if (__builtin_add_overflow(now_ms, timeout_ms, &when_ms)) when_ms = INT64_MAX;
    timer_set(&b->timer, when_ms);
    figures.timed++;
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
    *b = (struct blocked){.client = c, .type = type, .timer.callback = on_timer};
    for (int i = 0; i < count; i++) {
        key k = key_of(names[i]);
        interest_add_in_row(&awaited, c->db, &k, c, &b->keys);
    }
    if (timeout_ms > 0) start_timer(b, timeout_ms);
}

void blocking_figures(struct blocking_figures *f) {
    *f = figures;
    f->keys = awaited.keys;
}
