/* Stalls: what other clients notice while something is done to a large collection. */
#ifndef STINT_BENCH_STALLS_H
#define STINT_BENCH_STALLS_H

#include "bench/bench.h"

/* Measures every case that was asked for, and reports each when it is done. */
void stalls_measure(bench *b);

/* The item at that place, from 0 on; NULL after the last. */
const item *stalls_item(unsigned index);

#endif
