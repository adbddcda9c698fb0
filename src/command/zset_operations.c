/* Zset operations: union, intersection and difference of sorted sets, and of sets, whose members all have
 * the score 1.
 *
 * Results are gathered as elements of their own before anything is written or replaced, since the destination
 * may be one of the inputs. */
#include <math.h>

#include "base/alloc.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"
#include "command/zset_support.h"
#include "store/types/set.h"

enum operation { UNION, INTERSECTION, DIFFERENCE };
enum aggregate { AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX };

struct input {
    const entry *e; /* NULL: no such key */
    double weight;
    size_t count;
};

/* What a command asks for. */
struct request {
    const char *name; /* of the command */
    enum operation operation;
    enum aggregate aggregate;
    bool with_scores;
    size_t limit; /* of ZINTERCARD; 0: none */
    struct input *inputs;
    int count;
};

enum request_option {
    MAY_COMBINE = 1 << 0, /* WEIGHTS, AGGREGATE */
    MAY_HAVE_SCORES = 1 << 1,
    MAY_HAVE_LIMIT = 1 << 2,
};

/* --- Reading the request --- */

/* Looks the input keys up. False, with the error written, if one is neither a sorted set nor a set. */
static bool find_inputs(client *c, const args *a, int first, struct request *r) {
    for (int i = 0; i < r->count; i++) {
        key k = args_key(a, first + i);
        const entry *e = keyspace_read(c->db, &k);
        if (e && e->type != TYPE_ZSET && e->type != TYPE_SET) {
            reply_wrong_type(c);
            return false;
        }
        size_t count = e && e->type == TYPE_SET ? set_count(e) : zset_count(e);
        r->inputs[i] = (struct input){e, 1, count};
    }
    return true;
}

static bool parse_weights(client *c, const args *a, int first, struct request *r) {
    for (int i = 0; i < r->count; i++) {
        if (number_parse_double(a->argv[first + i], &r->inputs[i].weight)) continue;
        reply_error_text(c, SLICE("ERR weight value is not a float"));
        return false;
    }
    return true;
}

static bool parse_aggregate(slice word, enum aggregate *aggregate) {
    static const char *const words[] = {"SUM", "MIN", "MAX"};
    for (enum aggregate i = AGGREGATE_SUM; i <= AGGREGATE_MAX; i++) {
        if (!slice_is(word, words[i])) continue;
        *aggregate = i;
        return true;
    }
    return false;
}

static bool parse_limit(client *c, slice arg, struct request *r) {
    int64_t limit;
    if (!arg_integer_between(c, arg, 0, INT64_MAX, "ERR LIMIT can't be negative", &limit)) return false;
    r->limit = (size_t)limit;
    return true;
}

/* Reads the options from argv[first] on. */
static bool parse_options(client *c, const args *a, int first, unsigned allowed, struct request *r) {
    for (int i = first; i < a->argc; i++) {
        slice option = a->argv[i];
        int left = a->argc - i - 1;
        if ((allowed & MAY_COMBINE) && slice_is(option, "WEIGHTS") && left >= r->count) {
            if (!parse_weights(c, a, i + 1, r)) return false;
            i += r->count;
        } else if ((allowed & MAY_COMBINE) && slice_is(option, "AGGREGATE") && left >= 1 &&
                   parse_aggregate(a->argv[i + 1], &r->aggregate)) {
            i++;
        } else if ((allowed & MAY_HAVE_SCORES) && slice_is(option, "WITHSCORES")) {
            r->with_scores = true;
        } else if ((allowed & MAY_HAVE_LIMIT) && slice_is(option, "LIMIT") && left >= 1) {
            if (!parse_limit(c, a->argv[++i], r)) return false;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

/* The inputs of which most are likely; more take memory of their own. */
#define FEW_INPUTS 16

/* Reads a request whose number of keys is argv[at]. False, with the error written, if something is wrong. The
 * request is to be closed in either case. */
static bool open_request(client *c, const args *a, int at, unsigned allowed, struct request *r,
                         struct input few[FEW_INPUTS]) {
    int64_t count;
    r->inputs = few;
    if (!arg_integer(c, a->argv[at], &count)) return false;
    if (count < 1) {
        reply_error(c, "ERR at least 1 input key is needed for '%s' command", r->name);
        return false;
    }
    if (count > a->argc - at - 1) {
        reply_syntax_error(c);
        return false;
    }
    r->count = (int)count;
    if (count > FEW_INPUTS) r->inputs = alloc((size_t)count * sizeof(*r->inputs));
    return find_inputs(c, a, at + 1, r) && parse_options(c, a, at + 1 + r->count, allowed, r);
}

static void close_request(struct request *r, const struct input few[FEW_INPUTS]) {
    if (r->inputs != few) alloc_free(r->inputs, (size_t)r->count * sizeof(*r->inputs));
}

/* --- Inputs --- */

/* Called with each member of an input and its weighted score; false to stop. */
typedef bool input_visitor(void *context, slice member, double score);

/* Infinity times zero counts as zero where members are visited; among the scores that an intersection looks
 * up it stays no number, which a sum turns into zero and a comparison passes over. */
static double weighted(const struct input *in, double score) {
    double product = in->weight * score;
    return isnan(product) ? 0 : product;
}

static void each_of_set(const struct input *in, input_visitor *visit, void *context) {
    struct set_walk walk;
    struct set_member members[SET_GROUP_MAX];
    set_walk_begin(&walk, in->e);
    bool more = true;
    for (size_t count; more && (count = set_walk_next(&walk, members)) > 0;)
        for (size_t i = 0; more && i < count; i++)
            more = visit(context, set_member_text(&members[i]), weighted(in, 1));
    set_walk_end(&walk);
}

static void each_of_zset(const struct input *in, input_visitor *visit, void *context) {
    zset_cursor cursor = zset_at(in->e, 0);
    struct zset_item item;
    while (zset_next(&cursor, &item) && visit(context, item.member, weighted(in, item.score))) continue;
}

static void each(const struct input *in, input_visitor *visit, void *context) {
    if (!in->e) return;
    if (in->e->type == TYPE_SET)
        each_of_set(in, visit, context);
    else
        each_of_zset(in, visit, context);
}

/* The weighted score that a member has in the input; false if it is not there. */
static bool find(const struct input *in, slice member, double *score) {
    if (!in->e) return false;
    if (in->e->type == TYPE_SET) {
        struct set_member m;
        set_member_from_text(&m, member);
        *score = in->weight;
        return set_contains(in->e, &m);
    }
    struct zset_place p;
    zset_find(in->e, member, &p);
    if (p.found) *score = in->weight * p.score;
    return p.found;
}

/* --- Combining --- */

/* Infinities of both signs sum up to zero. */
static double combine(enum aggregate aggregate, double a, double b) {
    switch (aggregate) {
    case AGGREGATE_MIN: return b < a ? b : a;
    case AGGREGATE_MAX: return b > a ? b : a;
    default: return isnan(a + b) ? 0 : a + b;
    }
}

/* An operation at work. */
struct work {
    const struct request *request;
    struct zset_result *result; /* NULL: only count */
    table *seen;                /* UNION: the result's elements by member */
    size_t found;
};

static bool add_to_union(void *context, slice member, double score) {
    struct work *w = context;
    uint64_t hash = hash_bytes(member);
    scored *element = table_find(w->seen, member, hash);
    if (element) {
        element->score = combine(w->request->aggregate, element->score, score);
        return true;
    }
    element = scored_new(member, score);
    table_insert(w->seen, element, hash);
    zset_result_add(w->result, element);
    return true;
}

/* Keeps a member of the first input. False when enough were found. */
static bool keep(struct work *w, slice member, double score) {
    w->found++;
    if (w->result) zset_result_add(w->result, scored_new(member, score));
    return w->found != w->request->limit;
}

static bool keep_if_in_all(void *context, slice member, double score) {
    struct work *w = context;
    const struct request *r = w->request;
    for (int i = 1; i < r->count; i++) {
        double other;
        if (!find(&r->inputs[i], member, &other)) return true;
        score = combine(r->aggregate, score, other);
    }
    return keep(w, member, score);
}

static bool keep_if_in_no_other(void *context, slice member, double score) {
    struct work *w = context;
    double other;
    for (int i = 1; i < w->request->count; i++)
        if (find(&w->request->inputs[i], member, &other)) return true;
    return keep(w, member, score);
}

/* Sorts the inputs by size: the smallest leads an intersection, and sums of fractions are made in this order.
 */
static void sort_inputs(struct request *r) {
    for (int i = 1; i < r->count; i++) {
        struct input moving = r->inputs[i];
        int at = i;
        for (; at > 0 && r->inputs[at - 1].count > moving.count; at--) r->inputs[at] = r->inputs[at - 1];
        r->inputs[at] = moving;
    }
}

/* Runs the operation; the result, if wanted, is in no order. Returns how many members were found. */
static size_t operate(struct request *r, struct zset_result *result) {
    struct work w = {r, result, NULL, 0};
    if (r->operation != DIFFERENCE) sort_inputs(r);
    switch (r->operation) {
    case UNION:
        w.seen = table_new(&table_of_scored);
        for (int i = 0; i < r->count; i++) each(&r->inputs[i], add_to_union, &w);
        table_free(w.seen, NULL);
        break;
    case INTERSECTION: each(&r->inputs[0], keep_if_in_all, &w); break;
    case DIFFERENCE: each(&r->inputs[0], keep_if_in_no_other, &w); break;
    }
    return w.found;
}

/* --- Commands --- */

static void reply_result(client *c, const struct zset_result *result, bool with_scores) {
    zset_reply_begin(c, result->count, with_scores);
    for (size_t i = 0; i < result->count; i++)
        zset_reply_item(c, scored_member(result->elements[i]), result->elements[i]->score, with_scores);
}

static void reply_with(client *c, const args *a, const char *name, enum operation operation,
                       unsigned allowed) {
    struct request r = {.name = name, .operation = operation};
    struct input few[FEW_INPUTS];
    if (open_request(c, a, 1, allowed | MAY_HAVE_SCORES, &r, few)) {
        struct zset_result result = {0};
        operate(&r, &result);
        zset_sort(result.elements, result.count);
        reply_result(c, &result, r.with_scores);
        zset_result_free(&result);
    }
    close_request(&r, few);
}

static void store(client *c, const args *a, const char *name, enum operation operation, unsigned allowed,
                  enum keyspace_event event) {
    struct request r = {.name = name, .operation = operation};
    struct input few[FEW_INPUTS];
    if (open_request(c, a, 2, allowed, &r, few)) {
        struct zset_result result = {0};
        operate(&r, &result);
        zset_sort(result.elements, result.count);
        key destination = args_key(a, 1);
        zset_result_store(c, &destination, &result, event);
        zset_result_free(&result);
    }
    close_request(&r, few);
}

/* ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES] */
void command_zunion(client *c, const args *a) { reply_with(c, a, "zunion", UNION, MAY_COMBINE); }

/* ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES] */
void command_zinter(client *c, const args *a) { reply_with(c, a, "zinter", INTERSECTION, MAY_COMBINE); }

/* ZDIFF numkeys key [key ...] [WITHSCORES] */
void command_zdiff(client *c, const args *a) { reply_with(c, a, "zdiff", DIFFERENCE, 0); }

/* ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] */
void command_zunionstore(client *c, const args *a) {
    store(c, a, "zunionstore", UNION, MAY_COMBINE, EVENT_ZUNIONSTORE);
}

/* ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] */
void command_zinterstore(client *c, const args *a) {
    store(c, a, "zinterstore", INTERSECTION, MAY_COMBINE, EVENT_ZINTERSTORE);
}

/* ZDIFFSTORE destination numkeys key [key ...] */
void command_zdiffstore(client *c, const args *a) {
    store(c, a, "zdiffstore", DIFFERENCE, 0, EVENT_ZDIFFSTORE);
}

/* ZINTERCARD numkeys key [key ...] [LIMIT limit] */
void command_zintercard(client *c, const args *a) {
    struct request r = {.name = "zintercard", .operation = INTERSECTION};
    struct input few[FEW_INPUTS];
    if (open_request(c, a, 1, MAY_HAVE_LIMIT, &r, few)) reply_integer(c, (int64_t)operate(&r, NULL));
    close_request(&r, few);
}
