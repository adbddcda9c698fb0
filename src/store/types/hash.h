/* Hash: fields and their values.
 *
 * A small hash is a packed run (store/types/packed.h): field, value, field, value ... A larger one is a table
 * of compact elements. Fields and values are told and given as slices; values that come from a packed run may
 * be integers, which is why reading gives packed values. */
#ifndef STINT_STORE_TYPES_HASH_H
#define STINT_STORE_TYPES_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/types/packed.h"
#include "store/value.h"

/* Up to where a hash is kept packed. Follows the configuration. */
struct hash_limits {
    size_t packed_fields;      /* this many fields */
    size_t packed_value_bytes; /* each field and value this long */
};
extern struct hash_limits hash_limits;

/* One field; texts are valid until the hash changes. */
struct hash_field {
    struct packed_value name, value;
};

/* --- Reading --- */

/* What OBJECT ENCODING calls the form that the hash has. */
const char *hash_encoding_name(const entry *e);

/* Number of fields; too high by those that have expired just now, unless it is exact. */
size_t hash_count(const entry *e);
bool hash_count_is_exact(const entry *e);
/* The value of a field; false if there is no such field. */
bool hash_find(const entry *e, slice field, struct packed_value *value);
/* The same for count fields (at most HASH_FIND_MAX), whose cache lines are fetched together; the value of one
 * that is missing has found[i] false. */
#define HASH_FIND_MAX 32
void hash_find_many(const entry *e, const slice *fields, size_t count, struct packed_value *values,
                    bool *found);

/* When a field expires, Unix time in ms, or one of these. */
#define HASH_NEVER_EXPIRES INT64_MAX
#define HASH_NO_FIELD      INT64_MIN
int64_t hash_expiry_ms(const entry *e, slice field);

typedef void hash_visitor(void *context, const struct hash_field *field);
/* Visits all fields. visit must not change the hash. */
void hash_each(const entry *e, hash_visitor *visit, void *context);
/* The same in steps, as table_scan; a packed hash is visited in one. */
uint64_t hash_scan(const entry *e, uint64_t cursor, size_t count, hash_visitor *visit, void *context);
/* A random field, each as likely; false if all have expired. The hash must not be empty. */
bool hash_random(const entry *e, struct hash_field *field);
/* Visits count different random fields, all if there are no more; fewer if the count of fields is not exact.
 */
void hash_random_distinct(const entry *e, size_t count, hash_visitor *visit, void *context);

/* --- Changing, between keyspace_write and keyspace_changed ---
 *
 * e is what the key holds, NULL if nothing; what comes back is the entry from then on. */

/* Sets count >= 1 fields to values, pairs of them: field, value, field, value ... *created is how many were
 * not there before. Fields keep their expiry if keep_expiry, else they have none from then on. The texts must
 * not lie in the hash. */
entry *hash_set(database *db, const key *k, entry *e, const slice *pairs, size_t count, bool keep_expiry,
                size_t *created);
/* Makes the hash, which is there, ready for fields that expire: it is no longer packed then. Redis does so as
 * soon as it is asked for an expiry, whatever comes of it, and OBJECT ENCODING shows it. */
entry *hash_prepare_expiry(database *db, const key *k, entry *e);
/* Gives a field, which is there, an expiry to come (HASH_NEVER_EXPIRES takes it away). */
entry *hash_set_expiry(database *db, const key *k, entry *e, slice field, int64_t expiry_ms);
/* Removes a field; *removed tells whether it was there. A hash may be left without fields: then the caller
 * deletes the key. */
entry *hash_remove(database *db, const key *k, entry *e, slice field, bool *removed);

#endif
