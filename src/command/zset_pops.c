/* Zset pops: taking the members with the least or the greatest scores. */
#include "command/handlers.h"
#include "command/pops.h"
#include "command/support.h"
#include "command/zset_support.h"

/* --- Takers --- */

/* How popped members are written. */
enum pop_form {
    POP_FLAT,  /* member and score side by side */
    POP_PAIRS, /* as pairs in either protocol */
    POP_ITEMS, /* as members with scores are */
};

static void reply_popped(client *c, const struct zset_item *item, enum pop_form form) {
    if (form == POP_ITEMS) {
        zset_reply_item(c, item->member, item->score, true);
        return;
    }
    if (form == POP_PAIRS) reply_array(c, 2);
    reply_slice(c, item->member);
    reply_double(c, item->score);
}

/* Removes the members that are asked for and writes them. */
static void take(client *c, const key *k, entry *e, const struct pop *p, enum pop_form form) {
    size_t all = zset_count(e), count = pop_count(p, all);
    zset_cursor cursor = zset_at(e, p->last ? all : 0);
    struct zset_item item = {0};
    for (size_t i = 0; i < count && (p->last ? zset_previous : zset_next)(&cursor, &item); i++)
        reply_popped(c, &item, form);
    if (count == 0) return;
    struct zset_range range = p->last ? (struct zset_range){all - count, all} : (struct zset_range){0, count};
    e = zset_remove_range(c->db, k, e, range);
    keyspace_changed(c->db, k, p->last ? EVENT_ZPOPMAX : EVENT_ZPOPMIN);
    zset_drop_empty(c, k, e);
}

static void take_one(client *c, const key *k, entry *e, const struct pop *p) {
    reply_array(c, 2);
    take(c, k, e, p, POP_FLAT);
}

static void take_items(client *c, const key *k, entry *e, const struct pop *p) {
    zset_reply_begin(c, pop_count(p, zset_count(e)), true);
    take(c, k, e, p, POP_ITEMS);
}

/* With the key in front. */
static void take_keyed_one(client *c, const key *k, entry *e, const struct pop *p) {
    reply_array(c, 3);
    reply_slice(c, k->name);
    take(c, k, e, p, POP_FLAT);
}

static void take_keyed_pairs(client *c, const key *k, entry *e, const struct pop *p) {
    reply_array(c, 2);
    reply_slice(c, k->name);
    reply_array(c, pop_count(p, zset_count(e)));
    take(c, k, e, p, POP_PAIRS);
}

/* --- Commands --- */

static void zpop(client *c, const args *a, bool greatest) {
    struct pop p = {.type = TYPE_ZSET, .first = 1, .keys = 1, .last = greatest, .most = 1, .take = take_one};
    if (a->argc > 3) {
        reply_syntax_error(c);
        return;
    }
    if (a->argc == 3) {
        p.take = take_items;
        if (!arg_integer_between(c, a->argv[2], 0, INT64_MAX, "ERR value is out of range, must be positive",
                                 &p.most))
            return;
    }
    if (!pop_first(c, a, &p)) reply_array(c, 0);
}

/* ZPOPMIN key [count], ZPOPMAX key [count] */
void command_zpopmin(client *c, const args *a) { zpop(c, a, false); }
void command_zpopmax(client *c, const args *a) { zpop(c, a, true); }

static void bzpop(client *c, const args *a, bool greatest) {
    struct pop p = {TYPE_ZSET, 1, a->argc - 2, greatest, 1, take_keyed_one};
    pop_first_or_wait(c, a, &p, a->argv[a->argc - 1]);
}

/* BZPOPMIN key [key ...] timeout, BZPOPMAX key [key ...] timeout */
void command_bzpopmin(client *c, const args *a) { bzpop(c, a, false); }
void command_bzpopmax(client *c, const args *a) { bzpop(c, a, true); }

/* ZMPOP numkeys key [key ...] MIN | MAX [COUNT count] */
void command_zmpop(client *c, const args *a) {
    struct pop p = {.type = TYPE_ZSET, .take = take_keyed_pairs};
    if (pop_read(c, a, 1, "MIN", "MAX", &p) && !pop_first(c, a, &p)) reply_null_array(c);
}

/* BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count] */
void command_bzmpop(client *c, const args *a) {
    struct pop p = {.type = TYPE_ZSET, .take = take_keyed_pairs};
    if (pop_read(c, a, 2, "MIN", "MAX", &p)) pop_first_or_wait(c, a, &p, a->argv[1]);
}
