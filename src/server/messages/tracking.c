/* Tracking: a tracker for each client that tracks or gets another one's messages, made when first needed.
 *
 *     tracker A --target--> tracker R          A's messages go to R's client,
 *     tracker B --target-->                    and so do B's
 *                           sources: A, B
 *
 * The keyspace is observed only while a client tracks or a key is in the table. */
#include "server/messages/tracking.h"

#include <string.h>

#include "base/alloc.h"
#include "server/config/config.h"
#include "server/messages/broadcast.h"
#include "server/messages/invalidation.h"
#include "server/messages/push.h"
#include "server/messages/tracking_table.h"
#include "server/request/command_keys.h"
#include "server/request/request_key.h"
#include "server/request/session.h"
#include "store/keyspace.h"

/* Pairs of a key and a client that one turn forgets at most, of each kind. */
#define FORGOTTEN_PER_TURN 2048

typedef struct tracker tracker;
struct tracker {
    key_reader reader; /* first: what the table tells leads back to the tracker */
    broadcast_receiver receiver;
    client *client; /* NULL: gone, and what it has read is being forgotten */
    uint32_t modes;
    uint64_t redirect;            /* id of another client, 0: none */
    tracker *target;              /* that client's; NULL: none, or gone */
    tracker *sources;             /* who have this one for their target */
    tracker *next, *previous;     /* of the target's sources */
    size_t place;                 /* in tracking */
    struct tracker *next_leaving; /* without a client */
};

/* Those that track, in no order. */
static struct {
    tracker **trackers;
    size_t count, capacity;
} tracking;

static tracker *leaving;
static bool observing;

static tracker *tracker_of(const client *c) { return c->session->tracker; }

/* --- Telling --- */

static bool is_gone(const client *c) { return c->flags & CLIENT_CLOSE_NOW; }

static void tell_broken(tracker *t) {
    t->modes |= TRACKING_BROKEN;
    if (t->client->resp < 3) return;
    push p = PUSH(push_text(SLICE("tracking-redir-broken")), push_number((int64_t)t->redirect));
    push_send(&p, t->client);
    push_end(&p);
}

static void tell(tracker *t, invalidation *m) {
    if (!t->redirect)
        invalidation_send(m, t->client, false);
    else if (t->target && !is_gone(t->target->client))
        invalidation_send(m, t->target->client, true);
    else
        tell_broken(t);
}

/* A key that some may have read; the message is made for the first of them. */
struct telling {
    slice name;
    const client *spared; /* who changed it, or NULL */
    bool is_made;
    invalidation message;
};

static void tell_reader(void *context, key_reader *r) {
    struct telling *telling = context;
    tracker *t = (tracker *)r;
    if (!t->client || !tracking_is_on(t->client) || t->modes & TRACKING_BCAST) return;
    if (t->modes & TRACKING_NOLOOP && t->client == telling->spared) return;
    if (!telling->is_made) telling->message = invalidation_of(&telling->name, 1);
    telling->is_made = true;
    tell(t, &telling->message);
}

static void tell_receiver(broadcast_receiver *r, invalidation *m) {
    tell((tracker *)((char *)r - offsetof(tracker, receiver)), m);
}

void tracking_end_turn(void) { broadcast_tell(tell_receiver); }

/* --- What happens to keys --- */

static void key_changed(database *db, const key *k, enum keyspace_event event) {
    (void)db, (void)event;
    const client *changer = push_holder(); /* if it tracks: such requests are run between hold and release */
    struct telling telling = {.name = k->name, .spared = changer};
    tracking_table_take(k, tell_reader, &telling);
    if (telling.is_made) invalidation_end(&telling.message);
    if (broadcast_prefixes() == 0) return;
    broadcast_note(k->name, changer && tracker_of(changer) ? tracker_of(changer)->receiver.own : 0);
    if (broadcast_is_full()) tracking_end_turn();
}

static void database_flushed(database *db) {
    (void)db; /* keys are names alone, and so all are concerned */
    invalidation m = invalidation_of(NULL, 0);
    for (size_t i = 0; i < tracking.count; i++) tell(tracking.trackers[i], &m);
    invalidation_end(&m);
    tracking_table_clear();
}

static keyspace_observer observer = {.changed = key_changed, .flushed = database_flushed};

static void observe_while_needed(void) {
    bool is_needed = tracking.count > 0 || tracking_table_keys() > 0;
    if (is_needed == observing) return;
    observing = is_needed;
    if (is_needed)
        keyspace_observe(&observer);
    else
        keyspace_unobserve(&observer);
}

/* --- Remembering what was read --- */

/* Lets go of a random key, of which its readers are told. Returns how many those were. */
static size_t evict(void) {
    struct telling telling = {0};
    size_t readers = tracking_table_evict(&telling.name, tell_reader, &telling);
    if (telling.is_made) invalidation_end(&telling.message);
    return readers;
}

static bool table_is_over_limit(void) {
    return config.tracking_table_max_keys && tracking_table_keys() > (size_t)config.tracking_table_max_keys;
}

static bool wants_remembered(const tracker *t) {
    if (t->modes & TRACKING_BCAST) return false;
    if (t->modes & TRACKING_OPTIN) return t->modes & TRACKING_CACHING;
    if (t->modes & TRACKING_OPTOUT) return !(t->modes & TRACKING_CACHING);
    return true;
}

/* For each key that is added to a full table, another one is let go, perhaps one of those just added. */
static void remember(tracker *t, const key *keys, size_t count) {
    tracking_table_add(&t->reader, keys, count);
    while (count-- > 0 && table_is_over_limit()) evict();
}

void tracking_note_read(client *c, const struct request *r) {
    tracker *t = tracker_of(c);
    const command *row = r->command;
    if (!(row->flags & COMMAND_READONLY) || !wants_remembered(t)) return;
    key keys[TRACKING_TABLE_GROUP];
    size_t count = 0;
    key_walk walk = key_walk_begin(row, r->argv, r->argc);
    for (key_position at; key_walk_next(&walk, &at);) {
        keys[count++] = request_key(r, at.index);
        if (count < TRACKING_TABLE_GROUP) continue;
        remember(t, keys, count);
        count = 0;
    }
    remember(t, keys, count);
}

void tracking_end_request(client *c, const command *row) {
    tracker *t = tracker_of(c);
    if (!(t->modes & TRACKING_CACHING) || c->flags & CLIENT_IN_TRANSACTION) return;
    bool is_about_client = row && row->parent && strcmp(row->parent->name, "client") == 0;
    if (!is_about_client) t->modes &= ~(uint32_t)TRACKING_CACHING;
}

/* --- Trackers --- */

static tracker *need_tracker(client *c) {
    if (!c->session->tracker) {
        tracker *t = c->session->tracker = alloc_zeroed(sizeof(*t));
        t->client = c;
        tracking_table_join(&t->reader);
    }
    return c->session->tracker;
}

static void tracker_free(tracker *t) {
    tracking_table_leave(&t->reader);
    alloc_free(t, sizeof(*t));
}

static void leave_target(tracker *t) {
    tracker *target = t->target;
    t->redirect = 0;
    t->target = NULL;
    if (!target) return;
    *(t->previous ? &t->previous->next : &target->sources) = t->next;
    if (t->next) t->next->previous = t->previous;
    if (!target->sources) target->client->flags &= ~(uint32_t)CLIENT_REDIRECTED_TO;
}

static void set_target(tracker *t, client *c) {
    leave_target(t);
    if (!c) return;
    tracker *target = need_tracker(c);
    t->redirect = c->id;
    t->target = target;
    t->previous = NULL;
    t->next = target->sources;
    if (t->next) t->next->previous = t;
    target->sources = t;
    c->flags |= CLIENT_REDIRECTED_TO;
}

/* The target's client goes: its sources will notice when they have something to send. */
static void lose_sources(tracker *target) {
    for (tracker *t = target->sources; t; t = t->next) t->target = NULL;
    target->sources = NULL;
}

static void switch_on(tracker *t) {
    if (tracking_is_on(t->client)) return;
    alloc_make_room(tracking.trackers, tracking.count, tracking.capacity);
    t->place = tracking.count;
    tracking.trackers[tracking.count++] = t;
    t->client->flags |= CLIENT_TRACKING;
    observe_while_needed();
}

static void switch_off(tracker *t) {
    tracker *last = tracking.trackers[--tracking.count];
    tracking.trackers[t->place] = last;
    last->place = t->place;
    t->client->flags &= ~(uint32_t)CLIENT_TRACKING;
}

void tracking_start(client *c, uint32_t modes, client *target) {
    tracker *t = need_tracker(c);
    switch_on(t);
    t->modes = modes | (t->modes & TRACKING_CACHING);
    t->receiver.own = modes & TRACKING_BCAST && modes & TRACKING_NOLOOP ? c->id : 0;
    set_target(t, target);
}

void tracking_add_prefix(client *c, slice prefix) { broadcast_add(&tracker_of(c)->receiver, prefix); }
void tracking_set_caching(client *c) { tracker_of(c)->modes |= TRACKING_CACHING; }

void tracking_stop(client *c) {
    if (!tracking_is_on(c)) return;
    tracker *t = tracker_of(c);
    switch_off(t);
    broadcast_remove_all(&t->receiver);
    leave_target(t);
    t->modes = 0;
    t->receiver.own = 0;
}

void tracking_close(client *c) {
    tracker *t = tracker_of(c);
    if (!t) return;
    tracking_stop(c);
    lose_sources(t);
    t->client = NULL;
    t->next_leaving = leaving;
    leaving = t;
}

/* --- Tidying --- */

static void forget_leaving(void) {
    for (uint32_t budget = FORGOTTEN_PER_TURN; leaving && budget > 0;) {
        tracker *t = leaving;
        budget -= tracking_table_forget(&t->reader, budget);
        if (t->reader.count > 0) return;
        leaving = t->next_leaving;
        tracker_free(t);
    }
}

static void evict_surplus(void) {
    for (size_t budget = FORGOTTEN_PER_TURN; table_is_over_limit();) {
        size_t readers = evict();
        if (readers >= budget) return;
        budget -= readers;
    }
}

bool tracking_tidy(void) {
    forget_leaving();
    evict_surplus();
    observe_while_needed();
    return leaving || table_is_over_limit();
}

/* --- Figures --- */

uint32_t tracking_modes(const client *c) { return tracking_is_on(c) ? tracker_of(c)->modes : 0; }

int64_t tracking_redirection(const client *c) {
    return tracking_is_on(c) ? (int64_t)tracker_of(c)->redirect : -1;
}

const prefix_tree *tracking_prefixes(const client *c) {
    return tracking_is_on(c) ? &tracker_of(c)->receiver.wishes : NULL;
}

size_t tracking_memory_bytes(const client *c) {
    const tracker *t = tracker_of(c);
    if (!t) return 0;
    return alloc_class(sizeof(*t)) + t->reader.capacity * sizeof(*t->reader.keys) +
           broadcast_memory_bytes(&t->receiver);
}

void tracking_figures(struct tracking_figures *f) {
    *f = (struct tracking_figures){tracking.count, tracking_table_keys(), tracking_table_items(),
                                   broadcast_prefixes()};
}
