/* Output: the bytes of a client's replies on their way to its socket.
 *
 * A chain of chunks of 16 KB from a pool, held only while there is something to send. A piece of a blob is a
 * link of its own and is sent from where it is. Sending is tried at the end of a batch; only when the socket
 * takes less than everything is EPOLLOUT registered, and it is removed as soon as the chain is empty. */
#ifndef STINT_NET_OUTPUT_H
#define STINT_NET_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"
#include "net/client.h"

/* Limits on the memory of unsent replies: the client is closed when it is over hard_bytes, or over soft_bytes
 * for soft_seconds. 0: no limit. */
struct output_limit {
    uint64_t hard_bytes, soft_bytes;
    int64_t soft_seconds;
};
/* Which limit holds for a client; the server may set it to tell classes apart. */
extern const struct output_limit *(*output_limit_of)(const client *c);

/* Figures of all clients. */
struct output_statistics {
    uint64_t bytes_sent, sends;
    uint64_t limit_disconnections;
    uint64_t memory_bytes; /* of all chunks in use now */
};
extern struct output_statistics output_statistics;

/* Slow path of output_room: starts a new chunk with room for len bytes. */
char *output_grow(client *c, size_t len);

/* Room for len more bytes. The caller writes at most that much there and tells output_advance how much. */
static inline char *output_room(client *c, size_t len) {
    if (__builtin_expect((size_t)(c->reply_end - c->reply_at) >= len, 1)) return c->reply_at;
    return output_grow(c, len);
}
static inline void output_advance(client *c, size_t len) { c->reply_at += len; }

/* Appends bytes of any number. */
void output_append(client *c, const void *data, size_t len);
/* Appends a piece of a blob by reference; holds the blob until it is sent. One that goes on where the last
 * piece ended is joined to it. */
void output_append_blob(client *c, blob *b, size_t offset, size_t len);

/* A gap of up to OUTPUT_GAP_BYTES to be filled when what stands behind it is known. */
#define OUTPUT_GAP_BYTES 32
struct reply_chunk *output_open_gap(client *c);
void output_fill_gap(struct reply_chunk *gap, const void *data, size_t len);

/* Where the replies end now; output_rewind takes back all that was appended since. Nothing may be sent
 * between. */
struct output_mark {
    struct reply_chunk *tail;
    size_t used;
};
struct output_mark output_mark(client *c);
void output_rewind(client *c, struct output_mark mark);

/* Whether something waits to be sent. */
bool output_pending(const client *c);
/* Bytes that wait to be sent, and how many chunks hold them. */
size_t output_pending_bytes(const client *c, size_t *chunks);
/* Sends what the socket takes, within a limit for fairness; registers or removes EPOLLOUT; queues the client
 * to be closed when that was asked for and all is sent, or when the connection is broken. */
void output_flush(client *c);
/* Says that what is appended next, a message that the client has not asked for, need not be sent with the
 * replies of this batch: the turn may bring more, and they go together. */
void output_put_off(client *c);
/* Sends to every client that got replies since the last call. */
void output_flush_replies(void);
/* Sends to those, too, for whom it was put off. */
void output_flush_all(void);
/* How many clients it was put off for since then; those who have gone meanwhile may count. */
size_t output_put_off_count(void);
/* Takes the client out of the queue of those to be flushed and frees all chunks. */
void output_discard(client *c);
/* Closes the client if it is over its limit: for the periodic check of soft limits. */
void output_check_limit(client *c);

#endif
