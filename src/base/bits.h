/* Bits: strings of bytes taken as strings of bits, for SETBIT, BITCOUNT, BITPOS, BITOP and BITFIELD.
 *
 * Bit 0 is the most significant bit of the first byte. */
#ifndef STINT_BASE_BITS_H
#define STINT_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* How many bits are set in the bytes. */
uint64_t bits_count(const void *data, size_t len);

/* The same in one of the ways that bits_count chooses from, the plainest being 0, so that tests reach them
 * all. False if there is no way of that number on this processor. */
bool bits_count_in_way(size_t way, const void *data, size_t len, uint64_t *count);

/* How many bits are set from bit `from` up to, not including, bit `end`. The data holds bit end - 1. */
uint64_t bits_count_range(const void *data, uint64_t from, uint64_t end);

/* Position of the first bit of that value from bit `from` up to, not including, bit `end`; -1 if there is
 * none. The data holds bit end - 1. */
int64_t bits_find(const void *data, uint64_t from, uint64_t end, bool value);

/* The value of one bit. The data holds it. */
static inline bool bits_get(const void *data, uint64_t offset) {
    return (((const unsigned char *)data)[offset >> 3] >> (7 - (offset & 7))) & 1;
}

/* Sets one bit. The data holds it. */
static inline void bits_set(void *data, uint64_t offset, bool value) {
    unsigned char *byte = (unsigned char *)data + (offset >> 3);
    unsigned char mask = (unsigned char)(0x80 >> (offset & 7));
    *byte = value ? (unsigned char)(*byte | mask) : (unsigned char)(*byte & ~mask);
}

enum bits_operation {
    BITS_AND,
    BITS_OR,
    BITS_XOR,
    BITS_NOT,   /* of the first source, the only one */
    BITS_DIFF,  /* in the first and in none of the others */
    BITS_DIFF1, /* not in the first, and in one of the others or more */
    BITS_ANDOR, /* in the first, and in one of the others or more */
    BITS_ONE,   /* in exactly one of the sources */
};

/* Combines the sources bit by bit into dst. Sources shorter than dst_len count as filled up with zero bits,
 * what is beyond dst_len is not looked at. count is at least 1; dst overlaps no source. */
void bits_combine(enum bits_operation operation, unsigned char *dst, size_t dst_len, const slice *sources,
                  size_t count);

/* Reads the width (1..64) bits at that offset as an unsigned number, most significant bit first. Bits beyond
 * the data are zero. */
uint64_t bits_read_unsigned(slice data, uint64_t offset, unsigned width);

/* The same as a two's complement signed number. */
int64_t bits_read_signed(slice data, uint64_t offset, unsigned width);

/* Writes the low width (1..64) bits of the value at that offset, most significant bit first. The data holds
 * all of them. */
void bits_write(void *data, uint64_t offset, unsigned width, uint64_t value);

/* What to do with a sum that does not fit its width. */
enum bits_overflow {
    BITS_WRAP, /* keep the low bits */
    BITS_SAT,  /* go to the nearest value that fits */
    BITS_FAIL, /* refuse */
};

/* value + increment in width (1..63) bits. The value itself may be too large: an increment of 0 fits it.
 * False, with *out untouched, only for an overflow with BITS_FAIL. */
bool bits_add_unsigned(uint64_t value, int64_t increment, unsigned width, enum bits_overflow overflow,
                       uint64_t *out);

/* The same for signed numbers of width 1..64. */
bool bits_add_signed(int64_t value, int64_t increment, unsigned width, enum bits_overflow overflow,
                     int64_t *out);

#endif
