/* Bytes: where an entry keeps a run of bytes, whatever they mean.
 *
 * Strings and packed collections are runs of bytes. Whichever takes least memory is chosen: the bytes are
 * inline behind the key unless that would round up to a wasteful size class, then they are a block of their
 * own (RAW); from 64 KB on they are a blob, which replies can send without copying. Only the keyspace and the
 * types call what changes an entry. */
#ifndef STINT_STORE_TYPES_BYTES_H
#define STINT_STORE_TYPES_BYTES_H

#include "base/blob.h"
#include "base/slice.h"
#include "store/entry.h"

/* Whether the entry's value is a run of bytes. */
static inline bool bytes_are_value(const entry *e) {
    return e->encoding == ENCODING_INLINE || e->encoding == ENCODING_RAW || e->encoding == ENCODING_BLOB;
}

/* The bytes; the entry must hold such. Valid until it changes. */
slice bytes_view(const entry *e);

/* A new entry that holds a copy of the bytes. expiry_ms as in entry_new. */
entry *bytes_new(slice key, enum value_type type, slice value, int64_t expiry_ms);
/* The same with a blob, whose reference is taken over. */
entry *bytes_new_blob(slice key, enum value_type type, blob *value, int64_t expiry_ms);

/* Overwrites the bytes in place, if the allocation serves as it is; else returns false, nothing changed. */
bool bytes_assign(entry *e, slice value);

/* Makes the value len bytes: the first ones as they were, new ones zero. Returns the entry, which may have
 * moved (the old one is freed then), and the bytes. The entry may also hold an integer, whose text is the
 * value. */
entry *bytes_edit(entry *e, size_t len, char **bytes);

/* Frees what the payload points to, and how much memory that is. */
void bytes_free(entry *e);
size_t bytes_memory_bytes(const entry *e);

#endif
