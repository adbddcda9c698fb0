/* Batch: fixed arrays, emptied by running. Nothing is allocated per request. */
#include "net/batch.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "net/output.h"

/* The arena is used again from its start by each batch, and so stays in the cache while requests are short.
 */
#define ARENA_BYTES (2 * BATCH_REGION_BYTES)
/* Clients read before their requests are run: after more, a client's socket has left the cache when its
 * replies are sent. 16 costs a few percent less per unpipelined request than 8 or no limit. */
#define REGIONS_MAX 16
#define ARGS_MAX    (4 * BATCH_REGION_ARGS)

struct batch_hooks batch_hooks;

static struct request requests[BATCH_REQUESTS_MAX];
static int request_count;
static slice *args;
static size_t args_used;
static char *arena;
static size_t arena_used;
static int regions_used;

/* Memory to free when the batch has run: one of the two is set. */
static struct retired {
    void *block;
    blob *blob;
} * retired;
static size_t retired_count, retired_capacity;

void batch_open(void) {
    arena = alloc(ARENA_BYTES); /* touched as needed only */
    args = alloc(ARGS_MAX * sizeof(*args));
}

void batch_run_requests(void) {
    if (request_count == 0) return;
    int count = request_count;
    request_count = 0;
    args_used = 0;
    batch_hooks.run(requests, count);
    output_flush_replies();
}

static void free_retired(void) {
    for (size_t i = 0; i < retired_count; i++) {
        alloc_free_unsized(retired[i].block);
        if (retired[i].blob) blob_release(retired[i].blob);
    }
    retired_count = 0;
}

static void empty(void) {
    batch_run_requests();
    free_retired();
    arena_used = 0;
    regions_used = 0;
}

void batch_run(void) {
    empty();
    client_close_marked();
}

char *batch_region(void) {
    if (regions_used == REGIONS_MAX || arena_used + BATCH_REGION_BYTES > ARENA_BYTES) empty();
    regions_used++;
    return arena + arena_used;
}

void batch_keep(size_t bytes) {
    arena_used += bytes;
    assert(arena_used <= ARENA_BYTES);
}

slice *batch_args(void) {
    if (unlikely(request_count == BATCH_REQUESTS_MAX || args_used + BATCH_REGION_ARGS > ARGS_MAX))
        batch_run_requests();
    return args + args_used;
}

static struct request *next_request(client *c) {
    assert(request_count < BATCH_REQUESTS_MAX);
    struct request *r = &requests[request_count++];
    r->client = c;
    return r;
}

void batch_add(client *c, const slice *argv, int argc, size_t bytes) {
    struct request *r = next_request(c);
    r->argv = argv;
    r->argc = argc;
    r->bytes = bytes;
    r->error = NULL;
    r->key_index = 0;
    if (argv == args + args_used) args_used += (size_t)argc;
    batch_hooks.prepare(r);
}

void batch_add_error(client *c, const char *error) {
    char *text = alloc_text(error);
    batch_retire_block(text);
    struct request *r = next_request(c);
    *r = (struct request){.client = c, .error = text};
}

static struct retired *next_retired(void) {
    alloc_make_room(retired, retired_count, retired_capacity);
    return &retired[retired_count++];
}

void batch_retire_block(void *block) { *next_retired() = (struct retired){.block = block}; }
void batch_retire_blob(blob *b) { *next_retired() = (struct retired){.blob = b}; }

static struct retired *find_blob(slice argument) {
    if (likely(argument.len < BATCH_BLOB_MIN_BYTES)) return NULL;
    for (size_t i = 0; i < retired_count; i++) {
        const blob *b = retired[i].blob;
        if (b && b->data == argument.data && b->len == argument.len) return &retired[i];
    }
    return NULL;
}

bool batch_is_blob(slice argument) { return find_blob(argument) != NULL; }

blob *batch_take_blob(slice argument) {
    const struct retired *place = find_blob(argument);
    return place ? blob_hold(place->blob) : NULL;
}
