/* Hash expiry: fields that live for a limited time.
 *
 * These commands name their fields behind the word FIELDS and their number, and answer with an array of one
 * reply for each. A time that has passed already removes the field. */
#include <limits.h>

#include "base/clock.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"
#include "store/types/hash.h"

/* The latest time that a field may expire at, Unix ms: as Redis has it, which packs times into 46 bits. */
#define FIELD_EXPIRY_MAX_MS ((1ll << 46) - 1)

/* What HEXPIRE and HPERSIST answer for a field. */
enum field_reply {
    FIELD_MISSING = -2,
    FIELD_HAS_NO_EXPIRY = -1,
    FIELD_NOT_CHANGED = 0,
    FIELD_CHANGED = 1,
    FIELD_REMOVED = 2,
};

/* --- Arguments --- */

/* The fields that a command names. */
struct fields {
    const slice *names;
    int count;
};

/* Reads "FIELDS count field ..." that begins at argv[at] and ends with the request. count_error is what to
 * say of a count that is no positive number. Returns false, having written the error. */
static bool parse_fields(client *c, const args *a, int at, const char *count_error, struct fields *f) {
    if (at + 1 >= a->argc || !slice_is(a->argv[at], "FIELDS")) {
        reply_error_text(c, SLICE("ERR Mandatory argument FIELDS is missing or not at the right position"));
        return false;
    }
    int64_t count;
    if (!arg_integer_between(c, a->argv[at + 1], 1, INT64_MAX, count_error, &count)) return false;
    if (count != a->argc - at - 2) {
        reply_error_text(c, SLICE("ERR The `numfields` parameter must match the number of arguments"));
        return false;
    }
    *f = (struct fields){a->argv + at + 2, (int)count};
    return true;
}

#define COUNT_NOT_POSITIVE "ERR Number of fields must be a positive integer"

/* Reads a time. */
static bool parse_time(client *c, const args *a, slice arg, enum time_form form, int64_t *expiry_ms) {
    int64_t given;
    if (!arg_integer(c, arg, &given)) return false;
    if (given < 0) {
        reply_error_text(c, SLICE("ERR invalid expire time, must be >= 0"));
        return false;
    }
    if (!expiry_from_argument(c, a, arg, form, false, expiry_ms)) return false;
    if (*expiry_ms <= FIELD_EXPIRY_MAX_MS) return true;
    reply_invalid_expire_time(c, a);
    return false;
}

/* --- Changing --- */

/* What was done to the fields of a hash: to be announced once. */
struct changes {
    bool set, expiring, persisted, removed;
};

static void announce(client *c, const key *k, const entry *e, const struct changes *done) {
    if (done->set) keyspace_changed(c->db, k, EVENT_HSET);
    if (done->expiring) keyspace_changed(c->db, k, EVENT_HEXPIRE);
    if (done->persisted) keyspace_changed(c->db, k, EVENT_HPERSIST);
    if (done->removed) keyspace_changed(c->db, k, EVENT_HDEL);
    if (e && hash_count(e) == 0) keyspace_delete(c->db, k);
}

/* Gives a field, which is there, an expiry, or removes it if that has passed. */
static entry *expire_field(client *c, const key *k, entry *e, slice field, int64_t expiry_ms,
                           struct changes *done) {
    if (expiry_ms > clock_unix_ms()) {
        done->expiring = true;
        return hash_set_expiry(c->db, k, e, field, expiry_ms);
    }
    bool removed;
    e = hash_remove(c->db, k, e, field, &removed);
    done->removed |= removed;
    return e;
}

static entry *persist_field(client *c, const key *k, entry *e, slice field, struct changes *done) {
    done->persisted = true;
    return hash_set_expiry(c->db, k, e, field, HASH_NEVER_EXPIRES);
}

static int64_t field_expiry(const entry *e, slice field) {
    return e && hash_count(e) > 0 ? hash_expiry_ms(e, field) : HASH_NO_FIELD;
}

/* --- HEXPIRE and its relatives --- */

enum condition { ALWAYS, IF_NONE, IF_ANY, IF_LATER, IF_EARLIER };

static enum condition parse_condition(slice arg) {
    static const char *const words[] = {
        [IF_NONE] = "NX", [IF_ANY] = "XX", [IF_LATER] = "GT", [IF_EARLIER] = "LT"};
    for (enum condition condition = IF_NONE; condition <= IF_EARLIER; condition++)
        if (slice_is(arg, words[condition])) return condition;
    return ALWAYS;
}

static bool condition_met(enum condition condition, int64_t before_ms, int64_t after_ms) {
    switch (condition) {
    case IF_NONE: return before_ms == HASH_NEVER_EXPIRES;
    case IF_ANY: return before_ms != HASH_NEVER_EXPIRES;
    case IF_LATER: return before_ms != HASH_NEVER_EXPIRES && after_ms > before_ms;
    case IF_EARLIER: return after_ms < before_ms;
    default: return true;
    }
}

static void expire_fields(client *c, const args *a, enum time_form form) {
    key k = args_key(a, 1);
    entry *e;
    int64_t expiry_ms;
    struct fields fields;
    if (!write_typed(c, &k, TYPE_HASH, &e) || !parse_time(c, a, a->argv[2], form, &expiry_ms)) return;
    enum condition condition = parse_condition(a->argv[3]);
    if (!parse_fields(c, a, condition == ALWAYS ? 3 : 4, "ERR Parameter `numFields` should be greater than 0",
                      &fields))
        return;

    if (e) e = hash_prepare_expiry(c->db, &k, e);
    struct changes done = {0};
    reply_array(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        int64_t before_ms = field_expiry(e, fields.names[i]);
        if (before_ms == HASH_NO_FIELD) {
            reply_integer(c, FIELD_MISSING);
        } else if (!condition_met(condition, before_ms, expiry_ms)) {
            reply_integer(c, FIELD_NOT_CHANGED);
        } else {
            e = expire_field(c, &k, e, fields.names[i], expiry_ms, &done);
            reply_integer(c, expiry_ms > clock_unix_ms() ? FIELD_CHANGED : FIELD_REMOVED);
        }
    }
    announce(c, &k, e, &done);
}

/* HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
void command_hexpire(client *c, const args *a) { expire_fields(c, a, TIME_SECONDS); }

/* HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
void command_hpexpire(client *c, const args *a) { expire_fields(c, a, TIME_MILLISECONDS); }

/* HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
void command_hexpireat(client *c, const args *a) { expire_fields(c, a, TIME_UNIX_SECONDS); }

/* HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
void command_hpexpireat(client *c, const args *a) { expire_fields(c, a, TIME_UNIX_MILLISECONDS); }

/* HPERSIST key FIELDS numfields field [field ...] */
void command_hpersist(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    struct fields fields;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    if (!parse_fields(c, a, 2, COUNT_NOT_POSITIVE, &fields)) return;
    struct changes done = {0};
    reply_array(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        int64_t expiry_ms = field_expiry(e, fields.names[i]);
        if (expiry_ms == HASH_NO_FIELD) {
            reply_integer(c, FIELD_MISSING);
        } else if (expiry_ms == HASH_NEVER_EXPIRES) {
            reply_integer(c, FIELD_HAS_NO_EXPIRY);
        } else {
            e = persist_field(c, &k, e, fields.names[i], &done);
            reply_integer(c, FIELD_CHANGED);
        }
    }
    announce(c, &k, e, &done);
}

/* --- HTTL and its relatives --- */

static void tell_times(client *c, const args *a, enum time_form form) {
    key k = args_key(a, 1);
    entry *e;
    struct fields fields;
    if (!read_typed(c, &k, TYPE_HASH, &e)) return;
    if (!parse_fields(c, a, 2, COUNT_NOT_POSITIVE, &fields)) return;
    reply_array(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        int64_t when_ms = field_expiry(e, fields.names[i]);
        if (when_ms == HASH_NO_FIELD) {
            reply_integer(c, FIELD_MISSING);
        } else if (when_ms == HASH_NEVER_EXPIRES) {
            reply_integer(c, FIELD_HAS_NO_EXPIRY);
        } else {
            if (form == TIME_SECONDS || form == TIME_MILLISECONDS) when_ms -= clock_unix_ms();
            bool seconds = form == TIME_SECONDS || form == TIME_UNIX_SECONDS;
            reply_integer(c, seconds ? (when_ms + 999) / 1000 : when_ms);
        }
    }
}

/* HTTL key FIELDS numfields field [field ...] */
void command_httl(client *c, const args *a) { tell_times(c, a, TIME_SECONDS); }

/* HPTTL key FIELDS numfields field [field ...] */
void command_hpttl(client *c, const args *a) { tell_times(c, a, TIME_MILLISECONDS); }

/* HEXPIRETIME key FIELDS numfields field [field ...] */
void command_hexpiretime(client *c, const args *a) { tell_times(c, a, TIME_UNIX_SECONDS); }

/* HPEXPIRETIME key FIELDS numfields field [field ...] */
void command_hpexpiretime(client *c, const args *a) { tell_times(c, a, TIME_UNIX_MILLISECONDS); }

/* --- HGETDEL, HGETEX, HSETEX --- */

/* Replies with the field's value; returns whether there is one. */
static bool reply_field_value(client *c, const entry *e, slice field) {
    struct packed_value value;
    if (e && hash_find(e, field, &value)) {
        reply_packed(c, &value);
        return true;
    }
    reply_null(c);
    return false;
}

/* HGETDEL key FIELDS numfields field [field ...] */
void command_hgetdel(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    struct fields fields;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    if (!parse_fields(c, a, 2, COUNT_NOT_POSITIVE, &fields)) return;
    struct changes done = {0};
    reply_array(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        if (!reply_field_value(c, e, fields.names[i])) continue;
        e = hash_remove(c->db, &k, e, fields.names[i], &done.removed);
        done.removed = true;
    }
    announce(c, &k, e, &done);
}

/* HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS numfields field [field ...] */
void command_hgetex(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e;
    struct fields fields;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    enum time_form form;
    int64_t expiry_ms = HASH_NEVER_EXPIRES;
    bool expires = time_form_of(a->argv[2], &form), persists = slice_is(a->argv[2], "PERSIST");
    if (expires && !parse_time(c, a, a->argv[3], form, &expiry_ms)) return;
    if (expires && a->argc < 6) {
        reply_wrong_arity(c, "hgetex");
        return;
    }
    if (!parse_fields(c, a, expires ? 4 : persists ? 3 : 2, COUNT_NOT_POSITIVE, &fields)) return;

    if (e && (expires || persists)) e = hash_prepare_expiry(c->db, &k, e);
    struct changes done = {0};
    reply_array(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        if (!reply_field_value(c, e, fields.names[i])) continue;
        if (expires)
            e = expire_field(c, &k, e, fields.names[i], expiry_ms, &done);
        else if (persists && hash_expiry_ms(e, fields.names[i]) != HASH_NEVER_EXPIRES)
            e = persist_field(c, &k, e, fields.names[i], &done);
    }
    announce(c, &k, e, &done);
}

/* What must be there, or must not, for HSETEX to do anything. */
enum presence { PRESENT_OR_NOT, ALL_MISSING, ALL_PRESENT };

struct hsetex {
    enum presence key, fields;
    bool has_time, keep_expiry;
    int64_t expiry_ms; /* has_time */
    const slice *pairs;
    int count; /* of pairs */
};

/* Whether the argument is one of the two words; a second of them is an error, which is written. */
static bool take_presence(client *c, slice arg, const char *missing, const char *present, enum presence *p,
                          bool *failed) {
    bool is_missing = slice_is(arg, missing);
    if (!is_missing && !slice_is(arg, present)) return false;
    *failed = *p != PRESENT_OR_NOT;
    if (*failed) reply_error(c, "ERR Only one of %s or %s arguments can be specified", present, missing);
    *p = is_missing ? ALL_MISSING : ALL_PRESENT;
    return true;
}

/* Whether argv[*i] says when the fields expire; *i is moved to its last argument. */
static bool take_expiry(client *c, const args *a, int *i, struct hsetex *o, bool *failed) {
    enum time_form form;
    bool keeps = slice_is(a->argv[*i], "KEEPTTL");
    if (!keeps && !time_form_of(a->argv[*i], &form)) return false;
    *failed = true;
    if (o->has_time || o->keep_expiry) {
        reply_error_text(c,
                         SLICE("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"));
    } else if (keeps) {
        o->keep_expiry = true;
        *failed = false;
    } else if (*i + 1 == a->argc) {
        reply_wrong_arity(c, "hsetex");
    } else {
        o->has_time = true;
        *failed = !parse_time(c, a, a->argv[++*i], form, &o->expiry_ms);
    }
    return true;
}

/* Reads what comes after FIELDS at argv[at]. */
static bool parse_pairs(client *c, const args *a, int at, struct hsetex *o) {
    int64_t count;
    int left = a->argc - at - 2; /* behind the number of fields */
    if (left < 2) {
        reply_wrong_arity(c, "hsetex");
        return false;
    }
    if (!arg_integer_between(c, a->argv[at + 1], 1, INT_MAX, "ERR invalid number of fields", &count))
        return false;
    if (2 * count != left) {
        reply_wrong_arity(c, "hsetex");
        return false;
    }
    o->pairs = a->argv + at + 2;
    o->count = (int)count;
    return true;
}

static bool parse_hsetex(client *c, const args *a, struct hsetex *o) {
    *o = (struct hsetex){0};
    for (int i = 2; i < a->argc; i++) {
        bool failed = false;
        if (slice_is(a->argv[i], "FIELDS")) return parse_pairs(c, a, i, o);
        if (!take_presence(c, a->argv[i], "FNX", "FXX", &o->fields, &failed) &&
            !take_presence(c, a->argv[i], "NX", "XX", &o->key, &failed) &&
            !take_expiry(c, a, &i, o, &failed)) {
            reply_error(c, "ERR unknown argument: %.*s", (int)a->argv[i].len, a->argv[i].data);
            failed = true;
        }
        if (failed) return false;
    }
    reply_wrong_arity(c, "hsetex");
    return false;
}

static bool presence_holds(enum presence wanted, bool present) {
    return wanted == PRESENT_OR_NOT || present == (wanted == ALL_PRESENT);
}

static bool conditions_hold(const struct hsetex *o, const entry *e) {
    if (!presence_holds(o->key, e != NULL)) return false;
    for (int i = 0; o->fields != PRESENT_OR_NOT && i < o->count; i++) {
        struct packed_value value;
        if (!presence_holds(o->fields, e && hash_find(e, o->pairs[2 * i], &value))) return false;
    }
    return true;
}

/* HSETEX key [NX | XX] [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] FIELDS numfields field value
 * [field value ...] */
void command_hsetex(client *c, const args *a) {
    struct hsetex o;
    if (!parse_hsetex(c, a, &o)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_HASH, &e)) return;
    if (!conditions_hold(&o, e)) {
        reply_integer(c, 0);
        return;
    }
    /* Fields whose time has passed are set too, and then removed: that is what observers are told. */
    struct changes done = {.set = true};
    size_t created;
    e = hash_set(c->db, &k, e, o.pairs, (size_t)o.count, o.keep_expiry, &created);
    if (o.has_time) e = hash_prepare_expiry(c->db, &k, e);
    for (int i = 0; o.has_time && i < o.count; i++)
        e = expire_field(c, &k, e, o.pairs[2 * i], o.expiry_ms, &done);
    announce(c, &k, e, &done);
    reply_integer(c, 1);
}
