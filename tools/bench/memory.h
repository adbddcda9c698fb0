/* Memory: what a key and an idle connection take. */
#ifndef STINT_BENCH_MEMORY_H
#define STINT_BENCH_MEMORY_H

#include "bench/bench.h"

/* Measures every memory case that was asked for, and reports each when it is done. */
void memory_measure(bench *b);

/* The item at that place of the table, from 0 on; NULL after the last. */
const item *memory_item(unsigned index);

#endif
