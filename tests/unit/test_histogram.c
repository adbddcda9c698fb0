/* Histogram: percentiles close to those of the sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/histogram.h"
#include "base/random.h"

#define VALUES 20000

static void an_empty_histogram_answers_zero(void **state) {
    (void)state;
    static histogram h;
    assert_int_equal(histogram_percentile(&h, 50), 0);
    assert_int_equal(histogram_percentile(&h, 100), 0);
    assert_int_equal(histogram_count_up_to(&h, UINT64_MAX), 0);
}

static void buckets_follow_each_other_without_gap(void **state) {
    (void)state;
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(HISTOGRAM_VALUE_MAX), HISTOGRAM_BUCKETS - 1);
    unsigned last = 0;
    for (uint64_t value = 1; value < 1 << 20; value++) {
        unsigned bucket = histogram_bucket(value);
        assert_in_range(bucket, last, last + 1);
        last = bucket;
    }
    for (int bits = 20; bits < HISTOGRAM_VALUE_BITS; bits++) {
        uint64_t power = UINT64_C(1) << bits;
        assert_int_equal(histogram_bucket(power), histogram_bucket(power - 1) + 1);
    }
}

static void small_values_are_exact(void **state) {
    (void)state;
    static histogram h;
    for (uint64_t value = 0; value < 64; value++) histogram_record(&h, value);
    for (uint64_t value = 0; value < 64; value++) {
        assert_int_equal(histogram_percentile(&h, (double)(value + 1) * 100 / 64), value);
        assert_int_equal(histogram_count_up_to(&h, value), value + 1);
    }
}

static void a_single_value_is_every_percentile(void **state) {
    (void)state;
    static histogram h;
    histogram_record(&h, 123456789);
    assert_int_equal(histogram_percentile(&h, 0), 123456789);
    assert_int_equal(histogram_percentile(&h, 50), 123456789);
    assert_int_equal(histogram_percentile(&h, 100), 123456789);
    assert_int_equal(h.max, 123456789);
}

static void ranks_round_up(void **state) {
    (void)state;
    static histogram h;
    for (uint64_t value = 1; value <= 10; value++) histogram_record(&h, value);
    assert_int_equal(histogram_percentile(&h, 0), 1);
    assert_int_equal(histogram_percentile(&h, 10), 1);
    assert_int_equal(histogram_percentile(&h, 10.1), 2);
    assert_int_equal(histogram_percentile(&h, 99), 10);
    histogram_reset(&h);
    for (int i = 0; i < 999; i++) histogram_record(&h, 1);
    histogram_record(&h, 50);
    assert_int_equal(histogram_percentile(&h, 99.9), 1);
    assert_int_equal(histogram_percentile(&h, 99.91), 50);
}

static void values_beyond_the_limit_count_as_the_limit(void **state) {
    (void)state;
    static histogram h;
    histogram_record(&h, UINT64_MAX);
    assert_true(histogram_percentile(&h, 50) == HISTOGRAM_VALUE_MAX);
    assert_int_equal(histogram_count_up_to(&h, HISTOGRAM_VALUE_MAX - 1), 0);
    assert_int_equal(histogram_count_up_to(&h, HISTOGRAM_VALUE_MAX), 1);
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t values[VALUES];
static histogram filled;

/* Latencies from nanoseconds to minutes, all magnitudes alike. */
static void fill(void) {
    histogram_reset(&filled);
    random_seed(1);
    for (int i = 0; i < VALUES; i++) {
        values[i] = random_u64() >> (64 - 1 - random_below(HISTOGRAM_VALUE_BITS));
        histogram_record(&filled, values[i]);
    }
    qsort(values, VALUES, sizeof(values[0]), by_value);
}

static void percentiles_are_never_below_the_true_value_and_at_most_a_32nd_above(void **state) {
    (void)state;
    fill();
    assert_int_equal(filled.max, values[VALUES - 1]);
    for (int rank = 1; rank <= VALUES; rank += 7) {
        uint64_t exact = values[rank - 1];
        uint64_t found = histogram_percentile(&filled, (double)rank * 100 / VALUES);
        assert_in_range(found, exact, exact + exact / 32);
    }
}

static void counts_up_to_a_value_miss_at_most_its_own_bucket(void **state) {
    (void)state;
    fill();
    for (uint64_t limit = 1; limit < HISTOGRAM_VALUE_MAX; limit = limit * 3 / 2 + 1) {
        uint64_t at_most = 0, at_least = 0;
        for (int i = 0; i < VALUES; i++) {
            at_most += values[i] <= limit;
            at_least += values[i] <= limit - limit / 32;
        }
        assert_in_range(histogram_count_up_to(&filled, limit), at_least, at_most);
    }
    assert_int_equal(histogram_count_up_to(&filled, UINT64_MAX), VALUES);
}

static void merging_equals_recording_in_one(void **state) {
    (void)state;
    static histogram odd, even, all;
    fill();
    for (int i = 0; i < VALUES; i++) {
        histogram_record(i % 2 ? &odd : &even, values[i]);
        histogram_record(&all, values[i]);
    }
    histogram_merge(&odd, &even);
    assert_memory_equal(&odd, &all, sizeof(all));
    histogram_reset(&all);
    histogram_merge(&odd, &all);
    assert_int_equal(odd.count, VALUES);
}

static void a_reset_histogram_is_empty(void **state) {
    (void)state;
    static const histogram empty;
    fill();
    histogram_reset(&filled);
    assert_memory_equal(&filled, &empty, sizeof(empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_histogram_answers_zero),
        cmocka_unit_test(buckets_follow_each_other_without_gap),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(a_single_value_is_every_percentile),
        cmocka_unit_test(ranks_round_up),
        cmocka_unit_test(values_beyond_the_limit_count_as_the_limit),
        cmocka_unit_test(percentiles_are_never_below_the_true_value_and_at_most_a_32nd_above),
        cmocka_unit_test(counts_up_to_a_value_miss_at_most_its_own_bucket),
        cmocka_unit_test(merging_equals_recording_in_one),
        cmocka_unit_test(a_reset_histogram_is_empty),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
