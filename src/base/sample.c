/* Sample: the set of what has been drawn is open addressing, at most half full. */
#include "base/sample.h"

#include "base/alloc.h"

#define SLOTS_MIN 4

/* The upper half of the product: numbers may be ranks, which lie close together, or addresses, whose low bits
 * are alike. */
static size_t home_of(const drawn *d, uint64_t number) {
    return (number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & d->mask;
}

drawn drawn_open(size_t count) {
    size_t slots = SLOTS_MIN;
    while (slots < 2 * count) slots *= 2;
    return (drawn){alloc_zeroed(slots * sizeof(uint64_t)), slots - 1};
}

bool drawn_add(drawn *d, uint64_t number) {
    size_t at = home_of(d, number);
    for (; d->slots[at]; at = (at + 1) & d->mask)
        if (d->slots[at] == number) return false;
    d->slots[at] = number;
    return true;
}

void drawn_close(drawn *d) { alloc_free(d->slots, (d->mask + 1) * sizeof(*d->slots)); }
