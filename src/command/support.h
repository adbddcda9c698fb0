/* Support: the steps that command handlers have in common. Functions that return false have written the error
 * reply already. */
#ifndef STINT_COMMAND_SUPPORT_H
#define STINT_COMMAND_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/client.h"
#include "net/reply.h"
#include "server/command.h"
#include "store/keyspace.h"

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

/* Reads an argument as an integer; else "ERR value is not an integer or out of range". */
bool arg_integer(client *c, slice arg, int64_t *value);
/* The same within bounds; else the same error, or error_text if that is not NULL. */
bool arg_integer_between(client *c, slice arg, int64_t least, int64_t most, const char *error_text, int64_t *value);

/* Units and bases in which commands take times. */
enum time_form { TIME_SECONDS, TIME_MILLISECONDS, TIME_UNIX_SECONDS, TIME_UNIX_MILLISECONDS };

/* Turns a time as a command took it into Unix ms. Times that don't fit, or (if positive_only) are not above zero,
 * are "ERR invalid expire time in 'name' command". */
bool expiry_from_argument(client *c, const args *a, slice arg, enum time_form form, bool positive_only,
                          int64_t *expiry_ms);

#endif
