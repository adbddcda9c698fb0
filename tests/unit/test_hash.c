/* Hash: every operation beside a naive model, packed and as a table, and what each form must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/keyspace.h"
#include "store/types/bytes.h"
#include "store/types/hash.h"

static database *db;

static int begin(void **state) {
    (void)state;
    for (int id = 0; id < keyspace_databases(); id++) keyspace_flush(keyspace_database(id));
    keyspace_expiry_paused = false;
    hash_limits = (struct hash_limits){.packed_fields = 512, .packed_value_bytes = 64};
    random_seed(7);
    clock_refresh();
    return 0;
}

static slice h_name;
static key h_key(void) { return key_of(h_name); }

static entry *look_up(void) {
    key k = h_key();
    return keyspace_peek(db, &k);
}

static size_t set_pairs(const slice *pairs, size_t count) {
    key k = h_key();
    size_t created;
    hash_set(db, &k, look_up(), pairs, count, false, &created);
    return created;
}

static size_t set(const char *field, const char *value) {
    slice pair[] = {slice_of(field), slice_of(value)};
    return set_pairs(pair, 1);
}

static bool drop(slice field) {
    key k = h_key();
    bool removed;
    hash_remove(db, &k, look_up(), field, &removed);
    return removed;
}

static void assert_text(const struct packed_value *v, slice text) {
    char scratch[NUMBER_I64_TEXT_MAX];
    slice given = packed_text(v, scratch);
    assert_int_equal(given.len, text.len);
    assert_memory_equal(given.data, text.data, text.len);
}

static void assert_holds(const char *field, const char *value) {
    struct packed_value v;
    assert_true(hash_find(look_up(), slice_of(field), &v));
    assert_text(&v, slice_of(value));
}

static void assert_encoding(const char *name) { assert_string_equal(hash_encoding_name(look_up()), name); }

/* --- The two forms --- */

static void a_hash_is_packed_up_to_the_limit_of_fields(void **state) {
    (void)state;
    hash_limits.packed_fields = 3;
    set("a", "1");
    set("b", "2");
    set("c", "3");
    set("c", "4");
    assert_encoding("listpack");
    assert_int_equal(set("d", "5"), 1);
    assert_encoding("hashtable");
    assert_holds("a", "1");
    assert_holds("c", "4");
    assert_holds("d", "5");
    assert_int_equal(hash_count(look_up()), 4);
}

static void a_hash_is_packed_up_to_the_limit_of_lengths(void **state) {
    (void)state;
    hash_limits.packed_value_bytes = 5;
    set("field", "value");
    assert_encoding("listpack");
    set("field", "values");
    assert_encoding("hashtable");
    assert_holds("field", "values");
    set("field", "v");
    assert_encoding("hashtable");
}

static void a_long_field_makes_a_table_from_the_start(void **state) {
    (void)state;
    hash_limits.packed_value_bytes = 5;
    set("fields", "v");
    assert_encoding("hashtable");
    assert_holds("fields", "v");
}

static void a_limit_of_no_fields_allows_no_packed_hash(void **state) {
    (void)state;
    hash_limits.packed_fields = 0;
    set("a", "1");
    assert_encoding("hashtable");
}

static void repeated_fields_of_one_call_count_once_and_the_last_value_stays(void **state) {
    (void)state;
    slice pairs[] = {SLICE("a"), SLICE("1"), SLICE("b"), SLICE("2"),
                     SLICE("a"), SLICE("3"), SLICE("c"), SLICE("4")};
    assert_int_equal(set_pairs(pairs, 4), 3);
    assert_int_equal(hash_count(look_up()), 3);
    assert_holds("a", "3");
    assert_holds("c", "4");
}

static void integers_are_packed_as_integers(void **state) {
    (void)state;
    set("f", "12345678");
    struct packed_value v;
    assert_true(hash_find(look_up(), SLICE("f"), &v));
    assert_true(packed_is_integer(&v));
    assert_true(packed_valid(bytes_view(look_up())));
    assert_true(bytes_view(look_up()).len <= 2 + 3 + 5);
}

static void a_value_of_any_length_comes_back(void **state) {
    (void)state;
    static char big[300000];
    static const size_t lens[] = {0, 1, 63, 64, 65, 127, 128, 16383, 16384, 65535, sizeof(big)};
    memset(big, 'x', sizeof(big));
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
        slice pairs[] = {{big, lens[i]}, {big, lens[sizeof(lens) / sizeof(*lens) - 1 - i]}};
        set_pairs(pairs, 1);
    }
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
        struct packed_value v;
        assert_true(hash_find(look_up(), (slice){big, lens[i]}, &v));
        assert_text(&v, (slice){big, lens[sizeof(lens) / sizeof(*lens) - 1 - i]});
    }
}

/* --- Beside a model --- */

#define MODEL_FIELDS 400
#define MODEL_BYTES  300

static struct {
    bool present, visited;
    size_t len;
    char value[MODEL_BYTES];
} model[MODEL_FIELDS];

static slice field_name(size_t i, char text[64]) {
    /* numbers as they are, numbers in text, and texts of several lengths */
    static const char *const formats[] = {"%zu", "field:%zu", "a-field-whose-name-is-somewhat-longer:%zu"};
    return (slice){text, (size_t)snprintf(text, 64, formats[i % 3], i)};
}

static size_t field_number(slice name) {
    size_t at = 0, number = 0;
    while (at < name.len && (name.data[at] < '0' || name.data[at] > '9')) at++;
    for (; at < name.len; at++) number = 10 * number + (size_t)(name.data[at] - '0');
    return number;
}

static size_t model_count(void) {
    size_t count = 0;
    for (size_t i = 0; i < MODEL_FIELDS; i++) count += model[i].present;
    return count;
}

static void visit(void *context, const struct hash_field *field) {
    size_t *visits = context;
    char scratch[NUMBER_I64_TEXT_MAX];
    size_t i = field_number(packed_text(&field->name, scratch));
    assert_true(i < MODEL_FIELDS && model[i].present && !model[i].visited);
    model[i].visited = true;
    assert_text(&field->value, (slice){model[i].value, model[i].len});
    ++*visits;
}

static void forget_visits(void) {
    for (size_t i = 0; i < MODEL_FIELDS; i++) model[i].visited = false;
}

static void assert_equals_model(const entry *e) {
    size_t visits = 0;
    forget_visits();
    if (e) hash_each(e, visit, &visits);
    assert_int_equal(visits, model_count());
    assert_int_equal(e ? hash_count(e) : 0, visits);
}

static size_t make_value(char *value) {
    uint64_t kind = random_below(4);
    if (kind == 0) return (size_t)snprintf(value, MODEL_BYTES, "%lld", (long long)random_below(1000000));
    if (kind == 1) return (size_t)snprintf(value, MODEL_BYTES, "%lld", (long long)random_u64());
    size_t len = random_below(kind == 2 ? 30 : hash_limits.packed_value_bytes);
    for (size_t i = 0; i < len; i++) value[i] = (char)random_u64();
    return len;
}

static void step_set(size_t fields) {
    enum { PAIRS_MAX = 5 };
    static char names[PAIRS_MAX][64];
    size_t count = 1 + random_below(PAIRS_MAX), expected = 0;
    slice pairs[2 * PAIRS_MAX];
    static char values[PAIRS_MAX][MODEL_BYTES];
    for (size_t i = 0; i < count; i++) {
        size_t f = random_below(fields);
        size_t len = make_value(values[i]);
        pairs[2 * i] = field_name(f, names[i]);
        pairs[2 * i + 1] = (slice){values[i], len};
        expected += !model[f].present;
        model[f].present = true;
        model[f].len = len;
        memcpy(model[f].value, values[i], len);
    }
    assert_int_equal(set_pairs(pairs, count), expected);
}

static void step_remove(size_t fields) {
    char name[64];
    size_t f = random_below(fields);
    assert_int_equal(drop(field_name(f, name)), model[f].present);
    model[f].present = false;
    if (hash_count(look_up()) > 0) return;
    key k = h_key();
    keyspace_delete(db, &k);
}

static void step_find(size_t fields) {
    static char names[HASH_FIND_MAX][64];
    slice wanted[HASH_FIND_MAX];
    struct packed_value values[HASH_FIND_MAX];
    bool found[HASH_FIND_MAX];
    size_t chosen[HASH_FIND_MAX], count = 1 + random_below(HASH_FIND_MAX);
    for (size_t i = 0; i < count; i++) wanted[i] = field_name(chosen[i] = random_below(fields), names[i]);
    hash_find_many(look_up(), wanted, count, values, found);
    for (size_t i = 0; i < count; i++) {
        struct packed_value single;
        assert_int_equal(found[i], model[chosen[i]].present);
        assert_int_equal(hash_find(look_up(), wanted[i], &single), found[i]);
        if (!found[i]) continue;
        assert_text(&values[i], (slice){model[chosen[i]].value, model[chosen[i]].len});
        assert_text(&single, (slice){model[chosen[i]].value, model[chosen[i]].len});
    }
}

static void step_choose(void) {
    size_t visits = 0, wanted = random_below(2 * model_count() + 1), all = model_count();
    forget_visits();
    hash_random_distinct(look_up(), wanted, visit, &visits); /* visit asserts that none comes twice */
    assert_int_equal(visits, wanted < all ? wanted : all);
    struct hash_field field;
    assert_true(hash_random(look_up(), &field));
    forget_visits();
    visit(&visits, &field);
}

static void run_model(size_t fields, size_t steps) {
    memset(model, 0, sizeof(model));
    for (size_t i = 0; i < steps; i++) {
        uint64_t what = random_below(20);
        if (!look_up() || what < 8)
            step_set(fields);
        else if (what < 14)
            step_remove(fields);
        else if (what < 18)
            step_find(fields);
        else if (what < 19)
            step_choose();
        else
            assert_equals_model(look_up());
        if (look_up() && look_up()->encoding != ENCODING_STRUCTURE)
            assert_true(packed_valid(bytes_view(look_up())));
    }
    assert_equals_model(look_up());
}

static void a_packed_hash_does_what_the_model_does(void **state) {
    (void)state;
    run_model(30, 20000);
    assert_encoding("listpack");
}

static void a_large_packed_hash_does_what_the_model_does(void **state) {
    (void)state;
    run_model(MODEL_FIELDS, 20000);
    assert_encoding("listpack");
}

static void a_table_does_what_the_model_does(void **state) {
    (void)state;
    hash_limits = (struct hash_limits){.packed_fields = 0, .packed_value_bytes = MODEL_BYTES};
    run_model(MODEL_FIELDS, 20000);
    assert_encoding("hashtable");
}

static void a_hash_that_grows_over_the_limits_does_what_the_model_does(void **state) {
    (void)state;
    hash_limits = (struct hash_limits){.packed_fields = 20, .packed_value_bytes = 50};
    for (int i = 0; i < 100; i++) {
        run_model(40, 100);
        begin(NULL);
        random_seed((uint64_t)i);
        hash_limits = (struct hash_limits){.packed_fields = 20, .packed_value_bytes = 50};
    }
}

/* --- Scanning, copying, choosing --- */

static void fill(size_t fields) {
    memset(model, 0, sizeof(model));
    for (size_t i = 0; i < fields; i++) {
        char name[64];
        model[i].present = true;
        model[i].len = (size_t)snprintf(model[i].value, MODEL_BYTES, "value of %zu", i);
        slice pair[] = {field_name(i, name), {model[i].value, model[i].len}};
        set_pairs(pair, 1);
    }
}

static void a_scan_in_steps_visits_every_field_of_a_table(void **state) {
    (void)state;
    hash_limits.packed_fields = 10;
    fill(MODEL_FIELDS);
    size_t visits = 0, steps = 0;
    uint64_t cursor = 0;
    do {
        cursor = hash_scan(look_up(), cursor, 10, visit, &visits);
        steps++;
    } while (cursor);
    assert_int_equal(visits, MODEL_FIELDS);
    assert_true(steps > 10);
}

static void a_copy_is_equal_and_independent(void **state) {
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        begin(NULL);
        if (!packed) hash_limits.packed_fields = 0;
        fill(100);
        key k = h_key();
        keyspace_copy(look_up(), keyspace_database(1), &k);
        set("field:1", "changed");
        entry *copy = keyspace_peek(keyspace_database(1), &k);
        assert_equals_model(copy);
        assert_string_equal(hash_encoding_name(copy), packed ? "listpack" : "hashtable");
    }
}

static void every_field_is_about_as_likely_to_be_chosen(void **state) {
    (void)state;
    enum { FIELDS = 20, ROUNDS = 20000 };
    for (int packed = 0; packed < 2; packed++) {
        begin(NULL);
        if (!packed) hash_limits.packed_fields = 0;
        fill(FIELDS);
        size_t single[FIELDS] = {0}, few[FIELDS] = {0};
        for (int i = 0; i < ROUNDS; i++) {
            struct hash_field field;
            char scratch[NUMBER_I64_TEXT_MAX];
            assert_true(hash_random(look_up(), &field));
            single[field_number(packed_text(&field.name, scratch))]++;
            size_t visits = 0;
            forget_visits();
            hash_random_distinct(look_up(), 4, visit, &visits);
            for (size_t f = 0; f < FIELDS; f++) few[f] += model[f].visited;
        }
        for (size_t f = 0; f < FIELDS; f++) {
            assert_in_range(single[f], ROUNDS / FIELDS * 8 / 10, ROUNDS / FIELDS * 12 / 10);
            assert_in_range(few[f], 4 * ROUNDS / FIELDS * 8 / 10, 4 * ROUNDS / FIELDS * 12 / 10);
        }
    }
}

/* --- Expiry --- */

static void pass(int64_t ms) { clock_cached_unix_ms += ms; }

static void expire_in(const char *field, int64_t ms) {
    key k = h_key();
    hash_set_expiry(db, &k, look_up(), slice_of(field), clock_unix_ms() + ms);
}

static bool has(const char *field) {
    struct packed_value v;
    return look_up() && hash_find(look_up(), slice_of(field), &v);
}

static void a_field_is_gone_when_its_time_has_come(void **state) {
    (void)state;
    set("a", "1");
    set("b", "2");
    expire_in("a", 10);
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("a")), clock_unix_ms() + 10);
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("b")), INT64_MAX);
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("c")), HASH_NO_FIELD);
    pass(9);
    assert_true(has("a"));
    pass(1);
    assert_false(has("a"));
    assert_int_equal(hash_count(look_up()), 1);
    assert_holds("b", "2");
}

static void a_hash_is_gone_with_its_last_field(void **state) {
    (void)state;
    set("a", "1");
    set("b", "2");
    expire_in("a", 10);
    expire_in("b", 20);
    pass(20);
    assert_null(look_up());
    assert_int_equal(keyspace_size(db), 0);
}

static void the_keyspace_removes_fields_that_nobody_asks_for(void **state) {
    (void)state;
    set("a", "1");
    expire_in("a", 10);
    pass(1000);
    keyspace_expire_due(1000000);
    assert_int_equal(keyspace_size(db), 0);
}

static void while_no_key_expires_fields_that_have_expired_stay_unseen(void **state) {
    (void)state;
    set("a", "1");
    set("b", "2");
    expire_in("a", 10);
    expire_in("b", 10);
    keyspace_expiry_paused = true;
    uint64_t changes = keyspace_statistics.changes;
    pass(1000);
    struct hash_field field;
    assert_false(has("a"));
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("b")), HASH_NO_FIELD);
    assert_false(hash_random(look_up(), &field));
    assert_int_equal(keyspace_size(db), 1);
    assert_int_equal(keyspace_statistics.changes, changes);
    keyspace_expiry_paused = false;
    assert_null(look_up());
    assert_int_equal(keyspace_size(db), 0);
}

static void an_expiry_that_was_put_off_does_not_remove_a_field(void **state) {
    (void)state;
    set("a", "1");
    expire_in("a", 10);
    expire_in("a", 5000);
    pass(1000);
    keyspace_expire_due(1000000);
    assert_true(has("a"));
    pass(4000 + 200);
    keyspace_expire_due(1000000);
    assert_int_equal(keyspace_size(db), 0);
}

static void setting_a_field_takes_its_expiry_away_unless_it_is_kept(void **state) {
    (void)state;
    key k = h_key();
    size_t created;
    slice pair[] = {SLICE("a"), SLICE("a much longer value than before")};
    set("a", "1");
    expire_in("a", 10);
    hash_set(db, &k, look_up(), pair, 1, true, &created);
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("a")), clock_unix_ms() + 10);
    hash_set(db, &k, look_up(), pair, 1, false, &created);
    assert_int_equal(hash_expiry_ms(look_up(), SLICE("a")), INT64_MAX);
    pass(1000);
    assert_true(has("a"));
}

static void a_small_hash_with_expiries_is_called_listpackex(void **state) {
    (void)state;
    hash_limits.packed_fields = 2;
    set("a", "1");
    set("b", "2");
    expire_in("a", 10);
    assert_encoding("listpackex");
    set("c", "3");
    assert_encoding("hashtable");
}

static void expiries_go_with_copies_and_new_names(void **state) {
    (void)state;
    set("a", "1");
    set("b", "2");
    expire_in("a", 10);
    key from = h_key(), to = key_of(SLICE("copy")), renamed = key_of(SLICE("renamed"));
    keyspace_copy(look_up(), db, &to);
    keyspace_rename(db, &from, &renamed);
    pass(1000);
    keyspace_expire_due(1000000);
    assert_int_equal(hash_count(keyspace_peek(db, &to)), 1);
    assert_int_equal(hash_count(keyspace_peek(db, &renamed)), 1);
}

static void count_visit(void *context, const struct hash_field *field) {
    (void)field;
    ++*(size_t *)context;
}

static size_t count_visits(void) {
    size_t visits = 0;
    hash_each(look_up(), count_visit, &visits);
    return visits;
}

static void many_fields_expire_each_at_its_time(void **state) {
    (void)state;
    enum { FIELDS = 5000, SPREAD_MS = 10000 };
    static int64_t due_ms[FIELDS];
    char name[64];
    for (size_t i = 0; i < FIELDS; i++) {
        slice pair[] = {field_name(i, name), SLICE("value")};
        set_pairs(pair, 1);
        due_ms[i] = INT64_MAX;
    }
    key k = h_key();
    for (size_t i = 0; i < FIELDS; i += 2) {
        due_ms[i] = clock_unix_ms() + 1 + (int64_t)random_below(SPREAD_MS);
        hash_set_expiry(db, &k, look_up(), field_name(i, name), due_ms[i]);
    }
    for (int at_ms = 0; at_ms < SPREAD_MS; at_ms += 97) {
        pass(97);
        size_t left = 0;
        for (size_t i = 0; i < FIELDS; i++) {
            bool alive = due_ms[i] > clock_unix_ms();
            left += alive;
            struct packed_value v;
            if (i % 16 == 0) assert_int_equal(hash_find(look_up(), field_name(i, name), &v), alive);
        }
        assert_int_equal(count_visits(), left);
        assert_true(hash_count(look_up()) >= left);
        if (hash_count_is_exact(look_up())) assert_int_equal(hash_count(look_up()), left);
        struct hash_field field;
        assert_true(hash_random(look_up(), &field));
    }
    pass(1000);
    assert_int_equal(hash_count(look_up()), FIELDS / 2);
    assert_true(hash_count_is_exact(look_up()));
}

#ifdef STINT_JEMALLOC
static void a_field_of_12_bytes_with_a_value_of_16_takes_less_than_50(void **state) {
    (void)state;
    enum { FIELDS = 200000 };
    hash_limits.packed_fields = 0;
    size_t before = alloc_used_bytes();
    for (int i = 0; i < FIELDS; i++) {
        char field[16], value[24];
        snprintf(field, sizeof(field), "field:%06d", i);
        snprintf(value, sizeof(value), "value-xxxx%06d", i);
        set(field, value);
    }
    size_t used = alloc_used_bytes() - before;
    assert_true(used < 50ul * FIELDS);
    size_t told = keyspace_memory_bytes(look_up(), 0);
    assert_in_range(told, used * 95 / 100, used * 105 / 100);
}
#endif

int main(void) {
    alloc_register_thread();
    clock_refresh();
    random_seed_from_os();
    hash_open();
    background_open();
    keyspace_open(2);
    db = keyspace_database(0);
    h_name = slice_of(alloc_text("h"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hash_is_packed_up_to_the_limit_of_fields, begin),
        cmocka_unit_test_setup(a_hash_is_packed_up_to_the_limit_of_lengths, begin),
        cmocka_unit_test_setup(a_long_field_makes_a_table_from_the_start, begin),
        cmocka_unit_test_setup(a_limit_of_no_fields_allows_no_packed_hash, begin),
        cmocka_unit_test_setup(repeated_fields_of_one_call_count_once_and_the_last_value_stays, begin),
        cmocka_unit_test_setup(integers_are_packed_as_integers, begin),
        cmocka_unit_test_setup(a_value_of_any_length_comes_back, begin),
        cmocka_unit_test_setup(a_packed_hash_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_large_packed_hash_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_table_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_hash_that_grows_over_the_limits_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_scan_in_steps_visits_every_field_of_a_table, begin),
        cmocka_unit_test_setup(a_copy_is_equal_and_independent, begin),
        cmocka_unit_test_setup(every_field_is_about_as_likely_to_be_chosen, begin),
        cmocka_unit_test_setup(a_field_is_gone_when_its_time_has_come, begin),
        cmocka_unit_test_setup(a_hash_is_gone_with_its_last_field, begin),
        cmocka_unit_test_setup(the_keyspace_removes_fields_that_nobody_asks_for, begin),
        cmocka_unit_test_setup(while_no_key_expires_fields_that_have_expired_stay_unseen, begin),
        cmocka_unit_test_setup(an_expiry_that_was_put_off_does_not_remove_a_field, begin),
        cmocka_unit_test_setup(setting_a_field_takes_its_expiry_away_unless_it_is_kept, begin),
        cmocka_unit_test_setup(a_small_hash_with_expiries_is_called_listpackex, begin),
        cmocka_unit_test_setup(expiries_go_with_copies_and_new_names, begin),
        cmocka_unit_test_setup(many_fields_expire_each_at_its_time, begin),
#ifdef STINT_JEMALLOC
        cmocka_unit_test_setup(a_field_of_12_bytes_with_a_value_of_16_takes_less_than_50, begin),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
