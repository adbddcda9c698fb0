/* Value: what every type can do with its values, for the keyspace that does not know them.
 *
 * A value is an integer, a run of bytes (a string or a packed collection) or a structure. Integers and bytes
 * are the same for all types; each type with structures describes them by a value_kind. */
#ifndef STINT_STORE_VALUE_H
#define STINT_STORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/entry.h"
#include "store/table.h"

struct value_kind {
    /* Frees the structure and all in it. May run in the background thread. */
    void (*free)(void *structure);
    /* A deep copy. */
    void *(*copy)(const void *structure);
    /* How many elements it has: what freeing it takes. */
    size_t (*count)(const void *structure);
    /* Bytes of memory, estimated from samples elements (0: count them all). */
    size_t (*memory_bytes)(const void *structure, size_t samples);
    /* Asks for what an access reads first, and returns the table in which elements are found by name, NULL if
     * there is none. NULL if there are no hints to give. */
    const table *(*approach)(const void *structure);
    /* When the next of its elements expires, Unix time in ms, INT64_MAX if none does; NULL if none ever can.
     */
    int64_t (*due_ms)(const void *structure);
    /* Removes elements that have expired, as many as take no long time, and returns how many. Not NULL where
     * due_ms is not. */
    size_t (*expire)(void *structure);
};

/* The types' kinds, each defined by the type. */
extern const struct value_kind list_kind, set_kind, zset_kind, hash_kind;

/* Frees what the entry's payload points to; a large structure in the background. */
void value_free(entry *e);
/* A hint that the entry's value will be accessed: as value_kind.approach, NULL for one that is no structure.
 */
const table *value_approach(const entry *e);
/* A deep copy under another key, with the same expiry. */
entry *value_copy(const entry *e, slice key);
/* Bytes of memory beside the entry itself. */
size_t value_memory_bytes(const entry *e, size_t samples);
/* When something of the entry is due: its own expiry or that of an element; INT64_MAX if nothing is. */
int64_t value_due_ms(const entry *e);
/* Removes elements of the entry's structure that have expired, as value_kind.expire does; returns how many.
 */
size_t value_expire_elements(entry *e);
/* Whether any element of the entry's structure expires. */
bool value_elements_expire(const entry *e);
/* Bytes of a string, number of elements of a collection. */
size_t value_size(const entry *e);

#endif
