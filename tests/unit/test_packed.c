/* Packed: checked against a naive model (an array of texts) through random histories, and by the sizes that
 * its encodings promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/types/packed.h"

#define MODEL_MAX    300
#define ROOM_BYTES   (1 << 20)
#define FRONT_BYTES  (1 << 18) /* free before the run, for prepending */
#define LONGEST_TEXT 300

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

static int64_t random_integer(void) {
    int64_t value = (int64_t)random_u64();
    return value >> random_below(64);
}

/* A text of any kind: integers of all widths, words that occur again, long texts. */
static slice random_text(char buf[LONGEST_TEXT]) {
    switch (random_below(4)) {
    case 0: return (slice){buf, number_format_i64(buf, random_integer())};
    case 1: return (slice){buf, (size_t)snprintf(buf, LONGEST_TEXT, "w%u", (unsigned)random_below(20))};
    case 2: return (slice){buf, (size_t)snprintf(buf, LONGEST_TEXT, "%u", (unsigned)random_below(20))};
    default: {
        size_t len = random_below(LONGEST_TEXT);
        memset(buf, (int)('a' + random_below(26)), len);
        return (slice){buf, len};
    }
    }
}

static void assert_text_at(slice run, size_t at, slice expected) {
    char scratch[NUMBER_I64_TEXT_MAX];
    struct packed_value v;
    assert_int_equal(packed_read(run, at, &v), packed_next(run, at));
    slice text = packed_text(&v, scratch);
    assert_int_equal(text.len, expected.len);
    assert_memory_equal(text.data, expected.data, expected.len);
}

static void assert_same(slice run, const struct model *m) {
    assert_true(packed_valid(run));
    assert_int_equal(packed_count(run), m->count);
    size_t at = packed_first(run);
    for (size_t i = 0; i < m->count; i++, at = packed_next(run, at)) {
        assert_text_at(run, at, m->texts[i]);
        assert_int_equal(packed_at(run, i), at);
    }
    assert_int_equal(at, run.len);
    assert_int_equal(packed_at(run, m->count), run.len);
    for (size_t i = m->count; i-- > 0;) {
        at = packed_previous(run, at);
        assert_text_at(run, at, m->texts[i]);
    }
    assert_int_equal(at, packed_first(run));
}

static size_t model_find(const struct model *m, size_t from, slice text, size_t stride) {
    for (size_t i = from; i < m->count; i += stride)
        if (slice_equal(m->texts[i], text)) return i;
    return m->count;
}

static void random_histories_match_the_model(void **state) {
    (void)state;
    char *room = malloc(ROOM_BYTES), text_buf[LONGEST_TEXT];
    assert_non_null(room);
    for (int history = 0; history < 20; history++) {
        struct model m = {0};
        char *bytes = room + FRONT_BYTES;
        size_t len = PACKED_HEADER_BYTES;
        memset(bytes, 0, len);
        for (int step = 0; step < 600; step++) {
            slice text = random_text(text_buf);
            struct packed_value v = packed_value_of(text);
            size_t index = random_below((uint32_t)m.count + 1);
            size_t at = packed_at((slice){bytes, len}, index);
            switch (random_below(6)) {
            case 0:
            case 1:
                if (m.count == MODEL_MAX) break;
                len = packed_insert_at(bytes, len, at, &v);
                model_insert(&m, index, text);
                break;
            case 2:
                if (index == m.count) break;
                len = packed_replace_at(bytes, len, at, &v);
                model_remove(&m, index, 1);
                model_insert(&m, index, text);
                break;
            case 3: {
                size_t count = random_below((uint32_t)(m.count - index) + 1) / 4;
                len = packed_remove_at(bytes, len, at, count);
                model_remove(&m, index, count);
                break;
            }
            case 4:
                if (m.count == MODEL_MAX || bytes - room < 2 * LONGEST_TEXT) break;
                bytes = packed_prepend(bytes, &v);
                len += packed_encoded_len(&v);
                model_insert(&m, 0, text);
                break;
            default:
                if (index > 3) break;
                bytes = packed_drop_front(bytes, len, at, index);
                len -= at - PACKED_HEADER_BYTES;
                model_remove(&m, 0, index);
            }
            assert_same((slice){bytes, len}, &m);
        }
        model_remove(&m, 0, m.count);
    }
    free(room);
}

static void finding_compares_every_element_or_every_other(void **state) {
    (void)state;
    char text_buf[LONGEST_TEXT];
    size_t found = 0;
    for (int history = 0; history < 200; history++) {
        struct model m = {0};
        struct packed_builder b;
        packed_builder_open(&b);
        for (size_t i = 0; i < 40; i++) {
            slice text = random_text(text_buf);
            packed_builder_add_text(&b, text);
            model_insert(&m, i, text);
        }
        slice run = packed_builder_run(&b);
        for (int i = 0; i < 40; i++) {
            slice text = random_text(text_buf);
            struct packed_value v = packed_value_of(text);
            size_t from = 2 * random_below(20), index = model_find(&m, from, text, 1);
            found += index < m.count;
            assert_int_equal(packed_find(run, packed_at(run, from), &v, 0), packed_at(run, index));
            index = model_find(&m, from, text, 2);
            if (index > m.count) index = m.count;
            assert_int_equal(packed_find(run, packed_at(run, from), &v, 1), packed_at(run, index));
        }
        packed_builder_release(&b);
        model_remove(&m, 0, m.count);
    }
    assert_true(found > 100);
}

static size_t size_of_text(const char *text) {
    struct packed_value v = packed_value_of(slice_of(text));
    return packed_encoded_len(&v);
}

static void elements_take_the_bytes_that_were_promised(void **state) {
    (void)state;
    assert_int_equal(size_of_text("0"), 1);
    assert_int_equal(size_of_text("127"), 1);
    assert_int_equal(size_of_text("-1"), 3);
    assert_int_equal(size_of_text("128"), 3);
    assert_int_equal(size_of_text("2047"), 3);
    assert_int_equal(size_of_text("2048"), 4);
    assert_int_equal(size_of_text("-2048"), 3);
    assert_int_equal(size_of_text("-2049"), 4);
    assert_int_equal(size_of_text("524287"), 4);
    assert_int_equal(size_of_text("524288"), 5);
    assert_int_equal(size_of_text("99999999"), 5);
    assert_int_equal(size_of_text("-99999999"), 5);
    assert_int_equal(size_of_text("2147483647"), 6);
    assert_int_equal(size_of_text("1732406400000"), 8); /* Unix time in ms */
    assert_int_equal(size_of_text("9223372036854775807"), 10);
    assert_int_equal(size_of_text("-9223372036854775808"), 10);
    assert_int_equal(size_of_text("9223372036854775808"), 21);
    assert_int_equal(size_of_text("007"), 5);
    assert_int_equal(size_of_text("-0"), 4);
    assert_int_equal(size_of_text(""), 2);
    assert_int_equal(size_of_text("abc"), 5);
    char text[128];
    memset(text, 'x', sizeof(text));
    text[63] = '\0';
    assert_int_equal(size_of_text(text), 65);
    text[63] = 'x', text[64] = '\0';
    assert_int_equal(size_of_text(text), 67);
}

/* Lengths around every border of the encodings, alone and between neighbours. */
static void texts_of_any_length_are_kept_whole(void **state) {
    (void)state;
    static const size_t lens[] = {0,   1,   62,    63,    64,    65,    122,   123,   124,   125,   126,
                                  255, 256, 65531, 65532, 65533, 65534, 65535, 65536, 65537, 100000};
    char *text = malloc(200000);
    assert_non_null(text);
    for (size_t i = 0; i < 200000; i++) text[i] = (char)('a' + i % 23);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct model m = {0};
        struct packed_builder b;
        packed_builder_open(&b);
        slice texts[] = {{text + i, lens[i]}, SLICE("5"), {text, lens[i]}, SLICE("-5"), {text + 7, lens[i]}};
        for (size_t j = 0; j < 5; j++) {
            packed_builder_add_text(&b, texts[j]);
            model_insert(&m, j, texts[j]);
        }
        assert_same(packed_builder_run(&b), &m);
        packed_builder_release(&b);
        model_remove(&m, 0, m.count);
    }
    free(text);
}

static void integers_of_every_width_come_back(void **state) {
    (void)state;
    struct packed_builder b;
    packed_builder_open(&b);
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int64_t delta = -2; delta <= 2; delta++) {
            struct packed_value v = packed_value_integer((int64_t)((UINT64_C(1) << bit) + (uint64_t)delta)),
                                back;
            size_t at = b.len;
            packed_builder_add(&b, &v);
            assert_int_equal(b.len - at, packed_encoded_len(&v));
            packed_get(packed_builder_run(&b), at, &back);
            assert_true(packed_value_equal(&v, &back));
        }
    }
    assert_true(packed_valid(packed_builder_run(&b)));
    packed_builder_release(&b);
}

static void the_count_is_right_beyond_what_the_header_keeps(void **state) {
    (void)state;
    size_t many = PACKED_COUNT_KEPT_MAX + 3;
    char *bytes = calloc(1, PACKED_HEADER_BYTES + many);
    assert_non_null(bytes);
    size_t len = PACKED_HEADER_BYTES;
    struct packed_value v = packed_value_integer(7);
    for (size_t i = 1; i <= many; i++) {
        len = packed_append(bytes, len, &v);
        if (i + 5 > many) {
            assert_int_equal(packed_count((slice){bytes, len}), i);
            assert_true(packed_valid((slice){bytes, len}));
        }
    }
    for (size_t left = many; left-- > many - 6;) {
        len = packed_remove_at(bytes, len, PACKED_HEADER_BYTES, 1);
        assert_int_equal(packed_count((slice){bytes, len}), left);
        assert_true(packed_valid((slice){bytes, len}));
    }
    free(bytes);
}

static void ranges_of_another_run_are_inserted_and_removed(void **state) {
    (void)state;
    struct packed_builder from, to;
    packed_builder_open(&from);
    packed_builder_open(&to);
    static const char *const words[] = {"a", "12", "b", "-4000", "c"};
    for (size_t i = 0; i < 5; i++) packed_builder_add_text(&from, slice_of(words[i]));
    packed_builder_add_text(&to, SLICE("first"));
    packed_builder_add_text(&to, SLICE("last"));
    slice run = packed_builder_run(&from);
    size_t middle = packed_at(packed_builder_run(&to), 1), start = packed_at(run, 1), end = packed_at(run, 4);
    to.len = packed_insert_range(to.bytes, to.len, middle, run, start, end, 3);
    to.len = packed_append_range(to.bytes, to.len, run, packed_first(run), start, 1);
    struct model m = {{SLICE("first"), SLICE("12"), SLICE("b"), SLICE("-4000"), SLICE("last"), SLICE("a")},
                      6};
    assert_same(packed_builder_run(&to), &m);
    to.len = packed_remove_range(to.bytes, to.len, middle, middle + (end - start), 3);
    m = (struct model){{SLICE("first"), SLICE("last"), SLICE("a")}, 3};
    assert_same(packed_builder_run(&to), &m);
    packed_builder_release(&from);
    packed_builder_release(&to);
}

static void broken_runs_are_told(void **state) {
    (void)state;
    static const struct {
        const char *why;
        slice bytes;
    } broken[] = {
        {"no header", SLICE("\0")},
        {"count too small", SLICE("\0\0\5")},
        {"count too large", SLICE("\2\0\5")},
        {"count said to be unknown", SLICE("\xff\xff\5")},
        {"a small integer in two bytes", SLICE("\1\0\xc0\5\x82")},
        {"an integer wider than needed", SLICE("\1\0\xd0\1\2\x83")},
        {"an integer as text", SLICE("\1\0\x82"
                                     "12\x83")},
        {"wrong tail", SLICE("\1\0\x81"
                             "a\x83")},
        {"text cut off", SLICE("\1\0\x83"
                               "ab")},
        {"head cut off", SLICE("\1\0\xfa\1\0")},
        {"a length that wraps around", SLICE("\1\0\xfa\xff\xff\xff\xff\xff\xff\xff\xff\x80")},
        {"a short text in the long form", SLICE("\1\0\xf8\1a\x83")},
        {"no such first byte", SLICE("\1\0\xf5\0\0\0\0\0\0\x80")},
        {"no such first byte", SLICE("\1\0\xff\x80")},
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        if (packed_valid(broken[i].bytes)) fail_msg("taken as a run: %s", broken[i].why);
    assert_true(packed_valid(PACKED_EMPTY));
    assert_true(packed_valid(SLICE("\2\0\5\x81"
                                   "a\x82")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_match_the_model),
        cmocka_unit_test(finding_compares_every_element_or_every_other),
        cmocka_unit_test(elements_take_the_bytes_that_were_promised),
        cmocka_unit_test(texts_of_any_length_are_kept_whole),
        cmocka_unit_test(integers_of_every_width_come_back),
        cmocka_unit_test(the_count_is_right_beyond_what_the_header_keeps),
        cmocka_unit_test(ranges_of_another_run_are_inserted_and_removed),
        cmocka_unit_test(broken_runs_are_told),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
