/* Client text: the line of CLIENT LIST.
 *
 * Some fields stand for things that are otherwise here. Arguments of a request that runs lie in memory that
 * all clients share, so that argv-mem is that of requests that wait; and there is no reply buffer beside the
 * list of chunks (rbs and rbp are 0): obl counts the unsent bytes in the chunks, oll the chunks, omem their
 * memory. */
#include "command/client_text.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "net/output.h"
#include "net/query.h"
#include "net/reply.h"
#include "server/messages/subscriptions.h"
#include "server/messages/tracking.h"
#include "server/request/session.h"
#include "server/transaction.h"
#include "server/waiting.h"
#include "store/keyspace.h"

/* How many clients ahead client_totals fetches. */
#define AHEAD 8

bool client_text_allowed(slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '!' || text.data[i] > '~') return false;
    return true;
}

bool client_name_check(client *c, slice name) {
    if (client_text_allowed(name)) return true;
    reply_error_text(c, SLICE("ERR Client names cannot contain spaces, newlines or special characters."));
    return false;
}

size_t client_letters(const client *c, char letters[CLIENT_LETTERS_MAX]) {
    uint32_t flags = c->flags, tracking = tracking_modes(c);
    const struct {
        bool is_shown;
        char letter;
    } known[] = {
        {flags & CLIENT_MONITOR, 'O'},
        {flags & CLIENT_SUBSCRIBED, 'P'},
        {flags & CLIENT_IN_TRANSACTION, 'x'},
        {flags & (CLIENT_BLOCKED | CLIENT_PAUSED), 'b'},
        {tracking_is_on(c), 't'},
        {tracking & TRACKING_BROKEN, 'R'},
        {tracking & TRACKING_BCAST, 'B'},
        {transaction_is_broken(c), 'd'},
        {flags & CLIENT_CLOSE_AFTER_REPLY, 'c'},
        {flags & CLIENT_CLOSE_NOW, 'A'},
        {flags & CLIENT_UNIX_SOCKET, 'U'},
        {flags & CLIENT_NO_EVICT, 'e'},
        {flags & CLIENT_NO_TOUCH, 'T'},
    };
    _Static_assert(sizeof(known) / sizeof(*known) <= CLIENT_LETTERS_MAX, "room for every letter");
    size_t count = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].is_shown) letters[count++] = known[i].letter;
    if (count == 0) letters[count++] = 'N';
    return count;
}

static size_t text_memory_bytes(const char *text) { return text ? alloc_capacity(text) : 0; }

/* Structs, requests that are incomplete or wait, unsent replies. */
static size_t working_memory_bytes(const client *c) {
    return alloc_class(sizeof(*c)) + alloc_class(sizeof(*c->session)) + query_memory_bytes(c) +
           waiting_memory_bytes(c) + transaction_memory_bytes(c) + subscriptions_memory_bytes(c) +
           tracking_memory_bytes(c) + c->reply_memory_bytes;
}

/* All that, and the texts. */
static size_t memory_bytes(const client *c) {
    const struct session *s = c->session;
    return working_memory_bytes(c) + text_memory_bytes(s->name) + text_memory_bytes(s->library_name) +
           text_memory_bytes(s->library_version);
}

void client_totals(struct client_totals *t) {
    *t = (struct client_totals){0};
    int count = client_count();
    for (int i = 0; i < count; i++) {
        if (i + AHEAD < count) prefetch(&client_at(i + AHEAD)->query);
        const client *c = client_at(i);
        size_t query_bytes = query_memory_bytes(c);
        t->memory_bytes += working_memory_bytes(c);
        if (query_bytes > t->query_bytes_max) t->query_bytes_max = query_bytes;
        if (c->reply_memory_bytes > t->reply_bytes_max) t->reply_bytes_max = c->reply_memory_bytes;
    }
}

static const char *events_of(const client *c) {
    bool reads = !(c->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW));
    if (c->flags & CLIENT_WANTS_WRITE) return reads ? "rw" : "w";
    return reads ? "r" : "";
}

static slice text_or_empty(const char *text) { return text ? slice_of(text) : SLICE(""); }

/* Fields: the label begins with the blank before it. Thousands of lines are not the place for printf formats.
 */
static void add_number(report *r, slice label, uint64_t value) {
    report_add_slice(r, label);
    report_add_number(r, value);
}

static void add_text(report *r, slice label, slice value) {
    report_add_slice(r, label);
    report_add_slice(r, value);
}

static void add_who(report *r, const client *c) {
    char peer[CLIENT_ADDRESS_BYTES], local[CLIENT_ADDRESS_BYTES], letters[CLIENT_LETTERS_MAX];
    int64_t now_ms = clock_monotonic_ms();
    client_peer_text(c, peer);
    client_local_text(c, local);
    add_number(r, SLICE("id="), c->id);
    add_text(r, SLICE(" addr="), slice_of(peer));
    add_text(r, SLICE(" laddr="), slice_of(local));
    add_number(r, SLICE(" fd="), (uint64_t)c->source.fd);
    add_text(r, SLICE(" name="), text_or_empty(c->session->name));
    add_number(r, SLICE(" age="), (uint64_t)(now_ms - c->created_ms) / 1000);
    add_number(r, SLICE(" idle="), (uint64_t)(now_ms - c->last_activity_ms) / 1000);
    add_text(r, SLICE(" flags="), (slice){letters, client_letters(c, letters)});
    add_number(r, SLICE(" db="), (uint64_t)c->db->id);
}

static void add_modes(report *r, const client *c) {
    add_number(r, SLICE(" sub="), subscriptions_count(c, TOPIC_CHANNEL));
    add_number(r, SLICE(" psub="), subscriptions_count(c, TOPIC_PATTERN));
    add_number(r, SLICE(" ssub="), subscriptions_count(c, TOPIC_SHARD_CHANNEL));
    if (c->flags & CLIENT_IN_TRANSACTION)
        add_number(r, SLICE(" multi="), transaction_length(c));
    else
        report_add_slice(r, SLICE(" multi=-1"));
    add_number(r, SLICE(" watch="), transaction_watched(c));
}

static void add_buffers(report *r, const client *c) {
    size_t chunks, unsent = output_pending_bytes(c, &chunks);
    size_t query_bytes = query_pending_bytes(c);
    add_number(r, SLICE(" qbuf="), query_bytes);
    add_number(r, SLICE(" qbuf-free="), query_memory_bytes(c) - query_bytes);
    add_number(r, SLICE(" argv-mem="), waiting_memory_bytes(c));
    add_number(r, SLICE(" multi-mem="), transaction_memory_bytes(c));
    add_number(r, SLICE(" rbs=0 rbp=0 obl="), unsent);
    add_number(r, SLICE(" oll="), chunks);
    add_number(r, SLICE(" omem="), c->reply_memory_bytes);
    add_number(r, SLICE(" tot-mem="), memory_bytes(c));
}

static void add_history(report *r, const client *c) {
    const struct session *s = c->session;
    add_text(r, SLICE(" events="), slice_of(events_of(c)));
    add_text(r, SLICE(" cmd="), slice_of(s->last_command ? s->last_command->full_name : "NULL"));
    report_add_slice(r, SLICE(" user=default"));
    if (tracking_is_on(c))
        add_number(r, SLICE(" redir="), (uint64_t)tracking_redirection(c));
    else
        report_add_slice(r, SLICE(" redir=-1"));
    add_number(r, SLICE(" resp="), c->resp);
    add_text(r, SLICE(" lib-name="), text_or_empty(s->library_name));
    add_text(r, SLICE(" lib-ver="), text_or_empty(s->library_version));
    add_number(r, SLICE(" io-thread=0 tot-net-in="), c->bytes_in);
    add_number(r, SLICE(" tot-net-out="), c->bytes_out);
    add_number(r, SLICE(" tot-cmds="), s->commands);
    report_add_slice(r, SLICE("\n"));
}

void client_add_line(report *r, const client *c) {
    add_who(r, c);
    add_modes(r, c);
    add_buffers(r, c);
    add_history(r, c);
}
