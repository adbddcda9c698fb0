/* Slow log: a list of entries, newest first. An entry is one allocation:
 *
 *     | slowlog_entry | argv | bytes of the arguments, the address and the name |
 *
 * Of a request with more arguments than are kept the last one kept tells how many more there were, and so
 * does a long argument of its bytes. Requests that were timed together (see accounting.h) are logged as one:
 * the longest of them, the time of all, and an argument more that tells how many the others are. */
#include "server/insight/slowlog.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "server/config/config.h"
#include "server/insight/redaction.h"
#include "server/request/session.h"

static slowlog_entry *newest, *oldest;
static size_t entry_count, memory_bytes;
static int64_t next_id;

/* "... (4294967295 more requests)" */
#define NOTE_BYTES 48

/* What an entry is made from: slices of the request, and of notes that stand beside them. */
struct draft {
    int argc;
    slice argv[SLOWLOG_ARGUMENTS_MAX + 1];
    char notes[SLOWLOG_ARGUMENTS_MAX + 1][SLOWLOG_BYTES_MAX + NOTE_BYTES];
    char peer[CLIENT_ADDRESS_BYTES];
};

/* Adds an argument: len bytes of the text (0: none) and a note of how much more there is. */
static void add_note(struct draft *d, slice text, size_t len, size_t more, const char *what) {
    char *note = d->notes[d->argc];
    memcpy(note, text.data, len);
    int note_len = snprintf(note + len, NOTE_BYTES, "... (%zu more %s)", more, what);
    d->argv[d->argc++] = (slice){note, len + (size_t)note_len};
}

static void add_argument(struct draft *d, slice argument) {
    if (argument.len > SLOWLOG_BYTES_MAX)
        add_note(d, argument, SLOWLOG_BYTES_MAX, argument.len - SLOWLOG_BYTES_MAX, "bytes");
    else
        d->argv[d->argc++] = argument;
}

static void draft_request(struct draft *d, const struct request *r, uint64_t others) {
    bool all = r->argc <= SLOWLOG_ARGUMENTS_MAX;
    int shown = all ? r->argc : SLOWLOG_ARGUMENTS_MAX - 1;
    d->argc = 0;
    for (int i = 0; i < shown; i++) add_argument(d, redaction_show(r->command, r->argv, i));
    if (!all) add_note(d, SLICE(""), 0, (size_t)(r->argc - shown), "arguments");
    if (others) add_note(d, SLICE(""), 0, others, "requests");
    client_peer_text(r->client, d->peer);
}

static slice keep(char **at, slice text) {
    slice kept = {*at, text.len};
    memcpy(*at, text.data, text.len);
    *at += text.len;
    return kept;
}

static slowlog_entry *entry_of(const struct draft *d, slice name) {
    slice peer = slice_of(d->peer);
    size_t bytes = peer.len + name.len;
    for (int i = 0; i < d->argc; i++) bytes += d->argv[i].len;
    slowlog_entry *e = alloc(sizeof(*e) + (size_t)d->argc * sizeof(slice) + bytes);
    char *at = (char *)&e->argv[d->argc];
    *e = (slowlog_entry){.argc = d->argc};
    e->peer = keep(&at, peer);
    e->name = keep(&at, name);
    for (int i = 0; i < d->argc; i++) e->argv[i] = keep(&at, d->argv[i]);
    return e;
}

static void drop_oldest(void) {
    slowlog_entry *e = oldest;
    oldest = e->newer;
    if (oldest)
        oldest->older = NULL;
    else
        newest = NULL;
    entry_count--;
    memory_bytes -= alloc_capacity(e);
    alloc_free_unsized(e);
}

void slowlog_add(const struct request *r, uint64_t us, uint64_t others) {
    struct draft d;
    if (config.slowlog_max_len == 0) return;
    const char *name = r->client->session->name;
    draft_request(&d, r, others);
    slowlog_entry *e = entry_of(&d, name ? slice_of(name) : SLICE(""));
    e->id = next_id++;
    e->unix_s = clock_now_unix_us() / 1000000;
    e->us = us;
    e->older = newest;
    if (newest)
        newest->newer = e;
    else
        oldest = e;
    newest = e;
    entry_count++;
    memory_bytes += alloc_capacity(e);
    while (entry_count > (size_t)config.slowlog_max_len) drop_oldest();
}

size_t slowlog_len(void) { return entry_count; }

size_t slowlog_memory_bytes(void) { return memory_bytes; }

const slowlog_entry *slowlog_newest(void) { return newest; }

void slowlog_reset(void) {
    while (oldest) drop_oldest();
}
