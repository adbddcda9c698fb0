/* Chart: results as SVG pictures. */
#ifndef STINT_BENCH_CHART_H
#define STINT_BENCH_CHART_H

#include "bench/bench.h"

/* Draws cpu.svg (CPU per request) and memory.svg (bytes per key and per connection) into the output
 * directory, each if there is something to draw. Returns false with errno set if a file cannot be written. */
bool chart_files(const bench *b);

#endif
