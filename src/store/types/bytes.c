/* Bytes: choosing and changing where a value's bytes are; the idea is in the header. */
#include "store/types/bytes.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/number.h"

/* An inline value is copied whenever the entry is reshaped, so it is never longer than this. */
#define INLINE_MAX 2048
/* From here on a value is a blob; below it its length fits the entry's header. */
#define BLOB_MIN 65535

/* Whether a value of that length is better kept inline: whichever allocates less. */
static bool inline_is_leaner(size_t key_len, bool expires, size_t len) {
    if (len > INLINE_MAX) return false;
    if (len == 0) return true;
    size_t inline_bytes = alloc_class(entry_head_bytes(key_len, false, expires) + len);
    return inline_bytes <= alloc_class(entry_head_bytes(key_len, true, expires)) + alloc_class(len);
}

slice bytes_view(const entry *e) {
    if (e->encoding == ENCODING_INLINE) return (slice){entry_inline_value(e), e->value_len};
    if (e->encoding == ENCODING_RAW) return (slice){entry_pointer(e), e->value_len};
    assert(e->encoding == ENCODING_BLOB);
    const blob *b = entry_pointer(e);
    return (slice){b->data, b->len};
}

/* A new block of its own with the first bytes of value, with room for capacity bytes. */
static char *raw_block(slice value, size_t capacity) {
    char *block = alloc(capacity);
    memcpy(block, value.data, value.len);
    return block;
}

entry *bytes_new(slice key, enum value_type type, slice value, int64_t expiry_ms) {
    if (inline_is_leaner(key.len, expiry_ms != NO_EXPIRY, value.len)) {
        entry *e = entry_new(key, type, ENCODING_INLINE, expiry_ms, value.len);
        memcpy(entry_inline_value(e), value.data, value.len);
        return e;
    }
    if (value.len >= BLOB_MIN) {
        blob *b = blob_new(value.len);
        memcpy(b->data, value.data, value.len);
        return bytes_new_blob(key, type, b, expiry_ms);
    }
    entry *e = entry_new(key, type, ENCODING_RAW, expiry_ms, 0);
    entry_set_pointer(e, raw_block(value, value.len));
    e->value_len = value.len;
    return e;
}

entry *bytes_new_blob(slice key, enum value_type type, blob *value, int64_t expiry_ms) {
    if (value->len < BLOB_MIN) {
        entry *e = bytes_new(key, type, (slice){value->data, value->len}, expiry_ms);
        blob_release(value);
        return e;
    }
    entry *e = entry_new(key, type, ENCODING_BLOB, expiry_ms, 0);
    entry_set_pointer(e, value);
    return e;
}

bool bytes_assign(entry *e, slice value) {
    if (e->encoding != ENCODING_INLINE || value.len > INLINE_MAX) return false;
    size_t bytes = entry_bytes(e);
    if (alloc_class(bytes) != alloc_class(bytes - e->value_len + value.len)) return false;
    memcpy(entry_inline_value(e), value.data, value.len);
    e->value_len = value.len;
    return true;
}

/* A RAW or BLOB value grown to len bytes, with slack so that appending again and again is cheap. */
static void grow_outside(entry *e, size_t len) {
    if (e->encoding == ENCODING_RAW && len >= BLOB_MIN) {
        blob *b = blob_new(len);
        b->len = e->value_len;
        memcpy(b->data, entry_pointer(e), e->value_len);
        alloc_free_unsized(entry_pointer(e));
        e->encoding = ENCODING_BLOB;
        entry_set_pointer(e, b);
    }
    if (e->encoding == ENCODING_BLOB) {
        entry_set_pointer(e, blob_writable(entry_pointer(e), len));
    } else if (len > alloc_capacity(entry_pointer(e))) {
        entry_set_pointer(e, alloc_resize(entry_pointer(e), len + len / 4));
    }
}

/* The value rebuilt with len bytes, inline or RAW as suits that length. */
static entry *rebuild(entry *e, size_t len) {
    char text[NUMBER_I64_TEXT_MAX];
    slice key = entry_key(e), value;
    if (e->encoding == ENCODING_INT)
        value = (slice){text, number_format_i64(text, entry_integer(e))};
    else
        value = bytes_view(e);
    if (value.len > len) value.len = len;
    entry *fresh;
    if (inline_is_leaner(key.len, entry_expires(e), len)) {
        fresh = entry_new(key, e->type, ENCODING_INLINE, entry_expiry(e), len);
        memcpy(entry_inline_value(fresh), value.data, value.len);
        fresh->value_len = value.len;
    } else {
        fresh = entry_new(key, e->type, ENCODING_RAW, entry_expiry(e), 0);
        entry_set_pointer(fresh, raw_block(value, len < BLOB_MIN ? len : value.len ? value.len : 1));
        fresh->value_len = value.len;
        grow_outside(fresh, len);
    }
    fresh->recency = e->recency;
    fresh->size_class = e->size_class;
    fresh->flags |= e->flags & ENTRY_EDITED;
    bytes_free(e);
    entry_free_shell(e);
    return fresh;
}

/* Whether the value must be rebuilt to hold len bytes: an integer, an inline value that would need another
 * size class, a block that would be less than half used. */
static bool needs_rebuild(const entry *e, size_t len) {
    switch (e->encoding) {
    case ENCODING_INLINE:
        return len > UINT16_MAX ||
               alloc_class(entry_bytes(e) - e->value_len + len) != alloc_class(entry_bytes(e));
    case ENCODING_RAW: return len < e->value_len && 2 * len < alloc_capacity(entry_pointer(e));
    case ENCODING_BLOB: return false;
    default: return true;
    }
}

entry *bytes_edit(entry *e, size_t len, char **bytes) {
    char text[NUMBER_I64_TEXT_MAX];
    size_t before =
        e->encoding == ENCODING_INT ? number_format_i64(text, entry_integer(e)) : bytes_view(e).len;
    if (needs_rebuild(e, len))
        e = rebuild(e, len);
    else if (e->encoding != ENCODING_INLINE)
        grow_outside(e, len);

    if (e->encoding == ENCODING_BLOB) {
        blob *b = entry_pointer(e);
        b->len = len;
        *bytes = b->data;
    } else {
        e->value_len = len;
        *bytes = e->encoding == ENCODING_INLINE ? entry_inline_value(e) : entry_pointer(e);
    }
    if (len > before) memset(*bytes + before, 0, len - before);
    return e;
}

void bytes_free(entry *e) {
    if (e->encoding == ENCODING_RAW)
        alloc_free_unsized(entry_pointer(e));
    else if (e->encoding == ENCODING_BLOB)
        blob_release(entry_pointer(e));
}

size_t bytes_memory_bytes(const entry *e) {
    if (e->encoding == ENCODING_RAW) return alloc_capacity(entry_pointer(e));
    if (e->encoding == ENCODING_BLOB) return sizeof(blob) + ((const blob *)entry_pointer(e))->capacity;
    return 0;
}
