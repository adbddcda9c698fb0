/* Clients: the CLIENT family. A client describes itself, chooses how it is treated, and sees or ends others.
 */
#include "base/clock.h"
#include "base/number.h"
#include "command/client_selection.h"
#include "command/client_text.h"
#include "command/handlers.h"
#include "command/help.h"
#include "command/support.h"
#include "server/blocking.h"
#include "server/pause.h"
#include "server/request/session.h"

/* --- A client about itself --- */

/* CLIENT ID */
void command_client_id(client *c, const args *a) {
    (void)a;
    reply_integer(c, (int64_t)c->id);
}

/* CLIENT GETNAME */
void command_client_getname(client *c, const args *a) {
    (void)a;
    if (c->session->name)
        reply_text(c, c->session->name);
    else
        reply_null(c);
}

/* CLIENT SETNAME connection-name */
void command_client_setname(client *c, const args *a) {
    if (!client_name_check(c, a->argv[2])) return;
    session_set_text(&c->session->name, a->argv[2]);
    reply_ok(c);
}

/* CLIENT SETINFO <LIB-NAME libname | LIB-VER libver> */
void command_client_setinfo(client *c, const args *a) {
    slice what = a->argv[2];
    char **text = slice_is(what, "LIB-NAME")  ? &c->session->library_name
                  : slice_is(what, "LIB-VER") ? &c->session->library_version
                                              : NULL;
    if (!text) {
        reply_error(c, "ERR Unrecognized option '%.*s'", (int)what.len, what.data);
    } else if (!client_text_allowed(a->argv[3])) {
        reply_error(c, "ERR %.*s cannot contain spaces, newlines or special characters.", (int)what.len,
                    what.data);
    } else {
        session_set_text(text, a->argv[3]);
        reply_ok(c);
    }
}

/* CLIENT INFO */
void command_client_info(client *c, const args *a) {
    (void)a;
    report r = {0};
    client_add_line(&r, c);
    report_send(&r, c);
}

/* --- How a client is treated --- */

/* CLIENT REPLY <ON | OFF | SKIP>: sets flags; whoever runs the requests takes unwanted replies back. */
void command_client_reply(client *c, const args *a) {
    if (slice_is(a->argv[2], "ON")) {
        c->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP);
        reply_ok(c);
    } else if (slice_is(a->argv[2], "OFF")) {
        c->flags |= CLIENT_REPLY_OFF;
    } else if (slice_is(a->argv[2], "SKIP")) {
        if (!(c->flags & CLIENT_REPLY_OFF)) c->flags |= CLIENT_REPLY_SKIP_NEXT;
    } else {
        reply_syntax_error(c);
    }
}

static void switch_flag(client *c, slice state, uint32_t flag) {
    if (slice_is(state, "ON")) {
        c->flags |= flag;
        reply_ok(c);
    } else if (slice_is(state, "OFF")) {
        c->flags &= ~flag;
        reply_ok(c);
    } else {
        reply_syntax_error(c);
    }
}

/* CLIENT NO-EVICT <ON | OFF> */
void command_client_no_evict(client *c, const args *a) { switch_flag(c, a->argv[2], CLIENT_NO_EVICT); }

/* CLIENT NO-TOUCH <ON | OFF> */
void command_client_no_touch(client *c, const args *a) { switch_flag(c, a->argv[2], CLIENT_NO_TOUCH); }

/* CLIENT CAPA capability [capability ...]: those that are not known are passed over. */
void command_client_capa(client *c, const args *a) {
    for (int i = 2; i < a->argc; i++)
        if (slice_is(a->argv[i], "REDIRECT")) c->flags |= CLIENT_CAN_REDIRECT;
    reply_ok(c);
}

/* --- All clients --- */

/* CLIENT LIST [filter value ...] */
void command_client_list(client *c, const args *a) {
    struct client_selection selection;
    if (!client_select(c, a, 2, SELECT_TO_LIST, &selection)) return;
    report r = {0};
    for (size_t i = 0; i < selection.count; i++) client_add_line(&r, selection.clients[i]);
    report_send(&r, c);
    client_selection_free(&selection);
}

/* Ends clients; the one that asks gets its reply first. Returns how many there were. */
static int64_t kill_selected(client *c, const struct client_selection *selection) {
    int64_t killed = 0;
    for (size_t i = 0; i < selection->count; i++) {
        client *victim = selection->clients[i];
        uint32_t ending = victim == c ? CLIENT_CLOSE_AFTER_REPLY : CLIENT_CLOSE_NOW;
        if (victim->flags & ending) continue; /* its id was given twice */
        if (victim == c)
            victim->flags |= CLIENT_CLOSE_AFTER_REPLY;
        else
            client_close_soon(victim, CLIENT_CLOSE_NOW);
        killed++;
    }
    return killed;
}

/* CLIENT KILL address: the form of old, which answers with OK and may end the client that asks. */
static void kill_address(client *c, slice address) {
    for (int i = 0; i < client_count(); i++) {
        client *victim = client_at(i);
        char text[CLIENT_ADDRESS_BYTES];
        client_peer_text(victim, text);
        if (victim->flags & CLIENT_CLOSE_NOW || !slice_equal(address, slice_of(text))) continue;
        reply_ok(c);
        client_close_soon(victim, victim == c ? CLIENT_CLOSE_AFTER_REPLY : CLIENT_CLOSE_NOW);
        return;
    }
    reply_error_text(c, SLICE("ERR No such client"));
}

/* CLIENT KILL <address | filter value [filter value ...]> */
void command_client_kill(client *c, const args *a) {
    if (a->argc == 3) {
        kill_address(c, a->argv[2]);
        return;
    }
    struct client_selection selection;
    if (!client_select(c, a, 2, SELECT_TO_KILL, &selection)) return;
    int64_t killed = kill_selected(c, &selection);
    client_selection_free(&selection);
    reply_integer(c, killed);
    if (c->flags & CLIENT_CLOSE_AFTER_REPLY) client_close_soon(c, CLIENT_CLOSE_AFTER_REPLY);
}

/* CLIENT UNBLOCK client-id [TIMEOUT | ERROR] */
void command_client_unblock(client *c, const args *a) {
    int64_t id;
    if (a->argc > 4) {
        help_refer(c, "CLIENT", a->argv[1]);
        return;
    }
    bool with_error = a->argc == 4 && slice_is(a->argv[3], "ERROR");
    if (a->argc == 4 && !with_error && !slice_is(a->argv[3], "TIMEOUT")) {
        reply_error_text(c, SLICE("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
        return;
    }
    if (!arg_integer(c, a->argv[2], &id)) return;
    client *blocked = client_by_id((uint64_t)id);
    if (!blocked || !(blocked->flags & CLIENT_BLOCKED)) {
        reply_integer(c, 0);
        return;
    }
    reply_integer(c, 1);
    if (with_error)
        blocking_refuse(blocked, SLICE("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
    else
        blocking_time_out(blocked);
}

static bool read_pause_mode(client *c, const args *a, enum pause_mode *mode) {
    *mode = a->argc == 4 && slice_is(a->argv[3], "WRITE") ? PAUSE_WRITES : PAUSE_ALL;
    if (a->argc > 4)
        help_refer(c, "CLIENT", a->argv[1]);
    else if (a->argc == 4 && *mode == PAUSE_ALL && !slice_is(a->argv[3], "ALL"))
        reply_error_text(c, SLICE("ERR CLIENT PAUSE mode must be WRITE or ALL"));
    else
        return true;
    return false;
}

static bool read_timeout(client *c, slice arg, int64_t *timeout_ms) {
    const char *error = NULL;
    if (!number_parse_i64(arg, timeout_ms))
        error = "ERR timeout is not an integer or out of range";
    else if (*timeout_ms < 0)
        error = "ERR timeout is negative";
    else if (*timeout_ms > INT64_MAX - clock_unix_ms())
        error = "ERR timeout is out of range";
    if (error) reply_error_text(c, slice_of(error));
    return !error;
}

/* CLIENT PAUSE timeout [WRITE | ALL] */
void command_client_pause(client *c, const args *a) {
    enum pause_mode mode;
    int64_t timeout_ms;
    if (!read_pause_mode(c, a, &mode) || !read_timeout(c, a->argv[2], &timeout_ms)) return;
    pause_begin(mode, timeout_ms);
    reply_ok(c);
}

/* CLIENT UNPAUSE */
void command_client_unpause(client *c, const args *a) {
    (void)a;
    pause_end();
    reply_ok(c);
}

/* CLIENT HELP */
void command_client_help(client *c, const args *a) {
    static const char *const lines[] = {
        "CACHING (YES|NO)",
        "    Whether the keys that the next command reads are tracked, in the modes OPTIN and OPTOUT.",
        "CAPA <capability> [<capability> ...]",
        "    Tell what the library behind this connection is able to do. Known is:",
        "    * REDIRECT, to follow to another server",
        "GETNAME",
        "    Name of this connection.",
        "GETREDIR",
        "    Number of the connection that messages about changed keys go to.",
        "ID",
        "    Number of this connection.",
        "INFO",
        "    This connection's line of CLIENT LIST.",
        "KILL <ip:port>",
        "    Close the connection from that address.",
        "KILL <filter> <value> [<filter> <value> ...]",
        "    Close the connections that all filters hold for: those of LIST. The connection that",
        "    asks is spared unless SKIPME NO is given.",
        "LIST [<filter> <value> ...]",
        "    A line for each connection that all filters hold for. The filters are:",
        "    * ID <id> [<id> ...]",
        "    * TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB)",
        "    * USER <username>",
        "    * ADDR (<ip:port>|<unix socket>:0), the other end",
        "    * LADDR (<ip:port>|<unix socket>:0), this end",
        "    * IP <ip>",
        "    * NAME <name>, LIB-NAME <name>, LIB-VER <version>",
        "    * FLAGS <letters>, all of them",
        "    * CAPA <letters>, all of them",
        "    * DB <index>",
        "    * MAXAGE <seconds>, connected for so long or longer",
        "    * IDLE <seconds>, silent for so long or longer",
        "    * SKIPME (YES|NO), whether to leave this connection out",
        "    All but the last three may be turned round: NOT-ID, NOT-TYPE ...",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Hold back all commands, or those that write, for so many milliseconds.",
        "UNPAUSE",
        "    Run what was held back.",
        "REPLY (ON|OFF|SKIP)",
        "    Answer this connection's commands, or none of them, or not the next.",
        "UNBLOCK <id> [TIMEOUT|ERROR]",
        "    End that connection's wait for keys, as if its time were up or with an error.",
        "SETNAME <name>",
        "    Name this connection.",
        "SETINFO <attribute> <value>",
        "    Tell what is behind this connection. The attributes are:",
        "    * LIB-NAME, the client library's name",
        "    * LIB-VER, its version",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> ...] [OPTIN] [OPTOUT] [NOLOOP]",
        "    Tell this connection, or another, when keys change that it has read.",
        "TRACKINGINFO",
        "    How this connection tracks keys.",
        "NO-EVICT (ON|OFF)",
        "    Keep this connection when clients are evicted for their memory.",
        "NO-TOUCH (ON|OFF)",
        "    Let this connection's commands not count as use of the keys.",
        NULL,
    };
    (void)a;
    help_reply(c, "CLIENT", lines);
}
