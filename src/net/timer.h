/* Timer: callbacks at a time, to the millisecond.
 *
 * A binary heap of timers that their owners embed. The loop asks how long it may wait, and runs what is due.
 */
#ifndef STINT_NET_TIMER_H
#define STINT_NET_TIMER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct timer timer;
struct timer {
    int64_t when_ms; /* monotonic */
    void (*callback)(timer *t);
    uint32_t place; /* in the heap, from 1; 0: not set */
};

/* Sets the timer to that time (monotonic, ms), whether it was set or not. */
void timer_set(timer *t, int64_t when_ms);
/* Takes the timer back; nothing happens if it is not set. */
void timer_cancel(timer *t);
static inline bool timer_is_set(const timer *t) { return t->place != 0; }

/* Milliseconds until the earliest timer, 0 if it is due, -1 if there is none. */
int timer_wait_ms(int64_t now_ms);
/* Calls back all timers that are due; they are not set any more then, and may set themselves again. */
void timer_run_due(int64_t now_ms);

#endif
