/* Entry: a key and its value, in one allocation wherever the sizes allow.
 *
 *     +--------------+-----------------+----------+---------------+-----+------------------+
 *     | header       | payload         | expiry   | long key len  | key | value            |
 *     | 8 bytes      | 8 bytes, not if | 8 bytes  | 4 bytes, if   |     | if it is inline  |
 *     |              | value is inline | if any   | key is > 254  |     |                  |
 *     +--------------+-----------------+----------+---------------+-----+------------------+
 *
 * The payload is the integer itself or a pointer to the value. An expiry is Unix time in milliseconds. A
 * 16-byte key with an 8-digit integer takes 32 bytes, with a 64-byte value and an expiry exactly 96: both are
 * size classes.
 *
 * Entries are made, changed and freed by the keyspace and the types only; this header is how they are read.
 * An entry moves when it is changed: nobody keeps a pointer to one across a write. */
#ifndef STINT_STORE_ENTRY_H
#define STINT_STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slice.h"

enum value_type { TYPE_STRING, TYPE_LIST, TYPE_SET, TYPE_ZSET, TYPE_HASH, TYPE_STREAM };

enum value_encoding {
    ENCODING_INT,       /* payload: the integer */
    ENCODING_INLINE,    /* value_len bytes after the key */
    ENCODING_RAW,       /* payload: pointer to value_len bytes */
    ENCODING_BLOB,      /* payload: blob */
    ENCODING_STRUCTURE, /* payload: pointer to a structure of the type's own */
};

enum entry_flag {
    ENTRY_EXPIRES = 1 << 0,
    ENTRY_EDITED = 1 << 1,          /* a string that was changed in place: OBJECT ENCODING says raw */
    ENTRY_ELEMENTS_EXPIRE = 1 << 2, /* a structure of which elements have an expiry */
};
/* Those that say something of the value, and go with it. */
#define ENTRY_VALUE_FLAGS (ENTRY_EDITED | ENTRY_ELEMENTS_EXPIRE)

#define ENTRY_SHORT_KEY_MAX 254
#define ENTRY_KEY_IS_LONG   255 /* key_len of a longer key: the length stands before the key */

typedef struct entry {
    uint64_t type : 3;       /* enum value_type */
    uint64_t encoding : 3;   /* enum value_encoding */
    uint64_t flags : 5;      /* enum entry_flag */
    uint64_t size_class : 5; /* as which it is counted, see store/census.h */
    uint64_t key_len : 8;
    uint64_t value_len : 16; /* ENCODING_INLINE and ENCODING_RAW */
    uint64_t recency : 24;   /* last access or access frequency, see store/recency.h */
    char body[];
} entry;

_Static_assert(sizeof(entry) == 8, "the header is 8 bytes");

static inline size_t entry_payload_bytes(const entry *e) { return e->encoding == ENCODING_INLINE ? 0 : 8; }

static inline bool entry_expires(const entry *e) { return e->flags & ENTRY_EXPIRES; }

/* Where the key starts in the body, the long length not included. */
static inline size_t entry_key_offset(const entry *e) {
    return entry_payload_bytes(e) + (entry_expires(e) ? 8 : 0);
}

static inline slice entry_key(const entry *e) {
    const char *at = e->body + entry_key_offset(e);
    if (__builtin_expect(e->key_len != ENTRY_KEY_IS_LONG, 1)) return (slice){at, e->key_len};
    uint32_t len;
    memcpy(&len, at, sizeof(len));
    return (slice){at + sizeof(len), len};
}

/* The bytes of an inline value. */
static inline char *entry_inline_value(const entry *e) {
    slice key = entry_key(e);
    return (char *)key.data + key.len;
}

static inline int64_t entry_integer(const entry *e) {
    int64_t value;
    memcpy(&value, e->body, sizeof(value));
    return value;
}

static inline void entry_set_integer(entry *e, int64_t value) { memcpy(e->body, &value, sizeof(value)); }

static inline void *entry_pointer(const entry *e) {
    void *p;
    memcpy(&p, e->body, sizeof(p));
    return p;
}

static inline void entry_set_pointer(entry *e, const void *p) { memcpy(e->body, &p, sizeof(p)); }

/* In the place of an expiry: none. No time that a key could be given, since it is long past. */
#define NO_EXPIRY (INT64_MIN + 1)

/* When the entry expires, Unix time in ms, to be compared with others: INT64_MAX if it never does. */
static inline int64_t entry_expiry_ms(const entry *e) {
    if (!entry_expires(e)) return INT64_MAX;
    int64_t when;
    memcpy(&when, e->body + entry_payload_bytes(e), sizeof(when));
    return when;
}

/* The same to be handed on: NO_EXPIRY if it never does. */
static inline int64_t entry_expiry(const entry *e) {
    return entry_expires(e) ? entry_expiry_ms(e) : NO_EXPIRY;
}

static inline void entry_set_expiry_ms(entry *e, int64_t when_ms) {
    memcpy(e->body + entry_payload_bytes(e), &when_ms, sizeof(when_ms));
}

/* Bytes of an entry whose key has that length, without an inline value. */
static inline size_t entry_head_bytes(size_t key_len, bool has_payload, bool expires) {
    return sizeof(entry) + (has_payload ? 8 : 0) + (expires ? 8 : 0) +
           (key_len > ENTRY_SHORT_KEY_MAX ? sizeof(uint32_t) : 0) + key_len;
}

/* Bytes that the entry asked the allocator for. */
static inline size_t entry_bytes(const entry *e) {
    size_t head = entry_head_bytes(entry_key(e).len, e->encoding != ENCODING_INLINE, entry_expires(e));
    return e->encoding == ENCODING_INLINE ? head + e->value_len : head;
}

/* A new entry with its header, key and expiry (or NO_EXPIRY) written. The payload, or the inline_len bytes
 * of an inline value, are the caller's to write. */
entry *entry_new(slice key, enum value_type type, enum value_encoding encoding, int64_t expiry_ms,
                 size_t inline_len);

/* A new entry that holds a structure, which is taken over. */
entry *entry_new_structure(slice key, enum value_type type, void *structure, int64_t expiry_ms);

/* Frees the entry's own memory, not what the payload points to. */
static inline void entry_free_shell(entry *e) { alloc_free(e, entry_bytes(e)); }

/* A copy of the entry with another expiry (or NO_EXPIRY), recency kept. The old shell is freed; a payload
 * is carried over as it is. Returns e itself where the layout does not change. */
entry *entry_with_expiry(entry *e, int64_t expiry_ms);

/* A copy of the entry's shell under another key, with its expiry and recency; a payload is carried over. */
entry *entry_with_key(const entry *e, slice key);

#endif
