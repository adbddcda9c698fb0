/* Murmur: Austin Appleby's MurmurHash64A, for formats that prescribe it.
 *
 * Whoever knows the seed can choose texts that collide: tables take the keyed hash of base/hash.h. */
#ifndef STINT_BASE_MURMUR_H
#define STINT_BASE_MURMUR_H

#include <stdint.h>

#include "base/slice.h"

/* The hash of the bytes, the same on every machine. */
uint64_t murmur_hash(slice s, uint64_t seed);

#endif
