/* Keys: deleting, finding, renaming and moving keys, whatever they hold, and whole databases.
 *
 * Handlers that take many keys work in groups, whose cache lines are fetched together. */
#include <limits.h>
#include <string.h>

#include "base/glob.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"

/* --- Many keys at once --- */

/* Answers with the number of keys for which act returns true. */
static void reply_count(client *c, const args *a, bool (*act)(database *db, const key *k)) {
    key keys[PREFETCH_KEYS_MAX];
    int64_t count = 0;
    for (int i = 1; i < a->argc;) {
        int group = a->argc - i < PREFETCH_KEYS_MAX ? a->argc - i : PREFETCH_KEYS_MAX;
        prefetch_keys(c, a, i, 1, group, keys);
        for (int j = 0; j < group; j++) count += act(c->db, &keys[j]);
        i += group;
    }
    reply_integer(c, count);
}

static bool exists(database *db, const key *k) { return keyspace_inspect(db, k) != NULL; }
static bool touch(database *db, const key *k) { return keyspace_read(db, k) != NULL; }

/* DEL key [key ...] */
void command_del(client *c, const args *a) { reply_count(c, a, keyspace_delete); }

/* UNLINK key [key ...]: as DEL, which leaves what takes long to the background thread as well. */
void command_unlink(client *c, const args *a) { reply_count(c, a, keyspace_delete); }

/* EXISTS key [key ...] */
void command_exists(client *c, const args *a) { reply_count(c, a, exists); }

/* TOUCH key [key ...] */
void command_touch(client *c, const args *a) { reply_count(c, a, touch); }

/* --- What there is --- */

/* TYPE key */
void command_type(client *c, const args *a) {
    key k = args_key(a, 1);
    const entry *e = keyspace_inspect(c->db, &k);
    reply_status(c, e ? type_name(e->type) : "none");
}

/* DBSIZE */
void command_dbsize(client *c, const args *a) {
    (void)a;
    reply_integer(c, (int64_t)keyspace_size(c->db));
}

/* RANDOMKEY */
void command_randomkey(client *c, const args *a) {
    (void)a;
    const entry *e = keyspace_random(c->db);
    if (e)
        reply_slice(c, entry_key(e));
    else
        reply_null(c);
}

struct matches {
    client *c;
    slice pattern;
    size_t count;
};

static void reply_match(void *context, void *element) {
    struct matches *m = context;
    slice name = entry_key(element);
    if (!glob_match(m->pattern, name, false)) return;
    reply_slice(m->c, name);
    m->count++;
}

/* KEYS pattern */
void command_keys(client *c, const args *a) {
    struct matches m = {c, a->argv[1], 0};
    if (glob_is_literal(m.pattern)) { /* only one key can match */
        key k = key_of(m.pattern);
        const entry *e = keyspace_peek(c->db, &k);
        reply_array(c, e != NULL);
        if (e) reply_slice(c, entry_key(e));
        return;
    }
    reply_mark mark = reply_begin(c);
    keyspace_scan(c->db, 0, SIZE_MAX, reply_match, &m);
    reply_finish_array(c, mark, m.count);
}

/* --- Other names and other databases --- */

/* Puts what argv[1] names under argv[2]. Returns false, having written the error, if there is nothing.
 * *renamed is false if argv[2] exists and must not be replaced. */
static bool rename_key(client *c, const args *a, bool replace, bool *renamed) {
    key from = args_key(a, 1), to = key_of(a->argv[2]);
    if (!keyspace_write(c->db, &from)) {
        reply_error_text(c, SLICE("ERR no such key"));
        return false;
    }
    bool taken = keyspace_peek(c->db, &to) != NULL; /* what has expired there is told of before the rest */
    *renamed = replace || !taken;
    if (!*renamed || slice_equal(from.name, to.name)) return true;
    keyspace_rename(c->db, &from, &to);
    keyspace_changed(c->db, &from, EVENT_RENAME_FROM);
    keyspace_announce(c->db, &to, EVENT_RENAME_TO);
    return true;
}

/* RENAME key newkey */
void command_rename(client *c, const args *a) {
    bool renamed;
    if (rename_key(c, a, true, &renamed)) reply_ok(c);
}

/* RENAMENX key newkey */
void command_renamenx(client *c, const args *a) {
    bool renamed;
    if (rename_key(c, a, false, &renamed)) reply_integer(c, renamed);
}

static bool is_database(int64_t id) { return id >= 0 && id < keyspace_databases(); }

static void reply_no_such_database(client *c) { reply_error_text(c, SLICE("ERR DB index is out of range")); }

/* The database that an argument numbers. Returns false, having written the error, if there is none. */
static bool database_from_argument(client *c, slice arg, database **db) {
    int64_t id;
    if (!arg_integer(c, arg, &id)) return false;
    if (id < INT_MIN || id > INT_MAX) {
        reply_error(c, "ERR value is out of range, value must between %d and %d", INT_MIN, INT_MAX);
        return false;
    }
    if (!is_database(id)) {
        reply_no_such_database(c);
        return false;
    }
    *db = keyspace_database((int)id);
    return true;
}

static void reply_same_object(client *c) {
    reply_error_text(c, SLICE("ERR source and destination objects are the same"));
}

/* COPY source destination [DB destination-db] [REPLACE] */
void command_copy(client *c, const args *a) {
    database *to_db = c->db;
    bool replace = false;
    for (int i = 3; i < a->argc; i++) {
        if (slice_is(a->argv[i], "REPLACE")) {
            replace = true;
        } else if (slice_is(a->argv[i], "DB") && i + 1 < a->argc) {
            if (!database_from_argument(c, a->argv[++i], &to_db)) return;
        } else {
            reply_syntax_error(c);
            return;
        }
    }
    key from = args_key(a, 1), to = key_of(a->argv[2]);
    if (to_db == c->db && slice_equal(from.name, to.name)) {
        reply_same_object(c);
        return;
    }
    bool taken = keyspace_peek(to_db, &to) != NULL;
    const entry *e = keyspace_read(c->db, &from);
    if (!e || (taken && !replace)) {
        reply_integer(c, 0);
        return;
    }
    keyspace_copy(e, to_db, &to);
    keyspace_changed(to_db, &to, EVENT_COPY_TO);
    reply_integer(c, 1);
}

/* MOVE key db */
void command_move(client *c, const args *a) {
    database *to;
    if (!database_from_argument(c, a->argv[2], &to)) return;
    if (to == c->db) {
        reply_same_object(c);
        return;
    }
    key k = args_key(a, 1);
    if (!keyspace_write(c->db, &k) || keyspace_peek(to, &k)) {
        reply_integer(c, 0);
        return;
    }
    keyspace_move(c->db, to, &k);
    keyspace_changed(c->db, &k, EVENT_MOVE_FROM);
    keyspace_announce(to, &k, EVENT_MOVE_TO);
    reply_integer(c, 1);
}

/* --- Whole databases --- */

/* SWAPDB index1 index2 */
void command_swapdb(client *c, const args *a) {
    int64_t first, second;
    if (!arg_integer_between(c, a->argv[1], INT_MIN, INT_MAX, "ERR invalid first DB index", &first)) return;
    if (!arg_integer_between(c, a->argv[2], INT_MIN, INT_MAX, "ERR invalid second DB index", &second)) return;
    if (!is_database(first) || !is_database(second)) {
        reply_no_such_database(c);
        return;
    }
    keyspace_swap(keyspace_database((int)first), keyspace_database((int)second));
    reply_ok(c);
}

/* Reads the one option that flushing has, and ignores it: memory is always freed in the background, since
 * freeing many keys at once would hold everyone up. Returns false, having written the error, for anything
 * else. */
static bool flush_option(client *c, const args *a) {
    if (a->argc == 1) return true;
    if (a->argc == 2 && (slice_is(a->argv[1], "ASYNC") || slice_is(a->argv[1], "SYNC"))) return true;
    reply_syntax_error(c);
    return false;
}

/* FLUSHDB [ASYNC | SYNC] */
void command_flushdb(client *c, const args *a) {
    if (!flush_option(c, a)) return;
    keyspace_flush(c->db);
    reply_ok(c);
}

/* FLUSHALL [ASYNC | SYNC] */
void command_flushall(client *c, const args *a) {
    if (!flush_option(c, a)) return;
    keyspace_flush_all();
    reply_ok(c);
}
