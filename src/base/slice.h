/* Slice: a borrowed run of bytes.
 *
 * Arguments of a request, keys and values are passed around as slices. A slice owns nothing: whoever made it
 * says how long the bytes live. Bytes are binary safe; a slice is not NUL-terminated. */
#ifndef STINT_BASE_SLICE_H
#define STINT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

typedef struct slice {
    const char *data;
    size_t len;
} slice;

/* The slice of a string literal. */
#define SLICE(literal) ((slice){"" literal, sizeof(literal) - 1})

/* The slice of a NUL-terminated string, which must outlive it. */
static inline slice slice_of(const char *text) { return (slice){text, strlen(text)}; }

/* Whether eight bytes at a equal those at b, or four. */
static inline bool words_equal_8(const char *a, const char *b) {
    uint64_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return left == right;
}

static inline bool words_equal_4(const char *a, const char *b) {
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return left == right;
}

/* Whether len bytes at a equal those at b. Keys, fields and members are mostly short: for up to 16 bytes, two
 * words that may overlap cost less than the call of memcmp(). */
static inline bool bytes_equal(const char *a, const char *b, size_t len) {
    if (len > 16) return memcmp(a, b, len) == 0;
    if (len >= 8) return words_equal_8(a, b) && words_equal_8(a + len - 8, b + len - 8);
    if (len >= 4) return words_equal_4(a, b) && words_equal_4(a + len - 4, b + len - 4);
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i]) return false;
    return true;
}

/* Whether both hold the same bytes. */
static inline bool slice_equal(slice a, slice b) {
    return a.len == b.len && bytes_equal(a.data, b.data, a.len);
}

/* Compares bytes, a prefix before what it begins: below, at or above zero. */
static inline int slice_compare(slice a, slice b) {
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Whether the slice is that word, ASCII letters compared without case: how options are recognised. */
static inline bool slice_is(slice s, const char *word) {
    return strlen(word) == s.len && strncasecmp(s.data, word, s.len) == 0;
}

#endif
