/* Ranking: the largest of many items, beside exact sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/ranking.h"

#define ITEMS  20000
#define ROUNDS 400000

static ranking r;
static uint64_t exact[ITEMS], total;

/* Ids as they are elsewhere: hashes. */
static uint64_t id_of(uint64_t item) { return (item + 1) * UINT64_C(0x9E3779B97F4A7C15); }

static uint64_t item_of(uint64_t id) {
    for (uint64_t item = 0; item < ITEMS; item++)
        if (id_of(item) == id) return item;
    fail();
    return 0;
}

static int empty(void **state) {
    (void)state;
    ranking_reset(&r);
    memset(exact, 0, sizeof(exact));
    total = 0;
    random_seed(1);
    return 0;
}

static uint32_t add(uint64_t item, uint64_t weight) {
    bool is_new;
    exact[item] += weight;
    total += weight;
    return ranking_add(&r, id_of(item), weight, &is_new);
}

/* --- Zipf --- */

static double cumulated[ITEMS];

static void prepare_zipf(double exponent) {
    double sum = 0;
    for (int i = 0; i < ITEMS; i++) cumulated[i] = sum += pow(i + 1, -exponent);
    for (int i = 0; i < ITEMS; i++) cumulated[i] /= sum;
}

static uint64_t zipf(void) {
    double x = (double)(random_u64() >> 11) / (double)(UINT64_C(1) << 53);
    int low = 0, high = ITEMS - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (cumulated[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint64_t)low;
}

/* What Space-Saving promises. */
static void check_promises(void) {
    static bool has_place[ITEMS];
    memset(has_place, 0, sizeof(has_place));
    assert_int_equal(r.count, RANKING_PLACES);
    for (uint32_t place = 0; place < r.count; place++) {
        const struct ranked *item = &r.items[place];
        uint64_t sum = exact[item_of(item->id)];
        assert_false(has_place[item_of(item->id)]);
        has_place[item_of(item->id)] = true;
        assert_in_range(sum, item->value - item->error, item->value);
        assert_true(item->error <= total / RANKING_PLACES);
    }
    for (int i = 0; i < ITEMS; i++)
        if (exact[i] > total / RANKING_PLACES) assert_true(has_place[i]);
}

static int by_sum_falling(const void *a, const void *b) {
    uint64_t x = exact[*(const uint64_t *)a], y = exact[*(const uint64_t *)b];
    return x > y ? -1 : x < y;
}

static void check_top(uint32_t count) {
    static uint64_t order[ITEMS];
    uint32_t places[RANKING_PLACES];
    for (uint64_t i = 0; i < ITEMS; i++) order[i] = i;
    qsort(order, ITEMS, sizeof(*order), by_sum_falling);
    assert_int_equal(ranking_top(&r, places, count), count);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(item_of(r.items[places[i]].id), order[i]);
}

static void the_most_frequent_of_many_items_are_found(void **state) {
    (void)state;
    prepare_zipf(1.1);
    for (int i = 0; i < ROUNDS; i++) add(zipf(), 1);
    check_promises();
    check_top(20);
}

static void weights_may_differ(void **state) {
    (void)state;
    prepare_zipf(1.0);
    for (int i = 0; i < ROUNDS; i++) add(zipf(), 1 + random_below(1000));
    check_promises();
    check_top(10);
}

static void without_frequent_items_the_promises_hold_as_well(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) add(random_below(ITEMS), 1);
    check_promises();
}

static void items_that_are_no_longer_used_make_room(void **state) {
    (void)state;
    bool is_new;
    for (int i = 0; i < 1000; i++) add(0, 1000);
    for (int i = 0; i < 30; i++) ranking_halve(&r);
    assert_int_equal(r.items[0].value, 0);
    uint32_t places[RANKING_PLACES];
    assert_int_equal(ranking_top(&r, places, RANKING_PLACES), 0);
    for (uint64_t i = 1; i <= RANKING_PLACES; i++) ranking_add(&r, id_of(i), 1, &is_new);
    assert_int_equal(ranking_top(&r, places, RANKING_PLACES), RANKING_PLACES);
    ranking_add(&r, id_of(0), 1, &is_new);
    assert_true(is_new);
}

/* --- Details --- */

static void sums_are_exact_while_there_are_places(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++)
        for (uint64_t item = 0; item < RANKING_PLACES; item++) add(item, item + 1);
    for (uint32_t place = 0; place < r.count; place++) {
        assert_int_equal(r.items[place].value, exact[item_of(r.items[place].id)]);
        assert_int_equal(r.items[place].error, 0);
    }
    check_top(RANKING_PLACES);
}

static void an_item_keeps_its_place(void **state) {
    (void)state;
    uint32_t places[RANKING_PLACES];
    for (uint64_t item = 0; item < RANKING_PLACES; item++) places[item] = add(item, 10);
    for (int i = 0; i < 10000; i++) {
        uint64_t item = random_below(RANKING_PLACES);
        bool is_new;
        assert_int_equal(ranking_add(&r, id_of(item), random_below(100) + 1, &is_new), places[item]);
        assert_false(is_new);
    }
}

static void of_values_that_are_no_sums_the_largest_are_kept(void **state) {
    (void)state;
    static uint64_t value[ITEMS];
    bool is_new;
    for (uint64_t i = 0; i < ITEMS; i++) {
        uint64_t item = i * 7919 % ITEMS; /* in no order */
        value[item] = item + 1;
        ranking_offer(&r, id_of(item), value[item], &is_new);
    }
    uint32_t places[RANKING_PLACES];
    assert_int_equal(ranking_top(&r, places, RANKING_PLACES), RANKING_PLACES);
    for (uint32_t i = 0; i < RANKING_PLACES; i++) {
        assert_int_equal(r.items[places[i]].value, ITEMS - i);
        assert_int_equal(r.items[places[i]].error, 0);
    }
    assert_int_equal(ranking_offer(&r, id_of(0), 1, &is_new), RANKING_NONE);
    assert_int_not_equal(ranking_offer(&r, id_of(ITEMS - 1), 1, &is_new), RANKING_NONE);
    assert_false(is_new);
    assert_int_not_equal(ranking_offer(&r, id_of(0), 2, &is_new), RANKING_NONE);
    assert_true(is_new);
}

static void a_value_may_fall(void **state) {
    (void)state;
    uint32_t places[3];
    uint32_t a = add(1, 100), b = add(2, 50), c = add(3, 70);
    ranking_set(&r, a, 60);
    assert_int_equal(ranking_top(&r, places, 3), 3);
    assert_int_equal(places[0], c);
    assert_int_equal(places[1], a);
    assert_int_equal(places[2], b);
    ranking_set(&r, c, 0);
    assert_int_equal(ranking_top(&r, places, 3), 2);
    assert_int_equal(places[0], a);
}

static void ids_that_meet_in_the_index_are_told_apart(void **state) {
    (void)state;
    bool is_new;
    for (uint64_t i = 0; i < 2 * RANKING_PLACES; i++) {
        ranking_add(&r, i * RANKING_SLOTS + 5, 1, &is_new);
        assert_true(is_new);
        ranking_add(&r, i * RANKING_SLOTS + 5, 1, &is_new);
        assert_false(is_new);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_most_frequent_of_many_items_are_found, empty),
        cmocka_unit_test_setup(weights_may_differ, empty),
        cmocka_unit_test_setup(without_frequent_items_the_promises_hold_as_well, empty),
        cmocka_unit_test_setup(items_that_are_no_longer_used_make_room, empty),
        cmocka_unit_test_setup(sums_are_exact_while_there_are_places, empty),
        cmocka_unit_test_setup(an_item_keeps_its_place, empty),
        cmocka_unit_test_setup(of_values_that_are_no_sums_the_largest_are_kept, empty),
        cmocka_unit_test_setup(a_value_may_fall, empty),
        cmocka_unit_test_setup(ids_that_meet_in_the_index_are_told_apart, empty),
    };
    return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
