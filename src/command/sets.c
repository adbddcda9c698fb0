/* Sets: members of one set; what combines several is in set_operations.c.
 *
 * Members are replied as they are kept: an integer of a small set goes straight into the reply. */
#include "command/sets.h"

#include "command/handlers.h"
#include "command/scan.h"

void reply_members(client *c, const entry *e) {
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    set_walk_begin(&w, e);
    for (size_t n; (n = set_walk_next(&w, group)) > 0;)
        for (size_t i = 0; i < n; i++) reply_member(c, &group[i]);
    set_walk_end(&w);
}

/* After members were removed: tells of it, and deletes the key of a set that has none left. */
static void removed_from(database *db, const key *k, const entry *e, enum keyspace_event event) {
    keyspace_changed(db, k, event);
    if (set_count(e) == 0) keyspace_delete(db, k);
}

/* --- Adding and removing --- */

/* SADD key member [member ...] */
void command_sadd(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_SET, &e)) return;
    size_t added;
    set_add_texts(c->db, &k, e, a->argv + 2, (size_t)a->argc - 2, &added);
    if (added > 0) keyspace_changed(c->db, &k, EVENT_SADD);
    reply_integer(c, (int64_t)added);
}

/* SREM key member [member ...] */
void command_srem(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_SET, &e)) return;
    int64_t count = 0;
    for (int i = 2; i < a->argc && set_count(e) > 0; i++) {
        struct set_member m;
        bool removed;
        set_member_from_text(&m, a->argv[i]);
        e = set_remove(c->db, &k, e, &m, &removed);
        count += removed;
    }
    if (count > 0) removed_from(c->db, &k, e, EVENT_SREM);
    reply_integer(c, count);
}

/* Moves a member that is in the source set to another key's set, which may not exist yet. */
static void move_member(database *db, const key *from, entry *source, const key *to, struct set_member *m) {
    bool removed, added;
    source = set_remove(db, from, source, m, &removed);
    removed_from(db, from, source, EVENT_SREM);
    set_add(db, to, keyspace_peek(db, to), m, &added);
    if (added) keyspace_announce(db, to, EVENT_SADD);
}

/* SMOVE source destination member */
void command_smove(client *c, const args *a) {
    key from = args_key(a, 1), to = args_key(a, 2);
    entry *source = keyspace_write(c->db, &from), *destination;
    if (!source) {
        reply_integer(c, 0);
        return;
    }
    if (!write_typed(c, &from, TYPE_SET, &source) || !write_typed(c, &to, TYPE_SET, &destination)) return;
    struct set_member m;
    set_member_from_text(&m, a->argv[3]);
    bool found = set_contains(source, &m);
    if (found && source != destination) move_member(c->db, &from, source, &to, &m);
    reply_integer(c, found);
}

/* --- Asking --- */

/* SCARD key */
void command_scard(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_SET, &e)) reply_integer(c, (int64_t)set_count(e));
}

/* SISMEMBER key member */
void command_sismember(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_SET, &e)) return;
    struct set_member m;
    set_member_from_text(&m, a->argv[2]);
    reply_integer(c, set_contains(e, &m));
}

/* SMISMEMBER key member [member ...] */
void command_smismember(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_SET, &e)) return;
    reply_array(c, (size_t)a->argc - 2);
    for (int i = 2; i < a->argc;) {
        struct set_member group[SET_GROUP_MAX], *pointers[SET_GROUP_MAX];
        bool found[SET_GROUP_MAX];
        size_t count = 0;
        for (; i < a->argc && count < SET_GROUP_MAX; i++, count++) {
            set_member_from_text(&group[count], a->argv[i]);
            pointers[count] = &group[count];
        }
        set_contains_each(e, pointers, count, found);
        for (size_t j = 0; j < count; j++) reply_integer(c, found[j]);
    }
}

/* SMEMBERS key */
void command_smembers(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_SET, &e)) return;
    reply_set(c, set_count(e));
    reply_members(c, e);
}

static void add_if_matching(void *context, struct set_member *m) {
    struct scan_found *f = context;
    struct packed_value v = set_member_as_value(m);
    if (scan_matches(f->options, &v)) scan_add(f, &v);
}

/* SSCAN key cursor [MATCH pattern] [COUNT count] */
void command_sscan(client *c, const args *a) {
    uint64_t cursor;
    if (!scan_cursor(c, a->argv[2], &cursor)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_SET, &e)) return;
    if (!e) {
        scan_reply_nothing(c);
        return;
    }
    struct scan_options options;
    if (!scan_parse_options(c, a, 3, SCAN_MEMBERS, &options)) return;
    struct scan_found f;
    scan_begin(&f, &options);
    cursor = set_scan(e, cursor, options.count, add_if_matching, &f);
    scan_reply(c, cursor, &f);
}

/* --- Choosing at random --- */

static void reply_visited(void *context, struct set_member *m) { reply_member(context, m); }

static void pop_one(client *c, const key *k, entry *e) {
    if (set_count(e) == 1) {
        struct set_member last;
        set_random(e, &last);
        reply_member(c, &last);
        keyspace_changed(c->db, k, EVENT_SPOP);
        keyspace_delete(c->db, k);
        return;
    }
    set_pop(c->db, k, e, 1, reply_visited, c);
    keyspace_changed(c->db, k, EVENT_SPOP);
}

/* Pops count > 0 members, all if there are no more. */
static void pop_several(client *c, const key *k, entry *e, uint64_t count) {
    size_t total = set_count(e);
    if (count >= total) {
        reply_set(c, total);
        reply_members(c, e);
        keyspace_changed(c->db, k, EVENT_SPOP);
        keyspace_delete(c->db, k);
        return;
    }
    reply_set(c, count);
    set_pop(c->db, k, e, count, reply_visited, c);
    keyspace_changed(c->db, k, EVENT_SPOP);
}

/* SPOP key [count] */
void command_spop(client *c, const args *a) {
    bool counted = a->argc > 2;
    int64_t count = 1;
    if (a->argc > 3) {
        reply_syntax_error(c);
        return;
    }
    if (counted && !arg_integer_between(c, a->argv[2], 0, INT64_MAX,
                                        "ERR value is out of range, must be positive", &count))
        return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_SET, &e)) return;
    if (counted && (!e || count == 0))
        reply_set(c, 0);
    else if (counted)
        pop_several(c, &k, e, (uint64_t)count);
    else if (e)
        pop_one(c, &k, e);
    else
        reply_null(c);
}

/* A reply that grows past the client's limit has it closed: the rest would be for nobody. */
static void reply_random_members(client *c, const entry *e, uint64_t count) {
    reply_array(c, count);
    for (uint64_t i = 0; i < count && !(c->flags & CLIENT_CLOSE_NOW); i++) {
        struct set_member m;
        set_random(e, &m);
        reply_member(c, &m);
    }
}

/* SRANDMEMBER key [count] */
void command_srandmember(client *c, const args *a) {
    bool counted = a->argc > 2;
    int64_t count = -1;
    if (a->argc > 3) {
        reply_syntax_error(c);
        return;
    }
    if (counted && !arg_negatable(c, a->argv[2], &count)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_SET, &e)) return;
    if (!e || count == 0) {
        if (counted)
            reply_array(c, 0);
        else
            reply_null(c);
        return;
    }
    if (!counted) {
        struct set_member m;
        set_random(e, &m);
        reply_member(c, &m);
    } else if (count < 0) {
        reply_random_members(c, e, (uint64_t)-count);
    } else {
        size_t total = set_count(e);
        reply_array(c, (uint64_t)count < total ? (size_t)count : total);
        set_random_distinct(e, (uint64_t)count < total ? (size_t)count : total, reply_visited, c);
    }
}
