/* Chooser: which key the next request is about. */
#ifndef STINT_BENCH_CHOOSER_H
#define STINT_BENCH_CHOOSER_H

#include <stdint.h>

typedef enum chooser_kind {
    CHOOSER_UNIFORM,    /* every key equally often */
    CHOOSER_ZIPF,       /* few keys very often: the key of rank r in proportion to 1 / r^exponent */
    CHOOSER_SEQUENTIAL, /* one after the other, starting again after the last */
} chooser_kind;

typedef struct chooser {
    chooser_kind kind;
    uint64_t random_state;
    uint64_t first; /* the keys chosen from are first .. first + count - 1 */
    uint64_t count;
    uint64_t next; /* sequential: offset of the next key */
    uint64_t scatter;
    double exponent;
    double zipf_low, zipf_high, zipf_shortcut;
} chooser;

/* Prepares a choice among `count` (at least 1) keys from number `first` on. `exponent` (above 0) matters to
 * Zipf only. The same seed gives the same choices. */
void chooser_init(chooser *c, chooser_kind kind, uint64_t first, uint64_t count, double exponent,
                  uint64_t seed);

/* Chooses by Zipf's law; chooser_next() is what callers want. */
uint64_t chooser_next_zipf(chooser *c);

/* 64 random bits (SplitMix64). */
static inline uint64_t chooser_random(chooser *c) {
    uint64_t z = c->random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A random number of 0 .. limit - 1. */
static inline uint64_t chooser_random_below(chooser *c, uint64_t limit) {
    return (uint64_t)((unsigned __int128)chooser_random(c) * limit >> 64);
}

/* The number of the next key. */
static inline uint64_t chooser_next(chooser *c) {
    if (c->kind == CHOOSER_UNIFORM) return c->first + chooser_random_below(c, c->count);
    if (c->kind == CHOOSER_ZIPF) return chooser_next_zipf(c);
    uint64_t offset = c->next;
    c->next = offset + 1 == c->count ? 0 : offset + 1;
    return c->first + offset;
}

#endif
