/* Table: checked against a naive model (an array that says what is in) through random histories that grow and
 * shrink it, and by the figures of its structure at many sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/table.h"

#define NEVER INT64_MAX

/* Collecting may be late by one unit of due times, never early. */
#define DUE_UNIT_MS 128

/* Elements that one bucket can be the home of, for all practical purposes. */
#define HOME_MAX 64

struct item {
    int64_t due_ms;
    uint32_t number;
    uint32_t seen; /* scratch of the tests */
    bool present;
};

static slice item_key(const void *element) {
    const struct item *item = element;
    return (slice){(const char *)&item->number, sizeof(item->number)};
}

static int64_t item_due_ms(const void *element) {
    const struct item *item = element;
    return item->due_ms;
}

static const struct table_kind lasting_items = {item_key, NULL};
static const struct table_kind due_items = {item_key, item_due_ms};

static uint64_t item_hash(const struct item *item) { return hash_bytes(item_key(item)); }

/* Items numbered from 0, none of them in a table. */
static struct item *new_items(uint32_t count) {
    struct item *items = calloc(count, sizeof(*items));
    assert_non_null(items);
    for (uint32_t i = 0; i < count; i++) items[i] = (struct item){.due_ms = NEVER, .number = i};
    return items;
}

static void insert(table *t, struct item *item) {
    table_insert(t, item, item_hash(item));
    if (item->due_ms != NEVER) table_note_due(t, item_hash(item), item, item->due_ms);
    item->present = true;
}

static void take_out(table *t, struct item *item) {
    assert_ptr_equal(table_remove(t, item_key(item), item_hash(item)), item);
    item->present = false;
}

static void assert_found_if_present(const table *t, struct item *item) {
    assert_ptr_equal(table_find(t, item_key(item), item_hash(item)), item->present ? item : NULL);
}

static void count_visit(void *context, void *element) {
    (*(size_t *)context)++;
    ((struct item *)element)->seen++;
}

/* Scans the whole table with that count per call; returns the number of visits. */
static size_t scan_all(const table *t, size_t count) {
    size_t visits = 0;
    uint64_t cursor = 0;
    do {
        size_t before = visits;
        cursor = table_scan(t, cursor, count, count_visit, &visits);
        assert_true(cursor < 1ull << 53);
        assert_true(visits - before < count + HOME_MAX);
        if (cursor) assert_true(visits - before >= count);
    } while (cursor);
    return visits;
}

/* Lookups, a scan and the count say the same as the model. */
static void assert_agrees(const table *t, struct item *items, uint32_t count) {
    size_t present = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_found_if_present(t, &items[i]);
        present += items[i].present;
        items[i].seen = 0;
    }
    assert_int_equal(table_count(t), present);
    assert_int_equal(scan_all(t, 1 + random_below(50)), present);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(items[i].seen, items[i].present);
}

static double fill_of(const table *t) {
    struct table_figures f;
    table_figures(t, &f);
    return (double)table_count(t) / (double)f.slots;
}

/* --- Finding --- */

static void an_empty_table_holds_nothing(void **state) {
    (void)state;
    table *t = table_new(&lasting_items);
    struct item item = {.number = 7};
    size_t visits = 0;
    assert_int_equal(table_count(t), 0);
    assert_null(table_find(t, item_key(&item), item_hash(&item)));
    assert_null(table_remove(t, item_key(&item), item_hash(&item)));
    assert_null(table_random(t));
    assert_int_equal(table_scan(t, 0, 10, count_visit, &visits), 0);
    assert_int_equal(visits, 0);
    table_free(t, NULL);
}

static void all_that_was_inserted_is_found_until_it_is_removed(void **state) {
    enum { COUNT = 50000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        insert(t, &items[i]);
        assert_int_equal(table_count(t), i + 1);
        assert_found_if_present(t, &items[random_below(COUNT)]);
    }
    assert_agrees(t, items, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        take_out(t, &items[i]);
        assert_found_if_present(t, &items[i]);
        assert_found_if_present(t, &items[random_below(COUNT)]);
    }
    assert_agrees(t, items, COUNT);
    table_free(t, NULL);
    free(items);
}

static void random_histories_agree_with_a_naive_model(void **state) {
    enum { COUNT = 20000, PHASES = 60, STEPS = 20000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (int phase = 0; phase < PHASES; phase++) {
        /* each phase has a range of items and a share of insertions of its own: it grows, shrinks or stays */
        uint64_t range = 1 + random_below(random_below(3) ? COUNT : 100), inserting = random_below(101);
        for (int step = 0; step < STEPS; step++) {
            struct item *item = &items[random_below(range)];
            assert_found_if_present(t, item);
            bool inserts = random_below(100) < inserting;
            if (inserts && !item->present) insert(t, item);
            if (!inserts && item->present) take_out(t, item);
        }
        assert_agrees(t, items, COUNT);
    }
    table_free(t, NULL);
    free(items);
}

static void an_element_is_replaced_by_its_address(void **state) {
    enum { COUNT = 5000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item **items = calloc(COUNT, sizeof(*items));
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i] = new_items(1);
        items[i]->number = i;
        insert(t, items[i]);
    }
    for (int round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            struct item *after = new_items(1);
            *after = *items[i];
            memset(items[i], 0xFF, sizeof(*items[i])); /* what is replaced is not read any more */
            table_replace(t, item_hash(after), items[i], after);
            free(items[i]);
            items[i] = after;
        }
    }
    for (uint32_t i = 0; i < COUNT; i++) assert_found_if_present(t, items[i]);
    assert_int_equal(table_count(t), COUNT);
    table_free(t, free);
    free(items);
}

static uint32_t released;
static void count_release(void *element) {
    released++;
    assert_int_equal(((struct item *)element)->seen++, 0);
}

static void freeing_releases_each_element_once(void **state) {
    enum { COUNT = 30000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) insert(t, &items[i]);
    released = 0;
    table_free(t, count_release);
    assert_int_equal(released, COUNT);
    free(items);
}

static void prefetching_is_allowed_for_any_hash(void **state) {
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(3000);
    for (uint32_t i = 0; i < 3000; i++) {
        insert(t, &items[i]);
        uint64_t hash = random_u64();
        table_prefetch_bucket(t, hash);
        table_prefetch_element(t, hash);
        table_prefetch_element(t, item_hash(&items[i]));
    }
    table_free(t, NULL);
    free(items);
}

/* --- Scanning --- */

/* Whether a scan that goes on while items come and go returns all that stay. The first `staying` items stay;
 * inserting is the chance, in per cent, that a change is an insertion. */
static void check_scan_guarantee(table *t, struct item *items, uint32_t count, uint32_t staying, int changes,
                                 uint64_t inserting) {
    size_t visits = 0;
    uint64_t cursor = 0;
    for (uint32_t i = 0; i < count; i++) items[i].seen = 0;
    do {
        cursor = table_scan(t, cursor, 1 + random_below(20), count_visit, &visits);
        for (int i = 0; i < changes; i++) {
            struct item *item = &items[staying + random_below(count - staying)];
            bool inserts = random_below(100) < inserting;
            if (inserts && !item->present) insert(t, item);
            if (!inserts && item->present) take_out(t, item);
        }
    } while (cursor);
    for (uint32_t i = 0; i < staying; i++) assert_true(items[i].seen > 0);
}

static void a_scan_returns_what_stays_while_the_table_grows_and_shrinks(void **state) {
    enum { COUNT = 40000, STAYING = 500, ROUNDS = 40 };
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        table *t = table_new(&lasting_items);
        struct item *items = new_items(COUNT);
        for (uint32_t i = 0; i < STAYING; i++) insert(t, &items[i]);
        uint32_t full = round % 2 ? COUNT : STAYING;
        for (uint32_t i = STAYING; i < full; i++) insert(t, &items[i]);
        /* from full to nearly empty, from nearly empty to full, and to and fro */
        check_scan_guarantee(t, items, COUNT, STAYING, 200, round % 2 ? 10 : 90);
        check_scan_guarantee(t, items, COUNT, STAYING, 300, round % 2 ? 95 : 5);
        check_scan_guarantee(t, items, COUNT, STAYING, 100, 50);
        table_free(t, NULL);
        free(items);
    }
}

/* Removes or inserts the items that do not stay, in bursts large enough to merge and split segments under a
 * cursor that is not moved meanwhile. */
static void a_scan_returns_what_stays_through_bursts(void **state) {
    enum { COUNT = 30000, STAYING = 300, ROUNDS = 30 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) insert(t, &items[i]);
    for (int round = 0; round < ROUNDS; round++) {
        size_t visits = 0;
        uint64_t cursor = 0;
        uint64_t calm = 1 + random_below(30); /* calls between two bursts */
        for (uint32_t i = 0; i < COUNT; i++) items[i].seen = 0;
        for (uint64_t call = 1;; call++) {
            cursor = table_scan(t, cursor, 1 + random_below(40), count_visit, &visits);
            if (!cursor) break;
            if (call % calm || call / calm > 40) continue;
            bool removes = table_count(t) > COUNT / 2;
            for (uint32_t i = STAYING; i < COUNT; i++) {
                if (random_below(20) == 0) continue;
                if (removes && items[i].present) take_out(t, &items[i]);
                if (!removes && !items[i].present) insert(t, &items[i]);
            }
        }
        for (uint32_t i = 0; i < STAYING; i++) assert_true(items[i].seen > 0);
    }
    assert_agrees(t, items, COUNT);
    table_free(t, NULL);
    free(items);
}

static void a_scan_accepts_any_cursor(void **state) {
    enum { COUNT = 3000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i < 20 || i % 500 == 0) {
            for (int j = 0; j < 200; j++) {
                size_t visits = 0;
                uint64_t cursor = random_u64() >> random_below(64);
                cursor = table_scan(t, cursor, 1 + random_below(30), count_visit, &visits);
                assert_true(cursor < 1ull << 53);
                /* it leads on to the end, like one that a scan has given */
                while (cursor) cursor = table_scan(t, cursor, 1000, count_visit, &visits);
                assert_true(visits <= i);
            }
        }
        insert(t, &items[i]);
    }
    table_free(t, NULL);
    free(items);
}

/* --- Random elements --- */

static void random_elements_are_about_equally_likely(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= 10000; count *= 10) {
        enum { DRAWS_EACH = 100 };
        table *t = table_new(&lasting_items);
        struct item *items = new_items(count);
        for (uint32_t i = 0; i < count; i++) insert(t, &items[i]);
        for (uint32_t i = 0; i < count * DRAWS_EACH; i++) ((struct item *)table_random(t))->seen++;
        uint32_t least = UINT32_MAX, most = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (items[i].seen < least) least = items[i].seen;
            if (items[i].seen > most) most = items[i].seen;
        }
        /* five standard deviations of a fair draw, and a fifth for the fills of segments, which differ */
        assert_true(least > DRAWS_EACH * 8 / 10 - 50);
        assert_true(most < DRAWS_EACH * 12 / 10 + 50);
        table_free(t, NULL);
        free(items);
    }
}

static void random_elements_are_found_in_a_table_that_was_much_larger(void **state) {
    enum { COUNT = 100000, LEFT = 3 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) insert(t, &items[i]);
    for (uint32_t i = LEFT; i < COUNT; i++) take_out(t, &items[i]);
    for (int i = 0; i < 300; i++) ((struct item *)table_random(t))->seen++;
    for (uint32_t i = 0; i < LEFT; i++) assert_true(items[i].seen > 30);
    table_free(t, NULL);
    free(items);
}

/* --- What is due --- */

static int64_t now_ms;

/* Advances the time that the table is asked for; due times count from the clock's own time. */
static void set_now(int64_t ms) { now_ms = ms; }

/* Collects all that is due, checks it against the model, and removes it from both. */
static void collect_and_check(table *t, struct item *items, uint32_t count) {
    void *due[64];
    bool more = true;
    while (more) {
        size_t got = table_collect_due(t, now_ms, due, 8 + random_below(57), &more);
        for (size_t i = 0; i < got; i++) {
            struct item *item = due[i];
            assert_true(item->present);
            assert_true(item->due_ms <= now_ms);
            take_out(t, item);
        }
    }
    for (uint32_t i = 0; i < count; i++)
        if (items[i].present) assert_true(items[i].due_ms > now_ms - DUE_UNIT_MS);
}

static void exactly_what_is_due_is_collected(void **state) {
    enum { COUNT = 20000, TURNS = 300 };
    (void)state;
    table *t = table_new(&due_items);
    struct item *items = new_items(COUNT);
    set_now(clock_unix_ms());
    for (int turn = 0; turn < TURNS; turn++) {
        uint64_t inserting = turn % 100 < 50 ? 80 : 20; /* grow and shrink, split and merge */
        for (int i = 0; i < 2000; i++) {
            struct item *item = &items[random_below(COUNT)];
            int64_t due_ms = random_below(4) ? now_ms + (int64_t)random_below(60000) : NEVER;
            if (!item->present) {
                if (random_below(100) >= inserting) continue;
                item->due_ms = due_ms;
                insert(t, item);
            } else if (random_below(100) >= inserting) {
                take_out(t, item);
            } else { /* another time, as a later EXPIRE or PERSIST gives */
                bool earlier = due_ms < item->due_ms;
                item->due_ms = due_ms;
                if (earlier) table_note_due(t, item_hash(item), item, due_ms);
            }
        }
        set_now(now_ms + (int64_t)random_below(2000));
        collect_and_check(t, items, COUNT);
    }
    assert_agrees(t, items, COUNT);
    set_now(now_ms + 10 * 60000);
    collect_and_check(t, items, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        if (items[i].present) assert_true(items[i].due_ms == NEVER);
    table_free(t, NULL);
    free(items);
}

static void collecting_all_leaves_an_empty_table(void **state) {
    enum { COUNT = 100000 };
    (void)state;
    table *t = table_new(&due_items);
    struct item *items = new_items(COUNT);
    set_now(clock_unix_ms());
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i].due_ms = now_ms + (int64_t)random_below(100000);
        insert(t, &items[i]);
    }
    for (int second = 0; second <= 101; second++) {
        collect_and_check(t, items, COUNT);
        set_now(now_ms + 1000);
    }
    assert_int_equal(table_count(t), 0);
    table_free(t, NULL);
    free(items);
}

static void the_ends_of_time_are_kept_apart(void **state) {
    (void)state;
    const int64_t year_ms = 365ll * 24 * 3600 * 1000, start = clock_unix_ms();
    struct item items[] = {
        {.number = 0, .due_ms = INT64_MIN},
        {.number = 1, .due_ms = 0},
        {.number = 2, .due_ms = start - 1000},
        {.number = 3, .due_ms = start + year_ms},
        {.number = 4, .due_ms = start + 40 * year_ms},
        {.number = 5, .due_ms = INT64_MAX - 1},
        {.number = 6, .due_ms = NEVER},
    };
    enum { COUNT = sizeof(items) / sizeof(items[0]) };
    table *t = table_new(&due_items);
    for (int i = 0; i < COUNT; i++) insert(t, &items[i]);
    set_now(start);
    collect_and_check(t, items, COUNT);
    assert_int_equal(table_count(t), 4);
    set_now(start + 2 * year_ms);
    collect_and_check(t, items, COUNT);
    assert_int_equal(table_count(t), 3);
    table_free(t, NULL);
}

static void no_call_collects_more_than_was_asked_for(void **state) {
    enum { COUNT = 5000, MAX = 20 };
    (void)state;
    table *t = table_new(&due_items);
    struct item *items = new_items(COUNT);
    set_now(clock_unix_ms());
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i].due_ms = now_ms - 1000;
        insert(t, &items[i]);
    }
    bool more = true;
    while (more) {
        void *due[MAX];
        size_t got = table_collect_due(t, now_ms, due, MAX, &more);
        assert_true(got <= MAX);
        for (size_t i = 0; i < got; i++) take_out(t, due[i]);
    }
    assert_int_equal(table_count(t), 0);
    table_free(t, NULL);
    free(items);
}

static uint32_t looks;
static int64_t counted_due_ms(const void *element) {
    looks++;
    return item_due_ms(element);
}
static const struct table_kind counting_items = {item_key, counted_due_ms};

/* Keys whose expiry was put off again and again leave times behind at which nothing is due any more. */
static void finding_out_that_nothing_is_due_takes_bounded_steps(void **state) {
    enum { COUNT = 100000, MAX = 64, LOOKS_MAX = 2048 };
    (void)state;
    table *t = table_new(&counting_items);
    struct item *items = new_items(COUNT);
    set_now(clock_unix_ms());
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i].due_ms = now_ms + 1000;
        insert(t, &items[i]);
    }
    for (uint32_t i = 0; i < COUNT; i++) items[i].due_ms = now_ms + 50000;
    set_now(now_ms + 2000);
    bool more = true;
    uint32_t calls = 0, all_looks = 0;
    while (more) {
        void *due[MAX];
        looks = 0;
        assert_int_equal(table_collect_due(t, now_ms, due, MAX, &more), 0);
        assert_true(looks <= LOOKS_MAX);
        all_looks += looks;
        calls++;
        assert_true(calls <= COUNT);
    }
    assert_int_equal(all_looks, COUNT); /* each is looked at once, then the true times are known */
    looks = 0;
    void *due[MAX];
    assert_int_equal(table_collect_due(t, now_ms + 1000, due, MAX, &more), 0);
    assert_int_equal(looks, 0);
    table_free(t, NULL);
    free(items);
}

/* --- Figures --- */

static void the_fill_is_high_at_every_size(void **state) {
    enum { COUNT = 2000000, CHECKS_PER_DOUBLING = 16 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    double next = 1000;
    for (uint32_t i = 0; i < COUNT; i++) {
        insert(t, &items[i]);
        if (i + 1 < next) continue;
        next *= 1 + 1.0 / CHECKS_PER_DOUBLING;
        struct table_figures f;
        table_figures(t, &f);
        double fill = (double)(i + 1) / (double)f.slots;
        /* of a handful of segments a few may just have split */
        assert_true(fill > (i < 5000 ? 0.55 : 0.65) && fill < 0.9);
        assert_true(f.average_probes < (i < 100000 ? 1.4 : 1.18));
        assert_true((double)table_memory_bytes(t) / (i + 1) < 14);
    }
    table_free(t, NULL);
    free(items);
}

static void a_table_that_empties_gives_its_memory_back(void **state) {
    enum { COUNT = 300000 };
    (void)state;
    table *t = table_new(&lasting_items);
    struct item *items = new_items(COUNT);
    size_t empty_bytes = table_memory_bytes(t);
    for (uint32_t i = 0; i < COUNT; i++) insert(t, &items[i]);
    uint32_t next = COUNT;
    for (uint32_t left = COUNT; left > 0; left--) {
        take_out(t, &items[left - 1]);
        if (left != next) continue;
        next = left * 9 / 10;
        if (left > 1000) assert_true(fill_of(t) > 0.3);
        if (left > 1000) assert_true((double)table_memory_bytes(t) / left < 30);
    }
    assert_int_equal(table_memory_bytes(t), empty_bytes);
    /* and it still works */
    for (uint32_t i = 0; i < 100; i++) insert(t, &items[i]);
    assert_agrees(t, items, COUNT);
    table_free(t, NULL);
    free(items);
}

/* What the table says that it takes is what the allocator gave it. */
static void the_memory_of_a_table_is_accounted(void **state) {
    enum { COUNT = 100000 };
    (void)state;
    for (int due = 0; due < 2; due++) {
        struct item *items = new_items(COUNT);
        size_t before = alloc_used_bytes();
        table *t = table_new(&due_items);
        for (uint32_t i = 0; i < COUNT; i++) {
            if (due) items[i].due_ms = clock_unix_ms() + (int64_t)i;
            insert(t, &items[i]);
        }
        size_t used = alloc_used_bytes() - before, told = table_memory_bytes(t);
        /* a build without jemalloc does not count */
        if (used) assert_true(told > used * 97 / 100 && told < used * 103 / 100);
        table_free(t, NULL);
        free(items);
    }
}

/* The same histories in every run, others with a number as the argument. */
static void fix_chance(uint64_t seed) {
    random_seed(seed);
    for (int i = 0; i < HASH_SECRET_BYTES; i++) hash_secret[i] = (unsigned char)random_u64();
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_holds_nothing),
        cmocka_unit_test(all_that_was_inserted_is_found_until_it_is_removed),
        cmocka_unit_test(random_histories_agree_with_a_naive_model),
        cmocka_unit_test(an_element_is_replaced_by_its_address),
        cmocka_unit_test(freeing_releases_each_element_once),
        cmocka_unit_test(prefetching_is_allowed_for_any_hash),
        cmocka_unit_test(a_scan_returns_what_stays_while_the_table_grows_and_shrinks),
        cmocka_unit_test(a_scan_returns_what_stays_through_bursts),
        cmocka_unit_test(a_scan_accepts_any_cursor),
        cmocka_unit_test(random_elements_are_about_equally_likely),
        cmocka_unit_test(random_elements_are_found_in_a_table_that_was_much_larger),
        cmocka_unit_test(exactly_what_is_due_is_collected),
        cmocka_unit_test(collecting_all_leaves_an_empty_table),
        cmocka_unit_test(the_ends_of_time_are_kept_apart),
        cmocka_unit_test(no_call_collects_more_than_was_asked_for),
        cmocka_unit_test(finding_out_that_nothing_is_due_takes_bounded_steps),
        cmocka_unit_test(the_fill_is_high_at_every_size),
        cmocka_unit_test(a_table_that_empties_gives_its_memory_back),
        cmocka_unit_test(the_memory_of_a_table_is_accounted),
    };
    alloc_register_thread();
    clock_refresh();
    fix_chance(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
