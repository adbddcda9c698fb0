/* Bits: strings of bits, worked on a word or a vector at a time.
 *
 * There are several ways to count, from arithmetic on words to vectors of 64 bytes with a counting
 * instruction; the best that the processor has is chosen once, before main. Combining is written with 32-byte
 * vectors that the compiler maps to what the target has; it runs in blocks that stay in the first-level
 * cache, so that many sources are read once each and the result is written once.
 *
 * A field of up to 64 bits at any offset lies within nine bytes: it is moved through one 128-bit number. */
#include "base/bits.h"

#include <assert.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are swapped to have the first bit on top");

static inline uint64_t load_word(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* The last bytes, fewer than a word, as a word. */
static inline uint64_t load_tail(const unsigned char *p, size_t len) {
    uint64_t word = 0;
    if (len > 0) memcpy(&word, p, len); /* p may be NULL if there is nothing */
    return word;
}

#if defined(__aarch64__)

static uint64_t count_neon(const unsigned char *p, size_t len) {
    uint64_t count = 0;
    while (len >= 16) {
        /* A byte of the sum grows by at most 8 a step: 31 steps fit. */
        size_t steps = len / 16 < 31 ? len / 16 : 31;
        uint8x16_t sums = vdupq_n_u8(0);
        for (size_t i = 0; i < steps; i++, p += 16) sums = vaddq_u8(sums, vcntq_u8(vld1q_u8(p)));
        count += vaddlvq_u8(sums);
        len -= steps * 16;
    }
    for (; len >= 8; p += 8, len -= 8) count += (uint64_t)__builtin_popcountll(load_word(p));
    return count + (uint64_t)__builtin_popcountll(load_tail(p, len));
}

#else

/* Bits of a word without a counting instruction: sums of two, four, eight bits side by side, then of all
 * bytes. */
static inline uint64_t word_bits(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return word * UINT64_C(0x0101010101010101) >> 56;
}

static uint64_t count_portable(const unsigned char *p, size_t len) {
    uint64_t count = 0;
    for (; len >= 8; p += 8, len -= 8) count += word_bits(load_word(p));
    return count + word_bits(load_tail(p, len));
}

#endif

#if defined(__x86_64__)

__attribute__((target("popcnt"))) static uint64_t count_popcnt(const unsigned char *p, size_t len) {
    /* Four sums, because each addition waits for the one before. */
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; len >= 32; p += 32, len -= 32) {
        a += (uint64_t)__builtin_popcountll(load_word(p));
        b += (uint64_t)__builtin_popcountll(load_word(p + 8));
        c += (uint64_t)__builtin_popcountll(load_word(p + 16));
        d += (uint64_t)__builtin_popcountll(load_word(p + 24));
    }
    for (; len >= 8; p += 8, len -= 8) a += (uint64_t)__builtin_popcountll(load_word(p));
    return a + b + c + d + (uint64_t)__builtin_popcountll(load_tail(p, len));
}

/* Counts in the bytes of a vector: the halves of each byte look their count up in a table of sixteen. */
__attribute__((target("avx2,popcnt"))) static uint64_t count_avx2(const unsigned char *p, size_t len) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2,
                                           2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low_half = _mm256_set1_epi8(0x0f);
    __m256i sums = _mm256_setzero_si256();
    while (len >= 32) {
        size_t steps = len / 32 < 31 ? len / 32 : 31; /* a byte grows by at most 8 a step */
        __m256i bytes = _mm256_setzero_si256();
        len -= steps * 32;
        for (; steps > 0; steps--, p += 32) {
            __m256i v = _mm256_loadu_si256((const __m256i *)p);
            __m256i low = _mm256_and_si256(v, low_half);
            __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low_half);
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table, low));
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table, high));
        }
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
    }
    uint64_t parts[4];
    _mm256_storeu_si256((__m256i *)parts, sums);
    return parts[0] + parts[1] + parts[2] + parts[3] + count_popcnt(p, len);
}

__attribute__((target("avx512f,avx512vpopcntdq,popcnt"))) static uint64_t count_avx512(const unsigned char *p,
                                                                                       size_t len) {
    __m512i a = _mm512_setzero_si512(), b = a;
    for (; len >= 128; p += 128, len -= 128) {
        a = _mm512_add_epi64(a, _mm512_popcnt_epi64(_mm512_loadu_si512(p)));
        b = _mm512_add_epi64(b, _mm512_popcnt_epi64(_mm512_loadu_si512(p + 64)));
    }
    return (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(a, b)) + count_popcnt(p, len);
}

#endif

typedef uint64_t counter(const unsigned char *p, size_t len);

/* The ways to count, the best last. */
static counter *const ways[] = {
#if defined(__x86_64__)
    count_portable,
    count_popcnt,
    count_avx2,
    count_avx512,
#elif defined(__aarch64__)
    count_neon,
#else
    count_portable,
#endif
};
#define WAY_COUNT (sizeof(ways) / sizeof(ways[0]))

static bool way_works(size_t way) {
#if defined(__x86_64__)
    if (ways[way] == count_popcnt) return __builtin_cpu_supports("popcnt");
    if (ways[way] == count_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    if (ways[way] == count_avx512) return __builtin_cpu_supports("avx512vpopcntdq");
#endif
    return way < WAY_COUNT;
}

static counter *count_bytes;

__attribute__((constructor)) static void choose_counting(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    for (size_t way = 0; way < WAY_COUNT; way++)
        if (way_works(way)) count_bytes = ways[way];
}

uint64_t bits_count(const void *data, size_t len) { return count_bytes(data, len); }

bool bits_count_in_way(size_t way, const void *data, size_t len, uint64_t *count) {
    if (way >= WAY_COUNT || !way_works(way)) return false;
    *count = ways[way](data, len);
    return true;
}

/* The bits from `from` up to `end` within one byte, as a mask; both are 0..8. */
static inline unsigned byte_mask(unsigned from, unsigned end) { return 0xffu >> from & ~(0xffu >> end); }

uint64_t bits_count_range(const void *data, uint64_t from, uint64_t end) {
    const unsigned char *p = data;
    if (from >= end) return 0;
    uint64_t first = from >> 3,
             last = end >> 3; /* the byte of the first bit, and the one of the bit behind */
    unsigned head = from & 7, tail = end & 7;
    if (first == last) return (uint64_t)__builtin_popcount(p[first] & byte_mask(head, tail));

    uint64_t count = 0;
    if (head != 0) count += (uint64_t)__builtin_popcount(p[first++] & byte_mask(head, 8));
    if (tail != 0) count += (uint64_t)__builtin_popcount(p[last] & byte_mask(0, tail));
    return count + bits_count(p + first, last - first);
}

/* Position of the first set bit of a byte, 0 being the most significant. The byte is not zero. */
static inline unsigned first_bit(unsigned byte) { return (unsigned)__builtin_clz(byte) - 24; }

int64_t bits_find(const void *data, uint64_t from, uint64_t end, bool value) {
    const unsigned char *p = data;
    if (from >= end) return -1;
    /* A byte or word is flipped so that the bit looked for is always a one. */
    const unsigned flip = value ? 0 : 0xff;
    const uint64_t flip_word = value ? 0 : UINT64_MAX;
    uint64_t byte = from >> 3, last = end >> 3;

    /* The byte that the range begins in the middle of; the range may end in it too. */
    if ((from & 7) != 0) {
        unsigned found = (p[byte] ^ flip) & byte_mask(from & 7, byte == last ? end & 7 : 8);
        if (found != 0) return (int64_t)(byte * 8 + first_bit(found));
        if (byte++ == last) return -1;
    }
    for (; byte + 32 <= last; byte += 32) {
        const unsigned char *q = p + byte;
        if ((load_word(q) ^ flip_word) | (load_word(q + 8) ^ flip_word) | (load_word(q + 16) ^ flip_word) |
            (load_word(q + 24) ^ flip_word))
            break;
    }
    for (; byte + 8 <= last; byte += 8) {
        uint64_t found = __builtin_bswap64(load_word(p + byte) ^ flip_word);
        if (found != 0) return (int64_t)(byte * 8 + (uint64_t)__builtin_clzll(found));
    }
    for (; byte < last; byte++)
        if ((p[byte] ^ flip) != 0) return (int64_t)(byte * 8 + first_bit(p[byte] ^ flip));
    if ((end & 7) != 0) {
        unsigned found = (p[last] ^ flip) & byte_mask(0, end & 7);
        if (found != 0) return (int64_t)(last * 8 + first_bit(found));
    }
    return -1;
}

/* Blocks of the result that stay in the first-level cache while all sources pass over them. */
#define COMBINE_BLOCK_BYTES 8192

typedef uint64_t vector __attribute__((vector_size(32), aligned(1), may_alias));

/* Inlined in whatever the options: into the loops where the step is a constant, and into what is compiled for
 * a better processor than the rest. */
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* What becomes of a piece of the result when a source passes over it. */
enum step { STEP_AND, STEP_OR, STEP_XOR, STEP_ONLY_SOURCE, STEP_ONLY_RESULT };

/* A macro, because it serves vectors, and bytes where vectors end. */
#define APPLY_STEP(step, result, source)                                                                     \
    ((step) == STEP_AND           ? (result) & (source)                                                      \
     : (step) == STEP_OR          ? (result) | (source)                                                      \
     : (step) == STEP_XOR         ? (result) ^ (source)                                                      \
     : (step) == STEP_ONLY_SOURCE ? ~(result) & (source)                                                     \
                                  : (result) & ~(source))

ALWAYS_INLINE void pass(enum step step, unsigned char *dst, const unsigned char *src, size_t len) {
    size_t i = 0;
    for (; i + sizeof(vector) <= len; i += sizeof(vector)) {
        vector *result = (vector *)(dst + i);
        *result = APPLY_STEP(step, *result, *(const vector *)(src + i));
    }
    for (; i < len; i++) dst[i] = (unsigned char)APPLY_STEP(step, dst[i], src[i]);
}

/* The part of a source that lies in the block of len bytes at offset; what is missing at its end is zeros. */
static slice block_of(slice source, size_t offset, size_t len) {
    if (source.len <= offset) return (slice){NULL, 0};
    size_t rest = source.len - offset;
    return (slice){source.data + offset, rest < len ? rest : len};
}

/* Begins a block of the result with that of a source. */
static inline void start_block(unsigned char *dst, size_t len, slice block) {
    if (block.len > 0) memcpy(dst, block.data, block.len);
    memset(dst + block.len, 0, len - block.len);
}

ALWAYS_INLINE void pass_block(enum step step, unsigned char *dst, size_t len, slice block) {
    const unsigned char *src = (const unsigned char *)block.data;
    switch (step) {
    case STEP_AND: pass(STEP_AND, dst, src, block.len); break;
    case STEP_OR: pass(STEP_OR, dst, src, block.len); break;
    case STEP_XOR: pass(STEP_XOR, dst, src, block.len); break;
    case STEP_ONLY_SOURCE: pass(STEP_ONLY_SOURCE, dst, src, block.len); break;
    case STEP_ONLY_RESULT: pass(STEP_ONLY_RESULT, dst, src, block.len); break;
    }
    /* Zeros passing over the rest change nothing but where the source must have the bit. */
    if (step == STEP_AND || step == STEP_ONLY_SOURCE) memset(dst + block.len, 0, len - block.len);
}

/* Remembers in `seen` the bits that any source has, in `again` those that a source has after another one. */
ALWAYS_INLINE void pass_seen(unsigned char *seen, unsigned char *again, slice block) {
    const unsigned char *src = (const unsigned char *)block.data;
    size_t i = 0;
    for (; i + sizeof(vector) <= block.len; i += sizeof(vector)) {
        vector source = *(const vector *)(src + i);
        *(vector *)(again + i) |= *(vector *)(seen + i) & source;
        *(vector *)(seen + i) |= source;
    }
    for (; i < block.len; i++) {
        again[i] |= seen[i] & src[i];
        seen[i] |= src[i];
    }
}

/* Computes len bytes of the result, those that begin at that offset of the sources. */
ALWAYS_INLINE void combine_block(enum bits_operation operation, unsigned char *dst, size_t offset, size_t len,
                                 const slice *sources, size_t count) {
    slice first = block_of(sources[0], offset, len);
    slice second = count > 1 ? block_of(sources[1], offset, len) : (slice){NULL, 0};
    unsigned char again[COMBINE_BLOCK_BYTES];

    switch (operation) {
    case BITS_AND:
    case BITS_OR:
    case BITS_XOR: {
        enum step step = operation == BITS_AND ? STEP_AND : operation == BITS_OR ? STEP_OR : STEP_XOR;
        start_block(dst, len, first);
        for (size_t i = 1; i < count; i++) pass_block(step, dst, len, block_of(sources[i], offset, len));
        return;
    }
    case BITS_NOT:
        memset(dst, 0xff, len);
        pass_block(STEP_ONLY_RESULT, dst, len, first);
        return;
    case BITS_DIFF:
    case BITS_DIFF1:
    case BITS_ANDOR: {
        enum step step = operation == BITS_DIFF    ? STEP_ONLY_SOURCE
                         : operation == BITS_DIFF1 ? STEP_ONLY_RESULT
                                                   : STEP_AND;
        start_block(dst, len, second);
        for (size_t i = 2; i < count; i++) pass_block(STEP_OR, dst, len, block_of(sources[i], offset, len));
        pass_block(step, dst, len, first);
        return;
    }
    case BITS_ONE:
        start_block(dst, len, first);
        memset(again, 0, len);
        for (size_t i = 1; i < count; i++) pass_seen(dst, again, block_of(sources[i], offset, len));
        pass_block(STEP_ONLY_RESULT, dst, len, (slice){(const char *)again, len});
        return;
    }
}

typedef void combiner(enum bits_operation operation, unsigned char *dst, size_t offset, size_t len,
                      const slice *sources, size_t count);

static void combine_portable(enum bits_operation operation, unsigned char *dst, size_t offset, size_t len,
                             const slice *sources, size_t count) {
    combine_block(operation, dst, offset, len, sources, count);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void combine_avx2(enum bits_operation operation, unsigned char *dst,
                                                         size_t offset, size_t len, const slice *sources,
                                                         size_t count) {
    combine_block(operation, dst, offset, len, sources, count);
}
#endif

static combiner *combine = combine_portable;

__attribute__((constructor)) static void choose_combining(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) combine = combine_avx2;
#endif
}

void bits_combine(enum bits_operation operation, unsigned char *dst, size_t dst_len, const slice *sources,
                  size_t count) {
    assert(count > 0 && (operation != BITS_NOT || count == 1));
    for (size_t offset = 0; offset < dst_len; offset += COMBINE_BLOCK_BYTES) {
        size_t len = dst_len - offset < COMBINE_BLOCK_BYTES ? dst_len - offset : COMBINE_BLOCK_BYTES;
        combine(operation, dst + offset, offset, len, sources, count);
    }
}

/* Bytes that hold a field of 64 bits when it begins at the last bit of the first. */
#define FIELD_BYTES_MAX 9

/* Bytes from the first to the last that the field touches. */
static inline size_t field_bytes(uint64_t offset, unsigned width) { return ((offset & 7) + width + 7) / 8; }

/* The first 16 bytes as a number whose top bit is the first bit, and back. */
static inline unsigned __int128 load_wide(const unsigned char bytes[16]) {
    return (unsigned __int128)__builtin_bswap64(load_word(bytes)) << 64 |
           __builtin_bswap64(load_word(bytes + 8));
}

static inline void store_wide(unsigned char bytes[16], unsigned __int128 wide) {
    uint64_t words[2] = {__builtin_bswap64((uint64_t)(wide >> 64)), __builtin_bswap64((uint64_t)wide)};
    memcpy(bytes, words, sizeof(words));
}

uint64_t bits_read_unsigned(slice data, uint64_t offset, unsigned width) {
    assert(width >= 1 && width <= 64);
    uint64_t first = offset >> 3;
    if (first >= data.len) return 0;
    unsigned char bytes[16] = {0};
    size_t len = data.len - first < FIELD_BYTES_MAX ? data.len - first : FIELD_BYTES_MAX;
    memcpy(bytes, data.data + first, len);
    return (uint64_t)(load_wide(bytes) << (offset & 7) >> (128 - width));
}

int64_t bits_read_signed(slice data, uint64_t offset, unsigned width) {
    /* The sign bit goes to the top and is drawn along on the way back. */
    return (int64_t)(bits_read_unsigned(data, offset, width) << (64 - width)) >> (64 - width);
}

void bits_write(void *data, uint64_t offset, unsigned width, uint64_t value) {
    assert(width >= 1 && width <= 64);
    unsigned char *p = (unsigned char *)data + (offset >> 3), bytes[16] = {0};
    size_t len = field_bytes(offset, width);
    unsigned behind = 128 - width - (offset & 7); /* bits after the field */
    unsigned __int128 mask = (unsigned __int128)(UINT64_MAX >> (64 - width)) << behind;
    memcpy(bytes, p, len);
    store_wide(bytes, (load_wide(bytes) & ~mask) | ((unsigned __int128)value << behind & mask));
    memcpy(p, bytes, len);
}

bool bits_add_unsigned(uint64_t value, int64_t increment, unsigned width, enum bits_overflow overflow,
                       uint64_t *out) {
    assert(width >= 1 && width <= 63);
    const uint64_t max = UINT64_MAX >> (64 - width);
    __int128 sum = (__int128)value + increment;
    if (sum >= 0 && sum <= max)
        *out = (uint64_t)sum;
    else if (overflow == BITS_FAIL)
        return false;
    else if (overflow == BITS_SAT)
        *out = sum < 0 ? 0 : max;
    else
        *out = (uint64_t)sum & max;
    return true;
}

bool bits_add_signed(int64_t value, int64_t increment, unsigned width, enum bits_overflow overflow,
                     int64_t *out) {
    assert(width >= 1 && width <= 64);
    const int64_t max = (int64_t)(UINT64_MAX >> (64 - width) >> 1), min = -max - 1;
    __int128 sum = (__int128)value + increment;
    /* Redis takes a value that is further than 64 bits below the upper end for one above it. */
    bool above = sum > max || (width < 64 && (__int128)max - value > INT64_MAX);
    if (sum >= min && !above)
        *out = (int64_t)sum;
    else if (overflow == BITS_FAIL)
        return false;
    else if (overflow == BITS_SAT)
        *out = above ? max : min;
    else
        *out = (int64_t)((uint64_t)sum << (64 - width)) >> (64 - width);
    return true;
}
