/* Numbers: which texts are numbers, and how numbers are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ROUNDS 200000

/* A copy of exactly that length on the heap, so that a sanitizer sees any read beyond it. */
static slice heap_copy(slice text) {
    char *data = malloc(text.len);
    memcpy(data, text.data, text.len);
    return (slice){data, text.len};
}

static bool parse_i64(slice text, int64_t *out) {
    slice copy = heap_copy(text);
    bool parsed = number_parse_i64(copy, out);
    free((char *)copy.data);
    return parsed;
}

static bool parse_u64(slice text, uint64_t *out) {
    slice copy = heap_copy(text);
    bool parsed = number_parse_u64(copy, out);
    free((char *)copy.data);
    return parsed;
}

/* Random numbers of all lengths: uniform ones hardly ever are short. */
static uint64_t random_magnitude(void) { return random_u64() >> random_below(64); }

static void canonical_integers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"7", 7},
        {"-1", -1},
        {"10", 10},
        {"12345678", 12345678},
        {"123456789", 123456789},
        {"-9876543210123456", -9876543210123456},
        {"999999999999999999", 999999999999999999},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775807", -INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 42;
        assert_true(parse_i64(slice_of(cases[i].text), &value));
        assert_int_equal(value, cases[i].value);
    }
}

static void other_spellings_are_no_integers(void **state) {
    (void)state;
    static const slice cases[] = {
        SLICE(""),
        SLICE("-"),
        SLICE("+1"),
        SLICE("-0"),
        SLICE("00"),
        SLICE("01"),
        SLICE("-01"),
        SLICE(" 1"),
        SLICE("1 "),
        SLICE("1\0"),
        SLICE("--1"),
        SLICE("1-"),
        SLICE("1.0"),
        SLICE("1e3"),
        SLICE("0x10"),
        SLICE("1234567/"),
        SLICE("1234567:"),
        SLICE(":1234567"),
        SLICE("12345678a"),
        SLICE("1234567\xb8"),
        SLICE("12345678901234567a"),
        SLICE("9223372036854775808"),
        SLICE("-9223372036854775809"),
        SLICE("10000000000000000000"),
        SLICE("18446744073709551616"),
        SLICE("99999999999999999999"),
        SLICE("-18446744073709551615"),
        SLICE("-18446744073709551616"),
        SLICE("000000000000000000000"),
        SLICE("123456789012345678901234567890"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 42;
        uint64_t unsigned_value = 42;
        assert_false(parse_i64(cases[i], &value));
        assert_int_equal(value, 42);
        if (slice_equal(cases[i], SLICE("9223372036854775808"))) continue;
        if (slice_equal(cases[i], SLICE("10000000000000000000"))) continue;
        assert_false(parse_u64(cases[i], &unsigned_value));
        assert_int_equal(unsigned_value, 42);
    }
}

static void unsigned_integers_have_no_sign_and_reach_64_bits(void **state) {
    (void)state;
    uint64_t value = 42;
    assert_false(parse_u64(SLICE("-1"), &value));
    assert_false(parse_u64(SLICE("1844674407370955161:"), &value));
    assert_int_equal(value, 42);
    assert_true(parse_u64(SLICE("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(parse_u64(SLICE("9223372036854775808"), &value));
    assert_true(value == (uint64_t)INT64_MAX + 1);
    assert_true(parse_u64(SLICE("0"), &value));
    assert_int_equal(value, 0);
}

static void integers_are_written_as_printf_does_and_read_back(void **state) {
    (void)state;
    random_seed(1);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t magnitude = random_magnitude();
        int64_t value = random_u64() & 1 ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
        char expected[32], buf[NUMBER_I64_TEXT_MAX + 1];

        buf[NUMBER_I64_TEXT_MAX] = '!';
        int len = snprintf(expected, sizeof(expected), "%" PRId64, value);
        assert_int_equal(number_format_i64(buf, value), len);
        assert_memory_equal(buf, expected, len);
        int64_t back = 0;
        assert_true(parse_i64((slice){buf, (size_t)len}, &back));
        assert_int_equal(back, value);

        len = snprintf(expected, sizeof(expected), "%" PRIu64, magnitude);
        assert_int_equal(number_format_u64(buf, magnitude), len);
        assert_int_equal(number_digits_u64(magnitude), len);
        assert_memory_equal(buf, expected, len);
        uint64_t unsigned_back = 0;
        assert_true(parse_u64((slice){buf, (size_t)len}, &unsigned_back));
        assert_int_equal(unsigned_back, magnitude);
        assert_int_equal(buf[NUMBER_I64_TEXT_MAX], '!');
    }
}

/* The slow and obvious definition: text is a number if printing what strtoll reads gives the text again. */
static bool is_canonical(slice text, int64_t *value) {
    char copy[64], again[64];
    if (text.len == 0 || text.len >= sizeof(copy)) return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *value = strtoll(copy, NULL, 10);
    int len = snprintf(again, sizeof(again), "%" PRId64, *value);
    return (size_t)len == text.len && memcmp(again, text.data, text.len) == 0;
}

static void damaged_integers_are_judged_as_printf_judges_them(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789-+ .e/:\0";
    random_seed(2);
    int accepted = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char text[64];
        size_t len = number_format_i64(text, (int64_t)random_magnitude());
        for (uint64_t damage = random_below(3); damage > 0; damage--) {
            size_t at = random_below(len + 1);
            if (at == len) len++;
            text[at] = alphabet[random_below(sizeof(alphabet) - 1)];
        }
        int64_t expected, value = 0;
        bool canonical = is_canonical((slice){text, len}, &expected);
        assert_int_equal(parse_i64((slice){text, len}, &value), canonical);
        if (canonical) assert_int_equal(value, expected);
        accepted += canonical;
    }
    assert_in_range(accepted, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

static void digits_are_counted_right_around_every_power_of_ten(void **state) {
    (void)state;
    assert_int_equal(number_digits_u64(0), 1);
    uint64_t power = 1;
    for (unsigned digits = 1; digits <= 19; digits++, power *= 10) {
        assert_int_equal(number_digits_u64(power), digits);
        if (power > 1) assert_int_equal(number_digits_u64(power - 1), digits - 1);
        assert_int_equal(number_digits_u64(power + 1), digits);
    }
    assert_int_equal(number_digits_u64(power), 20);
    assert_int_equal(number_digits_u64(UINT64_MAX), 20);
}

static bool parse_double(slice text, double *out) {
    slice copy = heap_copy(text);
    bool parsed = number_parse_double(copy, out);
    free((char *)copy.data);
    return parsed;
}

static bool parse_long_double(slice text, long double *out) {
    slice copy = heap_copy(text);
    bool parsed = number_parse_long_double(copy, out);
    free((char *)copy.data);
    return parsed;
}

static void floats_are_read_as_strtod_reads_them(void **state) {
    (void)state;
    static const char *const cases[] = {
        "0",
        "-0",
        "1",
        "+1",
        "01",
        "-1.5",
        "3.25",
        ".5",
        "5.",
        "-.5",
        "1e5",
        "1E5",
        "1e-5",
        "1e+5",
        "0x1p3",
        "0X1F",
        "0x.8",
        "inf",
        "INF",
        "+inf",
        "-inf",
        "Infinity",
        "-infinity",
        "123456789012345",
        "0.000000000000001",
        "1234567890123456",
        "12345678901234567890123",
        "0.1234567890123456",
        "1e308",
        "1.7976931348623157e308",
        "1e-310",
        "4.9e-324",
        "00000000000000000000000000000000001",
        "1.00000000000000000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 42;
        long double long_value = 42;
        assert_true(parse_double(slice_of(cases[i]), &value));
        assert_true(value == strtod(cases[i], NULL) && !!signbit(value) == (cases[i][0] == '-'));
        assert_true(parse_long_double(slice_of(cases[i]), &long_value));
        assert_true(long_value == strtold(cases[i], NULL) && !!signbit(long_value) == (cases[i][0] == '-'));
    }
}

static void other_texts_are_no_floats(void **state) {
    (void)state;
    static const slice cases[] = {
        SLICE(""),       SLICE(" 1"),      SLICE("1 "),        SLICE("\t1"),     SLICE("1\n"),
        SLICE("-"),      SLICE("+"),       SLICE("."),         SLICE("-."),      SLICE("1.2.3"),
        SLICE("--1"),    SLICE("1e"),      SLICE("1e+"),       SLICE("0x"),      SLICE("0b1"),
        SLICE("1_0"),    SLICE("1,5"),     SLICE("nan"),       SLICE("NaN"),     SLICE("-nan"),
        SLICE("nan(1)"), SLICE("infinit"), SLICE("infinityx"), SLICE("in"),      SLICE("1\0"),
        SLICE("1\0002"), SLICE("abc"),     SLICE("1e5000"),    SLICE("-1e5000"), SLICE("1e-5000"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 42;
        long double long_value = 42;
        assert_false(parse_double(cases[i], &value));
        assert_true(value == 42);
        assert_false(parse_long_double(cases[i], &long_value));
        assert_true(long_value == 42);
    }
}

static void each_float_type_has_its_own_range(void **state) {
    (void)state;
    double value = 42;
    long double long_value;
    assert_false(parse_double(SLICE("1e400"), &value));
    assert_false(parse_double(SLICE("-1e400"), &value));
    assert_false(parse_double(SLICE("1e-400"), &value));
    assert_true(value == 42);
    assert_true(parse_long_double(SLICE("1e400"), &long_value));
    assert_true(long_value == strtold("1e400", NULL));
    assert_true(parse_long_double(SLICE("1e-400"), &long_value));
    assert_true(long_value == 1e-400L);
}

static void float_text_has_a_longest_length(void **state) {
    (void)state;
    char text[NUMBER_FLOAT_INPUT_MAX + 1];
    memset(text, '0', sizeof(text));
    double value;
    long double long_value;
    text[NUMBER_FLOAT_INPUT_MAX - 1] = '1';
    assert_true(parse_double((slice){text, NUMBER_FLOAT_INPUT_MAX}, &value));
    assert_true(value == 1);
    assert_true(parse_long_double((slice){text, NUMBER_FLOAT_INPUT_MAX}, &long_value));
    assert_true(long_value == 1);
    assert_false(parse_double((slice){text, NUMBER_FLOAT_INPUT_MAX + 1}, &value));
    assert_false(parse_long_double((slice){text, NUMBER_FLOAT_INPUT_MAX + 1}, &long_value));
}

static bool parse_weight(slice text, double *out) {
    slice copy = heap_copy(text);
    bool parsed = number_parse_lenient_double(copy, out);
    free((char *)copy.data);
    return parsed;
}

static void weights_are_read_leniently(void **state) {
    (void)state;
    static const struct {
        slice text;
        double value;
    } cases[] = {
        {SLICE(""), 0},
        {SLICE("\0"), 0},
        {SLICE("7"), 7},
        {SLICE("-1.5"), -1.5},
        {SLICE("+.5"), 0.5},
        {SLICE("007"), 7},
        {SLICE("1."), 1},
        {SLICE("1E+3"), 1000},
        {SLICE("2\0x"), 2},
        {SLICE("99999999999999999999"), 1e20},
        {SLICE("4.9e-324"), 4.9e-324},
        {SLICE("1e-400"), 0},
        {SLICE("1e400"), INFINITY},
        {SLICE("-1e5000"), -INFINITY},
        {SLICE("inf"), INFINITY},
        {SLICE("-Infinity"), -INFINITY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 42;
        assert_true(parse_weight(cases[i].text, &value));
        assert_true(value == cases[i].value);
    }
}

static void other_texts_are_no_weights(void **state) {
    (void)state;
    static const slice cases[] = {
        SLICE(" "),   SLICE(" 1"),    SLICE("1 "),     SLICE("\n1"),  SLICE("-"),
        SLICE("."),   SLICE("1e"),    SLICE("0x"),     SLICE("0x10"), SLICE("-0X1p3"),
        SLICE("nan"), SLICE("NaN"),   SLICE("nan(1)"), SLICE("abc"),  SLICE("1_0"),
        SLICE("1,5"), SLICE("infin"), SLICE("1x\0"),   SLICE("1f"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 42;
        assert_false(parse_weight(cases[i], &value));
        assert_true(value == 42);
    }
}

static void weights_may_be_of_any_length(void **state) {
    (void)state;
    char text[3 * NUMBER_FLOAT_INPUT_MAX];
    memset(text, '0', sizeof(text));
    text[sizeof(text) - 1] = '8';
    const size_t lens[] = {NUMBER_FLOAT_INPUT_MAX - 1, NUMBER_FLOAT_INPUT_MAX, NUMBER_FLOAT_INPUT_MAX + 1,
                           NUMBER_FLOAT_INPUT_MAX + 2, sizeof(text)};
    for (size_t i = 0; i < COUNT(lens); i++) {
        double value = 42;
        assert_true(parse_weight((slice){text + sizeof(text) - lens[i], lens[i]}, &value));
        assert_true(value == 8);
    }
}

static void random_decimals_are_read_as_strtod_reads_them(void **state) {
    (void)state;
    random_seed(3);
    for (int i = 0; i < ROUNDS; i++) {
        char text[64];
        int len = snprintf(text, sizeof(text), "%s%" PRIu64, random_below(2) ? "-" : "", random_magnitude());
        if (random_below(3) > 0)
            len += snprintf(text + len, sizeof(text) - (size_t)len, ".%0*" PRIu64, (int)random_below(8),
                            random_magnitude() >> random_below(40));
        double value;
        assert_true(parse_double((slice){text, (size_t)len}, &value));
        assert_true(value == strtod(text, NULL));
    }
}

static void doubles_are_written_in_the_form_clients_know(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1, "-1"},
        {1.5, "1.5"},
        {-2.25, "-2.25"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {100000, "100000"},
        {1e17, "100000000000000000"},
        {1e18, "1000000000000000000"},
        {1e19, "1e+19"},
        {1.8e19, "1.8e+19"},
        {4.6e18, "4600000000000000000"},
        {4611686018427387904.0, "4611686018427387904"},
        {-4611686018427387904.0, "-4611686018427387904"},
        {4611686018427388928.0, "4611686018427389000"},
        {4.62e18, "4.62e+18"},
        {9223372036854775808.0, "9223372036854776000"},
        {18446744073709551616.0, "18446744073709552000"},
        {1e21, "1e+21"},
        {1.234567e26, "1.234567e+26"},
        {123456789012345680.0, "123456789012345680"},
        {1e23, "99999999999999990000000"},
        {1234567890123456.8, "1234567890123456.7"},
        {12345.6, "12345.6"},
        {12345.678901234567, "1.2345678901234567e+4"},
        {3141.59265358, "3141.59265358"},
        {31415.92653589, "3.141592653589e+4"},
        {1000000.123456, "1000000.123456"},
        {1000000.1234567, "1.0000001234567e+6"},
        {0.0001, "0.0001"},
        {0.00001, "0.00001"},
        {0.000012, "0.000012"},
        {0.000001, "0.000001"},
        {0.0000012, "1.2e-6"},
        {0.0000001, "1e-7"},
        {0.001234, "0.001234"},
        {0.0001234, "1.234e-4"},
        {0.0123456789012345, "0.0123456789012345"},
        {1e-310, "1e-310"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {64571.96515, "6.4571965150000004e+4"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[NUMBER_DOUBLE_TEXT_MAX];
        slice text = {buf, number_format_double(buf, cases[i].value)};
        assert_int_equal(text.len, strlen(cases[i].text));
        assert_memory_equal(text.data, cases[i].text, text.len);
    }
}

static double random_double(void) {
    double value;
    do {
        uint64_t bits = random_u64();
        memcpy(&value, &bits, sizeof(value));
    } while (!isfinite(value));
    return value;
}

static void every_written_double_reads_back_as_itself(void **state) {
    (void)state;
    random_seed(4);
    for (int i = 0; i < ROUNDS; i++) {
        double value = random_double();
        if (i % 4 == 1) value = (double)random_magnitude();
        if (i % 4 == 2) value = (double)random_below(1000000) / 1000;
        if (i % 4 == 3) value = ldexp(1, (int)random_below(2098) - 1074);
        char buf[NUMBER_DOUBLE_TEXT_MAX + 1];
        buf[NUMBER_DOUBLE_TEXT_MAX] = '!';
        size_t len = number_format_double(buf, value);
        double back;
        assert_true(parse_double((slice){buf, len}, &back));
        assert_true(back == value);
        assert_int_equal(buf[NUMBER_DOUBLE_TEXT_MAX], '!');
    }
}

static void float_increments_are_written_without_exponent_or_trailing_zeros(void **state) {
    (void)state;
    static const struct {
        long double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0L, "0"},
        {3, "3"},
        {-10, "-10"},
        {100, "100"},
        {10.5L, "10.5"},
        {1.1L + 2.2L, "3.3"},
        {0.1L + 0.2L, "0.3"},
        {5.0e3L, "5000"},
        {1e17L, "100000000000000000"},
        {1e-17L, "0.00000000000000001"},
        {1 + 1e-17L, "1.00000000000000001"},
        {1e-18L, "0"},
        {-1e-20L, "0"},
        {0.0000000000000000050001L, "0.00000000000000001"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[NUMBER_LONG_DOUBLE_TEXT_MAX];
        slice text = {buf, number_format_long_double_fixed(buf, cases[i].value)};
        assert_int_equal(text.len, strlen(cases[i].text));
        assert_memory_equal(text.data, cases[i].text, text.len);
    }
}

static void the_largest_long_double_fits_its_buffer(void **state) {
    (void)state;
    char *buf = malloc(NUMBER_LONG_DOUBLE_TEXT_MAX);
    size_t len = number_format_long_double_fixed(buf, -__LDBL_MAX__);
    long double back;
    assert_int_equal(len, 4933 + 1);
    assert_true(parse_long_double((slice){buf, len}, &back));
    assert_true(back == -__LDBL_MAX__);
    free(buf);
}

static void memory_amounts_have_decimal_and_binary_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"01", 1},
        {"1b", 1},
        {"100k", 100000},
        {"100K", 100000},
        {"100kb", 102400},
        {"100Kb", 102400},
        {"1m", 1000000},
        {"1MB", 1048576},
        {"1g", 1000000000},
        {"1gB", 1073741824},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551k", UINT64_C(18446744073709551000)},
        {"17179869183gb", UINT64_C(17179869183) << 30},
        {"b", 0},
        {"GB", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t bytes = 42;
        assert_true(number_parse_memory(slice_of(cases[i].text), &bytes));
        assert_true(bytes == cases[i].bytes);
    }
    static const slice refused[] = {
        SLICE(""),
        SLICE("bb"),
        SLICE("-1"),
        SLICE("+1"),
        SLICE(" 1"),
        SLICE("1 "),
        SLICE("1 gb"),
        SLICE("1.5g"),
        SLICE("1t"),
        SLICE("1kbb"),
        SLICE("1bb"),
        SLICE("0x10"),
        SLICE("1e3"),
        SLICE("1\0"),
        SLICE("18446744073709551616"),
        SLICE("17179869184gb"),
        SLICE("18446744073709552k"),
        SLICE("99999999999999999999"),
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        uint64_t bytes = 42;
        assert_false(number_parse_memory(refused[i], &bytes));
        assert_int_equal(bytes, 42);
    }
    char text[200];
    memset(text, '0', sizeof(text));
    uint64_t bytes;
    assert_true(number_parse_memory((slice){text, 127}, &bytes));
    assert_false(number_parse_memory((slice){text, 128}, &bytes));
}

static void memory_amounts_are_shown_in_the_largest_unit_that_they_reach(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0B"},
        {1023, "1023B"},
        {1024, "1.00K"},
        {1535, "1.50K"},
        {1048575, "1024.00K"},
        {1048576, "1.00M"},
        {123456789, "117.74M"},
        {UINT64_C(1) << 31, "2.00G"},
        {UINT64_C(1) << 40, "1.00T"},
        {UINT64_C(1) << 50, "1.00P"},
        {UINT64_C(1) << 60, "1152921504606846976B"},
        {UINT64_MAX, "18446744073709551615B"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[NUMBER_HUMAN_TEXT_MAX];
        size_t len = number_format_bytes_human(buf, cases[i].bytes);
        assert_int_equal(len, strlen(cases[i].text));
        assert_memory_equal(buf, cases[i].text, len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_integers_are_read),
        cmocka_unit_test(other_spellings_are_no_integers),
        cmocka_unit_test(unsigned_integers_have_no_sign_and_reach_64_bits),
        cmocka_unit_test(integers_are_written_as_printf_does_and_read_back),
        cmocka_unit_test(damaged_integers_are_judged_as_printf_judges_them),
        cmocka_unit_test(digits_are_counted_right_around_every_power_of_ten),
        cmocka_unit_test(floats_are_read_as_strtod_reads_them),
        cmocka_unit_test(other_texts_are_no_floats),
        cmocka_unit_test(each_float_type_has_its_own_range),
        cmocka_unit_test(float_text_has_a_longest_length),
        cmocka_unit_test(weights_are_read_leniently),
        cmocka_unit_test(other_texts_are_no_weights),
        cmocka_unit_test(weights_may_be_of_any_length),
        cmocka_unit_test(random_decimals_are_read_as_strtod_reads_them),
        cmocka_unit_test(doubles_are_written_in_the_form_clients_know),
        cmocka_unit_test(every_written_double_reads_back_as_itself),
        cmocka_unit_test(float_increments_are_written_without_exponent_or_trailing_zeros),
        cmocka_unit_test(the_largest_long_double_fits_its_buffer),
        cmocka_unit_test(memory_amounts_have_decimal_and_binary_units),
        cmocka_unit_test(memory_amounts_are_shown_in_the_largest_unit_that_they_reach),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
