/* Admission: the refusals in the order in which they are looked for. */
#include "server/admission.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/log.h"
#include "net/reply.h"
#include "server/config/config.h"
#include "server/insight/statistics.h"
#include "server/messages/pubsub.h"
#include "server/request/registry.h"
#include "server/transaction.h"

/* How much of an unknown command's name and arguments an error shows. */
#define SHOWN_BYTES 128
/* What the commands are that the flag COMMAND_SUBSCRIBER marks. */
#define SUBSCRIBER_COMMANDS                                                                                  \
    "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"

/* --- Refusals: each returns false, with the error written --- */

static bool refuse_unknown_subcommand(client *c, const command *container, slice name) {
    char upper[SHOWN_BYTES];
    size_t len = 0;
    for (const char *p = container->full_name; *p && len < sizeof(upper) - 1; p++)
        upper[len++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    upper[len] = '\0';
    int shown = name.len < SHOWN_BYTES ? (int)name.len : SHOWN_BYTES;
    reply_error(c, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown, name.data, upper);
    return false;
}

/* What a web browser sends when a page makes it post to the server's port: whatever the page says would
 * follow. */
static bool is_http(slice name) { return slice_is(name, "post") || slice_is(name, "host:"); }

static bool refuse_unknown(client *c, const struct request *r) {
    slice name = r->argv[0];
    const command *container = registry_find(name);
    if (container) return refuse_unknown_subcommand(c, container, r->argv[1]);
    if (is_http(name)) {
        char description[CLIENT_DESCRIPTION_BYTES];
        client_describe(c, description);
        log_warning("Client %s closed: it sent an HTTP request, perhaps on behalf of someone else",
                    description);
        client_close_soon(c, CLIENT_CLOSE_NOW);
        return false;
    }
    char arguments[2 * SHOWN_BYTES] = "";
    size_t used = 0;
    for (int i = 1; i < r->argc && used < SHOWN_BYTES; i++) {
        size_t room = SHOWN_BYTES - used;
        int len = r->argv[i].len < room ? (int)r->argv[i].len : (int)room;
        used += (size_t)snprintf(arguments + used, sizeof(arguments) - used, "'%.*s' ", len, r->argv[i].data);
    }
    int shown = name.len < SHOWN_BYTES ? (int)name.len : SHOWN_BYTES;
    reply_error(c, "ERR unknown command '%.*s', with args beginning with: %s", shown, name.data, arguments);
    return false;
}

/* Refuses a command that is known, EXEC in words of its own: it ends the transaction. */
static bool refuse(client *c, const command *row, const char *error) {
    statistics_of(row)->rejected_calls++;
    if (!transaction_is_exec(row)) {
        reply_error_text(c, slice_of(error));
        return false;
    }
    transaction_end(c);
    bool plain = strncmp(error, "ERR ", 4) == 0;
    reply_error(c, "EXECABORT Transaction discarded because of: %s", plain ? error + 4 : error);
    return false;
}

static bool refuse_arity(client *c, const command *row) {
    char error[SHOWN_BYTES];
    snprintf(error, sizeof(error), "ERR wrong number of arguments for '%s' command", row->full_name);
    return refuse(c, row, error);
}

static bool refuse_out_of_memory(client *c, const command *row) {
    return refuse(c, row, "OOM command not allowed when used memory > 'maxmemory'.");
}

static bool over_memory_limit(void) {
    return config.maxmemory_bytes && alloc_used_bytes() > config.maxmemory_bytes;
}

bool admission_check(client *c, const struct request *r) {
    const command *row = r->command;
    if (unlikely(!row)) return refuse_unknown(c, r);
    if (unlikely(!command_arity_holds(row, r->argc))) return refuse_arity(c, row);
    if (unlikely(!(c->flags & CLIENT_AUTHENTICATED) && !(row->flags & COMMAND_NO_AUTH)))
        return refuse(c, row, "NOAUTH Authentication required.");
    if (row->flags & COMMAND_DENYOOM && unlikely(over_memory_limit())) return refuse_out_of_memory(c, row);
    return true;
}

static bool refuse_subscriber(client *c, const command *row) {
    char error[SHOWN_BYTES + sizeof(SUBSCRIBER_COMMANDS)];
    snprintf(error, sizeof(error), "ERR Can't execute '%s': " SUBSCRIBER_COMMANDS, row->full_name);
    return refuse(c, row, error);
}

static bool admission_of_queued(client *c, const command *row) {
    if (row->flags & COMMAND_NO_MULTI) return refuse(c, row, "ERR Command not allowed inside a transaction");
    return true;
}

/* Clients that watch have their replies between the lines of others, and are kept from the data as replicas
 * are: in the same words. */
static bool refuse_to_watcher(client *c, const command *row) {
    return refuse(c, row, "ERR Replica can't interact with the keyspace");
}

#define TOUCHES_KEYS (COMMAND_READONLY | COMMAND_WRITE | COMMAND_MAY_REPLICATE)

bool admission_check_mode(client *c, const struct request *r) {
    const command *row = r->command;
    if (c->flags & CLIENT_MONITOR && row->flags & TOUCHES_KEYS) return refuse_to_watcher(c, row);
    if (pubsub_limits_commands(c) && !(row->flags & COMMAND_SUBSCRIBER)) return refuse_subscriber(c, row);
    if (!(c->flags & CLIENT_IN_TRANSACTION)) return true;
    if (!row->unqueued) return admission_of_queued(c, row);
    bool runs_denied = transaction_is_exec(row) && transaction_flags(c) & COMMAND_DENYOOM;
    if (runs_denied && over_memory_limit()) return refuse_out_of_memory(c, row);
    return true;
}
