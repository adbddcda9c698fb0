/* Blob: a large byte buffer shared by reference.
 *
 * Values too large to copy cheaply live in a blob. The keyspace holds one reference; a reply that is being
 * sent holds another, so that the bytes go from the value to the socket without a copy, and a request's large
 * argument is received straight into the blob that the keyspace then adopts. Whoever wants to change the
 * bytes must be the only holder (blob_writable). Not thread-safe but for the last release, which may hand the
 * memory to the background thread. */
#ifndef STINT_BASE_BLOB_H
#define STINT_BASE_BLOB_H

#include <stddef.h>
#include <stdint.h>

typedef struct blob {
    char *data;
    size_t len;
    size_t capacity;
    _Atomic(uint32_t) references;
} blob;

/* A new blob of len bytes, not initialised, with one reference. Never NULL. */
blob *blob_new(size_t len);

/* One more reference. */
blob *blob_hold(blob *b);

/* One reference less; the last one frees the memory (in the background where freeing takes long). */
void blob_release(blob *b);

/* The blob to write to: b itself if the caller is its only holder, else a copy (b is then released). It has
 * room for capacity bytes, at least; len is kept. Growing leaves slack, so that appending is amortised. */
blob *blob_writable(blob *b, size_t capacity);

#endif
