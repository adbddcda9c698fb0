/* Transaction: what a client has queued, and an index of the keys that clients watch, observed only while
 * there are any. A client whose transaction is broken watches nothing any more. */
#include "server/transaction.h"

#include <string.h>

#include "base/alloc.h"
#include "net/query.h"
#include "server/interest.h"
#include "server/request/session.h"

struct transaction {
    struct request_queue requests;
    uint32_t flags; /* of their commands */
    bool spoilt;
    bool broken; /* a watched key has changed */
    struct transaction *next_broken;
    interest_link *watched;
    size_t watched_count;
};

static struct interest watched;
static size_t watching_clients;

static void key_changed(database *db, const key *k, enum keyspace_event event);
static void before_flush(database *db);
static void before_swap(database *a, database *b);
static keyspace_observer observer = {.changed = key_changed, .flushed = before_flush, .swapped = before_swap};

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

bool transaction_is_exec(const command *row) { return strcmp(row->full_name, "exec") == 0; }

void transaction_queue(const struct request *r) {
    struct transaction *t = transaction_of(r->client);
    const command *row = r->command;
    t->flags |= row->flags;
    request_queue_add(&t->requests, r);
    query_check_limit(r->client, t->requests.memory_bytes, "its transaction");
}

void transaction_spoil(client *c) { transaction_of(c)->spoilt = true; }
bool transaction_is_spoilt(const client *c) { return transaction_of(c)->spoilt; }
struct request_queue *transaction_requests(const client *c) {
    return &transaction_of(c)->requests;
}
uint32_t transaction_flags(const client *c) { return transaction_of(c)->flags; }

/* --- Watching --- */

static void unwatch_all(struct transaction *t) {
    if (t->watched_count == 0) return;
    interest_remove_all(&watched, &t->watched);
    t->watched_count = 0;
    if (--watching_clients == 0) keyspace_unobserve(&observer);
}

/* While the index is walked, or a name in it is in use, nothing may be removed from it. */
static bool index_in_use;
static struct transaction *newly_broken;

/* Who has seen one change needs not to be told of others. */
static void forget_broken(void) {
    while (newly_broken && !index_in_use) {
        struct transaction *t = newly_broken;
        newly_broken = t->next_broken;
        unwatch_all(t);
    }
}

static void break_links(const interest_key *k) {
    for (const interest_link *link = k->first; link; link = link->next) {
        struct transaction *t = transaction_of(link->client);
        if (t->broken) continue;
        t->broken = true;
        t->next_broken = newly_broken;
        newly_broken = t;
    }
}

static void key_changed(database *db, const key *k, enum keyspace_event event) {
    (void)event;
    const interest_key *found = interest_find(&watched, db, k);
    if (!found) return;
    break_links(found);
    forget_broken();
}

static void each_watched(const database *db, void (*visit)(interest_key *k)) {
    index_in_use = true;
    interest_each(&watched, db, visit);
    index_in_use = false;
    forget_broken();
}

/* A key that comes, or goes, with others, without a word about itself. */
static void break_if_in(database *db, const interest_key *k) {
    key name = interest_name(k);
    if (keyspace_peek(db, &name)) break_links(k);
}

static void break_if_present(interest_key *k) { break_if_in(k->db, k); }

static void before_flush(database *db) { each_watched(db, break_if_present); }

static database *other_of_swap;

static void break_if_in_either(interest_key *k) {
    break_if_in(k->db, k);
    break_if_in(other_of_swap, k);
}

static void before_swap(database *a, database *b) {
    other_of_swap = b;
    each_watched(a, break_if_in_either);
    other_of_swap = a;
    each_watched(b, break_if_in_either);
}

void transaction_watch(client *c, const key *k) {
    struct transaction *t = need_transaction(c);
    keyspace_peek(c->db, k); /* if it has expired, it is gone from here on, and not gone later */
    if (t->broken || !interest_add(&watched, c->db, k, c, &t->watched)) return;
    if (t->watched_count++ == 0 && watching_clients++ == 0) keyspace_observe(&observer);
}

void transaction_unwatch(client *c) {
    struct transaction *t = transaction_of(c);
    if (!t) return;
    t->broken = false;
    unwatch_all(t);
}

bool transaction_is_broken(const client *c) { return transaction_of(c) && transaction_of(c)->broken; }

void transaction_check_expired(const client *c) {
    const struct transaction *t = transaction_of(c);
    index_in_use = true;
    for (const interest_link *link = t->watched; link && !t->broken; link = link->next_of_client) {
        key name = interest_name(link->key);
        keyspace_peek(link->key->db, &name);
    }
    index_in_use = false;
    forget_broken();
}

/* --- Figures --- */

size_t transaction_length(const client *c) {
    return transaction_of(c) ? transaction_of(c)->requests.count : 0;
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
