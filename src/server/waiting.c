/* Waiting: a request queue per client that needs one, and a list of the clients that are to be resumed. */
#include "server/waiting.h"

#include "base/alloc.h"
#include "net/query.h"
#include "server/request_queue.h"
#include "server/session.h"

struct waiting {
    struct request_queue requests;
    client *next_resumed; /* CLIENT_RESUMED */
};

static client *first_resumed, *last_resumed;

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

void waiting_resume(client *c) {
    if (c->flags & CLIENT_RESUMED || !(c->flags & CLIENT_WAITING)) return;
    c->flags |= CLIENT_RESUMED;
    waiting_of(c)->next_resumed = NULL;
    if (last_resumed)
        waiting_of(last_resumed)->next_resumed = c;
    else
        first_resumed = c;
    last_resumed = c;
}

client *waiting_next_resumed(void) {
    client *c = first_resumed;
    if (!c) return NULL;
    first_resumed = waiting_of(c)->next_resumed;
    if (!first_resumed) last_resumed = NULL;
    c->flags &= ~(uint32_t)CLIENT_RESUMED;
    return c;
}

bool waiting_any_resumed(void) { return first_resumed != NULL; }

static void leave_resumed(client *c) {
    client *before = NULL;
    for (client *at = first_resumed; at != c; at = waiting_of(at)->next_resumed) before = at;
    if (before)
        waiting_of(before)->next_resumed = waiting_of(c)->next_resumed;
    else
        first_resumed = waiting_of(c)->next_resumed;
    if (last_resumed == c) last_resumed = before;
}

void waiting_close(client *c) {
    struct waiting *w = waiting_of(c);
    if (!w) return;
    if (c->flags & CLIENT_RESUMED) leave_resumed(c);
    request_queue_clear(&w->requests);
    alloc_free(w, sizeof(*w));
}
