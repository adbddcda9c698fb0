/* Clock: the monotonic time all measurements of the benchmark tools are taken from. */
#ifndef STINT_BENCH_CLOCK_H
#define STINT_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S  1000000000ull
#define CLOCK_NS_PER_MS 1000000ull
#define CLOCK_NS_PER_US 1000ull

static inline uint64_t clock_read_ns(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t) != 0) return 0;
    return (uint64_t)t.tv_sec * CLOCK_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Nanoseconds since an arbitrary moment; never goes back. */
static inline uint64_t clock_now_ns(void) { return clock_read_ns(CLOCK_MONOTONIC); }

static inline void clock_sleep_ms(unsigned duration_ms) {
    struct timespec t = {duration_ms / 1000, (long)(duration_ms % 1000 * CLOCK_NS_PER_MS)};
    nanosleep(&t, NULL);
}

#endif
