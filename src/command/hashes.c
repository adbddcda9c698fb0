/* Hashes: fields of hashes as a whole, counters, choices at random, scans.
 *
 * Values are replied as they are kept: an integer in a packed hash goes straight into the reply. */
#include <math.h>

#include "base/number.h"
#include "command/handlers.h"
#include "command/scan.h"
#include "command/support.h"
#include "store/types/hash.h"

/* --- Setting --- */

/* Sets the pairs from argv[2] on, whose number it checks. Returns false, having written the error, if they
 * can't be. */
static bool set_fields(client *c, const args *a, const char *name, size_t *created) {
    if (a->argc % 2 != 0) {
        reply_wrong_arity(c, name);
        return false;
    }
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return false;
    hash_set(c->db, &k, e, a->argv + 2, (size_t)a->argc / 2 - 1, false, created);
    keyspace_changed(c->db, &k, EVENT_HSET);
    return true;
}

/* HSET key field value [field value ...] */
void command_hset(client *c, const args *a) {
    size_t created;
    if (set_fields(c, a, "hset", &created)) reply_integer(c, (int64_t)created);
}

/* HMSET key field value [field value ...] */
void command_hmset(client *c, const args *a) {
    size_t created;
    if (set_fields(c, a, "hmset", &created)) reply_ok(c);
}

/* HSETNX key field value */
void command_hsetnx(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    struct packed_value present;
    bool missing = !e || !hash_find(e, a->argv[2], &present);
    if (missing) {
        size_t created;
        hash_set(c->db, &k, e, a->argv + 2, 1, false, &created);
        keyspace_changed(c->db, &k, EVENT_HSET);
    }
    reply_integer(c, missing);
}

/* HDEL key field [field ...] */
void command_hdel(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    int64_t count = 0;
    for (int i = 2; e && i < a->argc && hash_count(e) > 0; i++) {
        bool removed;
        e = hash_remove(c->db, &k, e, a->argv[i], &removed);
        count += removed;
    }
    if (count > 0) keyspace_changed(c->db, &k, EVENT_HDEL);
    if (e && hash_count(e) == 0) keyspace_delete(c->db, &k);
    reply_integer(c, count);
}

/* --- Single fields --- */

/* Finds the field at argv[2]; *found is false if it or the key is missing. Returns false, having written the
 * error, if the key is no hash. */
static inline bool read_field(client *c, const args *a, struct packed_value *value, bool *found) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return false;
    *found = e && hash_find(e, a->argv[2], value);
    return true;
}

static inline void reply_value_or_null(client *c, bool found, const struct packed_value *value) {
    if (found)
        reply_packed(c, value);
    else
        reply_null(c);
}

/* HGET key field */
void command_hget(client *c, const args *a) {
    struct packed_value value;
    bool found;
    if (read_field(c, a, &value, &found)) reply_value_or_null(c, found, &value);
}

/* HEXISTS key field */
void command_hexists(client *c, const args *a) {
    struct packed_value value;
    bool found;
    if (read_field(c, a, &value, &found)) reply_integer(c, found);
}

/* HSTRLEN key field */
void command_hstrlen(client *c, const args *a) {
    struct packed_value value;
    bool found;
    if (!read_field(c, a, &value, &found)) return;
    char scratch[NUMBER_I64_TEXT_MAX];
    reply_integer(c, found ? (int64_t)packed_text(&value, scratch).len : 0);
}

/* HMGET key field [field ...] */
void command_hmget(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;
    size_t fields = (size_t)a->argc - 2;
    reply_array(c, fields);
    for (size_t done = 0; done < fields; done += HASH_FIND_MAX) {
        size_t count = fields - done < HASH_FIND_MAX ? fields - done : HASH_FIND_MAX;
        struct packed_value values[HASH_FIND_MAX];
        bool found[HASH_FIND_MAX] = {false};
        if (e) hash_find_many(e, a->argv + 2 + done, count, values, found);
        for (size_t i = 0; i < count; i++) reply_value_or_null(c, found[i], &values[i]);
    }
}

/* --- All fields --- */

/* HLEN key */
void command_hlen(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_HASH, &e)) reply_integer(c, e ? (int64_t)hash_count(e) : 0);
}

static void reply_name(void *context, const struct hash_field *field) { reply_packed(context, &field->name); }

static void reply_value(void *context, const struct hash_field *field) {
    reply_packed(context, &field->value);
}

static void reply_field(void *context, const struct hash_field *field) {
    reply_packed(context, &field->name);
    reply_packed(context, &field->value);
}

/* The header of an aggregate whose length is known, and the end of one whose length was not. */
struct aggregate {
    void (*header)(client *c, size_t count);
    void (*finish)(client *c, reply_mark mark, size_t count);
};
static const struct aggregate map = {reply_map, reply_finish_map}, array = {reply_array, reply_finish_array};

/* Counts the fields that are replied. */
struct counted {
    client *c;
    hash_visitor *reply;
    size_t count;
};

static void reply_counted(void *context, const struct hash_field *field) {
    struct counted *counted = context;
    counted->reply(counted->c, field);
    counted->count++;
}

/* Replies with all fields, each as reply says. */
static void reply_all(client *c, const args *a, const struct aggregate *as, hash_visitor *reply) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;
    if (!e) {
        as->header(c, 0);
    } else if (hash_count_is_exact(e)) {
        as->header(c, hash_count(e));
        hash_each(e, reply, c);
    } else {
        struct counted counted = {c, reply, 0};
        reply_mark mark = reply_begin(c);
        hash_each(e, reply_counted, &counted);
        as->finish(c, mark, counted.count);
    }
}

/* HGETALL key */
void command_hgetall(client *c, const args *a) { reply_all(c, a, &map, reply_field); }

/* HKEYS key */
void command_hkeys(client *c, const args *a) { reply_all(c, a, &array, reply_name); }

/* HVALS key */
void command_hvals(client *c, const args *a) { reply_all(c, a, &array, reply_value); }

/* --- Counters --- */

static void set_field(client *c, const key *k, entry *e, slice field, slice value) {
    slice pair[2] = {field, value};
    size_t created;
    hash_set(c->db, k, e, pair, 1, true, &created);
}

/* HINCRBY key field increment */
void command_hincrby(client *c, const args *a) {
    int64_t increment, value = 0;
    if (!arg_integer(c, a->argv[3], &increment)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    struct packed_value before;
    if (e && hash_find(e, a->argv[2], &before)) {
        if (packed_is_integer(&before)) {
            value = before.integer;
        } else if (!number_parse_i64(before.text, &value)) {
            reply_error_text(c, SLICE("ERR hash value is not an integer"));
            return;
        }
    }
    if (__builtin_add_overflow(value, increment, &value)) {
        reply_error_text(c, SLICE("ERR increment or decrement would overflow"));
        return;
    }
    char text[NUMBER_I64_TEXT_MAX];
    set_field(c, &k, e, a->argv[2], (slice){text, number_format_i64(text, value)});
    keyspace_changed(c->db, &k, EVENT_HINCRBY);
    reply_integer(c, value);
}

/* HINCRBYFLOAT key field increment */
void command_hincrbyfloat(client *c, const args *a) {
    long double increment, value = 0;
    if (!number_parse_long_double(a->argv[3], &increment)) {
        reply_error_text(c, SLICE("ERR value is not a valid float"));
        return;
    }
    if (!isfinite(increment)) {
        reply_error_text(c, SLICE("ERR value is NaN or Infinity"));
        return;
    }
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    struct packed_value before;
    char scratch[NUMBER_I64_TEXT_MAX];
    if (e && hash_find(e, a->argv[2], &before) &&
        !number_parse_long_double(packed_text(&before, scratch), &value)) {
        reply_error_text(c, SLICE("ERR hash value is not a float"));
        return;
    }
    value += increment;
    if (!isfinite(value)) {
        reply_error_text(c, SLICE("ERR increment would produce NaN or Infinity"));
        return;
    }
    char text[NUMBER_LONG_DOUBLE_TEXT_MAX];
    slice result = {text, number_format_long_double_fixed(text, value)};
    set_field(c, &k, e, a->argv[2], result);
    keyspace_changed(c->db, &k, EVENT_HINCRBYFLOAT);
    reply_slice(c, result);
}

/* --- Choices --- */

/* A field with its value: in RESP3 an array of the two. */
static void reply_pair(void *context, const struct hash_field *field) {
    client *c = context;
    if (c->resp > 2) reply_array(c, 2);
    reply_field(c, field);
}

static void reply_random(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;
    struct hash_field field;
    if (e && hash_random(e, &field))
        reply_name(c, &field);
    else
        reply_null(c);
}

/* HRANDFIELD key [count [WITHVALUES]] */
void command_hrandfield(client *c, const args *a) {
    if (a->argc == 2) {
        reply_random(c, a);
        return;
    }
    int64_t count;
    bool with_values;
    if (!arg_random_count(c, a, "WITHVALUES", &count, &with_values)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;

    struct counted counted = {c, with_values ? reply_pair : reply_name, 0};
    reply_mark mark = reply_begin(c);
    if (e && count > 0) hash_random_distinct(e, (size_t)count, reply_counted, &counted);
    struct hash_field field;
    /* a reply that grows past the client's limit has it closed: the rest would be for nobody */
    for (; e && count < 0 && !(c->flags & CLIENT_CLOSE_NOW) && hash_random(e, &field); count++)
        reply_counted(&counted, &field);
    reply_finish_array(c, mark, with_values && c->resp == 2 ? 2 * counted.count : counted.count);
}

/* --- Scanning --- */

static void gather(void *context, const struct hash_field *field) {
    struct scan_found *f = context;
    if (!scan_matches(f->options, &field->name)) return;
    scan_add(f, &field->name);
    if (!f->options->no_values) scan_add(f, &field->value);
}

/* HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES] */
void command_hscan(client *c, const args *a) {
    uint64_t cursor;
    if (!scan_cursor(c, a->argv[2], &cursor)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;
    if (!e) {
        scan_reply_nothing(c);
        return;
    }
    struct scan_options options;
    if (!scan_parse_options(c, a, 3, SCAN_FIELDS, &options)) return;
    struct scan_found f;
    scan_begin(&f, &options);
    cursor = hash_scan(e, cursor, options.count, gather, &f);
    scan_reply(c, cursor, &f);
}
