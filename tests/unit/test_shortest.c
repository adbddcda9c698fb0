/* Shortest digits: few, and always enough to read the same double back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/shortest.h"

#define ROUNDS 300000

static void assert_digits(double value, const char *digits, int exponent) {
    char found[SHORTEST_DIGITS_MAX];
    int found_exponent, len = shortest_digits(value, found, &found_exponent);
    assert_int_equal(len, strlen(digits));
    assert_memory_equal(found, digits, len);
    assert_int_equal(found_exponent, exponent);
}

static void known_doubles_have_known_digits(void **state) {
    (void)state;
    assert_digits(1, "1", 0);
    assert_digits(0.1, "1", -1);
    assert_digits(0.3, "3", -1);
    assert_digits(1.0 / 3, "3333333333333333", -16);
    assert_digits(123456.789, "123456789", -3);
    assert_digits(9007199254740993.0, "9007199254740992", 0);
    assert_digits(1e22, "1", 22);
    assert_digits(5e-324, "5", -324);
    assert_digits(2.2250738585072014e-308, "22250738585072014", -324);
    assert_digits(1.7976931348623157e308, "17976931348623157", 292);
}

/* Where the algorithm does not find the shortest digits: what clients see elsewhere in these cases. */
static void some_doubles_keep_a_digit_too_many(void **state) {
    (void)state;
    assert_digits(1e23, "9999999999999999", 7);
    assert_digits(0.02695, "26950000000000002", -18);
    assert_digits(64571.96515, "64571965150000004", -12);
}

static double random_positive(int round) {
    switch (round % 5) {
    case 0: return ldexp(1, (int)random_below(2098) - 1074);
    case 1: return (double)(random_below(100000) + 1) / 1000;
    case 2: return (double)(random_u64() | 1);
    case 3: return ldexp((double)(random_below(1000) + 1), -1074);
    default: {
        uint64_t bits;
        double value;
        do bits = random_u64() >> 1;
        while (bits == 0 || bits >> 52 == 0x7ff);
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    }
}

static void random_doubles_read_back_and_need_no_more_digits_than_printf(void **state) {
    (void)state;
    random_seed(1);
    int longer = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double value = random_positive(i);
        char digits[SHORTEST_DIGITS_MAX + 1], text[64];
        digits[SHORTEST_DIGITS_MAX] = '!';
        int exponent, len = shortest_digits(value, digits, &exponent);
        assert_in_range(len, 1, SHORTEST_DIGITS_MAX);
        assert_int_equal(digits[SHORTEST_DIGITS_MAX], '!');
        assert_in_range(digits[0], '1', '9');
        snprintf(text, sizeof(text), "%.*se%d", len, digits, exponent);
        assert_true(strtod(text, NULL) == value);

        snprintf(text, sizeof(text), "%.*e", len - 2 > 0 ? len - 2 : 0, value);
        longer += len > 1 && strtod(text, NULL) == value;
    }
    assert_in_range(longer, 0, ROUNDS / 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_doubles_have_known_digits),
        cmocka_unit_test(some_doubles_keep_a_digit_too_many),
        cmocka_unit_test(random_doubles_read_back_and_need_no_more_digits_than_printf),
    };
    return cmocka_run_group_tests_name("shortest", tests, NULL, NULL);
}
