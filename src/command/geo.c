/* Geo: positions as members of a sorted set whose scores are geohashes. Searches are in geo_search.c. */
#include "command/geo_support.h"
#include "command/handlers.h"
#include "command/support.h"
#include "command/zset_support.h"

/* --- GEOADD --- */

/* Reads options from argv[*at] on, which ends up behind them. */
static unsigned parse_add_options(const args *a, int *at) {
    unsigned options = 0;
    for (*at = 2; *at < a->argc; ++*at) {
        if (slice_is(a->argv[*at], "NX"))
            options |= ZSET_ADD_NX;
        else if (slice_is(a->argv[*at], "XX"))
            options |= ZSET_ADD_XX;
        else if (slice_is(a->argv[*at], "CH"))
            options |= ZSET_ADD_CH;
        else
            break;
    }
    return options;
}

/* Turns positions into scores: nothing is changed if one of them is wrong. */
static bool parse_positions(client *c, const args *a, int first, struct zset_additions *add) {
    for (int i = 0; i < add->count; i++) {
        geo_point p;
        if (!arg_position(c, a->argv + first + i * add->stride, &p)) return false;
        add->scores[i] = (double)geohash_encode(p);
    }
    return true;
}

/* GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...] */
void command_geoadd(client *c, const args *a) {
    const int stride = 3;
    int first;
    unsigned options = parse_add_options(a, &first);
    if (first == a->argc || (a->argc - first) % stride != 0 ||
        ((options & ZSET_ADD_NX) && (options & ZSET_ADD_XX))) {
        reply_syntax_error(c);
        return;
    }
    struct zset_additions add;
    zset_additions_open(&add, a, first, stride);
    key k = args_key(a, 1);
    entry *e;
    if (parse_positions(c, a, first, &add) && write_typed(c, &k, TYPE_ZSET, &e))
        zset_add_all(c, &k, e, options, &add);
    zset_additions_close(&add);
}

/* --- Reading --- */

/* GEOPOS key [member ...] */
void command_geopos(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    reply_array(c, (size_t)a->argc - 2);
    for (int i = 2; i < a->argc; i++) {
        geo_point p;
        if (member_position(e, a->argv[i], &p))
            reply_position(c, p);
        else
            reply_null_array(c);
    }
}

/* GEOHASH key [member ...] */
void command_geohash(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    reply_array(c, (size_t)a->argc - 2);
    for (int i = 2; i < a->argc; i++) {
        struct zset_place place;
        zset_find(e, a->argv[i], &place);
        if (place.found) {
            char text[GEOHASH_TEXT_LEN];
            geohash_write_text(text, geohash_of_score(place.score));
            reply_bulk(c, text, sizeof(text));
        } else {
            reply_null(c);
        }
    }
}

/* GEODIST key member1 member2 [M | KM | FT | MI] */
void command_geodist(client *c, const args *a) {
    double unit_m = 1;
    if (a->argc > 5) {
        reply_syntax_error(c);
        return;
    }
    if (a->argc == 5 && !arg_unit(c, a->argv[4], &unit_m)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    geo_point from, to;
    if (member_position(e, a->argv[2], &from) && member_position(e, a->argv[3], &to))
        reply_distance(c, geo_distance_m(from, to), unit_m);
    else
        reply_null(c);
}
