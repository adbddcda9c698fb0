/* Ranking: the items with the largest values among very many, in fixed memory.
 *
 * A ranking has places for RANKING_PLACES items; what else is known of an item is the caller's to keep, by
 * place. An item is an id of 64 bits that are spread evenly, such as a hash.
 *
 * Values that are sums are kept by Space-Saving: an item without a place gets that of the item with the least
 * value, and goes on from that value, which is its error from then on. So a value is never too low, too high
 * by its error at most, and every item whose sum is more than 1/RANKING_PLACES of all has a place. (Metwally,
 * Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams. ICDT 2005.) */
#ifndef STINT_BASE_RANKING_H
#define STINT_BASE_RANKING_H

#include <stdbool.h>
#include <stdint.h>

#define RANKING_PLACES 512
#define RANKING_SLOTS  (2 * RANKING_PLACES)
#define RANKING_NONE   UINT32_MAX

struct ranked {
    uint64_t id;
    uint64_t value; /* 0: of no interest any more */
    uint64_t error;
};

/* An all-zero ranking is empty and ready for use. Only items is for others to read. */
typedef struct ranking {
    struct ranked items[RANKING_PLACES];
    uint32_t count;                      /* of items */
    uint16_t heap[RANKING_PLACES];       /* places, the least value first */
    uint16_t heap_place[RANKING_PLACES]; /* of each place, where it is in the heap */
    uint16_t slots[RANKING_SLOTS];       /* place + 1, by id; 0: free */
} ranking;

/* Adds weight (1 or more) to the item's sum. Returns its place; *is_new tells whether it was another item's,
 * or nobody's, before. */
uint32_t ranking_add(ranking *r, uint64_t id, uint64_t weight, bool *is_new);

/* Gives the item that value, without error. One without a place gets one if there is any with less. Returns
 * its place, or RANKING_NONE. */
uint32_t ranking_offer(ranking *r, uint64_t id, uint64_t value, bool *is_new);

/* Gives the item at that place another value. */
void ranking_set(ranking *r, uint32_t place, uint64_t value);

/* Halves all values and errors: what was long ago counts less. */
void ranking_halve(ranking *r);

/* Writes the places of the items with the largest values, the largest first, and returns their number, at
 * most max. Items of value 0 are left out. */
uint32_t ranking_top(const ranking *r, uint32_t *places, uint32_t max);

/* Forgets all items. */
void ranking_reset(ranking *r);

#endif
