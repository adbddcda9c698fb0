/* Accounting: sums and a distribution for each run, and one comparison tells whether a run was slow in
 * anyone's eyes. */
#include "server/insight/accounting.h"

#include "server/config/config.h"
#include "server/insight/hot_keys.h"
#include "server/insight/latency_monitor.h"
#include "server/insight/slowlog.h"
#include "server/insight/statistics.h"
#include "server/request/request_queue.h"

/* Below this, a run of quick requests may take as long as the threshold. */
#define RUN_US 1000

bool accounting_each_alone;

/* What takes that long is for the slow log or the latency monitor. */
static uint64_t slow_ticks = UINT64_MAX;

/* request.together of a request that is timed alone, and sampled: these bits and a number. */
#define ALONE   (UINT32_C(1) << 31)
#define SAMPLED (UINT32_C(1) << 30)

uint32_t accounting_alone(void) {
    static uint32_t last;
    last = (last + 1) % SAMPLED;
    return ALONE | last;
}

void accounting_sample(struct request *r) { r->together = accounting_alone() | SAMPLED; }

void accounting_follow(void) {
    int64_t least_us = config.slowlog_max_len > 0 ? config.slowlog_log_slower_than_us : -1;
    int64_t monitor_ms = config.latency_monitor_threshold_ms;
    if (monitor_ms > 0 && monitor_ms <= INT64_MAX / 1000 && (least_us < 0 || monitor_ms * 1000 < least_us))
        least_us = monitor_ms * 1000;
    accounting_each_alone = least_us >= 0 && least_us < RUN_US;
    slow_ticks = least_us < 0 ? UINT64_MAX : statistics_ticks((uint64_t)least_us);
}

/* --- What was slow --- */

/* How to come from a request to the one after it. */
typedef const struct request *next_request(const struct request *r);

static const struct request *next_in_array(const struct request *r) { return r + 1; }

static const struct request *longest_of(const struct request *first, size_t count, next_request *next) {
    const struct request *longest = first, *r = first;
    for (size_t i = 1; i < count; i++) {
        r = next(r);
        if (r->bytes > longest->bytes) longest = r;
    }
    return longest;
}

/* Not inlined, as it is rare and would have the caller save registers for it. */
static __attribute__((noinline)) void note_slow(const struct request *r, uint64_t us, uint64_t others) {
    const command *row = r->command;
    int64_t threshold_us = config.slowlog_log_slower_than_us;
    if (threshold_us >= 0 && us >= (uint64_t)threshold_us && !(row->flags & COMMAND_SKIP_SLOWLOG))
        slowlog_add(r, us, others);
    latency_monitor_note(row->flags & COMMAND_FAST ? LATENCY_FAST_COMMAND : LATENCY_COMMAND, us);
}

/* --- Runs --- */

static inline void credit(const struct request *first, size_t count, uint64_t calls, uint64_t ticks,
                          next_request *next) {
    if (calls == 0 || !ACCOUNTING_IS_ON) return;
    statistics_count_calls(first->command, calls, ticks);
    if (unlikely(first->together & SAMPLED)) hot_keys_sample(first, statistics_ns(ticks));
    if (unlikely(ticks >= slow_ticks))
        note_slow(longest_of(first, count, next), statistics_us(ticks), count - 1);
}

void accounting_add_run(const struct request *first, size_t count, uint64_t calls, uint64_t ticks) {
    statistics.loop_command_ticks += ticks;
    credit(first, count, calls, ticks, next_in_array);
}

void accounting_add(const struct request *first, size_t count, uint64_t ticks) {
    credit(first, count, count, ticks, request_queue_after);
}
