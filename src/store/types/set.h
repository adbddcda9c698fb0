/* Set: members without order, each once.
 *
 * A small set is a run of bytes, a larger one a table of compact elements. The bytes are a packed run of
 * members (store/types/packed.h) or, if all are integers,
 *
 *     +------+-------+-------+---------+---------+-----+
 *     | 0  0 | width | least | integer | integer | ... |      width: 2, 4 or 8 bytes each; ascending
 *     +------+-------+-------+---------+---------+-----+
 *
 * A set is kept in whichever form its members allowed when they were added, up to set_limits. It never goes
 * back to a smaller one, but for set_pop, which may leave a small rest of a large set. */
#ifndef STINT_STORE_TYPES_SET_H
#define STINT_STORE_TYPES_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/types/packed.h"

/* Up to where a set is kept small. Follows the configuration. */
struct set_limits {
    size_t integers;           /* so many members, if all are integers; */
    size_t packed_members;     /* so many if not, */
    size_t packed_value_bytes; /* each no longer than this */
};
extern struct set_limits set_limits;

/* How a set is kept. */
enum set_form { SET_INTEGERS, SET_PACKED, SET_TABLE };
enum set_form set_form_of(const entry *e);

/* --- Members ---
 *
 * What a member is in the different forms of sets (text, integer, hash) is found out when it is first needed,
 * once, however many sets it is looked up in. */

enum set_member_known { MEMBER_TEXT = 1 << 0, MEMBER_VALUE = 1 << 1, MEMBER_HASH = 1 << 2 };

struct set_member {
    unsigned known; /* enum set_member_known; text or value always is */
    char digits[NUMBER_I64_TEXT_MAX];
    slice text; /* within the member itself if that is an integer of a small set */
    struct packed_value value;
    uint64_t hash;
};

/* The member with that text, which is borrowed. */
static inline void set_member_from_text(struct set_member *m, slice text) {
    m->known = MEMBER_TEXT;
    m->text = text;
}
static inline void set_member_from_value(struct set_member *m, const struct packed_value *value) {
    m->known = MEMBER_VALUE;
    m->value = *value;
}

/* The member's text, valid as long as the member stays where it is and what its text was borrowed from. */
static inline slice set_member_text(struct set_member *m) {
    if (!(m->known & MEMBER_TEXT)) {
        m->text = packed_text(&m->value, m->digits);
        m->known |= MEMBER_TEXT;
    }
    return m->text;
}
static inline const struct packed_value *set_member_value(struct set_member *m) {
    if (!(m->known & MEMBER_VALUE)) {
        m->value = packed_value_of(m->text);
        m->known |= MEMBER_VALUE;
    }
    return &m->value;
}
/* Whichever of the two is at hand, as a value to be read: an integer's text is not made a number. */
static inline struct packed_value set_member_as_value(const struct set_member *m) {
    return m->known & MEMBER_VALUE ? m->value : (struct packed_value){.text = m->text};
}

/* --- Reading; e is NULL for a set without members --- */

size_t set_count(const entry *e);
bool set_contains(const entry *e, struct set_member *m);

/* Looks up count members at once, at most SET_GROUP_MAX, so that their cache misses overlap. */
#define SET_GROUP_MAX 64
void set_contains_each(const entry *e, struct set_member *const *members, size_t count, bool *found);

/* A walk over all members in groups. The set must not change until it ends. */
struct set_walk {
    const entry *e;
    bool at_end;           /* no more to be had from the entry */
    size_t at;             /* position in a run */
    uint64_t cursor;       /* of a table */
    const void **elements; /* of the table, not given out yet: few, or a block of its own */
    size_t next, count, capacity;
    const void *few[2 * SET_GROUP_MAX];
};
void set_walk_begin(struct set_walk *w, const entry *e);
/* The next members, at most SET_GROUP_MAX; 0 at the end. Valid until the set changes. */
size_t set_walk_next(struct set_walk *w, struct set_member *members);
void set_walk_end(struct set_walk *w);

typedef void set_visitor(void *context, struct set_member *m);
/* Visits members in steps, as table_scan does; those of a small set in one. */
uint64_t set_scan(const entry *e, uint64_t cursor, size_t count, set_visitor *visit, void *context);
/* A random member, each as likely; there must be one. */
void set_random(const entry *e, struct set_member *m);
/* Visits count different random members, all if there are no more. */
void set_random_distinct(const entry *e, size_t count, set_visitor *visit, void *context);

/* --- Changing, between keyspace_write and keyspace_changed ---
 *
 * e is what the key holds, NULL if nothing; what comes back is the entry from then on. With db NULL the set
 * is being built outside the keyspace, for that key; it is given to keyspace_put_entry or set_discard. */

/* Adds one member, which must not lie in the set. */
entry *set_add(database *db, const key *k, entry *e, struct set_member *m, bool *added);
/* Adds count members at once, at most SET_GROUP_MAX. *added is how many were not there before. */
entry *set_add_each(database *db, const key *k, entry *e, struct set_member *const *members, size_t count,
                    size_t *added);
/* The same for count >= 1 members of one request, of any number: Redis chooses the form by how many they are,
 * new or not. *added is how many were not there before. */
entry *set_add_texts(database *db, const key *k, entry *e, const slice *texts, size_t count, size_t *added);
/* Removes one member. The set may be left without any: then the caller deletes the key. */
entry *set_remove(database *db, const key *k, entry *e, struct set_member *m, bool *removed);
/* Removes count random members, fewer than there are, and visits each of them while it is there. */
entry *set_pop(database *db, const key *k, entry *e, size_t count, set_visitor *visit, void *context);
/* Frees a set that is in no database; NULL is allowed. */
void set_discard(entry *e);

#endif
