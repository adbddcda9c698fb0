/* Request queue: copies of requests that can't run yet, first in, first out.
 *
 * A request's arguments lie in memory that is used again when its batch has run; one that is to run later is
 * copied here. What was received into a blob is not copied but held. */
#ifndef STINT_SERVER_REQUEST_REQUEST_QUEUE_H
#define STINT_SERVER_REQUEST_REQUEST_QUEUE_H

#include <stddef.h>

#include "net/batch.h"

struct request_chunk;
struct queued_request;

/* Zeroed: empty. Only count and memory_bytes are for others to read. */
struct request_queue {
    struct queued_request *first, *last;
    struct request_chunk *first_chunk, *last_chunk;
    size_t count;
    size_t memory_bytes;
};

/* Appends a copy of the request. */
void request_queue_add(struct request_queue *q, const struct request *r);
/* The request that waits longest, NULL if none does. It is valid until it is popped. */
const struct request *request_queue_first(const struct request_queue *q);
/* The one that came after r. */
const struct request *request_queue_after(const struct request *r);
/* Hands the request's blobs to the batch, from which its handler may take them: for a request that is run and
 * will not be run again. */
void request_queue_lend(struct request_queue *q, const struct request *r);
/* Takes the first request out. */
void request_queue_pop(struct request_queue *q);
/* Frees all. */
void request_queue_clear(struct request_queue *q);

#endif
