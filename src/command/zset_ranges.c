/* Zset ranges: parts of a sorted set by rank, by score or by member.
 *
 * Whatever the form, a range becomes the ranks it begins and ends at, which the structure finds quickly;
 * LIMIT then moves those, and what is left is walked, counted, stored or removed. */
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"
#include "command/zset_support.h"

enum range_kind { BY_RANK, BY_SCORE, BY_MEMBER };

/* One end of a range by score or member. */
struct edge {
    struct btree_bound bound;
    bool beyond_all; /* behind all members, whatever they are */
};

/* What a command asks for. */
struct range_request {
    enum range_kind kind;
    bool reverse, with_scores;
    int64_t offset, limit; /* limit < 0: no limit */
    int64_t first, last;   /* BY_RANK: as given */
    struct edge from, end; /* else */
};

/* --- Reading ranges --- */

/* Reads an end by score: "1.5", or "(1.5" without the score itself. */
static bool parse_score_edge(slice text, bool is_end, struct edge *edge) {
    bool exclusive = text.len > 0 && text.data[0] == '(';
    if (exclusive) text = (slice){text.data + 1, text.len - 1};
    *edge = (struct edge){.bound = {.has_score = true, .after = exclusive != is_end}};
    return number_parse_lenient_double(text, &edge->bound.score);
}

/* Reads an end by member: "[abc", "(abc" without the member itself, "-" before and "+" behind all. */
static bool parse_member_edge(slice text, bool is_end, struct edge *edge) {
    *edge = (struct edge){.bound = {.has_member = true, .member = SLICE("")}};
    if (slice_equal(text, SLICE("-"))) return true;
    if (slice_equal(text, SLICE("+"))) {
        edge->beyond_all = true;
        return true;
    }
    if (text.len == 0 || (text.data[0] != '[' && text.data[0] != '(')) return false;
    edge->bound.member = (slice){text.data + 1, text.len - 1};
    edge->bound.after = (text.data[0] == '(') != is_end;
    return true;
}

/* Reads both ends, given in the order of the request. */
static bool parse_ends(client *c, slice first, slice last, struct range_request *r) {
    if (r->kind == BY_RANK) return arg_integer(c, first, &r->first) && arg_integer(c, last, &r->last);
    slice least = r->reverse ? last : first, most = r->reverse ? first : last;
    if (r->kind == BY_SCORE) {
        if (parse_score_edge(least, false, &r->from) && parse_score_edge(most, true, &r->end)) return true;
        reply_error_text(c, SLICE("ERR min or max is not a float"));
    } else {
        if (parse_member_edge(least, false, &r->from) && parse_member_edge(most, true, &r->end)) return true;
        reply_error_text(c, SLICE("ERR min or max not valid string range item"));
    }
    return false;
}

static size_t rank_of_edge(const entry *e, const struct edge *edge) {
    return edge->beyond_all ? zset_count(e) : zset_rank_of_bound(e, &edge->bound);
}

/* The ranks of a request by rank; the greatest member is 0 if reverse. */
static struct zset_range ranks_between(const struct range_request *r, size_t len) {
    struct range given = elements_between(r->first, r->last, (int64_t)len);
    size_t from = (size_t)given.from, end = (size_t)given.end;
    return r->reverse ? (struct zset_range){len - end, len - from} : (struct zset_range){from, end};
}

/* The ranks that the request means. */
static struct zset_range resolve(const entry *e, const struct range_request *r) {
    if (!e) return (struct zset_range){0, 0};
    if (r->kind == BY_RANK) return ranks_between(r, zset_count(e));
    struct zset_range range = {rank_of_edge(e, &r->from), rank_of_edge(e, &r->end)};
    size_t count = range.from < range.end ? range.end - range.from : 0;
    int64_t first = r->offset;
    if (first < 0 && !zset_is_packed(e)) first += (int64_t)count; /* from the end, but of large ones only */
    if (first < 0 || (uint64_t)first >= count) return (struct zset_range){0, 0};
    size_t offset = (size_t)first, limit = count - offset;
    if (r->limit >= 0 && (uint64_t)r->limit < limit) limit = (size_t)r->limit;
    if (r->reverse) return (struct zset_range){range.end - offset - limit, range.end - offset};
    return (struct zset_range){range.from + offset, range.from + offset + limit};
}

/* --- ZRANGE and the older commands that it replaces --- */

enum range_option {
    MAY_CHOOSE = 1 << 0, /* BYSCORE, BYLEX and REV */
    MAY_HAVE_SCORES = 1 << 1,
};

/* Reads the options from argv[first] on. */
static bool parse_options(client *c, const args *a, int first, unsigned allowed, struct range_request *r) {
    bool chosen = false;
    r->limit = -1;
    for (int i = first; i < a->argc; i++) {
        slice option = a->argv[i];
        if ((allowed & MAY_HAVE_SCORES) && slice_is(option, "WITHSCORES")) {
            r->with_scores = true;
        } else if (slice_is(option, "LIMIT") && i + 2 < a->argc) {
            if (!arg_integer(c, a->argv[i + 1], &r->offset) || !arg_integer(c, a->argv[i + 2], &r->limit))
                return false;
            i += 2;
        } else if ((allowed & MAY_CHOOSE) && !r->reverse && slice_is(option, "REV")) {
            r->reverse = true;
        } else if ((allowed & MAY_CHOOSE) && !chosen && slice_is(option, "BYSCORE")) {
            r->kind = BY_SCORE;
            chosen = true;
        } else if ((allowed & MAY_CHOOSE) && !chosen && slice_is(option, "BYLEX")) {
            r->kind = BY_MEMBER;
            chosen = true;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    if (r->kind == BY_RANK && r->limit != -1)
        reply_error_text(c, SLICE("ERR syntax error, LIMIT is only supported in combination with either "
                                  "BYSCORE or BYLEX"));
    else if (r->kind == BY_MEMBER && r->with_scores)
        reply_error_text(c, SLICE("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
    else
        return true;
    return false;
}

static void reply_range(client *c, const entry *e, struct zset_range range, const struct range_request *r) {
    size_t count = range.end - range.from;
    zset_reply_begin(c, count, r->with_scores);
    zset_cursor cursor = zset_at(e, r->reverse ? range.end : range.from);
    struct zset_item item = {0};
    for (size_t i = 0; i < count && (r->reverse ? zset_previous : zset_next)(&cursor, &item); i++)
        zset_reply_item(c, item.member, item.score, r->with_scores);
}

static void range(client *c, const args *a, enum range_kind kind, bool reverse, unsigned allowed) {
    struct range_request r = {.kind = kind, .reverse = reverse};
    if (!parse_options(c, a, 4, allowed | MAY_HAVE_SCORES, &r)) return;
    if (!parse_ends(c, a->argv[2], a->argv[3], &r)) return;
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_ZSET, &e)) reply_range(c, e, resolve(e, &r), &r);
}

/* ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES] */
void command_zrange(client *c, const args *a) { range(c, a, BY_RANK, false, MAY_CHOOSE); }

/* ZREVRANGE key start stop [WITHSCORES] */
void command_zrevrange(client *c, const args *a) { range(c, a, BY_RANK, true, 0); }

/* ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]; ZREVRANGEBYSCORE key max min ... */
void command_zrangebyscore(client *c, const args *a) { range(c, a, BY_SCORE, false, 0); }
void command_zrevrangebyscore(client *c, const args *a) { range(c, a, BY_SCORE, true, 0); }

/* ZRANGEBYLEX key min max [LIMIT offset count]; ZREVRANGEBYLEX key max min ... */
void command_zrangebylex(client *c, const args *a) { range(c, a, BY_MEMBER, false, 0); }
void command_zrevrangebylex(client *c, const args *a) { range(c, a, BY_MEMBER, true, 0); }

/* ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] */
void command_zrangestore(client *c, const args *a) {
    struct range_request r = {.kind = BY_RANK};
    if (!parse_options(c, a, 5, MAY_CHOOSE, &r)) return;
    if (!parse_ends(c, a->argv[3], a->argv[4], &r)) return;
    key destination = args_key(a, 1), source = args_key(a, 2);
    entry *e;
    if (!read_typed(c, &source, TYPE_ZSET, &e)) return;
    struct zset_range ranks = resolve(e, &r);
    struct zset_result result = {0};
    zset_cursor cursor = zset_at(e, ranks.from);
    struct zset_item item;
    for (size_t i = ranks.from; i < ranks.end && zset_next(&cursor, &item); i++)
        zset_result_add(&result, scored_new(item.member, item.score));
    zset_result_store(c, &destination, &result, EVENT_ZRANGESTORE);
    zset_result_free(&result);
}

/* --- Counting --- */

static void count(client *c, const args *a, enum range_kind kind) {
    struct range_request r = {.kind = kind, .limit = -1};
    if (!parse_ends(c, a->argv[2], a->argv[3], &r)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_ZSET, &e)) return;
    struct zset_range ranks = resolve(e, &r);
    reply_integer(c, (int64_t)(ranks.end - ranks.from));
}

/* ZCOUNT key min max, ZLEXCOUNT key min max */
void command_zcount(client *c, const args *a) { count(c, a, BY_SCORE); }
void command_zlexcount(client *c, const args *a) { count(c, a, BY_MEMBER); }

/* --- Removing --- */

static void remove_range(client *c, const args *a, enum range_kind kind, enum keyspace_event event) {
    struct range_request r = {.kind = kind, .limit = -1};
    if (!parse_ends(c, a->argv[2], a->argv[3], &r)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_ZSET, &e)) return;
    struct zset_range ranks = resolve(e, &r);
    if (ranks.from < ranks.end) {
        e = zset_remove_range(c->db, &k, e, ranks);
        keyspace_changed(c->db, &k, event);
        zset_drop_empty(c, &k, e);
    }
    reply_integer(c, (int64_t)(ranks.end - ranks.from));
}

/* ZREMRANGEBYRANK key start stop, ZREMRANGEBYSCORE key min max, ZREMRANGEBYLEX key min max */
void command_zremrangebyrank(client *c, const args *a) { remove_range(c, a, BY_RANK, EVENT_ZREMRANGEBYRANK); }
void command_zremrangebyscore(client *c, const args *a) {
    remove_range(c, a, BY_SCORE, EVENT_ZREMRANGEBYSCORE);
}
void command_zremrangebylex(client *c, const args *a) { remove_range(c, a, BY_MEMBER, EVENT_ZREMRANGEBYLEX); }
