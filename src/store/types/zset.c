/* Sorted set: packed, or a tree and a table of the same elements.
 *
 *     packed      [ member | score | member | score | ... ]            in order
 *
 *     structure   table by member ---+
 *                                    +--> [ score | length | member ]  one block for each element
 *     B+ tree by score and member ---+
 *
 * In a run a score is an integer if it is one (so -0 becomes 0 there), else a mark and the eight bytes of the
 * number: the mark keeps the bytes from ever being the text of an integer. */
#include "store/types/zset.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/background.h"
#include "store/types/bytes.h"
#include "store/types/packed.h"

struct zset_limits zset_limits = {.packed_members_max = 128, .packed_member_bytes_max = 64};

struct zset {
    table *members;
    btree *order;
    size_t element_bytes; /* memory of all elements */
};

static slice element_member(const void *element) { return scored_member(element); }
const struct table_kind table_of_scored = {element_member, NULL};

static struct zset *structure_of(const entry *e) { return entry_pointer(e); }

/* --- The structure --- */

static struct zset *structure_new(void) {
    struct zset *z = alloc(sizeof(*z));
    *z = (struct zset){table_new(&table_of_scored), btree_new(), 0};
    return z;
}

/* Adds an element, taken over, whose member is not there. */
static void structure_add(struct zset *z, scored *element, uint64_t hash) {
    table_insert(z->members, element, hash);
    btree_insert(z->order, element);
    z->element_bytes += scored_bytes(scored_member(element).len);
}

static void structure_remove(struct zset *z, scored *element, uint64_t hash) {
    slice member = scored_member(element);
    table_remove(z->members, member, hash);
    btree_remove(z->order, element);
    z->element_bytes -= scored_bytes(member.len);
    scored_free(element);
}

static void release_element(void *element) { scored_free(element); }

static void structure_free(void *structure) {
    struct zset *z = structure;
    btree_free(z->order);
    table_free(z->members, release_element);
    alloc_free(z, sizeof(*z));
}

static void *structure_copy(const void *structure) {
    const struct zset *from = structure;
    struct zset *to = structure_new();
    btree_cursor cursor = btree_at(from->order, 0);
    for (const scored *e; (e = btree_next(&cursor));)
        structure_add(to, scored_new(scored_member(e), e->score), hash_bytes(scored_member(e)));
    return to;
}

static size_t structure_count(const void *structure) {
    const struct zset *z = structure;
    return btree_count(z->order);
}

static size_t structure_memory_bytes(const void *structure, size_t samples) {
    const struct zset *z = structure;
    (void)samples; /* the exact figure is known */
    return alloc_class(sizeof(*z)) + table_memory_bytes(z->members) + btree_memory_bytes(z->order) +
           z->element_bytes;
}

static const table *structure_approach(const void *structure) {
    return ((const struct zset *)structure)->members;
}

const struct value_kind zset_kind = {
    .free = structure_free,
    .copy = structure_copy,
    .count = structure_count,
    .memory_bytes = structure_memory_bytes,
    .approach = structure_approach,
};

/* --- Scores in a run --- */

#define SCORE_MARK  '='
#define SCORE_BYTES (1 + sizeof(double))
/* The least score that an integer can be, -2^63; its opposite is the first that none can. */
#define SCORE_INTEGER_LEAST ((double)INT64_MIN)

/* The score as a packed value, for which bytes may serve. */
static struct packed_value score_value(double score, char bytes[SCORE_BYTES]) {
    if (score >= SCORE_INTEGER_LEAST && score < -SCORE_INTEGER_LEAST && (double)(int64_t)score == score)
        return packed_value_integer((int64_t)score);
    bytes[0] = SCORE_MARK;
    memcpy(bytes + 1, &score, sizeof(score));
    return (struct packed_value){.text = {bytes, SCORE_BYTES}};
}

/* Reads the score at that position; returns the position behind it. */
static size_t read_score(slice run, size_t at, double *score) {
    struct packed_value v;
    at = packed_read(run, at, &v);
    if (packed_is_integer(&v))
        *score = (double)v.integer;
    else
        memcpy(score, v.text.data + 1, sizeof(*score));
    return at;
}

/* Reads the pair at that position; returns the position behind it. */
static size_t read_pair(slice run, size_t at, struct zset_item *item) {
    struct packed_value v;
    at = packed_read(run, at, &v);
    item->member = packed_text(&v, item->scratch);
    return read_score(run, at, &item->score);
}

/* --- Reading --- */

size_t zset_count(const entry *e) {
    if (!e) return 0;
    return zset_is_packed(e) ? packed_count(bytes_view(e)) / 2 : structure_count(structure_of(e));
}

static void find_packed(slice run, slice member, struct zset_place *p) {
    struct packed_value v = packed_value_of(member);
    p->at = packed_find(run, packed_first(run), &v, 1);
    p->found = p->at < run.len;
    if (p->found) read_score(run, packed_next(run, p->at), &p->score);
}

void zset_find(const entry *e, slice member, struct zset_place *p) {
    *p = (struct zset_place){0};
    if (!e) return;
    if (zset_is_packed(e)) {
        find_packed(bytes_view(e), member, p);
        return;
    }
    p->hash = hash_bytes(member);
    p->element = table_find(structure_of(e)->members, member, p->hash);
    p->found = p->element != NULL;
    if (p->found) p->score = p->element->score;
}

size_t zset_rank(const entry *e, const struct zset_place *p) {
    assert(p->found);
    if (!zset_is_packed(e)) return btree_rank(structure_of(e)->order, p->element);
    slice run = bytes_view(e);
    size_t elements = 0;
    for (size_t at = packed_first(run); at < p->at; at = packed_next(run, at)) elements++;
    return elements / 2;
}

static bool lies_before(const struct zset_item *item, const struct btree_bound *bound) {
    if (bound->has_score) {
        if (item->score != bound->score) return item->score < bound->score;
        if (!bound->has_member) return bound->after;
    }
    int order = slice_compare(item->member, bound->member);
    return order < 0 || (order == 0 && bound->after);
}

/* The position of the first pair that does not lie before the bound; *rank is how many do. */
static size_t search_packed(slice run, const struct btree_bound *bound, size_t *rank) {
    size_t at = packed_first(run);
    for (*rank = 0; at < run.len; ++*rank) {
        struct zset_item item;
        size_t next = read_pair(run, at, &item);
        if (!lies_before(&item, bound)) break;
        at = next;
    }
    return at;
}

size_t zset_rank_of_bound(const entry *e, const struct btree_bound *bound) {
    if (!e) return 0;
    if (!zset_is_packed(e)) return btree_rank_of_bound(structure_of(e)->order, bound);
    size_t rank;
    search_packed(bytes_view(e), bound, &rank);
    return rank;
}

zset_cursor zset_at(const entry *e, size_t rank) {
    zset_cursor cursor = {0};
    if (!e) return cursor;
    if (zset_is_packed(e)) {
        cursor.run = bytes_view(e);
        cursor.at = packed_at(cursor.run, 2 * rank);
    } else {
        cursor.place = btree_at(structure_of(e)->order, rank);
    }
    return cursor;
}

static bool take(const scored *element, struct zset_item *item) {
    if (!element) return false;
    item->member = scored_member(element);
    item->score = element->score;
    return true;
}

bool zset_next(zset_cursor *cursor, struct zset_item *item) {
    if (cursor->place.leaf) return take(btree_next(&cursor->place), item);
    if (cursor->at >= cursor->run.len) return false;
    cursor->at = read_pair(cursor->run, cursor->at, item);
    return true;
}

bool zset_previous(zset_cursor *cursor, struct zset_item *item) {
    if (cursor->place.leaf) return take(btree_previous(&cursor->place), item);
    if (cursor->run.len == 0 || cursor->at <= packed_first(cursor->run)) return false;
    cursor->at = packed_previous(cursor->run, packed_previous(cursor->run, cursor->at));
    read_pair(cursor->run, cursor->at, item);
    return true;
}

/* A visitor of items as a visitor of elements. */
struct visitor {
    void (*visit)(void *context, const struct zset_item *item);
    void *context;
};

static void visit_element(void *context, void *element) {
    const struct visitor *v = context;
    struct zset_item item;
    take(element, &item);
    v->visit(v->context, &item);
}

uint64_t zset_scan(const entry *e, uint64_t cursor, size_t count,
                   void (*visit)(void *context, const struct zset_item *item), void *context) {
    if (e && !zset_is_packed(e)) {
        struct visitor v = {visit, context};
        return table_scan(structure_of(e)->members, cursor, count, visit_element, &v);
    }
    zset_cursor place = zset_at(e, 0);
    for (struct zset_item item; zset_next(&place, &item);) visit(context, &item);
    return 0;
}

/* --- Changing a run --- */

static void append_pair(struct packed_builder *b, slice member, double score) {
    char bytes[SCORE_BYTES];
    struct packed_value v = score_value(score, bytes);
    packed_builder_add_text(b, member);
    packed_builder_add(b, &v);
}

/* Puts a pair where it belongs, having removed the one at p if there is one. */
static entry *put_packed(database *db, const key *k, entry *e, slice member, const struct zset_place *p,
                         double score) {
    char score_bytes[SCORE_BYTES], *bytes;
    struct packed_value pair[2] = {packed_value_of(member), score_value(score, score_bytes)};
    size_t added = packed_encoded_len(&pair[0]) + packed_encoded_len(&pair[1]);
    size_t len = bytes_view(e).len;
    e = keyspace_resize_bytes(db, k, e, len + added, &bytes);
    if (p->found) len = packed_remove_at(bytes, len, p->at, 2);
    size_t rank;
    struct btree_bound bound = {.has_score = true, .has_member = true, .score = score, .member = member};
    size_t at = search_packed((slice){bytes, len}, &bound, &rank);
    len = packed_insert_at(bytes, len, at, &pair[1]);
    len = packed_insert_at(bytes, len, at, &pair[0]);
    return p->found ? keyspace_resize_bytes(db, k, e, len, &bytes) : e;
}

static entry *remove_packed(database *db, const key *k, entry *e, size_t at, size_t elements) {
    char *bytes;
    size_t len = bytes_view(e).len;
    e = keyspace_resize_bytes(db, k, e, len, &bytes);
    len = packed_remove_at(bytes, len, at, elements);
    return keyspace_resize_bytes(db, k, e, len, &bytes);
}

static struct zset *unpack(slice run) {
    struct zset *z = structure_new();
    struct zset_item item;
    for (size_t at = packed_first(run); at < run.len;) {
        at = read_pair(run, at, &item);
        structure_add(z, scored_new(item.member, item.score), hash_bytes(item.member));
    }
    return z;
}

/* --- Changing --- */

static bool stays_packed(size_t members, size_t longest_bytes) {
    return members <= zset_limits.packed_members_max && longest_bytes <= zset_limits.packed_member_bytes_max;
}

entry *zset_create(database *db, const key *k, size_t members, size_t member_bytes) {
    if (stays_packed(members, member_bytes)) return keyspace_add_bytes(db, k, TYPE_ZSET, PACKED_EMPTY);
    return keyspace_add_structure(db, k, TYPE_ZSET, structure_new());
}

/* Makes a packed sorted set a structure if one more member, of that length, is one too many. */
static entry *unpack_if_full(database *db, const key *k, entry *e, size_t member_bytes) {
    if (stays_packed(zset_count(e) + 1, member_bytes)) return e;
    return keyspace_become_structure(db, k, e, unpack(bytes_view(e)));
}

entry *zset_put(database *db, const key *k, entry *e, slice member, const struct zset_place *p,
                double score) {
    uint64_t hash = p->hash;
    if (zset_is_packed(e)) {
        if (!p->found) e = unpack_if_full(db, k, e, member.len);
        if (zset_is_packed(e)) return put_packed(db, k, e, member, p, score);
        hash = hash_bytes(member);
    }
    struct zset *z = structure_of(e);
    if (p->found)
        btree_rescore(z->order, p->element, score);
    else
        structure_add(z, scored_new(member, score), hash);
    return e;
}

entry *zset_remove(database *db, const key *k, entry *e, const struct zset_place *p) {
    assert(p->found);
    if (zset_is_packed(e)) return remove_packed(db, k, e, p->at, 2);
    structure_remove(structure_of(e), p->element, p->hash);
    return e;
}

/* Leaves an empty structure. What it held is freed in the background. */
static void remove_all(struct zset *z) {
    struct zset *removed = structure_new(), empty = *removed;
    *removed = *z;
    *z = empty;
    background_run(structure_free, removed, 0);
}

entry *zset_remove_range(database *db, const key *k, entry *e, struct zset_range range) {
    assert(range.from <= range.end && range.end <= zset_count(e));
    if (zset_is_packed(e)) {
        slice run = bytes_view(e);
        return remove_packed(db, k, e, packed_at(run, 2 * range.from), 2 * (range.end - range.from));
    }
    struct zset *z = structure_of(e);
    if (range.end - range.from == structure_count(z)) {
        remove_all(z);
        return e;
    }
    for (size_t left = range.end - range.from; left > 0; left--) {
        btree_cursor cursor = btree_at(z->order, range.from);
        scored *element = btree_next(&cursor);
        structure_remove(z, element, hash_bytes(scored_member(element)));
    }
    return e;
}

/* --- Whole results --- */

static int compare_elements(const void *a, const void *b) {
    const scored *x = *(scored *const *)a, *y = *(scored *const *)b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return slice_compare(scored_member(x), scored_member(y));
}

void zset_sort(scored **elements, size_t count) {
    if (count > 1) qsort(elements, count, sizeof(*elements), compare_elements);
}

static bool elements_stay_packed(scored **elements, size_t count) {
    size_t longest = 0;
    if (!stays_packed(count, 0)) return false;
    for (size_t i = 0; i < count; i++) {
        size_t len = scored_member(elements[i]).len;
        if (len > longest) longest = len;
    }
    return stays_packed(count, longest);
}

static entry *packed_of(slice name, scored **elements, size_t count) {
    struct packed_builder b;
    packed_builder_open(&b);
    for (size_t i = 0; i < count; i++) {
        append_pair(&b, scored_member(elements[i]), elements[i]->score);
        scored_free(elements[i]);
    }
    entry *e = bytes_new(name, TYPE_ZSET, packed_builder_run(&b), NO_EXPIRY);
    packed_builder_release(&b);
    return e;
}

static entry *structure_of_elements(slice name, scored **elements, size_t count) {
    struct zset *z = structure_new();
    for (size_t i = 0; i < count; i++) structure_add(z, elements[i], hash_bytes(scored_member(elements[i])));
    return entry_new_structure(name, TYPE_ZSET, z, NO_EXPIRY);
}

void zset_put_sorted(database *db, const key *k, scored **elements, size_t count) {
    assert(count > 0);
    bool packed = elements_stay_packed(elements, count);
    keyspace_put_entry(db, k, (packed ? packed_of : structure_of_elements)(k->name, elements, count));
}
