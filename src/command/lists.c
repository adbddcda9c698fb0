/* Lists: pushing, reading, and changing in the middle. What takes from the ends is in list_pops.c. */
#include "command/handlers.h"
#include "command/support.h"
#include "store/types/list.h"

/* --- Steps that the handlers share --- */

/* Replies with an array of count elements, from the one at index on. */
static void reply_elements(client *c, const entry *e, size_t index, size_t count) {
    struct list_cursor place;
    struct packed_value v;
    reply_array(c, count);
    if (count == 0) return;
    list_seek(e, index, &place);
    for (; count > 0 && list_next(&place, &v); count--) reply_packed(c, &v);
}

/* Whether a list of len elements has one at index, which may count from the end; *place is where. */
static bool index_in(int64_t index, size_t len, size_t *place) {
    if (index < 0) index += (int64_t)len;
    *place = (size_t)index;
    return index >= 0 && index < (int64_t)len;
}

/* --- Pushing --- */

static void push(client *c, const args *a, enum list_end end, bool only_if_present) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_LIST, &e)) return;
    if (!e && only_if_present) {
        reply_integer(c, 0);
        return;
    }
    e = list_push(c->db, &k, e, end, a->argv + 2, (size_t)a->argc - 2);
    reply_integer(c, (int64_t)list_count(e));
    keyspace_changed(c->db, &k, list_push_event(end));
}

/* LPUSH key element [element ...] */
void command_lpush(client *c, const args *a) { push(c, a, LIST_HEAD, false); }

/* RPUSH key element [element ...] */
void command_rpush(client *c, const args *a) { push(c, a, LIST_TAIL, false); }

/* LPUSHX key element [element ...] */
void command_lpushx(client *c, const args *a) { push(c, a, LIST_HEAD, true); }

/* RPUSHX key element [element ...] */
void command_rpushx(client *c, const args *a) { push(c, a, LIST_TAIL, true); }

/* --- Reading --- */

/* LLEN key */
void command_llen(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_LIST, &e)) reply_integer(c, e ? (int64_t)list_count(e) : 0);
}

/* LINDEX key index */
void command_lindex(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    int64_t index;
    size_t place;
    if (!read_typed(c, &k, TYPE_LIST, &e)) return;
    if (!e) {
        reply_null(c);
        return;
    }
    if (!arg_integer(c, a->argv[2], &index)) return;
    if (!index_in(index, list_count(e), &place)) {
        reply_null(c);
        return;
    }
    struct list_cursor cursor;
    struct packed_value v;
    list_seek(e, place, &cursor);
    list_next(&cursor, &v);
    reply_packed(c, &v);
}

/* LRANGE key start stop */
void command_lrange(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    int64_t first, last;
    if (!arg_integer(c, a->argv[2], &first) || !arg_integer(c, a->argv[3], &last) ||
        !read_typed(c, &k, TYPE_LIST, &e))
        return;
    struct range r = elements_between(first, last, e ? (int64_t)list_count(e) : 0);
    reply_elements(c, e, (size_t)r.from, (size_t)(r.end - r.from));
}

struct search {
    struct packed_value element;
    int64_t rank;  /* the first match that counts, from 1; negative: from the tail */
    int64_t most;  /* that many matches, 0: all; negative: one, and not as an array */
    int64_t limit; /* elements to compare, 0: all */
};

/* Reads the options of LPOS. */
static bool read_search(client *c, const args *a, struct search *s) {
    *s = (struct search){.element = packed_value_of(a->argv[2]), .rank = 1, .most = -1};
    for (int i = 3; i < a->argc; i += 2) {
        slice option = a->argv[i];
        if (i + 1 < a->argc && slice_is(option, "RANK")) {
            if (!arg_negatable(c, a->argv[i + 1], &s->rank)) return false;
            if (s->rank == 0) {
                reply_error_text(
                    c, SLICE("ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                             "second ... or use negative to start from the end of the list"));
                return false;
            }
        } else if (i + 1 < a->argc && slice_is(option, "COUNT")) {
            if (!arg_integer_between(c, a->argv[i + 1], 0, INT64_MAX, "ERR COUNT can't be negative",
                                     &s->most))
                return false;
        } else if (i + 1 < a->argc && slice_is(option, "MAXLEN")) {
            if (!arg_integer_between(c, a->argv[i + 1], 0, INT64_MAX, "ERR MAXLEN can't be negative",
                                     &s->limit))
                return false;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

/* Goes on to the next match, whose index is returned; -1 if there is none. *compared counts the elements. */
static int64_t next_match(struct list_cursor *place, const struct search *s, int64_t len, int64_t *compared) {
    struct packed_value v;
    bool backwards = s->rank < 0;
    while (s->limit == 0 || *compared < s->limit) {
        if (!(backwards ? list_previous(place, &v) : list_next(place, &v))) break;
        ++*compared;
        if (packed_value_equal(&v, &s->element)) return backwards ? len - *compared : *compared - 1;
    }
    return -1;
}

/* LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len] */
void command_lpos(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    struct search s;
    if (!read_search(c, a, &s) || !read_typed(c, &k, TYPE_LIST, &e)) return;

    struct list_cursor place;
    int64_t len = e ? (int64_t)list_count(e) : 0, compared = 0, match = -1;
    int64_t passed_over = (s.rank < 0 ? -s.rank : s.rank) - 1;
    if (e) {
        list_seek(e, s.rank < 0 ? (size_t)len : 0, &place);
        do match = next_match(&place, &s, len, &compared);
        while (match >= 0 && passed_over-- > 0);
    }
    if (s.most < 0) {
        if (match < 0)
            reply_null(c);
        else
            reply_integer(c, match);
        return;
    }
    reply_mark mark = reply_begin(c);
    size_t count = 0;
    while (match >= 0) {
        reply_integer(c, match);
        count++;
        if (s.most > 0 && count == (size_t)s.most) break;
        match = next_match(&place, &s, len, &compared);
    }
    reply_finish_array(c, mark, count);
}

/* --- Changing in the middle --- */

/* LSET key index element */
void command_lset(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    int64_t index;
    size_t place;
    if (!write_typed(c, &k, TYPE_LIST, &e)) return;
    if (!e) {
        reply_error_text(c, SLICE("ERR no such key"));
        return;
    }
    if (!arg_integer(c, a->argv[2], &index)) return;
    e = list_expect(c->db, &k, e, a->argv[3]);
    if (!index_in(index, list_count(e), &place)) {
        reply_error_text(c, SLICE("ERR index out of range"));
        return;
    }
    list_set(c->db, &k, e, place, a->argv[3]);
    keyspace_changed(c->db, &k, EVENT_LSET);
    reply_ok(c);
}

/* LINSERT key BEFORE|AFTER pivot element */
void command_linsert(client *c, const args *a) {
    bool after = slice_is(a->argv[2], "AFTER");
    if (!after && !slice_is(a->argv[2], "BEFORE")) {
        reply_syntax_error(c);
        return;
    }
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_LIST, &e)) return;
    if (!e) {
        reply_integer(c, 0);
        return;
    }
    e = list_expect(c->db, &k, e, a->argv[4]);
    struct list_cursor place;
    struct search s = {.element = packed_value_of(a->argv[3]), .rank = 1};
    int64_t compared = 0;
    list_seek(e, 0, &place);
    int64_t pivot = next_match(&place, &s, 0, &compared);
    if (pivot < 0) {
        reply_integer(c, -1);
        return;
    }
    e = list_insert(c->db, &k, e, (size_t)pivot, after, a->argv[4]);
    keyspace_changed(c->db, &k, EVENT_LINSERT);
    reply_integer(c, (int64_t)list_count(e));
}

/* LREM key count element */
void command_lrem(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    int64_t count;
    if (!arg_negatable(c, a->argv[2], &count) || !write_typed(c, &k, TYPE_LIST, &e)) return;
    size_t removed = 0;
    if (e) {
        enum list_end end = count < 0 ? LIST_TAIL : LIST_HEAD;
        size_t limit = count == 0 ? SIZE_MAX : (size_t)(count < 0 ? -count : count);
        e = list_remove(c->db, &k, e, end, a->argv[3], limit, &removed);
    }
    if (removed > 0) {
        keyspace_changed(c->db, &k, EVENT_LREM);
        if (list_count(e) == 0) keyspace_delete(c->db, &k);
    }
    reply_integer(c, (int64_t)removed);
}

/* LTRIM key start stop */
void command_ltrim(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    int64_t first, last;
    if (!arg_integer(c, a->argv[2], &first) || !arg_integer(c, a->argv[3], &last) ||
        !write_typed(c, &k, TYPE_LIST, &e))
        return;
    if (e) {
        int64_t len = (int64_t)list_count(e);
        struct range r = elements_between(first, last, len);
        if (r.from < r.end) {
            e = list_drop(c->db, &k, e, LIST_TAIL, (size_t)(len - r.end));
            list_drop(c->db, &k, e, LIST_HEAD, (size_t)r.from);
        }
        if (r.end - r.from < len)
            keyspace_changed(c->db, &k, EVENT_LTRIM);
        else
            keyspace_announce(c->db, &k, EVENT_LTRIM); /* said even where nothing is trimmed */
        if (r.from == r.end) keyspace_delete(c->db, &k);
    }
    reply_ok(c);
}
