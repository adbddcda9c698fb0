/* Table: the hash table behind databases, sets and the fields of hashes.
 *
 * It holds pointers to elements, which it does not own, and finds them by the key in them. It never stalls:
 * the longest step moves one segment of about a thousand pointers.
 *
 * An element that has a time at which it is due (an expiry) is found again by that time without sampling:
 * each bucket keeps the earliest due time of what is in it, and a heap orders the segments by theirs. */
#ifndef STINT_STORE_TABLE_H
#define STINT_STORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

typedef struct table table;

/* What the table must know of its elements. Elements are aligned to 8 bytes at least. */
struct table_kind {
    slice (*key)(const void *element);
    /* When the element is due, Unix time in ms; INT64_MAX: never. NULL if no element of the kind ever is. */
    int64_t (*due_ms)(const void *element);
};

/* The kind of a database: elements are entries. */
extern const struct table_kind table_of_entries;

/* A new empty table. Free with table_free. */
table *table_new(const struct table_kind *kind);
/* Frees the table and calls release with each element first (unless it is NULL). Takes long for a large
 * table: give those to the background thread. */
void table_free(table *t, void (*release)(void *element));

/* Number of elements. */
size_t table_count(const table *t);
/* Bytes of the table itself. */
size_t table_memory_bytes(const table *t);
/* Bytes of all its elements, each of which takes what bytes says, estimated from samples of them (0: from
 * all). */
size_t table_elements_bytes(const table *t, size_t samples, size_t (*bytes)(const void *element));

/* The element with that key, or NULL. hash is hash_bytes(key) here and below. */
void *table_find(const table *t, slice key, uint64_t hash);
/* Adds an element, whose key must not be in the table. */
void table_insert(table *t, void *element, uint64_t hash);
/* Takes the element with that key out and returns it; NULL if there is none. */
void *table_remove(table *t, slice key, uint64_t hash);
/* Puts an element with the same key in the place of another, by address: before may be freed memory already.
 */
void table_replace(table *t, uint64_t hash, const void *before, void *after);

/* Hints for the keys of requests that wait: first the bucket; when that has come, the element. Returns what
 * is probably the element, for more hints: its key was not looked at. NULL if it seems that there is none. */
void table_prefetch_bucket(const table *t, uint64_t hash);
const void *table_prefetch_element(const table *t, uint64_t hash);

/* Scans from a cursor (0: the beginning) until at least count elements were visited, and returns the cursor
 * to go on from, 0 at the end. Cursors are below 2^53. Elements that are in the table from the first call to
 * the last are visited at least once, however the table grows or shrinks between the calls. visit must not
 * change it. */
uint64_t table_scan(const table *t, uint64_t cursor, size_t count,
                    void (*visit)(void *context, void *element), void *context);

/* A random element, each (very nearly) as likely; NULL if the table is empty. */
void *table_random(const table *t);
/* Visits count different random elements, all if there are no more. visit must not change the table. */
void table_random_distinct(const table *t, size_t count, void (*visit)(void *context, void *element),
                           void *context);

/* Notes that the element with that hash, which is in the table, is due at that time (Unix ms): to be called
 * when it is inserted and when its time changes to an earlier one. A later time needs no call. */
void table_note_due(table *t, uint64_t hash, const void *element, int64_t due_ms);
/* Collects up to max (at least 8) elements that are due now. They must then be removed, or noted again.
 * Returns how many. A call looks at a thousand elements at most, so it may find fewer, even none, while *more
 * tells that there is more to look at. */
size_t table_collect_due(table *t, int64_t now_ms, void **elements, size_t max, bool *more);

/* A time before which no element is due, INT64_MAX if none ever is. */
int64_t table_next_due_ms(const table *t);

/* Figures of the structure, for DEBUG and tests. */
struct table_figures {
    size_t segments, buckets, slots, directory_entries, overflowed_buckets;
    double average_probes; /* buckets read to find an element that is there */
};
void table_figures(const table *t, struct table_figures *f);

#endif
