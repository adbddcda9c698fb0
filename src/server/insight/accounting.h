/* Accounting: what is kept of the time that requests take: figures and distributions by command, the slow
 * log, the latency monitor.
 *
 * A clock reading costs a tenth of a GET. So requests that stand next to each other, have the same command
 * and are quick (command.h) are timed together, as a run, and share the time: in a pipeline of GETs the clock
 * is read once per batch. Each of all others is timed alone, and all are while a threshold is so low that a
 * run might reach it though none of its requests did.
 *
 * What follows for those who read the figures: a distribution counts a run as so many calls of its average.
 * And if a run reaches the threshold of the slow log, which no run should, the log does not know which
 * request it was: it shows the one with the most bytes, the time of the run, and how many others there were.
 */
#ifndef STINT_SERVER_INSIGHT_ACCOUNTING_H
#define STINT_SERVER_INSIGHT_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "net/batch.h"
#include "server/request/command.h"

/* A server built with -DSTINT_NO_INSIGHT keeps nothing of all this and reads no clock: good for nothing but
 * to measure what the rest costs. */
#ifdef STINT_NO_INSIGHT
#define ACCOUNTING_IS_ON false
#else
#define ACCOUNTING_IS_ON true
#endif

/* The clock that requests are timed with. */
static inline uint64_t accounting_ticks(void) { return ACCOUNTING_IS_ON ? clock_ticks() : 0; }

/* Whether every request is timed alone. */
extern bool accounting_each_alone;

/* request.together of a request that is timed alone: the value before, or the one after, is another. */
uint32_t accounting_alone(void);

/* What request.together is to be; 0 is for what is no request. */
static inline uint32_t accounting_together(const command *row, int argc) {
    if (!ACCOUNTING_IS_ON) return 1;
    if (unlikely(!row || argc > row->quick_arguments || accounting_each_alone)) return accounting_alone();
    return (uint32_t)row->id + 1;
}

/* Has the request sampled for the ranking of hot keys when it has run, wherever that is. */
void accounting_sample(struct request *r);

/* Accounts for a run of requests, so many of which were called; it took that many clock_ticks(). */
void accounting_add_run(const struct request *first, size_t count, uint64_t calls, uint64_t ticks);
/* The same for requests in a queue, of which all were called. Their time is not added to that of the loop,
 * for it may be part of another request's, EXEC's. */
void accounting_add(const struct request *first, size_t count, uint64_t ticks);

/* Follows the thresholds of the configuration, and the rate of clock_ticks(), which is known better the
 * longer it has been measured. Called when either has changed. */
void accounting_follow(void);

#endif
