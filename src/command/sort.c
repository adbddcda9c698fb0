/* Sort: the elements of a list, set or sorted set, in an order of their own or that of other keys' values.
 *
 * Elements are borrowed from the value they are in: a number or a slice each, nothing is copied. Their
 * weights, where those are other keys' values, are borrowed as well. That holds because nothing is written to
 * the keyspace before the end; what STORE makes is built beside it and put in its place as a whole.
 *
 * Without an order to make (BY a pattern without a star) only the elements that LIMIT asks for are read. */
#include "base/alloc.h"
#include "command/handlers.h"
#include "command/sort_order.h"
#include "command/sort_patterns.h"
#include "command/support.h"
#include "store/types/list.h"
#include "store/types/set.h"
#include "store/types/zset.h"

/* What a command asks for. */
struct request {
    bool alpha, descending;
    bool keep_order; /* BY a pattern that names no keys: even if another one follows */
    bool has_by;
    struct sort_pattern by;
    int64_t offset, count; /* count below 0: all */
    int store;             /* index of the destination; 0: none */
    struct sort_pattern *gets;
    size_t get_count, get_capacity;
};

/* Elements in the order in which they are in the value, or a part of them. */
struct elements {
    struct packed_value *list;
    size_t count, capacity;
};

/* --- Reading the request --- */

static void add_get(struct request *r, slice text) {
    if (r->get_count == r->get_capacity) {
        r->get_capacity = r->get_capacity > 0 ? 2 * r->get_capacity : 4;
        r->gets = alloc_resize(r->gets, r->get_capacity * sizeof(*r->gets));
    }
    r->gets[r->get_count++] = sort_pattern_of(text);
}

static void set_by(struct request *r, slice text) {
    r->by = sort_pattern_of(text);
    r->has_by = r->by.kind != PATTERN_NOTHING && r->by.kind != PATTERN_ELEMENT;
    if (!r->has_by) r->keep_order = true;
}

/* Reads the options from argv[2] on. The request is to be released in either case. */
static bool parse_options(client *c, const args *a, bool may_store, struct request *r) {
    for (int i = 2; i < a->argc; i++) {
        slice option = a->argv[i];
        int left = a->argc - i - 1;
        if (slice_is(option, "ASC")) {
            r->descending = false;
        } else if (slice_is(option, "DESC")) {
            r->descending = true;
        } else if (slice_is(option, "ALPHA")) {
            r->alpha = true;
        } else if (slice_is(option, "LIMIT") && left >= 2) {
            if (!arg_integer(c, a->argv[i + 1], &r->offset) || !arg_integer(c, a->argv[i + 2], &r->count))
                return false;
            i += 2;
        } else if (slice_is(option, "STORE") && left >= 1 && may_store) {
            r->store = ++i;
        } else if (slice_is(option, "BY") && left >= 1) {
            set_by(r, a->argv[++i]);
        } else if (slice_is(option, "GET") && left >= 1) {
            add_get(r, a->argv[++i]);
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void release_request(struct request *r) { alloc_free(r->gets, r->get_capacity * sizeof(*r->gets)); }

/* What LIMIT leaves of len elements. */
static struct range limited_range(const struct request *r, int64_t len) {
    int64_t from = r->offset > 0 ? r->offset : 0;
    if (from >= len) return (struct range){0, 0};
    bool to_the_end = r->count < 0 || r->count > len - from;
    return (struct range){from, to_the_end ? len : from + r->count};
}
static inline size_t range_len(struct range w) { return (size_t)(w.end - w.from); }

/* --- Reading the elements --- */

static int64_t count_elements(const entry *e) {
    if (!e) return 0;
    switch (e->type) {
    case TYPE_LIST: return (int64_t)list_count(e);
    case TYPE_SET: return (int64_t)set_count(e);
    default: return (int64_t)zset_count(e);
    }
}

/* The place where a walk over the range begins. */
static size_t start_of(const entry *e, struct range w, bool backwards) {
    return (size_t)(backwards ? count_elements(e) - w.from : w.from);
}

static void elements_open(struct elements *l, size_t capacity) {
    *l = (struct elements){.capacity = capacity};
    if (capacity > 0) l->list = alloc(capacity * sizeof(*l->list));
}

static void elements_release(struct elements *l) { alloc_free(l->list, l->capacity * sizeof(*l->list)); }

static void take_from_list(const entry *e, struct range w, bool backwards, struct elements *taken) {
    struct list_cursor place;
    struct packed_value v;
    list_seek(e, start_of(e, w, backwards), &place);
    while (taken->count < range_len(w) && (backwards ? list_previous(&place, &v) : list_next(&place, &v)))
        taken->list[taken->count++] = v;
}

/* A set has no order that could be turned round. */
static void take_from_set(const entry *e, struct range w, struct elements *taken) {
    struct set_walk walk;
    struct set_member group[SET_GROUP_MAX];
    size_t passed = 0, from = (size_t)w.from, end = (size_t)w.end;
    set_walk_begin(&walk, e);
    for (size_t n; passed < end && (n = set_walk_next(&walk, group)) > 0; passed += n)
        for (size_t i = passed < from ? from - passed : 0; i < n && passed + i < end; i++)
            taken->list[taken->count++] = set_member_as_value(&group[i]);
    set_walk_end(&walk);
}

static void take_from_zset(const entry *e, struct range w, bool backwards, struct elements *taken) {
    zset_cursor place = zset_at(e, start_of(e, w, backwards));
    struct zset_item item;
    while (taken->count < range_len(w) &&
           (backwards ? zset_previous(&place, &item) : zset_next(&place, &item))) {
        /* A member that is not in the value itself was an integer there. */
        bool is_integer = item.member.data == item.scratch;
        taken->list[taken->count++] =
            is_integer ? packed_value_of(item.member) : (struct packed_value){.text = item.member};
    }
}

/* Takes the elements of the range, counted from the other end if backwards; there is room for them. */
static void take_elements(const entry *e, struct range w, bool backwards, struct elements *taken) {
    if (w.from == w.end) return;
    switch (e->type) {
    case TYPE_LIST: take_from_list(e, w, backwards, taken); break;
    case TYPE_SET: take_from_set(e, w, taken); break;
    default: take_from_zset(e, w, backwards, taken); break;
    }
}

/* --- Weighing them --- */

static void read_weights(client *c, const struct request *r, const struct elements *all,
                         struct packed_value *weights) {
    struct sort_lookup lookups[SORT_LOOKUPS_MAX];
    for (size_t done = 0, n; done < all->count; done += n) {
        n = all->count - done < SORT_LOOKUPS_MAX ? all->count - done : SORT_LOOKUPS_MAX;
        for (size_t i = 0; i < n; i++)
            lookups[i] = (struct sort_lookup){.pattern = &r->by, .element = all->list[done + i]};
        sort_lookup_each(c->db, lookups, n);
        for (size_t i = 0; i < n; i++)
            weights[done + i] = lookups[i].found ? lookups[i].value : SORT_NO_WEIGHT;
    }
}

/* Adds the elements whose places in the order are in the range. False, with the error written, if
 * there is a weight that should be a number and is none. */
static bool sort_elements(client *c, const struct request *r, const struct elements *all, struct range w,
                          struct elements *sorted) {
    struct packed_value *weights = r->has_by ? alloc(all->count * sizeof(*weights)) : all->list;
    struct sort_order order = {
        .elements = all->list,
        .weights = weights,
        .count = all->count,
        /* Lists that are stored are the same on every server. */
        .by = !r->alpha  ? SORT_NUMBERS
              : r->store ? SORT_BYTES
                         : SORT_TEXTS,
        .descending = r->descending,
        .places = alloc(all->count * sizeof(*order.places)),
    };
    if (r->has_by) read_weights(c, r, all, weights);
    bool ranked = sort_order_rank(&order);
    if (ranked) {
        const struct sort_place *first = &order.places[w.from];
        sort_order_window(&order, (size_t)w.from, (size_t)w.end);
        for (size_t i = 0; i < range_len(w); i++) sorted->list[sorted->count++] = all->list[first[i].index];
    } else {
        reply_error_text(c, SLICE("ERR One or more scores can't be converted into double"));
    }
    alloc_free(order.places, all->count * sizeof(*order.places));
    if (r->has_by) alloc_free(weights, all->count * sizeof(*weights));
    return ranked;
}

/* Takes the elements that are the result, in their order. False with the error written. */
static bool make_result(client *c, const struct request *r, const entry *e, struct range w,
                        struct elements *result) {
    if (!e) return true;
    if (r->keep_order) {
        take_elements(e, w, r->descending, result);
        return true;
    }
    struct elements all;
    elements_open(&all, (size_t)count_elements(e));
    take_elements(e, (struct range){0, count_elements(e)}, false, &all);
    bool sorted = sort_elements(c, r, &all, w, result);
    elements_release(&all);
    return sorted;
}

/* --- Giving away what GET asks for --- */

/* Told what each pattern says of each element, in order. */
typedef void value_sink(void *context, const struct sort_lookup *l);

static void get_values(client *c, const struct request *r, const struct elements *result, value_sink *sink,
                       void *context) {
    static const struct sort_pattern element_itself = {.kind = PATTERN_ELEMENT};
    const struct sort_pattern *patterns = r->get_count > 0 ? r->gets : &element_itself;
    size_t per_element = r->get_count > 0 ? r->get_count : 1, total = result->count * per_element;
    struct sort_lookup lookups[SORT_LOOKUPS_MAX];
    size_t element = 0, pattern = 0;
    for (size_t done = 0, n; done < total; done += n) {
        n = total - done < SORT_LOOKUPS_MAX ? total - done : SORT_LOOKUPS_MAX;
        for (size_t i = 0; i < n; i++) {
            lookups[i] =
                (struct sort_lookup){.pattern = &patterns[pattern], .element = result->list[element]};
            if (++pattern == per_element) {
                pattern = 0;
                element++;
            }
        }
        sort_lookup_each(c->db, lookups, n);
        for (size_t i = 0; i < n; i++) sink(context, &lookups[i]);
    }
}

static void reply_value(void *context, const struct sort_lookup *l) {
    client *c = context;
    if (l->found)
        reply_packed(c, &l->value);
    else
        reply_null(c);
}

static void reply_result(client *c, const struct request *r, const struct elements *result) {
    reply_array(c, result->count * (r->get_count > 0 ? r->get_count : 1));
    get_values(c, r, result, reply_value, c);
}

/* A list has no nulls: what is missing is empty there. */
static void add_value(void *context, const struct sort_lookup *l) {
    struct packed_value empty = {.text = SLICE("")};
    list_draft_add(context, l->found ? &l->value : &empty);
}

static void store_result(client *c, const struct request *r, const struct elements *result,
                         const key *destination) {
    if (result->count == 0) {
        keyspace_delete(c->db, destination);
        reply_integer(c, 0);
        return;
    }
    struct list *draft = list_draft_new();
    get_values(c, r, result, add_value, draft);
    keyspace_put_entry(c->db, destination, list_draft_finish(draft, destination->name));
    keyspace_changed(c->db, destination, EVENT_SORTSTORE);
    reply_integer(c, (int64_t)(result->count * (r->get_count > 0 ? r->get_count : 1)));
}

/* --- The commands --- */

/* The value to sort, NULL if there is none. False, with the error written, if it has no elements to sort. */
static bool read_source(client *c, const args *a, const entry **e) {
    key source = args_key(a, 1);
    *e = keyspace_read(c->db, &source);
    if (!*e || (*e)->type == TYPE_LIST || (*e)->type == TYPE_SET || (*e)->type == TYPE_ZSET) return true;
    reply_wrong_type(c);
    return false;
}

/* A list made of a set that has no order would be another one on every server. */
static void ask_for_order(struct request *r, const entry *e) {
    if (!e || e->type != TYPE_SET || !r->keep_order || !r->store) return;
    r->keep_order = r->has_by = false;
    r->alpha = true;
}

static void run(client *c, const args *a, struct request *r) {
    const entry *e;
    if (!read_source(c, a, &e)) return;
    ask_for_order(r, e);
    struct range w = limited_range(r, count_elements(e));
    struct elements result;
    elements_open(&result, range_len(w));
    if (make_result(c, r, e, w, &result)) {
        if (r->store) {
            key destination = args_key(a, r->store);
            store_result(c, r, &result, &destination);
        } else {
            reply_result(c, r, &result);
        }
    }
    elements_release(&result);
}

static void sort(client *c, const args *a, bool may_store) {
    struct request r = {.count = -1};
    if (parse_options(c, a, may_store, &r)) run(c, a, &r);
    release_request(&r);
}

/* SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]
 *   [STORE destination] */
void command_sort(client *c, const args *a) { sort(c, a, true); }

/* SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] */
void command_sort_ro(client *c, const args *a) { sort(c, a, false); }
