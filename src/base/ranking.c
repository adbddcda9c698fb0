/* Ranking: items by place, a heap of places by value, and an index of places by id.
 *
 *     items       [ id value error | id value error | ... ]    by place
 *     heap        [ place | place | ... ]                      the parent's value is the least of three
 *     slots       [ place + 1 | 0 | place + 1 | ... ]          open addressing, at most half full
 *
 * An item keeps its place until another gets it. To find an item takes a cache line or two, to change its
 * value at most nine steps in the heap. */
#include "base/ranking.h"

#include <stdlib.h>
#include <string.h>

static uint64_t value_at(const ranking *r, uint32_t at) { return r->items[r->heap[at]].value; }

/* --- The heap --- */

static void put_in_heap(ranking *r, uint32_t at, uint16_t place) {
    r->heap[at] = place;
    r->heap_place[place] = (uint16_t)at;
}

static void swap_in_heap(ranking *r, uint32_t a, uint32_t b) {
    uint16_t place = r->heap[a];
    put_in_heap(r, a, r->heap[b]);
    put_in_heap(r, b, place);
}

static void sift_up(ranking *r, uint32_t at) {
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (value_at(r, parent) <= value_at(r, at)) return;
        swap_in_heap(r, at, parent);
        at = parent;
    }
}

static void sift_down(ranking *r, uint32_t at) {
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < r->count && value_at(r, child + 1) < value_at(r, child)) child++;
        if (child >= r->count || value_at(r, child) >= value_at(r, at)) return;
        swap_in_heap(r, at, child);
        at = child;
    }
}

/* --- The index --- */

static uint32_t slot_after(uint32_t slot) { return (slot + 1) % RANKING_SLOTS; }

static uint32_t home_of(uint64_t id) { return (uint32_t)(id % RANKING_SLOTS); }

/* The slot of that item, or the free one where it would be. */
static uint32_t find_slot(const ranking *r, uint64_t id) {
    uint32_t slot = home_of(id);
    while (r->slots[slot] && r->items[r->slots[slot] - 1].id != id) slot = slot_after(slot);
    return slot;
}

/* Takes an item out and closes the gap, so that no search ends before it should. */
static void remove_slot(ranking *r, uint64_t id) {
    uint32_t gap = find_slot(r, id);
    for (uint32_t slot = slot_after(gap); r->slots[slot]; slot = slot_after(slot)) {
        uint32_t home = home_of(r->items[r->slots[slot] - 1].id);
        bool stays = (slot - home) % RANKING_SLOTS < (slot - gap) % RANKING_SLOTS;
        if (stays) continue;
        r->slots[gap] = r->slots[slot];
        gap = slot;
    }
    r->slots[gap] = 0;
}

/* --- Items --- */

static uint32_t find_place(const ranking *r, uint64_t id) {
    uint16_t found = r->slots[find_slot(r, id)];
    return found ? found - 1U : RANKING_NONE;
}

static bool is_full(const ranking *r) { return r->count == RANKING_PLACES; }

/* The place of the item with the least value. */
static uint32_t least_place(const ranking *r) { return r->heap[0]; }

void ranking_set(ranking *r, uint32_t place, uint64_t value) {
    uint64_t before = r->items[place].value;
    r->items[place].value = value;
    if (value > before)
        sift_down(r, r->heap_place[place]);
    else
        sift_up(r, r->heap_place[place]);
}

/* Gives a new item a place: a free one, or that of the item with the least value. */
static uint32_t take_place(ranking *r, struct ranked item) {
    uint32_t place;
    if (is_full(r)) {
        place = least_place(r);
        remove_slot(r, r->items[place].id);
        r->items[place].id = item.id;
        r->items[place].error = item.error;
        ranking_set(r, place, item.value);
    } else {
        place = r->count++;
        r->items[place] = item;
        put_in_heap(r, place, (uint16_t)place);
        sift_up(r, place);
    }
    r->slots[find_slot(r, item.id)] = (uint16_t)(place + 1);
    return place;
}

uint32_t ranking_add(ranking *r, uint64_t id, uint64_t weight, bool *is_new) {
    uint32_t place = find_place(r, id);
    *is_new = place == RANKING_NONE;
    if (!*is_new) {
        ranking_set(r, place, r->items[place].value + weight);
        return place;
    }
    uint64_t least = is_full(r) ? r->items[least_place(r)].value : 0;
    return take_place(r, (struct ranked){id, least + weight, least});
}

uint32_t ranking_offer(ranking *r, uint64_t id, uint64_t value, bool *is_new) {
    uint32_t place = find_place(r, id);
    *is_new = place == RANKING_NONE;
    if (!*is_new) {
        ranking_set(r, place, value);
        return place;
    }
    if (is_full(r) && r->items[least_place(r)].value >= value) return RANKING_NONE;
    return take_place(r, (struct ranked){id, value, 0});
}

void ranking_halve(ranking *r) {
    for (uint32_t i = 0; i < r->count; i++) {
        r->items[i].value /= 2; /* which leaves the heap in order */
        r->items[i].error /= 2;
    }
}

void ranking_reset(ranking *r) { memset(r, 0, sizeof(*r)); }

/* --- The top --- */

struct candidate {
    uint64_t value;
    uint32_t place;
};

static int by_value_falling(const void *a, const void *b) {
    uint64_t x = ((const struct candidate *)a)->value, y = ((const struct candidate *)b)->value;
    return x > y ? -1 : x < y;
}

uint32_t ranking_top(const ranking *r, uint32_t *places, uint32_t max) {
    struct candidate all[RANKING_PLACES] = {{0}};
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->items[i].value > 0) all[count++] = (struct candidate){r->items[i].value, i};
    qsort(all, count, sizeof(*all), by_value_falling);
    if (count > max) count = max;
    for (uint32_t i = 0; i < count; i++) places[i] = all[i].place;
    return count;
}
