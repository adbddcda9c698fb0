/* Random: the xoshiro256** generator, and the kernel's.
 *
 * xoshiro256** by David Blackman and Sebastiano Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM
 * TOMS 47(4), 2021: 256 bits of state, a period of 2^256 - 1, all output bits usable. A fixed seed is spread
 * over the state with splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
 * OOPSLA 2014), as the authors advise; the state must not be all zeros, and splitmix64 cannot give four zeros
 * in a row.
 *
 * Numbers below n come from the upper half of a 128-bit product (Lemire, "Fast Random Integer Generation in
 * an Interval", ACM TOMACS 29(1), 2019), which needs a division only in the rare case that a draw may be
 * biased. */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t state[4] = {1, 2, 3, 4};

static inline uint64_t rotate_left(uint64_t x, unsigned by) { return x << by | x >> (64 - by); }

void random_seed(uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        state[i] = z ^ z >> 31;
    }
}

void random_seed_from_os(void) {
    uint64_t seed;
    random_bytes_os(&seed, sizeof(seed));
    random_seed(seed);
}

uint64_t random_u64(void) {
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

uint64_t random_below(uint64_t n) {
    assert(n > 0);
    unsigned __int128 scaled = (unsigned __int128)random_u64() * n;
    if ((uint64_t)scaled < n) {
        uint64_t biased = (0 - n) % n; /* 2^64 mod n: draws with a low half below this come too often */
        while ((uint64_t)scaled < biased) scaled = (unsigned __int128)random_u64() * n;
    }
    return (uint64_t)(scaled >> 64);
}

void random_bytes_os(void *buf, size_t len) {
    char *p = buf;
    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            fprintf(stderr, "The kernel gives no random bytes: %s\n", strerror(errno));
            abort();
        }
        p += got;
        len -= (size_t)got;
    }
}

void random_hex(char *buf, int chars) {
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[RANDOM_HEX_MAX];
    assert(chars >= 0 && chars <= RANDOM_HEX_MAX);
    random_bytes_os(bytes, (size_t)chars);
    for (int i = 0; i < chars; i++) buf[i] = hex[bytes[i] & 15];
}
