/* Zset support: replies and results of sorted set commands. */
#include "command/zset_support.h"

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

void zset_drop_empty(client *c, const key *k, const entry *e) {
    if (zset_count(e) == 0) keyspace_delete(c->db, k);
}

#define FIRST_CAPACITY 16

void zset_result_add(struct zset_result *r, scored *element) {
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : FIRST_CAPACITY;
        r->elements = alloc_resize(r->elements, r->capacity * sizeof(*r->elements));
    }
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
