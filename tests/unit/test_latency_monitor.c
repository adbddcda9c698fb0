/* The latency monitor, and the graph of its samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "command/latency_report.h"

static int forget_all(void **state) {
    (void)state;
    for (enum latency_event event = 0; event < LATENCY_EVENTS; event++) latency_monitor_reset(event);
    return 0;
}

static void add(int64_t unix_s, uint32_t ms) {
    latency_monitor_add(LATENCY_COMMAND, (struct latency_sample){unix_s, ms});
}

static void check_sample(uint32_t number, int64_t unix_s, uint32_t ms) {
    const struct latency_sample *s = latency_sample_at(latency_history_of(LATENCY_COMMAND), number);
    assert_int_equal(s->unix_s, unix_s);
    assert_int_equal(s->ms, ms);
}

static void samples_come_in_their_order(void **state) {
    (void)state;
    add(100, 7);
    add(101, 9);
    add(105, 8);
    assert_int_equal(latency_history_of(LATENCY_COMMAND)->count, 3);
    assert_int_equal(latency_history_of(LATENCY_COMMAND)->max_ms, 9);
    check_sample(0, 100, 7);
    check_sample(1, 101, 9);
    check_sample(2, 105, 8);
    assert_null(latency_history_of(LATENCY_FAST_COMMAND));
}

static void of_one_second_the_longest_is_kept(void **state) {
    (void)state;
    add(100, 7);
    add(100, 3);
    add(100, 12);
    add(101, 5);
    assert_int_equal(latency_history_of(LATENCY_COMMAND)->count, 2);
    check_sample(0, 100, 12);
    check_sample(1, 101, 5);
}

static void the_last_samples_are_kept_and_the_longest_ever(void **state) {
    (void)state;
    add(1, 1000);
    for (uint32_t i = 2; i <= 3 * LATENCY_SAMPLES_MAX; i++) add(i, i);
    const struct latency_history *h = latency_history_of(LATENCY_COMMAND);
    assert_int_equal(h->count, LATENCY_SAMPLES_MAX);
    assert_int_equal(h->max_ms, 1000);
    for (uint32_t i = 0; i < LATENCY_SAMPLES_MAX; i++)
        check_sample(i, 2 * LATENCY_SAMPLES_MAX + 1 + i, 2 * LATENCY_SAMPLES_MAX + 1 + i);
}

static void what_is_reset_is_forgotten(void **state) {
    (void)state;
    assert_false(latency_monitor_reset(LATENCY_COMMAND));
    add(100, 7);
    assert_true(latency_monitor_reset(LATENCY_COMMAND));
    assert_null(latency_history_of(LATENCY_COMMAND));
    assert_false(latency_monitor_reset(LATENCY_COMMAND));
}

static void events_are_found_by_their_names(void **state) {
    (void)state;
    for (enum latency_event event = 0; event < LATENCY_EVENTS; event++)
        assert_int_equal(latency_event_find(slice_of(latency_event_name(event))), event);
    assert_int_equal(latency_event_find(SLICE("COMMAND")), LATENCY_EVENTS);
    assert_int_equal(latency_event_find(SLICE("")), LATENCY_EVENTS);
}

static void the_graph_goes_from_the_lowest_sample_to_the_highest_and_tells_how_old_they_are(void **state) {
    (void)state;
    int64_t now_s = clock_now_unix_us() / 1000000;
    add(now_s - 3 * 24 * 3600 - 60, 10);
    add(now_s - 3 * 3600 - 60, 13);
    add(now_s - 12 * 60 - 30, 21);
    add(now_s - 10 * 60 - 30, 10);
    add(now_s - 2 * 60 - 30, 18);
    report r = {0};
    latency_report_graph(&r, LATENCY_COMMAND);
    report_add_slice(&r, (slice){"", 1});
    assert_string_equal(r.bytes,
                        "command - high 21 ms, low 10 ms (all time high 21 ms)\n"
                        "--------------------------------------------------------------------------------\n"
                        "  #  \n"
                        "  | #\n"
                        " _| |\n"
                        "_||_|\n"
                        "     \n"
                        "33112\n"
                        "dh20m\n"
                        "  mm \n");
    alloc_free_unsized(r.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(samples_come_in_their_order, forget_all),
        cmocka_unit_test_setup(of_one_second_the_longest_is_kept, forget_all),
        cmocka_unit_test_setup(the_last_samples_are_kept_and_the_longest_ever, forget_all),
        cmocka_unit_test_setup(what_is_reset_is_forgotten, forget_all),
        cmocka_unit_test_setup(events_are_found_by_their_names, forget_all),
        cmocka_unit_test_setup(
            the_graph_goes_from_the_lowest_sample_to_the_highest_and_tells_how_old_they_are, forget_all),
    };
    return cmocka_run_group_tests_name("latency monitor", tests, NULL, NULL);
}
