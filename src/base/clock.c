/* Clock: cached readings, and the tick's length. */
#include "base/clock.h"

#include <time.h>

int64_t clock_cached_unix_ms;
int64_t clock_cached_monotonic_us;

static uint64_t first_ticks;
static int64_t first_ns;

/* Unix time minus monotonic time, as of when it was last read. */
#define OFFSET_LIFE_US 100000
static int64_t unix_offset_us, offset_read_us = INT64_MIN / 2;

int64_t clock_now_unix_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void clock_refresh(void) {
    if (!first_ns) {
        first_ns = clock_now_monotonic_ns();
        first_ticks = clock_ticks();
    }
    int64_t now_us = clock_now_monotonic_ns() / 1000;
    if (now_us - offset_read_us >= OFFSET_LIFE_US) {
        unix_offset_us = clock_now_unix_us() - now_us;
        offset_read_us = now_us;
    }
    clock_cached_monotonic_us = now_us;
    clock_cached_unix_ms = (now_us + unix_offset_us) / 1000;
}

double clock_ns_per_tick(void) {
    uint64_t ticks = clock_ticks() - first_ticks;
    int64_t ns = clock_now_monotonic_ns() - first_ns;
    return ticks ? (double)ns / (double)ticks : 1.0;
}
