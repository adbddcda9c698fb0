/* Sort order: windows of random and of awkward elements beside a full sort by the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "command/sort_order.h"

#define COUNT_MAX 3000
#define TEXT_MAX  24

/* Elements with weights as the tests see them: all as texts, and numbers besides. */
struct item {
    char element[TEXT_MAX], weight[TEXT_MAX];
    size_t element_len, weight_len;
    bool has_weight;
    double number;
    size_t index;
};

static struct item items[COUNT_MAX], *sorted[COUNT_MAX];
static struct packed_value elements[COUNT_MAX], weights[COUNT_MAX];
static struct sort_place places[COUNT_MAX];
static struct sort_order order;

/* --- The model --- */

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len) {
    int found = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return found ? found : (a_len > b_len) - (a_len < b_len);
}

static int compare_weights(const struct item *a, const struct item *b) {
    if (order.by == SORT_NUMBERS) {
        if (a->number != b->number) return a->number < b->number ? -1 : 1;
        return compare_bytes(a->element, a->element_len, b->element, b->element_len);
    }
    if (!a->has_weight || !b->has_weight) return a->has_weight - b->has_weight;
    if (order.by == SORT_TEXTS) return strcmp(a->weight, b->weight);
    return compare_bytes(a->weight, a->weight_len, b->weight, b->weight_len);
}

static int compare_items(const void *a, const void *b) {
    const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
    int found = compare_weights(x, y);
    if (found != 0) return order.descending ? -found : found;
    return (x->index > y->index) - (x->index < y->index);
}

/* --- Making elements --- */

static void set_text(char *to, size_t *len, const char *text, size_t text_len) {
    assert_true(text_len < TEXT_MAX);
    memset(to, 0, TEXT_MAX);
    memcpy(to, text, text_len);
    *len = text_len;
}

static struct packed_value value_of(const char *text, size_t len) {
    return packed_value_of((slice){text, len});
}

/* Item i: an element, and a weight unless it is NULL. */
static void set_item(size_t i, const char *element, const char *weight, size_t weight_len) {
    struct item *it = &items[i];
    *it = (struct item){.index = i, .has_weight = weight != NULL};
    set_text(it->element, &it->element_len, element, strlen(element));
    elements[i] = value_of(it->element, it->element_len);
    weights[i] = SORT_NO_WEIGHT;
    if (weight) {
        set_text(it->weight, &it->weight_len, weight, weight_len);
        weights[i] = value_of(it->weight, it->weight_len);
        it->number = strtod(it->weight, NULL);
    }
}

static void set_number(size_t i, double weight) {
    char element[TEXT_MAX], text[TEXT_MAX];
    snprintf(element, sizeof(element), "%u", (unsigned)random_below(1000));
    int len = snprintf(text, sizeof(text), "%.9g", weight);
    set_item(i, element, text, (size_t)len);
}

/* What all texts begin with. */
static const char *text_head = "";

static void set_random_item(size_t i) {
    char element[TEXT_MAX], text[TEXT_MAX];
    snprintf(element, sizeof(element), random_below(2) ? "%u" : "e%u", (unsigned)random_below(50));
    if (random_below(8) == 0) {
        set_item(i, element, NULL, 0);
    } else if (order.by == SORT_NUMBERS) {
        static const char *const odd[] = {"inf", "-inf", "0", "-0", "", "1e300", "-1e-300"};
        int len = random_below(4) == 0 ? snprintf(text, sizeof(text), "%s", odd[random_below(7)])
                                       : snprintf(text, sizeof(text), "%d", (int)random_below(80) - 40);
        set_item(i, element, text, (size_t)len);
    } else {
        size_t head_len = strlen(text_head), len = head_len + random_below(12);
        memcpy(text, text_head, head_len);
        for (size_t at = head_len; at < len; at++) text[at] = "\0\1a\377"[random_below(4)];
        if (head_len == 0 && random_below(4) == 0)
            len = (size_t)snprintf(text, sizeof(text), "%d", (int)random_below(300));
        set_item(i, element, text, len);
    }
}

/* --- Asking and comparing --- */

static void assert_window(size_t count, size_t from, size_t end) {
    order.elements = elements;
    order.weights = weights;
    order.places = places;
    order.count = count;
    assert_true(sort_order_rank(&order));
    sort_order_window(&order, from, end);
    for (size_t i = 0; i < count; i++) sorted[i] = &items[i];
    qsort(sorted, count, sizeof(sorted[0]), compare_items);
    bool seen[COUNT_MAX] = {false};
    for (size_t i = 0; i < count; i++) {
        assert_false(seen[places[i].index]);
        seen[places[i].index] = true;
        if (i >= from && i < end) assert_int_equal(places[i].index, sorted[i]->index);
    }
}

static void assert_windows(size_t count) {
    assert_window(count, 0, count);
    assert_window(count, 0, count < 10 ? count : 10);
    assert_window(count, count > 10 ? count - 10 : 0, count);
    for (int i = 0; i < 8; i++) {
        size_t from = random_below(count + 1), end = from + random_below(count - from + 1);
        assert_window(count, from, end);
    }
}

static void both_ways(size_t count) {
    order.descending = false;
    assert_windows(count);
    order.descending = true;
    assert_windows(count);
}

/* --- The tests --- */

static void sort_random_items(enum sort_by by) {
    order.by = by;
    random_seed(5);
    for (size_t count = 0; count <= COUNT_MAX; count = count < 40 ? count + 1 : count * 2) {
        for (size_t i = 0; i < count; i++) set_random_item(i);
        both_ways(count);
    }
}

static void numbers_are_in_order_and_equal_ones_by_their_elements(void **state) {
    (void)state;
    sort_random_items(SORT_NUMBERS);
}

static void texts_are_in_order_up_to_their_first_nul(void **state) {
    (void)state;
    sort_random_items(SORT_TEXTS);
}

static void bytes_are_in_order(void **state) {
    (void)state;
    sort_random_items(SORT_BYTES);
}

static void texts_that_begin_alike_are_in_order(void **state) {
    (void)state;
    text_head = "12345678-9";
    sort_random_items(SORT_TEXTS);
    sort_random_items(SORT_BYTES);
    text_head = "4";
    sort_random_items(SORT_BYTES);
    text_head = "";
}

static void regular_orders_are_sorted_as_well(void **state) {
    (void)state;
    order.by = SORT_NUMBERS;
    for (size_t i = 0; i < COUNT_MAX; i++) set_number(i, (double)i);
    both_ways(COUNT_MAX);
    for (size_t i = 0; i < COUNT_MAX; i++) set_number(i, -(double)i);
    both_ways(COUNT_MAX);
    for (size_t i = 0; i < COUNT_MAX; i++) set_number(i, 7);
    both_ways(COUNT_MAX);
    for (size_t i = 0; i < COUNT_MAX; i++) set_number(i, (double)(i % 3));
    both_ways(COUNT_MAX);
    for (size_t i = 0; i < COUNT_MAX; i++) set_number(i, (double)(i < COUNT_MAX / 2 ? i : COUNT_MAX - i));
    both_ways(COUNT_MAX);
}

static void a_weight_that_is_no_number_is_told(void **state) {
    (void)state;
    order = (struct sort_order){.elements = elements, .weights = weights, .count = 2, .places = places};
    set_item(0, "a", "1", 1);
    set_item(1, "b", "x", 1);
    assert_false(sort_order_rank(&order));
    set_item(1, "b", NULL, 0);
    assert_true(sort_order_rank(&order));
    order.by = SORT_TEXTS;
    set_item(1, "b", "x", 1);
    assert_true(sort_order_rank(&order));
}

int main(void) {
    alloc_register_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_in_order_and_equal_ones_by_their_elements),
        cmocka_unit_test(texts_are_in_order_up_to_their_first_nul),
        cmocka_unit_test(bytes_are_in_order),
        cmocka_unit_test(texts_that_begin_alike_are_in_order),
        cmocka_unit_test(regular_orders_are_sorted_as_well),
        cmocka_unit_test(a_weight_that_is_no_number_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
