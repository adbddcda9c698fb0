/* Lifecycle: a client's session is opened with its connection and freed with it. */
#include "server/lifecycle.h"

#include "base/alloc.h"
#include "server/blocking.h"
#include "server/insight/monitor.h"
#include "server/messages/subscriptions.h"
#include "server/messages/tracking.h"
#include "server/request/session.h"
#include "server/transaction.h"
#include "server/waiting.h"
#include "store/keyspace.h"

static void set_defaults(client *c) {
    c->db = keyspace_database(0);
    c->resp = 2;
    if (session_password_required())
        c->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    else
        c->flags |= CLIENT_AUTHENTICATED;
}

void lifecycle_open(client *c) {
    c->session = alloc_zeroed(sizeof(*c->session));
    set_defaults(c);
}

void lifecycle_close(client *c) {
    struct session *s = c->session;
    monitor_remove(c);
    blocking_close(c);
    tracking_close(c);
    waiting_close(c);
    transaction_close(c);
    subscriptions_clear(c);
    alloc_free_unsized(s->name);
    alloc_free_unsized(s->library_name);
    alloc_free_unsized(s->library_version);
    alloc_free(s, sizeof(*s));
}

void lifecycle_reset(client *c) {
    monitor_remove(c);
    transaction_end(c);
    subscriptions_clear(c);
    tracking_stop(c);
    session_set_text(&c->session->name, SLICE(""));
    c->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_EVICT | CLIENT_NO_TOUCH);
    set_defaults(c);
}
