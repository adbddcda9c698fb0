/* Dispatch: runs a batch of requests.
 *
 * When a request is added its command is looked up and its key hashed. When the batch runs, it goes group by
 * group: prefetch the buckets of the next group, prefetch the entries of this one (whose buckets have come by
 * now), execute this one. Dozens of cache misses overlap, where one request at a time would pay for each in
 * full.
 *
 * A clock reading costs a tenth of a GET. So time is measured per run of requests with the same command and
 * shared among them: in a pipeline of GETs once per batch. */
#include "server/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/log.h"
#include "net/output.h"
#include "net/reply.h"
#include "server/config.h"
#include "server/registry.h"
#include "server/session.h"
#include "server/statistics.h"
#include "store/keyspace.h"
#include "store/recency.h"

/* Requests whose misses are overlapped with each other. */
#define GROUP 32

/* How much of an unknown command's name and arguments an error shows. */
#define SHOWN_BYTES 128

void dispatch_prepare(struct request *r) {
    const command *row = registry_find(r->argv[0]);
    if (row && unlikely(row->subcommands != NULL)) row = registry_resolve(r->argv, r->argc);
    r->command = row;
    if (!row || row->simple_first == 0 || r->argc <= row->simple_first) return;
    r->key_index = row->simple_first;
    r->key_hash = hash_bytes(r->argv[r->key_index]);
}

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

static bool refuse_arity(client *c, const command *row) {
    statistics_of(row)->rejected_calls++;
    reply_wrong_arity(c, row->full_name);
    return false;
}

static bool refuse_unauthenticated(client *c, const command *row) {
    statistics_of(row)->rejected_calls++;
    reply_error_text(c, SLICE("NOAUTH Authentication required."));
    return false;
}

static bool refuse_out_of_memory(client *c, const command *row) {
    statistics_of(row)->rejected_calls++;
    reply_error_text(c, SLICE("OOM command not allowed when used memory > 'maxmemory'."));
    return false;
}

static bool over_memory_limit(void) {
    return config.maxmemory_bytes && alloc_used_bytes() > config.maxmemory_bytes;
}

/* Whether the request may run. */
static inline bool admit(client *c, const struct request *r) {
    const command *row = r->command;
    if (unlikely(!row)) return refuse_unknown(c, r);
    if (unlikely(!command_arity_holds(row, r->argc))) return refuse_arity(c, row);
    if (unlikely(!(c->flags & CLIENT_AUTHENTICATED) && !(row->flags & COMMAND_NO_AUTH)))
        return refuse_unauthenticated(c, row);
    if (row->flags & COMMAND_DENYOOM && unlikely(over_memory_limit())) return refuse_out_of_memory(c, row);
    return true;
}

/* --- Running --- */

static void answer_protocol_error(client *c, const struct request *r) {
    char description[CLIENT_DESCRIPTION_BYTES];
    client_describe(c, description);
    log_verbose("Protocol error (%s) from client %s", r->error, description);
    reply_error(c, "ERR Protocol error: %s", r->error);
    client_close_soon(c, CLIENT_CLOSE_AFTER_REPLY);
}

static inline void call(client *c, const struct request *r) {
    const command *row = r->command;
    args a = {r->argv, r->argc, r->key_hash, r->key_index};
    c->flags &= ~(uint32_t)CLIENT_REPLIED_ERROR;
    row->handler(c, &a); /* NOLINT(clang-analyzer-core.NullDereference): admitted requests have a row */
    if (unlikely(c->flags & CLIENT_REPLIED_ERROR)) statistics_of(row)->failed_calls++;
}

/* A client that asked for less than every reply, or whose reads are to leave no trace. */
static bool call_unusual(client *c, const struct request *r) {
    struct output_mark mark = output_mark(c);
    if (c->flags & CLIENT_REPLY_SKIP_NEXT)
        c->flags = (c->flags & ~(uint32_t)CLIENT_REPLY_SKIP_NEXT) | CLIENT_REPLY_SKIP;
    const command *row = r->command;
    bool is_touch = row && strcmp(row->name, "touch") == 0; /* which is what it is for */
    recency_policy.paused = c->flags & CLIENT_NO_TOUCH && !is_touch;
    bool admitted = admit(c, r);
    if (admitted) call(c, r);
    recency_policy.paused = false;
    if (c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)) output_rewind(c, mark);
    c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    return admitted;
}

#define UNUSUAL (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_TOUCH)

/* Returns whether the request's handler was called. */
static inline bool execute(const struct request *r) {
    client *c = r->client;
    if (unlikely(c->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW))) return false;
    if (unlikely(r->error != NULL)) {
        answer_protocol_error(c, r);
        return false;
    }
    c->session->commands++;
    c->session->last_command = r->command;
    if (unlikely(c->flags & UNUSUAL)) return call_unusual(c, r);
    if (!admit(c, r)) return false;
    call(c, r);
    return true;
}

/* --- Batches --- */

/* The hints of a group are given in one go: each waits for an address translation, and only neighbours
 * overlap. */
static void prefetch_buckets(const struct request *requests, int first, int count) {
    int end = first + GROUP < count ? first + GROUP : count;
    for (int i = first; i < end; i++)
        if (requests[i].key_index) keyspace_prefetch_bucket(requests[i].client->db, requests[i].key_hash);
}

static void prefetch_entries(const struct request *requests, int first, int count) {
    int end = first + GROUP < count ? first + GROUP : count;
    for (int i = first; i < end; i++)
        if (requests[i].key_index) keyspace_prefetch_entry(requests[i].client->db, requests[i].key_hash);
}

/* Accounts for a run of requests with the same command, which ends now. */
static uint64_t end_run(const command *row, uint64_t calls, uint64_t start) {
    uint64_t now = clock_ticks();
    statistics.loop_command_ticks += now - start;
    if (row) {
        struct command_statistics *s = statistics_of(row);
        s->calls += calls;
        s->ticks += now - start;
    }
    return now;
}

void dispatch_run(struct request *requests, int count) {
    const command *running = requests[0].command;
    uint64_t start = clock_ticks(), calls = 0;
    prefetch_buckets(requests, 0, count);
    for (int first = 0; first < count; first += GROUP) {
        prefetch_buckets(requests, first + GROUP, count);
        prefetch_entries(requests, first, count);
        for (int i = first; i < count && i < first + GROUP; i++) {
            if (requests[i].command != running) {
                start = end_run(running, calls, start);
                running = requests[i].command;
                calls = 0;
            }
            calls += execute(&requests[i]);
        }
    }
    end_run(running, calls, start);
    statistics.commands += (uint64_t)count;
}
