/* Monitor: a list of the clients that watch, each of which gets a line per request:
 *
 *     +1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
 *
 * A request is shown when its handler has returned, with the database that is selected by then; EXEC's after
 * those that it ran, one that blocked when it began to wait. What was refused without being run, and
 * administration, is not shown, and of secrets only that there was one.
 *
 * A line is written argument by argument into each watcher's replies, so that a large argument is never there
 * twice. The limits of those replies are a normal client's. A client that watches itself sees its own
 * requests too, but of its transactions only EXEC, for the replies of one array must not be parted by lines.
 */
#include "server/insight/monitor.h"

#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/words.h"
#include "net/output.h"
#include "server/insight/redaction.h"
#include "server/request/command.h"
#include "server/request/modes.h"
#include "store/keyspace.h"

static client **watchers;
static size_t watcher_count, watcher_capacity;

void monitor_add(client *c) {
    alloc_make_room(watchers, watcher_count, watcher_capacity);
    watchers[watcher_count++] = c;
    c->flags |= CLIENT_MONITOR;
    server_modes |= MODE_MONITORED;
}

void monitor_remove(client *c) {
    if (!(c->flags & CLIENT_MONITOR)) return;
    size_t at = 0;
    while (watchers[at] != c) at++;
    watchers[at] = watchers[--watcher_count];
    c->flags &= ~(uint32_t)CLIENT_MONITOR;
    if (watcher_count == 0) server_modes &= ~(uint32_t)MODE_MONITORED;
}

/* --- Lines --- */

/* Bytes that are escaped at a time. */
#define PIECE_BYTES 1024

/* Time, database and address. */
#define HEAD_BYTES (CLIENT_ADDRESS_BYTES + 64)

static size_t write_head(char head[HEAD_BYTES], const client *c) {
    char address[CLIENT_ADDRESS_BYTES];
    int64_t now_us = clock_now_unix_us();
    bool local = c->flags & CLIENT_UNIX_SOCKET;
    client_peer_text(c, address);
    size_t len = local ? strlen(address) - strlen(":0") : strlen(address);
    return (size_t)snprintf(head, HEAD_BYTES, "+%lld.%06lld [%d %s%.*s]", (long long)now_us / 1000000,
                            (long long)now_us % 1000000, c->db->id, local ? "unix:" : "", (int)len, address);
}

static void append_quoted(client *to, slice argument) {
    char escaped[WORDS_ESCAPED_MAX(PIECE_BYTES)];
    output_append(to, " \"", 2);
    while (argument.len > 0) {
        size_t len = argument.len < PIECE_BYTES ? argument.len : PIECE_BYTES;
        output_append(to, escaped, words_escape(escaped, (slice){argument.data, len}));
        argument = (slice){argument.data + len, argument.len - len};
    }
    output_append(to, "\"", 1);
}

static bool is_sent_to(const client *watcher, const client *c) {
    if (watcher->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW | CLIENT_REPLY_OFF)) return false;
    return watcher != c || !(c->flags & CLIENT_EXECUTING);
}

void monitor_show(const struct request *r) {
    const command *row = r->command;
    char head[HEAD_BYTES];
    if (row->flags & (COMMAND_ADMIN | COMMAND_SKIP_MONITOR)) return;
    size_t head_len = write_head(head, r->client);
    for (size_t i = 0; i < watcher_count; i++) {
        client *to = watchers[i];
        if (!is_sent_to(to, r->client)) continue;
        output_put_off(to);
        output_append(to, head, head_len);
        for (int j = 0; j < r->argc; j++) append_quoted(to, redaction_show(row, r->argv, j));
        output_append(to, "\r\n", 2);
    }
}
