/* Support: the steps that command handlers have in common. Functions that return false have written the error
 * reply already. */
#ifndef STINT_COMMAND_SUPPORT_H
#define STINT_COMMAND_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/client.h"
#include "net/reply.h"
#include "server/request/command.h"
#include "store/keyspace.h"
#include "store/types/packed.h"

/* The key at argv[i]; its hash is at hand if it is the command's first key. */
static inline key args_key(const args *a, int i) {
    if (i == a->first_key) return (key){a->argv[i], a->key_hash};
    return key_of(a->argv[i]);
}

/* Hints for count keys at argv[first], argv[first + step] ...: for handlers with many keys. Sets keys. */
void prefetch_keys(const client *c, const args *a, int first, int step, int count, key *keys);
/* How many keys handlers prefetch at a time. */
#define PREFETCH_KEYS_MAX 32

/* Looks a key up that must hold that type or nothing; *e is NULL for nothing. False for another type. */
bool read_typed(client *c, const key *k, enum value_type type, entry **e);
bool write_typed(client *c, const key *k, enum value_type type, entry **e);

/* "string", "list" ...: what TYPE answers. */
const char *type_name(enum value_type type);

/* Replies with a value as a bulk string. */
static inline void reply_packed(client *c, const struct packed_value *v) {
    if (packed_is_integer(v))
        reply_bulk_integer(c, v->integer);
    else
        reply_slice(c, v->text);
}

/* "int", "embstr", "raw", "listpack", "hashtable" ...: what OBJECT ENCODING answers. */
const char *value_encoding_name(const entry *e);

/* Reads an argument as an integer; else "ERR value is not an integer or out of range". */
bool arg_integer(client *c, slice arg, int64_t *value);
/* The same within bounds; else the same error, or error_text if that is not NULL. */
bool arg_integer_between(client *c, slice arg, int64_t least, int64_t most, const char *error_text,
                         int64_t *value);
/* Reads an integer that may be negated: the least one there is has no opposite and is an error of its own. */
bool arg_negatable(client *c, slice arg, int64_t *value);

/* Reads [count [with]] from argv[2] on, which asks for so many elements chosen at random; below 0: each drawn
 * from all. `with` is the word that asks for their values too, of which there is room for half as many. */
bool arg_random_count(client *c, const args *a, const char *with, int64_t *count, bool *with_values);

/* Reads an argument as a floating point number, which may be infinite; else "ERR value is not a valid float".
 */
bool arg_double(client *c, slice arg, double *value);
/* Reads the timeout of a blocking command: seconds with a fraction, 0 or less than a millisecond below it: no
 * limit, which is 0 ms as well. */
bool arg_timeout(client *c, slice arg, int64_t *timeout_ms);

/* Reads an argument as the position of a bit in a string; "#3" is the third (from 0) of numbers of width
 * bits, not accepted if width is 0. What lies beyond the longest string allowed is "ERR bit offset is not an
 * integer or out of range". */
bool arg_bit_offset(client *c, slice arg, unsigned width, uint64_t *offset);

/* The places from `from` up to, not including, `end`; none if both are equal. */
struct range {
    int64_t from, end;
};
/* What first and last, the two ends as commands take them, mean of len places: negative ones count from the
 * end, and what lies outside is moved to the nearest place. */
struct range range_of(int64_t first, int64_t last, int64_t len);
/* The same of the elements of a list or sorted set: there, a last one before all is not moved to the first.
 */
static inline struct range elements_between(int64_t first, int64_t last, int64_t len) {
    return last < -len ? (struct range){0, 0} : range_of(first, last, len);
}
/* Whether both ends count from the end and are in the wrong order: most commands take that as nothing even
 * where range_of, having moved both to the first place, would not. */
static inline bool range_is_reversed(int64_t first, int64_t last) {
    return first < 0 && last < 0 && first > last;
}

/* Units and bases in which commands take times. */
enum time_form { TIME_SECONDS, TIME_MILLISECONDS, TIME_UNIX_SECONDS, TIME_UNIX_MILLISECONDS };

/* Whether the option is EX, PX, EXAT or PXAT; *form is what time follows it. */
bool time_form_of(slice option, enum time_form *form);

/* Turns a time as a command took it into Unix ms. Times that don't fit, or (if positive_only) are not above
 * zero, are "ERR invalid expire time in 'name' command". */
bool expiry_from_argument(client *c, const args *a, slice arg, enum time_form form, bool positive_only,
                          int64_t *expiry_ms);
/* That error. */
void reply_invalid_expire_time(client *c, const args *a);

#endif
