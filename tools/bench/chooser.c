/* Chooser: uniform, Zipf and sequential choice of key numbers.
 *
 * Zipf numbers are drawn by rejection-inversion (W. Hörmann and G. Derflinger, 1996): the integral of
 * x^-exponent is inverted at a uniform random point, and the few candidates that fall outside the histogram
 * bars are drawn again. It needs no table, and its cost does not depend on the number of keys.
 *
 * The most popular ranks are scattered over the key space by a multiplication modulo the number of keys, so
 * that keys which are hot together were not also written next to each other. */
#include "bench/chooser.h"

#include <assert.h>
#include <math.h>

/* The integral of x^-exponent from 1 to x, continuous in the exponent where that is 1. */
static double zipf_integral(double x, double exponent) {
    double log_x = log(x);
    double power = (1 - exponent) * log_x;
    return fabs(power) > 1e-8 ? expm1(power) / power * log_x : log_x;
}

static double zipf_integral_inverse(double y, double exponent) {
    double t = y * (1 - exponent);
    if (t < -1) t = -1;
    return exp(fabs(t) > 1e-8 ? log1p(t) / t * y : y);
}

static double zipf_weight(double x, double exponent) { return exp(-exponent * log(x)); }

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void chooser_init(chooser *c, chooser_kind kind, uint64_t first, uint64_t count, double exponent,
                  uint64_t seed) {
    assert(count > 0);
    *c = (chooser){.kind = kind, .random_state = seed, .first = first, .count = count, .exponent = exponent};
    if (kind != CHOOSER_ZIPF) return;
    assert(exponent > 0);
    c->zipf_low = zipf_integral(1.5, exponent) - 1;
    c->zipf_high = zipf_integral((double)count + 0.5, exponent);
    c->zipf_shortcut =
        2 - zipf_integral_inverse(zipf_integral(2.5, exponent) - zipf_weight(2, exponent), exponent);
    c->scatter = (uint64_t)((double)count * 0.6180339887) | 1;
    while (greatest_common_divisor(c->scatter, count) != 1) c->scatter += 2;
}

uint64_t chooser_next_zipf(chooser *c) {
    for (;;) {
        double uniform = (double)(chooser_random(c) >> 11) * 0x1p-53;
        double y = c->zipf_high + uniform * (c->zipf_low - c->zipf_high);
        double x = zipf_integral_inverse(y, c->exponent);
        double rank = floor(x + 0.5);
        if (rank < 1) rank = 1;
        if (rank > (double)c->count) rank = (double)c->count;
        if (rank - x <= c->zipf_shortcut ||
            y >= zipf_integral(rank + 0.5, c->exponent) - zipf_weight(rank, c->exponent))
            return c->first + (uint64_t)((unsigned __int128)((uint64_t)rank - 1) * c->scatter % c->count);
    }
}
