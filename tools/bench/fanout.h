/* Fanout: the price of a message that is delivered to one of many subscribers. */
#ifndef STINT_BENCH_FANOUT_H
#define STINT_BENCH_FANOUT_H

#include "bench/bench.h"

/* Measures every fanout case that was asked for, and reports each when it is done. */
void fanout_measure(bench *b);

/* The item at that place of the table, from 0 on; NULL after the last. */
const item *fanout_item(unsigned index);

#endif
