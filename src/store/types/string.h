/* String: values that are bytes (store/types/bytes.h), or an integer where the text is one. Only the keyspace
 * calls what changes an entry. */
#ifndef STINT_STORE_TYPES_STRING_H
#define STINT_STORE_TYPES_STRING_H

#include "base/blob.h"
#include "base/slice.h"
#include "store/entry.h"
#include "store/types/bytes.h"

#define STRING_SCRATCH_BYTES 24

/* The value's bytes; an integer is written into scratch. Valid until the entry changes. */
slice string_view(const entry *e, char scratch[STRING_SCRATCH_BYTES]);
/* Length of the value, bytes. */
size_t string_len(const entry *e);
/* The blob that holds the value, or NULL if it is held otherwise. */
static inline blob *string_blob(const entry *e) {
    return e->encoding == ENCODING_BLOB ? entry_pointer(e) : NULL;
}
/* The value as an integer; false if it is none. */
bool string_integer(const entry *e, int64_t *value);

/* A new entry. expiry_ms as in entry_new. For text, bytes_new serves. */
entry *string_new_integer(slice key, int64_t value, int64_t expiry_ms);

/* Overwrites a string entry in place, if its allocation serves as it is; else returns false, nothing changed.
 * The expiry is kept. */
bool string_assign(entry *e, slice value);
/* Makes the value len bytes, kept and zero-filled as in keyspace_edit_string; returns the entry, which may
 * have moved (the old one is freed then), and the bytes. */
entry *string_edit(entry *e, size_t len, char **bytes);

#endif
