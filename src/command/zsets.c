/* Zsets: sorted sets, member by member. Ranges are in zset_ranges.c, operations on several in
 * zset_operations.c. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/random.h"
#include "base/sample.h"
#include "command/handlers.h"
#include "command/scan.h"
#include "command/support.h"
#include "command/zset_support.h"
#include "server/config/config.h"

/* --- ZADD, ZINCRBY --- */

/* Reads options from argv[*at] on, which ends up behind them. */
static unsigned parse_add_options(const args *a, int *at) {
    static const char *const words[] = {"NX", "XX", "GT", "LT", "CH", "INCR"};
    const int word_count = sizeof(words) / sizeof(*words);
    unsigned options = 0;
    for (*at = 2; *at < a->argc; ++*at) {
        int i = 0;
        while (i < word_count && !slice_is(a->argv[*at], words[i])) i++;
        if (i == word_count) break;
        options |= 1u << i;
    }
    return options;
}

static bool check_add_options(client *c, unsigned options, int arguments) {
    if (arguments == 0 || arguments % 2 != 0)
        reply_syntax_error(c);
    else if ((options & ZSET_ADD_NX) && (options & ZSET_ADD_XX))
        reply_error_text(c, SLICE("ERR XX and NX options at the same time are not compatible"));
    else if (((options & ZSET_ADD_NX) && (options & (ZSET_ADD_GT | ZSET_ADD_LT))) ||
             ((options & ZSET_ADD_GT) && (options & ZSET_ADD_LT)))
        reply_error_text(c, SLICE("ERR GT, LT, and/or NX options at the same time are not compatible"));
    else if ((options & ZSET_ADD_INCR) && arguments > 2)
        reply_error_text(c, SLICE("ERR INCR option supports a single increment-element pair"));
    else
        return true;
    return false;
}

/* The common end of ZADD with INCR and ZINCRBY. */
static void increment(client *c, const key *k, entry *e, unsigned options, slice member, double score) {
    e = zset_entry_to_add(c, k, e, options, 1, member);
    enum zset_outcome outcome = zset_add(c, k, &e, options | ZSET_ADD_INCR, member, &score);
    if (outcome == ZSET_NOT_A_NUMBER) {
        reply_error_text(c, SLICE("ERR resulting score is not a number (NaN)"));
        return;
    }
    if (outcome == ZSET_REFUSED) {
        reply_null(c);
        return;
    }
    if (outcome != ZSET_UNCHANGED) keyspace_changed(c->db, k, EVENT_ZINCR);
    reply_double(c, score);
}

/* Reads the scores of all pairs: nothing is changed if one of them is wrong. */
static bool parse_scores(client *c, const args *a, int first, struct zset_additions *add) {
    for (int i = 0; i < add->count; i++)
        if (!arg_double(c, a->argv[first + 2 * i], &add->scores[i])) return false;
    return true;
}

/* ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...] */
void command_zadd(client *c, const args *a) {
    int first;
    unsigned options = parse_add_options(a, &first);
    if (!check_add_options(c, options, a->argc - first)) return;

    struct zset_additions add;
    zset_additions_open(&add, a, first, 2);
    key k = args_key(a, 1);
    entry *e;
    if (parse_scores(c, a, first, &add) && write_typed(c, &k, TYPE_ZSET, &e)) {
        if (options & ZSET_ADD_INCR)
            increment(c, &k, e, options, add.members[0], add.scores[0]);
        else
            zset_add_all(c, &k, e, options, &add);
    }
    zset_additions_close(&add);
}

/* ZINCRBY key increment member */
void command_zincrby(client *c, const args *a) {
    double score;
    int at;
    /* A word that is an option of ZADD is taken for one here too; what is left is no pair then. */
    if (parse_add_options(a, &at)) {
        reply_syntax_error(c);
        return;
    }
    if (!arg_double(c, a->argv[2], &score)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_ZSET, &e)) return;
    increment(c, &k, e, 0, a->argv[3], score);
}

/* --- Removing --- */

/* ZREM key member [member ...] */
void command_zrem(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_ZSET, &e)) return;
    int64_t removed = 0;
    for (int i = 2; i < a->argc; i++) {
        struct zset_place p;
        zset_find(e, a->argv[i], &p);
        if (!p.found) continue;
        e = zset_remove(c->db, &k, e, &p);
        removed++;
    }
    if (removed > 0) {
        keyspace_changed(c->db, &k, EVENT_ZREM);
        zset_drop_empty(c, &k, e);
    }
    reply_integer(c, removed);
}

/* --- Reading --- */

/* ZCARD key */
void command_zcard(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_ZSET, &e)) reply_integer(c, (int64_t)zset_count(e));
}

static void reply_score(client *c, const entry *e, slice member) {
    struct zset_place p;
    zset_find(e, member, &p);
    if (p.found)
        reply_double(c, p.score);
    else
        reply_null(c);
}

/* ZSCORE key member */
void command_zscore(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_ZSET, &e)) reply_score(c, e, a->argv[2]);
}

/* ZMSCORE key member [member ...] */
void command_zmscore(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    reply_array(c, (size_t)a->argc - 2);
    for (int i = 2; i < a->argc; i++) reply_score(c, e, a->argv[i]);
}

static void rank(client *c, const args *a, bool reverse) {
    if (a->argc > 4) {
        reply_wrong_arity(c, reverse ? "zrevrank" : "zrank");
        return;
    }
    bool with_score = a->argc == 4 && slice_is(a->argv[3], "WITHSCORE");
    if (a->argc == 4 && !with_score) {
        reply_syntax_error(c);
        return;
    }
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    struct zset_place p;
    zset_find(e, a->argv[2], &p);
    if (!p.found) {
        if (with_score)
            reply_null_array(c);
        else
            reply_null(c);
        return;
    }
    size_t rank = zset_rank(e, &p);
    if (with_score) reply_array(c, 2);
    reply_integer(c, (int64_t)(reverse ? zset_count(e) - 1 - rank : rank));
    if (with_score) reply_double(c, p.score);
}

/* ZRANK key member [WITHSCORE], ZREVRANK key member [WITHSCORE] */
void command_zrank(client *c, const args *a) { rank(c, a, false); }
void command_zrevrank(client *c, const args *a) { rank(c, a, true); }

/* --- ZRANDMEMBER --- */

static void item_at(const entry *e, size_t rank, struct zset_item *item) {
    zset_cursor cursor = zset_at(e, rank);
    zset_next(&cursor, item);
}

static void reply_random(client *c, const entry *e, uint64_t times, bool with_scores) {
    struct zset_item item;
    zset_reply_begin(c, times, with_scores);
    for (uint64_t i = 0; i < times && !(c->flags & CLIENT_CLOSE_NOW); i++) {
        item_at(e, random_below(zset_count(e)), &item);
        zset_reply_item(c, item.member, item.score, with_scores);
    }
}

static void reply_sample_by_walk(client *c, const entry *e, size_t count, bool with_scores) {
    zset_cursor cursor = zset_at(e, 0);
    struct zset_item item;
    sample s = {count, zset_count(e)};
    while (s.wanted > 0 && zset_next(&cursor, &item))
        if (sample_takes(&s)) zset_reply_item(c, item.member, item.score, with_scores);
}

/* Draws ranks until count different ones have come up: for a small part of the members. */
static void reply_sample_by_rank(client *c, const entry *e, size_t count, bool with_scores) {
    drawn ranks = drawn_open(count);
    while (count > 0) {
        size_t rank = random_below(zset_count(e));
        if (!drawn_add(&ranks, rank + 1)) continue;
        struct zset_item item;
        item_at(e, rank, &item);
        zset_reply_item(c, item.member, item.score, with_scores);
        count--;
    }
    drawn_close(&ranks);
}

/* From this part of all members on, walking over all of them is faster than drawing. */
#define WALK_FROM_PART 8

static void reply_distinct(client *c, const entry *e, uint64_t wanted, bool with_scores) {
    size_t all = zset_count(e), count = wanted < all ? (size_t)wanted : all;
    zset_reply_begin(c, count, with_scores);
    if (count >= all / WALK_FROM_PART)
        reply_sample_by_walk(c, e, count, with_scores);
    else
        reply_sample_by_rank(c, e, count, with_scores);
}

/* ZRANDMEMBER key [count [WITHSCORES]] */
void command_zrandmember(client *c, const args *a) {
    int64_t count = 0;
    bool with_scores = false;
    if (a->argc > 2 && !arg_random_count(c, a, "WITHSCORES", &count, &with_scores)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    if (a->argc == 2) {
        struct zset_item item;
        if (e) {
            item_at(e, random_below(zset_count(e)), &item);
            reply_slice(c, item.member);
        } else {
            reply_null(c);
        }
    } else if (!e || count == 0) {
        reply_array(c, 0);
    } else if (count < 0) {
        reply_random(c, e, (uint64_t)-count, with_scores);
    } else {
        reply_distinct(c, e, (uint64_t)count, with_scores);
    }
}

/* --- ZSCAN --- */

/* What a scan has found so far. */
struct scan_gathering {
    const struct scan_options *options;
    struct zset_item *items;
    size_t count, capacity;
};

static void gather(void *context, const struct zset_item *item) {
    struct scan_gathering *g = context;
    struct packed_value member = {.text = item->member};
    if (!scan_matches(g->options, &member)) return;
    alloc_make_room(g->items, g->count, g->capacity);
    g->items[g->count++] = zset_item_keep(item);
}

/* Scores are texts here in either protocol; of large sorted sets they have all 17 digits. */
static void reply_scanned_score(client *c, double score, bool packed) {
    char text[NUMBER_DOUBLE_TEXT_MAX];
    if (packed)
        reply_bulk(c, text, number_format_double(text, score));
    else
        reply_bulk_format(c, "%.17g", score);
}

static void reply_scanned(client *c, const struct scan_gathering *g, bool packed) {
    for (size_t i = 0; i < g->count; i++) {
        const struct zset_item *item = &g->items[i];
        reply_slice(c, zset_item_member(item));
        if (!g->options->no_values) reply_scanned_score(c, item->score, packed);
    }
}

/* ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES] */
void command_zscan(client *c, const args *a) {
    uint64_t cursor;
    if (!scan_cursor(c, a->argv[2], &cursor)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    if (!e) {
        scan_reply_nothing(c);
        return;
    }
    struct scan_options options;
    if (!scan_parse_options(c, a, 3, SCAN_SCORED, &options)) return;
    struct scan_gathering g = {.options = &options};
    cursor = zset_scan(e, cursor, options.count, gather, &g);
    reply_array(c, 2);
    reply_bulk_integer(c, (int64_t)cursor);
    reply_array(c, options.no_values ? g.count : 2 * g.count);
    reply_scanned(c, &g, zset_is_packed(e));
    alloc_free(g.items, g.capacity * sizeof(*g.items));
}
