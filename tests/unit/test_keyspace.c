/* Keyspace: every way through the gate, beside a naive model of a few databases whose clock the test moves.
 */
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
#include "store/keyspace.h"
#include "store/recency.h"
#include "store/types/string.h"

#define DATABASES 4

/* keyspace_expire_due may be late by one unit of due times. */
#define DUE_UNIT_MS 128

#define PLENTY_US 1000000000

static database *db_of(int id) { return keyspace_database(id); }

static key name_key(const char *name) { return key_of(slice_of(name)); }

static void pass(int64_t ms) { clock_cached_unix_ms += ms; }

/* --- What observers are told --- */

#define EVENTS_MAX 64
static struct {
    int db;
    enum keyspace_event event;
    char name[32];
} events[EVENTS_MAX];
static size_t event_count;

static void record(database *db, const key *k, enum keyspace_event event) {
    if (event_count == EVENTS_MAX) return;
    events[event_count].db = db->id;
    events[event_count].event = event;
    snprintf(events[event_count].name, sizeof(events[0].name), "%.*s", (int)k->name.len, k->name.data);
    event_count++;
}

static void assert_told(size_t index, int db, enum keyspace_event event, const char *name) {
    assert_true(index < event_count);
    assert_int_equal(events[index].db, db);
    assert_int_equal(events[index].event, event);
    assert_string_equal(events[index].name, name);
}

static int begin(void **state) {
    (void)state;
    for (int id = 0; id < DATABASES; id++) keyspace_flush(db_of(id));
    keyspace_statistics = (struct keyspace_statistics){0};
    keyspace_active_expire = true;
    recency_policy = (struct recency_policy){.lfu_log_factor = 10, .lfu_decay_minutes = 1};
    clock_refresh();
    recency_tick();
    event_count = 0;
    return 0;
}

/* --- Sizes --- */

static void sizes_are_told_apart_by_powers_of_two(void **state) {
    (void)state;
    assert_int_equal(census_class(0), 0);
    assert_int_equal(census_class(1), 1);
    assert_int_equal(census_class(2), 2);
    assert_int_equal(census_class(3), 2);
    assert_int_equal(census_class(1023), 10);
    assert_int_equal(census_class(1024), 11);
    assert_int_equal(census_class((size_t)1 << 30), CENSUS_CLASSES - 1);
    assert_int_equal(census_class(UINT32_MAX), CENSUS_CLASSES - 1);
}

/* --- Single keys --- */

static void put(int db, const char *name, const char *value, int64_t expiry_ms) {
    key k = name_key(name);
    keyspace_put_string(db_of(db), &k, slice_of(value), expiry_ms);
}

static void assert_value(int db, const char *name, const char *value) {
    key k = name_key(name);
    const entry *e = keyspace_peek(db_of(db), &k);
    char scratch[STRING_SCRATCH_BYTES];
    if (!value) {
        assert_null(e);
        return;
    }
    assert_non_null(e);
    assert_true(slice_equal(entry_key(e), k.name));
    assert_true(slice_equal(string_view(e, scratch), slice_of(value)));
}

static int64_t expiry_of(int db, const char *name) {
    key k = name_key(name);
    return entry_expiry(keyspace_peek(db_of(db), &k));
}

static void a_key_holds_what_was_put_last(void **state) {
    (void)state;
    assert_value(0, "a", NULL);
    put(0, "a", "one", NO_EXPIRY);
    assert_value(0, "a", "one");
    put(0, "a", "2", NO_EXPIRY);
    assert_value(0, "a", "2");
    put(0, "a", "a value that is longer than the one that was there", NO_EXPIRY);
    assert_value(0, "a", "a value that is longer than the one that was there");
    put(0, "a", "", NO_EXPIRY);
    assert_value(0, "a", "");
    assert_value(1, "a", NULL);
    assert_int_equal(keyspace_size(db_of(0)), 1);
}

static void a_number_is_kept_as_an_integer_unless_put_as_text(void **state) {
    (void)state;
    key k = name_key("n");
    put(0, "n", "123", NO_EXPIRY);
    assert_int_equal(keyspace_peek(db_of(0), &k)->encoding, ENCODING_INT);
    keyspace_put_text(db_of(0), &k, SLICE("123"), NO_EXPIRY);
    assert_int_equal(keyspace_peek(db_of(0), &k)->encoding, ENCODING_INLINE);
    keyspace_put_integer(db_of(0), &k, -5, NO_EXPIRY);
    assert_value(0, "n", "-5");
    entry *e = keyspace_write(db_of(0), &k);
    keyspace_update_integer(db_of(0), &k, e, 17);
    assert_value(0, "n", "17");
    keyspace_put_text(db_of(0), &k, SLICE("18"), NO_EXPIRY);
    keyspace_update_integer(db_of(0), &k, keyspace_write(db_of(0), &k), 19);
    assert_value(0, "n", "19");
    assert_int_equal(keyspace_peek(db_of(0), &k)->encoding, ENCODING_INT);
    key missing = name_key("m");
    keyspace_update_integer(db_of(0), &missing, NULL, 1);
    assert_value(0, "m", "1");
}

static void putting_sets_keeps_or_takes_away_the_expiry(void **state) {
    static const char *const values[] = {"text", "12", "more text than fits where the other text was", "13"};
    (void)state;
    int64_t soon = clock_unix_ms() + 1000, later = soon + 5000;
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            put(0, "a", values[i], soon);
            assert_true(expiry_of(0, "a") == soon);
            put(0, "a", values[j], KEEP_EXPIRY);
            assert_true(expiry_of(0, "a") == soon);
            put(0, "a", values[i], later);
            assert_true(expiry_of(0, "a") == later);
            assert_int_equal(db_of(0)->expiring, 1);
            put(0, "a", values[j], NO_EXPIRY);
            assert_true(expiry_of(0, "a") == NO_EXPIRY);
            assert_int_equal(db_of(0)->expiring, 0);
            put(0, "a", values[i], KEEP_EXPIRY);
            assert_true(expiry_of(0, "a") == NO_EXPIRY);
        }
    }
    put(0, "new", "x", KEEP_EXPIRY);
    assert_true(expiry_of(0, "new") == NO_EXPIRY);
}

static void a_key_is_gone_from_the_millisecond_at_which_it_expires(void **state) {
    (void)state;
    key k = name_key("a");
    put(0, "a", "x", clock_unix_ms() + 10);
    pass(9);
    assert_non_null(keyspace_read(db_of(0), &k));
    pass(1);
    assert_int_equal(keyspace_size(db_of(0)), 1);
    assert_null(keyspace_read(db_of(0), &k));
    assert_int_equal(keyspace_size(db_of(0)), 0);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_int_equal(keyspace_statistics.expired, 1);
    assert_int_equal(event_count, 1);
    assert_told(0, 0, EVENT_EXPIRED, "a");
    assert_null(keyspace_read(db_of(0), &k));
    assert_int_equal(keyspace_statistics.expired, 1);
}

static void nothing_sees_an_expired_key(void **state) {
    (void)state;
    key k = name_key("a"), other = name_key("b");
    static entry *(*const lookups[])(database *, const key *) = {keyspace_read, keyspace_write,
                                                                 keyspace_inspect, keyspace_peek};
    for (int i = 0; i < 4; i++) {
        put(0, "a", "x", clock_unix_ms());
        assert_null(lookups[i](db_of(0), &k));
        assert_int_equal(keyspace_size(db_of(0)), 0);
    }
    put(0, "a", "x", clock_unix_ms());
    assert_null(keyspace_random(db_of(0)));
    put(0, "a", "x", clock_unix_ms());
    event_count = 0;
    assert_false(keyspace_delete(db_of(0), &k));
    assert_told(0, 0, EVENT_EXPIRED, "a");

    put(0, "a", "old", clock_unix_ms());
    put(0, "a", "new", KEEP_EXPIRY); /* there is nothing whose expiry could be kept */
    assert_true(expiry_of(0, "a") == NO_EXPIRY);
    put(0, "a", "old", clock_unix_ms());
    char *bytes = keyspace_edit_string(db_of(0), &k, 5);
    assert_memory_equal(bytes, "\0\0\0\0\0", 5);
    assert_true(expiry_of(0, "a") == NO_EXPIRY);

    /* as what is overwritten it is in nobody's way */
    put(0, "b", "old", clock_unix_ms());
    keyspace_rename(db_of(0), &k, &other);
    assert_int_equal(keyspace_size(db_of(0)), 1);
}

static void lookups_for_reading_count_hits_and_misses(void **state) {
    (void)state;
    key k = name_key("a"), missing = name_key("b");
    put(0, "a", "x", NO_EXPIRY);
    keyspace_read(db_of(0), &k);
    keyspace_inspect(db_of(0), &k);
    keyspace_read(db_of(0), &missing);
    keyspace_inspect(db_of(0), &missing);
    keyspace_inspect(db_of(0), &missing);
    keyspace_write(db_of(0), &k);
    keyspace_write(db_of(0), &missing);
    keyspace_peek(db_of(0), &k);
    keyspace_peek(db_of(0), &missing);
    assert_int_equal(keyspace_statistics.hits, 2);
    assert_int_equal(keyspace_statistics.misses, 3);
}

static void only_reading_and_writing_mark_a_key_as_used(void **state) {
    (void)state;
    key k = name_key("a");
    put(0, "a", "x", NO_EXPIRY);
    pass(5000);
    recency_tick();
    assert_int_equal(recency_idle_s(keyspace_inspect(db_of(0), &k)), 5);
    assert_int_equal(recency_idle_s(keyspace_peek(db_of(0), &k)), 5);
    assert_int_equal(recency_idle_s(keyspace_random(db_of(0))), 5);
    assert_int_equal(recency_idle_s(keyspace_read(db_of(0), &k)), 0);
    pass(5000);
    recency_tick();
    assert_int_equal(recency_idle_s(keyspace_write(db_of(0), &k)), 0);
    pass(5000);
    recency_tick();
    put(0, "a", "longer than it was, so that it moves to another block of memory", NO_EXPIRY);
    assert_int_equal(recency_idle_s(keyspace_peek(db_of(0), &k)), 0);
}

static void overwriting_a_key_keeps_its_frequency(void **state) {
    (void)state;
    key k = name_key("a");
    recency_policy.lfu = true;
    recency_policy.lfu_log_factor = 0;
    put(0, "a", "x", NO_EXPIRY);
    for (int i = 0; i < 20; i++) keyspace_read(db_of(0), &k);
    assert_int_equal(recency_frequency(keyspace_peek(db_of(0), &k)), 25);
    put(0, "a", "y", NO_EXPIRY);
    put(0, "a", "longer than it was, so that it moves to another block of memory", NO_EXPIRY);
    put(0, "a", "12", NO_EXPIRY);
    put(0, "a", "13", clock_unix_ms() + 1000);
    assert_int_equal(recency_frequency(keyspace_peek(db_of(0), &k)), 29);
}

static void a_deleted_key_is_announced_and_gone(void **state) {
    (void)state;
    key k = name_key("a");
    assert_false(keyspace_delete(db_of(0), &k));
    assert_int_equal(event_count, 0);
    put(0, "a", "x", clock_unix_ms() + 1000);
    assert_true(keyspace_delete(db_of(0), &k));
    assert_int_equal(event_count, 1);
    assert_told(0, 0, EVENT_DEL, "a");
    assert_int_equal(keyspace_statistics.changes, 1);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_value(0, "a", NULL);
}

static void a_change_is_counted_once_and_told_to_observers(void **state) {
    (void)state;
    key k = name_key("a");
    keyspace_changed(db_of(2), &k, EVENT_APPEND);
    keyspace_announce(db_of(2), &k, EVENT_EXPIRE);
    assert_int_equal(keyspace_statistics.changes, 1);
    assert_int_equal(event_count, 2);
    assert_told(0, 2, EVENT_APPEND, "a");
    assert_told(1, 2, EVENT_EXPIRE, "a");
}

/* What else an observer is told of, as counts. */
static struct { int created, missed, flushed, flushed_all, swapped; } noted;

static void note_created(database *db, const key *k) {
    (void)db;
    noted.created += slice_equal(k->name, SLICE("new"));
}

static void note_missed(database *db, const key *k) {
    (void)db;
    noted.missed += slice_equal(k->name, SLICE("missing"));
}

static void note_flushed(database *db) {
    if (!db)
        noted.flushed_all++;
    else
        noted.flushed += keyspace_size(db) == 1; /* its keys are there still */
}

static void note_swapped(database *a, database *b) { noted.swapped += a->id == 0 && b->id == 1; }

static void an_observer_is_told_of_keys_that_come_and_go_while_it_is_on(void **state) {
    (void)state;
    keyspace_observer watcher = {
        .created = note_created, .missed = note_missed, .flushed = note_flushed, .swapped = note_swapped};
    key fresh = name_key("new"), missing = name_key("missing");
    keyspace_observe(&watcher);
    put(0, "new", "x", NO_EXPIRY);
    put(0, "new", "y", NO_EXPIRY); /* not new any more */
    keyspace_read(db_of(0), &missing);
    keyspace_inspect(db_of(0), &missing);
    keyspace_peek(db_of(0), &missing);
    keyspace_read(db_of(0), &fresh);
    keyspace_flush(db_of(0));
    keyspace_flush_all();
    keyspace_swap(db_of(0), db_of(1));
    keyspace_unobserve(&watcher);
    put(0, "new", "x", NO_EXPIRY);
    keyspace_read(db_of(0), &missing);
    keyspace_flush(db_of(0));
    assert_int_equal(noted.created, 1);
    assert_int_equal(noted.missed, 2);
    assert_int_equal(noted.flushed, 1);
    assert_int_equal(noted.flushed_all, 1);
    assert_int_equal(noted.swapped, 1);
}

static void renaming_takes_value_and_expiry_along(void **state) {
    (void)state;
    key from = name_key("a"), to = name_key("b");
    int64_t soon = clock_unix_ms() + 1000;
    put(0, "a", "x", soon);
    put(0, "b", "what stood there", soon + 1);
    keyspace_rename(db_of(0), &from, &to);
    assert_value(0, "a", NULL);
    assert_value(0, "b", "x");
    assert_true(expiry_of(0, "b") == soon);
    assert_int_equal(db_of(0)->expiring, 1);
    assert_int_equal(keyspace_average_ttl_ms(db_of(0)), 1000);
    assert_int_equal(event_count, 0);
    keyspace_expire_due(PLENTY_US);
    assert_value(0, "b", "x");
    pass(1000 + DUE_UNIT_MS);
    keyspace_expire_due(PLENTY_US);
    assert_int_equal(keyspace_size(db_of(0)), 0);
}

static void moving_takes_value_and_expiry_to_another_database(void **state) {
    (void)state;
    key k = name_key("a");
    int64_t soon = clock_unix_ms() + 1000;
    put(0, "a", "x", soon);
    keyspace_move(db_of(0), db_of(3), &k);
    assert_value(0, "a", NULL);
    assert_value(3, "a", "x");
    assert_true(expiry_of(3, "a") == soon);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_int_equal(db_of(3)->expiring, 1);
    pass(1000 + DUE_UNIT_MS);
    keyspace_expire_due(PLENTY_US);
    assert_int_equal(keyspace_size(db_of(3)), 0);
}

static void a_copy_is_independent_of_its_original(void **state) {
    (void)state;
    key from = name_key("a"), to = name_key("b");
    int64_t soon = clock_unix_ms() + 1000;
    put(0, "a", "x", soon);
    put(1, "b", "what stood there", NO_EXPIRY);
    keyspace_copy(keyspace_peek(db_of(0), &from), db_of(1), &to);
    keyspace_edit_string(db_of(0), &from, 2)[1] = 'y';
    assert_value(0, "a", "xy");
    assert_value(1, "b", "x");
    assert_true(expiry_of(1, "b") == soon);
    assert_int_equal(db_of(1)->expiring, 1);
    keyspace_copy(keyspace_peek(db_of(0), &from), db_of(0), &to);
    assert_value(0, "b", "xy");
    assert_int_equal(keyspace_size(db_of(0)), 2);
}

static void swapping_exchanges_all_but_the_numbers(void **state) {
    (void)state;
    put(0, "a", "x", clock_unix_ms() + 1000);
    put(1, "b", "y", NO_EXPIRY);
    put(1, "c", "z", NO_EXPIRY);
    keyspace_swap(db_of(0), db_of(1));
    assert_int_equal(db_of(0)->id, 0);
    assert_int_equal(db_of(1)->id, 1);
    assert_value(1, "a", "x");
    assert_value(0, "b", "y");
    assert_int_equal(keyspace_size(db_of(0)), 2);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_int_equal(db_of(1)->expiring, 1);
    keyspace_swap(db_of(1), db_of(1));
    assert_value(1, "a", "x");
    pass(1000 + DUE_UNIT_MS);
    keyspace_expire_due(PLENTY_US);
    assert_told(0, 1, EVENT_EXPIRED, "a");
}

static void flushing_empties_one_database(void **state) {
    (void)state;
    assert_int_equal(keyspace_flush(db_of(0)), 0);
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        put(0, name, name, i % 2 ? NO_EXPIRY : clock_unix_ms() + i);
    }
    put(1, "a", "x", NO_EXPIRY);
    size_t size = keyspace_size(db_of(0));
    assert_int_equal(keyspace_flush(db_of(0)), size);
    assert_int_equal(keyspace_size(db_of(0)), 0);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_int_equal(keyspace_average_ttl_ms(db_of(0)), 0);
    assert_int_equal(keyspace_size(db_of(1)), 1);
    assert_int_equal(keyspace_statistics.changes, size);
    put(0, "a", "x", NO_EXPIRY);
    assert_value(0, "a", "x");
}

static void a_random_key_is_one_that_lives(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        put(0, name, "x", i == 500 ? NO_EXPIRY : clock_unix_ms() + 1);
    }
    pass(1);
    assert_true(slice_equal(entry_key(keyspace_random(db_of(0))), SLICE("500")));
}

static void a_blob_is_adopted(void **state) {
    (void)state;
    key k = name_key("a");
    blob *b = blob_new(100000);
    memset(b->data, 'x', b->len);
    keyspace_put_blob(db_of(0), &k, b, NO_EXPIRY);
    assert_ptr_equal(string_blob(keyspace_peek(db_of(0), &k)), b);
    b = blob_new(80000);
    memset(b->data, 'y', b->len);
    keyspace_put_blob(db_of(0), &k, b, clock_unix_ms() + 5);
    assert_ptr_equal(string_blob(keyspace_peek(db_of(0), &k)), b);
    assert_int_equal(db_of(0)->expiring, 1);
}

static void the_memory_of_a_key_is_what_the_allocator_gave(void **state) {
    (void)state;
    for (size_t len = 0; len < 200000; len = len * 3 / 2 + 1) {
        key k = name_key("a");
        char *bytes = calloc(1, len + 1);
        size_t before = alloc_used_bytes();
        keyspace_put_text(db_of(0), &k, (slice){bytes, len}, NO_EXPIRY);
        size_t used = alloc_used_bytes() - before,
               told = keyspace_memory_bytes(keyspace_peek(db_of(0), &k), 0);
        assert_true(told >= len);
#ifdef STINT_JEMALLOC
        assert_int_equal(told, used + sizeof(void *));
#else
        (void)used;
#endif
        free(bytes);
        keyspace_delete(db_of(0), &k);
    }
}

/* --- Deleting what is due --- */

static void put_due(int db, int count, int64_t expiry_ms) {
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        put(db, name, "x", expiry_ms);
    }
}

static void upkeep_deletes_what_is_due_and_nothing_else(void **state) {
    (void)state;
    put_due(0, 3000, clock_unix_ms() + 1000);
    put_due(2, 500, clock_unix_ms() + 3000);
    put(0, "stays", "x", NO_EXPIRY);
    assert_false(keyspace_expire_due(PLENTY_US));
    assert_int_equal(keyspace_size(db_of(0)), 3001);
    pass(1000 + DUE_UNIT_MS);
    assert_false(keyspace_expire_due(PLENTY_US));
    assert_int_equal(keyspace_size(db_of(0)), 1);
    assert_int_equal(keyspace_size(db_of(2)), 500);
    assert_int_equal(keyspace_statistics.expired, 3000);
    pass(2000);
    assert_false(keyspace_expire_due(PLENTY_US));
    assert_int_equal(keyspace_size(db_of(2)), 0);
    assert_int_equal(db_of(0)->expiring, 0);
    assert_value(0, "stays", "x");
}

static void upkeep_can_be_turned_off(void **state) {
    (void)state;
    put_due(0, 10, clock_unix_ms());
    pass(1000);
    keyspace_active_expire = false;
    assert_false(keyspace_expire_due(PLENTY_US));
    assert_int_equal(keyspace_size(db_of(0)), 10);
}

static void upkeep_stops_when_its_time_is_up(void **state) {
    (void)state;
    put_due(0, 10000, clock_unix_ms());
    pass(1000);
    assert_true(keyspace_expire_due(1));
    assert_int_equal(keyspace_statistics.expire_slices_full, 1);
    assert_true(keyspace_size(db_of(0)) > 0);
    assert_false(keyspace_expire_due(PLENTY_US));
    assert_int_equal(keyspace_size(db_of(0)), 0);
}

static void no_database_keeps_others_from_their_upkeep(void **state) {
    (void)state;
    put_due(0, 20000, clock_unix_ms());
    put_due(1, 1, clock_unix_ms());
    put_due(3, 1, clock_unix_ms());
    pass(1000);
    /* a microsecond is over after the first step: each call serves one database, each in its turn */
    for (int i = 0; i < DATABASES; i++) keyspace_expire_due(1);
    assert_true(keyspace_size(db_of(0)) > 0);
    assert_int_equal(keyspace_size(db_of(1)), 0);
    assert_int_equal(keyspace_size(db_of(3)), 0);
}

/* --- All together --- */

enum { KEYS = 400, VALUE_MAX = 80000 };

struct model_key {
    char name[300];
    size_t name_len;
    bool present;
    int64_t expiry_ms;
    char *value; /* VALUE_MAX bytes */
    size_t len;
};
static struct model_key model[DATABASES][KEYS];

/* The model's expiry for comparing. */
static int64_t due_ms_of(const struct model_key *m) {
    return m->expiry_ms == NO_EXPIRY ? INT64_MAX : m->expiry_ms;
}

static bool lives(const struct model_key *m) { return m->present && due_ms_of(m) > clock_unix_ms(); }

static key key_of_model(const struct model_key *m) { return key_of((slice){m->name, m->name_len}); }

static void model_set(struct model_key *m, const void *value, size_t len, int64_t expiry_ms) {
    if (expiry_ms == KEEP_EXPIRY) expiry_ms = lives(m) ? m->expiry_ms : NO_EXPIRY;
    m->present = true;
    m->expiry_ms = expiry_ms;
    m->len = len;
    memmove(m->value, value, len);
}

static void assert_model_key(int db, const struct model_key *m) {
    key k = key_of_model(m);
    char scratch[STRING_SCRATCH_BYTES];
    const entry *e = keyspace_peek(db_of(db), &k);
    if (!lives(m)) {
        assert_null(e);
        return;
    }
    assert_non_null(e);
    slice value = string_view(e, scratch);
    assert_true(slice_equal(entry_key(e), k.name));
    assert_true(entry_expiry(e) == m->expiry_ms);
    assert_int_equal(value.len, m->len);
    assert_memory_equal(value.data, m->value, m->len);
}

static void count_visit(void *context, void *element) {
    census *c = context;
    const entry *e = element;
    c->keys[e->type][census_class(value_size(e))]++;
}

static void assert_model(void) {
    for (int db = 0; db < DATABASES; db++) {
        size_t alive = 0, expiring = 0, visits = 0;
        census sizes = {0};
        int64_t left_ms = 0;
        for (int i = 0; i < KEYS; i++) {
            const struct model_key *m = &model[db][i];
            assert_model_key(db, m); /* deletes what has expired */
            alive += lives(m);
            if (!lives(m) || m->expiry_ms == NO_EXPIRY) continue;
            expiring++;
            left_ms += m->expiry_ms - clock_unix_ms();
        }
        assert_int_equal(keyspace_size(db_of(db)), alive);
        assert_int_equal(db_of(db)->expiring, expiring);
        int64_t average = expiring ? left_ms / (int64_t)expiring : 0,
                told = keyspace_average_ttl_ms(db_of(db));
        assert_true(told >= average - 1 && told <= average + 1);
        assert_int_equal(keyspace_scan(db_of(db), 0, SIZE_MAX, count_visit, &sizes), 0);
        assert_memory_equal(&db_of(db)->sizes, &sizes, sizeof(sizes));
        for (size_t class = 0; class < CENSUS_CLASSES; class ++) visits += sizes.keys[TYPE_STRING][class];
        assert_int_equal(visits, alive);
    }
}

/* What was due a while ago is no longer there, even to those who do not look it up. */
static void assert_upkeep_was_done(void) {
    for (int db = 0; db < DATABASES; db++) {
        size_t may_be_there = 0;
        for (int i = 0; i < KEYS; i++) {
            const struct model_key *m = &model[db][i];
            may_be_there += m->present && due_ms_of(m) > clock_unix_ms() - DUE_UNIT_MS;
        }
        assert_true(keyspace_size(db_of(db)) <= may_be_there);
    }
}

static size_t random_length(void) {
    switch (random_below(12)) {
    case 0: return random_below(VALUE_MAX);
    case 1: return random_below(3000);
    default: return random_below(100);
    }
}

static void random_step(void) {
    static char value[VALUE_MAX];
    int db = (int)random_below(DATABASES), other_db = (int)random_below(DATABASES);
    struct model_key *m = &model[db][random_below(KEYS)], *other = &model[other_db][random_below(KEYS)];
    key k = key_of_model(m), other_k = key_of_model(other);
    size_t len = random_length();
    int64_t expiry_ms = random_below(3) ? NO_EXPIRY : clock_unix_ms() + 1 + (int64_t)random_below(20000);
    if (random_below(4) == 0) expiry_ms = KEEP_EXPIRY;
    memset(value, (int)('a' + random_below(26)), len);
    switch (random_below(11)) {
    case 0:
        keyspace_put_string(db_of(db), &k, (slice){value, len}, expiry_ms);
        model_set(m, value, len, expiry_ms);
        break;
    case 1: {
        int64_t number = (int64_t)random_u64() >> random_below(64);
        len = (size_t)snprintf(value, sizeof(value), "%lld", (long long)number);
        if (random_below(2))
            keyspace_put_integer(db_of(db), &k, number, expiry_ms);
        else if (random_below(2))
            keyspace_put_text(db_of(db), &k, (slice){value, len}, expiry_ms);
        else
            keyspace_put_string(db_of(db), &k, (slice){value, len}, expiry_ms);
        model_set(m, value, len, expiry_ms);
        break;
    }
    case 2: {
        blob *b = blob_new(len);
        memcpy(b->data, value, len);
        keyspace_put_blob(db_of(db), &k, b, expiry_ms);
        model_set(m, value, len, expiry_ms);
        break;
    }
    case 3: {
        keyspace_write(db_of(db), &k);
        char *bytes = keyspace_edit_string(db_of(db), &k, len);
        size_t before = lives(m) ? m->len : 0;
        if (len > before) memset(m->value + before, 0, len - before);
        model_set(m, m->value, len, KEEP_EXPIRY);
        if (len > 0) bytes[len - 1] = m->value[len - 1] = 'e';
        break;
    }
    case 4:
    case 5:
        assert_int_equal(keyspace_delete(db_of(db), &k), lives(m));
        m->present = false;
        break;
    case 6: {
        entry *e = keyspace_write(db_of(db), &k);
        assert_int_equal(e != NULL, lives(m));
        if (!e || expiry_ms == KEEP_EXPIRY) break;
        keyspace_set_expiry(db_of(db), &k, e, expiry_ms);
        m->expiry_ms = expiry_ms;
        break;
    }
    case 7: /* within one database */
        other = &model[db][other - model[other_db]];
        other_db = db;
        if (other == m || !keyspace_write(db_of(db), &k)) break;
        keyspace_rename(db_of(db), &k, &other_k);
        model_set(other, m->value, m->len, m->expiry_ms);
        m->present = false;
        break;
    case 8: {
        const entry *e = keyspace_read(db_of(db), &k);
        if (!e || other == m) break;
        keyspace_copy(e, db_of(other_db), &other_k);
        model_set(other, m->value, m->len, m->expiry_ms);
        break;
    }
    case 9: /* under the same name */
        other = &model[other_db][m - model[db]];
        if (db == other_db || !keyspace_write(db_of(db), &k) || keyspace_peek(db_of(other_db), &k)) break;
        keyspace_move(db_of(db), db_of(other_db), &k);
        model_set(other, m->value, m->len, m->expiry_ms);
        m->present = false;
        break;
    default: {
        entry *e = keyspace_write(db_of(db), &k);
        if (e && !lives(m)) fail();
        int64_t kept_ms = lives(m) ? m->expiry_ms : NO_EXPIRY;
        keyspace_update_integer(db_of(db), &k, e, 4711);
        model_set(m, "4711", 4, kept_ms);
    }
    }
    assert_model_key(db, m);
    assert_model_key(other_db, other);
}

static void swap_models(int a, int b) {
    for (int i = 0; i < KEYS; i++) {
        struct model_key swapped = model[a][i];
        model[a][i] = model[b][i];
        model[b][i] = swapped;
    }
}

static void random_histories_agree_with_a_naive_model(void **state) {
    enum { ROUNDS = 300, STEPS = 300 };
    (void)state;
    for (int db = 0; db < DATABASES; db++) {
        for (int i = 0; i < KEYS; i++) {
            struct model_key *m = &model[db][i];
            int len = snprintf(m->name, sizeof(m->name), "%0*d", i % 50 == 0 ? 290 : 1 + i % 20, i);
            m->name_len = (size_t)len;
            m->value = malloc(VALUE_MAX);
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int step = 0; step < STEPS; step++) random_step();
        pass((int64_t)random_below(4000));
        if (random_below(2)) {
            keyspace_expire_due(PLENTY_US);
            assert_upkeep_was_done();
        }
        if (random_below(10) == 0) {
            int a = (int)random_below(DATABASES), b = (int)random_below(DATABASES);
            keyspace_swap(db_of(a), db_of(b));
            swap_models(a, b);
        }
        if (random_below(50) == 0) {
            int db = (int)random_below(DATABASES);
            keyspace_flush(db_of(db));
            for (int i = 0; i < KEYS; i++) model[db][i].present = false;
        }
        assert_model();
    }
    for (int db = 0; db < DATABASES; db++)
        for (int i = 0; i < KEYS; i++) free(model[db][i].value);
}

/* Nothing is left of the memory that the tests before took. */
static void all_memory_is_given_back(void **state) {
    (void)state;
    begin(NULL);
    size_t before = alloc_used_bytes();
    put_due(0, 20000, clock_unix_ms() + 1000);
    put_due(1, 20000, NO_EXPIRY);
    pass(1000 + DUE_UNIT_MS);
    keyspace_expire_due(PLENTY_US);
    keyspace_flush(db_of(1));
    assert_int_equal(keyspace_size(db_of(0)), 0);
#ifdef STINT_JEMALLOC
    assert_true(alloc_used_bytes() < before + 2000); /* the heap of due times keeps its room */
#else
    (void)before;
#endif
}

/* The words of tables hold pointers in disguise: a leak checker would miss what is still in them at the end.
 */
static int free_tables(void **state) {
    (void)state;
    for (int id = 0; id < DATABASES; id++) {
        keyspace_flush(db_of(id));
        table_free(db_of(id)->keys, NULL);
    }
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_told_apart_by_powers_of_two),
        cmocka_unit_test_setup(a_key_holds_what_was_put_last, begin),
        cmocka_unit_test_setup(a_number_is_kept_as_an_integer_unless_put_as_text, begin),
        cmocka_unit_test_setup(putting_sets_keeps_or_takes_away_the_expiry, begin),
        cmocka_unit_test_setup(a_key_is_gone_from_the_millisecond_at_which_it_expires, begin),
        cmocka_unit_test_setup(nothing_sees_an_expired_key, begin),
        cmocka_unit_test_setup(lookups_for_reading_count_hits_and_misses, begin),
        cmocka_unit_test_setup(only_reading_and_writing_mark_a_key_as_used, begin),
        cmocka_unit_test_setup(overwriting_a_key_keeps_its_frequency, begin),
        cmocka_unit_test_setup(a_deleted_key_is_announced_and_gone, begin),
        cmocka_unit_test_setup(a_change_is_counted_once_and_told_to_observers, begin),
        cmocka_unit_test_setup(an_observer_is_told_of_keys_that_come_and_go_while_it_is_on, begin),
        cmocka_unit_test_setup(renaming_takes_value_and_expiry_along, begin),
        cmocka_unit_test_setup(moving_takes_value_and_expiry_to_another_database, begin),
        cmocka_unit_test_setup(a_copy_is_independent_of_its_original, begin),
        cmocka_unit_test_setup(swapping_exchanges_all_but_the_numbers, begin),
        cmocka_unit_test_setup(flushing_empties_one_database, begin),
        cmocka_unit_test_setup(a_random_key_is_one_that_lives, begin),
        cmocka_unit_test_setup(a_blob_is_adopted, begin),
        cmocka_unit_test_setup(the_memory_of_a_key_is_what_the_allocator_gave, begin),
        cmocka_unit_test_setup(upkeep_deletes_what_is_due_and_nothing_else, begin),
        cmocka_unit_test_setup(upkeep_can_be_turned_off, begin),
        cmocka_unit_test_setup(upkeep_stops_when_its_time_is_up, begin),
        cmocka_unit_test_setup(no_database_keeps_others_from_their_upkeep, begin),
        cmocka_unit_test_setup(random_histories_agree_with_a_naive_model, begin),
        cmocka_unit_test_setup(all_memory_is_given_back, begin),
    };
    alloc_register_thread();
    clock_refresh();
    /* the same histories in every run, others with a number as the argument */
    random_seed(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    for (int i = 0; i < HASH_SECRET_BYTES; i++) hash_secret[i] = (unsigned char)random_u64();
    keyspace_open(DATABASES);
    static keyspace_observer recorder = {.changed = record};
    keyspace_observe(&recorder);
    return cmocka_run_group_tests_name("keyspace", tests, NULL, free_tables);
}
