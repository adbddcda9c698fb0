/* Client text: the line of CLIENT LIST.
 *
 * Some fields stand for things that are otherwise here. Arguments of a request lie in memory that all clients
 * share (argv-mem is 0), and there is no reply buffer beside the list of chunks (rbs and rbp are 0): obl
 * counts the unsent bytes in the chunks, oll the chunks, omem their memory. */
#include "command/client_text.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "net/output.h"
#include "net/query.h"
#include "net/reply.h"
#include "server/session.h"
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
    static const struct {
        uint32_t flag;
        char letter;
    } shown[] = {
        {CLIENT_CLOSE_AFTER_REPLY, 'c'}, {CLIENT_CLOSE_NOW, 'A'}, {CLIENT_UNIX_SOCKET, 'U'},
        {CLIENT_NO_EVICT, 'e'},          {CLIENT_NO_TOUCH, 'T'},
    };
    _Static_assert(sizeof(shown) / sizeof(*shown) <= CLIENT_LETTERS_MAX, "room for every letter");
    size_t count = 0;
    for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
        if (c->flags & shown[i].flag) letters[count++] = shown[i].letter;
    if (count == 0) letters[count++] = 'N';
    return count;
}

static size_t text_memory_bytes(const char *text) { return text ? alloc_capacity(text) : 0; }

/* What client_memory_bytes counts but for the texts. */
static size_t working_memory_bytes(const client *c) {
    return alloc_class(sizeof(*c)) + alloc_class(sizeof(*c->session)) + query_memory_bytes(c) +
           c->reply_memory_bytes;
}

size_t client_memory_bytes(const client *c) {
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

static const char *text_or_empty(const char *text) { return text ? text : ""; }

static void add_who(report *r, const client *c) {
    char peer[CLIENT_ADDRESS_BYTES], local[CLIENT_ADDRESS_BYTES], letters[CLIENT_LETTERS_MAX];
    int64_t now_ms = clock_monotonic_ms();
    client_peer_text(c, peer);
    client_local_text(c, local);
    int letter_count = (int)client_letters(c, letters);
    report_add(r, "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=%.*s db=%d",
               (unsigned long long)c->id, peer, local, c->source.fd, text_or_empty(c->session->name),
               (long long)(now_ms - c->created_ms) / 1000, (long long)(now_ms - c->last_activity_ms) / 1000,
               letter_count, letters, c->db->id);
}

static void add_buffers(report *r, const client *c) {
    size_t chunks, unsent = output_pending_bytes(c, &chunks);
    size_t query_bytes = query_pending_bytes(c);
    report_add(
        r,
        " sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=%zu qbuf-free=%zu argv-mem=0 multi-mem=0 rbs=0 rbp=0"
        " obl=%zu oll=%zu omem=%zu tot-mem=%zu",
        query_bytes, query_memory_bytes(c) - query_bytes, unsent, chunks, c->reply_memory_bytes,
        client_memory_bytes(c));
}

static void add_history(report *r, const client *c) {
    const struct session *s = c->session;
    report_add(r,
               " events=%s cmd=%s user=default redir=-1 resp=%d lib-name=%s lib-ver=%s io-thread=0"
               " tot-net-in=%llu tot-net-out=%llu tot-cmds=%llu\n",
               events_of(c), s->last_command ? s->last_command->full_name : "NULL", c->resp,
               text_or_empty(s->library_name), text_or_empty(s->library_version),
               (unsigned long long)c->bytes_in, (unsigned long long)c->bytes_out,
               (unsigned long long)s->commands);
}

void client_add_line(report *r, const client *c) {
    add_who(r, c);
    add_buffers(r, c);
    add_history(r, c);
}
