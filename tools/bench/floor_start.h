/* Floor start: a bare floor that looks from outside like a given server under a given command. */
#ifndef STINT_BENCH_FLOOR_START_H
#define STINT_BENCH_FLOOR_START_H

#include "bench/bench.h"

/* Starts b->floor so that it takes requests as long as those of the plan, and answers with the reply that
 * `model`, which runs, gives to one of them. Returns false if the benchmark has no floor, or if the model's
 * answer is an error or too long. */
bool floor_start(bench *b, const item *of, const server *model, const workload_plan *requests);

#endif
