/* String: values in every encoding, around the lengths where the encoding changes, and edited at random
 * beside a plain array of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/types/string.h"
#include "store/value.h"

#define NEVER NO_EXPIRY

#define VALUE_MAX 200000

static char bytes[VALUE_MAX];

static const size_t key_lengths[] = {0, 1, 7, 16, 40, 254, 255, 300, 3000};
static const size_t value_lengths[] = {
    0,    1,    2,    3,    7,    8,     9,     15,    16,    17,    20,    31,    32,    40,    44,    45,
    47,   48,   63,   64,   65,   100,   119,   120,   127,   128,   129,   200,   255,   256,   257,   500,
    1000, 2047, 2048, 2049, 4000, 10000, 32767, 32768, 65533, 65534, 65535, 65536, 65537, 70000, 150000};

#define COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define each(name, array) (size_t name = 0; name < COUNT(array); name++)

static int fill_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < VALUE_MAX; i++) bytes[i] = (char)(i % 251 + 1);
    return 0;
}

static slice value_of(size_t len) { return (slice){bytes, len}; }
static slice key_of(size_t len) { return (slice){bytes + 100, len}; }

static void free_string(entry *e) {
    value_free(e);
    entry_free_shell(e);
}

static void assert_value(const entry *e, slice expected) {
    char scratch[STRING_SCRATCH_BYTES];
    slice value = string_view(e, scratch);
    assert_int_equal(value.len, expected.len);
    assert_memory_equal(value.data, expected.data, expected.len);
    assert_int_equal(string_len(e), expected.len);
}

static size_t memory_of(const entry *e) { return alloc_class(entry_bytes(e)) + value_memory_bytes(e, 0); }

static void values_of_all_lengths_are_kept(void **state) {
    (void)state;
    for each (k, key_lengths) {
        for each (v, value_lengths) {
            for (int expires = 0; expires < 2; expires++) {
                entry *e = bytes_new(key_of(key_lengths[k]), TYPE_STRING, value_of(value_lengths[v]),
                                     expires ? 77 : NEVER);
                assert_value(e, value_of(value_lengths[v]));
                assert_true(slice_equal(entry_key(e), key_of(key_lengths[k])));
                assert_true(entry_expiry(e) == (expires ? 77 : NEVER));
                assert_int_equal(string_blob(e) != NULL, value_lengths[v] >= 65535);

                entry *copy = value_copy(e, key_of(3));
                assert_value(copy, value_of(value_lengths[v]));
                assert_true(entry_expiry_ms(copy) == entry_expiry_ms(e));
                free_string(e);
                assert_value(copy, value_of(value_lengths[v])); /* nothing is shared */
                free_string(copy);
            }
        }
    }
}

/* Memory where it would be if it were made of two blocks, or of one: the smaller of both. */
static void a_value_takes_the_least_memory(void **state) {
    (void)state;
    for (size_t key_len = 0; key_len < 300; key_len += 7) {
        for (size_t len = 1; len <= 2048; len += 1 + len / 50) {
            entry *e = bytes_new(key_of(key_len), TYPE_STRING, value_of(len), NEVER);
            size_t together = alloc_class(entry_head_bytes(key_len, false, false) + len);
            size_t apart = alloc_class(entry_head_bytes(key_len, true, false)) + alloc_class(len);
            /* without jemalloc a block's capacity is what was asked for, not its class */
            assert_true(memory_of(e) <= (together < apart ? together : apart));
            assert_true(memory_of(e) >= entry_head_bytes(key_len, false, false) + len);
            free_string(e);
        }
    }
}

static void an_integer_is_kept_as_one(void **state) {
    static const int64_t values[] = {0, 1, -1, 42, 9999, 10000, INT32_MAX, INT64_MAX, INT64_MIN};
    (void)state;
    for each (i, values) {
        char text[32];
        slice expected = {text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)values[i])};
        entry *e = string_new_integer(key_of(16), values[i], 5);
        int64_t value = 0;
        assert_true(string_integer(e, &value));
        assert_true(value == values[i]);
        assert_value(e, expected);
        assert_int_equal(value_memory_bytes(e, 0), 0);
        entry *copy = value_copy(e, key_of(300));
        assert_int_equal(copy->encoding, ENCODING_INT);
        assert_value(copy, expected);
        assert_true(entry_expiry_ms(copy) == 5);
        free_string(copy);
        free_string(e);
    }
}

static void text_is_read_as_an_integer_only_in_its_one_spelling(void **state) {
    static const slice texts[] = {SLICE(""),   SLICE("-0"), SLICE("+1"),  SLICE("01"),
                                  SLICE("1 "), SLICE("a"),  SLICE("1.5"), SLICE("9223372036854775808")};
    (void)state;
    int64_t value;
    for each (i, texts) {
        entry *e = bytes_new(key_of(1), TYPE_STRING, texts[i], NEVER);
        assert_false(string_integer(e, &value));
        free_string(e);
    }
    entry *e = bytes_new(key_of(1), TYPE_STRING, SLICE("-12"), NEVER);
    assert_true(string_integer(e, &value));
    assert_true(value == -12);
    free_string(e);
}

static void a_short_blob_is_copied_and_a_long_one_adopted(void **state) {
    (void)state;
    blob *b = blob_new(65534);
    memcpy(b->data, bytes, b->len);
    entry *e = bytes_new_blob(key_of(5), TYPE_STRING, b, NEVER);
    assert_null(string_blob(e));
    assert_value(e, value_of(65534));
    free_string(e);

    b = blob_new(65535);
    memcpy(b->data, bytes, b->len);
    e = bytes_new_blob(key_of(5), TYPE_STRING, b, 9);
    assert_ptr_equal(string_blob(e), b);
    assert_value(e, value_of(65535));
    assert_true(entry_expiry_ms(e) == 9);
    free_string(e);
}

static void a_value_is_assigned_in_place_only_where_the_block_stays_as_good(void **state) {
    (void)state;
    for each (k, key_lengths) {
        for each (v, value_lengths) {
            for each (w, value_lengths) {
                entry *e = bytes_new(key_of(key_lengths[k]), TYPE_STRING, value_of(value_lengths[v]), 7);
                e->flags |= ENTRY_EDITED;
                size_t before = alloc_class(entry_bytes(e));
                slice wanted = {bytes + 1, value_lengths[w]};
                if (string_assign(e, wanted)) {
                    assert_value(e, wanted);
                    assert_int_equal(alloc_class(entry_bytes(e)), before);
                    assert_int_equal(e->flags & ENTRY_EDITED, 0);
                } else {
                    assert_value(e, value_of(value_lengths[v]));
                    assert_true(e->flags & ENTRY_EDITED);
                    assert_true(v != w || e->encoding != ENCODING_INLINE);
                }
                assert_true(entry_expiry_ms(e) == 7);
                free_string(e);
            }
        }
    }
}

/* Makes the value len bytes, writes into some of them, and does the same to the model. */
static entry *edit(entry *e, char *model, size_t *model_len, size_t len) {
    int64_t expiry_ms = entry_expiry_ms(e);
    size_t key_len = entry_key(e).len;
    char *at;
    e = string_edit(e, len, &at);
    if (len > *model_len) memset(model + *model_len, 0, len - *model_len);
    *model_len = len;
    assert_memory_equal(at, model, len);
    for (int i = 0; i < 3 && len > 0; i++) {
        size_t where = random_below(len), count = 1 + random_below(len - where);
        memset(at + where, i + 'a', count);
        memset(model + where, i + 'a', count);
    }
    assert_value(e, (slice){model, len});
    assert_true(e->flags & ENTRY_EDITED);
    assert_int_equal(e->recency, 12345);
    assert_true(entry_expiry_ms(e) == expiry_ms);
    assert_true(slice_equal(entry_key(e), key_of(key_len)));
    return e;
}

static void edits_do_to_a_value_what_they_do_to_an_array(void **state) {
    enum { HISTORIES = 3000, EDITS = 12 };
    (void)state;
    char *model = malloc(VALUE_MAX);
    for (int i = 0; i < HISTORIES; i++) {
        size_t key_len = key_lengths[random_below(COUNT(key_lengths))];
        size_t len = value_lengths[random_below(COUNT(value_lengths))];
        int64_t expiry_ms = random_below(2) ? 99 : NEVER;
        entry *e = bytes_new(key_of(key_len), TYPE_STRING, value_of(len), expiry_ms);
        memcpy(model, bytes, len);
        if (i % 5 == 0) {
            free_string(e);
            e = string_new_integer(key_of(key_len), -123456, expiry_ms);
            len = 7;
            memcpy(model, "-123456", len);
        }
        e->recency = 12345;
        for (int j = 0; j < EDITS; j++) {
            bool grows_little = random_below(2);
            size_t wanted =
                grows_little ? len + random_below(40) : value_lengths[random_below(COUNT(value_lengths))];
            e = edit(e, model, &len, wanted < VALUE_MAX ? wanted : VALUE_MAX);
        }
        free_string(e);
    }
    free(model);
}

static void appending_byte_by_byte_keeps_the_value(void **state) {
    enum { BYTES = 140000 };
    (void)state;
    entry *e = bytes_new(key_of(10), TYPE_STRING, SLICE(""), NEVER);
    size_t moves = 0;
    for (size_t len = 1; len <= BYTES; len++) {
        char *at;
        const void *shell = e, *before = e->encoding == ENCODING_INLINE ? NULL : entry_pointer(e);
        e = string_edit(e, len, &at);
        at[len - 1] = bytes[len - 1];
        moves += e != shell || (before && before != entry_pointer(e));
    }
    assert_value(e, value_of(BYTES));
    assert_true(value_memory_bytes(e, 0) < BYTES * 3 / 2);
    /* a quarter of slack: the cost of all moves together stays in proportion to the bytes */
    assert_true(moves < 400);
    free_string(e);
}

static void what_a_reply_still_holds_is_not_changed_by_an_edit(void **state) {
    (void)state;
    entry *e = bytes_new(key_of(3), TYPE_STRING, value_of(100000), NEVER);
    blob *held = blob_hold(string_blob(e));
    char *at;
    e = string_edit(e, 100001, &at);
    memset(at, 'x', 100001);
    assert_ptr_not_equal(string_blob(e), held);
    assert_int_equal(held->len, 100000);
    assert_memory_equal(held->data, bytes, 100000);
    blob_release(held);
    free_string(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_all_lengths_are_kept),
        cmocka_unit_test(a_value_takes_the_least_memory),
        cmocka_unit_test(an_integer_is_kept_as_one),
        cmocka_unit_test(text_is_read_as_an_integer_only_in_its_one_spelling),
        cmocka_unit_test(a_short_blob_is_copied_and_a_long_one_adopted),
        cmocka_unit_test(a_value_is_assigned_in_place_only_where_the_block_stays_as_good),
        cmocka_unit_test(edits_do_to_a_value_what_they_do_to_an_array),
        cmocka_unit_test(appending_byte_by_byte_keeps_the_value),
        cmocka_unit_test(what_a_reply_still_holds_is_not_changed_by_an_edit),
    };
    random_seed(1);
    return cmocka_run_group_tests_name("string", tests, fill_bytes, NULL);
}
