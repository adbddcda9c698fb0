/* Growth: what becomes of the price and of the latency when there are many keys. */
#ifndef STINT_BENCH_GROWTH_H
#define STINT_BENCH_GROWTH_H

#include "bench/bench.h"

/* Measures every growth case that was asked for, and reports each when it is done. */
void growth_measure(bench *b);

/* The item at that place, from 0 on; NULL after the last. */
const item *growth_item(unsigned index);

#endif
