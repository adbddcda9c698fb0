/* HyperLogLog: how many different elements were seen, told from a few kilobytes.
 *
 * An element's hash chooses one of 16384 registers and says how unlikely it is: one plus its number of low
 * zero bits. A register keeps the highest such value, and from all of them the count is estimated, with a
 * standard error of 0.81 per cent.
 *
 * The values are strings in the format of Redis, so that they can be exchanged byte for byte:
 *
 *     | "HYLL" | encoding | 3 unused | cached count, 8 bytes, lowest first | registers ...
 *
 * The top bit of the cached count says that it is out of date. The dense encoding (0) has six bits for each
 * register, the first in the lowest bits of the first byte. The sparse encoding (1) has runs of registers:
 *
 *     00 llllll            zero: l + 1 registers that are 0
 *     01 llllll llllllll   wide zero: l + 1 of them, the high bits of l first
 *     1 vvvvv ll           values: l + 1 registers that are v + 1
 *
 * and changes to dense once and for all when a value above 32 comes, or a limit on its size is reached.
 *
 * These are functions on bytes. Anybody may write any bytes: what is not of the format is recognised, and
 * nothing outside of the bytes is ever touched. Where bytes are changed, they lie in a room of
 * HYPERLOGLOG_ROOM_BYTES if they are sparse; dense ones stay as long as they are. */
#ifndef STINT_STORE_TYPES_HYPERLOGLOG_H
#define STINT_STORE_TYPES_HYPERLOGLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define HYPERLOGLOG_REGISTERS    16384
#define HYPERLOGLOG_HEADER_BYTES 16
#define HYPERLOGLOG_DENSE_BYTES  (HYPERLOGLOG_HEADER_BYTES + HYPERLOGLOG_REGISTERS * 6 / 8)
/* A run takes no more than two bytes and has at least one register: what is longer is corrupt. */
#define HYPERLOGLOG_SPARSE_MAX_BYTES (HYPERLOGLOG_HEADER_BYTES + HYPERLOGLOG_REGISTERS * 2)
/* The last run may be looked at as if it were a wide one. */
#define HYPERLOGLOG_ROOM_BYTES (HYPERLOGLOG_SPARSE_MAX_BYTES + 1)

/* --- The value as a whole --- */

/* Whether the bytes have the header of a HyperLogLog and, if dense, the length. The functions below take only
 * such bytes. A sparse value's runs may still not be those of 16384 registers: it is corrupt then. */
bool hyperloglog_recognise(slice value);

bool hyperloglog_is_dense(slice value);

/* Writes a value that has seen nothing, sparse. Returns its length. */
size_t hyperloglog_start(char room[HYPERLOGLOG_ROOM_BYTES]);

/* Makes a sparse value dense. False if it is corrupt, nothing changed. */
bool hyperloglog_make_dense(char room[HYPERLOGLOG_ROOM_BYTES], size_t *len);

/* --- Adding --- */

/* What an element says: this register has at least this value. */
struct hyperloglog_claim {
    unsigned index; /* of the register */
    unsigned value; /* 1..51 */
};
struct hyperloglog_claim hyperloglog_claim_of(slice element);

enum hyperloglog_outcome {
    HYPERLOGLOG_SAME,    /* the register was as high before */
    HYPERLOGLOG_RAISED,  /* a change: the cached count is to be dropped */
    HYPERLOGLOG_CORRUPT, /* nothing was changed */
};

/* Where a search in a sparse value begins: at a run, and its first register. Zero is the beginning. */
struct hyperloglog_cursor {
    size_t at; /* offset in the value */
    unsigned first;
};

/* Raises a register to a claim's value. A sparse value that would become longer than sparse_limit_bytes
 * becomes dense. The cursor, zero at first, spares the way to the last place where claims are made in
 * ascending order of their index. */
enum hyperloglog_outcome hyperloglog_raise(char *bytes, size_t *len, struct hyperloglog_claim claim,
                                           size_t sparse_limit_bytes, struct hyperloglog_cursor *cursor);

/* --- Counting --- */

/* The count as of the last change, if it was kept. */
bool hyperloglog_cached_count(slice value, uint64_t *count);
void hyperloglog_cache_count(char *bytes, uint64_t count);
void hyperloglog_drop_cached_count(char *bytes);

/* Estimates the count. False if the value is corrupt. */
bool hyperloglog_count(slice value, uint64_t *count);

/* --- All registers, a byte each --- */

/* Raises the registers to those of the value. False if the value is corrupt; some may be raised then. */
bool hyperloglog_join(slice value, uint8_t registers[HYPERLOGLOG_REGISTERS]);
/* Estimates the count that they stand for. */
uint64_t hyperloglog_count_registers(const uint8_t registers[HYPERLOGLOG_REGISTERS]);
/* Makes the bytes a dense value with these registers (0..63); the cached count stays. */
void hyperloglog_write_dense(char bytes[HYPERLOGLOG_DENSE_BYTES],
                             const uint8_t registers[HYPERLOGLOG_REGISTERS]);

/* --- Looking inside --- */

struct hyperloglog_run {
    size_t bytes;   /* that it takes, 1 or 2 */
    unsigned len;   /* registers */
    unsigned value; /* of each, 0..32 */
};

/* Reads the run of a sparse value at that offset, HYPERLOGLOG_HEADER_BYTES for the first. False at the end,
 * and where a run is cut off. */
bool hyperloglog_read_run(slice value, size_t at, struct hyperloglog_run *run);

#endif
