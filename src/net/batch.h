/* Batch: requests of many clients, read and parsed, waiting to be run together.
 *
 * Gathering requests before running them is what lets the server overlap their cache misses. The batch also
 * owns the memory that their arguments lie in: an arena shared by all clients, and whatever large buffers
 * single clients had. */
#ifndef STINT_NET_BATCH_H
#define STINT_NET_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/slice.h"
#include "net/client.h"

/* One request. The first group is the reader's, the second belongs to whoever runs it. */
struct request {
    client *client;
    const slice *argv;
    int argc;
    size_t bytes;      /* on the wire */
    const char *error; /* instead of arguments: a protocol error to answer with */

    const void *command; /* found when the request was added */
    uint64_t key_hash;   /* of its first key, if key_index is not 0 */
    int key_index;
    uint32_t together; /* requests next to each other with the same may be timed together */
};

#define BATCH_REQUESTS_MAX 512
/* Bytes read from one client at a time. */
#define BATCH_READ_BYTES (64 * 1024)
/* An incomplete request up to this size is copied before the bytes that come next; a longer one is collected
 * in its client's own buffer. */
#define BATCH_CARRY_BYTES  (16 * 1024)
#define BATCH_REGION_BYTES (BATCH_READ_BYTES + BATCH_CARRY_BYTES)
/* A region can't hold more arguments than this: the shortest takes six bytes, a word of an inline request
 * two. */
#define BATCH_REGION_ARGS (BATCH_REGION_BYTES / 2)

/* What runs the requests: set at start. prepare is called as each request is added, run when the batch is
 * full or the turn's reading is done. run must leave no request unanswered. */
struct batch_hooks {
    void (*prepare)(struct request *r);
    void (*run)(struct request *requests, int count);
};
extern struct batch_hooks batch_hooks;

void batch_open(void);

/* Room in the arena for one region (BATCH_REGION_BYTES), running the batch first if there is not enough. What
 * is written there is kept with batch_keep. */
char *batch_region(void);
void batch_keep(size_t bytes);
/* Room for one more request and for BATCH_REGION_ARGS arguments. Runs the requests that are there if there is
 * not enough, which leaves the arena alone. */
slice *batch_args(void);

/* Adds a request, for which batch_args made room, and whose arguments lie in memory that lives until the
 * batch has run; argv may be what batch_args gave. */
void batch_add(client *c, const slice *argv, int argc, size_t bytes);
/* Adds a protocol error, whose text is copied, in the place of a request. */
void batch_add_error(client *c, const char *error);

/* Hands over memory in which arguments lie: freed (released) after the batch has run. */
void batch_retire_block(void *block);
void batch_retire_blob(blob *b);
/* An argument of that length or more may have been received into a blob of its own. */
#define BATCH_BLOB_MIN_BYTES (32 * 1024)
/* Whether that argument was. */
bool batch_is_blob(slice argument);
/* The blob in which that argument was received, for the caller to keep: it gets a reference of its own, and
 * the argument stays readable until the batch has run. NULL if it was not received in one. */
blob *batch_take_blob(slice argument);

/* Runs the requests that are there and sends the replies; the memory that they lie in is kept. */
void batch_run_requests(void);
/* Runs what is there, sends the replies and closes what is to be closed. */
void batch_run(void);

#endif
