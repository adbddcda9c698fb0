/* Latency monitor: a ring of samples for each event that has happened. Within one second only the longest
 * counts. */
#include "server/insight/latency_monitor.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "server/config/config.h"

static const char *const names[LATENCY_EVENTS] = {
    [LATENCY_COMMAND] = "command",
    [LATENCY_FAST_COMMAND] = "fast-command",
    [LATENCY_EXPIRE_CYCLE] = "expire-cycle",
};

static struct latency_history *histories[LATENCY_EVENTS];

static struct latency_sample *last_of(struct latency_history *h) {
    if (h->count == 0) return NULL;
    return &h->samples[(h->next + LATENCY_SAMPLES_MAX - 1) % LATENCY_SAMPLES_MAX];
}

void latency_monitor_add(enum latency_event event, struct latency_sample sample) {
    if (!histories[event]) histories[event] = alloc_zeroed(sizeof(struct latency_history));
    struct latency_history *h = histories[event];
    struct latency_sample *last = last_of(h);
    if (sample.ms > h->max_ms) h->max_ms = sample.ms;
    if (last && last->unix_s == sample.unix_s) {
        if (sample.ms > last->ms) last->ms = sample.ms;
        return;
    }
    h->samples[h->next] = sample;
    h->next = (h->next + 1) % LATENCY_SAMPLES_MAX;
    if (h->count < LATENCY_SAMPLES_MAX) h->count++;
}

void latency_monitor_note(enum latency_event event, uint64_t us) {
    uint64_t ms = us / 1000;
    if (config.latency_monitor_threshold_ms == 0 || ms < (uint64_t)config.latency_monitor_threshold_ms)
        return;
    uint32_t most = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    latency_monitor_add(event, (struct latency_sample){clock_now_unix_us() / 1000000, most});
}

const char *latency_event_name(enum latency_event event) { return names[event]; }

enum latency_event latency_event_find(slice name) {
    enum latency_event event = 0;
    while (event < LATENCY_EVENTS && !slice_equal(name, slice_of(names[event]))) event++;
    return event;
}

const struct latency_history *latency_history_of(enum latency_event event) { return histories[event]; }

const struct latency_sample *latency_sample_at(const struct latency_history *h, uint32_t number) {
    return &h->samples[(h->next + LATENCY_SAMPLES_MAX - h->count + number) % LATENCY_SAMPLES_MAX];
}

bool latency_monitor_reset(enum latency_event event) {
    if (!histories[event]) return false;
    alloc_free(histories[event], sizeof(struct latency_history));
    histories[event] = NULL;
    return true;
}
