/* Pattern index: finds the patterns that match a text without trying all of them.
 *
 * Patterns are grouped by the bytes before their first special one, which every text that matches begins
 * with. A text is tried against the groups whose bytes it begins with, and no others. */
#ifndef STINT_SERVER_MESSAGES_PATTERN_INDEX_H
#define STINT_SERVER_MESSAGES_PATTERN_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

typedef struct pattern_index pattern_index;

/* A pattern in the index: part of whatever it stands for, at a place that does not change. The text is not
 * the index's and must last. */
typedef struct indexed_pattern {
    slice text;   /* as glob_match takes it */
    size_t place; /* the index's own */
} indexed_pattern;

/* A new, empty index. Free with pattern_index_free, which leaves the patterns alone. */
pattern_index *pattern_index_new(void);
void pattern_index_free(pattern_index *index);

/* Adds a pattern, takes one out. Two with the same text are two patterns. */
void pattern_index_add(pattern_index *index, indexed_pattern *p);
void pattern_index_remove(pattern_index *index, indexed_pattern *p);

/* Calls visit with every pattern that matches the text: those with the shortest fixed beginning first. visit
 * must not change the index. Returns how many patterns were tried. */
size_t pattern_index_match(const pattern_index *index, slice text,
                           void (*visit)(void *context, indexed_pattern *p), void *context);

#endif
