/* Fuzzes the reading of numbers: what is accepted must be what the C library reads, and must survive being
 * written and read again. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_integers(slice text) {
    char buf[NUMBER_I64_TEXT_MAX > NUMBER_U64_TEXT_MAX ? NUMBER_I64_TEXT_MAX : NUMBER_U64_TEXT_MAX];
    int64_t value;
    uint64_t unsigned_value;
    bool is_signed = number_parse_i64(text, &value), is_unsigned = number_parse_u64(text, &unsigned_value);
    if (is_signed) {
        assert(slice_equal(text, (slice){buf, number_format_i64(buf, value)}));
        assert(is_unsigned == (value >= 0) && (value < 0 || unsigned_value == (uint64_t)value));
    }
    if (is_unsigned) assert(slice_equal(text, (slice){buf, number_format_u64(buf, unsigned_value)}));
}

static void check_double(slice text) {
    double value, back;
    if (!number_parse_double(text, &value)) return;
    char *copy = malloc(text.len + 1), *end;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    assert(strtod(copy, &end) == value && end == copy + text.len && !isnan(value));
    free(copy);

    char buf[NUMBER_DOUBLE_TEXT_MAX];
    size_t len = number_format_double(buf, value);
    assert(number_parse_double((slice){buf, len}, &back) && back == value);
}

static void check_long_double(slice text) {
    long double value, back;
    if (!number_parse_long_double(text, &value) || !isfinite(value)) return;
    char buf[NUMBER_LONG_DOUBLE_TEXT_MAX];
    size_t len = number_format_long_double_fixed(buf, value);
    assert(number_parse_long_double((slice){buf, len}, &back));
    assert(fabsl(back - value) <= 1e-17L || back == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = malloc(size), human[NUMBER_HUMAN_TEXT_MAX];
    if (size > 0) memcpy(copy, data, size);
    slice text = {copy, size};
    check_integers(text);
    check_double(text);
    check_long_double(text);
    uint64_t bytes;
    if (number_parse_memory(text, &bytes)) assert(number_format_bytes_human(human, bytes) >= 2);
    free(copy);
    return 0;
}
