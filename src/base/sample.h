/* Sample: choosing some of many at random, such that every choice is as likely.
 *
 * Two ways: where much is wanted, all candidates are walked over and each is taken or not; where little is,
 * candidates are drawn again and again, and those that have been drawn before do not count. */
#ifndef STINT_BASE_SAMPLE_H
#define STINT_BASE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

/* A walk: so many are still wanted, of so many that are still to come. */
typedef struct sample {
    size_t wanted, left;
} sample;

/* Whether the next candidate is taken; there must be one. */
static inline bool sample_takes(sample *s) {
    bool taken = random_below(s->left--) < s->wanted;
    s->wanted -= taken;
    return taken;
}

/* What has been drawn: a set of numbers. */
typedef struct drawn {
    uint64_t *slots;
    size_t mask;
} drawn;

/* Makes an empty set for at most count numbers. Close it when done. */
drawn drawn_open(size_t count);
/* Adds a number, which is not 0; false if it has been drawn before. */
bool drawn_add(drawn *d, uint64_t number);
void drawn_close(drawn *d);

#endif
