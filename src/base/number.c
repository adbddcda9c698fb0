/* Number: text to number and back.
 *
 * Whole numbers are the hot path (every INCR, and every value stored is tried as an integer), so both
 * directions are written out here: reading takes eight digits a step inside one 64-bit word, writing takes
 * two digits a division from a table. Floating point text is left to the C library but for plain short
 * decimals, which are computed directly: digits below 2^53 and a power of ten up to 10^22 are both exact
 * doubles, so their quotient is correctly rounded. The locale must be "C" for numbers, as it is in a program
 * that never sets another.
 *
 * How a double is laid out (when an exponent is used and when zeros) follows what clients of the protocol see
 * elsewhere, not printf. */
#include "base/number.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/shortest.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "digits are read eight at a time, first one lowest");

static const uint64_t powers_of_ten[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    UINT64_C(10000000000000000000),
};

#define U64_DIGITS_SAFE 19 /* that many digits fit in 64 bits whatever they are */

/* Whether all eight bytes are digits: each has 3 as its high half, and still has it with 6 added. */
static inline bool are_digits(uint64_t bytes) {
    const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0), threes = UINT64_C(0x3030303030303030);
    return (bytes & high) == threes && ((bytes + UINT64_C(0x0606060606060606)) & high) == threes;
}

/* The value of eight digits, by adding up neighbours: digits to pairs, pairs to fours, fours to the eight. */
static inline uint64_t eight_digits(uint64_t bytes) {
    bytes &= UINT64_C(0x0f0f0f0f0f0f0f0f);
    bytes = (bytes * 10 + (bytes >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    bytes = (bytes * 100 + (bytes >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (bytes * 10000 + (bytes >> 32)) & UINT64_C(0xffffffff);
}

/* Reads digits only, in any spelling (leading zeros too). len is 1..U64_DIGITS_SAFE. */
static inline bool parse_digits(const char *p, size_t len, uint64_t *out) {
    uint64_t value = 0;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t bytes;
        memcpy(&bytes, p, sizeof(bytes));
        if (!are_digits(bytes)) return false;
        value = value * 100000000 + eight_digits(bytes);
    }
    for (; len > 0; p++, len--) {
        unsigned digit = (unsigned char)*p - (unsigned)'0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Reads a whole number without sign or leading zeros. */
static inline bool parse_canonical(const char *p, size_t len, uint64_t *out) {
    if (len == 0 || len > NUMBER_U64_TEXT_MAX || (*p == '0' && len > 1)) return false;
    if (len <= U64_DIGITS_SAFE) return parse_digits(p, len, out);

    uint64_t value;
    unsigned last = (unsigned char)p[U64_DIGITS_SAFE] - (unsigned)'0';
    if (last > 9 || !parse_digits(p, U64_DIGITS_SAFE, &value)) return false;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, last, &value))
        return false;
    *out = value;
    return true;
}

bool number_parse_u64(slice text, uint64_t *out) { return parse_canonical(text.data, text.len, out); }

bool number_parse_i64(slice text, int64_t *out) {
    uint64_t magnitude;
    if (text.len > 0 && text.data[0] == '-') {
        if (!parse_canonical(text.data + 1, text.len - 1, &magnitude)) return false;
        if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1) return false;
        *out = (int64_t)(0 - magnitude);
        return true;
    }
    if (!parse_canonical(text.data, text.len, &magnitude) || magnitude > INT64_MAX) return false;
    *out = (int64_t)magnitude;
    return true;
}

unsigned number_digits_u64(uint64_t value) {
    /* 1233 / 4096 is log10(2), close enough to name the digits of the power of two below the value or one
     * less. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned digits = bits * 1233 >> 12;
    return digits + (value >= powers_of_ten[digits]) + (value == 0);
}

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
                                  "2021222324252627282930313233343536373839"
                                  "4041424344454647484950515253545556575859"
                                  "6061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

static inline void put_pair(char *p, uint32_t pair) { memcpy(p, digit_pairs + 2 * pair, 2); }

/* Eight digits, leading zeros too. The two halves do not wait for each other. */
static inline void put_eight(char *p, uint32_t value) {
    uint32_t high = value / 10000, low = value % 10000;
    put_pair(p, high / 100);
    put_pair(p + 2, high % 100);
    put_pair(p + 4, low / 100);
    put_pair(p + 6, low % 100);
}

size_t number_format_u64(char *buf, uint64_t value) {
    unsigned len = number_digits_u64(value);
    char *p = buf + len;
    for (; value >= 100000000; value /= 100000000) put_eight(p -= 8, (uint32_t)(value % 100000000));
    uint32_t rest = (uint32_t)value; /* divisions of 32 bits are cheaper */
    for (; rest >= 100; rest /= 100) put_pair(p -= 2, rest % 100);
    if (rest >= 10)
        put_pair(buf, rest);
    else
        *buf = (char)('0' + rest);
    return len;
}

size_t number_format_i64(char *buf, int64_t value) {
    if (value >= 0) return number_format_u64(buf, (uint64_t)value);
    *buf = '-';
    return 1 + number_format_u64(buf + 1, 0 - (uint64_t)value);
}

/* Plain decimals such as 42, -1.5 and 0.25. Takes no part of what it does not know; false means ask strtod.
 */
static bool parse_plain_decimal(slice text, double *out) {
    const unsigned digits_max = 15; /* below 2^53: exact as a double, as is every power of ten up to 10^22 */
    const char *p = text.data, *end = text.data + text.len;
    bool negative = p < end && *p == '-';
    if (negative) p++;
    uint64_t value = 0;
    unsigned digits = 0, decimals = 0;
    bool point = false;
    for (; p < end; p++) {
        unsigned digit = (unsigned char)*p - (unsigned)'0';
        if (digit <= 9) {
            if (++digits > digits_max) return false;
            value = value * 10 + digit;
            decimals += point;
        } else if (*p == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    if (digits == 0) return false;
    double magnitude = (double)value / (double)powers_of_ten[decimals];
    *out = negative ? -magnitude : magnitude;
    return true;
}

/* Copies the text for strtod, which wants a NUL at the end and would skip white space before the number. */
static bool copy_float_text(char *buf, slice text) {
    if (text.len == 0 || text.len > NUMBER_FLOAT_INPUT_MAX || isspace((unsigned char)text.data[0]))
        return false;
    memcpy(buf, text.data, text.len);
    buf[text.len] = '\0';
    return true;
}

bool number_parse_double(slice text, double *out) {
    if (parse_plain_decimal(text, out)) return true;

    char buf[NUMBER_FLOAT_INPUT_MAX + 1], *end;
    if (!copy_float_text(buf, text)) return false;
    errno = 0;
    double value = strtod(buf, &end);
    if (end != buf + text.len || isnan(value)) return false;
    /* Too large and too small to be told from zero are errors; a denormal sets ERANGE too but is a value. */
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *out = value;
    return true;
}

bool number_parse_lenient_double(slice text, double *out) {
    text.len = strnlen(text.data, text.len);
    if (text.len == 0) {
        *out = 0;
        return true;
    }
    if (parse_plain_decimal(text, out)) return true;
    if (isspace((unsigned char)text.data[0]) || memchr(text.data, 'x', text.len) ||
        memchr(text.data, 'X', text.len))
        return false;
    char buf[NUMBER_FLOAT_INPUT_MAX + 1], *copy = text.len < sizeof(buf) ? buf : alloc(text.len + 1), *end;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    double value = strtod(copy, &end);
    bool whole = end == copy + text.len && !isnan(value);
    if (whole) *out = value;
    if (copy != buf) alloc_free(copy, text.len + 1);
    return whole;
}

bool number_parse_long_double(slice text, long double *out) {
    char buf[NUMBER_FLOAT_INPUT_MAX + 1], *end;
    if (!copy_float_text(buf, text)) return false;
    errno = 0;
    long double value = strtold(buf, &end);
    if (end != buf + text.len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *out = value;
    return true;
}

static size_t put(char *buf, const char *text, size_t len) {
    memcpy(buf, text, len);
    return len;
}

static size_t put_zeros(char *buf, int count) {
    memset(buf, '0', (size_t)count);
    return (size_t)count;
}

/* digits * 10^exponent with the point in its place, by zeros in front or behind if need be. */
static size_t format_positional(char *buf, const char *digits, int count, int exponent) {
    char *p = buf;
    int whole = count + exponent; /* digits before the point */
    if (exponent >= 0) {
        p += put(p, digits, (size_t)count);
        p += put_zeros(p, exponent);
    } else if (whole > 0) {
        p += put(p, digits, (size_t)whole);
        *p++ = '.';
        p += put(p, digits + whole, (size_t)-exponent);
    } else {
        p += put(p, "0.", 2);
        p += put_zeros(p, -whole);
        p += put(p, digits, (size_t)count);
    }
    return (size_t)(p - buf);
}

/* digits * 10^exponent as d.ddde+x, the exponent without leading zeros. */
static size_t format_scientific(char *buf, const char *digits, int count, int exponent) {
    char *p = buf;
    *p++ = digits[0];
    if (count > 1) {
        *p++ = '.';
        p += put(p, digits + 1, (size_t)count - 1);
    }
    int power = exponent + count - 1;
    *p++ = 'e';
    *p++ = power < 0 ? '-' : '+';
    p += number_format_u64(p, (uint64_t)abs(power));
    return (size_t)(p - buf);
}

/* Whole values up to here are written digit by digit, exactly; beyond, shortest digits are filled up with
 * zeros. */
#define DOUBLE_EXACT_WHOLE_MAX 4611686018427387904.0 /* 2^62 */

size_t number_format_double(char *buf, double value) {
    if (isnan(value)) return put(buf, "nan", 3);
    char *p = buf;
    if (signbit(value)) {
        *p++ = '-';
        value = -value;
    }
    if (isinf(value)) {
        p += put(p, "inf", 3);
    } else if (value <= DOUBLE_EXACT_WHOLE_MAX && value == (double)(uint64_t)value) {
        p += number_format_u64(p, (uint64_t)value);
    } else {
        char digits[SHORTEST_DIGITS_MAX];
        int exponent, count = shortest_digits(value, digits, &exponent);
        int power = exponent + count - 1; /* of the first digit */
        bool positional = exponent >= 0 ? power < count + 7 : exponent > -7 || abs(power) < 4;
        p += positional ? format_positional(p, digits, count, exponent)
                        : format_scientific(p, digits, count, exponent);
    }
    assert(p - buf <= NUMBER_DOUBLE_TEXT_MAX);
    return (size_t)(p - buf);
}

size_t number_format_long_double_fixed(char *buf, long double value) {
    assert(isfinite(value));
    int written = snprintf(buf, NUMBER_LONG_DOUBLE_TEXT_MAX, "%.17Lf", value);
    assert(written > 0 && written < NUMBER_LONG_DOUBLE_TEXT_MAX);
    size_t len = (size_t)written;
    while (buf[len - 1] == '0') len--; /* stops at the point, which is always there */
    if (buf[len - 1] == '.') len--;
    if (len == 2 && buf[0] == '-' && buf[1] == '0') {
        buf[0] = '0';
        len = 1;
    }
    return len;
}

static const struct {
    const char *name;
    uint64_t bytes;
} memory_units[] = {
    {"", 1},
    {"b", 1},
    {"k", 1000},
    {"kb", 1024},
    {"m", 1000 * 1000},
    {"mb", 1024 * 1024},
    {"g", 1000 * 1000 * 1000},
    {"gb", 1024 * 1024 * 1024},
};

#define MEMORY_TEXT_MAX 127 /* leading zeros are accepted, but not without end */

bool number_parse_memory(slice text, uint64_t *bytes) {
    if (text.len == 0 || text.len > MEMORY_TEXT_MAX) return false;
    uint64_t amount = 0;
    size_t i = 0;
    for (; i < text.len && isdigit((unsigned char)text.data[i]); i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (__builtin_mul_overflow(amount, 10, &amount) || __builtin_add_overflow(amount, digit, &amount))
            return false;
    }
    slice unit = {text.data + i, text.len - i};
    for (size_t u = 0; u < sizeof(memory_units) / sizeof(memory_units[0]); u++) {
        if (!slice_is(unit, memory_units[u].name)) continue;
        if (__builtin_mul_overflow(amount, memory_units[u].bytes, &amount)) return false;
        *bytes = amount;
        return true;
    }
    return false;
}

size_t number_format_bytes_human(char *buf, uint64_t bytes) {
    static const char units[] = "KMGTP";
    int unit = -1;
    double amount = (double)bytes;
    for (uint64_t rest = bytes; rest >= 1024; rest /= 1024) {
        unit++;
        amount /= 1024;
    }
    /* Beyond the last unit there is no letter that operators know: plain bytes again. */
    int len = unit < 0 || units[unit] == '\0'
                  ? snprintf(buf, NUMBER_HUMAN_TEXT_MAX, "%lluB", (unsigned long long)bytes)
                  : snprintf(buf, NUMBER_HUMAN_TEXT_MAX, "%.2f%c", amount, units[unit]);
    assert(len > 0 && len < NUMBER_HUMAN_TEXT_MAX);
    return (size_t)len;
}
