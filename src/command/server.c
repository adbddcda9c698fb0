/* Server: the server's clock, and its end. */
#include "server/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "command/handlers.h"
#include "net/reply.h"
#include "server/config/config.h"

/* TIME */
void command_time(client *c, const args *a) {
    (void)a;
    int64_t now_us = clock_now_unix_us();
    reply_array(c, 2);
    reply_bulk_integer(c, now_us / 1000000);
    reply_bulk_integer(c, now_us % 1000000);
}

/* --- SHUTDOWN --- */

struct shutdown_options {
    int flags; /* enum config_shutdown */
    bool failover, abort;
};

static bool read_shutdown_options(const args *a, struct shutdown_options *o) {
    bool safe = false; /* changes nothing: there is no cluster whose vote would be missed */
    *o = (struct shutdown_options){0};
    for (int i = 1; i < a->argc; i++) {
        slice word = a->argv[i];
        if (slice_is(word, "SAVE"))
            o->flags |= SHUTDOWN_SAVE;
        else if (slice_is(word, "NOSAVE"))
            o->flags |= SHUTDOWN_NOSAVE;
        else if (slice_is(word, "NOW"))
            o->flags |= SHUTDOWN_NOW;
        else if (slice_is(word, "FORCE"))
            o->flags |= SHUTDOWN_FORCE;
        else if (slice_is(word, "SAFE"))
            safe = true;
        else if (slice_is(word, "FAILOVER"))
            o->failover = true;
        else if (slice_is(word, "ABORT"))
            o->abort = true;
        else
            return false;
    }
    if (o->flags & SHUTDOWN_SAVE && o->flags & SHUTDOWN_NOSAVE) return false;
    return !(o->abort && (o->flags || safe || o->failover));
}

/* SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [SAFE] [FAILOVER] | ABORT: no reply but the end of the connection,
 * unless something is wrong. NOW has nothing to hasten, for there are no replicas to wait for. */
void command_shutdown(client *c, const args *a) {
    struct shutdown_options options;
    if (!read_shutdown_options(a, &options)) {
        reply_syntax_error(c);
    } else if (options.abort) {
        reply_error_text(c, SLICE("ERR No shutdown in progress."));
    } else if (options.failover) {
        reply_error_text(c, SLICE("ERR SHUTDOWN FAILOVER is only supported in cluster mode."));
    } else if (!server_stop(options.flags)) {
        reply_error_text(c, SLICE("ERR Errors trying to SHUTDOWN. Check logs."));
    } else {
        char description[CLIENT_DESCRIPTION_BYTES];
        client_describe(c, description);
        log_notice("Stopping, as asked by client %s", description);
        client_close_soon(c, CLIENT_CLOSE_AFTER_REPLY);
    }
}
