/* Sorted set: members with scores, in the order of scores and then of members' bytes.
 *
 * A small one is a packed run of member, score, member, score ... in order. A large one is a B+ tree of
 * elements for the order and a table of the same elements for finding members. */
#ifndef STINT_STORE_TYPES_ZSET_H
#define STINT_STORE_TYPES_ZSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "base/slice.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/types/btree.h"
#include "store/value.h"

/* Up to which size a sorted set stays packed: members, and bytes of the longest. */
struct zset_limits {
    size_t packed_members_max, packed_member_bytes_max;
};
extern struct zset_limits zset_limits;

/* Tables of elements, found by member. */
extern const struct table_kind table_of_scored;

/* Where a member is, if it is there. Valid until the sorted set changes. */
struct zset_place {
    bool found;
    double score;
    /* the rest is the module's own */
    uint64_t hash;
    scored *element;
    size_t at;
};

/* A member with its score; the member may lie in scratch. */
struct zset_item {
    slice member;
    double score;
    char scratch[NUMBER_I64_TEXT_MAX];
};

/* The ranks from `from` up to, not including, `end`. */
struct zset_range {
    size_t from, end;
};

/* --- Reading: entries are sorted sets; NULL is an empty one --- */

/* Whether it is a packed one; e is not NULL. */
static inline bool zset_is_packed(const entry *e) { return e->encoding != ENCODING_STRUCTURE; }
size_t zset_count(const entry *e);
void zset_find(const entry *e, slice member, struct zset_place *p);
/* The rank, from 0, of a member that was found. */
size_t zset_rank(const entry *e, const struct zset_place *p);
/* How many members lie before the bound. */
size_t zset_rank_of_bound(const entry *e, const struct btree_bound *bound);

/* A place between two members, to walk from. Valid until the sorted set changes. */
typedef struct zset_cursor {
    btree_cursor place;
    slice run; /* of a packed one: its bytes and the offset in them */
    size_t at;
} zset_cursor;

/* The place that has rank members before it; rank is at most zset_count(). */
zset_cursor zset_at(const entry *e, size_t rank);
/* The member behind, or before, the cursor, which moves past it; false if there is none. */
bool zset_next(zset_cursor *cursor, struct zset_item *item);
bool zset_previous(zset_cursor *cursor, struct zset_item *item);

/* As table_scan, over all members; a packed one is visited at once. */
uint64_t zset_scan(const entry *e, uint64_t cursor, size_t count,
                   void (*visit)(void *context, const struct zset_item *item), void *context);

/* --- Changing: each returns the entry, which may have moved. Announcing the change, and deleting a key that
 * has become empty, is the caller's --- */

/* Makes the key, which must not exist, with an empty sorted set that so many members are about to be added
 * to, the first of that length: one that will not stay packed is a structure from the start. */
entry *zset_create(database *db, const key *k, size_t members, size_t member_bytes);
/* Gives a member its score; p is what zset_find has told of it. e is not NULL. */
entry *zset_put(database *db, const key *k, entry *e, slice member, const struct zset_place *p, double score);
/* Removes a member that was found. */
entry *zset_remove(database *db, const key *k, entry *e, const struct zset_place *p);
/* Removes the members with these ranks. */
entry *zset_remove_range(database *db, const key *k, entry *e, struct zset_range range);

/* Sorts elements as a sorted set orders them. */
void zset_sort(scored **elements, size_t count);
/* Puts count > 0 elements in order, no member twice, under the key as a sorted set; takes them over. What the
 * key held is gone, whatever its type. */
void zset_put_sorted(database *db, const key *k, scored **elements, size_t count);

#endif
