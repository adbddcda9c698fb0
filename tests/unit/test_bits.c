/* Bits: everything is compared with the same thing done one bit at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/random.h"

#define WAYS_MAX 8 /* more than there are */

static unsigned char *random_bytes(size_t len) {
    unsigned char *data = malloc(len);
    for (size_t i = 0; i < len; i++) data[i] = (unsigned char)random_u64();
    return data;
}

static void single_bits_are_numbered_from_the_top_of_the_first_byte(void **state) {
    (void)state;
    unsigned char data[2] = {0, 0};
    bits_set(data, 0, true);
    bits_set(data, 7, true);
    bits_set(data, 9, true);
    assert_int_equal(data[0], 0x81);
    assert_int_equal(data[1], 0x40);
    assert_true(bits_get(data, 9));
    assert_false(bits_get(data, 8));
    bits_set(data, 0, false);
    assert_int_equal(data[0], 0x01);
}

static uint64_t count_one_by_one(const unsigned char *data, uint64_t from, uint64_t end) {
    uint64_t count = 0;
    for (uint64_t bit = from; bit < end; bit++) count += bits_get(data, bit);
    return count;
}

static void set_bits_are_counted_at_every_length_and_alignment(void **state) {
    (void)state;
    random_seed(1);
    for (size_t len = 0; len < 600; len++) {
        size_t shift = random_below(16);
        unsigned char *data = random_bytes(len + shift);
        uint64_t expected = count_one_by_one(data, shift * 8, (shift + len) * 8), found;
        assert_int_equal(bits_count(data + shift, len), expected);
        for (size_t way = 0; way < WAYS_MAX; way++)
            if (bits_count_in_way(way, data + shift, len, &found)) assert_int_equal(found, expected);
        free(data);
    }
}

static void full_and_empty_bytes_are_counted_in_bulk(void **state) {
    (void)state;
    const size_t len = 100003;
    unsigned char *data = malloc(len);
    memset(data, 0xff, len);
    assert_int_equal(bits_count(data, len), len * 8);
    size_t ways = 0;
    for (uint64_t found; ways < WAYS_MAX && bits_count_in_way(ways, data, len, &found); ways++)
        assert_int_equal(found, len * 8);
    assert_in_range(ways, 1, WAYS_MAX - 1);
    memset(data, 0, len);
    assert_int_equal(bits_count(data, len), 0);
    free(data);
}

static void bits_are_counted_in_ranges_that_cut_bytes(void **state) {
    (void)state;
    random_seed(2);
    for (int i = 0; i < 50000; i++) {
        size_t len = 1 + random_below(40);
        unsigned char *data = random_bytes(len);
        uint64_t from = random_below(len * 8 + 1), end = random_below(len * 8 + 1);
        assert_int_equal(bits_count_range(data, from, end), count_one_by_one(data, from, end));
        free(data);
    }
}

static int64_t find_one_by_one(const unsigned char *data, uint64_t from, uint64_t end, bool value) {
    for (uint64_t bit = from; bit < end; bit++)
        if (bits_get(data, bit) == value) return (int64_t)bit;
    return -1;
}

static void the_first_bit_of_either_value_is_found(void **state) {
    (void)state;
    random_seed(3);
    int found = 0;
    for (int i = 0; i < 100000; i++) {
        size_t len = 1 + random_below(100);
        bool value = random_below(2);
        unsigned char *data = malloc(len);
        memset(data, value ? 0 : 0xff, len);
        for (uint64_t flips = random_below(3); flips > 0; flips--)
            bits_set(data, random_below(len * 8), value);
        uint64_t from = random_below(len * 8 + 1), end = random_below(len * 8 + 1);
        int64_t expected = find_one_by_one(data, from, end, value);
        assert_int_equal(bits_find(data, from, end, value), expected);
        found += expected >= 0;
        free(data);
    }
    assert_in_range(found, 10000, 90000);
}

static bool combine_bits(enum bits_operation operation, const slice *sources, size_t count, uint64_t bit) {
    bool first = false;
    size_t have = 0, others;
    for (size_t i = 0; i < count; i++) {
        bool has = bit < sources[i].len * 8 && bits_get(sources[i].data, bit);
        have += has;
        if (i == 0) first = has;
    }
    others = have - first;
    switch (operation) {
    case BITS_AND: return have == count;
    case BITS_OR: return have > 0;
    case BITS_XOR: return have % 2 == 1;
    case BITS_NOT: return !first;
    case BITS_DIFF: return first && others == 0;
    case BITS_DIFF1: return !first && others > 0;
    case BITS_ANDOR: return first && others > 0;
    case BITS_ONE: return have == 1;
    }
    return false;
}

static void check_combination(enum bits_operation operation, size_t dst_len, const size_t *lens,
                              size_t count) {
    slice sources[5];
    for (size_t i = 0; i < count; i++) sources[i] = (slice){(char *)random_bytes(lens[i]), lens[i]};
    unsigned char *dst = random_bytes(dst_len);
    bits_combine(operation, dst, dst_len, sources, count);
    for (uint64_t bit = 0; bit < dst_len * 8; bit++)
        assert_int_equal(bits_get(dst, bit), combine_bits(operation, sources, count, bit));
    free(dst);
    for (size_t i = 0; i < count; i++) free((char *)sources[i].data);
}

static void sources_of_any_lengths_are_combined(void **state) {
    (void)state;
    random_seed(4);
    for (int i = 0; i < 8000; i++) {
        size_t lens[5], longest = 0, count = 1 + random_below(5);
        enum bits_operation operation = (enum bits_operation)random_below(BITS_ONE + 1);
        if (operation == BITS_NOT) count = 1;
        for (size_t k = 0; k < count; k++) {
            lens[k] = random_below(100);
            if (lens[k] > longest) longest = lens[k];
        }
        check_combination(operation, random_below(4) ? longest : random_below(120), lens, count);
    }
}

static void long_sources_are_combined_across_blocks(void **state) {
    (void)state;
    random_seed(5);
    const size_t lens[4] = {40000, 8192, 16384 + 5, 30001};
    for (int operation = BITS_AND; operation <= BITS_ONE; operation++)
        check_combination((enum bits_operation)operation, 40000, lens, operation == BITS_NOT ? 1 : 4);
}

static uint64_t read_one_by_one(slice data, uint64_t offset, unsigned width) {
    uint64_t value = 0;
    for (uint64_t bit = offset; bit < offset + width; bit++)
        value = value << 1 | (bit < data.len * 8 && bits_get(data.data, bit));
    return value;
}

static void fields_are_read_at_any_offset_with_zeros_beyond_the_end(void **state) {
    (void)state;
    random_seed(6);
    for (int i = 0; i < 200000; i++) {
        size_t len = random_below(20);
        slice data = {(char *)random_bytes(len), len};
        uint64_t offset = random_below(200);
        unsigned width = 1 + (unsigned)random_below(64);
        uint64_t expected = read_one_by_one(data, offset, width);
        assert_true(bits_read_unsigned(data, offset, width) == expected);

        int64_t signed_value = bits_read_signed(data, offset, width);
        assert_true(((uint64_t)signed_value & UINT64_MAX >> (64 - width)) == expected);
        assert_int_equal(signed_value < 0, expected >> (width - 1));
        free((char *)data.data);
    }
    assert_int_equal(bits_read_unsigned((slice){NULL, 0}, UINT64_MAX - 64, 64), 0);
}

static void writing_a_field_changes_its_own_bits_only(void **state) {
    (void)state;
    random_seed(7);
    for (int i = 0; i < 100000; i++) {
        unsigned width = 1 + (unsigned)random_below(64);
        uint64_t offset = random_below(100), value = random_u64();
        size_t len = (offset + width + 7) / 8;
        unsigned char *data = random_bytes(len), *before = malloc(len);
        memcpy(before, data, len);
        bits_write(data, offset, width, value);
        assert_true(read_one_by_one((slice){(char *)data, len}, offset, width) ==
                    (value & UINT64_MAX >> (64 - width)));
        for (uint64_t bit = 0; bit < len * 8; bit++)
            if (bit < offset || bit >= offset + width)
                assert_int_equal(bits_get(data, bit), bits_get(before, bit));
        free(data);
        free(before);
    }
}

static void unsigned_sums_wrap_saturate_or_fail(void **state) {
    (void)state;
    uint64_t sum = 42;
    assert_true(bits_add_unsigned(250, 5, 8, BITS_FAIL, &sum));
    assert_int_equal(sum, 255);
    assert_true(bits_add_unsigned(250, 6, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, 0);
    assert_true(bits_add_unsigned(250, 6, 8, BITS_SAT, &sum));
    assert_int_equal(sum, 255);
    assert_true(bits_add_unsigned(3, -4, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, 255);
    assert_true(bits_add_unsigned(3, -4, 8, BITS_SAT, &sum));
    assert_int_equal(sum, 0);
    sum = 42;
    assert_false(bits_add_unsigned(250, 6, 8, BITS_FAIL, &sum));
    assert_false(bits_add_unsigned(3, -4, 8, BITS_FAIL, &sum));
    assert_int_equal(sum, 42);
    assert_true(bits_add_unsigned(300, 0, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, 44);
    assert_true(bits_add_unsigned((uint64_t)-1, 0, 8, BITS_SAT, &sum));
    assert_int_equal(sum, 255);
    assert_true(bits_add_unsigned(UINT64_MAX >> 1, INT64_MAX, 63, BITS_SAT, &sum));
    assert_true(sum == UINT64_MAX >> 1);
    assert_true(bits_add_unsigned(5, INT64_MIN, 63, BITS_WRAP, &sum));
    assert_int_equal(sum, 5);
}

static void signed_sums_wrap_saturate_or_fail(void **state) {
    (void)state;
    int64_t sum = 42;
    assert_true(bits_add_signed(100, 27, 8, BITS_FAIL, &sum));
    assert_int_equal(sum, 127);
    assert_true(bits_add_signed(100, 28, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, -128);
    assert_true(bits_add_signed(100, 28, 8, BITS_SAT, &sum));
    assert_int_equal(sum, 127);
    assert_true(bits_add_signed(-100, -29, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, 127);
    assert_true(bits_add_signed(-100, -29, 8, BITS_SAT, &sum));
    assert_int_equal(sum, -128);
    sum = 42;
    assert_false(bits_add_signed(100, 28, 8, BITS_FAIL, &sum));
    assert_false(bits_add_signed(-100, -29, 8, BITS_FAIL, &sum));
    assert_int_equal(sum, 42);
    assert_true(bits_add_signed(200, 0, 8, BITS_WRAP, &sum));
    assert_int_equal(sum, -56);
    assert_true(bits_add_signed(0, 0, 1, BITS_FAIL, &sum));
    assert_int_equal(sum, 0);
    assert_true(bits_add_signed(-1, -1, 1, BITS_SAT, &sum));
    assert_int_equal(sum, -1);
    assert_true(bits_add_signed(INT64_MAX, 1, 64, BITS_WRAP, &sum));
    assert_true(sum == INT64_MIN);
    assert_true(bits_add_signed(INT64_MAX, INT64_MAX, 64, BITS_SAT, &sum));
    assert_true(sum == INT64_MAX);
    assert_true(bits_add_signed(INT64_MIN, INT64_MIN, 64, BITS_SAT, &sum));
    assert_true(sum == INT64_MIN);
    assert_false(bits_add_signed(INT64_MIN, -1, 64, BITS_FAIL, &sum));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_bits_are_numbered_from_the_top_of_the_first_byte),
        cmocka_unit_test(set_bits_are_counted_at_every_length_and_alignment),
        cmocka_unit_test(full_and_empty_bytes_are_counted_in_bulk),
        cmocka_unit_test(bits_are_counted_in_ranges_that_cut_bytes),
        cmocka_unit_test(the_first_bit_of_either_value_is_found),
        cmocka_unit_test(sources_of_any_lengths_are_combined),
        cmocka_unit_test(long_sources_are_combined_across_blocks),
        cmocka_unit_test(fields_are_read_at_any_offset_with_zeros_beyond_the_end),
        cmocka_unit_test(writing_a_field_changes_its_own_bits_only),
        cmocka_unit_test(unsigned_sums_wrap_saturate_or_fail),
        cmocka_unit_test(signed_sums_wrap_saturate_or_fail),
    };
    return cmocka_run_group_tests_name("bits", tests, NULL, NULL);
}
