/* Bytes: growable byte runs for the end-to-end tests.
 *
 * Memory is doubled as needed. A test that cannot get memory cannot say anything, so failing allocations end
 * the program with status 2 instead of being passed up. */
#include "bytes.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

void *must_alloc(size_t size) {
    void *p = calloc(1, size > 0 ? size : 1);
    if (p == NULL) die("out of memory");
    return p;
}

void *must_realloc(void *p, size_t size) {
    void *q = realloc(p, size);
    if (q == NULL) die("out of memory");
    return q;
}

char *bytes_copy(const char *data, size_t len) {
    char *copy = must_alloc(len + 1);
    memcpy(copy, data, len);
    return copy;
}

char *bytes_reserve(bytes *b, size_t room) {
    size_t needed = b->len + room + 1;
    if (needed > b->capacity) {
        size_t capacity = b->capacity > 0 ? b->capacity : 64;
        while (capacity < needed) capacity *= 2;
        b->data = must_realloc(b->data, capacity);
        b->capacity = capacity;
    }
    return b->data + b->len;
}

void bytes_append(bytes *b, const void *data, size_t len) {
    char *end = bytes_reserve(b, len);
    if (len > 0) memcpy(end, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void bytes_put(bytes *b, char c) { bytes_append(b, &c, 1); }

void bytes_text(bytes *b, const char *text) { bytes_append(b, text, strlen(text)); }

void bytes_format(bytes *b, const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) die("out of memory");
    bytes_append(b, text, (size_t)len);
    free(text);
}

void bytes_drop(bytes *b, size_t len) {
    if (len == 0) return;
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

static void quote_byte(bytes *b, unsigned char c) {
    switch (c) {
    case '"': bytes_text(b, "\\\""); break;
    case '\\': bytes_text(b, "\\\\"); break;
    case '\n': bytes_text(b, "\\n"); break;
    case '\r': bytes_text(b, "\\r"); break;
    case '\t': bytes_text(b, "\\t"); break;
    default:
        if (c < 0x80 && isprint(c))
            bytes_put(b, (char)c);
        else
            bytes_format(b, "\\x%02x", c);
    }
}

void bytes_quote(bytes *b, const char *data, size_t len, size_t shown) {
    size_t end = shown > 0 && len > shown ? shown : len;
    bytes_put(b, '"');
    for (size_t i = 0; i < end; i++) quote_byte(b, (unsigned char)data[i]);
    bytes_put(b, '"');
    if (end < len) bytes_format(b, "... (%zu bytes)", len);
}

void bytes_free(bytes *b) {
    free(b->data);
    *b = (bytes){0};
}
