/* Works: the price of a request, for ours, the peers and the bare floor. */
#ifndef STINT_BENCH_WORKS_H
#define STINT_BENCH_WORKS_H

#include "bench/bench.h"

/* Measures every work that was asked for, and reports each when it is done. */
void works_measure(bench *b);

/* The item at that place of the table, from 0 on; NULL after the last. */
const item *works_item(unsigned index);

#endif
