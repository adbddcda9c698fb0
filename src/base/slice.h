/* Slice: a borrowed run of bytes.
 *
 * Arguments of a request, keys and values are passed around as slices. A slice owns nothing: whoever made it
 * says how long the bytes live. Bytes are binary safe; a slice is not NUL-terminated. */
#ifndef STINT_BASE_SLICE_H
#define STINT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
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

/* Whether both hold the same bytes. */
static inline bool slice_equal(slice a, slice b) {
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
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
