/* Geo search: members of a sorted set whose positions are in a circle, a box or a polygon.
 *
 * A search walks the ranges of scores that cover the shape (base/geo_shape) and keeps the members that are in
 * it. Of a sorted result with a limit no more is kept than will be in it: the farthest of what was kept makes
 * room for what is nearer. GEORADIUS and GEORADIUSBYMEMBER are older ways to ask for the same. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/geo_shape.h"
#include "command/geo_options.h"
#include "command/geo_support.h"
#include "command/handlers.h"
#include "command/support.h"
#include "command/zset_support.h"

/* --- Finding --- */

/* A member that was found. */
struct hit {
    struct zset_item item; /* a kept one */
    double distance_m;
    size_t number; /* in the order of finding, which decides between equal distances */
};

struct hits {
    struct hit *list;
    size_t count, capacity, found;
    /* The order of the result; NULL: that of finding. */
    int (*compare)(const void *a, const void *b);
};

static int compare_numbers(const struct hit *a, const struct hit *b) {
    return (a->number > b->number) - (a->number < b->number);
}

static int nearest_first(const void *a, const void *b) {
    const struct hit *x = a, *y = b;
    if (x->distance_m != y->distance_m) return x->distance_m < y->distance_m ? -1 : 1;
    return compare_numbers(x, y);
}

static int farthest_first(const void *a, const void *b) {
    const struct hit *x = a, *y = b;
    if (x->distance_m != y->distance_m) return x->distance_m > y->distance_m ? -1 : 1;
    return compare_numbers(x, y);
}

static void append(struct hits *h, const struct hit *hit) {
    alloc_make_room(h->list, h->count, h->capacity);
    h->list[h->count++] = *hit;
}

/* Puts a hit at a place of the heap, whose top is the last of the result, or below it. */
static void sift_down(struct hits *h, size_t at, struct hit hit) {
    for (size_t child; (child = 2 * at + 1) < h->count; at = child) {
        if (child + 1 < h->count && h->compare(&h->list[child + 1], &h->list[child]) > 0) child++;
        if (h->compare(&hit, &h->list[child]) >= 0) break;
        h->list[at] = h->list[child];
    }
    h->list[at] = hit;
}

/* Keeps a hit if it is among the first limit of the result so far. */
static void keep_among_first(struct hits *h, const struct hit *hit, size_t limit) {
    if (h->count < limit) {
        append(h, hit);
        if (h->count == limit)
            for (size_t i = limit / 2; i-- > 0;) sift_down(h, i, h->list[i]);
    } else if (h->compare(hit, &h->list[0]) < 0) {
        sift_down(h, 0, *hit);
    }
}

/* Takes the members in the shape whose scores are in the range. False when there are enough. */
static bool find_in_range(const struct geo_search *s, const struct geo_range *range, struct hits *h) {
    struct btree_bound from = {.has_score = true, .score = (double)range->from};
    zset_cursor cursor = zset_at(s->e, zset_rank_of_bound(s->e, &from));
    struct zset_item item;
    while (zset_next(&cursor, &item) && item.score < (double)range->end) {
        double distance_m;
        if (!geo_shape_contains(&s->shape, geohash_decode(geohash_of_score(item.score)), &distance_m))
            continue;
        struct hit hit = {zset_item_keep(&item), distance_m, h->found++};
        if (s->has_limit && !s->any)
            keep_among_first(h, &hit, s->limit);
        else
            append(h, &hit);
        if (s->any && h->count == s->limit) return false;
    }
    return true;
}

/* Finds what the search asks for. */
static void find(const struct geo_search *s, struct hits *h) {
    static int (*const orders[])(const void *, const void *) = {NULL, nearest_first, farthest_first};
    struct geo_cover cover;
    h->compare = orders[s->order];
    geo_cover(&s->shape, &cover);
    bool more = true;
    for (int i = 0; more && i < cover.count; i++) more = find_in_range(s, &cover.ranges[i], h);
    if (h->compare && h->count > 1) qsort(h->list, h->count, sizeof(*h->list), h->compare);
}

/* --- Results --- */

static void reply_hit(client *c, const struct geo_search *s, const struct hit *hit) {
    size_t extras = (size_t)s->with_distances + s->with_hashes + s->with_positions;
    uint64_t hash = geohash_of_score(hit->item.score);
    if (extras > 0) reply_array(c, 1 + extras);
    reply_slice(c, zset_item_member(&hit->item));
    if (s->with_distances) reply_distance(c, hit->distance_m, s->unit_m);
    if (s->with_hashes) reply_integer(c, (int64_t)hash);
    if (s->with_positions) reply_position(c, geohash_decode(hash));
}

static void reply_hits(client *c, const struct geo_search *s, const struct hits *h) {
    reply_array(c, h->count);
    for (size_t i = 0; i < h->count; i++) reply_hit(c, s, &h->list[i]);
}

static void store_hits(client *c, const args *a, const struct geo_search *s, const struct hits *h) {
    struct zset_result result = {0};
    for (size_t i = 0; i < h->count; i++) {
        const struct hit *hit = &h->list[i];
        double score = s->store_distances ? hit->distance_m / s->unit_m : hit->item.score;
        zset_result_add(&result, scored_new(zset_item_member(&hit->item), score));
    }
    zset_sort(result.elements, result.count);
    key destination = args_key(a, s->destination);
    zset_result_store(c, &destination, &result,
                      s->allowed & GEO_STORES_ALWAYS ? EVENT_GEOSEARCHSTORE : EVENT_GEORADIUSSTORE);
    zset_result_free(&result);
}

static void run(client *c, const args *a, const struct geo_search *s) {
    struct hits h = {0};
    if (s->e) find(s, &h);
    if (s->destination)
        store_hits(c, a, s, &h);
    else
        reply_hits(c, s, &h);
    alloc_free(h.list, h.capacity * sizeof(*h.list));
}

/* --- Commands --- */

/* Looks the sorted set up. */
static bool open_search(client *c, const args *a, int source, struct geo_search *s) {
    key k = args_key(a, source);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return false;
    s->e = e;
    return true;
}

static void search(client *c, const args *a, const char *name, unsigned allowed, int source) {
    struct geo_search s = {.name = name, .allowed = GEO_MAY_CHOOSE | allowed};
    if (allowed & GEO_STORES_ALWAYS) s.destination = 1;
    if (!open_search(c, a, source, &s)) return;
    if (geo_parse_options(c, a, source + 1, &s)) run(c, a, &s);
    geo_search_close(&s);
}

/* GEOSEARCH key (FROMMEMBER member | FROMLONLAT longitude latitude)
 * (BYRADIUS radius unit | BYBOX width height unit) | BYPOLYGON count longitude latitude ...
 * [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH] */
void command_geosearch(client *c, const args *a) { search(c, a, "GEOSEARCH", 0, 1); }

/* GEOSEARCHSTORE destination source, and as GEOSEARCH but for WITH...; [STOREDIST] */
void command_geosearchstore(client *c, const args *a) {
    search(c, a, "GEOSEARCHSTORE", GEO_STORES_ALWAYS, 2);
}

/* GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]]
 * [ASC | DESC] [STORE key | STOREDIST key] */
static void search_around_position(client *c, const args *a, unsigned allowed) {
    struct geo_search s = {.name = "GEORADIUS", .allowed = allowed, .origin = GEO_FROM_POSITION};
    if (open_search(c, a, 1, &s) && arg_position(c, a->argv + 2, &s.shape.center) &&
        geo_parse_circle(c, a->argv + 4, &s) && geo_parse_options(c, a, 6, &s))
        run(c, a, &s);
}

/* GEORADIUSBYMEMBER key member radius unit ..., which looks at none of these if there is no such key */
static void search_around_member(client *c, const args *a, unsigned allowed) {
    struct geo_search s = {.name = "GEORADIUSBYMEMBER", .allowed = allowed, .origin = GEO_FROM_MEMBER};
    if (!open_search(c, a, 1, &s)) return;
    s.has_shape = true;
    if (s.e && (!geo_start_from_member(c, a->argv[2], &s) || !geo_parse_circle(c, a->argv + 3, &s))) return;
    if (geo_parse_options(c, a, 5, &s)) run(c, a, &s);
}

void command_georadius(client *c, const args *a) { search_around_position(c, a, GEO_MAY_STORE); }
void command_georadius_ro(client *c, const args *a) { search_around_position(c, a, 0); }
void command_georadiusbymember(client *c, const args *a) { search_around_member(c, a, GEO_MAY_STORE); }
void command_georadiusbymember_ro(client *c, const args *a) { search_around_member(c, a, 0); }
