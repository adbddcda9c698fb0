/* Clients: the CLIENT family. A client describes itself, chooses how it is treated, and sees or ends others.
 */
#include "command/client_selection.h"
#include "command/client_text.h"
#include "command/handlers.h"
#include "command/help.h"
#include "command/support.h"
#include "server/blocking.h"
#include "server/session.h"

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
        reply_error(c, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try CLIENT HELP.",
                    (int)a->argv[1].len, a->argv[1].data);
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

/* CLIENT HELP */
void command_client_help(client *c, const args *a) {
    static const char *const lines[] = {
        "GETNAME",
        "    Name of this connection.",
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
        "NO-EVICT (ON|OFF)",
        "    Keep this connection when clients are evicted for their memory.",
        "NO-TOUCH (ON|OFF)",
        "    Let this connection's commands not count as use of the keys.",
        NULL,
    };
    (void)a;
    help_reply(c, "CLIENT", lines);
}
