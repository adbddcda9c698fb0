/* Clock: the time of the turn.
 *
 * The loop reads the clocks once per turn and everything that runs in it sees the same time: what expires at
 * a millisecond is gone for all requests of a turn or for none. */
#ifndef STINT_BASE_CLOCK_H
#define STINT_BASE_CLOCK_H

#include <stdint.h>

extern int64_t clock_cached_unix_ms;
extern int64_t clock_cached_monotonic_us;

/* Reads the kernel's monotonic clock, and the Unix time only now and then: it is taken to move alike for a
 * tenth of a second. */
void clock_refresh(void);

/* Unix time and monotonic time as of the last refresh. */
static inline int64_t clock_unix_ms(void) { return clock_cached_unix_ms; }
static inline int64_t clock_monotonic_us(void) { return clock_cached_monotonic_us; }
static inline int64_t clock_monotonic_ms(void) { return clock_cached_monotonic_us / 1000; }

/* The time right now, past the cache. */
int64_t clock_now_unix_us(void);
int64_t clock_now_monotonic_ns(void);

/* The processor's time stamp counter (arm64: virtual counter): the cheapest clock, for measuring commands. */
static inline uint64_t clock_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return (uint64_t)clock_now_monotonic_ns();
#endif
}
/* Nanoseconds per tick, calibrated against the monotonic clock since the start; better the longer it runs. */
double clock_ns_per_tick(void);

#endif
