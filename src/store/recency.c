/* Recency: the LRU clock and the logarithmic LFU counter (after the description in the public documentation
 * of maxmemory-policy). */
#include "store/recency.h"

#include "base/clock.h"
#include "base/random.h"

#define RECENCY_MASK      0xFFFFFFu
#define LFU_START         5 /* a new entry is not the first to be evicted */
#define LFU_MAX           255
#define LFU_MINUTES_SHIFT 8

struct recency_policy recency_policy = {.lfu_log_factor = 10, .lfu_decay_minutes = 1};
uint32_t recency_clock;

void recency_tick(void) { recency_clock = (uint32_t)(clock_unix_ms() / 1000) & RECENCY_MASK; }

static uint16_t minutes_now(void) { return (uint16_t)(clock_unix_ms() / 60000); }

static void store_counter(entry *e, uint8_t counter) {
    e->recency = (uint32_t)minutes_now() << LFU_MINUTES_SHIFT | counter;
}

void recency_start(entry *e) {
    if (recency_policy.lfu)
        store_counter(e, LFU_START);
    else
        e->recency = recency_clock;
}

void recency_count_use(entry *e) {
    uint8_t counter = recency_frequency(e);
    if (counter < LFU_MAX) {
        double above = counter > LFU_START ? counter - LFU_START : 0;
        double chance = 1.0 / (above * recency_policy.lfu_log_factor + 1);
        if ((double)random_below(1u << 30) < chance * (1u << 30)) counter++;
    }
    store_counter(e, counter);
}

uint32_t recency_idle_s(const entry *e) { return (recency_clock - (uint32_t)e->recency) & RECENCY_MASK; }

uint8_t recency_frequency(const entry *e) {
    uint8_t counter = (uint8_t)e->recency;
    uint16_t idle_minutes = (uint16_t)(minutes_now() - (uint16_t)(e->recency >> LFU_MINUTES_SHIFT));
    int periods = recency_policy.lfu_decay_minutes ? idle_minutes / recency_policy.lfu_decay_minutes : 0;
    return periods >= counter ? 0 : (uint8_t)(counter - periods);
}
