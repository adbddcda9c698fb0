/* Report: results for people, as text, and for programs, as files. */
#ifndef STINT_BENCH_REPORT_H
#define STINT_BENCH_REPORT_H

#include "bench/bench.h"

/* Prints what was measured of one item, server by server. */
void report_item(const bench *b, const item *of);

/* Prints one line per item: ours, the reference, and the target. */
void report_summary(const bench *b);

/* Writes runs.tsv (every figure of every round) and summary.json (the spread of each) into the output
 * directory. Returns false with errno set if that fails. */
bool report_files(const bench *b);

#endif
