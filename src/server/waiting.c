/* Waiting: a request queue per client that needs one, and lists of the clients that are to be resumed and of
 * those that are paused. No client is in both. */
#include "server/waiting.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/query.h"
#include "server/request/request_queue.h"
#include "server/request/session.h"

struct waiting {
    struct request_queue requests;
    client *next, *previous; /* in one of the lists */
};

struct list {
    client *first, *last;
    size_t count;
};

static struct list resumed; /* CLIENT_RESUMED */
static struct list paused;  /* CLIENT_PAUSED */

static struct waiting *waiting_of(const client *c) { return c->session->waiting; }

void waiting_add(const struct request *r) {
    client *c = r->client;
    if (!c->session->waiting) c->session->waiting = alloc_zeroed(sizeof(struct waiting));
    c->flags |= CLIENT_WAITING;
    request_queue_add(&waiting_of(c)->requests, r);
    query_check_limit(c, waiting_memory_bytes(c), "what waits to be run");
}

const struct request *waiting_first(const client *c) {
    return c->session->waiting ? request_queue_first(&waiting_of(c)->requests) : NULL;
}

void waiting_pop(client *c) {
    struct waiting *w = waiting_of(c);
    request_queue_pop(&w->requests);
    if (w->requests.count > 0) return;
    request_queue_clear(&w->requests);
    c->flags &= ~(uint32_t)CLIENT_WAITING;
}

size_t waiting_memory_bytes(const client *c) {
    return c->session->waiting ? sizeof(struct waiting) + waiting_of(c)->requests.memory_bytes : 0;
}

/* --- Lists --- */

static void enter(struct list *list, client *c) {
    struct waiting *w = waiting_of(c);
    w->next = NULL;
    w->previous = list->last;
    *(list->last ? &waiting_of(list->last)->next : &list->first) = c;
    list->last = c;
    list->count++;
}

static void leave(struct list *list, client *c) {
    const struct waiting *w = waiting_of(c);
    *(w->previous ? &waiting_of(w->previous)->next : &list->first) = w->next;
    *(w->next ? &waiting_of(w->next)->previous : &list->last) = w->previous;
    list->count--;
}

void waiting_resume(client *c) {
    if (c->flags & CLIENT_RESUMED || !(c->flags & CLIENT_WAITING)) return;
    c->flags |= CLIENT_RESUMED;
    enter(&resumed, c);
}

client *waiting_next_resumed(void) {
    client *c = resumed.first;
    if (!c) return NULL;
    leave(&resumed, c);
    c->flags &= ~(uint32_t)CLIENT_RESUMED;
    return c;
}

bool waiting_any_resumed(void) { return resumed.first != NULL; }

void waiting_pause(client *c) {
    c->flags |= CLIENT_PAUSED;
    enter(&paused, c);
}

static void unpause(client *c) {
    c->flags &= ~(uint32_t)CLIENT_PAUSED;
    leave(&paused, c);
}

void waiting_end_pause(void) {
    for (client *c; (c = paused.first);) {
        unpause(c);
        c->last_activity_ms = clock_monotonic_ms(); /* it did not fall silent: it was made to wait */
        waiting_resume(c);
    }
}

size_t waiting_paused(void) { return paused.count; }

void waiting_close(client *c) {
    struct waiting *w = waiting_of(c);
    if (!w) return;
    if (c->flags & CLIENT_RESUMED) leave(&resumed, c);
    if (c->flags & CLIENT_PAUSED) unpause(c);
    request_queue_clear(&w->requests);
    alloc_free(w, sizeof(*w));
}
