/* Hot keys: the sample of requests stands for all of them, at a bounded rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "command/table.h"
#include "server/insight/hot_keys.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"
#include "store/keyspace.h"

#define BATCH          512
#define TICKS_PER_HALF (HOT_KEYS_HALVING_S * 1000 / STATISTICS_SAMPLE_MS)

static client someone;
static uint64_t samples;

static void sample(const char *command_name, const char *name, uint64_t ns) {
    slice argv[3] = {slice_of(command_name), slice_of(name), SLICE("value")};
    const command *row = registry_find(argv[0]);
    struct request r = {.client = &someone, .argv = argv, .argc = abs(row->arity), .command = row};
    hot_keys_sample(&r, ns);
    samples++;
}

/* Lets that many requests by: of ten, four are GET a, three SET b, the others GETs of keys of their own. */
static void let_by(uint64_t requests) {
    static const char pattern[] = "abacabcabc";
    static uint64_t number;
    for (uint64_t done = 0; done < requests; done += BATCH) {
        int passed = 0;
        while ((passed += hot_keys_pass_over(BATCH - passed)) < BATCH) {
            char other[32];
            uint64_t at = number + (uint64_t)passed;
            snprintf(other, sizeof(other), "other:%llu", (unsigned long long)at);
            switch (pattern[at % 10]) {
            case 'a': sample("get", "a", 1000); break;
            case 'b': sample("set", "b", 3000); break;
            default: sample("get", other, 1000);
            }
            passed++;
        }
        number += BATCH;
    }
}

static struct hot_key top[HOT_KEYS_MAX];

static void check_name(const struct hot_key *k, const char *name) {
    assert_int_equal(k->name.len, strlen(name));
    assert_memory_equal(k->name.data, name, k->name.len);
}

static int begin(void **state) {
    (void)state;
    random_seed(1);
    while (hot_keys_interval() > 1) hot_keys_tick();
    hot_keys_reset();
    samples = 0;
    someone.db = keyspace_database(0);
    keyspace_flush_all();
    return 0;
}

static void few_requests_are_counted_one_by_one(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hot_keys_pass_over(1), 0);
        sample("get", i % 4 ? "a" : "b", 500);
    }
    assert_int_equal(hot_keys_interval(), 1);
    assert_int_equal(hot_keys_top(HOT_KEYS_READS, top, 10), 2);
    check_name(&top[0], "a");
    assert_int_equal(top[0].value, 75);
    assert_int_equal(top[0].error, 0);
    check_name(&top[1], "b");
    assert_int_equal(top[1].value, 25);
    assert_int_equal(hot_keys_top(HOT_KEYS_CPU, top, 1), 1);
    assert_int_equal(top[0].value, 75 * 500);
    assert_int_equal(hot_keys_top(HOT_KEYS_WRITES, top, 10), 0);
}

static void the_number_of_samples_does_not_grow_with_the_load(void **state) {
    (void)state;
    uint64_t per_tick = 4000;
    for (int load = 0; load < 3; load++, per_tick *= 10) {
        for (int tick = 0; tick < 50; tick++) {
            let_by(per_tick);
            hot_keys_tick();
        }
        samples = 0;
        for (int tick = 0; tick < 50; tick++) {
            let_by(per_tick);
            hot_keys_tick();
        }
        assert_in_range(samples, 50 * 64, 50 * 300);
    }
    for (int tick = 0; tick < 50; tick++) hot_keys_tick();
    assert_int_equal(hot_keys_interval(), 1);
}

static void a_sudden_load_costs_few_samples(void **state) {
    (void)state;
    let_by(400 * BATCH);
    assert_true(samples < 3000);
}

static void estimates_are_near_the_truth(void **state) {
    (void)state;
    uint64_t requests = 0;
    for (int tick = 0; tick < 300; tick++, requests += 80 * BATCH) {
        let_by(80 * BATCH);
        hot_keys_tick();
    }
    assert_true(samples < requests / 100);
    assert_true(hot_keys_top(HOT_KEYS_READS, top, 2) >= 1);
    check_name(&top[0], "a");
    assert_in_range(top[0].value, requests * 36 / 100, requests * 44 / 100);
    assert_int_equal(hot_keys_top(HOT_KEYS_WRITES, top, 2), 1);
    check_name(&top[0], "b");
    assert_in_range(top[0].value, requests * 26 / 100, requests * 34 / 100);
    assert_true(hot_keys_top(HOT_KEYS_CPU, top, 2) == 2);
    check_name(&top[0], "b");
    assert_in_range(top[0].value, requests * 780, requests * 1020);
    check_name(&top[1], "a");
}

static void what_was_hot_is_forgotten(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) sample("get", "yesterday", 1000);
    uint64_t before = 200;
    for (int half = 0; half < 8; half++) {
        for (int tick = 0; tick < TICKS_PER_HALF; tick++) hot_keys_tick();
        before /= 2;
        assert_int_equal(hot_keys_top(HOT_KEYS_READS, top, 1), before > 0);
        if (before > 0) assert_int_equal(top[0].value, before);
    }
    assert_int_equal(before, 0);
}

static void the_largest_keys_are_measured_anew(void **state) {
    (void)state;
    key large = key_of(SLICE("large")), small = key_of(SLICE("small"));
    static char bytes[5000];
    keyspace_put_string(someone.db, &large, (slice){bytes, sizeof(bytes)}, NO_EXPIRY);
    keyspace_put_string(someone.db, &small, SLICE("x"), NO_EXPIRY);
    sample("get", "small", 1);
    sample("get", "large", 1);
    sample("get", "missing", 1);
    assert_int_equal(hot_keys_top(HOT_KEYS_BYTES, top, 10), 2);
    check_name(&top[0], "large");
    assert_in_range(top[0].value, 5000, 7000);
    check_name(&top[1], "small");
    keyspace_delete(someone.db, &large);
    assert_int_equal(hot_keys_top(HOT_KEYS_BYTES, top, 10), 1);
    check_name(&top[0], "small");
}

static void of_many_keys_in_a_request_the_first_are_counted(void **state) {
    (void)state;
    slice argv[1 + 2 * HOT_KEYS_PER_REQUEST] = {SLICE("mget")};
    char names[2 * HOT_KEYS_PER_REQUEST][16];
    for (int i = 0; i < 2 * HOT_KEYS_PER_REQUEST; i++) {
        snprintf(names[i], sizeof(names[i]), "key%d", i);
        argv[i + 1] = slice_of(names[i]);
    }
    struct request r = {.client = &someone,
                        .argv = argv,
                        .argc = 1 + 2 * HOT_KEYS_PER_REQUEST,
                        .command = registry_find(argv[0])};
    hot_keys_sample(&r, HOT_KEYS_PER_REQUEST * 100);
    assert_int_equal(hot_keys_top(HOT_KEYS_READS, top, HOT_KEYS_MAX), HOT_KEYS_PER_REQUEST);
    assert_int_equal(hot_keys_top(HOT_KEYS_CPU, top, 1), 1);
    assert_int_equal(top[0].value, 100);
}

static int open_all(void **state) {
    (void)state;
    clock_refresh();
    hash_open();
    keyspace_open(2);
    registry_load(command_table());
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(few_requests_are_counted_one_by_one, begin),
        cmocka_unit_test_setup(the_number_of_samples_does_not_grow_with_the_load, begin),
        cmocka_unit_test_setup(a_sudden_load_costs_few_samples, begin),
        cmocka_unit_test_setup(estimates_are_near_the_truth, begin),
        cmocka_unit_test_setup(what_was_hot_is_forgotten, begin),
        cmocka_unit_test_setup(the_largest_keys_are_measured_anew, begin),
        cmocka_unit_test_setup(of_many_keys_in_a_request_the_first_are_counted, begin),
    };
    return cmocka_run_group_tests_name("hot keys", tests, open_all, NULL);
}
