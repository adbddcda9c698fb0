/* Murmur: the published check values, and every length of the rest that is no whole word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/murmur.h"

#define SEED UINT64_C(0x123456789747b28c)

static void check_values_are_the_published_ones(void **state) {
    (void)state;
    char bytes[254];
    for (int i = 0; i < 254; i++) bytes[i] = (char)(i + 1);
    assert_true(murmur_hash((slice){NULL, 0}, SEED) == UINT64_C(4971528555162033992));
    assert_true(murmur_hash(SLICE("murmur2"), SEED) == UINT64_C(443646041180781888));
    assert_true(murmur_hash((slice){bytes, sizeof(bytes)}, SEED) == UINT64_C(528696902255405805));
}

static void every_byte_counts_wherever_it_is(void **state) {
    (void)state;
    char bytes[40] = {0};
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        uint64_t before = murmur_hash((slice){bytes, len}, SEED);
        assert_true(before != murmur_hash((slice){bytes, len - 1}, SEED));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = 1;
            assert_true(murmur_hash((slice){bytes, len}, SEED) != before);
            bytes[i] = 0;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_values_are_the_published_ones),
        cmocka_unit_test(every_byte_counts_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
