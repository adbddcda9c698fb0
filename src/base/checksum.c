/* Checksum: CRC-64/Jones and CRC-16/XMODEM by table.
 *
 * CRC-64 runs over whole files, so it takes sixteen bytes a step ("slicing", Kounavis and Berry, 2005): table
 * k tells what a byte does to the remainder when k more bytes follow it, and the sixteen look-ups of a step
 * do not depend on each other. CRC-16 only ever sees short keys and goes byte by byte. The tables (32 kB and
 * 512 bytes) are computed before main. */
#include "base/checksum.h"

#include <assert.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's lowest byte is the first one");

#define CRC64_REFLECTED_POLYNOMIAL                                                                           \
    UINT64_C(0x95ac9329ac4bc9b5) /* 0xad93d23594c935a9 with its bits reversed */
#define CRC16_POLYNOMIAL 0x1021

#define SLICES 16

static uint64_t crc64_tables[SLICES][256];
static uint16_t crc16_table[256];

__attribute__((constructor)) static void fill_tables(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? CRC64_REFLECTED_POLYNOMIAL : 0);
        crc64_tables[0][byte] = crc;

        unsigned short_crc = byte << 8;
        for (int bit = 0; bit < 8; bit++)
            short_crc = short_crc << 1 ^ (short_crc & 0x8000 ? CRC16_POLYNOMIAL : 0);
        crc16_table[byte] = (uint16_t)short_crc;
    }
    for (int k = 1; k < SLICES; k++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t before = crc64_tables[k - 1][byte];
            crc64_tables[k][byte] = before >> 8 ^ crc64_tables[0][before & 0xff];
        }
    }
}

/* What the eight bytes of a word do when `behind` more bytes of the step follow the word. */
static inline uint64_t word_remainder(uint64_t word, int behind) {
    uint64_t crc = 0;
    for (int i = 0; i < 8; i++) crc ^= crc64_tables[behind + 7 - i][word >> 8 * i & 0xff];
    return crc;
}

uint64_t checksum_crc64(uint64_t crc, const void *data, size_t len) {
    const unsigned char *p = data;
    for (; len >= SLICES; p += SLICES, len -= SLICES) {
        uint64_t words[2];
        memcpy(words, p, sizeof(words));
        crc = word_remainder(words[0] ^ crc, 8) ^ word_remainder(words[1], 0);
    }
    for (; len > 0; p++, len--) crc = crc >> 8 ^ crc64_tables[0][(crc ^ *p) & 0xff];
    return crc;
}

uint16_t checksum_crc16(const void *data, size_t len) {
    const unsigned char *p = data;
    uint16_t crc = 0;
    for (; len > 0; p++, len--) crc = (uint16_t)(crc << 8 ^ crc16_table[(crc >> 8 ^ *p) & 0xff]);
    return crc;
}
