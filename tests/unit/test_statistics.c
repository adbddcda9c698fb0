/* Statistics: errors counted by their codes, and calls by command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/clock.h"
#include "command/table.h"
#include "server/config/config.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"

static char told[16 * 1024];
static size_t told_len, told_count;

static void tell(void *context, const char *code, uint64_t count) {
    (void)context;
    told_len += (size_t)snprintf(told + told_len, sizeof(told) - told_len, "%s=%llu ", code,
                                 (unsigned long long)count);
    told_count++;
}

static void tell_errors(void) {
    told_len = told_count = 0;
    told[0] = '\0';
    statistics_each_error(tell, NULL);
}

static void fail_with(const char *text) { statistics_count_error(NULL, slice_of(text)); }

static void make_up_codes(int first, int end) {
    for (int i = first; i < end; i++) {
        char text[64];
        snprintf(text, sizeof(text), "CODE%d made up", i);
        fail_with(text);
    }
}

static int begin(void **state) {
    (void)state;
    statistics_reset();
    return 0;
}

static void errors_are_counted_by_their_first_word(void **state) {
    (void)state;
    fail_with("WRONGTYPE Operation");
    fail_with("ERR one");
    fail_with("ERR two");
    fail_with("My-Own:Code of a script");
    tell_errors();
    assert_string_equal(told, "ERR=2 My-Own:Code=1 WRONGTYPE=1 ");
    assert_int_equal(statistics.error_replies, 4);
}

static void what_has_no_code_counts_as_ERR(void **state) {
    (void)state;
    fail_with("");
    fail_with("word");
    fail_with(" begins with a blank");
    fail_with("AcodethatisfarlongerthananyothercodethatIknow of");
    tell_errors();
    assert_string_equal(told, "ERR=4 ");
}

static void a_code_is_not_taken_for_one_that_it_begins(void **state) {
    (void)state;
    fail_with("NO x");
    fail_with("NOAUTH x");
    fail_with("NOA x");
    fail_with("NOAUTH x");
    tell_errors();
    assert_string_equal(told, "NO=1 NOA=1 NOAUTH=2 ");
}

static void too_many_codes_end_the_counting(void **state) {
    (void)state;
    make_up_codes(0, 128);
    tell_errors();
    assert_int_equal(told_count, 128);
    fail_with("CODE7 again");
    tell_errors();
    assert_int_equal(told_count, 128);
    make_up_codes(128, 129);
    tell_errors();
    assert_string_equal(told, "ERRORSTATS_DISABLED=1 ");
    fail_with("ERR more");
    tell_errors();
    assert_string_equal(told, "ERRORSTATS_DISABLED=1 ");
    assert_int_equal(statistics.error_replies, 131);
    statistics_reset();
    fail_with("ERR anew");
    tell_errors();
    assert_string_equal(told, "ERR=1 ");
}

static void a_run_of_calls_counts_as_so_many_of_its_average(void **state) {
    (void)state;
    const command *row = registry_find(SLICE("get"));
    statistics_count_calls(row, 100, statistics_ticks(5000));
    statistics_count_calls(row, 1, statistics_ticks(1000));
    const struct command_statistics *s = statistics_of(row);
    assert_int_equal(s->calls, 101);
    assert_in_range(statistics_us(s->ticks), 5990, 6000);
    assert_int_equal(s->latency->count, 101);
    assert_in_range(histogram_percentile(s->latency, 50), 49000, 52000);
    assert_in_range(histogram_percentile(s->latency, 100), 999000, 1000000);
    assert_true(statistics_memory_bytes() >= sizeof(histogram));
    statistics_reset();
    assert_int_equal(s->calls, 0);
    assert_int_equal(statistics_memory_bytes(), 0);
}

static int open_all(void **state) {
    (void)state;
    static char name[] = "stint", *argv[] = {name, NULL}, error[CONFIG_ERROR_MAX];
    registry_load(command_table());
    clock_refresh();
    statistics_open();
    return config_start(1, argv, error) == CONFIG_RUN ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(errors_are_counted_by_their_first_word, begin),
        cmocka_unit_test_setup(what_has_no_code_counts_as_ERR, begin),
        cmocka_unit_test_setup(a_code_is_not_taken_for_one_that_it_begins, begin),
        cmocka_unit_test_setup(too_many_codes_end_the_counting, begin),
        cmocka_unit_test_setup(a_run_of_calls_counts_as_so_many_of_its_average, begin),
    };
    return cmocka_run_group_tests_name("statistics", tests, open_all, NULL);
}
