/* Hash: the keyed hash of keys, set members and hash fields.
 *
 * XXH3 with a secret drawn from the kernel at start, so that nobody outside can choose keys that collide. All
 * 64 bits are used: the low ones choose the table's segment, the high ones the bucket and the tag. */
#ifndef STINT_BASE_HASH_H
#define STINT_BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define HASH_SECRET_BYTES 192

extern unsigned char hash_secret[HASH_SECRET_BYTES];

/* Draws the secret. Called once, before the first hash. */
void hash_open(void);

static inline uint64_t hash_bytes(slice s) {
    return XXH3_64bits_withSecret(s.data, s.len, hash_secret, HASH_SECRET_BYTES);
}

#endif
