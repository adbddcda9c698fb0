/* List pops: taking elements from the ends of lists, and moving them to other lists. */
#include <string.h>

#include "base/alloc.h"
#include "command/handlers.h"
#include "command/pops.h"
#include "command/support.h"
#include "server/blocking.h"
#include "store/types/list.h"

/* --- Elements at an end --- */

/* Reads the next element on the way from that end. */
static bool next_from(enum list_end end, struct list_cursor *place, struct packed_value *v) {
    return end == LIST_HEAD ? list_next(place, v) : list_previous(place, v);
}

static void seek_end(const entry *e, enum list_end end, struct list_cursor *place) {
    list_seek(e, end == LIST_HEAD ? 0 : list_count(e), place);
}

static void element_at_end(const entry *e, enum list_end end, struct packed_value *v) {
    struct list_cursor place;
    seek_end(e, end, &place);
    next_from(end, &place, v);
}

/* Takes count elements away, which were replied with, and the key with the last one. */
static void drop_elements(client *c, const key *k, entry *e, enum list_end end, size_t count) {
    if (count == 0) return;
    bool all = count == list_count(e);
    if (!all) list_drop(c->db, k, e, end, count);
    keyspace_changed(c->db, k, list_pop_event(end));
    if (all) keyspace_delete(c->db, k);
}

/* --- Takers --- */

static enum list_end end_of(const struct pop *p) { return p->last ? LIST_TAIL : LIST_HEAD; }

static void take_one(client *c, const key *k, entry *e, const struct pop *p) {
    struct packed_value v;
    element_at_end(e, end_of(p), &v);
    reply_packed(c, &v);
    drop_elements(c, k, e, end_of(p), 1);
}

static void take_many(client *c, const key *k, entry *e, const struct pop *p) {
    struct list_cursor place;
    struct packed_value v;
    size_t count = pop_count(p, list_count(e));
    reply_array(c, count);
    seek_end(e, end_of(p), &place);
    for (size_t i = 0; i < count && next_from(end_of(p), &place, &v); i++) reply_packed(c, &v);
    drop_elements(c, k, e, end_of(p), count);
}

/* With the key in front. */
static void take_keyed_one(client *c, const key *k, entry *e, const struct pop *p) {
    reply_array(c, 2);
    reply_slice(c, k->name);
    take_one(c, k, e, p);
}

static void take_keyed_many(client *c, const key *k, entry *e, const struct pop *p) {
    reply_array(c, 2);
    reply_slice(c, k->name);
    take_many(c, k, e, p);
}

/* --- Popping --- */

static void pop(client *c, const args *a, bool tail, const char *name) {
    struct pop p = {.type = TYPE_LIST, .first = 1, .keys = 1, .last = tail, .most = 1, .take = take_one};
    if (a->argc > 3) {
        reply_wrong_arity(c, name);
        return;
    }
    if (a->argc == 3) {
        p.take = take_many;
        if (!arg_integer_between(c, a->argv[2], 0, INT64_MAX, "ERR value is out of range, must be positive",
                                 &p.most))
            return;
    }
    if (pop_first(c, a, &p)) return;
    if (a->argc == 3)
        reply_null_array(c);
    else
        reply_null(c);
}

/* LPOP key [count] */
void command_lpop(client *c, const args *a) { pop(c, a, false, "lpop"); }

/* RPOP key [count] */
void command_rpop(client *c, const args *a) { pop(c, a, true, "rpop"); }

static void blocking_pop(client *c, const args *a, bool tail) {
    struct pop p = {TYPE_LIST, 1, a->argc - 2, tail, 1, take_keyed_one};
    pop_first_or_wait(c, a, &p, a->argv[a->argc - 1]);
}

/* BLPOP key [key ...] timeout */
void command_blpop(client *c, const args *a) { blocking_pop(c, a, false); }

/* BRPOP key [key ...] timeout */
void command_brpop(client *c, const args *a) { blocking_pop(c, a, true); }

/* LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count] */
void command_lmpop(client *c, const args *a) {
    struct pop p = {.type = TYPE_LIST, .take = take_keyed_many};
    if (pop_read(c, a, 1, "LEFT", "RIGHT", &p) && !pop_first(c, a, &p)) reply_null_array(c);
}

/* BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count] */
void command_blmpop(client *c, const args *a) {
    struct pop p = {.type = TYPE_LIST, .take = take_keyed_many};
    if (pop_read(c, a, 2, "LEFT", "RIGHT", &p)) pop_first_or_wait(c, a, &p, a->argv[1]);
}

/* --- Moving --- */

/* An element's text, kept while the list that it comes from changes. */
struct kept_text {
    slice text;
    char nearby[128];
};

static void keep_text(struct kept_text *kept, const struct packed_value *v) {
    char scratch[NUMBER_I64_TEXT_MAX];
    slice text = packed_text(v, scratch);
    char *bytes = text.len <= sizeof(kept->nearby) ? kept->nearby : alloc(text.len);
    memcpy(bytes, text.data, text.len);
    kept->text = (slice){bytes, text.len};
}

static void release_text(struct kept_text *kept) {
    if (kept->text.data != kept->nearby) alloc_free((char *)kept->text.data, kept->text.len);
}

/* Moves the element at one end of a list to an end of the same one. */
static void rotate(client *c, const key *k, entry *e, enum list_end from, enum list_end to, slice text) {
    if (list_count(e) > 1) list_rotate(c->db, k, e, from, to, text);
    keyspace_changed(c->db, k, list_push_event(to));
    keyspace_announce(c->db, k, list_pop_event(from));
}

/* Moves an element and replies with it. False, with nothing written, if there is none. */
static bool move(client *c, const args *a, enum list_end from, enum list_end to) {
    key source = args_key(a, 1), destination = args_key(a, 2);
    entry *e, *receiver;
    if (!write_typed(c, &source, TYPE_LIST, &e)) return true;
    if (!e) return false;
    if (!write_typed(c, &destination, TYPE_LIST, &receiver)) return true;
    struct packed_value v;
    struct kept_text kept;
    element_at_end(e, from, &v);
    reply_packed(c, &v);
    keep_text(&kept, &v);
    if (receiver == e) {
        rotate(c, &source, e, from, to, kept.text);
    } else {
        list_push(c->db, &destination, receiver, to, &kept.text, 1);
        keyspace_changed(c->db, &destination, list_push_event(to));
        drop_elements(c, &source, keyspace_peek(c->db, &source), from, 1);
    }
    release_text(&kept);
    return true;
}

static void move_or_wait(client *c, const args *a, enum list_end from, enum list_end to) {
    int64_t timeout_ms;
    if (!arg_timeout(c, a->argv[a->argc - 1], &timeout_ms) || move(c, a, from, to)) return;
    blocking_wait(c, &a->argv[1], 1, TYPE_LIST, timeout_ms, reply_null);
}

/* Reads LEFT or RIGHT. */
static bool read_end(slice arg, enum list_end *end) {
    *end = slice_is(arg, "LEFT") ? LIST_HEAD : LIST_TAIL;
    return *end == LIST_HEAD || slice_is(arg, "RIGHT");
}

static bool read_ends(client *c, const args *a, enum list_end *from, enum list_end *to) {
    if (read_end(a->argv[3], from) && read_end(a->argv[4], to)) return true;
    reply_syntax_error(c);
    return false;
}

/* LMOVE source destination LEFT|RIGHT LEFT|RIGHT */
void command_lmove(client *c, const args *a) {
    enum list_end from, to;
    if (read_ends(c, a, &from, &to) && !move(c, a, from, to)) reply_null(c);
}

/* BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout */
void command_blmove(client *c, const args *a) {
    enum list_end from, to;
    if (read_ends(c, a, &from, &to)) move_or_wait(c, a, from, to);
}

/* RPOPLPUSH source destination */
void command_rpoplpush(client *c, const args *a) {
    if (!move(c, a, LIST_TAIL, LIST_HEAD)) reply_null(c);
}

/* BRPOPLPUSH source destination timeout */
void command_brpoplpush(client *c, const args *a) { move_or_wait(c, a, LIST_TAIL, LIST_HEAD); }
