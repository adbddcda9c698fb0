/* Shapes: the table of what random commands look like. New commands and types are added by rows in shapes.c.
 *
 * A shape is a command's syntax in a small language:
 *
 *     WORD       stands for itself
 *     {key}      a word from a vocabulary (vocabulary.h)
 *     [ ... ]    is there or not
 *     ( a | b )  one of these; each alternative may have several words
 *     ...+       one to four times the group or word before
 *     @7.4       at the beginning: only for an oracle of that version or a later one
 *
 * Blanks divide words. */
#ifndef STINT_E2E_SHAPES_H
#define STINT_E2E_SHAPES_H

#include <stdbool.h>

#include "bytes.h"
#include "comparison.h"

typedef struct shape {
    const char *syntax;
    int weight; /* how often it is chosen, relative to the others */
    comparison comparison;
} shape;

extern const shape shapes[];
extern const int shape_count;

/* The syntax without the version at its beginning, NULL if the oracle (major and minor) is older than that.
 */
const char *shape_syntax(const shape *s, const int oracle_version[2]);

/* Whether a number in a wrong place could become an expiry that passes during the run. */
bool shape_sets_expiry(const shape *s);

/* Whether a command must stay as its shape makes it. Something from elsewhere could leave a sorted set
 * without the order by member that other commands expect, ask for a huge reply, be stored where the versions
 * differ, take members out at random, ask for an order that there is none of, be equally far away, or wait
 * without end. */
bool shape_must_stay(const shape *s);

/* Whether the word is a key that shapes name. */
bool shape_names_key(const bytes *word);

#endif
