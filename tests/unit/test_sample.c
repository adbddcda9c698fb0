/* Choosing some of many at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/sample.h"

#define CANDIDATES 20
#define ROUNDS     20000

static void a_walk_takes_as_many_as_are_wanted(void **state) {
    (void)state;
    for (size_t wanted = 0; wanted <= CANDIDATES; wanted++) {
        sample s = {wanted, CANDIDATES};
        size_t taken = 0;
        for (int i = 0; i < CANDIDATES; i++) taken += sample_takes(&s);
        assert_int_equal(taken, wanted);
    }
}

static void a_walk_takes_every_candidate_as_often(void **state) {
    enum { WANTED = 5, EXPECTED = ROUNDS * WANTED / CANDIDATES };
    (void)state;
    int taken[CANDIDATES] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        sample s = {WANTED, CANDIDATES};
        for (int i = 0; i < CANDIDATES; i++) taken[i] += sample_takes(&s);
    }
    /* more than eight standard deviations */
    for (int i = 0; i < CANDIDATES; i++) assert_in_range(taken[i], EXPECTED - 500, EXPECTED + 500);
}

static void what_was_drawn_is_known_whatever_the_numbers(void **state) {
    enum { COUNT = 1000 };
    static const uint64_t steps[] = {1, 16, 4096, UINT64_C(1) << 32, UINT64_C(0x100000001)};
    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        drawn d = drawn_open(COUNT);
        for (uint64_t n = 1; n <= COUNT; n++) assert_true(drawn_add(&d, n * steps[i]));
        for (uint64_t n = 1; n <= COUNT; n++) assert_false(drawn_add(&d, n * steps[i]));
        drawn_close(&d);
    }
}

static void a_set_for_nothing_is_a_set(void **state) {
    (void)state;
    drawn d = drawn_open(0);
    drawn_close(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_takes_as_many_as_are_wanted),
        cmocka_unit_test(a_walk_takes_every_candidate_as_often),
        cmocka_unit_test(what_was_drawn_is_known_whatever_the_numbers),
        cmocka_unit_test(a_set_for_nothing_is_a_set),
    };
    alloc_register_thread();
    random_seed(1);
    return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
