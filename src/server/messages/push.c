/* Push: the message log, and how messages get from there to the clients.
 *
 *     log    [ message | message | message |            room             ]   a blob
 *                 ^         ^         ^
 *     client A    +---------+---------+      one piece of its output, sent by one system call
 *     client B              +
 *
 * Messages are written one behind the other into a blob, and a client's output refers to them there: what
 * a thousand subscribers get lies in the cache once, and messages that follow each other are one piece. When
 * nobody refers to the blob, which is so at the end of most turns, it is used again from its start.
 *
 * A reference keeps the whole blob. So only a client that has been sent all it got in former turns refers to
 * it; one that lags behind is given copies, unless the message is so large that it has a blob to itself. What
 * is held for a client is then never much more than what its output limit counts. */
#include "server/messages/push.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "net/output.h"
#include "net/reply.h"

#define LOG_BYTES (64 * 1024)
/* Longer messages get a blob of their own, exactly as large as they are. */
#define SHARED_BLOB_MAX (16 * 1024)
/* Messages up to this size are copied into a client's open chunk, where that has room. A reference costs as
 * much, measured, and leaves the rest of the chunk unused. */
#define COPY_MAX 4096

static blob *log_blob;

/* Messages to the client whose request is being run. */
static struct {
    client *client;
    struct push_piece *pieces;
    size_t count, capacity;
} held;

/* --- Encoding --- */

/* Room for a message of len bytes, with a reference to its blob. */
static struct push_piece reserve(size_t len) {
    if (len > SHARED_BLOB_MAX) return (struct push_piece){blob_new(len), 0, 0};
    if (log_blob && log_blob->references == 1) log_blob->len = 0;
    if (!log_blob || log_blob->len + len > log_blob->capacity) {
        if (log_blob) blob_release(log_blob);
        log_blob = blob_new(LOG_BYTES);
        log_blob->len = 0;
    }
    return (struct push_piece){blob_hold(log_blob), log_blob->len, 0};
}

static size_t most_text_bytes(slice text) { return REPLY_HEADER_BYTES + text.len + 2; }

static size_t most_item_bytes(const push_item *item) {
    if (item->type != PUSH_TEXTS) return most_text_bytes(item->text);
    size_t bytes = REPLY_HEADER_BYTES;
    for (int64_t i = 0; i < item->number; i++) bytes += most_text_bytes(item->texts[i]);
    return bytes;
}

static size_t most_bytes(const push *p) {
    size_t bytes = REPLY_HEADER_BYTES;
    for (int i = 0; i < p->count; i++) bytes += most_item_bytes(&p->items[i]);
    return bytes;
}

static char *write_text(char *at, slice text) {
    at = reply_write_header(at, '$', (int64_t)text.len);
    memcpy(at, text.data, text.len);
    memcpy(at + text.len, "\r\n", 2);
    return at + text.len + 2;
}

static char *write_texts(char *at, const slice *texts, int64_t count) {
    at = reply_write_header(at, '*', count);
    for (int64_t i = 0; i < count; i++) at = write_text(at, texts[i]);
    return at;
}

static char *write_item(char *at, const push_item *item, int resp) {
    switch (item->type) {
    case PUSH_TEXT: return write_text(at, item->text);
    case PUSH_NUMBER: return reply_write_header(at, ':', item->number);
    case PUSH_TEXTS: return write_texts(at, item->texts, item->number);
    case PUSH_NULL: break;
    }
    const char *null = resp >= 3 ? "_\r\n" : "$-1\r\n";
    size_t len = strlen(null);
    memcpy(at, null, len);
    return at + len;
}

static struct push_piece encode(const push *p, int resp) {
    struct push_piece piece = reserve(most_bytes(p));
    char *start = piece.blob->data + piece.offset;
    char *at = reply_write_header(start, resp >= 3 ? '>' : '*', p->count);
    for (int i = 0; i < p->count; i++) at = write_item(at, &p->items[i], resp);
    piece.len = (size_t)(at - start);
    piece.blob->len = piece.offset + piece.len;
    return piece;
}

static inline const struct push_piece *encoded_for(push *p, const client *c) {
    struct push_piece *piece = &p->encoded[c->resp >= 3];
    if (unlikely(!piece->blob)) *piece = encode(p, c->resp);
    return piece;
}

/* --- Sending --- */

static inline void append(client *c, const struct push_piece *piece) {
    const char *data = piece->blob->data + piece->offset;
    bool has_room = piece->len <= COPY_MAX && piece->len <= (size_t)(c->reply_end - c->reply_at);
    bool lags = c->flags & CLIENT_WANTS_WRITE && piece->len <= SHARED_BLOB_MAX;
    if (has_room || lags)
        output_append(c, data, piece->len);
    else
        output_append_blob(c, piece->blob, piece->offset, piece->len);
}

static void hold_back(const struct push_piece *piece) {
    alloc_make_room(held.pieces, held.count, held.capacity);
    held.pieces[held.count++] = (struct push_piece){blob_hold(piece->blob), piece->offset, piece->len};
}

void push_send(push *p, client *c) {
    if (unlikely(c->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW))) return;
    const struct push_piece *piece = encoded_for(p, c);
    if (unlikely(c == held.client)) {
        hold_back(piece);
        return;
    }
    output_put_off(c);
    append(c, piece);
}

void push_answer(push *p, client *c) {
    const struct push_piece *piece = encoded_for(p, c);
    if (c == held.client && c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP))
        hold_back(piece);
    else
        append(c, piece);
}

void push_end(push *p) {
    for (int i = 0; i < 2; i++)
        if (p->encoded[i].blob) blob_release(p->encoded[i].blob);
}

/* --- Holding back --- */

void push_hold(client *c) {
    assert(!held.client);
    held.client = c;
}

void push_release(void) {
    assert(held.client);
    for (size_t i = 0; i < held.count; i++) {
        append(held.client, &held.pieces[i]);
        blob_release(held.pieces[i].blob);
    }
    held.count = 0;
    held.client = NULL;
}

const client *push_holder(void) { return held.client; }
