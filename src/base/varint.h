/* Varint: unsigned lengths in as few bytes as hold them: seven bits a byte, the lowest first, the top bit set
 * in all bytes but the last. */
#ifndef STINT_BASE_VARINT_H
#define STINT_BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* Most bytes of a varint. */
#define VARINT_BYTES_MAX 10

/* Bytes that the value takes: 1 below 128, 2 below 16384 ... */
static inline size_t varint_size(size_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) size++;
    return size;
}

/* Writes the value, varint_size bytes; returns what comes after them. */
static inline char *varint_write(char *at, size_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* Reads a value that varint_write wrote; returns what comes after it. */
static inline const char *varint_read(const char *at, size_t *value) {
    size_t byte = (unsigned char)*at++;
    if (likely(byte < 0x80)) {
        *value = byte;
        return at;
    }
    size_t read = byte & 0x7F;
    for (int shift = 7; byte >= 0x80; shift += 7) {
        byte = (unsigned char)*at++;
        read |= (byte & 0x7F) << shift;
    }
    *value = read;
    return at;
}

#endif
