/* Random: repeatable from a seed, uniform, and different from the kernel each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/random.h"

#define DRAWS 200000

static void the_same_seed_gives_the_same_numbers(void **state) {
    (void)state;
    uint64_t first[4];
    random_seed(7);
    for (int i = 0; i < 4; i++) first[i] = random_u64();
    random_seed(8);
    assert_true(random_u64() != first[0]);
    random_seed(7);
    for (int i = 0; i < 4; i++) assert_true(random_u64() == first[i]);
}

/* The first outputs for a state filled by splitmix64 from 0, computed with independent arithmetic from the
 * papers. */
static void the_sequence_is_the_published_one(void **state) {
    (void)state;
    static const uint64_t expected[] = {UINT64_C(0x99ec5f36cb75f2b4), UINT64_C(0xbf6e1f784956452a),
                                        UINT64_C(0x1a5f849d4933e6e0), UINT64_C(0x6aa594f1262d2d2c)};
    random_seed(0);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_true(random_u64() == expected[i]);
}

static void seeding_from_the_kernel_differs_every_time(void **state) {
    (void)state;
    random_seed_from_os();
    uint64_t first = random_u64();
    random_seed_from_os();
    assert_true(random_u64() != first);
}

static void numbers_below_a_limit_are_uniform(void **state) {
    (void)state;
    static const uint64_t limits[] = {1, 2, 3, 7, 10, 64, 100};
    random_seed(1);
    for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
        uint64_t counts[100] = {0};
        for (int i = 0; i < DRAWS; i++) {
            uint64_t drawn = random_below(limits[l]);
            assert_true(drawn < limits[l]);
            counts[drawn]++;
        }
        /* Chi square against its mean plus six deviations: the seed is fixed, so this is no lottery. */
        double expected = (double)DRAWS / (double)limits[l], chi = 0, freedom = (double)limits[l] - 1;
        for (uint64_t i = 0; i < limits[l]; i++)
            chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
        assert_true(chi <= freedom + 6 * (freedom + 1));
    }
}

/* With 3/4 of the range as the limit, scaling alone would give every third number twice as often as the
 * others. */
static void large_limits_have_no_bias(void **state) {
    (void)state;
    const uint64_t limit = UINT64_C(3) << 62;
    uint64_t thirds[3] = {0};
    random_seed(2);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = random_below(limit);
        assert_true(drawn < limit);
        thirds[drawn % 3]++;
    }
    for (int i = 0; i < 3; i++) assert_in_range(thirds[i], DRAWS / 3 - DRAWS / 100, DRAWS / 3 + DRAWS / 100);
    for (int i = 0; i < 1000; i++) assert_true(random_below(UINT64_MAX) < UINT64_MAX);
}

static void every_bit_is_set_half_of_the_time(void **state) {
    (void)state;
    int counts[64] = {0};
    random_seed(3);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = random_u64();
        for (int bit = 0; bit < 64; bit++) counts[bit] += drawn >> bit & 1;
    }
    for (int bit = 0; bit < 64; bit++)
        assert_in_range(counts[bit], DRAWS / 2 - DRAWS / 100, DRAWS / 2 + DRAWS / 100);
}

static void kernel_bytes_fill_the_buffer_and_no_more(void **state) {
    (void)state;
    unsigned char buf[1000], seen[998] = {0};
    memset(buf, 0xaa, sizeof(buf));
    for (int round = 0; round < 20; round++) {
        random_bytes_os(buf + 1, 998);
        for (int i = 0; i < 998; i++) seen[i] |= buf[i + 1] != 0;
    }
    for (int i = 0; i < 998; i++) assert_true(seen[i]);
    assert_int_equal(buf[0], 0xaa);
    assert_int_equal(buf[999], 0xaa);
    random_bytes_os(NULL, 0);
}

static void ids_are_lower_case_hex_digits_and_differ(void **state) {
    (void)state;
    char id[42], other[42];
    memset(id, '!', sizeof(id));
    random_hex(id, 40);
    random_hex(other, 40);
    for (int i = 0; i < 40; i++) assert_non_null(memchr("0123456789abcdef", id[i], 16));
    assert_int_equal(id[40], '!');
    assert_memory_not_equal(id, other, 40);
    random_hex(id + 40, 1);
    assert_int_equal(id[41], '!');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(the_sequence_is_the_published_one),
        cmocka_unit_test(seeding_from_the_kernel_differs_every_time),
        cmocka_unit_test(numbers_below_a_limit_are_uniform),
        cmocka_unit_test(large_limits_have_no_bias),
        cmocka_unit_test(every_bit_is_set_half_of_the_time),
        cmocka_unit_test(kernel_bytes_fill_the_buffer_and_no_more),
        cmocka_unit_test(ids_are_lower_case_hex_digits_and_differ),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
