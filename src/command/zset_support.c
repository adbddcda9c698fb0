/* Zset support: replies, additions and results of sorted set commands. */
#include "command/zset_support.h"

#include <math.h>

#include "base/alloc.h"
#include "net/reply.h"

void zset_reply_begin(client *c, size_t count, bool with_scores) {
    reply_array(c, with_scores && c->resp < 3 ? 2 * count : count);
}

void zset_reply_item(client *c, slice member, double score, bool with_scores) {
    if (with_scores && c->resp >= 3) reply_array(c, 2);
    reply_slice(c, member);
    if (with_scores) reply_double(c, score);
}

struct zset_item zset_item_keep(const struct zset_item *item) {
    struct zset_item kept = *item;
    if (item->member.data == item->scratch) kept.member.data = NULL;
    return kept;
}

slice zset_item_member(const struct zset_item *kept) {
    return (slice){kept->member.data ? kept->member.data : kept->scratch, kept->member.len};
}

void zset_drop_empty(client *c, const key *k, const entry *e) {
    if (zset_count(e) == 0) keyspace_delete(c->db, k);
}

/* --- Adding --- */

entry *zset_entry_to_add(client *c, const key *k, entry *e, unsigned options, int members, slice member) {
    if (e || options & ZSET_ADD_XX) return e;
    return zset_create(c->db, k, (size_t)members, member.len);
}

enum zset_outcome zset_add(client *c, const key *k, entry **e, unsigned options, slice member,
                           double *score) {
    struct zset_place p;
    zset_find(*e, member, &p);
    if (!p.found) {
        if (options & ZSET_ADD_XX) return ZSET_REFUSED;
        *e = zset_put(c->db, k, *e, member, &p, *score);
        return ZSET_ADDED;
    }
    if (options & ZSET_ADD_NX) return ZSET_REFUSED;
    if (options & ZSET_ADD_INCR) *score += p.score;
    if (isnan(*score)) return ZSET_NOT_A_NUMBER;
    if ((options & ZSET_ADD_GT) && *score <= p.score) return ZSET_REFUSED;
    if ((options & ZSET_ADD_LT) && *score >= p.score) return ZSET_REFUSED;
    if (*score == p.score) return ZSET_UNCHANGED;
    *e = zset_put(c->db, k, *e, member, &p, *score);
    return ZSET_CHANGED;
}

void zset_additions_open(struct zset_additions *add, const args *a, int first, int stride) {
    add->members = a->argv + first + stride - 1;
    add->count = (a->argc - first) / stride;
    add->stride = stride;
    add->scores = add->few;
    if (add->count > ZSET_FEW_SCORES) add->scores = alloc((size_t)add->count * sizeof(*add->scores));
}

void zset_additions_close(struct zset_additions *add) {
    if (add->scores != add->few) alloc_free(add->scores, (size_t)add->count * sizeof(*add->scores));
}

void zset_add_all(client *c, const key *k, entry *e, unsigned options, const struct zset_additions *add) {
    int64_t added = 0, changed = 0;
    e = zset_entry_to_add(c, k, e, options, add->count, add->members[0]);
    for (int i = 0; i < add->count; i++) {
        double score = add->scores[i];
        enum zset_outcome outcome = zset_add(c, k, &e, options, add->members[i * add->stride], &score);
        added += outcome == ZSET_ADDED;
        changed += outcome == ZSET_CHANGED;
    }
    if (added + changed > 0) keyspace_changed(c->db, k, EVENT_ZADD);
    reply_integer(c, options & ZSET_ADD_CH ? added + changed : added);
}

/* --- Results --- */

void zset_result_add(struct zset_result *r, scored *element) {
    alloc_make_room(r->elements, r->count, r->capacity);
    r->elements[r->count++] = element;
}

void zset_result_free(struct zset_result *r) {
    for (size_t i = 0; i < r->count; i++) scored_free(r->elements[i]);
    alloc_free(r->elements, r->capacity * sizeof(*r->elements));
}

void zset_result_store(client *c, const key *k, struct zset_result *r, enum keyspace_event event) {
    size_t count = r->count;
    if (count > 0) {
        zset_put_sorted(c->db, k, r->elements, count);
        r->count = 0;
        keyspace_changed(c->db, k, event);
    } else {
        keyspace_delete(c->db, k);
    }
    reply_integer(c, (int64_t)count);
}
