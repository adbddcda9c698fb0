/* Sort order: sorting a window of an array.
 *
 * Of each weight 64 bits are kept beside the number of the element: all of a number, eight bytes of a text
 * (the first ones in which the texts differ), turned so that they compare as unsigned integers, and inverted
 * for descending order. Only where those are equal are the element and its weight looked at. As the element's
 * number decides in the end, no two places are equal, and the order is the same however it is arrived at.
 *
 * The window (what LIMIT asks for) is found by quicksort that leaves alone all parts of the array that have
 * nothing of the window: linear for ten out of a million. Where a part is divided is a matter of chance, so
 * that nobody can choose elements that take quadratic time. */
#include "command/sort_order.h"

#include <endian.h>
#include <string.h>

#include "base/compiler.h"
#include "base/random.h"
#include "store/types/btree.h"

const char sort_no_weight[1] = "";

/* --- Ranks --- */

static inline bool has_weight(const struct packed_value *weight) {
    return weight->text.data != sort_no_weight;
}

/* Without the bytes that the order does not look at. */
static inline slice compared_part(const struct sort_order *o, slice text) {
    if (o->by == SORT_TEXTS) text.len = strnlen(text.data, text.len);
    return text;
}

static size_t common_bytes(slice a, slice b) {
    size_t least = a.len < b.len ? a.len : b.len, common = 0;
    while (common < least && a.data[common] == b.data[common]) common++;
    return common;
}

/* With how many bytes all texts begin alike, as names of keys often do. */
static size_t common_head(const struct sort_order *o) {
    char scratches[2][NUMBER_I64_TEXT_MAX]; /* the head may lie in one */
    slice head = {.data = NULL};
    for (size_t i = 0; i < o->count; i++) {
        if (!has_weight(&o->weights[i])) continue;
        bool is_first = head.data == NULL;
        slice text = compared_part(o, packed_text(&o->weights[i], scratches[is_first]));
        if (is_first)
            head = text;
        else
            head.len = common_bytes(head, text);
        if (head.len == 0) break;
    }
    return head.len;
}

/* The bytes after the first `skipped` ones, which every text has. */
static uint64_t rank_of_text(const struct sort_order *o, const struct packed_value *weight, size_t skipped) {
    if (!has_weight(weight)) return 0;
    char scratch[NUMBER_I64_TEXT_MAX];
    slice text = compared_part(o, packed_text(weight, scratch));
    size_t left = text.len - skipped;
    uint64_t head = 0;
    memcpy(&head, text.data + skipped, left < sizeof(head) ? left : sizeof(head));
    return be64toh(head);
}

/* The bits of a double compare like the number once negative ones are inverted and the others follow them. */
static bool rank_of_number(const struct packed_value *weight, uint64_t *rank) {
    const uint64_t sign = UINT64_C(1) << 63;
    double number = 0;
    if (packed_is_integer(weight))
        number = (double)weight->integer;
    else if (has_weight(weight) && !number_parse_lenient_double(weight->text, &number))
        return false;
    if (number == 0) number = 0; /* -0 is no less */
    memcpy(rank, &number, sizeof(*rank));
    *rank = *rank & sign ? ~*rank : *rank | sign;
    return true;
}

bool sort_order_rank(struct sort_order *o) {
    size_t skipped = o->by == SORT_NUMBERS ? 0 : common_head(o);
    for (size_t i = 0; i < o->count; i++) {
        uint64_t rank;
        if (o->by != SORT_NUMBERS)
            rank = rank_of_text(o, &o->weights[i], skipped);
        else if (!rank_of_number(&o->weights[i], &rank))
            return false;
        o->places[i] = (struct sort_place){o->descending ? ~rank : rank, i};
    }
    return true;
}

/* --- Comparing --- */

static int compare_texts(const struct packed_value *a, const struct packed_value *b,
                         const struct sort_order *o) {
    char scratch_a[NUMBER_I64_TEXT_MAX], scratch_b[NUMBER_I64_TEXT_MAX];
    return slice_compare(compared_part(o, packed_text(a, scratch_a)),
                         compared_part(o, packed_text(b, scratch_b)));
}

static int compare_weights(const struct packed_value *a, const struct packed_value *b,
                           const struct sort_order *o) {
    if (!has_weight(a) || !has_weight(b)) return has_weight(a) - has_weight(b);
    return compare_texts(a, b, o);
}

/* Whether a comes first, if their ranks are the same. */
static __attribute__((noinline)) bool tie_precedes(const struct sort_order *o, size_t a, size_t b) {
    int order = o->by == SORT_NUMBERS ? compare_texts(&o->elements[a], &o->elements[b], o)
                                      : compare_weights(&o->weights[a], &o->weights[b], o);
    if (order == 0) return a < b;
    return o->descending ? order > 0 : order < 0;
}

static inline bool precedes(const struct sort_order *o, struct sort_place a, struct sort_place b) {
    return likely(a.rank != b.rank) ? a.rank < b.rank : tie_precedes(o, a.index, b.index);
}

/* --- Sorting --- */

/* Parts of this size are sorted by insertion. */
#define FEW_PLACES 16
/* From this size on it pays to look longer for a place to divide at. */
#define MANY_PLACES 128

static inline void swap_places(struct sort_place *a, struct sort_place *b) {
    struct sort_place was = *a;
    *a = *b;
    *b = was;
}

static void sort_by_insertion(const struct sort_order *o, struct sort_place *p, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct sort_place moving = p[i];
        size_t at = i;
        for (; at > 0 && precedes(o, moving, p[at - 1]); at--) p[at] = p[at - 1];
        p[at] = moving;
    }
}

/* The one of three places that is between the others. */
static size_t middle_of(const struct sort_order *o, const struct sort_place *p, size_t a, size_t b,
                        size_t c) {
    if (precedes(o, p[b], p[a])) {
        size_t was = a;
        a = b;
        b = was;
    }
    if (!precedes(o, p[c], p[b])) return b;
    return precedes(o, p[c], p[a]) ? a : c;
}

static size_t middle_of_random(const struct sort_order *o, const struct sort_place *p, size_t count) {
    return middle_of(o, p, random_below(count), random_below(count), random_below(count));
}

/* A place that is near the middle in all likelihood. */
static size_t choose_pivot(const struct sort_order *o, const struct sort_place *p, size_t count) {
    if (count < MANY_PLACES) return middle_of_random(o, p, count);
    return middle_of(o, p, middle_of_random(o, p, count), middle_of_random(o, p, count),
                     middle_of_random(o, p, count));
}

/* Moves what precedes the pivot to the front; returns how many that are, after which the pivot stands. */
static size_t partition(const struct sort_order *o, struct sort_place *p, size_t count) {
    swap_places(&p[0], &p[choose_pivot(o, p, count)]);
    struct sort_place pivot = p[0];
    size_t low = 1, high = count - 1; /* what is before low precedes the pivot, what is after high follows */
    for (;; low++, high--) {
        while (low <= high && precedes(o, p[low], pivot)) low++;
        while (low <= high && precedes(o, pivot, p[high])) high--;
        if (low >= high) break;
        swap_places(&p[low], &p[high]);
    }
    swap_places(&p[0], &p[high]);
    return high;
}

/* Sorts the part of the window [from, end) that is in p[low] to p[high - 1]. It calls itself for the smaller
 * half only: not deeper than 64 times, whatever happens. */
static void sort_window(const struct sort_order *o, struct sort_place *p, size_t low, size_t high,
                        size_t from, size_t end) {
    while (low < end && from < high) {
        if (high - low <= FEW_PLACES) {
            sort_by_insertion(o, p + low, high - low);
            return;
        }
        size_t pivot = low + partition(o, p + low, high - low);
        if (pivot - low < high - pivot) {
            sort_window(o, p, low, pivot, from, end);
            low = pivot + 1;
        } else {
            sort_window(o, p, pivot + 1, high, from, end);
            high = pivot;
        }
    }
}

void sort_order_window(struct sort_order *o, size_t from, size_t end) {
    if (from < end) sort_window(o, o->places, 0, o->count, from, end);
}
