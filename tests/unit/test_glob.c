/* Glob patterns: the table says what clients see, the random tests compare with the plain recursive
 * definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ROUNDS 300000

struct match_case {
    slice pattern, text;
};

/* Matches copies of exactly that length, so that a sanitizer sees any read beyond them. */
static bool match(slice pattern, slice text, bool nocase) {
    char *p = malloc(pattern.len), *t = malloc(text.len);
    memcpy(p, pattern.data, pattern.len);
    memcpy(t, text.data, text.len);
    bool matched = glob_match((slice){p, pattern.len}, (slice){t, text.len}, nocase);
    free(p);
    free(t);
    return matched;
}

static void patterns_match_what_they_describe(void **state) {
    (void)state;
    static const struct match_case cases[] = {
        {SLICE(""), SLICE("")},
        {SLICE("*"), SLICE("")},
        {SLICE("*"), SLICE("anything")},
        {SLICE("***"), SLICE("a")},
        {SLICE("h?llo"), SLICE("hello")},
        {SLICE("h*llo"), SLICE("hllo")},
        {SLICE("h*llo"), SLICE("heeeello")},
        {SLICE("*a*b"), SLICE("xaxxbxxab")},
        {SLICE("a*b*c"), SLICE("abc")},
        {SLICE("user:*:name"), SLICE("user:1000:name")},
        {SLICE("h[ae]llo"), SLICE("hallo")},
        {SLICE("h[^e]llo"), SLICE("hbllo")},
        {SLICE("h[a-b]llo"), SLICE("hbllo")},
        {SLICE("[b-a]"), SLICE("a")},
        {SLICE("[a-]"), SLICE("]")},
        {SLICE("[-a]"), SLICE("-")},
        {SLICE("[a-]]"), SLICE("^")},
        {SLICE("[^]"), SLICE("x")},
        {SLICE("[^]"), SLICE("]")},
        {SLICE("[a^]"), SLICE("^")},
        {SLICE("[\\]]"), SLICE("]")},
        {SLICE("[\\-x]"), SLICE("-")},
        {SLICE("[a-\\]"), SLICE("]")},
        {SLICE("[abc"), SLICE("b")},
        {SLICE("[^abc"), SLICE("d")},
        {SLICE("[a-c"), SLICE("b")},
        {SLICE("[*]"), SLICE("*")},
        {SLICE("[?]"), SLICE("?")},
        {SLICE("\\*"), SLICE("*")},
        {SLICE("\\?x"), SLICE("?x")},
        {SLICE("a\\"), SLICE("a\\")},
        {SLICE("\\\\"), SLICE("\\")},
        {SLICE("\\a"), SLICE("a")},
        {SLICE("a\0b"), SLICE("a\0b")},
        {SLICE("?"), SLICE("\0")},
        {SLICE("*\xff"), SLICE("\xfe\xff")},
        {SLICE("[\xe0-\xef]"), SLICE("\xe5")},
        {SLICE("[\xff-a]"), SLICE("\0")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_true(match(cases[i].pattern, cases[i].text, false));
}

static void patterns_refuse_everything_else(void **state) {
    (void)state;
    static const struct match_case cases[] = {
        {SLICE(""), SLICE("a")},
        {SLICE("a"), SLICE("")},
        {SLICE("?"), SLICE("")},
        {SLICE("**"), SLICE("")},
        {SLICE("***"), SLICE("")},
        {SLICE("?"), SLICE("ab")},
        {SLICE("a"), SLICE("A")},
        {SLICE("h*llo"), SLICE("hell")},
        {SLICE("a*b*c"), SLICE("acb")},
        {SLICE("*a"), SLICE("ab")},
        {SLICE("a*"), SLICE("ba")},
        {SLICE("h[ae]llo"), SLICE("hillo")},
        {SLICE("h[^e]llo"), SLICE("hello")},
        {SLICE("[^a]"), SLICE("")},
        {SLICE("[]"), SLICE("]")},
        {SLICE("[]a]"), SLICE("a")},
        {SLICE("[]a]"), SLICE("xa]")},
        {SLICE("[a-c"), SLICE("-")},
        {SLICE("["), SLICE("[")},
        {SLICE("[a-]"), SLICE("-")},
        {SLICE("\\*"), SLICE("\\")},
        {SLICE("\\*"), SLICE("ab")},
        {SLICE("\\"), SLICE("")},
        {SLICE("a\0b"), SLICE("a\0c")},
        {SLICE("[\x80-a]"), SLICE("b")},
        {SLICE("[a-\xff]"), SLICE("b")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_false(match(cases[i].pattern, cases[i].text, false));
}

static void case_is_ignored_only_when_asked(void **state) {
    (void)state;
    assert_true(match(SLICE("MaxMemory*"), SLICE("maxmemory-policy"), true));
    assert_false(match(SLICE("MaxMemory*"), SLICE("maxmemory-policy"), false));
    assert_true(match(SLICE("[A-C]"), SLICE("b"), true));
    assert_true(match(SLICE("[a-c]"), SLICE("B"), true));
    assert_false(match(SLICE("[^A-C]"), SLICE("b"), true));
    assert_true(match(SLICE("\\A"), SLICE("a"), true));
    assert_false(match(SLICE("@"), SLICE("`"), true));
}

static void classes_without_case_have_two_surprises(void **state) {
    (void)state;
    assert_false(match(SLICE("[\\A]"), SLICE("a"), true));
    assert_true(match(SLICE("[\\A]"), SLICE("A"), true));
    assert_false(match(SLICE("[a-Z]"), SLICE("m"), true));
}

/* The definition: a star matches nothing, or a byte more than nothing. */
static bool walk_by_definition(slice pattern, slice text) {
    if (pattern.len == 0) return text.len == 0;
    slice shorter = {pattern.data + 1, pattern.len - 1};
    slice rest = {text.data + 1, text.len - (text.len > 0)};
    if (pattern.data[0] == '*')
        return walk_by_definition(shorter, text) || (text.len > 0 && walk_by_definition(pattern, rest));
    if (text.len == 0) return false;
    if (pattern.data[0] == '[') {
        bool listed = false;
        for (; shorter.len > 0 && shorter.data[0] != ']'; shorter.data++, shorter.len--)
            listed |= shorter.data[0] == text.data[0];
        if (shorter.len > 0) shorter = (slice){shorter.data + 1, shorter.len - 1};
        return listed && walk_by_definition(shorter, rest);
    }
    return (pattern.data[0] == '?' || pattern.data[0] == text.data[0]) && walk_by_definition(shorter, rest);
}

/* And the exception: of the patterns made of stars only the single one matches the empty text. */
static bool matches_by_definition(slice pattern, slice text) {
    return walk_by_definition(pattern, text) && (text.len > 0 || pattern.len <= 1);
}

static slice random_text(char *buf, size_t max, const char *alphabet) {
    size_t len = random_below(max + 1);
    for (size_t i = 0; i < len; i++) buf[i] = alphabet[random_below(strlen(alphabet))];
    return (slice){buf, len};
}

static void random_patterns_match_as_the_definition_says(void **state) {
    (void)state;
    random_seed(1);
    int matched = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char pattern_bytes[12], text_bytes[12];
        slice pattern = random_text(pattern_bytes, 12, "aab**?[c]");
        slice text = random_text(text_bytes, 12, "aaabc");
        bool expected = matches_by_definition(pattern, text);
        assert_int_equal(match(pattern, text, false), expected);
        matched += expected;
    }
    assert_in_range(matched, ROUNDS / 100, ROUNDS);
}

/* Trying every way to share the text between the stars would take longer than the universe is old. */
static void many_stars_do_not_multiply_the_work(void **state) {
    (void)state;
    enum { STARS = 1000, TEXT = 20000 };
    char *pattern = malloc(2 * STARS + 1), *text = malloc(TEXT);
    for (int i = 0; i < STARS; i++) memcpy(pattern + 2 * i, "a*", 2);
    pattern[2 * STARS] = 'b';
    memset(text, 'a', TEXT);
    assert_false(match((slice){pattern, 2 * STARS + 1}, (slice){text, TEXT}, false));
    text[TEXT - 1] = 'b';
    assert_true(match((slice){pattern, 2 * STARS + 1}, (slice){text, TEXT}, false));
    free(pattern);
    free(text);
}

static void patterns_without_special_bytes_are_literal(void **state) {
    (void)state;
    assert_true(glob_is_literal(SLICE("")));
    assert_true(glob_is_literal(SLICE("user:1000]^-\0")));
    assert_false(glob_is_literal(SLICE("user:*")));
    assert_false(glob_is_literal(SLICE("a?")));
    assert_false(glob_is_literal(SLICE("[a")));
    assert_false(glob_is_literal(SLICE("\\a")));
}

static void the_literal_prefix_ends_at_the_first_special_byte(void **state) {
    (void)state;
    assert_true(slice_equal(glob_literal_prefix(SLICE("user:*:name")), SLICE("user:")));
    assert_true(slice_equal(glob_literal_prefix(SLICE("a\\*")), SLICE("a")));
    assert_true(slice_equal(glob_literal_prefix(SLICE("key[1]")), SLICE("key")));
    assert_true(slice_equal(glob_literal_prefix(SLICE("plain")), SLICE("plain")));
    assert_int_equal(glob_literal_prefix(SLICE("?")).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_what_they_describe),
        cmocka_unit_test(patterns_refuse_everything_else),
        cmocka_unit_test(case_is_ignored_only_when_asked),
        cmocka_unit_test(classes_without_case_have_two_surprises),
        cmocka_unit_test(random_patterns_match_as_the_definition_says),
        cmocka_unit_test(many_stars_do_not_multiply_the_work),
        cmocka_unit_test(patterns_without_special_bytes_are_literal),
        cmocka_unit_test(the_literal_prefix_ends_at_the_first_special_byte),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
