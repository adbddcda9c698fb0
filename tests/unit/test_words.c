/* Words: splitting lines as inline commands and configuration files have them, and quoting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WORDS_MAX 8
#define ROUNDS    100000

/* Splits a copy of exactly that length with a scratch of the same, so that a sanitizer sees any access
 * beyond. */
static char line_copy[64 * 1024], scratch_copy[64 * 1024];

static int split(slice line, slice *words, int max) {
    char *data = malloc(line.len), *scratch = malloc(line.len);
    memcpy(data, line.data, line.len);
    int count = words_split((slice){data, line.len}, scratch, words, max);
    memcpy(line_copy, data, line.len);
    memcpy(scratch_copy, scratch, line.len);
    for (int i = 0; i < count; i++) {
        bool in_scratch = words[i].data >= scratch && words[i].data <= scratch + line.len;
        words[i].data =
            in_scratch ? scratch_copy + (words[i].data - scratch) : line_copy + (words[i].data - data);
    }
    free(data);
    free(scratch);
    return count;
}

static void lines_split_into_words(void **state) {
    (void)state;
    static const struct {
        slice line;
        int count;
        slice words[4];
    } cases[] = {
        {SLICE(""), 0, {{0}}},
        {SLICE(" \t\r\n\v\f"), 0, {{0}}},
        {SLICE("PING"), 1, {SLICE("PING")}},
        {SLICE("a\rb\nc\td"), 4, {SLICE("a"), SLICE("b"), SLICE("c"), SLICE("d")}},
        {SLICE("  set  key\tvalue \r\n"), 3, {SLICE("set"), SLICE("key"), SLICE("value")}},
        {SLICE("\"a b\" 'c d'"), 2, {SLICE("a b"), SLICE("c d")}},
        {SLICE("\"\" ''"), 2, {SLICE(""), SLICE("")}},
        {SLICE("a\"b c\" d"), 2, {SLICE("ab c"), SLICE("d")}},
        {SLICE("a'b c'"), 1, {SLICE("ab c")}},
        {SLICE("\"\\n\\r\\t\\b\\a\\\\\\\"\""), 1, {SLICE("\n\r\t\b\a\\\"")}},
        {SLICE("\"\\x41\\xfF\\x00\""), 1, {SLICE("A\xff\0")}},
        {SLICE("\"\\xzz\\x4\\q\\v\\XAB\""), 1, {SLICE("xzzx4qvXAB")}},
        {SLICE("'\\'\\n\"'"), 1, {SLICE("'\\n\"")}},
        {SLICE("\"it's\""), 1, {SLICE("it's")}},
        {SLICE("a\\ b\\n"), 2, {SLICE("a\\"), SLICE("b\\n")}},
        {SLICE("a\vb \vc\f"), 2, {SLICE("a\vb"), SLICE("c\f")}},
        {SLICE("\"a\"\vb"), 2, {SLICE("a"), SLICE("b")}},
        {SLICE("\xe9 \xa0x"), 2, {SLICE("\xe9"), SLICE("\xa0x")}},
        {SLICE("a\0b c"), 2, {SLICE("a\0b"), SLICE("c")}},
        {SLICE("# no comment"), 3, {SLICE("#"), SLICE("no"), SLICE("comment")}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        slice words[WORDS_MAX];
        assert_int_equal(split(cases[i].line, words, WORDS_MAX), cases[i].count);
        for (int w = 0; w < cases[i].count; w++) assert_true(slice_equal(words[w], cases[i].words[w]));
    }
}

static void quotes_must_close_at_the_end_of_a_word(void **state) {
    (void)state;
    static const slice cases[] = {
        SLICE("\""),      SLICE("'"),       SLICE("\"abc"),       SLICE("a 'bc"),     SLICE("\"a\\\""),
        SLICE("'a\\'"),   SLICE("\"a\\"),   SLICE("\"a\"b"),      SLICE("'a'b"),      SLICE("\"a\"'b'"),
        SLICE("a\"b\"c"), SLICE("\"a\"\0"), SLICE("\\\"a b\\\""), SLICE("ok \"\\x4"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        slice words[WORDS_MAX];
        assert_int_equal(split(cases[i], words, WORDS_MAX), WORDS_UNBALANCED);
    }
}

static void a_line_may_fill_the_words_but_not_exceed_them(void **state) {
    (void)state;
    slice words[3] = {{NULL, 0}, {NULL, 0}, {"guard", 5}};
    assert_int_equal(split(SLICE("a b "), words, 2), 2);
    assert_int_equal(split(SLICE("a b c"), words, 2), WORDS_TOO_MANY);
    assert_true(slice_equal(words[2], SLICE("guard")));
    assert_int_equal(split(SLICE("  "), words, 0), 0);
    assert_int_equal(split(SLICE("a"), words, 0), WORDS_TOO_MANY);
}

static void words_are_quoted_with_escapes_for_what_does_not_print(void **state) {
    (void)state;
    static const struct {
        slice word;
        const char *quoted;
    } cases[] = {
        {SLICE(""), "\"\""},
        {SLICE("plain text~!"), "\"plain text~!\""},
        {SLICE("\\ \" '"), "\"\\\\ \\\" '\""},
        {SLICE("\n\r\t\a\b"), "\"\\n\\r\\t\\a\\b\""},
        {SLICE("\0\v\f\x1b\x7f\x80\xff"), "\"\\x00\\x0b\\x0c\\x1b\\x7f\\x80\\xff\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[128];
        size_t len = words_quote(buf, cases[i].word);
        assert_true(slice_equal((slice){buf, len}, slice_of(cases[i].quoted)));
    }
}

static void quoted_words_split_back_into_themselves(void **state) {
    (void)state;
    random_seed(1);
    for (int i = 0; i < ROUNDS; i++) {
        char bytes[3][16], line[3 * (WORDS_QUOTED_MAX(16) + 1)];
        slice expected[3], words[WORDS_MAX];
        size_t len = 0;
        for (int w = 0; w < 3; w++) {
            expected[w] = (slice){bytes[w], random_below(17)};
            for (size_t b = 0; b < expected[w].len; b++) bytes[w][b] = (char)random_u64();
            size_t quoted = words_quote(line + len, expected[w]);
            assert_in_range(quoted, expected[w].len + 2, WORDS_QUOTED_MAX(expected[w].len));
            len += quoted;
            line[len++] = ' ';
        }
        assert_int_equal(split((slice){line, len}, words, WORDS_MAX), 3);
        for (int w = 0; w < 3; w++) assert_true(slice_equal(words[w], expected[w]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_split_into_words),
        cmocka_unit_test(quotes_must_close_at_the_end_of_a_word),
        cmocka_unit_test(a_line_may_fill_the_words_but_not_exceed_them),
        cmocka_unit_test(words_are_quoted_with_escapes_for_what_does_not_print),
        cmocka_unit_test(quoted_words_split_back_into_themselves),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
