/* Entry: making and reshaping the one allocation; the layout is drawn in the header. */
#include "store/entry.h"

#include <assert.h>

entry *entry_new(slice key, enum value_type type, enum value_encoding encoding, int64_t expiry_ms,
                 size_t inline_len) {
    bool expires = expiry_ms != NO_EXPIRY;
    bool long_key = key.len > ENTRY_SHORT_KEY_MAX;
    assert(inline_len <= UINT16_MAX && key.len <= UINT32_MAX);
    entry *e = alloc(entry_head_bytes(key.len, encoding != ENCODING_INLINE, expires) + inline_len);
    *e = (entry){.type = type,
                 .encoding = encoding,
                 .flags = expires ? ENTRY_EXPIRES : 0,
                 .key_len = long_key ? ENTRY_KEY_IS_LONG : key.len,
                 .value_len = inline_len};
    if (expires) entry_set_expiry_ms(e, expiry_ms);
    char *at = e->body + entry_key_offset(e);
    if (long_key) {
        uint32_t len = (uint32_t)key.len;
        memcpy(at, &len, sizeof(len));
        at += sizeof(len);
    }
    memcpy(at, key.data, key.len);
    return e;
}

entry *entry_new_structure(slice key, enum value_type type, void *structure, int64_t expiry_ms) {
    entry *e = entry_new(key, type, ENCODING_STRUCTURE, expiry_ms, 0);
    entry_set_pointer(e, structure);
    return e;
}

/* The same value under that key and expiry. */
static entry *copy_shell(const entry *e, slice key, int64_t expiry_ms) {
    size_t inline_len = e->encoding == ENCODING_INLINE ? e->value_len : 0;
    entry *copy = entry_new(key, e->type, e->encoding, expiry_ms, inline_len);
    copy->flags |= e->flags & ENTRY_VALUE_FLAGS;
    copy->recency = e->recency;
    copy->size_class = e->size_class;
    copy->value_len = e->value_len;
    if (e->encoding == ENCODING_INLINE)
        memcpy(entry_inline_value(copy), entry_inline_value(e), inline_len);
    else
        entry_set_pointer(copy, entry_pointer(e));
    return copy;
}

entry *entry_with_expiry(entry *e, int64_t expiry_ms) {
    bool expires = expiry_ms != NO_EXPIRY;
    if (expires == entry_expires(e)) {
        if (expires) entry_set_expiry_ms(e, expiry_ms);
        return e;
    }
    entry *copy = copy_shell(e, entry_key(e), expiry_ms);
    entry_free_shell(e);
    return copy;
}

entry *entry_with_key(const entry *e, slice key) { return copy_shell(e, key, entry_expiry(e)); }
