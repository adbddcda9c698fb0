/* Strings: values as a whole, counters and ranges.
 *
 * GET, SET, INCR, MGET and MSET are what servers of this kind spend their days with: they take one lookup per
 * key, look at options only if there are any, and have the cache lines of many keys fetched together. Large
 * values are not copied: an argument that was received in a blob becomes the value, and a value that is a
 * blob is sent from where it lies. */
#include <limits.h>
#include <math.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"
#include "net/batch.h"
#include "server/config/config.h"
#include "store/types/string.h"

/* Shorter arguments are copied, without asking whether they were received in a blob. */
#define ADOPTED_MIN_BYTES (64 * 1024)
/* From here on a part of a blob is sent from the blob; below it copying costs less than holding it. */
#define RANGE_BY_REFERENCE_BYTES (16 * 1024)

/* --- Steps that the handlers share --- */

/* Gives the key an argument's bytes as its value, and announces nothing. */
static inline void put_argument(client *c, const key *k, slice value, int64_t expiry_ms) {
    blob *received = unlikely(value.len >= ADOPTED_MIN_BYTES) ? batch_take_blob(value) : NULL;
    if (received)
        keyspace_put_blob(c->db, k, received, expiry_ms);
    else
        keyspace_put_string(c->db, k, value, expiry_ms);
}

/* Sets the key as SET and its relatives do. If the expiry has passed, the next lookup will find that. */
static void set_key(client *c, const key *k, slice value, int64_t expiry_ms) {
    bool expires = expiry_ms != KEEP_EXPIRY && expiry_ms != NO_EXPIRY;
    put_argument(c, k, value, expiry_ms);
    keyspace_changed(c->db, k, EVENT_SET);
    if (expires) keyspace_announce(c->db, k, EVENT_EXPIRE);
}

static inline void reply_string(client *c, const entry *e) {
    blob *b = string_blob(e);
    if (unlikely(b)) {
        reply_blob(c, b, 0, b->len);
        return;
    }
    char scratch[STRING_SCRATCH_BYTES];
    reply_slice(c, string_view(e, scratch));
}

static inline void reply_string_or_null(client *c, const entry *e) {
    if (e)
        reply_string(c, e);
    else
        reply_null(c);
}

/* Whether the entry is a string of those bytes. */
static bool holds(const entry *e, slice value) {
    char scratch[STRING_SCRATCH_BYTES];
    return e && slice_equal(string_view(e, scratch), value);
}

/* Whether a string may get that long; writes the error reply if not. */
static bool length_allowed(client *c, uint64_t len) {
    if (len <= config.proto_max_bulk_len_bytes) return true;
    reply_error_text(c, SLICE("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
    return false;
}

/* --- Options --- */

/* What a command's options say of the expiry. */
struct expiry_option {
    enum { EXPIRY_UNSAID, EXPIRY_AT, EXPIRY_KEPT, EXPIRY_REMOVED } choice;
    enum time_form form; /* EXPIRY_AT */
    slice time;          /* EXPIRY_AT */
};

/* Whether argv[*i] is EX, PX, EXAT or PXAT with a time behind it, which *i is moved to, and does not
 * contradict what was said before. */
static bool take_expiry_time(const args *a, int *i, struct expiry_option *o) {
    enum time_form form;
    if (!time_form_of(a->argv[*i], &form)) return false;
    if (o->choice != EXPIRY_UNSAID && !(o->choice == EXPIRY_AT && o->form == form)) return false;
    if (*i + 1 == a->argc) return false;
    *o = (struct expiry_option){EXPIRY_AT, form, a->argv[++*i]};
    return true;
}

/* Whether the argument is that word and does not contradict what was said before. */
static bool take_expiry_word(slice arg, const char *word, int choice, struct expiry_option *o) {
    if (!slice_is(arg, word) || (o->choice != EXPIRY_UNSAID && (int)o->choice != choice)) return false;
    o->choice = choice;
    return true;
}

/* The expiry that the options come to; false with an error reply for a bad time. */
static bool expiry_of_option(client *c, const args *a, const struct expiry_option *o, int64_t *expiry_ms) {
    if (o->choice == EXPIRY_AT) return expiry_from_argument(c, a, o->time, o->form, true, expiry_ms);
    *expiry_ms = o->choice == EXPIRY_KEPT ? KEEP_EXPIRY : NO_EXPIRY;
    return true;
}

enum set_condition { SET_ALWAYS, SET_IF_MISSING, SET_IF_PRESENT, SET_IF_EQUAL };

/* Whether the argument is NX or XX and does not contradict what was said before. */
static bool take_condition(slice arg, enum set_condition *condition) {
    enum set_condition asked;
    if (slice_is(arg, "NX"))
        asked = SET_IF_MISSING;
    else if (slice_is(arg, "XX"))
        asked = SET_IF_PRESENT;
    else
        return false;
    if (*condition != SET_ALWAYS && *condition != asked) return false;
    *condition = asked;
    return true;
}

struct set_options {
    enum set_condition condition;
    slice comparison; /* SET_IF_EQUAL */
    bool get;
    struct expiry_option expiry;
};

/* Reads the options of SET; false if they are no valid syntax. */
static bool read_set_options(const args *a, struct set_options *o) {
    *o = (struct set_options){.condition = SET_ALWAYS};
    for (int i = 3; i < a->argc; i++) {
        slice arg = a->argv[i];
        if (take_condition(arg, &o->condition) || take_expiry_time(a, &i, &o->expiry) ||
            take_expiry_word(arg, "KEEPTTL", EXPIRY_KEPT, &o->expiry))
            continue;
        if (slice_is(arg, "GET")) {
            o->get = true;
        } else if (slice_is(arg, "IFEQ") && i + 1 < a->argc && o->condition == SET_ALWAYS) {
            o->condition = SET_IF_EQUAL;
            o->comparison = a->argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

/* --- SET and GET --- */

static bool condition_met(const struct set_options *o, const entry *before) {
    switch (o->condition) {
    case SET_IF_MISSING: return before == NULL;
    case SET_IF_PRESENT: return before != NULL;
    case SET_IF_EQUAL: return holds(before, o->comparison);
    default: return true;
    }
}

static void set_with_options(client *c, const args *a, const key *k) {
    struct set_options o;
    int64_t expiry_ms;
    if (!read_set_options(a, &o)) {
        reply_syntax_error(c);
        return;
    }
    if (!expiry_of_option(c, a, &o.expiry, &expiry_ms)) return;

    entry *before = NULL;
    if (o.get) {
        if (!read_typed(c, k, TYPE_STRING, &before)) return;
    } else if (o.condition == SET_IF_EQUAL) {
        if (!write_typed(c, k, TYPE_STRING, &before)) return;
    } else if (o.condition != SET_ALWAYS) {
        before = keyspace_write(c->db, k);
    }
    bool met = condition_met(&o, before);
    if (o.get)
        reply_string_or_null(c, before);
    else if (met)
        reply_ok(c);
    else
        reply_null(c);
    if (met) set_key(c, k, a->argv[2], expiry_ms);
}

/* SET key value [NX | XX | IFEQ value] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] */
void command_set(client *c, const args *a) {
    key k = args_key(a, 1);
    if (unlikely(a->argc > 3)) {
        set_with_options(c, a, &k);
        return;
    }
    put_argument(c, &k, a->argv[2], NO_EXPIRY);
    keyspace_changed(c->db, &k, EVENT_SET);
    reply_ok(c);
}

/* SETNX key value */
void command_setnx(client *c, const args *a) {
    key k = args_key(a, 1);
    bool missing = !keyspace_write(c->db, &k);
    if (missing) set_key(c, &k, a->argv[2], NO_EXPIRY);
    reply_integer(c, missing);
}

static void set_with_time(client *c, const args *a, enum time_form form) {
    int64_t expiry_ms;
    if (!expiry_from_argument(c, a, a->argv[2], form, true, &expiry_ms)) return;
    key k = args_key(a, 1);
    set_key(c, &k, a->argv[3], expiry_ms);
    reply_ok(c);
}

/* SETEX key seconds value */
void command_setex(client *c, const args *a) { set_with_time(c, a, TIME_SECONDS); }

/* PSETEX key milliseconds value */
void command_psetex(client *c, const args *a) { set_with_time(c, a, TIME_MILLISECONDS); }

/* GET key */
void command_get(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_STRING, &e)) reply_string_or_null(c, e);
}

/* GETSET key value */
void command_getset(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    reply_string_or_null(c, e);
    set_key(c, &k, a->argv[2], NO_EXPIRY);
}

/* GETDEL key */
void command_getdel(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    reply_string_or_null(c, e);
    if (e) keyspace_delete(c->db, &k);
}

/* GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] */
void command_getex(client *c, const args *a) {
    struct expiry_option o = {.choice = EXPIRY_UNSAID};
    for (int i = 2; i < a->argc; i++) {
        if (take_expiry_time(a, &i, &o) || take_expiry_word(a->argv[i], "PERSIST", EXPIRY_REMOVED, &o))
            continue;
        reply_syntax_error(c);
        return;
    }
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    if (!e) {
        reply_null(c);
        return;
    }
    int64_t expiry_ms;
    if (!expiry_of_option(c, a, &o, &expiry_ms)) return;
    reply_string(c, e);

    if (o.choice == EXPIRY_AT && expiry_ms <= clock_unix_ms()) {
        keyspace_delete(c->db, &k);
    } else if (o.choice == EXPIRY_AT) {
        keyspace_set_expiry(c->db, &k, e, expiry_ms);
        keyspace_changed(c->db, &k, EVENT_EXPIRE);
    } else if (o.choice == EXPIRY_REMOVED && entry_expires(e)) {
        keyspace_set_expiry(c->db, &k, e, NO_EXPIRY);
        keyspace_changed(c->db, &k, EVENT_PERSIST);
    }
}

/* DELIFEQ key value */
void command_delifeq(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    bool equal = holds(e, a->argv[2]);
    if (equal) keyspace_delete(c->db, &k);
    reply_integer(c, equal);
}

/* --- Several keys --- */

/* MGET key [key ...] */
void command_mget(client *c, const args *a) {
    key keys[PREFETCH_KEYS_MAX];
    reply_array(c, (size_t)a->argc - 1);
    for (int first = 1; first < a->argc; first += PREFETCH_KEYS_MAX) {
        int left = a->argc - first;
        int count = left < PREFETCH_KEYS_MAX ? left : PREFETCH_KEYS_MAX;
        prefetch_keys(c, a, first, 1, count, keys);
        for (int i = 0; i < count; i++) {
            entry *e = keyspace_read(c->db, &keys[i]);
            reply_string_or_null(c, e && e->type == TYPE_STRING ? e : NULL);
        }
    }
}

/* Sets pairs keys to the values behind them; argv[first] is the first key. */
static void set_pairs(client *c, const args *a, int first, int pairs, int64_t expiry_ms) {
    key keys[PREFETCH_KEYS_MAX];
    for (int done = 0; done < pairs; done += PREFETCH_KEYS_MAX) {
        int count = pairs - done < PREFETCH_KEYS_MAX ? pairs - done : PREFETCH_KEYS_MAX;
        int at = first + 2 * done;
        prefetch_keys(c, a, at, 2, count, keys);
        for (int i = 0; i < count; i++) set_key(c, &keys[i], a->argv[at + 2 * i + 1], expiry_ms);
    }
}

/* Whether each of the keys exists, or none of them does: condition says which is wanted. */
static bool keys_meet(client *c, const args *a, int first, int pairs, enum set_condition condition) {
    for (int i = 0; condition != SET_ALWAYS && i < pairs; i++) {
        key k = args_key(a, first + 2 * i);
        bool exists = keyspace_write(c->db, &k) != NULL;
        if (exists != (condition == SET_IF_PRESENT)) return false;
    }
    return true;
}

/* MSET key value [key value ...] */
void command_mset(client *c, const args *a) {
    if (a->argc % 2 == 0) {
        reply_wrong_arity(c, "mset");
        return;
    }
    set_pairs(c, a, 1, a->argc / 2, NO_EXPIRY);
    reply_ok(c);
}

/* MSETNX key value [key value ...] */
void command_msetnx(client *c, const args *a) {
    if (a->argc % 2 == 0) {
        reply_wrong_arity(c, "msetnx");
        return;
    }
    bool met = keys_meet(c, a, 1, a->argc / 2, SET_IF_MISSING);
    if (met) set_pairs(c, a, 1, a->argc / 2, NO_EXPIRY);
    reply_integer(c, met);
}

/* MSETEX numkeys key value [key value ...] [NX | XX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] */
void command_msetex(client *c, const args *a) {
    int64_t pairs;
    if (!arg_integer_between(c, a->argv[1], 1, INT_MAX, "ERR invalid numkeys value or out of range", &pairs))
        return;
    if (2 * pairs > a->argc - 2) {
        reply_syntax_error(c);
        return;
    }
    enum set_condition condition = SET_ALWAYS;
    struct expiry_option expiry = {.choice = EXPIRY_UNSAID};
    for (int i = 2 + 2 * (int)pairs; i < a->argc; i++) {
        if (take_condition(a->argv[i], &condition) || take_expiry_time(a, &i, &expiry) ||
            take_expiry_word(a->argv[i], "KEEPTTL", EXPIRY_KEPT, &expiry))
            continue;
        reply_syntax_error(c);
        return;
    }
    int64_t expiry_ms;
    if (!expiry_of_option(c, a, &expiry, &expiry_ms)) return;

    bool met = keys_meet(c, a, 2, (int)pairs, condition);
    if (met) set_pairs(c, a, 2, (int)pairs, expiry_ms);
    reply_integer(c, met);
}

/* --- Counters --- */

static void add_integer(client *c, const args *a, int64_t increment) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    int64_t value = 0;
    if (e && !string_integer(e, &value)) {
        reply_not_integer(c);
        return;
    }
    if (__builtin_add_overflow(value, increment, &value)) {
        reply_error_text(c, SLICE("ERR increment or decrement would overflow"));
        return;
    }
    keyspace_update_integer(c->db, &k, e, value);
    keyspace_changed(c->db, &k, EVENT_INCRBY);
    reply_integer(c, value);
}

/* INCR key */
void command_incr(client *c, const args *a) { add_integer(c, a, 1); }

/* DECR key */
void command_decr(client *c, const args *a) { add_integer(c, a, -1); }

/* INCRBY key increment */
void command_incrby(client *c, const args *a) {
    int64_t increment;
    if (arg_integer(c, a->argv[2], &increment)) add_integer(c, a, increment);
}

/* DECRBY key decrement */
void command_decrby(client *c, const args *a) {
    int64_t decrement;
    if (!arg_integer(c, a->argv[2], &decrement)) return;
    if (decrement == INT64_MIN)
        reply_error_text(c, SLICE("ERR decrement would overflow"));
    else
        add_integer(c, a, -decrement);
}

/* INCRBYFLOAT key increment */
void command_incrbyfloat(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    char scratch[STRING_SCRATCH_BYTES];
    long double value = 0, increment;
    if ((e && !number_parse_long_double(string_view(e, scratch), &value)) ||
        !number_parse_long_double(a->argv[2], &increment)) {
        reply_error_text(c, SLICE("ERR value is not a valid float"));
        return;
    }
    value += increment;
    if (!isfinite(value)) {
        reply_error_text(c, SLICE("ERR increment would produce NaN or Infinity"));
        return;
    }
    char text[NUMBER_LONG_DOUBLE_TEXT_MAX];
    slice result = {text, number_format_long_double_fixed(text, value)};
    keyspace_put_text(c->db, &k, result, KEEP_EXPIRY);
    keyspace_changed(c->db, &k, EVENT_INCRBYFLOAT);
    reply_slice(c, result);
}

/* --- Parts --- */

/* APPEND key value */
void command_append(client *c, const args *a) {
    key k = args_key(a, 1);
    slice value = a->argv[2];
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    size_t before = e ? string_len(e) : 0, len = before + value.len;
    if (!e) {
        put_argument(c, &k, value, NO_EXPIRY); /* as SET: an integer's text is kept as an integer */
    } else {
        if (!length_allowed(c, len)) return;
        memcpy(keyspace_edit_string(c->db, &k, len) + before, value.data, value.len);
    }
    keyspace_changed(c->db, &k, EVENT_APPEND);
    reply_integer(c, (int64_t)len);
}

/* STRLEN key */
void command_strlen(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    if (read_typed(c, &k, TYPE_STRING, &e)) reply_integer(c, e ? (int64_t)string_len(e) : 0);
}

/* GETRANGE key start end */
void command_getrange(client *c, const args *a) {
    int64_t first, last;
    if (!arg_integer(c, a->argv[2], &first) || !arg_integer(c, a->argv[3], &last)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    if (!e) {
        reply_slice(c, SLICE(""));
        return;
    }
    char scratch[STRING_SCRATCH_BYTES];
    slice value = string_view(e, scratch);
    struct range part = range_of(first, last, (int64_t)value.len);
    size_t len = range_is_reversed(first, last) ? 0 : (size_t)(part.end - part.from);
    blob *b = string_blob(e);
    if (b && len >= RANGE_BY_REFERENCE_BYTES)
        reply_blob(c, b, (size_t)part.from, len);
    else
        reply_bulk(c, value.data + part.from, len);
}

/* SUBSTR key start end */
void command_substr(client *c, const args *a) { command_getrange(c, a); }

/* SETRANGE key offset value */
void command_setrange(client *c, const args *a) {
    int64_t offset;
    if (!arg_integer(c, a->argv[2], &offset)) return;
    if (offset < 0) {
        reply_error_text(c, SLICE("ERR offset is out of range"));
        return;
    }
    key k = args_key(a, 1);
    slice value = a->argv[3];
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    size_t len = e ? string_len(e) : 0;
    if (value.len == 0) {
        reply_integer(c, (int64_t)len);
        return;
    }
    uint64_t end = (uint64_t)offset + value.len;
    if (!length_allowed(c, end)) return;
    if (end > len) len = end;
    memcpy(keyspace_edit_string(c->db, &k, len) + offset, value.data, value.len);
    keyspace_changed(c->db, &k, EVENT_SETRANGE);
    reply_integer(c, (int64_t)len);
}
