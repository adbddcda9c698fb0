/* Session: opened with the connection, freed with it. */
#include "server/session.h"

#include "base/alloc.h"
#include "server/blocking.h"
#include "server/config.h"
#include "server/monitor.h"
#include "server/subscriptions.h"
#include "server/tracking.h"
#include "server/transaction.h"
#include "server/waiting.h"
#include "store/keyspace.h"

void session_set_text(char **text, slice value) {
    alloc_free_unsized(*text);
    *text = value.len ? alloc_text_of(value.data, value.len) : NULL;
}

bool session_password_required(void) { return config.requirepass[0] != '\0'; }

static void set_defaults(client *c) {
    c->db = keyspace_database(0);
    c->resp = 2;
    if (session_password_required())
        c->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    else
        c->flags |= CLIENT_AUTHENTICATED;
}

void session_open(client *c) {
    c->session = alloc_zeroed(sizeof(*c->session));
    set_defaults(c);
}

void session_close(client *c) {
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

void session_reset(client *c) {
    monitor_remove(c);
    transaction_end(c);
    subscriptions_clear(c);
    tracking_stop(c);
    session_set_text(&c->session->name, SLICE(""));
    c->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_EVICT | CLIENT_NO_TOUCH);
    set_defaults(c);
}

/* Whether both are the same; takes as long for any two texts of the given lengths. */
static bool equal_in_constant_time(slice given, slice wanted) {
    unsigned difference = given.len != wanted.len;
    for (size_t i = 0; i < given.len; i++)
        difference |= (unsigned char)(given.data[i] ^ (wanted.len ? wanted.data[i % wanted.len] : 0));
    return difference == 0;
}

bool session_authenticate(client *c, slice user, slice password) {
    bool known = slice_equal(user, SLICE("default"));
    bool right =
        equal_in_constant_time(password, slice_of(config.requirepass)) || !session_password_required();
    if (!(known && right)) return false;
    c->flags |= CLIENT_AUTHENTICATED;
    return true;
}
