/* List: every operation beside a naive model (an array of texts), with blocks of many sizes, and what each
 * list is called. */
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
#include "store/types/list.h"

#define MODEL_MAX 4000
#define TEXT_MAX  1500

static database *db;

static int begin(void **state) {
    (void)state;
    keyspace_flush(db);
    list_limits = list_limits_of(-2);
    random_seed(11);
    clock_refresh();
    return 0;
}

static key list_key(void) { return key_of(SLICE("list")); }

static entry *look_up(void) {
    key k = list_key();
    return keyspace_peek(db, &k);
}

static void push(enum list_end end, slice text) {
    key k = list_key();
    list_push(db, &k, look_up(), end, &text, 1);
}

static void drop(enum list_end end, size_t count) {
    key k = list_key();
    if (count == list_count(look_up()))
        keyspace_delete(db, &k);
    else
        list_drop(db, &k, look_up(), end, count);
}

static void insert(size_t index, slice text) {
    key k = list_key();
    entry *e = list_expect(db, &k, look_up(), text);
    list_insert(db, &k, e, index > 0 ? index - 1 : 0, index > 0, text);
}

static void set(size_t index, slice text) {
    key k = list_key();
    entry *e = list_expect(db, &k, look_up(), text);
    list_set(db, &k, e, index, text);
}

static size_t take_out(enum list_end end, slice text, size_t limit) {
    key k = list_key();
    size_t removed;
    entry *e = list_remove(db, &k, look_up(), end, text, limit, &removed);
    if (list_count(e) == 0) keyspace_delete(db, &k);
    return removed;
}

/* --- The model --- */

struct model {
    slice texts[MODEL_MAX]; /* owned */
    size_t count;
};

static slice own(slice text) {
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    return (slice){copy, text.len};
}

static void model_insert(struct model *m, size_t index, slice text) {
    memmove(m->texts + index + 1, m->texts + index, (m->count - index) * sizeof(slice));
    m->texts[index] = own(text);
    m->count++;
}

static void model_remove(struct model *m, size_t index, size_t count) {
    for (size_t i = 0; i < count; i++) free((char *)m->texts[index + i].data);
    memmove(m->texts + index, m->texts + index + count, (m->count - index - count) * sizeof(slice));
    m->count -= count;
}

static size_t model_take_out(struct model *m, enum list_end end, slice text, size_t limit) {
    size_t removed = 0;
    for (size_t n = 0, count = m->count; n < count && removed < limit; n++) {
        size_t i = end == LIST_HEAD ? n - removed : count - 1 - n;
        if (!slice_equal(m->texts[i], text)) continue;
        model_remove(m, i, 1);
        removed++;
    }
    return removed;
}

static void assert_text(const struct packed_value *v, slice text) {
    char scratch[NUMBER_I64_TEXT_MAX];
    slice found = packed_text(v, scratch);
    assert_int_equal(found.len, text.len);
    assert_memory_equal(found.data, text.data, text.len);
}

static void assert_element(const entry *e, size_t index, slice text) {
    struct list_cursor place;
    struct packed_value v;
    list_seek(e, index, &place);
    assert_true(list_next(&place, &v));
    assert_text(&v, text);
}

static void assert_entry_same(const entry *e, const struct model *m) {
    struct list_cursor place;
    struct packed_value v;
    assert_int_equal(list_count(e), m->count);
    list_seek(e, 0, &place);
    for (size_t i = 0; i < m->count; i++) {
        assert_true(list_next(&place, &v));
        assert_text(&v, m->texts[i]);
    }
    assert_false(list_next(&place, &v));
    list_seek(e, m->count, &place);
    for (size_t i = m->count; i-- > 0;) {
        assert_true(list_previous(&place, &v));
        assert_text(&v, m->texts[i]);
    }
    assert_false(list_previous(&place, &v));
}

static void assert_same(const struct model *m) {
    entry *e = look_up();
    if (m->count == 0) {
        assert_null(e);
        return;
    }
    assert_entry_same(e, m);
    for (int i = 0; i < 5; i++) {
        size_t index = random_below(m->count);
        assert_element(e, index, m->texts[index]);
    }
}

static slice random_text(char buf[TEXT_MAX]) {
    switch (random_below(8)) {
    case 0: return (slice){buf, number_format_i64(buf, (int64_t)random_u64() >> random_below(64))};
    case 1:
    case 2: return (slice){buf, (size_t)snprintf(buf, TEXT_MAX, "%u", (unsigned)random_below(12))};
    case 3: {
        size_t len = random_below(20) == 0 ? random_below(TEXT_MAX) : random_below(80);
        memset(buf, (int)('a' + random_below(26)), len);
        return (slice){buf, len};
    }
    default: return (slice){buf, (size_t)snprintf(buf, TEXT_MAX, "word:%u", (unsigned)random_below(12))};
    }
}

static void random_step(struct model *m, bool growing) {
    char buf[TEXT_MAX];
    slice text = random_text(buf);
    enum list_end end = random_below(2) ? LIST_HEAD : LIST_TAIL;
    size_t index = m->count > 0 ? random_below(m->count) : 0, count = 1;
    unsigned choice = (unsigned)random_below(growing ? 10 : 20);
    if (m->count == MODEL_MAX) choice = 19;
    if (m->count == 0 || choice < 5) {
        push(end, text);
        model_insert(m, end == LIST_HEAD ? 0 : m->count, text);
    } else if (choice < 6) {
        index += random_below(2);
        insert(index, text);
        model_insert(m, index, text);
    } else if (choice < 8) {
        set(index, text);
        model_remove(m, index, 1);
        model_insert(m, index, text);
    } else if (choice < 9) {
        size_t limit = random_below(4) == 0 ? SIZE_MAX : random_below(3) + 1;
        assert_int_equal(take_out(end, text, limit), model_take_out(m, end, text, limit));
    } else {
        if (random_below(10) == 0) count = random_below(m->count / 3 + 1) + 1;
        if (count > m->count) count = m->count;
        drop(end, count);
        model_remove(m, end == LIST_HEAD ? 0 : m->count - count, count);
    }
}

static void assert_copies_alike(const struct model *m) {
    key k = key_of(SLICE("copy"));
    keyspace_copy(look_up(), db, &k);
    assert_entry_same(keyspace_peek(db, &k), m);
    assert_true(keyspace_delete(db, &k));
}

static void do_as_the_model_does(struct list_limits limits, int steps) {
    list_limits = limits;
    struct model *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    for (int i = 0; i < steps; i++) {
        random_step(m, i / 700 % 2 == 0);
        if (i % 16 == 0) assert_same(m);
        if (i % 256 == 0 && m->count > 0) assert_copies_alike(m);
    }
    assert_same(m);
    model_remove(m, 0, m->count);
    free(m);
}

static void a_list_of_ordinary_blocks_does_what_the_model_does(void **state) {
    (void)state;
    do_as_the_model_does(list_limits_of(-2), 6000);
}

static void a_list_of_small_blocks_does_what_the_model_does(void **state) {
    (void)state;
    do_as_the_model_does((struct list_limits){.block_bytes = 300, .block_count = SIZE_MAX}, 6000);
}

static void a_list_of_few_elements_a_block_does_what_the_model_does(void **state) {
    (void)state;
    do_as_the_model_does(list_limits_of(1), 3000);
    begin(NULL);
    do_as_the_model_does(list_limits_of(3), 3000);
}

static void a_queue_many_times_its_length_long_stays_in_order(void **state) {
    (void)state;
    char buf[32] = "";
    for (int i = 0; i < 50000; i++) {
        push(LIST_TAIL, (slice){buf, (size_t)snprintf(buf, sizeof(buf), "job:%d", i)});
        if (i < 2000) continue;
        assert_element(look_up(), 0, (slice){buf, (size_t)snprintf(buf, sizeof(buf), "job:%d", i - 2000)});
        drop(LIST_HEAD, 1);
    }
    assert_int_equal(list_count(look_up()), 2000);
    assert_element(look_up(), 1234, SLICE("job:49234"));
    key k = list_key();
    size_t bytes = keyspace_memory_bytes(look_up(), 0);
    assert_in_range(bytes, 2000 * 11, 2000 * 11 + 4 * 8192);
    keyspace_delete(db, &k);
}

static void a_long_list_costs_two_bytes_an_element_and_little_more(void **state) {
    (void)state;
    enum { COUNT = 200000 };
    for (int i = 0; i < COUNT; i++) push(i % 3 ? LIST_TAIL : LIST_HEAD, SLICE("twelve bytes"));
    size_t bytes = keyspace_memory_bytes(look_up(), 0);
    assert_in_range(bytes, 14 * COUNT, (size_t)(14.4 * COUNT));
}

/* --- What lists are called --- */

static bool is_quicklist(void) { return strcmp(list_encoding_name(look_up()), "quicklist") == 0; }

/* At how many equal elements lists changed their names in Redis 8. */
static void lists_change_their_names_where_redis_changes_them(void **state) {
    (void)state;
    static const struct {
        const char *integer; /* or NULL: a text of text_len */
        size_t text_len, quicklist_at, listpack_at;
    } cases[] = {
        {"5", 0, 4094, 2044},        {"100", 0, 4093, 2044},  {"-5", 0, 2729, 1363},
        {"5000", 0, 2047, 1022},     {"70000", 0, 1638, 817}, {"9000000", 0, 1365, 681},
        {"3000000000", 0, 819, 408}, {NULL, 1, 2730, 1363},   {NULL, 12, 585, 292},
        {NULL, 63, 126, 62},         {NULL, 64, 123, 61},     {NULL, 127, 63, 31},
        {NULL, 130, 62, 30},         {NULL, 1000, 9, 4},      {NULL, 4000, 3, 1},
    };
    char text[4096];
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(NULL);
        slice element = cases[i].integer ? slice_of(cases[i].integer) : (slice){text, cases[i].text_len};
        push(LIST_TAIL, element);
        while (!is_quicklist() && list_count(look_up()) < 5000) push(LIST_TAIL, element);
        assert_int_equal(list_count(look_up()), cases[i].quicklist_at);
        while (is_quicklist() && list_count(look_up()) > 1) drop(LIST_TAIL, 1);
        assert_int_equal(list_count(look_up()), cases[i].listpack_at);
    }
}

static void limits_mean_what_the_option_says(void **state) {
    (void)state;
    assert_int_equal(list_limits_of(-1).block_bytes, 4096);
    assert_int_equal(list_limits_of(-2).block_bytes, 8192);
    assert_int_equal(list_limits_of(-5).block_bytes, 65536);
    assert_int_equal(list_limits_of(-100).block_bytes, 65536);
    assert_true(list_limits_of(-3).block_count == SIZE_MAX);
    assert_int_equal(list_limits_of(7).block_count, 7);
    assert_int_equal(list_limits_of(7).block_bytes, 8192);
    assert_int_equal(list_limits_of(0).block_count, 1);
}

/* --- Lists that are built outside --- */

static entry *draft_of_equal_elements(slice text, size_t count) {
    struct list *draft = list_draft_new();
    struct packed_value v = packed_value_of(text);
    for (size_t i = 0; i < count; i++) list_draft_add(draft, &v);
    return list_draft_finish(draft, list_key().name);
}

static void a_draft_takes_the_place_of_what_the_key_held(void **state) {
    (void)state;
    struct model *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    for (size_t count = 1; count <= MODEL_MAX; count = count * 3 + 1) {
        struct list *draft = list_draft_new();
        while (m->count < count) {
            char buf[TEXT_MAX];
            slice text = random_text(buf);
            struct packed_value v = random_below(2) ? packed_value_of(text) : (struct packed_value){text, 0};
            list_draft_add(draft, &v);
            model_insert(m, m->count, text);
        }
        key k = list_key();
        keyspace_put_entry(db, &k, list_draft_finish(draft, k.name));
        assert_same(m);
        push(LIST_TAIL, SLICE("more"));
        model_insert(m, m->count, SLICE("more"));
        assert_same(m);
        model_remove(m, 0, m->count);
    }
    free(m);
    list_draft_discard(list_draft_new());
}

/* At how many equal elements what SORT has stored is a quicklist in Redis 8. */
static void a_draft_is_called_what_redis_calls_it(void **state) {
    (void)state;
    static const struct {
        const char *integer; /* or NULL: a text of text_len */
        size_t text_len, quicklist_at;
    } cases[] = {
        {"5", 0, 4090},         {"100", 0, 4089}, {"-5", 0, 2727}, {"5000", 0, 2045}, {"9000000", 0, 1363},
        {"3000000000", 0, 818}, {NULL, 1, 2727},  {NULL, 12, 585}, {NULL, 63, 126},   {NULL, 64, 123},
        {NULL, 1000, 9},        {NULL, 4000, 3},  {NULL, 8000, 2}, {NULL, 8180, 1},
    };
    char text[8192];
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        slice element = cases[i].integer ? slice_of(cases[i].integer) : (slice){text, cases[i].text_len};
        key k = list_key();
        for (size_t less = 0; less < 2 && less < cases[i].quicklist_at; less++) {
            keyspace_put_entry(db, &k, draft_of_equal_elements(element, cases[i].quicklist_at - less));
            assert_int_equal(is_quicklist(), less == 0);
        }
    }
}

/* The words of tables hold pointers in disguise: a leak checker would miss what is still in them at the end.
 */
static int free_tables(void **state) {
    (void)state;
    keyspace_flush(db);
    table_free(db->keys, NULL);
    return 0;
}

int main(void) {
    alloc_register_thread();
    clock_refresh();
    random_seed_from_os();
    hash_open();
    background_open();
    keyspace_open(1);
    db = keyspace_database(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_list_of_ordinary_blocks_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_list_of_small_blocks_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_list_of_few_elements_a_block_does_what_the_model_does, begin),
        cmocka_unit_test_setup(a_queue_many_times_its_length_long_stays_in_order, begin),
        cmocka_unit_test_setup(a_long_list_costs_two_bytes_an_element_and_little_more, begin),
        cmocka_unit_test_setup(a_draft_takes_the_place_of_what_the_key_held, begin),
        cmocka_unit_test_setup(a_draft_is_called_what_redis_calls_it, begin),
        cmocka_unit_test_setup(lists_change_their_names_where_redis_changes_them, begin),
        cmocka_unit_test_setup(limits_mean_what_the_option_says, begin),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, free_tables);
}
