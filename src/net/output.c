/* Output: a singly linked chain; the last chunk is written through the client's reply_at and reply_end, and
 * its length is settled (settle_tail) whenever the chain is looked at. */
#include "net/output.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/log.h"

struct reply_chunk {
    struct reply_chunk *next;
    blob *blob; /* holds data, or NULL: data is room */
    char *data;
    size_t len, capacity;
    char room[];
};

#define CHUNK_BYTES     16384
#define CHUNK_CAPACITY  (CHUNK_BYTES - sizeof(struct reply_chunk))
#define POOL_MAX        64 /* chunks kept for reuse */
#define SEND_PIECES_MAX 64 /* pieces per system call */
/* Bytes sent to a client at a time, so that one fast reader does not starve the others. */
#define SEND_BYTES_MAX (1024 * 1024)
/* Bytes that wait for a client, beyond which no turn's end is awaited. */
#define PUT_OFF_MAX      (64 * 1024)
#define APPEND_SPLIT_MIN 1024 /* longer bytes fill the chunk's rest before a new one is begun */

struct output_statistics output_statistics;

static const struct output_limit *no_limit(const client *c) {
    (void)c;
    static const struct output_limit none;
    return &none;
}
const struct output_limit *(*output_limit_of)(const client *c) = no_limit;

static struct reply_chunk *pool;
static int pool_count;
/* Clients with something to send, and those among them with messages alone, for whom it will do when the turn
 * ends. */
static client *replied, *put_off;
static size_t put_off_count;
/* A client's messages have become so many that none should wait any longer. */
static bool put_off_enough;

static size_t chunk_memory(const struct reply_chunk *k) {
    return sizeof(*k) + k->capacity + (k->blob ? k->len : 0);
}

static struct reply_chunk *chunk_new(size_t capacity) {
    struct reply_chunk *k;
    if (capacity == CHUNK_CAPACITY && pool) {
        k = pool;
        pool = k->next;
        pool_count--;
    } else {
        k = alloc(sizeof(*k) + capacity);
    }
    k->next = NULL;
    k->blob = NULL;
    k->data = k->room;
    k->len = 0;
    k->capacity = capacity;
    return k;
}

static void chunk_free(struct reply_chunk *k) {
    if (k->blob) blob_release(k->blob);
    if (k->capacity == CHUNK_CAPACITY && pool_count < POOL_MAX) {
        k->next = pool;
        pool = k;
        pool_count++;
    } else {
        alloc_free(k, sizeof(*k) + k->capacity);
    }
}

static void account(client *c, const struct reply_chunk *k, int sign) {
    size_t bytes = chunk_memory(k);
    c->reply_memory_bytes += sign > 0 ? bytes : -bytes;
    output_statistics.memory_bytes += sign > 0 ? bytes : -bytes;
}

/* Writes down how much of the last chunk is used. */
static void settle_tail(client *c) {
    struct reply_chunk *tail = c->reply_tail;
    if (tail && !tail->blob && tail->capacity > OUTPUT_GAP_BYTES)
        tail->len = (size_t)(c->reply_at - tail->room);
}

/* Nothing to do for a client whose socket is full: it is flushed when EPOLLOUT comes. False if so, or if it
 * is in a queue already. */
static bool queue_flush(client *c, client **queue) {
    if (c->flags & (CLIENT_FLUSH_QUEUED | CLIENT_WANTS_WRITE)) return false;
    c->flags |= CLIENT_FLUSH_QUEUED;
    c->next_flush = *queue;
    *queue = c;
    return true;
}

void output_put_off(client *c) {
    put_off_count += queue_flush(c, &put_off);
    if (c->reply_memory_bytes > PUT_OFF_MAX && !(c->flags & CLIENT_WANTS_WRITE)) put_off_enough = true;
}

static void link_chunk(client *c, struct reply_chunk *k) {
    settle_tail(c);
    if (c->reply_tail)
        c->reply_tail->next = k;
    else
        c->reply_head = k;
    c->reply_tail = k;
    c->reply_at = c->reply_end = NULL;
    account(c, k, +1);
    queue_flush(c, &replied);
}

char *output_grow(client *c, size_t len) {
    struct reply_chunk *k = chunk_new(len > CHUNK_CAPACITY ? len : CHUNK_CAPACITY);
    link_chunk(c, k);
    c->reply_at = k->room;
    c->reply_end = k->room + k->capacity;
    output_check_limit(c);
    return c->reply_at;
}

void output_append(client *c, const void *data, size_t len) {
    size_t room = (size_t)(c->reply_end - c->reply_at);
    if (len > room && len >= APPEND_SPLIT_MIN && room > 0) {
        memcpy(c->reply_at, data, room);
        output_advance(c, room);
        data = (const char *)data + room;
        len -= room;
    }
    memcpy(output_room(c, len), data, len);
    output_advance(c, len);
}

static void grow_piece(client *c, struct reply_chunk *k, size_t len) {
    k->len += len;
    c->reply_memory_bytes += len;
    output_statistics.memory_bytes += len;
}

void output_append_blob(client *c, blob *b, size_t offset, size_t len) {
    struct reply_chunk *tail = c->reply_tail;
    if (tail && tail->blob == b && tail->data + tail->len == b->data + offset) {
        grow_piece(c, tail, len);
        return;
    }
    struct reply_chunk *k = chunk_new(0);
    k->blob = blob_hold(b);
    k->data = b->data + offset;
    k->len = len;
    link_chunk(c, k);
    output_check_limit(c);
}

struct reply_chunk *output_open_gap(client *c) {
    struct reply_chunk *gap = chunk_new(OUTPUT_GAP_BYTES);
    link_chunk(c, gap);
    return gap;
}

void output_fill_gap(struct reply_chunk *gap, const void *data, size_t len) {
    assert(len <= OUTPUT_GAP_BYTES);
    memcpy(gap->room, data, len);
    gap->len = len;
}

struct output_mark output_mark(client *c) {
    settle_tail(c);
    return (struct output_mark){c->reply_tail, c->reply_tail ? c->reply_tail->len : 0};
}

void output_rewind(client *c, struct output_mark mark) {
    struct reply_chunk **from = mark.tail ? &mark.tail->next : &c->reply_head;
    for (struct reply_chunk *k = *from, *next; k; k = next) {
        next = k->next;
        account(c, k, -1);
        chunk_free(k);
    }
    *from = NULL;
    c->reply_tail = mark.tail;
    c->reply_at = c->reply_end = NULL;
    if (mark.tail && mark.tail->blob) {
        account(c, mark.tail, -1);
        mark.tail->len = mark.used;
        account(c, mark.tail, +1);
    } else if (mark.tail && mark.tail->capacity > OUTPUT_GAP_BYTES) {
        mark.tail->len = mark.used;
        c->reply_at = mark.tail->room + mark.used;
        c->reply_end = mark.tail->room + mark.tail->capacity;
    }
}

bool output_pending(const client *c) { return c->reply_head != NULL; }

size_t output_pending_bytes(const client *c, size_t *chunks) {
    size_t bytes = 0, count = 0;
    for (const struct reply_chunk *k = c->reply_head; k; k = k->next) {
        bool open = k == c->reply_tail && c->reply_at;
        bytes += open ? (size_t)(c->reply_at - k->room) : k->len;
        count++;
    }
    if (chunks) *chunks = count;
    return bytes - c->reply_sent;
}

void output_check_limit(client *c) {
    const struct output_limit *limit = output_limit_of(c);
    /* small replies are let through whatever the limit */
    size_t used = c->reply_memory_bytes > CHUNK_BYTES ? c->reply_memory_bytes : 0;
    bool over_hard = limit->hard_bytes && used > limit->hard_bytes;
    bool over_soft = limit->soft_bytes && used > limit->soft_bytes;
    if (!over_soft)
        c->soft_limit_since_ms = 0;
    else if (!c->soft_limit_since_ms)
        c->soft_limit_since_ms = clock_monotonic_ms();
    bool too_long = over_soft && clock_monotonic_ms() - c->soft_limit_since_ms > limit->soft_seconds * 1000;
    if (!(over_hard || too_long) || c->flags & CLIENT_CLOSE_NOW) return;
    char description[CLIENT_DESCRIPTION_BYTES];
    client_describe(c, description);
    log_warning("Client %s closed: %zu bytes of replies unsent, over the %s limit of its output buffer",
                description, used, over_hard ? "hard" : "soft");
    output_statistics.limit_disconnections++;
    client_close_soon(c, CLIENT_CLOSE_NOW);
}

/* Takes len sent bytes off the front of the chain. */
static void consume(client *c, size_t len) {
    c->reply_sent += len;
    for (struct reply_chunk *k; (k = c->reply_head) && c->reply_sent >= k->len;) {
        c->reply_sent -= k->len;
        c->reply_head = k->next;
        account(c, k, -1);
        chunk_free(k);
    }
    if (c->reply_head) return;
    c->reply_tail = NULL;
    c->reply_at = c->reply_end = NULL;
}

/* Gathers the front of the chain. Returns the number of pieces. */
static int gather(const client *c, struct iovec *pieces, size_t *total) {
    int count = 0;
    size_t skip = c->reply_sent;
    *total = 0;
    for (const struct reply_chunk *k = c->reply_head; k && count < SEND_PIECES_MAX && *total < SEND_BYTES_MAX;
         k = k->next) {
        size_t len = k->len - skip, left = SEND_BYTES_MAX - *total;
        if (len > left) len = left;
        pieces[count++] = (struct iovec){k->data + skip, len};
        *total += len;
        skip = 0;
    }
    return count;
}

static void want_write(client *c, bool wanted) {
    if (wanted == !!(c->flags & CLIENT_WANTS_WRITE)) return;
    c->flags ^= CLIENT_WANTS_WRITE;
    client_update_events(c);
}

void output_flush(client *c) {
    if (c->flags & CLIENT_CLOSE_NOW) return;
    settle_tail(c);
    struct iovec pieces[SEND_PIECES_MAX];
    size_t total, budget = SEND_BYTES_MAX;
    while (c->reply_head && budget > 0) {
        int count = gather(c, pieces, &total);
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
        ssize_t sent = count == 1 ? send(c->source.fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                  : sendmsg(c->source.fd, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) break;
            client_close_soon(c, CLIENT_CLOSE_NOW);
            return;
        }
        output_statistics.sends++;
        output_statistics.bytes_sent += (uint64_t)sent;
        c->bytes_out += (uint64_t)sent;
        c->last_activity_ms = clock_monotonic_ms();
        consume(c, (size_t)sent);
        if ((size_t)sent < total) break;
        budget -= budget < total ? budget : total;
    }
    want_write(c, c->reply_head != NULL);
    if (!c->reply_head && c->flags & CLIENT_CLOSE_AFTER_REPLY) client_close_soon(c, CLIENT_CLOSE_NOW);
}

static void flush_queue(client **queue) {
    while (*queue) {
        client *c = *queue;
        *queue = c->next_flush;
        c->flags &= ~(uint32_t)CLIENT_FLUSH_QUEUED;
        output_flush(c);
    }
}

void output_flush_replies(void) {
    flush_queue(&replied);
    if (unlikely(put_off_enough)) output_flush_all();
}

void output_flush_all(void) {
    flush_queue(&replied);
    flush_queue(&put_off);
    put_off_count = 0;
    put_off_enough = false;
}

size_t output_put_off_count(void) { return put_off_count; }

/* Whether it was in the queue. */
static bool leave_queue(client *c, client **at) {
    while (*at && *at != c) at = &(*at)->next_flush;
    if (!*at) return false;
    *at = c->next_flush;
    return true;
}

void output_discard(client *c) {
    if (c->flags & CLIENT_FLUSH_QUEUED) {
        if (!leave_queue(c, &replied)) leave_queue(c, &put_off);
        c->flags &= ~(uint32_t)CLIENT_FLUSH_QUEUED;
    }
    for (struct reply_chunk *k = c->reply_head, *next; k; k = next) {
        next = k->next;
        account(c, k, -1);
        chunk_free(k);
    }
    c->reply_head = c->reply_tail = NULL;
    c->reply_at = c->reply_end = NULL;
    c->reply_sent = 0;
}
