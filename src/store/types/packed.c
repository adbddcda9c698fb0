/* Packed: how elements are encoded, and walking and changing runs of them.
 *
 * An element is a body and a tail: the first byte of the body says how long the body is, the last byte of the
 * tail says the same to who walks backwards.
 *
 *     first byte           body                                     integers
 *     0vvvvvvv             the byte itself, without a tail          0 to 127
 *     10llllll             l bytes of text, at most 63
 *     1100vvvv             1 byte more                              12 bits, with sign
 *     1101vvvv             2 bytes more                             20 bits
 *     1110vvvv             3 bytes more                             28 bits
 *     11110000 to ...0100  4 to 8 bytes more                        32, 40, 48, 56, 64 bits
 *     11111000             length in 1 byte, text
 *     11111001             length in 2 bytes, text
 *     11111010             length in 8 bytes, text
 *
 *     last byte            tail
 *     0vvvvvvv             the element is that byte
 *     1lllllll             this byte; the body takes l bytes, 1 to 125
 *     11111110             before it, 2 bytes with the body's length
 *     11111111             before it, 8 bytes with the body's length
 *
 * The four bits in the first byte are an integer's highest; bytes are little-endian. The shortest form that
 * holds a value is the only one allowed, so an element is found by comparing bytes. */
#include "store/types/packed.h"

#include <assert.h>

#include "base/alloc.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lengths and integers are copied as they are");

enum {
    TEXT_SHORT = 0x80, /* to TEXT_SHORT + TEXT_SHORT_MAX */
    INTEGER_12 = 0xc0,
    INTEGER_20 = 0xd0,
    INTEGER_28 = 0xe0,
    INTEGER_WIDE = 0xf0, /* to INTEGER_64: that many bytes and 4 */
    INTEGER_64 = 0xf4,
    TEXT_8 = 0xf8,
    TEXT_16 = 0xf9,
    TEXT_64 = 0xfa,

    TAIL_SHORT = 0x80, /* to TAIL_SHORT + TAIL_SHORT_MAX */
    TAIL_16 = 0xfe,
    TAIL_64 = 0xff,
};
#define TEXT_SHORT_MAX 63
#define TAIL_SHORT_MAX 125
#define WIDE_BYTES_MIN 4
#define HEAD_BYTES_MAX 9 /* a first byte and 8 of an integer or a length */
#define TAIL_BYTES_MAX 9
#define COUNT_NOT_KEPT UINT16_MAX
#define SIZES_4(n)     (n), (n) + 1, (n) + 2, (n) + 3
#define SIZES_16(n)    SIZES_4(n), SIZES_4((n) + 4), SIZES_4((n) + 8), SIZES_4((n) + 12)

const uint8_t packed_short_sizes[256] = {
    [0 ... 0x7f] = 1,
    [TEXT_SHORT] = SIZES_16(2),
    SIZES_16(18),
    SIZES_16(34),
    SIZES_16(50),
    [INTEGER_12... INTEGER_12 + 15] = 3,
    [INTEGER_20... INTEGER_20 + 15] = 4,
    [INTEGER_28... INTEGER_28 + 15] = 5,
    [INTEGER_WIDE] = SIZES_4(6),
    10,
};

/* --- Encoding --- */

static inline uint64_t load(const char *p, size_t bytes) {
    uint64_t value = 0;
    memcpy(&value, p, bytes);
    return value;
}

static size_t tail_bytes(size_t body) {
    if (likely(body <= TAIL_SHORT_MAX)) return 1;
    return body <= UINT16_MAX ? 3 : 9;
}

static size_t write_tail(char *p, size_t body) {
    size_t bytes = tail_bytes(body);
    memcpy(p, &body, bytes - 1);
    p[bytes - 1] = (char)(bytes == 1 ? TAIL_SHORT + body : bytes == 3 ? TAIL_16 : TAIL_64);
    return bytes;
}

/* Bytes beside the four bits in the first byte, or all, that an integer needs; it is not 0 to 127. */
static size_t integer_bytes(int64_t value) {
    uint64_t magnitude = (uint64_t)(value < 0 ? ~value : value); /* the sign takes one bit more */
    unsigned bits = 65 - (unsigned)__builtin_clzll(magnitude | 1);
    if (bits <= 28) return bits <= 12 ? 1 : bits <= 20 ? 2 : 3;
    return bits <= 32 ? WIDE_BYTES_MIN : (bits + 7) / 8;
}

/* The body up to the text. Returns its length. */
static inline size_t write_integer_head(char head[HEAD_BYTES_MAX], int64_t value) {
    if ((uint64_t)value < TEXT_SHORT) {
        head[0] = (char)value;
        return 1;
    }
    size_t bytes = integer_bytes(value);
    if (bytes < WIDE_BYTES_MIN)
        head[0] = (char)((INTEGER_12 + (bytes - 1) * 16) | ((value >> (8 * bytes)) & 15));
    else
        head[0] = (char)(INTEGER_WIDE + bytes - WIDE_BYTES_MIN);
    memcpy(head + 1, &value, bytes);
    return 1 + bytes;
}

static inline size_t text_head_bytes(size_t len) {
    if (likely(len <= TEXT_SHORT_MAX)) return 1;
    return len <= UINT8_MAX ? 2 : len <= UINT16_MAX ? 3 : 9;
}

static inline size_t write_text_head(char head[HEAD_BYTES_MAX], size_t len) {
    size_t bytes = text_head_bytes(len);
    head[0] = (char)(bytes == 1 ? TEXT_SHORT + len : bytes == 2 ? TEXT_8 : bytes == 3 ? TEXT_16 : TEXT_64);
    memcpy(head + 1, &len, bytes - 1);
    return bytes;
}

static inline size_t write_head(char head[HEAD_BYTES_MAX], const struct packed_value *v) {
    return packed_is_integer(v) ? write_integer_head(head, v->integer) : write_text_head(head, v->text.len);
}

static inline bool is_single_byte(const struct packed_value *v) {
    return packed_is_integer(v) && (uint64_t)v->integer < TEXT_SHORT;
}

size_t packed_encoded_len(const struct packed_value *v) {
    if (is_single_byte(v)) return 1;
    size_t body =
        packed_is_integer(v) ? 1 + integer_bytes(v->integer) : text_head_bytes(v->text.len) + v->text.len;
    return body + tail_bytes(body);
}

static void write_element(char *p, const struct packed_value *v) {
    size_t body = write_head(p, v);
    if (!packed_is_integer(v)) {
        memcpy(p + body, v->text.data, v->text.len);
        body += v->text.len;
    }
    if (!is_single_byte(v)) write_tail(p + body, body);
}

/* --- Walking --- */

/* Length of the head of a text that is not short, and the text's length. */
static inline size_t read_text_head(const char *p, uint64_t *len) {
    size_t bytes = (size_t)1 << ((unsigned char)*p - TEXT_8);
    if (bytes == 4) bytes = 8;
    *len = load(p + 1, bytes);
    return 1 + bytes;
}

size_t packed_long_size(const char *element) {
    uint64_t len;
    size_t body = read_text_head(element, &len);
    body += len;
    return body + tail_bytes(body);
}

size_t packed_previous(slice run, size_t at) {
    assert(at > PACKED_HEADER_BYTES);
    const char *end = run.data + at;
    unsigned last = (unsigned char)end[-1];
    if (last < TAIL_SHORT) return at - 1;
    if (likely(last < TAIL_16)) return at - 1 - (last - TAIL_SHORT);
    if (last == TAIL_16) return at - 3 - load(end - 3, 2);
    return at - 9 - load(end - 9, 8);
}

static inline size_t kept_count(const char *bytes) { return load(bytes, 2); }

size_t packed_count(slice run) {
    size_t count = kept_count(run.data);
    if (likely(count != COUNT_NOT_KEPT)) return count;
    count = 0;
    for (size_t at = packed_first(run); at < run.len; at = packed_next(run, at)) count++;
    return count;
}

size_t packed_at(slice run, size_t index) {
    size_t count = packed_count(run);
    assert(index <= count);
    if (index <= count / 2) {
        size_t at = packed_first(run);
        while (index-- > 0) at = packed_next(run, at);
        return at;
    }
    size_t at = run.len;
    for (; index < count; index++) at = packed_previous(run, at);
    return at;
}

/* Sign-extends the low bits of a value. */
static inline int64_t extend(uint64_t value, unsigned bits) {
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

size_t packed_read(slice run, size_t at, struct packed_value *v) {
    const char *p = run.data + at;
    unsigned first = (unsigned char)*p;
    if (first >= TEXT_SHORT && first <= TEXT_SHORT + TEXT_SHORT_MAX) {
        v->text = (slice){p + 1, first - TEXT_SHORT};
        return at + v->text.len + 2;
    }
    if (unlikely(first >= TEXT_8)) {
        uint64_t len;
        size_t head = read_text_head(p, &len);
        v->text = (slice){p + head, len};
        return at + head + len + tail_bytes(head + len);
    }
    v->text = (slice){0};
    if (first < TEXT_SHORT) {
        v->integer = (int64_t)first;
        return at + 1;
    }
    switch (first & 0xf0) {
    case INTEGER_12: v->integer = extend((uint64_t)(first & 15) << 8 | load(p + 1, 1), 12); return at + 3;
    case INTEGER_20: v->integer = extend((uint64_t)(first & 15) << 16 | load(p + 1, 2), 20); return at + 4;
    case INTEGER_28: v->integer = extend((uint64_t)(first & 15) << 24 | load(p + 1, 3), 28); return at + 5;
    default: break;
    }
    size_t bytes = first - INTEGER_WIDE + WIDE_BYTES_MIN;
    v->integer = extend(load(p + 1, bytes), (unsigned)(8 * bytes));
    return at + 1 + bytes + 1;
}

void packed_get(slice run, size_t at, struct packed_value *v) { packed_read(run, at, v); }

bool packed_value_equal(const struct packed_value *a, const struct packed_value *b) {
    if (packed_is_integer(a) || packed_is_integer(b))
        return packed_is_integer(a) && packed_is_integer(b) && a->integer == b->integer;
    return slice_equal(a->text, b->text);
}

/* --- Finding --- */

size_t packed_find(slice run, size_t from, const struct packed_value *v, size_t skip) {
    char head[HEAD_BYTES_MAX];
    size_t head_len = write_head(head, v), text_len = v->text.len;
    for (size_t at = from; at < run.len;) {
        const char *p = run.data + at;
        if (*p == head[0] && (head_len == 1 || memcmp(p, head, head_len) == 0) &&
            bytes_equal(p + head_len, v->text.data, text_len))
            return at;
        at = packed_next(run, at);
        for (size_t i = 0; i < skip; i++) at = packed_next(run, at);
    }
    return run.len;
}

/* --- Changing --- */

static void keep_count(char *bytes, size_t count) {
    uint16_t kept = count > PACKED_COUNT_KEPT_MAX ? COUNT_NOT_KEPT : (uint16_t)count;
    memcpy(bytes, &kept, sizeof(kept));
}

/* To be called when the elements are added. */
static void count_added(char *bytes, size_t count) {
    if (likely(kept_count(bytes) != COUNT_NOT_KEPT)) keep_count(bytes, kept_count(bytes) + count);
}

/* To be called when the elements are gone: a count that was not kept may have become small enough. */
static void count_removed(char *bytes, size_t len, size_t count) {
    size_t kept = kept_count(bytes);
    keep_count(bytes, kept == COUNT_NOT_KEPT ? packed_count((slice){bytes, len}) : kept - count);
}

size_t packed_insert_at(char *bytes, size_t len, size_t at, const struct packed_value *v) {
    size_t size = packed_encoded_len(v);
    memmove(bytes + at + size, bytes + at, len - at);
    write_element(bytes + at, v);
    count_added(bytes, 1);
    return len + size;
}

size_t packed_replace_at(char *bytes, size_t len, size_t at, const struct packed_value *v) {
    size_t before = packed_size((slice){bytes, len}, at), after = packed_encoded_len(v);
    if (before != after) memmove(bytes + at + after, bytes + at + before, len - at - before);
    write_element(bytes + at, v);
    return len - before + after;
}

size_t packed_remove_range(char *bytes, size_t len, size_t from, size_t to, size_t count) {
    memmove(bytes + from, bytes + to, len - to);
    len -= to - from;
    count_removed(bytes, len, count);
    return len;
}

size_t packed_remove_at(char *bytes, size_t len, size_t at, size_t count) {
    size_t to = at;
    for (size_t i = 0; i < count; i++) to = packed_next((slice){bytes, len}, to);
    return packed_remove_range(bytes, len, at, to, count);
}

size_t packed_insert_range(char *bytes, size_t len, size_t at, slice run, size_t from, size_t to,
                           size_t count) {
    memmove(bytes + at + (to - from), bytes + at, len - at);
    memcpy(bytes + at, run.data + from, to - from);
    count_added(bytes, count);
    return len + (to - from);
}

size_t packed_append_range(char *bytes, size_t len, slice run, size_t from, size_t to, size_t count) {
    return packed_insert_range(bytes, len, len, run, from, to, count);
}

char *packed_prepend(char *bytes, const struct packed_value *v) {
    char *start = bytes - packed_encoded_len(v);
    memmove(start, bytes, PACKED_HEADER_BYTES);
    write_element(start + PACKED_HEADER_BYTES, v);
    count_added(start, 1);
    return start;
}

char *packed_drop_front(char *bytes, size_t len, size_t to, size_t count) {
    size_t dropped = to - PACKED_HEADER_BYTES;
    char *start = bytes + dropped;
    memmove(start, bytes, PACKED_HEADER_BYTES);
    count_removed(start, len - dropped, count);
    return start;
}

/* --- Building --- */

void packed_builder_open(struct packed_builder *b) {
    b->bytes = b->nearby;
    b->capacity = sizeof(b->nearby);
    b->len = PACKED_HEADER_BYTES;
    memset(b->bytes, 0, PACKED_HEADER_BYTES);
}

void packed_builder_release(struct packed_builder *b) {
    if (b->bytes != b->nearby) alloc_free(b->bytes, b->capacity);
}

static void builder_grow(struct packed_builder *b, size_t needed) {
    size_t capacity = 2 * b->capacity > needed ? 2 * b->capacity : needed;
    char *bytes = alloc(capacity);
    memcpy(bytes, b->bytes, b->len);
    packed_builder_release(b);
    b->bytes = bytes;
    b->capacity = capacity;
}

void packed_builder_add(struct packed_builder *b, const struct packed_value *v) {
    size_t needed = b->len + packed_encoded_len(v);
    if (needed > b->capacity) builder_grow(b, needed);
    b->len = packed_append(b->bytes, b->len, v);
}

/* --- Checking --- */

/* Bytes that must be there to tell the element's size. */
static size_t head_bytes(unsigned first) {
    switch (first) {
    case TEXT_8: return 2;
    case TEXT_16: return 3;
    case TEXT_64: return 9;
    default: return 1;
    }
}

/* Whether an element starts at p, with limit bytes left, and is encoded as it should be. */
static bool element_valid(const char *p, size_t limit, size_t *size) {
    unsigned first = (unsigned char)*p;
    if (first > TEXT_64 || (first > INTEGER_64 && first < TEXT_8)) return false;
    if (head_bytes(first) > limit) return false;
    /* A length that would wrap around is more than there is. */
    if (first == TEXT_64 && load(p + 1, 8) > limit) return false;
    *size = packed_size((slice){p, limit}, 0);
    if (*size > limit) return false;

    struct packed_value v;
    packed_get((slice){p, *size}, 0, &v);
    if (!packed_is_integer(&v)) {
        struct packed_value same = packed_value_of(v.text);
        if (packed_is_integer(&same)) return false;
    }
    char head[HEAD_BYTES_MAX], tail[TAIL_BYTES_MAX];
    size_t head_len = write_head(head, &v);
    if (packed_encoded_len(&v) != *size || memcmp(p, head, head_len) != 0) return false;
    if (is_single_byte(&v)) return true;
    size_t body = head_len + v.text.len, tail_len = write_tail(tail, body);
    return memcmp(p + body, tail, tail_len) == 0;
}

bool packed_valid(slice bytes) {
    if (bytes.len < PACKED_HEADER_BYTES) return false;
    size_t count = 0, size;
    for (size_t at = PACKED_HEADER_BYTES; at < bytes.len; at += size, count++)
        if (!element_valid(bytes.data + at, bytes.len - at, &size)) return false;
    size_t kept = kept_count(bytes.data);
    return kept == COUNT_NOT_KEPT ? count > PACKED_COUNT_KEPT_MAX : kept == count;
}
