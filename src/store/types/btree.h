/* B+ tree: elements in the order of a sorted set, by score and, where scores are equal, by the bytes of the
 * member.
 *
 * It finds the rank of an element and the element at a rank as fast as it finds a score: inner nodes know how
 * many elements are below each child. The elements belong to the caller. */
#ifndef STINT_STORE_TYPES_BTREE_H
#define STINT_STORE_TYPES_BTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* An element: a member with its score, in one block. */
typedef struct scored {
    double score;
    unsigned char body[]; /* the member's length (a byte, or 255 and four bytes), then its bytes */
} scored;

#define SCORED_SHORT_MAX 254

/* A new element with a copy of the member; free with scored_free. */
scored *scored_new(slice member, double score);
void scored_free(scored *e);
/* Bytes that an element with a member of that length takes from the allocator. */
size_t scored_bytes(size_t member_len);

static inline slice scored_member(const scored *e) {
    if (__builtin_expect(e->body[0] <= SCORED_SHORT_MAX, 1))
        return (slice){(const char *)e->body + 1, e->body[0]};
    uint32_t len;
    memcpy(&len, e->body + 1, sizeof(len));
    return (slice){(const char *)e->body + 1 + sizeof(len), len};
}

typedef struct btree btree;

btree *btree_new(void);
/* Frees the tree, not the elements. */
void btree_free(btree *t);

size_t btree_count(const btree *t);
/* Bytes of the tree itself. */
size_t btree_memory_bytes(const btree *t);

/* Adds an element; none in the tree has its score and member both. */
void btree_insert(btree *t, scored *e);
/* Takes an element out, which is in the tree. */
void btree_remove(btree *t, const scored *e);
/* Gives an element that is in the tree another score and its new place. */
void btree_rescore(btree *t, scored *e, double score);

/* How many elements come before this one, which is in the tree. */
size_t btree_rank(const btree *t, const scored *e);

/* A place between elements: before, or after, all those that have this score, this member or both. A bound by
 * member alone means something only if all scores are equal. */
struct btree_bound {
    bool has_score, has_member, after;
    double score;
    slice member;
};
/* How many elements lie before that place. */
size_t btree_rank_of_bound(const btree *t, const struct btree_bound *bound);

/* A place between two elements, to walk from. Valid until the tree changes. */
typedef struct btree_cursor {
    const struct btree_leaf *leaf;
    uint16_t at;
    uint16_t fetched; /* how far elements ahead have been asked for */
} btree_cursor;

/* The place that has rank elements before it; rank is at most btree_count(). */
btree_cursor btree_at(const btree *t, size_t rank);
/* The element behind, or before, the cursor, which moves past it; NULL if there is none. */
scored *btree_next(btree_cursor *cursor);
scored *btree_previous(btree_cursor *cursor);

/* Whether the tree is as its invariants say: for tests. */
bool btree_valid(const btree *t);

#endif
