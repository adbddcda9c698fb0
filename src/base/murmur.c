/* Murmur: MurmurHash64A.
 *
 * The state begins as the seed and the length. Each word of eight bytes, the lowest first, is scrambled by
 * itself (multiplied, its upper bits folded into the lower ones, multiplied again), mixed in, and the state
 * multiplied; up to seven last bytes are mixed in as they are. Two rounds of folding end it. */
#include "base/murmur.h"

#include <assert.h>

#define MULTIPLIER UINT64_C(0xc6a4a7935bd1e995)
#define FOLD_BITS  47

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they lie");

static inline uint64_t fold(uint64_t state) { return state ^ state >> FOLD_BITS; }

uint64_t murmur_hash(slice s, uint64_t seed) {
    uint64_t state = seed ^ s.len * MULTIPLIER;
    const char *p = s.data;
    size_t left = s.len;
    for (; left >= 8; p += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        state = (state ^ fold(word * MULTIPLIER) * MULTIPLIER) * MULTIPLIER;
    }
    if (left > 0) {
        uint64_t tail = 0;
        memcpy(&tail, p, left);
        state = (state ^ tail) * MULTIPLIER;
    }
    return fold(fold(state) * MULTIPLIER);
}
