/* Expiry: when keys expire, and how long that is from now. */
#include "base/clock.h"
#include "command/handlers.h"
#include "command/support.h"

/* --- Setting --- */

enum expire_condition {
    IF_NONE = 1 << 0,    /* NX: the key has no expiry */
    IF_ANY = 1 << 1,     /* XX: it has one */
    IF_LATER = 1 << 2,   /* GT: the new one is later; none is later than any */
    IF_EARLIER = 1 << 3, /* LT: the new one is earlier */
};

/* Reads the conditions from argv[3] on. Returns false, having written the error, if something is wrong. */
static bool parse_conditions(client *c, const args *a, unsigned *conditions) {
    unsigned given = 0;
    for (int i = 3; i < a->argc; i++) {
        slice option = a->argv[i];
        if (slice_is(option, "NX")) {
            given |= IF_NONE;
        } else if (slice_is(option, "XX")) {
            given |= IF_ANY;
        } else if (slice_is(option, "GT")) {
            given |= IF_LATER;
        } else if (slice_is(option, "LT")) {
            given |= IF_EARLIER;
        } else {
            reply_error(c, "ERR Unsupported option %.*s", (int)option.len, option.data);
            return false;
        }
    }
    if (given & IF_NONE && given != IF_NONE) {
        reply_error_text(c, SLICE("ERR NX and XX, GT or LT options at the same time are not compatible"));
        return false;
    }
    if (given & IF_LATER && given & IF_EARLIER) {
        reply_error_text(c, SLICE("ERR GT and LT options at the same time are not compatible"));
        return false;
    }
    *conditions = given;
    return true;
}

/* A key without expiry counts as one that expires later than any time can be told. */
static bool conditions_hold(unsigned conditions, const entry *e, int64_t wanted_ms) {
    if (conditions & IF_NONE && entry_expires(e)) return false;
    if (conditions & IF_ANY && !entry_expires(e)) return false;
    if (conditions & IF_LATER && wanted_ms <= entry_expiry_ms(e)) return false;
    if (conditions & IF_EARLIER && entry_expires(e) && wanted_ms >= entry_expiry_ms(e)) return false;
    return true;
}

static void expire(client *c, const args *a, enum time_form form) {
    unsigned conditions;
    int64_t expiry_ms;
    if (!parse_conditions(c, a, &conditions)) return;
    if (!expiry_from_argument(c, a, a->argv[2], form, false, &expiry_ms)) return;

    key k = args_key(a, 1);
    entry *e = keyspace_write(c->db, &k);
    if (!e || !conditions_hold(conditions, e, expiry_ms)) {
        reply_integer(c, 0);
        return;
    }
    if (expiry_ms <= clock_unix_ms()) {
        keyspace_delete(c->db, &k);
    } else {
        keyspace_set_expiry(c->db, &k, e, expiry_ms);
        keyspace_changed(c->db, &k, EVENT_EXPIRE);
    }
    reply_integer(c, 1);
}

/* EXPIRE key seconds [NX | XX | GT | LT] */
void command_expire(client *c, const args *a) { expire(c, a, TIME_SECONDS); }

/* PEXPIRE key milliseconds [NX | XX | GT | LT] */
void command_pexpire(client *c, const args *a) { expire(c, a, TIME_MILLISECONDS); }

/* EXPIREAT key unix-time-seconds [NX | XX | GT | LT] */
void command_expireat(client *c, const args *a) { expire(c, a, TIME_UNIX_SECONDS); }

/* PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] */
void command_pexpireat(client *c, const args *a) { expire(c, a, TIME_UNIX_MILLISECONDS); }

/* PERSIST key */
void command_persist(client *c, const args *a) {
    key k = args_key(a, 1);
    entry *e = keyspace_write(c->db, &k);
    if (!e || !entry_expires(e)) {
        reply_integer(c, 0);
        return;
    }
    keyspace_set_expiry(c->db, &k, e, NO_EXPIRY);
    keyspace_changed(c->db, &k, EVENT_PERSIST);
    reply_integer(c, 1);
}

/* --- Telling --- */

#define NO_SUCH_KEY   (-2)
#define NEVER_EXPIRES (-1)

/* To the nearest second, in unsigned arithmetic for the sake of the largest times. */
static int64_t rounded_seconds(int64_t ms) { return (int64_t)(((uint64_t)ms + 500) / 1000); }

/* Answers when the key expires, in the form asked for. */
static void reply_expiry(client *c, const args *a, enum time_form form) {
    key k = args_key(a, 1);
    const entry *e = keyspace_inspect(c->db, &k);
    if (!e || !entry_expires(e)) {
        reply_integer(c, e ? NEVER_EXPIRES : NO_SUCH_KEY);
        return;
    }
    bool relative = form == TIME_SECONDS || form == TIME_MILLISECONDS;
    bool seconds = form == TIME_SECONDS || form == TIME_UNIX_SECONDS;
    int64_t ms = entry_expiry_ms(e) - (relative ? clock_unix_ms() : 0); /* it is live: more than 0 */
    reply_integer(c, seconds ? rounded_seconds(ms) : ms);
}

/* TTL key */
void command_ttl(client *c, const args *a) { reply_expiry(c, a, TIME_SECONDS); }

/* PTTL key */
void command_pttl(client *c, const args *a) { reply_expiry(c, a, TIME_MILLISECONDS); }

/* EXPIRETIME key */
void command_expiretime(client *c, const args *a) { reply_expiry(c, a, TIME_UNIX_SECONDS); }

/* PEXPIRETIME key */
void command_pexpiretime(client *c, const args *a) { reply_expiry(c, a, TIME_UNIX_MILLISECONDS); }
