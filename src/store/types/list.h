/* List: elements in order, pushed and popped at both ends.
 *
 * A short list is a packed run (store/types/packed.h); a longer one a deque of blocks, each a packed run of
 * its own. Positions count from 0, the head. */
#ifndef STINT_STORE_TYPES_LIST_H
#define STINT_STORE_TYPES_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/types/packed.h"
#include "store/value.h"

/* How much one block holds, in the terms of list-max-listpack-size, which also say where OBJECT ENCODING
 * changes. Follows the configuration. */
struct list_limits {
    size_t block_bytes; /* this many bytes, counted as listpacks count them */
    size_t block_count; /* and this many elements */
};
extern struct list_limits list_limits;
/* The limits that a value of list-max-listpack-size means: a number of elements if positive, else -1 to -5
 * for 4 to 64 KB; what is beyond is taken as the nearest. */
struct list_limits list_limits_of(int64_t max_listpack_size);

enum list_end { LIST_HEAD, LIST_TAIL };

/* What is announced of a push, and of a pop, at that end. */
static inline enum keyspace_event list_push_event(enum list_end end) {
    return end == LIST_HEAD ? EVENT_LPUSH : EVENT_RPUSH;
}
static inline enum keyspace_event list_pop_event(enum list_end end) {
    return end == LIST_HEAD ? EVENT_LPOP : EVENT_RPOP;
}

/* --- Reading --- */

/* What OBJECT ENCODING calls the list: "listpack" or "quicklist", by Redis's rules. */
const char *list_encoding_name(const entry *e);
/* Number of elements. */
size_t list_count(const entry *e);

/* A place between two elements. Valid until the list changes. */
struct list_cursor {
    const struct list *list; /* NULL: packed */
    size_t block;
    slice run;
    size_t at;
};
/* The place before the element at index, 0 to the count. */
void list_seek(const entry *e, size_t index, struct list_cursor *place);
/* Reads the element after the place, or before it, and moves over it. False if there is none. The value is
 * valid until the list changes. */
bool list_next(struct list_cursor *place, struct packed_value *v);
bool list_previous(struct list_cursor *place, struct packed_value *v);

/* --- Changing, between keyspace_write and keyspace_changed ---
 *
 * e is what the key holds; what comes back is the entry from then on. Texts must not lie in the list. */

/* Pushes count >= 1 elements, one after the other, at one end. e may be NULL: the key is made. */
entry *list_push(database *db, const key *k, entry *e, enum list_end end, const slice *texts, size_t count);
/* Drops that many elements from one end, fewer than there are: a list that is to be empty is deleted instead.
 */
entry *list_drop(database *db, const key *k, entry *e, enum list_end end, size_t count);
/* Moves the element at one end to an end of the same list, which has more than one; text is a copy of it. */
entry *list_rotate(database *db, const key *k, entry *e, enum list_end from, enum list_end to, slice text);
/* Must be called before list_set and list_insert: makes the list ready to take the text. A list that will be
 * too large is called quicklist from then on, even if the text is not taken in the end. */
entry *list_expect(database *db, const key *k, entry *e, slice text);
/* Puts a text in the place of the element at index, which must exist. */
entry *list_set(database *db, const key *k, entry *e, size_t index, slice text);
/* Inserts a text before or after the element at the index pivot, which must exist. */
entry *list_insert(database *db, const key *k, entry *e, size_t pivot, bool after, slice text);
/* Removes the elements that equal the text, the first limit of them, counted from that end. *removed is how
 * many. A list may be left without elements: then the caller deletes the key. */
entry *list_remove(database *db, const key *k, entry *e, enum list_end end, slice text, size_t limit,
                   size_t *removed);

/* --- Building, outside of the keyspace --- */

/* A list without elements that is going to be one in place of whatever a key holds. It is either finished or
 * discarded. */
struct list *list_draft_new(void);
/* Adds an element at its tail. */
void list_draft_add(struct list *draft, const struct packed_value *v);
/* The draft, which has got elements, as what keyspace_put_entry puts under the key of that name. */
entry *list_draft_finish(struct list *draft, slice name);
void list_draft_discard(struct list *draft);

#endif
