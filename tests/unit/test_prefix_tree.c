/* Prefix tree: finds the same prefixes, in the same order, as trying all of them does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "server/messages/prefix_tree.h"

#define ITEMS_MAX 600
#define TEXT_MAX  12

struct item {
    prefix_node node; /* first */
    char text[TEXT_MAX];
    bool present;
};

static struct item items[ITEMS_MAX];
static prefix_tree tree;

static struct item *set_text(struct item *item, const char *text, size_t len) {
    memcpy(item->text, text, len);
    item->node.text = (slice){item->text, len};
    return item;
}

static struct item *set(int i, const char *text) { return set_text(&items[i], text, strlen(text)); }

static void add(struct item *item) {
    prefix_tree_add(&tree, &item->node);
    item->present = true;
}

static void take_out(struct item *item) {
    prefix_tree_remove(&tree, &item->node);
    item->present = false;
}

static int empty_tree(void **state) {
    (void)state;
    for (prefix_node *node; (node = prefix_tree_first(&tree));) prefix_tree_remove(&tree, node);
    memset(items, 0, sizeof(items));
    return 0;
}

static bool begins_with(slice text, slice prefix) {
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

/* --- The tree by trying all items --- */

static int compare(slice a, slice b) {
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first present item, in the order of bytes, behind one (NULL: the first of all) that fits. */
static struct item *next_that(bool (*fits)(slice text, slice other), slice other, const struct item *behind) {
    struct item *found = NULL;
    for (int i = 0; i < ITEMS_MAX; i++) {
        struct item *item = &items[i];
        slice text = item->node.text;
        if (!item->present || !fits(text, other)) continue;
        if (behind && compare(text, behind->node.text) <= 0) continue;
        if (!found || compare(text, found->node.text) < 0) found = item;
    }
    return found;
}

static bool is_any(slice text, slice other) { return (void)text, (void)other, true; }
static bool is_beginning(slice text, slice other) { return begins_with(other, text); }
static bool is_overlapping(slice text, slice other) {
    return begins_with(other, text) || begins_with(text, other);
}

static void check_against(slice text) {
    struct item *expected = NULL;
    const prefix_node *node = NULL;
    do {
        expected = next_that(is_beginning, text, expected);
        node = prefix_tree_match(&tree, text, node);
        assert_ptr_equal(node, expected);
    } while (expected);
    assert_ptr_equal(prefix_tree_overlap(&tree, text), next_that(is_overlapping, text, NULL));
}

static void check_order(void) {
    size_t count = 0;
    const struct item *expected = next_that(is_any, SLICE(""), NULL);
    for (const prefix_node *node = prefix_tree_first(&tree); node; node = prefix_tree_next(node)) {
        assert_ptr_equal(node, expected);
        assert_ptr_equal(prefix_tree_find(&tree, node->text), node);
        expected = next_that(is_any, SLICE(""), expected);
        count++;
    }
    assert_null(expected);
    assert_int_equal(count, tree.count);
}

/* --- Tests --- */

static void an_empty_tree_finds_nothing(void **state) {
    (void)state;
    check_against(SLICE(""));
    check_against(SLICE("text"));
    check_order();
    assert_null(prefix_tree_find(&tree, SLICE("")));
}

static void members_that_begin_a_text_come_shortest_first(void **state) {
    (void)state;
    static const char *const texts[] = {"user:", "", "us", "user:7", "shop:", "u"};
    for (int i = 0; i < 6; i++) add(set(i, texts[i]));
    static const char *const expected[] = {"", "u", "us", "user:"};
    const prefix_node *node = NULL;
    for (int i = 0; i < 4; i++) {
        node = prefix_tree_match(&tree, SLICE("user:1"), node);
        assert_true(slice_equal(node->text, slice_of(expected[i])));
    }
    assert_null(prefix_tree_match(&tree, SLICE("user:1"), node));
    check_order();
}

static void an_overlap_is_found_in_either_direction(void **state) {
    (void)state;
    add(set(0, "abc"));
    add(set(1, "abd"));
    assert_ptr_equal(prefix_tree_overlap(&tree, SLICE("ab")), &items[0]);
    assert_ptr_equal(prefix_tree_overlap(&tree, SLICE("abd")), &items[1]);
    assert_ptr_equal(prefix_tree_overlap(&tree, SLICE("abde")), &items[1]);
    assert_ptr_equal(prefix_tree_overlap(&tree, SLICE("")), &items[0]);
    assert_null(prefix_tree_overlap(&tree, SLICE("abe")));
    assert_null(prefix_tree_overlap(&tree, SLICE("b")));
}

static void bytes_of_any_value_are_told_apart(void **state) {
    (void)state;
    static const char texts[] = {'\0', '\1', '\x7f', '\x80', '\xff'};
    for (int i = 0; i < 5; i++) add(set_text(&items[i], &texts[i], 1));
    for (int i = 0; i < 5; i++) check_against((slice){&texts[i], 1});
    check_order();
}

/* Texts of few letters, so that many begin with others. */
static slice random_text(char text[TEXT_MAX]) {
    size_t len = random_below(TEXT_MAX);
    for (size_t i = 0; i < len; i++) text[i] = (char)('a' + random_below(2));
    return (slice){text, len};
}

static void every_search_finds_what_trying_all_members_finds(void **state) {
    (void)state;
    char text[TEXT_MAX];
    for (int round = 0; round < 6000; round++) {
        struct item *item = &items[random_below(ITEMS_MAX)];
        if (item->present) {
            take_out(item);
        } else {
            slice fresh = random_text(text);
            if (!prefix_tree_find(&tree, fresh)) add(set_text(item, fresh.data, fresh.len));
        }
        check_against(random_text(text));
        if (round % 500 == 0) check_order();
    }
    check_order();
}

static void all_memory_is_given_back(void **state) {
    (void)state;
    char text[TEXT_MAX];
    size_t before = alloc_used_bytes();
    for (int i = 0; i < ITEMS_MAX; i++) {
        slice fresh = random_text(text);
        if (!prefix_tree_find(&tree, fresh)) add(set_text(&items[i], fresh.data, fresh.len));
    }
    for (prefix_node *node; (node = prefix_tree_first(&tree));) prefix_tree_remove(&tree, node);
    assert_null(tree.root);
    assert_int_equal(tree.count, 0);
    assert_int_equal(alloc_used_bytes(), before);
}

int main(void) {
    random_seed_from_os();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_empty_tree_finds_nothing, empty_tree),
        cmocka_unit_test_teardown(members_that_begin_a_text_come_shortest_first, empty_tree),
        cmocka_unit_test_teardown(an_overlap_is_found_in_either_direction, empty_tree),
        cmocka_unit_test_teardown(bytes_of_any_value_are_told_apart, empty_tree),
        cmocka_unit_test_teardown(every_search_finds_what_trying_all_members_finds, empty_tree),
        cmocka_unit_test_teardown(all_memory_is_given_back, empty_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
