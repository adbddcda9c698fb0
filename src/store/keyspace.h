/* Keyspace: the gate. The only way to a key.
 *
 * Looking up for read, looking up for write, adding, replacing, deleting and expiring each pass through one
 * function here, and that function does all that a touch means: the expiry check, recency, statistics, the
 * change counter, and telling the observers. Handlers never free or replace a value themselves.
 *
 * A returned entry is valid until the next call that writes. */
#ifndef STINT_STORE_KEYSPACE_H
#define STINT_STORE_KEYSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/hash.h"
#include "base/slice.h"
#include "store/census.h"
#include "store/entry.h"
#include "store/table.h"

typedef struct database {
    int id;
    table *keys;
    size_t expiring;        /* keys that have an expiry */
    __int128 expiry_sum_ms; /* of all those, for their average time to live */
    size_t elements_expire; /* keys of which elements have an expiry */
    census sizes;
} database;

/* A key's name with its hash, so that it is hashed once per request. */
typedef struct key {
    slice name;
    uint64_t hash;
} key;

static inline key key_of(slice name) { return (key){name, hash_bytes(name)}; }

/* What happened to a key, as keyspace notifications name it. */
enum keyspace_event {
    EVENT_SET,
    EVENT_APPEND,
    EVENT_SETRANGE,
    EVENT_SETBIT,
    EVENT_INCRBY,
    EVENT_INCRBYFLOAT,
    EVENT_DEL,
    EVENT_EXPIRE,
    EVENT_PERSIST,
    EVENT_EXPIRED,
    EVENT_RENAME_FROM,
    EVENT_RENAME_TO,
    EVENT_MOVE_FROM,
    EVENT_MOVE_TO,
    EVENT_COPY_TO,
    EVENT_SADD, /* from here on: of collections that were changed in place */
    EVENT_SREM,
    EVENT_SPOP,
    EVENT_SINTERSTORE,
    EVENT_SUNIONSTORE,
    EVENT_SDIFFSTORE,
    EVENT_ZADD,
    EVENT_ZINCR,
    EVENT_ZREM,
    EVENT_ZPOPMIN,
    EVENT_ZPOPMAX,
    EVENT_ZREMRANGEBYRANK,
    EVENT_ZREMRANGEBYSCORE,
    EVENT_ZREMRANGEBYLEX,
    EVENT_ZRANGESTORE,
    EVENT_ZUNIONSTORE,
    EVENT_ZINTERSTORE,
    EVENT_ZDIFFSTORE,
    EVENT_GEOSEARCHSTORE,
    EVENT_GEORADIUSSTORE,
    EVENT_LPUSH,
    EVENT_RPUSH,
    EVENT_LPOP,
    EVENT_RPOP,
    EVENT_LSET,
    EVENT_LINSERT,
    EVENT_LREM,
    EVENT_LTRIM,
    EVENT_HSET,
    EVENT_HDEL,
    EVENT_HINCRBY,
    EVENT_HINCRBYFLOAT,
    EVENT_HEXPIRE,
    EVENT_HPERSIST,
    EVENT_HEXPIRED,
    EVENT_PFADD,
    EVENT_REENCODED, /* the same in other bytes, such as with a count kept: has no notification */
    EVENT_SORTSTORE,
    EVENT_COUNT,
};

/* Statistics that the gate keeps. */
struct keyspace_statistics {
    uint64_t hits, misses; /* of lookups for reading */
    uint64_t expired;      /* keys deleted because their time had come */
    uint64_t expired_elements;
    uint64_t changes;            /* since the last save */
    uint64_t expire_cycle_us;    /* spent on finding and deleting expired keys */
    uint64_t expire_slices_full; /* how often the time for that was not enough */
};
extern struct keyspace_statistics keyspace_statistics;

/* In the place of an expiry, beside NO_EXPIRY: the key keeps what it has. */
#define KEEP_EXPIRY INT64_MIN

/* Makes that many empty databases. Called once. */
void keyspace_open(int databases);
int keyspace_databases(void);
/* The database with that number, 0 to keyspace_databases() - 1. */
database *keyspace_database(int id);

/* --- Looking up --- */

/* Hints for a key that will soon be looked up: first its bucket; when that has come, its entry. Returns what
 * is probably the entry, for more hints (store/value.h); NULL if it seems that there is none. */
static inline void keyspace_prefetch_bucket(const database *db, uint64_t hash) {
    table_prefetch_bucket(db->keys, hash);
}
static inline const entry *keyspace_prefetch_entry(const database *db, uint64_t hash) {
    return table_prefetch_element(db->keys, hash);
}

/* The entry to read from, or NULL if there is none; counts a hit or a miss and marks the entry as used. */
entry *keyspace_read(database *db, const key *k);
/* The entry to change, or NULL; marks it as used. */
entry *keyspace_write(database *db, const key *k);
/* The entry to tell something about (its type, its time to live), or NULL: counts a hit or a miss, but does
 * not mark it as used. */
entry *keyspace_inspect(database *db, const key *k);
/* The same, but a miss is not announced. */
entry *keyspace_inspect_quietly(database *db, const key *k);
/* The entry, or NULL, without marking it as used and without counting. */
entry *keyspace_peek(database *db, const key *k);
/* A random key's entry, or NULL if the database is empty. */
entry *keyspace_random(database *db);
/* As table_scan; what has expired is not visited. visit must not write. */
uint64_t keyspace_scan(database *db, uint64_t cursor, size_t count, void (*visit)(void *context, void *entry),
                       void *context);
static inline size_t keyspace_size(const database *db) { return table_count(db->keys); }

/* --- Changing --- */

/* Every change is announced by one call, after it is made: counts it and tells the observers. */
void keyspace_changed(database *db, const key *k, enum keyspace_event event);
/* One more event of a change that is counted already: tells the observers alone. */
void keyspace_announce(database *db, const key *k, enum keyspace_event event);

/* Who is told of what happens to keys; callbacks that are NULL are not called. An observer is switched on
 * only while someone wants to know, so that nobody else pays for it. Callbacks may read the database, but not
 * change it, and may switch their own observer off. */
typedef struct keyspace_observer keyspace_observer;
struct keyspace_observer {
    void (*changed)(database *db, const key *k, enum keyspace_event event);
    void (*created)(database *db, const key *k); /* a key that did not exist, before what made it is told */
    void (*missed)(database *db, const key *k);  /* a lookup for reading found nothing */
    /* About to happen, without a word about each key: all of a database (NULL: of all) go; two databases
     * exchange theirs. */
    void (*flushed)(database *db);
    void (*swapped)(database *a, database *b);
    keyspace_observer *next; /* the keyspace's own */
};
/* Switches an observer on, off. */
void keyspace_observe(keyspace_observer *observer);
void keyspace_unobserve(keyspace_observer *observer);

/* Sets the key to a string, in whatever encoding suits it (an integer's text is kept as an integer); what the
 * key held before is gone, whatever its type. expiry_ms is Unix time, NO_EXPIRY or KEEP_EXPIRY. */
void keyspace_put_string(database *db, const key *k, slice value, int64_t expiry_ms);
/* The same with a blob's bytes, taking over the caller's reference. */
void keyspace_put_blob(database *db, const key *k, blob *value, int64_t expiry_ms);
/* The same with an integer. */
void keyspace_put_integer(database *db, const key *k, int64_t value, int64_t expiry_ms);
/* Gives the key another integer and keeps its expiry. e is what keyspace_write has just returned for the key,
 * a string or NULL: spares the lookup of keyspace_put_integer. */
void keyspace_update_integer(database *db, const key *k, entry *e, int64_t value);
/* The same with text that is never made an integer (results that OBJECT ENCODING calls strings). */
void keyspace_put_text(database *db, const key *k, slice value, int64_t expiry_ms);
/* The key's string to be changed in place: returns len writable bytes, the first ones as they were, new ones
 * zero. A missing key is made. The key must not hold another type: keyspace_write, which tells, comes first
 * and marks it as used. */
char *keyspace_edit_string(database *db, const key *k, size_t len);

/* --- Collections ---
 *
 * A small collection is a run of packed bytes (store/types/packed.h), a larger one a structure. A type's
 * functions work on either in place, between keyspace_write and keyspace_changed; what makes an entry, or
 * makes another allocation of it, goes through these. Returned entries replace those that the caller had. */

/* Makes the key, which must not exist, with packed bytes (copied) or a structure (taken over). */
entry *keyspace_add_bytes(database *db, const key *k, enum value_type type, slice bytes);
entry *keyspace_add_structure(database *db, const key *k, enum value_type type, void *structure);
/* Puts an entry that was made outside the database (taken over) under its key, which is k; what the key held
 * is gone, whatever its type, without a word. */
void keyspace_put_entry(database *db, const key *k, entry *e);
/* Makes the entry's packed bytes len long: the first ones as they were, new ones zero. *bytes is where they
 * are. */
entry *keyspace_resize_bytes(database *db, const key *k, entry *e, size_t len, char **bytes);
/* Puts a structure (taken over) in the place of the entry's packed bytes, or packed bytes (copied) in the
 * place of its structure, which is freed. The expiry stays. */
entry *keyspace_become_structure(database *db, const key *k, entry *e, void *structure);
entry *keyspace_become_bytes(database *db, const key *k, entry *e, slice bytes);
/* Tells when the next element of the entry's structure expires, if that became earlier. */
void keyspace_note_element_expiry(database *db, const key *k, entry *e);

/* Deletes the key. False if there was none. Announces EVENT_DEL. */
bool keyspace_delete(database *db, const key *k);

/* Gives an entry of the database an expiry (NO_EXPIRY takes it away). Announces nothing. The entry may move.
 */
void keyspace_set_expiry(database *db, const key *k, entry *e, int64_t expiry_ms);

/* Puts from's value, expiry included, under to, which is another key; from is gone, and what to held. */
void keyspace_rename(database *db, const key *from, const key *to);
/* Moves the entry to another database, where it must not exist. */
void keyspace_move(database *from, database *to, const key *k);
/* Puts a copy of e's value, expiry included, under that key, which is not e's own; what the key held is gone.
 */
void keyspace_copy(const entry *e, database *to, const key *k);
/* Exchanges the keys of two databases, which counts as one change; a database and itself: nothing. */
void keyspace_swap(database *a, database *b);
/* Deletes all keys of a database, or of all of them; they are freed in the background. Returns how many. */
size_t keyspace_flush(database *db);
size_t keyspace_flush_all(void);

/* --- Upkeep --- */

/* Deletes keys, and elements of keys, whose time has come, for at most budget_us. Returns true if more are
 * due already. */
bool keyspace_expire_due(int64_t budget_us);
/* Whether keyspace_expire_due does its work (DEBUG SET-ACTIVE-EXPIRE); keys are never seen expired in any
 * case. */
extern bool keyspace_active_expire;
/* Whether keys, and elements of keys, stay that have expired (CLIENT PAUSE); they are not seen then either.
 */
extern bool keyspace_expiry_paused;

/* The average time that keys with an expiry have left, ms. */
int64_t keyspace_average_ttl_ms(const database *db);
/* Bytes that the key takes, value and overhead included; a structure's are estimated from samples of its
 * elements (0: from all). */
size_t keyspace_memory_bytes(const entry *e, size_t samples);

#endif
