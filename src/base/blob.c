/* Blob: reference counting over one malloc'ed buffer. The struct is apart from the bytes so that the bytes
 * fill their size class exactly, and so that a received buffer can be adopted as it is. */
#include "base/blob.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/background.h"

/* Freeing a large mapping makes the kernel release its pages one by one: about a millisecond for 8 MB. */
#define BACKGROUND_FREE_BYTES (1024 * 1024)

blob *blob_new(size_t len) {
    blob *b = alloc(sizeof(*b));
    size_t capacity = alloc_class(len ? len : 1);
    *b = (blob){.data = alloc(capacity), .len = len, .capacity = capacity, .references = 1};
    return b;
}

blob *blob_hold(blob *b) {
    atomic_fetch_add_explicit(&b->references, 1, memory_order_relaxed);
    return b;
}

static void free_blob(void *argument) {
    blob *b = argument;
    alloc_free(b->data, b->capacity);
    alloc_free(b, sizeof(*b));
}

void blob_release(blob *b) {
    uint32_t before = atomic_fetch_sub_explicit(&b->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1) return;
    if (b->capacity >= BACKGROUND_FREE_BYTES)
        background_run(free_blob, b, 1);
    else
        free_blob(b);
}

blob *blob_writable(blob *b, size_t capacity) {
    if (b->references > 1) {
        blob *copy = blob_new(capacity > b->len ? capacity : b->len);
        memcpy(copy->data, b->data, b->len);
        copy->len = b->len;
        blob_release(b);
        return copy;
    }
    if (capacity > b->capacity) {
        size_t slack = capacity / 4;
        b->capacity = alloc_class(capacity + slack);
        b->data = alloc_resize(b->data, b->capacity);
    }
    return b;
}
