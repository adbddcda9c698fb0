/* Support: shared steps of handlers. */
#include "command/support.h"

#include <assert.h>

#include "base/clock.h"
#include "base/number.h"

void prefetch_keys(const client *c, const args *a, int first, int step, int count, key *keys) {
    assert(count <= PREFETCH_KEYS_MAX);
    for (int i = 0; i < count; i++) {
        keys[i] = args_key(a, first + i * step);
        keyspace_prefetch_bucket(c->db, keys[i].hash);
    }
    for (int i = 0; i < count; i++) keyspace_prefetch_entry(c->db, keys[i].hash);
}

static bool check_type(client *c, const entry *e, enum value_type type) {
    if (!e || e->type == type) return true;
    reply_wrong_type(c);
    return false;
}

bool read_typed(client *c, const key *k, enum value_type type, entry **e) {
    *e = keyspace_read(c->db, k);
    return check_type(c, *e, type);
}

bool write_typed(client *c, const key *k, enum value_type type, entry **e) {
    *e = keyspace_write(c->db, k);
    return check_type(c, *e, type);
}

bool arg_integer(client *c, slice arg, int64_t *value) {
    if (number_parse_i64(arg, value)) return true;
    reply_not_integer(c);
    return false;
}

bool arg_integer_between(client *c, slice arg, int64_t least, int64_t most, const char *error_text, int64_t *value) {
    int64_t given;
    if (number_parse_i64(arg, &given) && given >= least && given <= most) {
        *value = given;
        return true;
    }
    if (error_text) reply_error_text(c, slice_of(error_text));
    else reply_not_integer(c);
    return false;
}

bool expiry_from_argument(client *c, const args *a, slice arg, enum time_form form, bool positive_only,
                          int64_t *expiry_ms) {
    int64_t when;
    if (!arg_integer(c, arg, &when)) return false;
    bool seconds = form == TIME_SECONDS || form == TIME_UNIX_SECONDS;
    bool relative = form == TIME_SECONDS || form == TIME_MILLISECONDS;
    bool fits = !(positive_only && when <= 0);
    if (seconds) fits = fits && !__builtin_mul_overflow(when, 1000, &when);
    if (relative) fits = fits && !__builtin_add_overflow(when, clock_unix_ms(), &when);
    /* the two ends of the range say "none" and "keep" */
    if (fits && when != NO_EXPIRY && when != KEEP_EXPIRY) {
        *expiry_ms = when;
        return true;
    }
    char name[64];
    size_t len = a->argv[0].len < sizeof(name) - 1 ? a->argv[0].len : sizeof(name) - 1;
    for (size_t i = 0; i < len; i++) name[i] = (char)(a->argv[0].data[i] | 0x20);
    name[len] = '\0';
    reply_error(c, "ERR invalid expire time in '%s' command", name);
    return false;
}
