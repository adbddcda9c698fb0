/* Query: reading one client.
 *
 * What waits for more bytes is in one of two states. Carried: a few bytes in a block of exactly their size,
 * parsed again from the start when more come. Collected: a growing buffer whose parser goes on where it was;
 * its large arguments (BATCH_BLOB_MIN_BYTES and more) are received straight into blobs. Everything is handed
 * to the batch when the request is complete. */
#include "net/query.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/log.h"
#include "net/batch.h"
#include "net/output.h"

/* Read at once into a blob: about 100 microseconds of copying. */
#define BLOB_READ_BYTES (512 * 1024)
/* What a client may send before it is authenticated. */
#define UNAUTHENTICATED_ARGUMENTS  10
#define UNAUTHENTICATED_BULK_BYTES 16384

struct query {
    char *bytes;
    size_t len, capacity;
    bool collected;

    /* collected only */
    struct resp_parser parser;
    slice *args; /* into bytes, or into blobs */
    size_t args_capacity;
    blob *filling; /* the large argument being received */
    size_t filled;
    blob **blobs; /* the complete ones */
    size_t blob_count;
    size_t blob_bytes;
};

struct query_limits query_limits = {1ull << 30, 512ll << 20};
struct query_statistics query_statistics;

static struct resp_limits limits_of(const client *c) {
    if (likely(c->flags & CLIENT_AUTHENTICATED))
        return (struct resp_limits){query_limits.bulk_bytes, INT32_MAX, true};
    return (struct resp_limits){UNAUTHENTICATED_BULK_BYTES, UNAUTHENTICATED_ARGUMENTS, false};
}

size_t query_pending_bytes(const client *c) {
    const struct query *q = c->query;
    return q ? q->len + q->filled : 0;
}

size_t query_memory_bytes(const client *c) {
    const struct query *q = c->query;
    return q ? sizeof(*q) + q->capacity + q->args_capacity * sizeof(slice) + q->blob_bytes : 0;
}

void query_check_limit(client *c, size_t bytes, const char *what) {
    if (likely(bytes <= query_limits.buffer_bytes)) return;
    char description[CLIENT_DESCRIPTION_BYTES];
    client_describe(c, description);
    log_warning("Client %s closed: %s is over the limit of its query buffer (%zu bytes)", description, what,
                bytes);
    query_statistics.limit_disconnections++;
    client_close_soon(c, CLIENT_CLOSE_NOW);
}

void query_discard(client *c) {
    struct query *q = c->query;
    if (!q) return;
    for (size_t i = 0; i < q->blob_count; i++) blob_release(q->blobs[i]);
    if (q->filling) blob_release(q->filling);
    alloc_free_unsized(q->blobs);
    alloc_free_unsized(q->args);
    alloc_free_unsized(q->bytes);
    alloc_free(q, sizeof(*q));
    c->query = NULL;
}

/* Takes no more requests from the client: what it has asked is answered, then the error, then it is closed.
 */
static void refuse(client *c, const char *error) {
    batch_args();
    batch_add_error(c, error);
    query_discard(c);
}

static void carry(client *c, const char *bytes, size_t len) {
    struct query *q = alloc_zeroed(sizeof(*q));
    q->bytes = alloc(len);
    q->len = q->capacity = len;
    memcpy(q->bytes, bytes, len);
    c->query = q;
}

/* --- Collected requests --- */

/* Makes room for extra more bytes; arguments follow the bytes if those move. */
static void reserve(struct query *q, size_t extra) {
    if (q->len + extra <= q->capacity) return;
    const char *before = q->bytes;
    q->capacity = alloc_class(2 * (q->len + extra));
    q->bytes = alloc_resize(q->bytes, q->capacity);
    for (int64_t i = 0; i < q->parser.count; i++)
        if (q->args[i].data >= before && q->args[i].data < before + q->len)
            q->args[i].data = q->bytes + (q->args[i].data - before);
}

static void reserve_args(struct query *q) { alloc_make_room(q->args, q->parser.count, q->args_capacity); }

/* If the argument that the parser waits for is large, receives it into a blob from here on. */
static void begin_blob(struct query *q) {
    struct resp_parser *p = &q->parser;
    if (p->bulk_len < BATCH_BLOB_MIN_BYTES || p->bulk_is_read) return;
    reserve_args(q);
    q->filling = blob_new((size_t)p->bulk_len);
    q->blob_bytes += q->filling->capacity;
    q->filled = q->len - p->at;
    if (q->filled > q->filling->len) q->filled = q->filling->len; /* the CRLF may be here in part */
    memcpy(q->filling->data, q->bytes + p->at, q->filled);
    memmove(q->bytes + p->at, q->bytes + p->at + q->filled, q->len - p->at - q->filled);
    q->len -= q->filled;
}

/* The blob is complete: it is the next argument. */
static void end_blob(struct query *q) {
    q->args[q->parser.count] = (slice){q->filling->data, q->filling->len};
    q->parser.bulk_is_read = true;
    q->blobs = alloc_resize(q->blobs, (q->blob_count + 1) * sizeof(*q->blobs));
    q->blobs[q->blob_count++] = q->filling;
    q->filling = NULL;
    q->filled = 0;
}

static void collect(client *c, const char *bytes, size_t len) {
    struct query *q = alloc_zeroed(sizeof(*q));
    q->collected = true;
    q->parser = resp_parser_start();
    c->query = q;
    reserve(q, len);
    memcpy(q->bytes, bytes, len);
    q->len = len;
}

static void parse_region(client *c, const char *bytes, size_t len);

/* Hands the complete request to the batch with all its memory, and goes on with what came behind it. */
static void hand_over(client *c) {
    struct query *q = c->query;
    batch_args();
    c->query = NULL;
    batch_retire_block(q->bytes);
    batch_retire_block(q->args);
    for (size_t i = 0; i < q->blob_count; i++) batch_retire_blob(q->blobs[i]);
    if (q->parser.count) batch_add(c, q->args, (int)q->parser.count, q->parser.at + q->blob_bytes);
    parse_region(c, q->bytes + q->parser.at, q->len - q->parser.at);
    alloc_free_unsized(q->blobs);
    alloc_free(q, sizeof(*q));
}

static void parse_collected(client *c) {
    struct query *q = c->query;
    struct resp_limits limits = limits_of(c);
    char error[RESP_ERROR_BYTES];
    for (;;) {
        reserve_args(q);
        char *scratch =
            q->parser.expected ? NULL : alloc(q->len ? q->len : 1); /* an inline request's words */
        enum resp_result result =
            resp_parse(&q->parser, q->bytes, q->len, q->args, q->args_capacity, scratch, &limits, error);
        if (scratch) batch_retire_block(scratch);
        switch (result) {
        case RESP_FULL:
            q->args_capacity *= 2;
            q->args = alloc_resize(q->args, q->args_capacity * sizeof(*q->args));
            continue;
        case RESP_INCOMPLETE:
            begin_blob(q);
            if (q->filling && q->filled == q->filling->len) end_blob(q);
            return;
        case RESP_ERROR: refuse(c, error); return;
        case RESP_NOTHING:
        case RESP_REQUEST: hand_over(c); return;
        }
    }
}

/* --- Bytes in the arena --- */

/* Keeps what is left of an incomplete request. */
static void keep_rest(client *c, const struct resp_parser *parser, const char *bytes, size_t len) {
    if (parser->bulk_len >= BATCH_BLOB_MIN_BYTES || len > BATCH_CARRY_BYTES) {
        collect(c, bytes, len);
        parse_collected(c);
    } else {
        carry(c, bytes, len);
    }
}

/* Adds the complete requests among bytes that live as long as the batch; scratch for as many lies behind
 * them. */
static void parse_region(client *c, const char *bytes, size_t len) {
    char error[RESP_ERROR_BYTES];
    while (len > 0 && !(c->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW))) {
        struct resp_limits limits = limits_of(c);
        struct resp_parser parser = resp_parser_start();
        slice *args = batch_args();
        char *scratch = NULL;
        if (unlikely(*bytes != '*')) {
            size_t line = len < BATCH_REGION_BYTES ? len : BATCH_REGION_BYTES;
            scratch = alloc(line);
            batch_retire_block(scratch);
        }
        enum resp_result result =
            resp_parse(&parser, bytes, len, args, BATCH_REGION_ARGS, scratch, &limits, error);
        if (result == RESP_INCOMPLETE || result == RESP_FULL) {
            keep_rest(c, &parser, bytes, len);
            return;
        }
        if (result == RESP_ERROR) {
            refuse(c, error);
            return;
        }
        if (result == RESP_REQUEST) batch_add(c, args, (int)parser.count, parser.at);
        if (unlikely(!limits.authenticated)) batch_run_requests(); /* it may lift the limits for the next */
        bytes += parser.at;
        len -= parser.at;
    }
}

/* --- Reading --- */

/* One recv; 0 if nothing came. Queues the client to be closed if nothing ever will. */
static size_t receive(client *c, char *into, size_t room) {
    ssize_t got;
    do got = recv(c->source.fd, into, room, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) {
        if (got < 0) log_verbose("Reading from a client: %s", strerror(errno));
        client_close_soon(c, CLIENT_CLOSE_NOW);
        return 0;
    }
    query_statistics.reads++;
    query_statistics.bytes_received += (uint64_t)got;
    c->bytes_in += (uint64_t)got;
    c->last_activity_ms = clock_monotonic_ms();
    return (size_t)got;
}

static void read_collected(client *c) {
    struct query *q = c->query;
    if (q->filling) {
        size_t room = q->filling->len - q->filled;
        q->filled +=
            receive(c, q->filling->data + q->filled, room < BLOB_READ_BYTES ? room : BLOB_READ_BYTES);
        if (q->filled == q->filling->len) end_blob(q);
    } else {
        reserve(q, BATCH_READ_BYTES);
        size_t got = receive(c, q->bytes + q->len, BATCH_READ_BYTES);
        q->len += got;
        if (got) parse_collected(c);
    }
    query_check_limit(c, query_memory_bytes(c), "its request");
}

static void read_once(client *c) {
    if (c->query && c->query->collected) {
        read_collected(c);
        return;
    }
    char *region = batch_region();
    size_t carried = 0;
    if (c->query) {
        carried = c->query->len;
        memcpy(region, c->query->bytes, carried);
    }
    size_t got = receive(c, region + carried, BATCH_READ_BYTES);
    if (got == 0) return;
    query_discard(c);
    batch_keep(carried + got);
    parse_region(c, region, carried + got);
}

void query_on_events(struct source *s, uint32_t events) {
    client *c = (client *)s;
    if (events & EPOLLOUT) output_flush(c);
    if (events & ~(uint32_t)EPOLLOUT && !(c->flags & CLIENT_CLOSING)) read_once(c);
}
