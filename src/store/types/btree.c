/* B+ tree: leaves of pointers to elements, chained, under inner nodes that count.
 *
 *     inner   [ order | first | size | child ] x 31        1 KB
 *     leaf    header | word | word | ...                   4 to 124 words, a size class of the allocator
 *
 *      63            48 47                            0
 *     +----------------+-------------------------------+
 *     | fingerprint    | pointer to the element        |   a leaf's word
 *     +----------------+-------------------------------+
 *
 * Scores are compared as integers of the same order (order_of). For each child an inner node keeps its first
 * element with that element's order, so that a descent reads no element unless scores are equal, and how many
 * elements are below it, which gives ranks.
 *
 * A leaf must not hold 16 bytes for an element, and must not make a search read elements all over memory. So
 * the 16 bits that a pointer leaves free hold a fingerprint: where the score lies within the leaf's range,
 * that is (order - base) >> shift, cut off at both ends. It never decreases from word to word whatever base
 * and shift are; they are chosen anew when fingerprints have come to say too little. Only elements whose
 * fingerprints are equal are read.
 *
 * A leaf grows through the allocator's size classes until it splits, so leaves are nine tenths full on
 * average, and wholly where elements come in order: the split then leaves the full leaf alone. Nodes that
 * have become small merge with a neighbour under the same parent if both together leave room; they may stay
 * small otherwise, which costs nothing since their memory shrinks with them.
 *
 * The height is bounded: a node that was just split or merged needs eight more children to split, so a tree
 * of height h has seen 8^h splits of leaves. */
#include "store/types/btree.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

#define HEIGHT_MAX 15

typedef struct btree_leaf leaf;
struct btree_leaf {
    leaf *previous, *next;
    uint64_t base; /* of fingerprints */
    uint16_t count, capacity;
    uint8_t shift;
    uint64_t word[];
};

#define LEAF_MAX       124
#define LEAF_BYTES_MAX 1024
#define LEAF_MIN       4                  /* words that the smallest leaf has room for */
#define LEAF_SMALL     (LEAF_MAX / 4)     /* a leaf with fewer looks for a neighbour to merge with */
#define LEAF_MERGED    (LEAF_MAX * 3 / 4) /* which makes no leaf larger than this */
#define INNER_MAX      31
#define INNER_SMALL    (INNER_MAX / 4)
#define INNER_MERGED   (INNER_MAX * 3 / 4)

typedef struct inner {
    uint16_t count;
    unsigned char unused[30];
    uint64_t order[INNER_MAX]; /* of the first element below each child */
    scored *first[INNER_MAX];  /* that element */
    size_t size[INNER_MAX];    /* elements below */
    void *child[INNER_MAX];
} inner;

_Static_assert(sizeof(leaf) == 32, "the words begin at half a cache line");
_Static_assert(sizeof(leaf) + LEAF_MAX * sizeof(uint64_t) == LEAF_BYTES_MAX,
               "the largest leaf is a size class");
_Static_assert(sizeof(inner) == 1024, "so is an inner node");
_Static_assert(sizeof(double) == sizeof(uint64_t), "scores are compared as integers");

struct btree {
    void *root;
    uint32_t height; /* levels of inner nodes; 0: the root is a leaf */
    size_t count, bytes;
};

/* One inner node on the way from the root to a leaf, and the child taken there. */
struct step {
    inner *node;
    uint32_t index;
};

/* The way from the root to a place in a leaf; step[0] is in the leaf's parent. */
struct path {
    leaf *leaf;
    uint32_t at;
    struct step step[HEIGHT_MAX];
};

/* A bound as searches use it. */
struct target {
    bool has_score, has_member, after;
    uint64_t order;
    slice member;
};

/* --- Elements --- */

static size_t length_bytes(size_t member_len) {
    return member_len <= SCORED_SHORT_MAX ? 1 : 1 + sizeof(uint32_t);
}

static size_t scored_request(size_t member_len) {
    return sizeof(scored) + length_bytes(member_len) + member_len;
}

size_t scored_bytes(size_t member_len) { return alloc_class(scored_request(member_len)); }

scored *scored_new(slice member, double score) {
    assert(member.len <= UINT32_MAX);
    scored *e = alloc(scored_request(member.len));
    e->score = score;
    if (member.len <= SCORED_SHORT_MAX) {
        e->body[0] = (unsigned char)member.len;
    } else {
        uint32_t len = (uint32_t)member.len;
        e->body[0] = SCORED_SHORT_MAX + 1;
        memcpy(e->body + 1, &len, sizeof(len));
    }
    memcpy(e->body + length_bytes(member.len), member.data, member.len);
    return e;
}

void scored_free(scored *e) { alloc_free(e, scored_request(scored_member(e).len)); }

/* An integer for each score, in the same order; both zeros get one. */
static inline uint64_t order_of(double score) {
    uint64_t bits;
    score += 0.0; /* makes -0 a 0 */
    memcpy(&bits, &score, sizeof(bits));
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}

static inline struct target target_of(const struct btree_bound *b) {
    return (struct target){b->has_score, b->has_member, b->after, b->has_score ? order_of(b->score) : 0,
                           b->member};
}

static inline struct target target_at(const scored *e, bool after) {
    return (struct target){true, true, after, order_of(e->score), scored_member(e)};
}

/* Whether the element, whose score does not decide, lies before the target. */
static inline bool member_precedes(const scored *e, const struct target *t) {
    int order = slice_compare(scored_member(e), t->member);
    return order < 0 || (order == 0 && t->after);
}

static inline bool precedes(const scored *e, const struct target *t) {
    if (t->has_score) {
        uint64_t order = order_of(e->score);
        if (order != t->order) return order < t->order;
        if (!t->has_member) return t->after;
    }
    return member_precedes(e, t);
}

/* --- Leaves --- */

#define POINTER_BITS     48
#define POINTER_MASK     ((1ull << POINTER_BITS) - 1)
#define FINGERPRINT_MAX  0xFFFFu
#define FINGERPRINT_BITS 16
/* A leaf whose fingerprints span less than this gets new ones at the next chance. */
#define FINGERPRINT_SPAN_MIN 2048

static inline scored *element_of(uint64_t word) { return (scored *)(uintptr_t)(word & POINTER_MASK); }
static inline uint32_t fingerprint_of(uint64_t word) { return (uint32_t)(word >> POINTER_BITS); }

static inline uint32_t fingerprint(const leaf *l, uint64_t order) {
    if (order < l->base) return 0;
    uint64_t place = (order - l->base) >> l->shift;
    return place < FINGERPRINT_MAX ? (uint32_t)place : FINGERPRINT_MAX;
}

static inline uint64_t word_for(const leaf *l, const scored *e) {
    return (uint64_t)(uintptr_t)e | (uint64_t)fingerprint(l, order_of(e->score)) << POINTER_BITS;
}

static size_t leaf_bytes(uint32_t words) { return alloc_class(sizeof(leaf) + words * sizeof(uint64_t)); }
static uint32_t words_in(size_t bytes) { return (uint32_t)((bytes - sizeof(leaf)) / sizeof(uint64_t)); }

static leaf *leaf_new(btree *t, uint32_t words) {
    size_t bytes = leaf_bytes(words < LEAF_MIN ? LEAF_MIN : words);
    leaf *l = alloc(bytes);
    *l = (leaf){.capacity = (uint16_t)words_in(bytes)};
    t->bytes += bytes;
    return l;
}

static void leaf_free(btree *t, leaf *l) {
    t->bytes -= leaf_bytes(l->capacity);
    alloc_free(l, leaf_bytes(l->capacity));
}

/* Chooses base and shift so that what is in the leaf takes the middle half of all fingerprints. */
static void set_fingerprints(leaf *l) {
    if (l->count == 0) return;
    for (uint32_t i = 0; i < l->count; i++) prefetch(element_of(l->word[i]));
    uint64_t first = order_of(element_of(l->word[0])->score);
    uint64_t span = order_of(element_of(l->word[l->count - 1])->score) - first;
    uint64_t margin = span / 2 + 1;
    l->base = first > margin ? first - margin : 0;
    int bits = span ? 64 - __builtin_clzll(span) : 0;
    l->shift = (uint8_t)(bits > FINGERPRINT_BITS - 2 ? bits - (FINGERPRINT_BITS - 2) : 0);
    for (uint32_t i = 0; i < l->count; i++) l->word[i] = word_for(l, element_of(l->word[i]));
}

/* Whether fingerprints say so little that it is worth reading all elements to make better ones. */
static bool fingerprints_are_poor(const leaf *l) {
    if (l->count < 2) return true;
    if (fingerprint_of(l->word[1]) == 0 || fingerprint_of(l->word[l->count - 2]) == FINGERPRINT_MAX)
        return true;
    uint32_t span = fingerprint_of(l->word[l->count - 1]) - fingerprint_of(l->word[0]);
    return span < FINGERPRINT_SPAN_MIN && l->shift > 0;
}

/* How many words have a fingerprint below that. */
static uint32_t fingerprints_below(const leaf *l, uint32_t limit) {
    uint32_t from = 0, left = l->count;
    while (left > 0) {
        uint32_t half = left / 2;
        bool below = fingerprint_of(l->word[from + half]) < limit;
        from += below ? half + 1 : 0;
        left = below ? left - half - 1 : half;
    }
    return from;
}

/* How many of the leaf's elements lie before the target. */
static uint32_t search_leaf(const leaf *l, const struct target *t) {
    uint32_t from = 0, end = l->count;
    if (t->has_score) {
        uint32_t wanted = fingerprint(l, t->order);
        from = fingerprints_below(l, wanted);
        if (from == end || fingerprint_of(l->word[from]) != wanted) return from;
        end = fingerprints_below(l, wanted + 1);
    }
    while (from < end) {
        uint32_t middle = from + (end - from) / 2;
        if (precedes(element_of(l->word[middle]), t))
            from = middle + 1;
        else
            end = middle;
    }
    return from;
}

/* The element's place in the leaf that it is in. */
static uint32_t find_in_leaf(const leaf *l, const scored *e) {
    uint32_t at = fingerprints_below(l, fingerprint(l, order_of(e->score)));
    while (at < l->count && element_of(l->word[at]) != e) at++;
    assert(at < l->count);
    return at;
}

/* --- Descending --- */

/* The child below which the target lies: the last whose first element comes before it, or the first child. */
static uint32_t search_inner(const inner *n, const struct target *t) {
    uint32_t from = 0, end = n->count;
    if (t->has_score) {
        uint32_t below = 0, not_above = 0;
        for (uint32_t i = 0; i < n->count; i++) {
            below += n->order[i] < t->order;
            not_above += n->order[i] <= t->order;
        }
        from = !t->has_member && t->after ? not_above : below;
        end = t->has_member ? not_above : from;
    }
    while (from < end) {
        uint32_t middle = from + (end - from) / 2;
        if (member_precedes(n->first[middle], t))
            from = middle + 1;
        else
            end = middle;
    }
    return from ? from - 1 : 0;
}

/* Asks for all of a leaf, as large as it may be: the search reads a handful of its lines, each only known
 * when the one before has come. That was a quarter of the time of a search. */
static inline void prefetch_leaf(const leaf *l) {
    const char *bytes = (const char *)l;
    for (size_t at = 0; at < LEAF_BYTES_MAX; at += CACHE_LINE_BYTES) prefetch(bytes + at);
}

/* The steps are walked by pointer: of stores by a falling index gcc 12 loses sight when it analyses what a
 * call may change (-fipa-modref), and takes the path for empty afterwards. */
static void descend(const btree *t, const struct target *target, struct path *p) {
    void *node = t->root;
    for (struct step *step = p->step + t->height; step > p->step;) {
        step--;
        step->node = node;
        step->index = search_inner(node, target);
        node = step->node->child[step->index];
    }
    prefetch_leaf(node);
    p->leaf = node;
}

/* The path to an element that is in the tree. */
static void descend_to(const btree *t, const scored *e, struct path *p) {
    struct target target = target_at(e, true);
    descend(t, &target, p);
    p->at = find_in_leaf(p->leaf, e);
}

/* How many elements lie before the path's place. */
static size_t path_rank(const btree *t, const struct path *p) {
    size_t rank = p->at;
    for (uint32_t level = 0; level < t->height; level++)
        for (uint32_t i = 0; i < p->step[level].index; i++) rank += p->step[level].node->size[i];
    return rank;
}

/* --- Changing the shape --- */

/* Tells the nodes from that level up that another element is the first below them. */
static void first_changed(const btree *t, const struct path *p, uint32_t level, scored *first) {
    for (; level < t->height; level++) {
        inner *n = p->step[level].node;
        n->order[p->step[level].index] = order_of(first->score);
        n->first[p->step[level].index] = first;
        if (p->step[level].index > 0) break;
    }
}

static void sizes_changed(const btree *t, const struct path *p, size_t difference) {
    for (uint32_t level = 0; level < t->height; level++)
        p->step[level].node->size[p->step[level].index] += difference;
}

static void link_leaf(leaf *l) {
    if (l->previous) l->previous->next = l;
    if (l->next) l->next->previous = l;
}

/* Gives the path's leaf memory for that many words. */
static void resize_leaf(btree *t, struct path *p, uint32_t words) {
    leaf *l = p->leaf, *to = leaf_new(t, words);
    uint16_t capacity = to->capacity;
    memcpy(to, l, sizeof(*l) + l->count * sizeof(*l->word));
    to->capacity = capacity;
    link_leaf(to);
    leaf_free(t, l);
    p->leaf = to;
    if (t->height > 0)
        p->step[0].node->child[p->step[0].index] = to;
    else
        t->root = to;
}

/* Moves count children from one place to another. */
static void move_children(inner *to, uint32_t to_at, inner *from, uint32_t from_at, uint32_t count) {
    memmove(to->order + to_at, from->order + from_at, count * sizeof(*to->order));
    memmove(to->first + to_at, from->first + from_at, count * sizeof(*to->first));
    memmove(to->size + to_at, from->size + from_at, count * sizeof(*to->size));
    memmove(to->child + to_at, from->child + from_at, count * sizeof(*to->child));
}

static inner *inner_new(btree *t) {
    inner *n = alloc(sizeof(*n));
    n->count = 0;
    t->bytes += sizeof(*n);
    return n;
}

static void inner_free(btree *t, inner *n) {
    t->bytes -= sizeof(*n);
    alloc_free(n, sizeof(*n));
}

static size_t size_of(const inner *n) {
    size_t size = 0;
    for (uint32_t i = 0; i < n->count; i++) size += n->size[i];
    return size;
}

/* Puts a new root above the old one. */
static void add_root(btree *t, struct path *p) {
    assert(t->height < HEIGHT_MAX);
    inner *n = inner_new(t);
    n->count = 1;
    n->child[0] = t->root;
    n->size[0] = t->count;
    if (t->height > 0) {
        n->order[0] = p->step[t->height - 1].node->order[0];
        n->first[0] = p->step[t->height - 1].node->first[0];
    } else if (p->leaf->count > 0) { /* of an empty one first_changed will tell */
        n->first[0] = element_of(p->leaf->word[0]);
        n->order[0] = order_of(n->first[0]->score);
    }
    p->step[t->height].node = n;
    p->step[t->height].index = 0;
    t->height++;
    t->root = n;
}

static void add_child(btree *t, struct path *p, uint32_t level, void *child, scored *first, size_t size);

/* Whether the path is at the right edge of the tree from that level up. */
static bool is_last(const btree *t, const struct path *p, uint32_t level) {
    while (level < t->height && p->step[level].index + 1u == p->step[level].node->count) level++;
    return level == t->height;
}

/* Splits the path's full node at that level; the path goes on through the half where it went before. The last
 * child of all goes over alone: elements that come in order leave full nodes behind. */
static void split_inner(btree *t, struct path *p, uint32_t level) {
    inner *left = p->step[level].node, *right = inner_new(t);
    uint32_t index = p->step[level].index;
    uint32_t keep = is_last(t, p, level) ? left->count - 1u : left->count / 2u;
    right->count = (uint16_t)(left->count - keep);
    move_children(right, 0, left, keep, right->count);
    left->count = (uint16_t)keep;
    add_child(t, p, level + 1, right, right->first[0], size_of(right));
    if (index < keep) return;
    p->step[level].node = right;
    p->step[level].index = index - keep;
    p->step[level + 1].index++;
}

/* Adds a child behind that of the path at that level, from which it has taken size elements. The path stays.
 */
static void add_child(btree *t, struct path *p, uint32_t level, void *child, scored *first, size_t size) {
    if (level == t->height) add_root(t, p);
    if (p->step[level].node->count == INNER_MAX) split_inner(t, p, level);
    inner *n = p->step[level].node;
    uint32_t at = p->step[level].index + 1;
    move_children(n, at + 1, n, at, n->count - at);
    n->count++;
    n->size[at - 1] -= size;
    n->size[at] = size;
    n->child[at] = child;
    n->first[at] = first;
    n->order[at] = order_of(first->score);
}

/* Splits the path's full leaf to make room for e; the path goes on to the half where e belongs. At either end
 * of the tree the full leaf is left alone. */
static void split_leaf(btree *t, struct path *p, scored *e) {
    leaf *left = p->leaf;
    uint32_t keep = left->count / 2u;
    if (p->at == left->count && !left->next) keep = left->count;
    if (p->at == 0 && !left->previous) keep = 0;
    uint32_t moved = left->count - keep;
    leaf *right = leaf_new(t, keep > 0 ? moved + 1 : moved);
    right->base = left->base;
    right->shift = left->shift;
    right->count = (uint16_t)moved;
    memcpy(right->word, left->word + keep, moved * sizeof(*left->word));
    right->previous = left;
    right->next = left->next;
    link_leaf(right);
    left->count = (uint16_t)keep;
    if (moved > 0) resize_leaf(t, p, keep + 1);
    add_child(t, p, 0, right, moved ? element_of(right->word[0]) : e, moved);
    if (fingerprints_are_poor(p->leaf)) set_fingerprints(p->leaf);
    if (fingerprints_are_poor(right)) set_fingerprints(right);
    if (p->at > keep || moved == 0) {
        p->leaf = right;
        p->at -= keep;
        p->step[0].index++;
    }
}

static void make_room(btree *t, struct path *p, scored *e) {
    if (p->leaf->capacity == LEAF_MAX) {
        split_leaf(t, p, e);
    } else {
        resize_leaf(t, p, p->leaf->capacity + 1u);
        if (fingerprints_are_poor(p->leaf)) set_fingerprints(p->leaf);
    }
}

void btree_insert(btree *t, scored *e) {
    assert(((uintptr_t)e & ~POINTER_MASK) == 0);
    struct path p = {0};
    struct target target = target_at(e, false);
    descend(t, &target, &p);
    p.at = search_leaf(p.leaf, &target);
    if (p.leaf->count == p.leaf->capacity) make_room(t, &p, e);
    leaf *l = p.leaf;
    memmove(l->word + p.at + 1, l->word + p.at, (l->count - p.at) * sizeof(*l->word));
    if (l->count == 0) l->base = order_of(e->score);
    l->word[p.at] = word_for(l, e);
    l->count++;
    t->count++;
    sizes_changed(t, &p, 1);
    if (p.at == 0) first_changed(t, &p, 0, e);
}

/* --- Removing --- */

static void remove_child(btree *t, struct path *p, uint32_t level, uint32_t at);

/* Merges the path's small node at that level with a neighbour, if both together leave room. */
static void merge_inner(btree *t, struct path *p, uint32_t level) {
    inner *parent = p->step[level + 1].node;
    uint32_t at = p->step[level + 1].index;
    for (uint32_t left = at > 0 ? at - 1 : 0; left <= at && left + 1 < parent->count; left++) {
        inner *a = parent->child[left], *b = parent->child[left + 1];
        if (a->count + b->count > INNER_MERGED) continue;
        move_children(a, a->count, b, 0, b->count);
        a->count = (uint16_t)(a->count + b->count);
        parent->size[left] += parent->size[left + 1];
        inner_free(t, b);
        remove_child(t, p, level + 1, left + 1);
        return;
    }
}

/* Takes roots away that have one child only. */
static void collapse_root(btree *t) {
    for (; t->height > 0; t->height--) {
        inner *n = t->root;
        if (n->count > 1) return;
        t->root = n->child[0];
        inner_free(t, n);
    }
}

/* Takes a child, freed already, out of the path's node at that level. The path is of no use afterwards below
 * the level. */
static void remove_child(btree *t, struct path *p, uint32_t level, uint32_t at) {
    inner *n = p->step[level].node;
    move_children(n, at, n, at + 1, n->count - at - 1u);
    n->count--;
    if (level + 1 == t->height) {
        collapse_root(t);
        return;
    }
    if (n->count == 0) {
        inner_free(t, n);
        remove_child(t, p, level + 1, p->step[level + 1].index);
        return;
    }
    if (at == 0) first_changed(t, p, level + 1, n->first[0]);
    if (n->count < INNER_SMALL) merge_inner(t, p, level);
}

static void unlink_leaf(btree *t, leaf *l) {
    if (l->previous) l->previous->next = l->next;
    if (l->next) l->next->previous = l->previous;
    leaf_free(t, l);
}

/* Merges the path's small leaf with a neighbour, if both together leave room. False if there is none. */
static bool merge_leaf(btree *t, struct path *p) {
    inner *parent = p->step[0].node;
    uint32_t at = p->step[0].index;
    for (uint32_t left = at > 0 ? at - 1 : 0; left <= at && left + 1 < parent->count; left++) {
        leaf *a = parent->child[left], *b = parent->child[left + 1];
        if (a->count + b->count > LEAF_MERGED) continue;
        p->leaf = a;
        p->step[0].index = left;
        resize_leaf(t, p, a->count + b->count);
        a = p->leaf;
        memcpy(a->word + a->count, b->word, b->count * sizeof(*b->word));
        a->count = (uint16_t)(a->count + b->count);
        set_fingerprints(a);
        parent->size[left] += parent->size[left + 1];
        unlink_leaf(t, b);
        remove_child(t, p, 0, left + 1);
        return true;
    }
    return false;
}

/* Gives back memory after the path's leaf has lost an element. */
static void shrink_leaf(btree *t, struct path *p) {
    leaf *l = p->leaf;
    if (t->height > 0 && l->count == 0) {
        unlink_leaf(t, l);
        remove_child(t, p, 0, p->step[0].index);
        return;
    }
    if (t->height > 0 && l->count < LEAF_SMALL && merge_leaf(t, p)) return;
    /* a leaf that is less than half full has room to shrink and then grow a little again */
    if (l->capacity > LEAF_MIN && l->count < l->capacity / 2u) resize_leaf(t, p, l->count + l->count / 4u);
}

void btree_remove(btree *t, const scored *e) {
    struct path p = {0};
    descend_to(t, e, &p);
    leaf *l = p.leaf;
    l->count--;
    memmove(l->word + p.at, l->word + p.at + 1, (l->count - p.at) * sizeof(*l->word));
    t->count--;
    sizes_changed(t, &p, (size_t)-1);
    if (p.at == 0 && l->count > 0) first_changed(t, &p, 0, element_of(l->word[0]));
    shrink_leaf(t, &p);
}

/* Whether the element at the path could have that score and stay where it is, neighbours within the leaf
 * deciding. */
static bool stays_in_place(const struct path *p, const scored *e, double score) {
    const leaf *l = p->leaf;
    if (p->at == 0 || p->at + 1u >= l->count) return false;
    struct target target = {true, true, false, order_of(score), scored_member(e)};
    return precedes(element_of(l->word[p->at - 1]), &target) &&
           !precedes(element_of(l->word[p->at + 1]), &target);
}

void btree_rescore(btree *t, scored *e, double score) {
    struct path p = {0};
    descend_to(t, e, &p);
    if (stays_in_place(&p, e, score)) {
        e->score = score;
        p.leaf->word[p.at] = word_for(p.leaf, e);
        return;
    }
    btree_remove(t, e);
    e->score = score;
    btree_insert(t, e);
}

/* --- Ranks and cursors --- */

size_t btree_rank(const btree *t, const scored *e) {
    struct path p = {0};
    descend_to(t, e, &p);
    return path_rank(t, &p);
}

size_t btree_rank_of_bound(const btree *t, const struct btree_bound *bound) {
    struct path p = {0};
    struct target target = target_of(bound);
    descend(t, &target, &p);
    p.at = search_leaf(p.leaf, &target);
    return path_rank(t, &p);
}

/* How many elements ahead of a cursor are fetched. */
#define CURSOR_AHEAD 8

static btree_cursor cursor_at(const leaf *l, size_t at) {
    return (btree_cursor){l, (uint16_t)at, (uint16_t)at};
}

btree_cursor btree_at(const btree *t, size_t rank) {
    assert(rank <= t->count);
    const void *node = t->root;
    for (uint32_t level = t->height; level-- > 0;) {
        const inner *n = node;
        uint32_t i = 0;
        while (i + 1u < n->count && rank >= n->size[i]) rank -= n->size[i++];
        node = n->child[i];
    }
    return cursor_at(node, rank);
}

scored *btree_next(btree_cursor *cursor) {
    if (cursor->at == cursor->leaf->count) {
        if (!cursor->leaf->next) return NULL;
        *cursor = cursor_at(cursor->leaf->next, 0);
    }
    const leaf *l = cursor->leaf;
    while (cursor->fetched < l->count && cursor->fetched < cursor->at + CURSOR_AHEAD)
        prefetch(element_of(l->word[cursor->fetched++]));
    return element_of(l->word[cursor->at++]);
}

scored *btree_previous(btree_cursor *cursor) {
    if (cursor->at == 0) {
        if (!cursor->leaf->previous) return NULL;
        *cursor = cursor_at(cursor->leaf->previous, cursor->leaf->previous->count);
    }
    const leaf *l = cursor->leaf;
    while (cursor->fetched > 0 && cursor->fetched + CURSOR_AHEAD > cursor->at)
        prefetch(element_of(l->word[--cursor->fetched]));
    return element_of(l->word[--cursor->at]);
}

/* --- The whole tree --- */

btree *btree_new(void) {
    btree *t = alloc_zeroed(sizeof(*t));
    t->root = leaf_new(t, LEAF_MIN);
    return t;
}

static void free_node(btree *t, void *node, uint32_t height) {
    if (height == 0) {
        leaf_free(t, node);
        return;
    }
    inner *n = node;
    for (uint32_t i = 0; i < n->count; i++) free_node(t, n->child[i], height - 1);
    inner_free(t, n);
}

void btree_free(btree *t) {
    free_node(t, t->root, t->height);
    alloc_free(t, sizeof(*t));
}

size_t btree_count(const btree *t) { return t->count; }
size_t btree_memory_bytes(const btree *t) { return alloc_class(sizeof(*t)) + t->bytes; }

/* --- Checking --- */

/* What a check has seen so far. */
struct checked {
    const leaf *last;
    size_t count, bytes;
};

static bool leaf_is_valid(const leaf *l, struct checked *c) {
    if (l->previous != c->last || (c->last && c->last->next != l)) return false;
    if (l->count > l->capacity || l->capacity > LEAF_MAX) return false;
    for (uint32_t i = 0; i < l->count; i++) {
        const scored *e = element_of(l->word[i]);
        if (l->word[i] != word_for(l, e)) return false;
        const scored *before = i > 0     ? element_of(l->word[i - 1])
                               : c->last ? element_of(c->last->word[c->last->count - 1])
                                         : NULL;
        struct target target = target_at(e, false);
        if (before && !precedes(before, &target)) return false;
    }
    c->last = l;
    c->count += l->count;
    c->bytes += leaf_bytes(l->capacity);
    return true;
}

static const scored *first_below(const void *node, uint32_t height) {
    return height > 0 ? ((const inner *)node)->first[0] : element_of(((const leaf *)node)->word[0]);
}

static bool node_is_valid(const void *node, uint32_t height, struct checked *c) {
    if (height == 0) return leaf_is_valid(node, c);
    const inner *n = node;
    if (n->count == 0 || n->count > INNER_MAX) return false;
    c->bytes += sizeof(*n);
    for (uint32_t i = 0; i < n->count; i++) {
        size_t before = c->count;
        if (!node_is_valid(n->child[i], height - 1, c) || c->count == before) return false;
        if (n->size[i] != c->count - before) return false;
        if (n->first[i] != first_below(n->child[i], height - 1)) return false;
        if (n->order[i] != order_of(n->first[i]->score)) return false;
    }
    return true;
}

bool btree_valid(const btree *t) {
    struct checked c = {0};
    return node_is_valid(t->root, t->height, &c) && !c.last->next && c.count == t->count &&
           c.bytes == t->bytes;
}
