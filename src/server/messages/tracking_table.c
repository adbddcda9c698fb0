/* Tracking table: pairs of a key and a reader, found from either side in constant time.
 *
 *     tracked_key "a"   { reader 0 at 1, reader 7 at 0 }     a set, by the reader's number
 *     tracked_key "b"   { reader 0 at 0 }
 *
 *     reader 0          [ "b", "a" ]                         an array, in no order
 *     reader 7          [ "a" ]
 *
 * The key's side says where in the reader's array the key is. So a pair is taken out by moving the array's
 * last key to its place, and by noting that with that key. A pair takes 8 bytes in the array and 8 in the
 * set, which is small enough for a thousand readers of the same ten thousand keys.
 *
 * A key that few have read keeps its pairs within itself; a set of more is an open-addressed hash table. */
#include "server/messages/tracking_table.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/compiler.h"
#include "store/table.h"

/* Pairs that a key holds within itself. */
#define FEW 2
/* The smallest set outside. */
#define SET_MIN 8

struct pair {
    uint32_t reader; /* NOBODY: a free place of a set */
    uint32_t place;  /* of the key in the reader's array */
};

#define NOBODY UINT32_MAX

typedef struct tracked_key {
    union {
        struct pair few[FEW]; /* the first count are used */
        struct pair *set;
    };
    uint64_t hash;
    uint32_t count;
    uint32_t capacity; /* of the set, a power of two; 0: there is none */
    size_t len;
    char name[];
} tracked_key;

static table *keys; /* made by the first reader of all; it stays */
static size_t pairs;

/* All readers by number; free numbers are a list. */
static key_reader **readers;
static uint32_t reader_capacity, free_number = NOBODY;
static uint32_t *next_free;

static slice name_of(const void *element) {
    const tracked_key *t = element;
    return (slice){t->name, t->len};
}

static const struct table_kind table_of_tracked_keys = {name_of, NULL};

/* --- Readers --- */

static void grow_readers(void) {
    uint32_t capacity = reader_capacity ? 2 * reader_capacity : 16;
    readers = alloc_resize(readers, capacity * sizeof(*readers));
    next_free = alloc_resize(next_free, capacity * sizeof(*next_free));
    for (uint32_t i = capacity; i-- > reader_capacity;) {
        readers[i] = NULL;
        next_free[i] = free_number;
        free_number = i;
    }
    reader_capacity = capacity;
}

void tracking_table_join(key_reader *r) {
    if (!keys) keys = table_new(&table_of_tracked_keys);
    if (free_number == NOBODY) grow_readers();
    *r = (key_reader){.number = free_number};
    free_number = next_free[r->number];
    readers[r->number] = r;
}

static void free_array(key_reader *r) {
    alloc_free(r->keys, r->capacity * sizeof(*r->keys));
    r->keys = NULL;
    r->count = r->capacity = 0;
}

void tracking_table_leave(key_reader *r) {
    assert(r->count == 0);
    free_array(r);
    readers[r->number] = NULL;
    next_free[r->number] = free_number;
    free_number = r->number;
}

/* --- The set of a key --- */

/* Where a reader's pair is, or would be put, in a set. */
static uint32_t home_of(uint32_t reader, uint32_t capacity) {
    return (uint32_t)(reader * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (capacity - 1);
}

static uint32_t find_place(const struct pair *set, uint32_t capacity, uint32_t reader) {
    uint32_t i = home_of(reader, capacity);
    while (set[i].reader != reader && set[i].reader != NOBODY) i = (i + 1) & (capacity - 1);
    return i;
}

/* The reader's pair, NULL if there is none. */
static struct pair *find_pair(tracked_key *t, uint32_t reader) {
    if (t->capacity) {
        struct pair *p = &t->set[find_place(t->set, t->capacity, reader)];
        return p->reader == reader ? p : NULL;
    }
    for (uint32_t i = 0; i < t->count; i++)
        if (t->few[i].reader == reader) return &t->few[i];
    return NULL;
}

static struct pair *new_set(uint32_t capacity) {
    struct pair *set = alloc(capacity * sizeof(*set));
    for (uint32_t i = 0; i < capacity; i++) set[i].reader = NOBODY;
    return set;
}

static void free_set(tracked_key *t) {
    if (t->capacity) alloc_free(t->set, t->capacity * sizeof(*t->set));
}

/* Moves the pairs to a set of that size. */
static void resize_set(tracked_key *t, uint32_t capacity) {
    struct pair *set = new_set(capacity);
    const struct pair *from = t->capacity ? t->set : t->few;
    for (uint32_t i = 0, end = t->capacity ? t->capacity : t->count; i < end; i++)
        if (from[i].reader != NOBODY) set[find_place(set, capacity, from[i].reader)] = from[i];
    free_set(t);
    t->set = set;
    t->capacity = capacity;
}

static void add_pair(tracked_key *t, struct pair p) {
    if (t->capacity == 0 && t->count < FEW) {
        t->few[t->count++] = p;
        return;
    }
    if (t->capacity == 0)
        resize_set(t, SET_MIN);
    else if (t->count >= t->capacity / 4 * 3)
        resize_set(t, 2 * t->capacity);
    t->set[find_place(t->set, t->capacity, p.reader)] = p;
    t->count++;
}

/* Empties a place of a set, and moves up what would not be found behind it any more. */
static void empty_place(struct pair *set, uint32_t capacity, uint32_t hole) {
    uint32_t mask = capacity - 1;
    for (uint32_t i = (hole + 1) & mask; set[i].reader != NOBODY; i = (i + 1) & mask) {
        uint32_t home = home_of(set[i].reader, capacity);
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        set[hole] = set[i];
        hole = i;
    }
    set[hole].reader = NOBODY;
}

static void remove_pair(tracked_key *t, struct pair *p) {
    t->count--;
    if (!t->capacity) {
        *p = t->few[t->count];
        return;
    }
    empty_place(t->set, t->capacity, (uint32_t)(p - t->set));
    if (t->capacity > SET_MIN && t->count < t->capacity / 8) resize_set(t, t->capacity / 2);
}

/* --- Pairs --- */

static tracked_key *key_new(const key *k) {
    tracked_key *t = alloc(sizeof(*t) + k->name.len);
    *t = (tracked_key){.hash = k->hash, .len = k->name.len};
    memcpy(t->name, k->name.data, k->name.len);
    table_insert(keys, t, k->hash);
    return t;
}

static void key_free(void *element) {
    tracked_key *t = element;
    free_set(t);
    alloc_free(t, sizeof(*t) + t->len);
}

static void add(key_reader *r, const key *k) {
    tracked_key *t = table_find(keys, k->name, k->hash);
    if (!t)
        t = key_new(k);
    else if (find_pair(t, r->number))
        return;
    alloc_make_room(r->keys, r->count, r->capacity);
    add_pair(t, (struct pair){r->number, r->count});
    r->keys[r->count++] = t;
    pairs++;
}

/* Fetches what add will read: the table's buckets, the keys, and where the reader is or will be in sets. */
static void prefetch_pairs(const key_reader *r, const key *names, size_t count) {
    for (size_t i = 0; i < count; i++) table_prefetch_bucket(keys, names[i].hash);
    for (size_t i = 0; i < count; i++) table_prefetch_element(keys, names[i].hash);
    for (size_t i = 0; i < count; i++) {
        const tracked_key *t = table_find(keys, names[i].name, names[i].hash);
        if (t && t->capacity) prefetch(&t->set[home_of(r->number, t->capacity)]);
    }
}

void tracking_table_add(key_reader *r, const key *names, size_t count) {
    for (size_t done = 0; done < count; done += TRACKING_TABLE_GROUP) {
        size_t group = count - done < TRACKING_TABLE_GROUP ? count - done : TRACKING_TABLE_GROUP;
        if (group > 1) prefetch_pairs(r, names + done, group);
        for (size_t i = 0; i < group; i++) add(r, &names[done + i]);
    }
}

/* Takes the key at that place out of the reader's array. */
static void leave_array(key_reader *r, uint32_t place) {
    pairs--;
    tracked_key *last = r->keys[--r->count];
    if (place != r->count) {
        r->keys[place] = last;
        find_pair(last, r->number)->place = place;
    }
    if (r->count > 0 && r->count < r->capacity / 4) {
        r->capacity /= 2;
        r->keys = alloc_resize(r->keys, r->capacity * sizeof(*r->keys));
    } else if (r->count == 0) {
        free_array(r);
    }
}

/* Calls visit with each reader of a key that is not in the table any more, and frees it. */
static void dissolve(tracked_key *t, void (*visit)(void *context, key_reader *r), void *context) {
    const struct pair *from = t->capacity ? t->set : t->few;
    for (uint32_t i = 0, end = t->capacity ? t->capacity : t->count; i < end; i++) {
        if (from[i].reader == NOBODY) continue;
        key_reader *r = readers[from[i].reader];
        leave_array(r, from[i].place);
        visit(context, r);
    }
    key_free(t);
}

void tracking_table_take(const key *k, void (*visit)(void *context, key_reader *r), void *context) {
    tracked_key *t = keys ? table_remove(keys, k->name, k->hash) : NULL;
    if (t) dissolve(t, visit, context);
}

size_t tracking_table_evict(slice *name, void (*visit)(void *context, key_reader *r), void *context) {
    tracked_key *t = keys ? table_random(keys) : NULL;
    if (!t) return 0;
    size_t count = t->count;
    *name = name_of(t);
    table_remove(keys, *name, t->hash);
    dissolve(t, visit, context);
    return count;
}

uint32_t tracking_table_forget(key_reader *r, uint32_t most) {
    uint32_t forgotten = 0;
    for (; r->count > 0 && forgotten < most; forgotten++) {
        tracked_key *t = r->keys[r->count - 1];
        remove_pair(t, find_pair(t, r->number));
        leave_array(r, r->count - 1);
        if (t->count > 0) continue;
        table_remove(keys, name_of(t), t->hash);
        key_free(t);
    }
    return forgotten;
}

static void free_keys(void *t) { table_free(t, key_free); }

void tracking_table_clear(void) {
    if (tracking_table_keys() == 0) return;
    for (uint32_t i = 0; i < reader_capacity; i++)
        if (readers[i]) free_array(readers[i]);
    background_run(free_keys, keys, table_count(keys));
    keys = table_new(&table_of_tracked_keys);
    pairs = 0;
}

size_t tracking_table_keys(void) { return keys ? table_count(keys) : 0; }
size_t tracking_table_items(void) { return pairs; }
