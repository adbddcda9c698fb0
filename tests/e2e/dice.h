/* Dice: random choices that depend on a seed alone. */
#ifndef STINT_E2E_DICE_H
#define STINT_E2E_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

/* Begins a sequence of its own for each seed. */
void dice_seed(dice *d, uint64_t seed);

/* 64 random bits. */
uint64_t dice_bits(dice *d);

/* 0 to n - 1. */
int dice_roll(dice *d, int n);

/* True so many times in a hundred. */
bool dice_chance(dice *d, int percent);

#endif
