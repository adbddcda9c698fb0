/* Pattern index: finds the same patterns as trying all of them does, and tries few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "base/hash.h"
#include "base/random.h"
#include "server/messages/pattern_index.h"

#define PATTERNS_MAX 2000

struct item {
    indexed_pattern indexed;
    char text[128];
    bool present;
    bool expected; /* to be found by the running match */
};

static struct item items[PATTERNS_MAX];

static struct item *set_text(struct item *item, const char *text) {
    snprintf(item->text, sizeof(item->text), "%s", text);
    item->indexed = (indexed_pattern){.text = slice_of(item->text)};
    return item;
}

static void add(pattern_index *index, struct item *item) {
    pattern_index_add(index, &item->indexed);
    item->present = true;
}

static void take_out(pattern_index *index, struct item *item) {
    pattern_index_remove(index, &item->indexed);
    item->present = false;
}

static void check_off(void *context, indexed_pattern *p) {
    struct item *item = (struct item *)p;
    assert_true(item->expected);
    item->expected = false;
    ++*(size_t *)context;
}

/* Matches through the index and by trying all items; returns how many matched. */
static size_t match_both_ways(const pattern_index *index, slice text, size_t *tried) {
    size_t expected = 0, found = 0;
    for (size_t i = 0; i < PATTERNS_MAX; i++) {
        items[i].expected = items[i].present && glob_match(items[i].indexed.text, text, false);
        expected += items[i].expected;
    }
    size_t count = pattern_index_match(index, text, check_off, &found);
    if (tried) *tried = count;
    assert_int_equal(found, expected);
    return found;
}

static int clear_items(void **state) {
    (void)state;
    memset(items, 0, sizeof(items));
    return 0;
}

static void an_empty_index_finds_nothing(void **state) {
    (void)state;
    pattern_index *index = pattern_index_new();
    size_t tried;
    assert_int_equal(match_both_ways(index, SLICE("text"), &tried), 0);
    assert_int_equal(tried, 0);
    pattern_index_free(index);
}

static void patterns_are_found_whatever_they_begin_with(void **state) {
    (void)state;
    static const char *const patterns[] = {"*",           "news",     "news.*",   "n*",       "?ews",
                                           "[mn]ews.art", "\\news.*", "news*",    "*.art",    "",
                                           "new?",        "NEWS",     "news.art", "news.arts"};
    pattern_index *index = pattern_index_new();
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
        add(index, set_text(&items[i], patterns[i]));
    assert_int_equal(match_both_ways(index, SLICE("news.art"), NULL), 8);
    assert_int_equal(match_both_ways(index, SLICE("news"), NULL), 6);
    assert_int_equal(match_both_ways(index, SLICE(""), NULL), 2);
    assert_int_equal(match_both_ways(index, SLICE("other"), NULL), 1);
    pattern_index_free(index);
}

static void the_same_pattern_is_found_as_often_as_it_was_added(void **state) {
    (void)state;
    pattern_index *index = pattern_index_new();
    for (size_t i = 0; i < 3; i++) add(index, set_text(&items[i], "a*"));
    assert_int_equal(match_both_ways(index, SLICE("abc"), NULL), 3);
    take_out(index, &items[1]);
    assert_int_equal(match_both_ways(index, SLICE("abc"), NULL), 2);
    pattern_index_free(index);
}

static void patterns_with_long_beginnings_are_found(void **state) {
    (void)state;
    pattern_index *index = pattern_index_new();
    char text[120], pattern[128];
    memset(text, 'x', sizeof(text));
    for (size_t len = 1; len < sizeof(text); len++) {
        snprintf(pattern, sizeof(pattern), "%.*s*", (int)len, text);
        add(index, set_text(&items[len], pattern));
    }
    for (size_t len = 1; len < sizeof(text); len++)
        assert_int_equal(match_both_ways(index, (slice){text, len}, NULL), len);
    pattern_index_free(index);
}

static void only_patterns_that_begin_as_the_text_does_are_tried(void **state) {
    (void)state;
    pattern_index *index = pattern_index_new();
    char text[64];
    for (int i = 0; i < PATTERNS_MAX; i++) {
        snprintf(text, sizeof(text), "user:%d:*", i);
        add(index, set_text(&items[i], text));
    }
    size_t tried;
    assert_int_equal(match_both_ways(index, SLICE("user:77:mail"), &tried), 1);
    assert_int_equal(tried, 1);
    assert_int_equal(match_both_ways(index, SLICE("group:77:mail"), &tried), 0);
    assert_int_equal(tried, 0);
    pattern_index_free(index);
}

static void patterns_taken_out_are_tried_no_more(void **state) {
    (void)state;
    pattern_index *index = pattern_index_new();
    add(index, set_text(&items[0], "*a"));
    add(index, set_text(&items[1], "*b"));
    add(index, set_text(&items[2], "a*"));
    take_out(index, &items[0]);
    take_out(index, &items[2]);
    size_t tried;
    assert_int_equal(match_both_ways(index, SLICE("ab"), &tried), 1);
    assert_int_equal(tried, 1);
    take_out(index, &items[1]);
    assert_int_equal(match_both_ways(index, SLICE("ab"), &tried), 0);
    assert_int_equal(tried, 0);
    pattern_index_free(index);
}

static void random_pattern(struct item *item) {
    static const char bytes[] = "ab*?[]\\";
    char text[12];
    size_t len = random_below(sizeof(text) - 1);
    for (size_t i = 0; i < len; i++) text[i] = bytes[random_below(random_below(3) ? 2 : sizeof(bytes) - 1)];
    text[len] = '\0';
    set_text(item, text);
}

static void random_histories_agree_with_trying_all(void **state) {
    (void)state;
    random_seed(7);
    pattern_index *index = pattern_index_new();
    for (int step = 0; step < 50000; step++) {
        /* between few and many, back and forth */
        size_t range = step / 5000 % 2 ? 20 : PATTERNS_MAX;
        struct item *item = &items[random_below(range)];
        if (item->present) {
            take_out(index, item);
        } else {
            random_pattern(item);
            add(index, item);
        }
        if (step % 50) continue;
        char text[8];
        size_t len = random_below(sizeof(text));
        for (size_t i = 0; i < len; i++) text[i] = "ab"[random_below(2)];
        match_both_ways(index, (slice){text, len}, NULL);
    }
    pattern_index_free(index);
}

int main(void) {
    hash_open();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_index_finds_nothing, clear_items),
        cmocka_unit_test_setup(patterns_are_found_whatever_they_begin_with, clear_items),
        cmocka_unit_test_setup(the_same_pattern_is_found_as_often_as_it_was_added, clear_items),
        cmocka_unit_test_setup(patterns_with_long_beginnings_are_found, clear_items),
        cmocka_unit_test_setup(only_patterns_that_begin_as_the_text_does_are_tried, clear_items),
        cmocka_unit_test_setup(patterns_taken_out_are_tried_no_more, clear_items),
        cmocka_unit_test_setup(random_histories_agree_with_trying_all, clear_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
