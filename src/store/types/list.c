/* List: packed while it is short, then a deque of blocks.
 *
 *     ring of blocks            [ . . | b0 | b1 | b2 | ... | bn | . . ]      a power of two, wraps around
 *
 *     block                     [ free | count, element, element, ... | free ]
 *                                      ^ start                        ^ start + len
 *
 * A block is a buffer with one packed run in it and free room before or behind, so that pushing and popping
 * touch a few bytes at either end. Blocks grow with their contents; when one is full and the next begins, it
 * is given the memory that it needs.
 *
 * Each block knows the number of its first element, counted from an origin that stays where it was while
 * elements come and go at both ends: numbers before it are negative. They need no correction then, and an
 * element is found by its index with a binary search over the blocks. Inserting in the middle corrects the
 * numbers on one side of the place, where there are fewer blocks; removing there, which searches all blocks
 * anyway, numbers them anew. Every block has at least one element.
 *
 * Many blocks that are dropped at once are freed in the background.
 *
 * OBJECT ENCODING tells when a list is a listpack and when a quicklist, so the list keeps the account that
 * decides it: a block's weight is what its elements would take in a listpack. A list becomes a quicklist when
 * a push would make its only block too large, and a listpack again when one block is left and half empty.
 * Whether it is a packed run here follows from the length alone, for speed: a listpack of kilobytes would be
 * moved with every push. */
#include "store/types/list.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/compiler.h"
#include "store/types/bytes.h"

/* A packed run may be this long; a structure goes back when its run is half as long. */
#define PACKED_MAX_BYTES 1024
#define BLOCK_BYTES_MIN  64
/* More blocks than this are freed in the background. */
#define FREED_AT_ONCE 64
/* How much too large a block may become by setting elements, which Redis does not bound. */
#define OVERFULL_BLOCKS 2
/* What a listpack takes beside its elements. */
#define LISTPACK_OVERHEAD_BYTES 7
/* What an element is thought to add to its text when a block is asked whether it fits. */
#define ELEMENT_ALLOWANCE_BYTES 8
/* The bytes that a block may take if the limit is a number of elements. */
#define COUNTED_BLOCK_BYTES 8192

struct list_limits list_limits = {.block_bytes = COUNTED_BLOCK_BYTES, .block_count = SIZE_MAX};

struct block {
    char *data;
    size_t capacity, start, len;
    size_t weight; /* bytes of the elements as a listpack would keep them */
    int64_t first; /* number of the first element */
};

struct list {
    struct block *ring;
    size_t capacity, head, blocks; /* of the ring: a power of two; where block 0 is; how many there are */
    int64_t end;                   /* number of the last element, plus 1 */
    bool is_quicklist;
};

struct list_limits list_limits_of(int64_t max_listpack_size) {
    enum { SMALLEST = -1, LARGEST = -5 };
    if (max_listpack_size >= 0)
        return (struct list_limits){COUNTED_BLOCK_BYTES,
                                    max_listpack_size > 0 ? (size_t)max_listpack_size : 1};
    int64_t level = max_listpack_size < LARGEST ? LARGEST : max_listpack_size;
    return (struct list_limits){(size_t)4096 << (SMALLEST - level), SIZE_MAX};
}

/* --- Weights --- */

static bool exceeds(size_t bytes, size_t count) {
    return bytes > list_limits.block_bytes || count > list_limits.block_count;
}

/* Bytes that an element would take in a listpack. */
static size_t weight_of(const struct packed_value *v) {
    size_t body;
    if (packed_is_integer(v)) {
        int64_t i = v->integer;
        if ((uint64_t)i < 128) return 2;
        if (i >= -4096 && i < 4096) return 3;
        if (i == (int16_t)i) return 4;
        if (i >= -(1 << 23) && i < 1 << 23) return 5;
        return i == (int32_t)i ? 6 : 10;
    }
    body = v->text.len + (v->text.len < 64 ? 1 : v->text.len < 4096 ? 2 : 5);
    return body + (body < 128 ? 1 : body < 16384 ? 2 : body < 2097152 ? 3 : body < 268435456 ? 4 : 5);
}

static size_t weight_between(slice run, size_t from, size_t to) {
    size_t weight = 0;
    for (struct packed_value v; from < to;) {
        from = packed_read(run, from, &v);
        weight += weight_of(&v);
    }
    return weight;
}

/* --- Blocks --- */

static inline struct block *block_at(const struct list *l, size_t i) {
    return &l->ring[(l->head + i) & (l->capacity - 1)];
}
static inline struct block *end_block(const struct list *l, enum list_end end) {
    return block_at(l, end == LIST_HEAD ? 0 : l->blocks - 1);
}

static inline slice run_of(const struct block *b) { return (slice){b->data + b->start, b->len}; }
static inline size_t elements_in(const struct block *b) { return packed_count(run_of(b)); }
static inline int64_t count_of(const struct list *l) {
    return l->blocks > 0 ? l->end - block_at(l, 0)->first : 0;
}

static struct block block_new(size_t room) {
    size_t capacity = alloc_class(PACKED_HEADER_BYTES + room);
    if (capacity < BLOCK_BYTES_MIN) capacity = BLOCK_BYTES_MIN;
    struct block b = {.data = alloc(capacity), .capacity = capacity, .len = PACKED_HEADER_BYTES};
    memset(b.data, 0, PACKED_HEADER_BYTES);
    return b;
}

/* A block of the run's elements in [from, to), which are count. */
static struct block block_of(slice run, size_t from, size_t to, size_t count) {
    struct block b = block_new(to - from);
    b.len = packed_append_range(b.data, b.len, run, from, to, count);
    b.weight = weight_between(run_of(&b), PACKED_HEADER_BYTES, b.len);
    return b;
}

static void block_free(struct block *b) { alloc_free(b->data, b->capacity); }

/* Gives the block another buffer, with its run at start. */
static void block_move(struct block *b, size_t capacity, size_t start) {
    char *data = alloc(capacity);
    memcpy(data + start, b->data + b->start, b->len);
    block_free(b);
    b->data = data;
    b->capacity = capacity;
    b->start = start;
}

/* Takes away the room that a block does not need now that nothing will be pushed to it. */
static void block_fit(struct block *b) {
    size_t capacity = alloc_class(b->len);
    if (capacity < b->capacity) block_move(b, capacity, 0);
}

/* After elements are gone: takes away room that would be mostly empty, with some left to grow. */
static void block_shrink(struct block *b) {
    if (b->capacity > BLOCK_BYTES_MIN && b->len < b->capacity / 4) {
        size_t capacity = alloc_class(2 * b->len);
        block_move(b, capacity < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : capacity, 0);
    }
}

/* Where a run starts so that most of the free room is at that end, and some at the other. */
static size_t start_for(enum list_end end, size_t room, size_t needed) {
    size_t other = (room - needed) / 4;
    return end == LIST_HEAD ? room - other : other;
}

/* Makes needed bytes free at that end of the block, by moving the run or by taking a larger buffer. */
static void block_make_room(struct block *b, enum list_end end, size_t needed) {
    size_t room = b->capacity - b->len;
    if (likely((end == LIST_HEAD ? b->start : room - b->start) >= needed)) return;

    bool may_grow = b->capacity < list_limits.block_bytes;
    /* Little room would soon be used up: moving the run again and again costs more than growing. */
    if (room >= needed && (!may_grow || room - needed >= b->capacity / 8)) {
        size_t start = start_for(end, room, needed);
        memmove(b->data + start, b->data + b->start, b->len);
        b->start = start;
        return;
    }
    size_t capacity = b->len + needed, doubled = 2 * b->capacity;
    if (!may_grow)
        capacity += b->len / 4;
    else if (capacity < doubled)
        capacity = doubled < list_limits.block_bytes || capacity > list_limits.block_bytes
                       ? doubled
                       : list_limits.block_bytes;
    capacity = alloc_class(capacity);
    block_move(b, capacity, start_for(end, capacity - b->len, needed));
}

/* Inserts a value before position at of the block's run. Numbers are the caller's to correct. */
static void block_insert(struct block *b, size_t at, const struct packed_value *v) {
    block_make_room(b, LIST_TAIL, packed_encoded_len(v));
    b->len = packed_insert_at(b->data + b->start, b->len, at, v);
    b->weight += weight_of(v);
}

/* Removes the run's elements in [from, to), which are count but not all. The rest is moved over at most. */
static void block_remove(struct block *b, size_t from, size_t to, size_t count) {
    b->weight -= weight_between(run_of(b), from, to);
    char *bytes = b->data + b->start;
    if (from == PACKED_HEADER_BYTES) {
        b->start += (size_t)(packed_drop_front(bytes, b->len, to, count) - bytes);
        b->len -= to - from;
    } else {
        b->len = packed_remove_range(bytes, b->len, from, to, count);
    }
}

/* Whether the block takes one element more, of a text that long and needed bytes. */
static bool block_takes(const struct list *l, const struct block *b, size_t text_len, size_t needed) {
    size_t count = elements_in(b);
    if (!l->is_quicklist || count == 0) return true;
    size_t weight = LISTPACK_OVERHEAD_BYTES + b->weight + text_len + ELEMENT_ALLOWANCE_BYTES;
    return !exceeds(weight, count + 1) && b->len + needed <= list_limits.block_bytes;
}

/* --- The ring --- */

/* Moves the blocks to a ring of that capacity. The old one is left as it is. */
static void ring_copy(struct list *l, size_t capacity) {
    struct block *ring = alloc(capacity * sizeof(*ring));
    for (size_t i = 0; i < l->blocks; i++) ring[i] = *block_at(l, i);
    l->ring = ring;
    l->capacity = capacity;
    l->head = 0;
}

static void ring_resize(struct list *l, size_t capacity) {
    struct list before = *l;
    ring_copy(l, capacity);
    alloc_free(before.ring, before.capacity * sizeof(*before.ring));
}

/* Puts a block in as number i, moving those behind it, or at the head those before it, of which there are
 * none. */
static struct block *ring_insert(struct list *l, size_t i, struct block b) {
    if (l->blocks == l->capacity) ring_resize(l, 2 * l->capacity);
    l->blocks++;
    if (i == 0) {
        l->head = (l->head - 1) & (l->capacity - 1);
    } else {
        for (size_t j = l->blocks - 1; j > i; j--) *block_at(l, j) = *block_at(l, j - 1);
    }
    *block_at(l, i) = b;
    return block_at(l, i);
}

static void ring_fit(struct list *l) {
    if (l->blocks > 0 && l->blocks < l->capacity / 4) ring_resize(l, l->capacity / 2);
}

/* Takes block i out and frees it. */
static void ring_remove(struct list *l, size_t i) {
    block_free(block_at(l, i));
    if (i == 0) {
        l->head = (l->head + 1) & (l->capacity - 1);
    } else {
        for (size_t j = i; j + 1 < l->blocks; j++) *block_at(l, j) = *block_at(l, j + 1);
    }
    l->blocks--;
    ring_fit(l);
}

/* Numbers the blocks anew, the first element of the list being 0. */
static void renumber(struct list *l) {
    int64_t number = 0;
    for (size_t i = 0; i < l->blocks; i++) {
        block_at(l, i)->first = number;
        number += (int64_t)elements_in(block_at(l, i));
    }
    l->end = number;
}

/* Adds the difference to the numbers of blocks from up to, not including, end. */
static void shift_numbers(struct list *l, size_t from, size_t end, int64_t difference) {
    for (size_t i = from; i < end; i++) block_at(l, i)->first += difference;
}

/* Blocks that inserting an element at block i may change or make: those from two before it on. */
#define TOUCHED_BLOCKS 7

/* The first block that changes if an element is inserted at block i, and its number, from which those of the
 * others follow: to be called before, and renumber_near after. */
struct touched {
    size_t from;
    int64_t number;
};
static struct touched touch_near(const struct list *l, size_t i) {
    size_t from = i > 2 ? i - 2 : 0;
    return (struct touched){from, block_at(l, from)->first};
}

static void renumber_near(struct list *l, struct touched t) {
    size_t end = t.from + TOUCHED_BLOCKS < l->blocks ? t.from + TOUCHED_BLOCKS : l->blocks;
    int64_t number = t.number;
    for (size_t i = t.from; i < end; i++) {
        block_at(l, i)->first = number;
        number += (int64_t)elements_in(block_at(l, i));
    }
    int64_t difference = number - (end < l->blocks ? block_at(l, end)->first : l->end);
    if (difference == 0) return;
    if (end <= l->blocks / 2) {
        shift_numbers(l, 0, end, -difference);
    } else {
        shift_numbers(l, end, l->blocks, difference);
        l->end += difference;
    }
}

/* The block that has the element at that index, and how many elements of it come before. */
static size_t locate(const struct list *l, size_t index, size_t *within) {
    int64_t number = block_at(l, 0)->first + (int64_t)index;
    size_t low = 0, high = l->blocks; /* the block is in [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (block_at(l, middle)->first <= number)
            low = middle;
        else
            high = middle;
    }
    *within = (size_t)(number - block_at(l, low)->first);
    return low;
}

/* --- The structure, as the keyspace sees it --- */

static struct list *list_new(struct block first, size_t count) {
    struct list *l = alloc(sizeof(*l));
    *l = (struct list){.ring = alloc(sizeof(*l->ring)), .capacity = 1, .blocks = 1, .end = (int64_t)count};
    first.first = 0;
    l->ring[0] = first;
    return l;
}

static void free_structure(void *structure) {
    struct list *l = structure;
    for (size_t i = 0; i < l->blocks; i++) block_free(block_at(l, i));
    alloc_free(l->ring, l->capacity * sizeof(*l->ring));
    alloc_free(l, sizeof(*l));
}

static void *copy_structure(const void *structure) {
    const struct list *l = structure;
    struct list *copy = alloc(sizeof(*copy));
    *copy = *l;
    copy->head = 0;
    copy->ring = alloc(copy->capacity * sizeof(*copy->ring));
    for (size_t i = 0; i < l->blocks; i++) {
        struct block *b = &copy->ring[i];
        slice run = run_of(block_at(l, i));
        *b = *block_at(l, i);
        b->capacity = alloc_class(run.len);
        b->start = 0;
        b->data = alloc(b->capacity);
        memcpy(b->data, run.data, run.len);
    }
    return copy;
}

static size_t count_structure(const void *structure) { return (size_t)count_of(structure); }

static size_t memory_of_structure(const void *structure, size_t samples) {
    const struct list *l = structure;
    assert(l->blocks > 0);
    size_t blocks = samples > 0 && samples < l->blocks ? samples : l->blocks, bytes = 0;
    for (size_t i = 0; i < blocks; i++) bytes += block_at(l, i)->capacity;
    return sizeof(*l) + alloc_class(l->capacity * sizeof(*l->ring)) + bytes * l->blocks / blocks;
}

/* Whichever end it is that will be looked at. */
static const table *approach_ends(const void *structure) {
    const struct list *l = structure;
    const struct block *head = end_block(l, LIST_HEAD), *tail = end_block(l, LIST_TAIL);
    prefetch(head->data + head->start);
    prefetch(tail->data + tail->start + tail->len);
    return NULL;
}

const struct value_kind list_kind = {.free = free_structure,
                                     .copy = copy_structure,
                                     .count = count_structure,
                                     .memory_bytes = memory_of_structure,
                                     .approach = approach_ends};

/* --- Reading --- */

static inline struct list *list_of(const entry *e) {
    return e->encoding == ENCODING_STRUCTURE ? entry_pointer(e) : NULL;
}

const char *list_encoding_name(const entry *e) {
    const struct list *l = list_of(e);
    return l && l->is_quicklist ? "quicklist" : "listpack";
}

size_t list_count(const entry *e) {
    const struct list *l = list_of(e);
    return l ? (size_t)count_of(l) : packed_count(bytes_view(e));
}

void list_seek(const entry *e, size_t index, struct list_cursor *place) {
    place->list = list_of(e);
    place->block = 0;
    if (!place->list) {
        place->run = bytes_view(e);
    } else if (index == (size_t)count_of(place->list)) {
        place->block = place->list->blocks - 1;
        place->run = run_of(end_block(place->list, LIST_TAIL));
        place->at = place->run.len;
        return;
    } else {
        place->block = locate(place->list, index, &index);
        place->run = run_of(block_at(place->list, place->block));
    }
    place->at = packed_at(place->run, index);
}

bool list_next(struct list_cursor *place, struct packed_value *v) {
    if (unlikely(place->at == place->run.len)) {
        if (!place->list || place->block + 1 == place->list->blocks) return false;
        place->run = run_of(block_at(place->list, ++place->block));
        place->at = packed_first(place->run);
    }
    place->at = packed_read(place->run, place->at, v);
    return true;
}

bool list_previous(struct list_cursor *place, struct packed_value *v) {
    if (unlikely(place->at == packed_first(place->run))) {
        if (!place->list || place->block == 0) return false;
        place->run = run_of(block_at(place->list, --place->block));
        place->at = place->run.len;
    }
    place->at = packed_previous(place->run, place->at);
    packed_get(place->run, place->at, v);
    return true;
}

/* --- From one form to the other --- */

static entry *become_structure(database *db, const key *k, entry *e) {
    slice run = bytes_view(e);
    size_t count = packed_count(run);
    return keyspace_become_structure(db, k, e,
                                     list_new(block_of(run, packed_first(run), run.len, count), count));
}

/* Whether a packed list would be too large with those texts. An element weighs at most twice what it takes
 * here, which spares most lists the sum. */
static bool packed_exceeds(slice run, size_t text_bytes, size_t count) {
    size_t bytes = LISTPACK_OVERHEAD_BYTES + text_bytes;
    if (!exceeds(bytes + 2 * run.len, packed_count(run) + count)) return false;
    return exceeds(bytes + weight_between(run, packed_first(run), run.len), packed_count(run) + count);
}

/* Makes the list ready for count texts of that many bytes, which take needed bytes packed: a structure if it
 * would be too long otherwise, and a quicklist if those rules ask for it. */
static entry *prepare_growth(database *db, const key *k, entry *e, size_t text_bytes, size_t count,
                             size_t needed) {
    struct list *l = list_of(e);
    if (l) {
        if (!l->is_quicklist)
            l->is_quicklist = exceeds(LISTPACK_OVERHEAD_BYTES + end_block(l, LIST_HEAD)->weight + text_bytes,
                                      (size_t)count_of(l) + count);
        return e;
    }
    slice run = bytes_view(e);
    bool too_large = packed_exceeds(run, text_bytes, count);
    if (!too_large && run.len + needed <= PACKED_MAX_BYTES) return e;
    e = become_structure(db, k, e);
    list_of(e)->is_quicklist = too_large;
    return e;
}

/* After the list became smaller: a listpack again if those rules allow it, and packed if it is short. */
static entry *settle(database *db, const key *k, entry *e) {
    struct list *l = list_of(e);
    if (!l || l->blocks != 1) return e;
    const struct block *b = end_block(l, LIST_HEAD);
    if (l->is_quicklist)
        l->is_quicklist = exceeds(2 * (LISTPACK_OVERHEAD_BYTES + b->weight), 2 * (size_t)count_of(l));
    if (l->is_quicklist || b->len > PACKED_MAX_BYTES / 2) return e;
    return keyspace_become_bytes(db, k, e, run_of(b));
}

/* --- Pushing and dropping --- */

/* Pushes a value, whose text is so long. */
static void push_value(struct list *l, enum list_end end, const struct packed_value *v, size_t text_len) {
    struct block *b = end_block(l, end);
    size_t needed = packed_encoded_len(v);
    if (unlikely(!block_takes(l, b, text_len, needed))) {
        int64_t number = end == LIST_HEAD ? b->first : l->end;
        block_fit(b);
        /* With many blocks there will be a full one; with few, the memory counts. */
        size_t room = l->blocks >= 4 ? list_limits.block_bytes - PACKED_HEADER_BYTES : needed;
        b = ring_insert(l, end == LIST_HEAD ? 0 : l->blocks, block_new(room > needed ? room : needed));
        b->first = number;
    }
    block_make_room(b, end, needed);
    char *bytes = b->data + b->start;
    if (end == LIST_HEAD) {
        b->start -= (size_t)(bytes - packed_prepend(bytes, v));
        b->len += needed;
        b->first--;
    } else {
        b->len = packed_append(bytes, b->len, v);
        l->end++;
    }
    b->weight += weight_of(v);
}

static void push_text(struct list *l, enum list_end end, slice text) {
    struct packed_value v = packed_value_of(text);
    push_value(l, end, &v, text.len);
}

/* Inserts the texts into the packed run, each before or behind those already there. needed is what they take.
 */
static entry *push_packed(database *db, const key *k, entry *e, enum list_end end, const slice *texts,
                          size_t count, size_t needed) {
    size_t len = bytes_view(e).len;
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, len + needed, &bytes);
    for (size_t i = 0; i < count; i++) {
        struct packed_value v = packed_value_of(texts[i]);
        len = packed_insert_at(bytes, len, end == LIST_HEAD ? PACKED_HEADER_BYTES : len, &v);
    }
    return e;
}

static entry *add_packed(database *db, const key *k, enum list_end end, const slice *texts, size_t count) {
    struct packed_builder b;
    packed_builder_open(&b);
    for (size_t i = 0; i < count; i++)
        packed_builder_add_text(&b, texts[end == LIST_HEAD ? count - 1 - i : i]);
    entry *e = keyspace_add_bytes(db, k, TYPE_LIST, packed_builder_run(&b));
    packed_builder_release(&b);
    return e;
}

entry *list_push(database *db, const key *k, entry *e, enum list_end end, const slice *texts, size_t count) {
    size_t text_bytes = 0, needed = 0;
    for (size_t i = 0; i < count; i++) text_bytes += texts[i].len;
    if (!e || e->encoding != ENCODING_STRUCTURE) {
        for (size_t i = 0; i < count; i++) {
            struct packed_value v = packed_value_of(texts[i]);
            needed += packed_encoded_len(&v);
        }
        if (!e) {
            bool is_short = PACKED_HEADER_BYTES + needed <= PACKED_MAX_BYTES;
            if (is_short && !exceeds(LISTPACK_OVERHEAD_BYTES + text_bytes, count))
                return add_packed(db, k, end, texts, count);
            e = keyspace_add_structure(db, k, TYPE_LIST, list_new(block_new(BLOCK_BYTES_MIN), 0));
        }
    }
    e = prepare_growth(db, k, e, text_bytes, count, needed);
    struct list *l = list_of(e);
    if (!l) return push_packed(db, k, e, end, texts, count, needed);
    for (size_t i = 0; i < count; i++) push_text(l, end, texts[i]);
    return e;
}

/* The position in the run up to which, or from which, count elements at that end are. */
static size_t bound_of(slice run, enum list_end end, size_t count) {
    if (count == 1) return end == LIST_HEAD ? packed_next(run, packed_first(run)) : packed_last(run);
    return packed_at(run, end == LIST_HEAD ? count : packed_count(run) - count);
}

static void drop_from_block(struct block *b, enum list_end end, size_t count) {
    size_t bound = bound_of(run_of(b), end, count);
    if (end == LIST_HEAD) {
        block_remove(b, PACKED_HEADER_BYTES, bound, count);
        b->first += (int64_t)count;
    } else {
        block_remove(b, bound, b->len, count);
    }
    block_shrink(b);
}

/* Drops count blocks, not all, at that end. Many are freed in the background: they become a list of their
 * own, and the smaller of the two lists copies its part of the ring. */
static void drop_blocks(struct list *l, enum list_end end, size_t count) {
    if (count <= FREED_AT_ONCE) {
        while (count-- > 0) ring_remove(l, end == LIST_HEAD ? 0 : l->blocks - 1);
        return;
    }
    struct list *dropped = alloc(sizeof(*dropped));
    *dropped = *l;
    dropped->blocks = count;
    l->blocks -= count;
    if (end == LIST_HEAD)
        l->head = (l->head + count) & (l->capacity - 1);
    else
        dropped->head = (l->head + l->blocks) & (l->capacity - 1);
    struct list *smaller = count < l->blocks ? dropped : l;
    size_t capacity = 1;
    while (capacity < smaller->blocks) capacity *= 2;
    ring_copy(smaller, capacity);
    background_run(free_structure, dropped, 0);
}

/* Drops the blocks that hold nothing but some of the count elements at that end; returns how many of those
 * are left, in the block that is at the end now. */
static size_t drop_whole_blocks(struct list *l, enum list_end end, size_t count) {
    size_t within, total = (size_t)count_of(l);
    if (end == LIST_HEAD) {
        drop_blocks(l, end, locate(l, count, &within));
        return within;
    }
    size_t last = locate(l, total - count - 1, &within);
    drop_blocks(l, end, l->blocks - 1 - last);
    return elements_in(end_block(l, end)) - 1 - within;
}

static void drop_from_structure(struct list *l, enum list_end end, size_t count) {
    size_t left = count;
    if (count >= elements_in(end_block(l, end))) left = drop_whole_blocks(l, end, count);
    if (end == LIST_TAIL) l->end -= (int64_t)count;
    if (left > 0) drop_from_block(end_block(l, end), end, left);
}

static entry *drop_packed(database *db, const key *k, entry *e, enum list_end end, size_t count) {
    char *bytes;
    size_t len = bytes_view(e).len;
    e = keyspace_resize_bytes(db, k, e, len, &bytes);
    size_t bound = bound_of((slice){bytes, len}, end, count);
    if (end == LIST_HEAD)
        len = packed_remove_range(bytes, len, PACKED_HEADER_BYTES, bound, count);
    else
        len = packed_remove_range(bytes, len, bound, len, count);
    return keyspace_resize_bytes(db, k, e, len, &bytes);
}

entry *list_drop(database *db, const key *k, entry *e, enum list_end end, size_t count) {
    assert(count < list_count(e));
    if (count == 0) return e;
    struct list *l = list_of(e);
    if (!l) return drop_packed(db, k, e, end, count);
    drop_from_structure(l, end, count);
    return settle(db, k, e);
}

/* Looked at as a whole: a list is as large as before, so that losing an element does not make it a listpack.
 */
entry *list_rotate(database *db, const key *k, entry *e, enum list_end from, enum list_end to, slice text) {
    assert(list_count(e) > 1);
    struct list *l = list_of(e);
    if (!l) {
        e = drop_packed(db, k, e, from, 1);
        return list_push(db, k, e, to, &text, 1);
    }
    drop_from_structure(l, from, 1);
    e = prepare_growth(db, k, e, text.len, 1, 0);
    push_text(l, to, text);
    return settle(db, k, e);
}

/* --- In the middle --- */

entry *list_expect(database *db, const key *k, entry *e, slice text) {
    struct packed_value v = packed_value_of(text);
    return prepare_growth(db, k, e, text.len, 1, packed_encoded_len(&v));
}

/* Cuts block i in two before position at, where count elements are behind. */
static void split(struct list *l, size_t i, size_t at, size_t count) {
    struct block *b = block_at(l, i);
    struct block rest = block_of(run_of(b), at, b->len, count);
    block_remove(b, at, b->len, count);
    block_fit(b);
    ring_insert(l, i + 1, rest);
}

/* Joins block i with the next one, if there is one and both fit into one; tells whether it did. */
static bool join(struct list *l, size_t i) {
    if (i + 1 >= l->blocks) return false;
    struct block *b = block_at(l, i);
    slice next = run_of(block_at(l, i + 1));
    size_t weight = b->weight + block_at(l, i + 1)->weight, count = packed_count(next);
    if (exceeds(LISTPACK_OVERHEAD_BYTES + weight, elements_in(b) + count)) return false;
    block_make_room(b, LIST_TAIL, next.len);
    b->len = packed_append_range(b->data + b->start, b->len, next, packed_first(next), next.len, count);
    b->weight = weight;
    ring_remove(l, i + 1);
    return true;
}

/* After a split at block i: joins the two blocks before it and the two behind it, and then it with those. */
static void join_around(struct list *l, size_t i) {
    if (i > 1 && join(l, i - 2)) i--;
    join(l, i + 1);
    if (i > 0 && join(l, i - 1)) i--;
    join(l, i);
}

/* An element that is larger than a block may be has a block of its own. */
static inline bool is_large(slice text) { return text.len > list_limits.block_bytes; }

/* Makes a block of its own for the value, as block i. */
static void insert_block(struct list *l, size_t i, const struct packed_value *v) {
    struct block *b = ring_insert(l, i, block_new(packed_encoded_len(v)));
    block_insert(b, b->len, v);
}

/* Inserts a value before the element that is number `within` in block i, or behind the last one, where the
 * block does not take it and need not be cut: into the neighbour or between both. */
static void insert_at_end(struct list *l, size_t i, size_t within, const struct packed_value *v,
                          size_t text_len) {
    size_t neighbour = within == 0 ? i - 1 : i + 1; /* SIZE_MAX before the first */
    struct block *b = neighbour < l->blocks ? block_at(l, neighbour) : NULL;
    if (b && block_takes(l, b, text_len, packed_encoded_len(v)))
        block_insert(b, within == 0 ? b->len : PACKED_HEADER_BYTES, v);
    else
        insert_block(l, within == 0 ? i : i + 1, v);
}

/* Inserts a text beside the element that is number `pivot` in block i. Numbers are the caller's to correct.
 *
 * A block that does not take it is cut in two, and the half without the pivot has to take it, even if it
 * becomes too large. Which blocks are cut and joined is what Redis does, or OBJECT ENCODING could tell. */
static void insert_beside(struct list *l, size_t i, size_t pivot, bool after, slice text) {
    struct packed_value v = packed_value_of(text);
    struct block *b = block_at(l, i);
    size_t within = pivot + after, count = elements_in(b), at = packed_at(run_of(b), within);
    if (block_takes(l, b, text.len, packed_encoded_len(&v))) {
        block_insert(b, at, &v);
    } else if (within == 0 || within == count) {
        insert_at_end(l, i, within, &v, text.len);
    } else {
        split(l, i, at, count - within);
        if (is_large(text)) {
            insert_block(l, i + 1, &v);
            return;
        }
        b = block_at(l, after ? i + 1 : i);
        block_insert(b, after ? PACKED_HEADER_BYTES : b->len, &v);
        join_around(l, after ? i : i + 1);
    }
}

entry *list_insert(database *db, const key *k, entry *e, size_t pivot, bool after, slice text) {
    struct list *l = list_of(e);
    if (l) {
        size_t within, i = locate(l, pivot, &within);
        struct touched touched = touch_near(l, i);
        insert_beside(l, i, within, after, text);
        renumber_near(l, touched);
        return e;
    }
    struct packed_value v = packed_value_of(text);
    size_t len = bytes_view(e).len, at = packed_at(bytes_view(e), pivot + after);
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, len + packed_encoded_len(&v), &bytes);
    packed_insert_at(bytes, len, at, &v);
    return e;
}

/* Puts a value in the place of the element that is number `within` in block i, which has others, and gives it
 * a block of its own. */
static void set_apart(struct list *l, size_t i, size_t within, const struct packed_value *v) {
    struct block *b = block_at(l, i);
    size_t at = packed_at(run_of(b), within), left = elements_in(b) - 1 - within;
    block_remove(b, at, packed_next(run_of(b), at), 1);
    if (within > 0 && left > 0) split(l, i, at, left);
    insert_block(l, within > 0 ? i + 1 : i, v);
    if (within > 0) join_around(l, i + 1);
}

static void set_in_structure(struct list *l, size_t index, slice text) {
    struct packed_value v = packed_value_of(text), before;
    size_t within, i = locate(l, index, &within);
    struct block *b = block_at(l, i);
    size_t at = packed_at(run_of(b), within);
    packed_get(run_of(b), at, &before);
    size_t before_weight = weight_of(&before), weight = b->weight - before_weight + weight_of(&v);
    bool is_apart = is_large(text) || weight > OVERFULL_BLOCKS * list_limits.block_bytes;
    if (l->is_quicklist && is_apart && elements_in(b) > 1) {
        struct touched touched = touch_near(l, i);
        set_apart(l, i, within, &v);
        renumber_near(l, touched);
        return;
    }
    size_t len = b->len - packed_size(run_of(b), at) + packed_encoded_len(&v);
    if (len > b->len) block_make_room(b, LIST_TAIL, len - b->len);
    b->len = packed_replace_at(b->data + b->start, b->len, at, &v);
    b->weight = weight;
    block_shrink(b);
    /* An element as large as a block was alone in it, which a small one in its place need not be. */
    if (before_weight > list_limits.block_bytes) join(l, i);
}

entry *list_set(database *db, const key *k, entry *e, size_t index, slice text) {
    struct list *l = list_of(e);
    if (l) {
        set_in_structure(l, index, text);
        return settle(db, k, e);
    }
    struct packed_value v = packed_value_of(text);
    slice run = bytes_view(e);
    size_t at = packed_at(run, index), before = run.len,
           after = before - packed_size(run, at) + packed_encoded_len(&v);
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, after > before ? after : before, &bytes);
    packed_replace_at(bytes, before, at, &v);
    return after < before ? keyspace_resize_bytes(db, k, e, after, &bytes) : e;
}

/* The last position of an element before `at` that has the value; 0 if there is none. */
static size_t find_backwards(slice run, size_t at, const struct packed_value *v) {
    while (at > packed_first(run)) {
        struct packed_value found;
        at = packed_previous(run, at);
        packed_get(run, at, &found);
        if (packed_value_equal(&found, v)) return at;
    }
    return 0;
}

/* Removes up to limit elements of the value from a run, in place. *len is its length. Returns how many. */
static size_t remove_from_run(char *bytes, size_t *len, enum list_end end, const struct packed_value *v,
                              size_t limit) {
    size_t removed = 0, at = end == LIST_HEAD ? PACKED_HEADER_BYTES : *len;
    for (; removed < limit; removed++) {
        slice run = {bytes, *len};
        at = end == LIST_HEAD ? packed_find(run, at, v, 0) : find_backwards(run, at, v);
        if (at == 0 || at == run.len) break;
        *len = packed_remove_at(bytes, *len, at, 1);
    }
    return removed;
}

static size_t remove_from_structure(struct list *l, enum list_end end, const struct packed_value *v,
                                    size_t limit) {
    size_t removed = 0, kept = 0;
    for (size_t n = 0; n < l->blocks && removed < limit; n++) {
        struct block *b = block_at(l, end == LIST_HEAD ? n : l->blocks - 1 - n);
        size_t here = remove_from_run(b->data + b->start, &b->len, end, v, limit - removed);
        if (here == 0) continue;
        b->weight -= here * weight_of(v);
        block_shrink(b);
        removed += here;
    }
    if (removed == 0) return 0;
    for (size_t i = 0; i < l->blocks; i++) {
        struct block b = *block_at(l, i);
        if (b.len == PACKED_HEADER_BYTES)
            block_free(&b);
        else
            *block_at(l, kept++) = b;
    }
    l->blocks = kept;
    ring_fit(l);
    renumber(l);
    return removed;
}

entry *list_remove(database *db, const key *k, entry *e, enum list_end end, slice text, size_t limit,
                   size_t *removed) {
    struct packed_value v = packed_value_of(text);
    struct list *l = list_of(e);
    if (l) {
        *removed = remove_from_structure(l, end, &v, limit);
        return *removed > 0 ? settle(db, k, e) : e;
    }
    char *bytes;
    size_t len = bytes_view(e).len;
    e = keyspace_resize_bytes(db, k, e, len, &bytes);
    *removed = remove_from_run(bytes, &len, end, &v, limit);
    return keyspace_resize_bytes(db, k, e, len, &bytes);
}

/* --- Building --- */

struct list *list_draft_new(void) {
    struct list *l = list_new(block_new(BLOCK_BYTES_MIN), 0);
    l->is_quicklist = true; /* until all of it is there */
    return l;
}

void list_draft_add(struct list *draft, const struct packed_value *v) {
    char scratch[NUMBER_I64_TEXT_MAX];
    if (packed_is_integer(v))
        push_value(draft, LIST_TAIL, v, packed_text(v, scratch).len);
    else
        push_text(draft, LIST_TAIL, v->text);
}

entry *list_draft_finish(struct list *draft, slice name) {
    const struct block *b = end_block(draft, LIST_TAIL);
    size_t count = (size_t)count_of(draft);
    assert(count > 0);
    draft->is_quicklist = draft->blocks > 1 || exceeds(LISTPACK_OVERHEAD_BYTES + b->weight, count);
    if (draft->is_quicklist || b->len > PACKED_MAX_BYTES)
        return entry_new_structure(name, TYPE_LIST, draft, NO_EXPIRY);
    entry *e = bytes_new(name, TYPE_LIST, run_of(b), NO_EXPIRY);
    list_draft_discard(draft);
    return e;
}

void list_draft_discard(struct list *draft) { free_structure(draft); }
