/* Recency: idle times and access frequencies, as maxmemory-policy and its options describe them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/recency.h"

#define MINUTE_MS 60000

static entry *e;

static void pass(int64_t ms) {
    clock_cached_unix_ms += ms;
    recency_tick();
}

static int begin(void **state) {
    (void)state;
    recency_policy = (struct recency_policy){.lfu_log_factor = 10, .lfu_decay_minutes = 1};
    clock_cached_unix_ms = 1700000000000;
    recency_tick();
    e = entry_new(SLICE("key"), TYPE_STRING, ENCODING_INLINE, NO_EXPIRY, 0);
    recency_start(e);
    return 0;
}

static int begin_lfu(void **state) {
    begin(state);
    recency_policy.lfu = true;
    recency_start(e);
    return 0;
}

static int end(void **state) {
    (void)state;
    entry_free_shell(e);
    recency_policy.lfu = false;
    return 0;
}

static void idle_time_is_counted_in_seconds_since_the_last_use(void **state) {
    (void)state;
    assert_int_equal(recency_idle_s(e), 0);
    pass(999);
    assert_int_equal(recency_idle_s(e), 0);
    pass(1);
    assert_int_equal(recency_idle_s(e), 1);
    pass(3600 * 1000);
    assert_int_equal(recency_idle_s(e), 3601);
    recency_touch(e);
    assert_int_equal(recency_idle_s(e), 0);
}

static void idle_time_is_right_when_the_clock_of_24_bits_wraps(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++) { /* half a million seconds each: more than 2^24 together */
        recency_touch(e);
        pass(500000ll * 1000);
        assert_int_equal(recency_idle_s(e), 500000);
    }
}

static void a_paused_client_leaves_no_trace(void **state) {
    (void)state;
    pass(5000);
    recency_policy.paused = true;
    recency_touch(e);
    recency_policy.paused = false;
    assert_int_equal(recency_idle_s(e), 5);
    recency_policy.lfu = true;
    recency_policy.lfu_log_factor = 0;
    recency_start(e);
    recency_policy.paused = true;
    recency_touch(e);
    recency_policy.paused = false;
    assert_int_equal(recency_frequency(e), 5);
}

static void a_new_entry_begins_with_some_frequency(void **state) {
    (void)state;
    assert_int_equal(recency_frequency(e), 5);
}

static void without_a_factor_each_use_counts_up_to_255(void **state) {
    (void)state;
    recency_policy.lfu_log_factor = 0;
    for (int uses = 1; uses <= 300; uses++) {
        recency_touch(e);
        assert_int_equal(recency_frequency(e), uses < 250 ? 5 + uses : 255);
    }
}

/* The documentation's table for a factor of 10: 10 after 100 uses, 18 after 1000, 142 after 100000, 255 after
 * a million. */
static void the_counter_is_logarithmic(void **state) {
    static const struct {
        int uses, least, most;
    } rows[] = {{100, 8, 13}, {1000, 15, 22}, {100000, 125, 160}, {1000000, 255, 255}};
    (void)state;
    int uses = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (; uses < rows[i].uses; uses++) recency_touch(e);
        assert_in_range(recency_frequency(e), rows[i].least, rows[i].most);
    }
}

static void the_counter_falls_by_one_each_decay_period_without_use(void **state) {
    (void)state;
    recency_policy.lfu_log_factor = 0;
    recency_policy.lfu_decay_minutes = 2;
    for (int i = 0; i < 15; i++) recency_touch(e);
    assert_int_equal(recency_frequency(e), 20);
    pass(2 * MINUTE_MS);
    assert_int_equal(recency_frequency(e), 19);
    pass(10 * MINUTE_MS);
    assert_int_equal(recency_frequency(e), 14);
    recency_touch(e); /* keeps what has decayed so far, and begins another period */
    assert_int_equal(recency_frequency(e), 15);
    pass(2 * MINUTE_MS);
    assert_int_equal(recency_frequency(e), 14);
    pass(1000 * MINUTE_MS);
    assert_int_equal(recency_frequency(e), 0);
    recency_touch(e);
    assert_int_equal(recency_frequency(e), 1);
}

static void without_decay_the_counter_stays(void **state) {
    (void)state;
    recency_policy.lfu_log_factor = 0;
    recency_policy.lfu_decay_minutes = 0;
    recency_touch(e);
    pass(100 * MINUTE_MS);
    assert_int_equal(recency_frequency(e), 6);
}

static void decay_is_right_when_the_minutes_of_16_bits_wrap(void **state) {
    (void)state;
    recency_policy.lfu_log_factor = 0;
    for (int i = 0; i < 100; i++) {
        for (int uses = 0; uses < 255; uses++) recency_touch(e);
        assert_int_equal(recency_frequency(e), 255);
        pass(100 * MINUTE_MS);
        assert_int_equal(recency_frequency(e), 155);
        pass(700 * MINUTE_MS); /* all hundred rounds are more than 2^16 minutes */
        assert_int_equal(recency_frequency(e), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(idle_time_is_counted_in_seconds_since_the_last_use, begin, end),
        cmocka_unit_test_setup_teardown(idle_time_is_right_when_the_clock_of_24_bits_wraps, begin, end),
        cmocka_unit_test_setup_teardown(a_paused_client_leaves_no_trace, begin, end),
        cmocka_unit_test_setup_teardown(a_new_entry_begins_with_some_frequency, begin_lfu, end),
        cmocka_unit_test_setup_teardown(without_a_factor_each_use_counts_up_to_255, begin_lfu, end),
        cmocka_unit_test_setup_teardown(the_counter_is_logarithmic, begin_lfu, end),
        cmocka_unit_test_setup_teardown(the_counter_falls_by_one_each_decay_period_without_use, begin_lfu,
                                        end),
        cmocka_unit_test_setup_teardown(without_decay_the_counter_stays, begin_lfu, end),
        cmocka_unit_test_setup_teardown(decay_is_right_when_the_minutes_of_16_bits_wrap, begin_lfu, end),
    };
    random_seed(1);
    return cmocka_run_group_tests_name("recency", tests, NULL, NULL);
}
