/* Entry: the layout keeps what was put in, costs what the header says, and survives being reshaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/entry.h"

#define NEVER NO_EXPIRY

/* Keys of lengths around where the layout changes. */
static const size_t key_lengths[] = {0, 1, 7, 8, 16, 253, 254, 255, 256, 1000, 70000};
static const size_t value_lengths[] = {0, 1, 8, 44, 64, 255, 256, 2048, 65535};
static const int64_t expiries[] = {NEVER, 0, 1, 1700000000000, INT64_MAX, -1};

#define COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define each(name, array) (size_t name = 0; name < COUNT(array); name++)

static char key_bytes[70000], value_bytes[65535];

static int fill_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(key_bytes); i++) key_bytes[i] = (char)(i * 7 + 1);
    for (size_t i = 0; i < sizeof(value_bytes); i++) value_bytes[i] = (char)(i * 13 + 5);
    return 0;
}

/* An inline value where the encoding is that; else the payload holds `payload`. */
static entry *make(size_t key_len, enum value_encoding encoding, int64_t expiry_ms, size_t value_len,
                   int64_t payload) {
    size_t inline_len = encoding == ENCODING_INLINE ? value_len : 0;
    entry *e = entry_new((slice){key_bytes, key_len}, TYPE_STRING, encoding, expiry_ms, inline_len);
    e->recency = 0xABCDEF;
    if (encoding == ENCODING_INLINE) {
        memcpy(entry_inline_value(e), value_bytes, value_len);
    } else {
        entry_set_integer(e, payload);
        e->value_len = value_len;
    }
    return e;
}

static void assert_holds(const entry *e, size_t key_len, enum value_encoding encoding, int64_t expiry_ms,
                         size_t value_len, int64_t payload) {
    assert_int_equal(e->type, TYPE_STRING);
    assert_int_equal(e->encoding, encoding);
    assert_int_equal(e->recency, 0xABCDEF);
    assert_int_equal(e->value_len, value_len);
    assert_true(slice_equal(entry_key(e), (slice){key_bytes, key_len}));
    assert_int_equal(entry_expires(e), expiry_ms != NEVER);
    assert_true(entry_expiry(e) == expiry_ms);
    if (encoding == ENCODING_INLINE)
        assert_memory_equal(entry_inline_value(e), value_bytes, value_len);
    else
        assert_true(entry_integer(e) == payload);
}

static void an_entry_keeps_what_it_was_made_with(void **state) {
    (void)state;
    for each (k, key_lengths) {
        for each (x, expiries) {
            for each (v, value_lengths) {
                entry *e = make(key_lengths[k], ENCODING_INLINE, expiries[x], value_lengths[v], 0);
                assert_holds(e, key_lengths[k], ENCODING_INLINE, expiries[x], value_lengths[v], 0);
                assert_int_equal(e->flags, expiries[x] == NEVER ? 0 : ENTRY_EXPIRES);
                entry_free_shell(e);
            }
            entry *e = make(key_lengths[k], ENCODING_INT, expiries[x], 0, INT64_MIN);
            assert_holds(e, key_lengths[k], ENCODING_INT, expiries[x], 0, INT64_MIN);
            entry_free_shell(e);
        }
    }
}

static void a_payload_may_be_a_pointer(void **state) {
    (void)state;
    entry *e = entry_new(SLICE("key"), TYPE_STRING, ENCODING_RAW, 5, 0);
    entry_set_pointer(e, value_bytes);
    assert_ptr_equal(entry_pointer(e), value_bytes);
    assert_true(entry_expiry_ms(e) == 5);
    assert_true(slice_equal(entry_key(e), SLICE("key")));
    entry_free_shell(e);
}

static size_t class_of(size_t key_len, enum value_encoding encoding, int64_t expiry_ms, size_t value_len) {
    entry *e = make(key_len, encoding, expiry_ms, value_len, 0);
    size_t bytes = alloc_class(entry_bytes(e));
    entry_free_shell(e);
    return bytes;
}

static void common_entries_fill_their_size_class(void **state) {
    (void)state;
    assert_int_equal(class_of(16, ENCODING_INT, NEVER, 0), 32);
    assert_int_equal(class_of(16, ENCODING_INLINE, 1, 64), 96);
    assert_int_equal(class_of(16, ENCODING_INLINE, NEVER, 64), 96);
    assert_int_equal(class_of(8, ENCODING_INLINE, NEVER, 0), 16);
    assert_int_equal(class_of(254, ENCODING_INLINE, NEVER, 58), 320);
}

static void a_key_of_255_bytes_has_its_length_in_front(void **state) {
    (void)state;
    assert_int_equal(entry_head_bytes(254, false, false), 8 + 254);
    assert_int_equal(entry_head_bytes(255, false, false), 8 + 4 + 255);
    assert_int_equal(entry_head_bytes(255, true, true), 8 + 8 + 8 + 4 + 255);
}

static void an_expiry_comes_goes_and_changes_without_harm_to_the_rest(void **state) {
    static const enum value_encoding encodings[] = {ENCODING_INLINE, ENCODING_INT, ENCODING_RAW,
                                                    ENCODING_BLOB};
    (void)state;
    for each (k, key_lengths) {
        for each (c, encodings) {
            for each (x, expiries) {
                for each (y, expiries) {
                    enum value_encoding encoding = encodings[c];
                    size_t len = encoding == ENCODING_INLINE || encoding == ENCODING_RAW ? 77 : 0;
                    entry *e = make(key_lengths[k], encoding, expiries[x], len, 0x1234567890);
                    e->flags |= ENTRY_EDITED;
                    entry *after = entry_with_expiry(e, expiries[y]);
                    bool same_layout = (expiries[x] == NEVER) == (expiries[y] == NEVER);
                    if (same_layout) assert_ptr_equal(after, e);
                    assert_holds(after, key_lengths[k], encoding, expiries[y], len, 0x1234567890);
                    assert_int_equal(after->flags & ENTRY_EDITED, ENTRY_EDITED);
                    entry_free_shell(after);
                }
            }
        }
    }
}

static void an_entry_is_copied_under_another_key(void **state) {
    (void)state;
    for each (k, key_lengths) {
        for each (j, key_lengths) {
            for each (x, expiries) {
                entry *e = make(key_lengths[k], ENCODING_INLINE, expiries[x], 100, 0);
                entry *copy = entry_with_key(e, (slice){key_bytes, key_lengths[j]});
                assert_holds(copy, key_lengths[j], ENCODING_INLINE, expiries[x], 100, 0);
                assert_holds(e, key_lengths[k], ENCODING_INLINE, expiries[x], 100, 0);
                entry_free_shell(copy);
                entry_free_shell(e);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_keeps_what_it_was_made_with),
        cmocka_unit_test(a_payload_may_be_a_pointer),
        cmocka_unit_test(common_entries_fill_their_size_class),
        cmocka_unit_test(a_key_of_255_bytes_has_its_length_in_front),
        cmocka_unit_test(an_expiry_comes_goes_and_changes_without_harm_to_the_rest),
        cmocka_unit_test(an_entry_is_copied_under_another_key),
    };
    return cmocka_run_group_tests_name("entry", tests, fill_bytes, NULL);
}
