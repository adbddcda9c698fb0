/* Transactions: requests that run together or not at all. */
#include "command/handlers.h"
#include "command/support.h"
#include "server/execute.h"
#include "server/transaction.h"

/* MULTI */
void command_multi(client *c, const args *a) {
    (void)a;
    if (c->flags & CLIENT_IN_TRANSACTION) {
        reply_error_text(c, SLICE("ERR MULTI calls can not be nested"));
        return;
    }
    transaction_begin(c);
    reply_ok(c);
}

/* DISCARD */
void command_discard(client *c, const args *a) {
    (void)a;
    if (!(c->flags & CLIENT_IN_TRANSACTION)) {
        reply_error_text(c, SLICE("ERR DISCARD without MULTI"));
        return;
    }
    transaction_end(c);
    reply_ok(c);
}

/* EXEC */
void command_exec(client *c, const args *a) {
    (void)a;
    if (!(c->flags & CLIENT_IN_TRANSACTION)) {
        reply_error_text(c, SLICE("ERR EXEC without MULTI"));
        return;
    }
    transaction_check_expired(c);
    if (transaction_is_spoilt(c)) {
        reply_error_text(c, SLICE("EXECABORT Transaction discarded because of previous errors."));
    } else if (transaction_is_broken(c)) {
        reply_null_array(c);
    } else {
        struct request_queue *queued = transaction_requests(c);
        transaction_unwatch(c); /* what it changes itself does not matter any more */
        reply_array(c, queued->count);
        execute_queued(c, queued);
    }
    transaction_end(c);
}

/* WATCH key [key ...] */
void command_watch(client *c, const args *a) {
    if (c->flags & CLIENT_IN_TRANSACTION) {
        reply_error_text(c, SLICE("ERR WATCH inside MULTI is not allowed"));
        return;
    }
    for (int i = 1; i < a->argc; i++) {
        key k = args_key(a, i);
        transaction_watch(c, &k);
    }
    reply_ok(c);
}

/* UNWATCH */
void command_unwatch(client *c, const args *a) {
    (void)a;
    transaction_unwatch(c);
    reply_ok(c);
}
