/* Dice: splitmix64. */
#include "dice.h"

void dice_seed(dice *d, uint64_t seed) {
    d->state = seed;
    d->state = dice_bits(d); /* seeds next to each other would otherwise give the same sequence, shifted */
}

uint64_t dice_bits(dice *d) {
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int dice_roll(dice *d, int n) { return (int)(dice_bits(d) % (uint64_t)n); }

bool dice_chance(dice *d, int percent) { return dice_roll(d, 100) < percent; }
