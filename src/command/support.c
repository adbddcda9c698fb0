/* Support: shared steps of handlers. */
#include "command/support.h"

#include <assert.h>
#include <math.h>

#include "base/clock.h"
#include "base/number.h"
#include "server/config/config.h"
#include "store/types/hash.h"
#include "store/types/list.h"
#include "store/types/set.h"
#include "store/types/string.h"
#include "store/types/zset.h"

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

const char *type_name(enum value_type type) {
    static const char *const names[] = {
        [TYPE_STRING] = "string", [TYPE_LIST] = "list", [TYPE_SET] = "set",
        [TYPE_ZSET] = "zset",     [TYPE_HASH] = "hash", [TYPE_STREAM] = "stream",
    };
    return names[type];
}

/* Clients and tests know the names of Redis's encodings, so values are called what they would be there: a
 * string that was never changed in place is "embstr" up to this length. */
#define EMBSTR_MAX_BYTES 44

static const char *string_encoding_name(const entry *e) {
    if (e->encoding == ENCODING_INT) return "int";
    return e->flags & ENTRY_EDITED || string_len(e) > EMBSTR_MAX_BYTES ? "raw" : "embstr";
}

static const char *set_encoding_name(const entry *e) {
    static const char *const names[] = {
        [SET_INTEGERS] = "intset", [SET_PACKED] = "listpack", [SET_TABLE] = "hashtable"};
    return names[set_form_of(e)];
}

const char *value_encoding_name(const entry *e) {
    switch (e->type) {
    case TYPE_LIST: return list_encoding_name(e);
    case TYPE_SET: return set_encoding_name(e);
    case TYPE_HASH: return hash_encoding_name(e);
    case TYPE_ZSET: return zset_is_packed(e) ? "listpack" : "skiplist";
    default: return string_encoding_name(e);
    }
}

bool arg_integer(client *c, slice arg, int64_t *value) {
    if (number_parse_i64(arg, value)) return true;
    reply_not_integer(c);
    return false;
}

bool arg_integer_between(client *c, slice arg, int64_t least, int64_t most, const char *error_text,
                         int64_t *value) {
    int64_t given;
    if (number_parse_i64(arg, &given) && given >= least && given <= most) {
        *value = given;
        return true;
    }
    if (error_text)
        reply_error_text(c, slice_of(error_text));
    else
        reply_not_integer(c);
    return false;
}

bool arg_negatable(client *c, slice arg, int64_t *value) {
    if (!arg_integer(c, arg, value)) return false;
    if (*value != INT64_MIN) return true;
    reply_error_text(c, SLICE("ERR value is out of range, value must between -9223372036854775807 and "
                              "9223372036854775807"));
    return false;
}

bool arg_random_count(client *c, const args *a, const char *with, int64_t *count, bool *with_values) {
    if (!arg_negatable(c, a->argv[2], count)) return false;
    *with_values = a->argc == 4 && slice_is(a->argv[3], with);
    if (a->argc > 3 && !*with_values) {
        reply_syntax_error(c);
        return false;
    }
    if (!*with_values || (*count <= INT64_MAX / 2 && *count >= -(INT64_MAX / 2))) return true;
    reply_error_text(c, SLICE("ERR value is out of range"));
    return false;
}

bool arg_double(client *c, slice arg, double *value) {
    if (number_parse_double(arg, value)) return true;
    reply_error_text(c, SLICE("ERR value is not a valid float"));
    return false;
}

bool arg_timeout(client *c, slice arg, int64_t *timeout_ms) {
    long double seconds;
    if (!number_parse_long_double(arg, &seconds)) {
        reply_error_text(c, SLICE("ERR timeout is not a float or out of range"));
        return false;
    }
    long double ms = ceill(seconds * 1000); /* late rather than early */
    if (ms < 0) {
        reply_error_text(c, SLICE("ERR timeout is negative"));
        return false;
    }
    /* as a time, it must be one that can be told */
    if (ms > (long double)(INT64_MAX - clock_unix_ms())) {
        reply_error_text(c, SLICE("ERR timeout is out of range"));
        return false;
    }
    *timeout_ms = (int64_t)ms;
    return true;
}

bool arg_bit_offset(client *c, slice arg, unsigned width, uint64_t *offset) {
    bool counted = width > 0 && arg.len > 0 && arg.data[0] == '#';
    slice digits = counted ? (slice){arg.data + 1, arg.len - 1} : arg;
    int64_t position;
    if (!number_parse_i64(digits, &position) || position < 0 ||
        (counted && __builtin_mul_overflow(position, (int64_t)width, &position)) ||
        (uint64_t)position >> 3 >= config.proto_max_bulk_len_bytes) {
        reply_error_text(c, SLICE("ERR bit offset is not an integer or out of range"));
        return false;
    }
    *offset = (uint64_t)position;
    return true;
}

struct range range_of(int64_t first, int64_t last, int64_t len) {
    if (first < 0) first = first + len > 0 ? first + len : 0;
    if (last < 0) last = last + len > 0 ? last + len : 0;
    if (last >= len) last = len - 1;
    return first <= last ? (struct range){first, last + 1} : (struct range){0, 0};
}

bool time_form_of(slice option, enum time_form *form) {
    static const char *const words[] = {[TIME_SECONDS] = "EX",
                                        [TIME_MILLISECONDS] = "PX",
                                        [TIME_UNIX_SECONDS] = "EXAT",
                                        [TIME_UNIX_MILLISECONDS] = "PXAT"};
    for (*form = TIME_SECONDS; *form <= TIME_UNIX_MILLISECONDS; ++*form)
        if (slice_is(option, words[*form])) return true;
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
    if (fits) {
        *expiry_ms = when;
        return true;
    }
    reply_invalid_expire_time(c, a);
    return false;
}

void reply_invalid_expire_time(client *c, const args *a) {
    char name[64];
    size_t len = a->argv[0].len < sizeof(name) - 1 ? a->argv[0].len : sizeof(name) - 1;
    for (size_t i = 0; i < len; i++) name[i] = (char)(a->argv[0].data[i] | 0x20);
    name[len] = '\0';
    reply_error(c, "ERR invalid expire time in '%s' command", name);
}
