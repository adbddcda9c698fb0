/* Census: how many keys of a database there are of each type and size.
 *
 * A size is the bytes of a string or the elements of a collection, those included that have expired and were
 * not removed yet. Sizes are told apart by powers of two. An entry remembers the class that it is counted in,
 * so that a change costs a comparison as long as it stays in its class. */
#ifndef STINT_STORE_CENSUS_H
#define STINT_STORE_CENSUS_H

#include <stddef.h>
#include <stdint.h>

#include "store/entry.h"
#include "store/value.h"

/* Class 0 is for what is empty, class n for sizes from 2^(n-1) up to 2^n - 1, the last one for all that is
 * larger too: from 1 G on. */
#define CENSUS_CLASSES 32

typedef struct census {
    uint64_t keys[TYPE_STREAM + 1][CENSUS_CLASSES];
} census;

static inline unsigned census_class(size_t size) {
    unsigned bits = size ? 64 - (unsigned)__builtin_clzll(size) : 0;
    return bits < CENSUS_CLASSES ? bits : CENSUS_CLASSES - 1;
}

/* An entry comes into the database, goes out of it, or has changed its size. */
static inline void census_add(census *c, entry *e) {
    e->size_class = census_class(value_size(e));
    c->keys[e->type][e->size_class]++;
}
static inline void census_remove(census *c, const entry *e) { c->keys[e->type][e->size_class]--; }
static inline void census_update(census *c, entry *e) {
    unsigned now = census_class(value_size(e));
    if (now == e->size_class) return;
    c->keys[e->type][e->size_class]--;
    e->size_class = now;
    c->keys[e->type][now]++;
}

#endif
