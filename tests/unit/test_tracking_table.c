/* Tracking table: the pairs of keys and readers against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/random.h"
#include "server/messages/tracking_table.h"

#define READERS 200
#define KEYS    300

static key_reader readers[READERS];
static bool has_read[KEYS][READERS]; /* the model */
static bool expected[READERS];       /* to be visited by the running call */

static key key_number(int number) {
    static char text[32];
    return key_of((slice){text, (size_t)snprintf(text, sizeof(text), "key:%d", number)});
}

static void note_read(int number, int reader) {
    key k = key_number(number);
    tracking_table_add(&readers[reader], &k, 1);
    has_read[number][reader] = true;
}

static void check_off(void *context, key_reader *r) {
    (void)context;
    assert_true(expected[r - readers]);
    expected[r - readers] = false;
}

static void expect_readers_of(int number) {
    memcpy(expected, has_read[number], sizeof(expected));
    memset(has_read[number], 0, sizeof(has_read[number]));
}

static void assert_all_visited(void) {
    for (int reader = 0; reader < READERS; reader++) assert_false(expected[reader]);
}

static void take(int number) {
    key k = key_number(number);
    expect_readers_of(number);
    tracking_table_take(&k, check_off, NULL);
    assert_all_visited();
}

/* The counts of the table and of every reader. */
static void check_counts(void) {
    size_t keys = 0, items = 0, counts[READERS] = {0};
    for (int number = 0; number < KEYS; number++) {
        bool any = false;
        for (int reader = 0; reader < READERS; reader++) {
            any |= has_read[number][reader];
            counts[reader] += has_read[number][reader];
        }
        keys += any;
    }
    for (int reader = 0; reader < READERS; reader++) {
        assert_int_equal(readers[reader].count, counts[reader]);
        items += counts[reader];
    }
    assert_int_equal(tracking_table_keys(), keys);
    assert_int_equal(tracking_table_items(), items);
}

static int join_all(void **state) {
    (void)state;
    memset(has_read, 0, sizeof(has_read));
    for (int reader = 0; reader < READERS; reader++) tracking_table_join(&readers[reader]);
    return 0;
}

static int leave_all(void **state) {
    (void)state;
    tracking_table_clear();
    for (int reader = 0; reader < READERS; reader++) tracking_table_leave(&readers[reader]);
    return 0;
}

/* --- Tests --- */

static void a_key_is_remembered_once_for_each_reader(void **state) {
    (void)state;
    note_read(1, 1);
    note_read(1, 1);
    note_read(1, 2);
    note_read(2, 1);
    check_counts();
    take(1);
    check_counts();
    take(1);
    take(2);
    check_counts();
}

static void many_keys_may_be_added_at_once(void **state) {
    (void)state;
    enum { COUNT = 3 * TRACKING_TABLE_GROUP - 1 };
    static char texts[COUNT][16];
    key names[COUNT];
    for (int round = 0; round < 2; round++) { /* the second time all are known */
        for (int i = 0; i < COUNT; i++) {
            int number = i / 2; /* each comes twice */
            names[i] = key_of((slice){texts[i], (size_t)snprintf(texts[i], 16, "key:%d", number)});
            has_read[number][9] = true;
        }
        tracking_table_add(&readers[9], names, COUNT);
        check_counts();
    }
    tracking_table_add(&readers[9], names, 0);
    check_counts();
}

static void a_key_may_have_many_readers(void **state) {
    (void)state;
    for (int reader = 0; reader < READERS; reader++) note_read(7, reader);
    for (int reader = 0; reader < READERS; reader++) note_read(7, reader);
    check_counts();
    take(7);
    check_counts();
}

static void a_reader_forgets_in_steps(void **state) {
    (void)state;
    for (int number = 0; number < 100; number++) note_read(number, 3);
    note_read(5, 4);
    assert_int_equal(tracking_table_forget(&readers[3], 40), 40);
    assert_int_equal(readers[3].count, 60);
    assert_int_equal(tracking_table_forget(&readers[3], 100), 60);
    assert_int_equal(tracking_table_forget(&readers[3], 100), 0);
    for (int number = 0; number < 100; number++) has_read[number][3] = false;
    check_counts();
    take(5);
    check_counts();
}

static void a_number_is_used_again_without_what_its_reader_had_read(void **state) {
    (void)state;
    note_read(1, 0);
    note_read(1, 5);
    tracking_table_forget(&readers[5], UINT32_MAX);
    tracking_table_leave(&readers[5]);
    tracking_table_join(&readers[5]);
    has_read[1][5] = false;
    take(1);
    check_counts();
}

static void all_is_forgotten_at_once(void **state) {
    (void)state;
    for (int number = 0; number < KEYS; number++)
        for (int reader = 0; reader < READERS; reader += 3) note_read(number, reader);
    tracking_table_clear();
    memset(has_read, 0, sizeof(has_read));
    check_counts();
    note_read(1, 1);
    check_counts();
}

static void expect_random(void *context, key_reader *r) {
    const slice *name = context;
    int64_t number;
    assert_true(number_parse_i64((slice){name->data + 4, name->len - 4}, &number)); /* behind "key:" */
    assert_true(has_read[number][r - readers]);
    has_read[number][r - readers] = false;
}

static void a_random_key_is_evicted_with_its_readers(void **state) {
    (void)state;
    for (int number = 0; number < 20; number++)
        for (int reader = 0; reader <= number; reader++) note_read(number, reader);
    slice name;
    for (int left = 20; left > 0; left--) {
        assert_int_equal(tracking_table_keys(), left);
        assert_in_range(tracking_table_evict(&name, expect_random, &name), 1, 20);
        check_counts();
    }
    assert_int_equal(tracking_table_evict(&name, expect_random, &name), 0);
}

static void forget_reader(int reader) {
    tracking_table_forget(&readers[reader], UINT32_MAX);
    for (int number = 0; number < KEYS; number++) has_read[number][reader] = false;
}

static void pairs_come_and_go_as_in_the_model(void **state) {
    (void)state;
    for (int round = 0; round < 200000; round++) {
        int number = (int)random_below(KEYS), reader = (int)random_below(READERS);
        unsigned choice = (unsigned)random_below(1000);
        if (choice < 985)
            note_read(number, reader);
        else if (choice < 998)
            take(number);
        else
            forget_reader(reader);
        if (round % 10000 == 0) check_counts();
    }
    check_counts();
}

static void all_memory_is_given_back(void **state) {
    (void)state;
    note_read(0, 0); /* what the table keeps for good */
    take(0);
    size_t before = alloc_used_bytes();
    for (int round = 0; round < 20000; round++) note_read((int)random_below(20), (int)random_below(READERS));
    for (int number = 0; number < 10; number++) take(number);
    for (int reader = 0; reader < READERS; reader++) forget_reader(reader);
    assert_int_equal(tracking_table_items(), 0);
    assert_int_equal(alloc_used_bytes(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, join_all, leave_all)

int main(void) {
    random_seed_from_os();
    hash_open();
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_remembered_once_for_each_reader),
        TEST(many_keys_may_be_added_at_once),
        TEST(a_key_may_have_many_readers),
        TEST(a_reader_forgets_in_steps),
        TEST(a_number_is_used_again_without_what_its_reader_had_read),
        TEST(all_is_forgotten_at_once),
        TEST(a_random_key_is_evicted_with_its_readers),
        TEST(pairs_come_and_go_as_in_the_model),
        TEST(all_memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
