/* Sort order: puts elements in the order of their weights, as far as that is asked for. */
#ifndef STINT_COMMAND_SORT_ORDER_H
#define STINT_COMMAND_SORT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/types/packed.h"

enum sort_by {
    SORT_NUMBERS, /* weights are numbers; where they are equal the elements' bytes decide */
    SORT_TEXTS,   /* weights are texts that end with a NUL if they have one, as those of the C library do */
    SORT_BYTES,   /* weights are bytes */
};

/* The weight of an element that has none: the number 0; before every text. */
#define SORT_NO_WEIGHT ((struct packed_value){.text = {sort_no_weight, 0}})
extern const char sort_no_weight[];

/* The place of an element in the order: rank is most of the weight, so that comparing two of them is what
 * most comparisons are. */
struct sort_place {
    uint64_t rank;
    size_t index;
};

/* Elements and their weights (the same array if elements are their own weights), count of each. What is equal
 * in all that the order looks at stays in the order in which it came, descending or not. */
struct sort_order {
    const struct packed_value *elements, *weights;
    size_t count;
    enum sort_by by;
    bool descending;
    struct sort_place *places; /* count of them: sort_order_rank and sort_order_window write them */
};

/* Gives every element its place, in the order in which they came. False if a weight that is to be a number is
 * none. */
bool sort_order_rank(struct sort_order *o);
/* Moves the places so that those from `from` up to, not including, `end` are the ones that belong there. */
void sort_order_window(struct sort_order *o, size_t from, size_t end);

#endif
