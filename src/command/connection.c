/* Connection: what a client does with its own connection: greeting, login, database, goodbye.
 *
 * HELLO does all of its work or none: options are read first, then the password is checked, and only then do
 * name and protocol version change. */
#include "command/client_text.h"
#include "command/handlers.h"
#include "command/support.h"
#include "net/reply.h"
#include "server/insight/statistics.h"
#include "server/lifecycle.h"
#include "server/messages/pubsub.h"
#include "server/request/session.h"
#include "server/version.h"

/* In RESP2 a subscriber takes everything for messages, which are arrays. */
static void reply_pong_as_message(client *c, slice text) {
    reply_array(c, 2);
    reply_text(c, "pong");
    reply_slice(c, text);
}

/* PING [message] */
void command_ping(client *c, const args *a) {
    if (a->argc > 2)
        reply_wrong_arity(c, "ping");
    else if (pubsub_limits_commands(c))
        reply_pong_as_message(c, a->argc == 2 ? a->argv[1] : SLICE(""));
    else if (a->argc == 2)
        reply_slice(c, a->argv[1]);
    else
        reply_status(c, "PONG");
}

/* ECHO message */
void command_echo(client *c, const args *a) { reply_slice(c, a->argv[1]); }

/* SELECT index */
void command_select(client *c, const args *a) {
    int64_t index;
    if (!arg_integer(c, a->argv[1], &index)) return;
    if (index < INT32_MIN || index > INT32_MAX) {
        reply_error(c, "ERR value is out of range, value must between %d and %d", INT32_MIN, INT32_MAX);
    } else if (index < 0 || index >= keyspace_databases()) {
        reply_error_text(c, SLICE("ERR DB index is out of range"));
    } else {
        c->db = keyspace_database((int)index);
        reply_ok(c);
    }
}

/* QUIT */
void command_quit(client *c, const args *a) {
    (void)a;
    reply_ok(c);
    client_close_soon(c, CLIENT_CLOSE_AFTER_REPLY);
}

/* RESET */
void command_reset(client *c, const args *a) {
    (void)a;
    lifecycle_reset(c);
    reply_status(c, "RESET");
}

/* --- Login --- */

/* False, with the error written and the failure counted, if user and password do not fit. */
static bool authenticate(client *c, slice user, slice password) {
    if (session_authenticate(c, user, password)) return true;
    statistics.auth_denied++;
    reply_error_text(c, SLICE("WRONGPASS invalid username-password pair or user is disabled."));
    return false;
}

/* AUTH [username] password */
void command_auth(client *c, const args *a) {
    if (a->argc > 3) {
        reply_syntax_error(c);
        return;
    }
    bool named = a->argc == 3;
    if (!named && !session_password_required()) {
        reply_error_text(
            c, SLICE("ERR AUTH <password> called without any password configured for the default user. "
                     "Are you sure your configuration is correct?"));
        return;
    }
    if (authenticate(c, named ? a->argv[1] : SLICE("default"), a->argv[a->argc - 1])) reply_ok(c);
}

struct hello_options {
    int64_t protocol;
    const slice *login; /* user and password, or NULL */
    const slice *name;  /* or NULL */
};

static bool read_hello_protocol(client *c, const args *a, struct hello_options *o) {
    o->protocol = c->resp;
    if (a->argc == 1) return true;
    static const char not_a_number[] = "ERR Protocol version is not an integer or out of range";
    if (!arg_integer_between(c, a->argv[1], INT64_MIN, INT64_MAX, not_a_number, &o->protocol)) return false;
    if (o->protocol == 2 || o->protocol == 3) return true;
    reply_error_text(c, SLICE("NOPROTO unsupported protocol version"));
    return false;
}

static bool read_hello_options(client *c, const args *a, struct hello_options *o) {
    *o = (struct hello_options){0};
    if (!read_hello_protocol(c, a, o)) return false;
    for (int i = 2; i < a->argc;) {
        if (slice_is(a->argv[i], "AUTH") && i + 2 < a->argc) {
            o->login = &a->argv[i + 1];
            i += 3;
        } else if (slice_is(a->argv[i], "SETNAME") && i + 1 < a->argc) {
            o->name = &a->argv[i + 1];
            if (!client_name_check(c, *o->name)) return false;
            i += 2;
        } else {
            reply_error(c, "ERR Syntax error in HELLO option '%.*s'", (int)a->argv[i].len, a->argv[i].data);
            return false;
        }
    }
    return true;
}

static void reply_hello(client *c) {
    reply_map(c, 7);
    reply_text(c, "server");
    reply_text(c, "redis");
    reply_text(c, "version");
    reply_text(c, REDIS_VERSION);
    reply_text(c, "proto");
    reply_integer(c, c->resp);
    reply_text(c, "id");
    reply_integer(c, (int64_t)c->id);
    reply_text(c, "mode");
    reply_text(c, "standalone");
    reply_text(c, "role");
    reply_text(c, "master");
    reply_text(c, "modules");
    reply_array(c, 0);
}

/* HELLO [protover [AUTH username password] [SETNAME clientname]] */
void command_hello(client *c, const args *a) {
    struct hello_options options;
    if (!read_hello_options(c, a, &options)) return;
    if (options.login && !authenticate(c, options.login[0], options.login[1])) return;
    if (!(c->flags & CLIENT_AUTHENTICATED)) {
        reply_error_text(
            c, SLICE("NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                     "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client "
                     "and select the RESP protocol version at the same time"));
        return;
    }
    if (options.name) session_set_text(&c->session->name, *options.name);
    c->resp = (uint8_t)options.protocol;
    reply_hello(c);
}
