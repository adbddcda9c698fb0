/* Request queue: a list of requests in chunks of memory.
 *
 *     chunk  | queued_request | argv | blobs | bytes || queued_request | argv | bytes || ... free |
 *
 * A request is one piece of a chunk, so that queueing one costs a copy and hardly an allocation. The first
 * chunk has room for one only, which is all that most clients that wait have. A chunk is freed with the last
 * of its requests. */
#include "server/request/request_queue.h"

#include <string.h>

#include "base/alloc.h"

struct request_chunk {
    struct request_chunk *next;
    size_t used, capacity;
    size_t requests; /* in it, not yet popped */
    char room[];
};

struct queued_request {
    struct request request; /* first: request_queue_after goes back from it */
    struct queued_request *next;
    size_t blob_count;
    blob **blobs; /* held: arguments lie in them */
};

#define CHUNK_BYTES 4096

static size_t aligned(size_t bytes) { return (bytes + 7) & ~(size_t)7; }

static char *room_for(struct request_queue *q, size_t bytes) {
    struct request_chunk *k = q->last_chunk;
    if (!k || k->capacity - k->used < bytes) {
        size_t capacity = k ? CHUNK_BYTES - sizeof(*k) : 0;
        if (capacity < bytes) capacity = bytes;
        k = alloc(sizeof(*k) + capacity);
        *k = (struct request_chunk){.capacity = capacity};
        if (q->last_chunk)
            q->last_chunk->next = k;
        else
            q->first_chunk = k;
        q->last_chunk = k;
        q->memory_bytes += sizeof(*k) + capacity;
    }
    char *room = k->room + k->used;
    k->used += bytes;
    k->requests++;
    return room;
}

/* Copies the arguments, or holds the blobs that they lie in. */
static void copy_arguments(struct request_queue *q, struct queued_request *item, slice *argv, char *bytes) {
    const struct request *r = &item->request;
    for (int i = 0; i < r->argc; i++) {
        argv[i] = r->argv[i];
        blob *b = batch_take_blob(r->argv[i]);
        if (b) {
            item->blobs[item->blob_count++] = b;
            q->memory_bytes += b->capacity;
            continue;
        }
        memcpy(bytes, argv[i].data, argv[i].len);
        argv[i].data = bytes;
        bytes += argv[i].len;
    }
}

/* What the arguments take, which is too much where some turn out to be in blobs. */
static size_t argument_bytes(const struct request *r, size_t *large) {
    size_t bytes = 0;
    *large = 0;
    for (int i = 0; i < r->argc; i++) {
        if (batch_is_blob(r->argv[i]))
            ++*large;
        else
            bytes += r->argv[i].len;
    }
    return bytes;
}

void request_queue_add(struct request_queue *q, const struct request *r) {
    size_t blobs;
    size_t bytes = argument_bytes(r, &blobs), error_bytes = r->error ? strlen(r->error) + 1 : 0;
    size_t argv_bytes = (size_t)r->argc * sizeof(slice), blobs_bytes = blobs * sizeof(blob *);
    struct queued_request *item =
        (void *)room_for(q, aligned(sizeof(*item) + argv_bytes + blobs_bytes + bytes + error_bytes));
    slice *argv = (slice *)(item + 1);
    item->request = *r;
    item->next = NULL;
    item->blob_count = 0;
    item->blobs = (blob **)(void *)((char *)argv + argv_bytes);
    char *at = (char *)item->blobs + blobs_bytes;
    copy_arguments(q, item, argv, at);
    item->request.argv = argv;
    if (r->error) item->request.error = memcpy(at + bytes, r->error, error_bytes);
    if (q->last)
        q->last->next = item;
    else
        q->first = item;
    q->last = item;
    q->count++;
}

const struct request *request_queue_first(const struct request_queue *q) {
    return q->first ? &q->first->request : NULL;
}

const struct request *request_queue_after(const struct request *r) {
    const struct queued_request *item = (const struct queued_request *)r;
    return item->next ? &item->next->request : NULL;
}

static void free_first_chunk(struct request_queue *q) {
    struct request_chunk *k = q->first_chunk;
    q->first_chunk = k->next;
    if (!q->first_chunk) q->last_chunk = NULL;
    q->memory_bytes -= sizeof(*k) + k->capacity;
    alloc_free(k, sizeof(*k) + k->capacity);
}

/* Lets the request's blobs go, each in the given way. */
static void give_blobs(struct request_queue *q, struct queued_request *item, void (*give)(blob *b)) {
    for (size_t i = 0; i < item->blob_count; i++) {
        q->memory_bytes -= item->blobs[i]->capacity;
        give(item->blobs[i]);
    }
    item->blob_count = 0;
}

void request_queue_lend(struct request_queue *q, const struct request *r) {
    give_blobs(q, (struct queued_request *)r, batch_retire_blob);
}

void request_queue_pop(struct request_queue *q) {
    struct queued_request *item = q->first;
    give_blobs(q, item, blob_release);
    q->first = item->next;
    if (!q->first) q->last = NULL;
    q->count--;
    if (--q->first_chunk->requests == 0) free_first_chunk(q);
}

void request_queue_clear(struct request_queue *q) {
    for (struct queued_request *item = q->first; item; item = item->next) give_blobs(q, item, blob_release);
    while (q->first_chunk) free_first_chunk(q);
    *q = (struct request_queue){0};
}
