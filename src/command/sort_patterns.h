/* Sort patterns: what BY and GET of SORT name, element by element. */
#ifndef STINT_COMMAND_SORT_PATTERNS_H
#define STINT_COMMAND_SORT_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "command/support.h"
#include "store/keyspace.h"
#include "store/types/packed.h"

enum sort_pattern_kind {
    PATTERN_NOTHING, /* has no place for the element: no key */
    PATTERN_ELEMENT, /* "#": the element itself */
    PATTERN_STRING,  /* the string at a key */
    PATTERN_FIELD,   /* a field of the hash at a key */
};

/* A pattern taken apart; the slices are those of its text. */
struct sort_pattern {
    enum sort_pattern_kind kind;
    slice before, after; /* what stands around the element in the key's name */
    slice field;
};

/* The pattern with that text, which is borrowed. Any text is one. */
struct sort_pattern sort_pattern_of(slice text);

/* What a pattern says of an element. */
struct sort_lookup {
    const struct sort_pattern *pattern;
    struct packed_value element;
    bool found;
    struct packed_value value; /* if found; valid until the next call that writes to the keyspace */
};

/* Looks up count <= SORT_LOOKUPS_MAX values at once, so that their cache misses overlap. */
#define SORT_LOOKUPS_MAX PREFETCH_KEYS_MAX
void sort_lookup_each(database *db, struct sort_lookup *lookups, size_t count);

#endif
