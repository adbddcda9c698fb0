/* Transaction: what a client has queued, and an index of the keys that clients watch, observed only while
 * there are any. */
#include "server/transaction.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "server/interest.h"
#include "server/session.h"

struct transaction {
    struct request_queue requests;
    uint32_t flags; /* of their commands */
    bool spoilt;
    bool broken; /* a watched key has changed */
    interest_link *watched;
    size_t watched_count;
};

static struct interest watched;
static size_t watching_clients;

static struct transaction *transaction_of(const client *c) { return c->session->transaction; }

static struct transaction *need_transaction(client *c) {
    if (!c->session->transaction) c->session->transaction = alloc_zeroed(sizeof(struct transaction));
    return c->session->transaction;
}

/* --- The queue --- */

void transaction_begin(client *c) {
    need_transaction(c);
    c->flags |= CLIENT_IN_TRANSACTION;
}

void transaction_end(client *c) {
    struct transaction *t = transaction_of(c);
    if (!t) return;
    c->flags &= ~(uint32_t)CLIENT_IN_TRANSACTION;
    request_queue_clear(&t->requests);
    t->flags = 0;
    t->spoilt = false;
    transaction_unwatch(c);
}

bool transaction_queues(const command *row) {
    static const char *const run_at_once[] = {"exec", "discard", "multi", "watch", "quit", "reset"};
    if (row->parent) return true;
    for (size_t i = 0; i < sizeof(run_at_once) / sizeof(*run_at_once); i++)
        if (strcmp(row->name, run_at_once[i]) == 0) return false;
    return true;
}

bool transaction_is_exec(const command *row) { return strcmp(row->full_name, "exec") == 0; }

void transaction_queue(const struct request *r) {
    struct transaction *t = transaction_of(r->client);
    const command *row = r->command;
    t->flags |= row->flags;
    request_queue_add(&t->requests, r);
}

void transaction_spoil(client *c) { transaction_of(c)->spoilt = true; }
bool transaction_is_spoilt(const client *c) { return transaction_of(c)->spoilt; }
struct request_queue *transaction_requests(const client *c) {
    return &transaction_of(c)->requests;
}
uint32_t transaction_flags(const client *c) { return transaction_of(c)->flags; }

/* --- Watching --- */

static void break_links(interest_key *k) {
    for (interest_link *link = k->first; link; link = link->next) transaction_of(link->client)->broken = true;
}

static void key_changed(database *db, const key *k, enum keyspace_event event) {
    (void)event;
    interest_key *found = interest_find(&watched, db, k);
    if (found) break_links(found);
}

/* All keys that are there are about to go. */
static void break_if_present(interest_key *k) {
    key name = interest_name(k);
    if (keyspace_peek(k->db, &name)) break_links(k);
}

static void database_flushed(database *db) { interest_each(&watched, db, break_if_present); }

static database *other_of_swap;

static void break_if_in_either(interest_key *k) {
    key name = interest_name(k);
    if (keyspace_peek(k->db, &name) || keyspace_peek(other_of_swap, &name)) break_links(k);
}

static void databases_swapped(database *a, database *b) {
    other_of_swap = b;
    interest_each(&watched, a, break_if_in_either);
    other_of_swap = a;
    interest_each(&watched, b, break_if_in_either);
}

static keyspace_observer observer = {
    .changed = key_changed, .flushed = database_flushed, .swapped = databases_swapped};

void transaction_watch(client *c, const key *k) {
    struct transaction *t = need_transaction(c);
    keyspace_peek(c->db, k); /* if it has expired, it is gone from here on, and not gone later */
    if (!interest_add(&watched, c->db, k, c, &t->watched)) return;
    if (t->watched_count++ == 0 && watching_clients++ == 0) keyspace_observe(&observer);
}

void transaction_unwatch(client *c) {
    struct transaction *t = transaction_of(c);
    if (!t) return;
    t->broken = false;
    if (t->watched_count == 0) return;
    interest_remove_all(&watched, &t->watched);
    t->watched_count = 0;
    if (--watching_clients == 0) keyspace_unobserve(&observer);
}

bool transaction_is_broken(const client *c) {
    const struct transaction *t = transaction_of(c);
    /* what has expired without being noticed is noticed now */
    for (const interest_link *link = t->watched; link && !t->broken; link = link->next_of_client) {
        key name = interest_name(link->key);
        keyspace_peek(link->key->db, &name);
    }
    return t->broken;
}

/* --- Figures --- */

int64_t transaction_length(const client *c) {
    return c->flags & CLIENT_IN_TRANSACTION ? (int64_t)transaction_of(c)->requests.count : -1;
}

size_t transaction_watched(const client *c) {
    return transaction_of(c) ? transaction_of(c)->watched_count : 0;
}

size_t transaction_memory_bytes(const client *c) {
    return transaction_of(c) ? transaction_of(c)->requests.memory_bytes : 0;
}

void transaction_figures(struct transaction_figures *f) {
    *f = (struct transaction_figures){watching_clients, watched.keys};
}

void transaction_close(client *c) {
    struct transaction *t = transaction_of(c);
    if (!t) return;
    transaction_end(c);
    alloc_free(t, sizeof(*t));
    c->session->transaction = NULL;
}
