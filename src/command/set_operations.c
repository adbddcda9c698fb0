/* Set operations: what several sets have in common, have together, and what the first has alone.
 *
 * An intersection walks the smallest set and a difference the first one, in groups: a group is looked up in
 * one set after the other, so that cache misses overlap, and what falls out is not looked up again. A union
 * is built as a set of its own, as are results that are stored; they enter the keyspace when they are
 * complete. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "command/handlers.h"
#include "command/sets.h"

/* --- The sets that a command names --- */

/* So many sets are kept without allocating memory. */
#define SOURCES_FEW 32

struct sources {
    size_t count;
    const entry **sets; /* NULL where there is none; few, or a block of its own */
    const entry *few[SOURCES_FEW];
};

static void sources_release(struct sources *s) {
    if (s->sets != s->few) alloc_free(s->sets, s->count * sizeof(*s->sets));
}

/* Reads the sets whose keys are the count arguments from argv[first] on; to be released. Returns false,
 * having written the error, if one of them is no set. */
static bool sources_read(client *c, const args *a, int first, int count, struct sources *s) {
    s->count = (size_t)count;
    s->sets = count <= SOURCES_FEW ? s->few : alloc(s->count * sizeof(*s->sets));
    for (int done = 0, n; done < count; done += n) {
        key keys[PREFETCH_KEYS_MAX];
        n = count - done < PREFETCH_KEYS_MAX ? count - done : PREFETCH_KEYS_MAX;
        prefetch_keys(c, a, first + done, 1, n, keys);
        for (int i = 0; i < n; i++) {
            entry *e;
            if (!read_typed(c, &keys[i], TYPE_SET, &e)) {
                sources_release(s);
                return false;
            }
            s->sets[done + i] = e;
        }
    }
    return true;
}

static int smaller_first(const void *a, const void *b) {
    size_t count_a = set_count(*(const entry *const *)a), count_b = set_count(*(const entry *const *)b);
    return (count_a > count_b) - (count_a < count_b);
}

static int larger_first(const void *a, const void *b) { return smaller_first(b, a); }

/* --- Where results go --- */

/* Takes a group of members, at most SET_GROUP_MAX; returns false if no more are wanted. */
typedef bool member_sink(void *context, struct set_member *const *members, size_t count);

struct reply_sink {
    client *c;
    size_t count;
};

static bool reply_group(void *context, struct set_member *const *members, size_t count) {
    struct reply_sink *s = context;
    for (size_t i = 0; i < count; i++) reply_member(s->c, members[i]);
    s->count += count;
    return true;
}

/* A set that is being built. */
struct set_sink {
    const key *name;
    entry *set; /* NULL while it has no members */
};

static bool add_group(void *context, struct set_member *const *members, size_t count) {
    struct set_sink *s = context;
    size_t added;
    s->set = set_add_each(NULL, s->name, s->set, members, count, &added);
    return true;
}

struct count_sink {
    size_t count, limit; /* 0: none */
};

static bool count_group(void *context, struct set_member *const *members, size_t count) {
    struct count_sink *s = context;
    (void)members;
    s->count += count;
    if (s->limit == 0 || s->count < s->limit) return true;
    s->count = s->limit;
    return false;
}

/* --- The operations --- */

/* Keeps those members that are (or are not) in the set; returns how many. */
static size_t keep(const entry *set, bool those_in_it, struct set_member **members, size_t count) {
    bool found[SET_GROUP_MAX];
    size_t kept = 0;
    set_contains_each(set, members, count, found);
    for (size_t i = 0; i < count; i++)
        if (found[i] == those_in_it) members[kept++] = members[i];
    return kept;
}

/* Gives away the members of a set that are in all (or in none) of the others. */
static void filter(const entry *set, const entry *const *others, size_t other_count, bool those_in_all,
                   member_sink *sink, void *context) {
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX], *members[SET_GROUP_MAX];
    bool go_on = true;
    set_walk_begin(&w, set);
    for (size_t n; go_on && (n = set_walk_next(&w, group)) > 0;) {
        for (size_t i = 0; i < n; i++) members[i] = &group[i];
        for (size_t i = 0; i < other_count && n > 0; i++) n = keep(others[i], those_in_all, members, n);
        if (n > 0) go_on = sink(context, members, n);
    }
    set_walk_end(&w);
}

static void intersect(struct sources *s, member_sink *sink, void *context) {
    qsort(s->sets, s->count, sizeof(*s->sets), smaller_first);
    filter(s->sets[0], s->sets + 1, s->count - 1, true, sink, context);
}

static void unite(const struct sources *s, member_sink *sink, void *context) {
    for (size_t i = 0; i < s->count; i++) filter(s->sets[i], NULL, 0, true, sink, context);
}

static void subtract(struct sources *s, member_sink *sink, void *context) {
    qsort(s->sets + 1, s->count - 1, sizeof(*s->sets), larger_first);
    filter(s->sets[0], s->sets + 1, s->count - 1, false, sink, context);
}

/* Whether it takes less to copy the first set and remove the others' members from it than to look its members
 * up in all others. Redis weighs them like this, and OBJECT ENCODING tells which way a result was made. */
static bool removing_takes_less(const struct sources *s) {
    size_t lookups = 0, changes = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->sets[i]) lookups += set_count(s->sets[0]);
        changes += set_count(s->sets[i]);
    }
    return lookups / 2 > changes;
}

static bool remove_group(void *context, struct set_member *const *members, size_t count) {
    struct set_sink *s = context;
    for (size_t i = 0; i < count && set_count(s->set) > 0; i++) {
        bool removed;
        s->set = set_remove(NULL, s->name, s->set, members[i], &removed);
    }
    return set_count(s->set) > 0;
}

/* The same as subtract, by removing from a copy. */
static void subtract_from_copy(const struct sources *s, struct set_sink *result) {
    filter(s->sets[0], NULL, 0, true, add_group, result);
    for (size_t i = 1; i < s->count && set_count(result->set) > 0; i++)
        filter(s->sets[i], NULL, 0, true, remove_group, result);
}

/* --- Results as sets --- */

/* Makes the set that is the result. */
typedef void set_builder(struct sources *s, struct set_sink *result);

static void build_intersection(struct sources *s, struct set_sink *result) {
    intersect(s, add_group, result);
}

static void build_union(struct sources *s, struct set_sink *result) { unite(s, add_group, result); }

static void build_difference(struct sources *s, struct set_sink *result) {
    if (removing_takes_less(s))
        subtract_from_copy(s, result);
    else
        subtract(s, add_group, result);
}

/* --- The commands --- */

/* Replies with the result of an operation that gives every member once. */
static void reply_result(client *c, struct sources *s,
                         void (*operation)(struct sources *, member_sink *, void *)) {
    reply_mark mark = reply_begin(c);
    struct reply_sink sink = {c, 0};
    operation(s, reply_group, &sink);
    reply_finish_set(c, mark, sink.count);
    sources_release(s);
}

/* Puts the result for the sets from argv[2] on under the key at argv[1], in the place of whatever that holds,
 * and replies with its size. */
static void store_result(client *c, const args *a, set_builder *build, enum keyspace_event event) {
    struct sources s;
    if (!sources_read(c, a, 2, a->argc - 2, &s)) return;
    key destination = args_key(a, 1);
    struct set_sink result = {&destination, NULL};
    build(&s, &result);
    sources_release(&s);
    size_t count = set_count(result.set);
    if (count > 0) {
        keyspace_put_entry(c->db, &destination, result.set);
        keyspace_changed(c->db, &destination, event);
    } else {
        set_discard(result.set);
        keyspace_delete(c->db, &destination);
    }
    reply_integer(c, (int64_t)count);
}

/* SINTER key [key ...] */
void command_sinter(client *c, const args *a) {
    struct sources s;
    if (sources_read(c, a, 1, a->argc - 1, &s)) reply_result(c, &s, intersect);
}

/* SINTERSTORE destination key [key ...] */
void command_sinterstore(client *c, const args *a) {
    store_result(c, a, build_intersection, EVENT_SINTERSTORE);
}

/* Reads [LIMIT limit] from argv[first] on. Returns false, having written the error, if it is wrong. */
static bool parse_limit(client *c, const args *a, int first, size_t *limit) {
    *limit = 0;
    for (int i = first; i < a->argc; i += 2) {
        int64_t given;
        if (!slice_is(a->argv[i], "LIMIT") || i + 1 == a->argc) {
            reply_syntax_error(c);
            return false;
        }
        if (!arg_integer_between(c, a->argv[i + 1], 0, INT64_MAX, "ERR LIMIT can't be negative", &given))
            return false;
        *limit = (size_t)given;
    }
    return true;
}

/* SINTERCARD numkeys key [key ...] [LIMIT limit] */
void command_sintercard(client *c, const args *a) {
    int64_t count;
    if (!arg_integer_between(c, a->argv[1], 1, INT64_MAX, "ERR numkeys should be greater than 0", &count))
        return;
    if (count > a->argc - 2) {
        reply_error_text(c, SLICE("ERR Number of keys can't be greater than number of args"));
        return;
    }
    struct count_sink sink = {0};
    if (!parse_limit(c, a, 2 + (int)count, &sink.limit)) return;
    struct sources s;
    if (!sources_read(c, a, 2, (int)count, &s)) return;
    intersect(&s, count_group, &sink);
    sources_release(&s);
    reply_integer(c, (int64_t)sink.count);
}

/* SUNION key [key ...] */
void command_sunion(client *c, const args *a) {
    struct sources s;
    if (!sources_read(c, a, 1, a->argc - 1, &s)) return;
    key nowhere = {.name = SLICE("")};
    struct set_sink result = {&nowhere, NULL};
    build_union(&s, &result);
    sources_release(&s);
    reply_set(c, set_count(result.set));
    reply_members(c, result.set);
    set_discard(result.set);
}

/* SUNIONSTORE destination key [key ...] */
void command_sunionstore(client *c, const args *a) { store_result(c, a, build_union, EVENT_SUNIONSTORE); }

/* SDIFF key [key ...] */
void command_sdiff(client *c, const args *a) {
    struct sources s;
    if (sources_read(c, a, 1, a->argc - 1, &s)) reply_result(c, &s, subtract);
}

/* SDIFFSTORE destination key [key ...] */
void command_sdiffstore(client *c, const args *a) { store_result(c, a, build_difference, EVENT_SDIFFSTORE); }
