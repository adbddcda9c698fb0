/* Slice: whether bytes are equal, for every length around those that are compared as words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

enum { LEN_MAX = 40 };

/* Two copies of the same bytes, each of exactly that length, so that a sanitizer sees any access beyond. */
static void make_alike(char **a, char **b, size_t len) {
    *a = malloc(len);
    *b = malloc(len);
    for (size_t i = 0; i < len; i++) (*a)[i] = (*b)[i] = (char)(31 * i);
}

static void bytes_that_are_alike_are_equal(void **state) {
    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        char *a, *b;
        make_alike(&a, &b, len);
        assert_true(bytes_equal(a, b, len));
        assert_true(slice_equal((slice){a, len}, (slice){b, len}));
        free(a);
        free(b);
    }
}

static void a_single_bit_anywhere_makes_a_difference(void **state) {
    (void)state;
    for (size_t len = 1; len <= LEN_MAX; len++) {
        char *a, *b;
        make_alike(&a, &b, len);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            b[bit / 8] ^= (char)(1 << bit % 8);
            assert_false(bytes_equal(a, b, len));
            b[bit / 8] ^= (char)(1 << bit % 8);
        }
        free(a);
        free(b);
    }
}

static void a_prefix_is_not_equal(void **state) {
    (void)state;
    for (size_t len = 1; len <= LEN_MAX; len++) {
        char *a, *b;
        make_alike(&a, &b, len);
        assert_false(slice_equal((slice){a, len}, (slice){b, len - 1}));
        free(a);
        free(b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_alike_are_equal),
        cmocka_unit_test(a_single_bit_anywhere_makes_a_difference),
        cmocka_unit_test(a_prefix_is_not_equal),
    };
    return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
