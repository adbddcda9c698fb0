/* Checksum: the two cyclic redundancy checks of the ecosystem. */
#ifndef STINT_BASE_CHECKSUM_H
#define STINT_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-64 with Jones's polynomial, as DUMP payloads and RDB files end with. Start with 0 and pass the last
 * result to go on: the checksum of "123456789" is 0xe9c6d914c4b8d9ca. */
uint64_t checksum_crc64(uint64_t crc, const void *data, size_t len);

/* CRC-16/XMODEM, which maps keys to cluster slots: that of "123456789" is 0x31c3. */
uint16_t checksum_crc16(const void *data, size_t len);

#endif
