/* Latency monitor: when the server was held up, by what, and for how long: the samples that LATENCY shows. */
#ifndef STINT_SERVER_INSIGHT_LATENCY_MONITOR_H
#define STINT_SERVER_INSIGHT_LATENCY_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* What may hold the server up. */
enum latency_event {
    LATENCY_COMMAND,
    LATENCY_FAST_COMMAND, /* one with the flag fast */
    LATENCY_EXPIRE_CYCLE, /* a slice of deleting what has expired */
    LATENCY_EVENTS,
};

/* Samples that are kept of each event, the last ones, at most one for each second. */
#define LATENCY_SAMPLES_MAX 160

struct latency_sample {
    int64_t unix_s;
    uint32_t ms;
};

struct latency_history {
    struct latency_sample samples[LATENCY_SAMPLES_MAX]; /* a ring */
    uint32_t count;                                     /* of samples */
    uint32_t next;                                      /* where the next goes */
    uint32_t max_ms;                                    /* of all since the start, or since it was reset */
};

/* Notes that the event took so many microseconds, if that is latency-monitor-threshold or more. */
void latency_monitor_note(enum latency_event event, uint64_t us);
/* Adds a sample, whatever the threshold.  */
void latency_monitor_add(enum latency_event event, struct latency_sample sample);

/* "command", "fast-command" ... */
const char *latency_event_name(enum latency_event event);
/* The event of exactly that name; LATENCY_EVENTS if there is none. */
enum latency_event latency_event_find(slice name);

/* What happened; NULL if nothing did. */
const struct latency_history *latency_history_of(enum latency_event event);
/* The sample of that number, 0 being the oldest that is kept. */
const struct latency_sample *latency_sample_at(const struct latency_history *h, uint32_t number);
/* Forgets what happened. False if nothing did. */
bool latency_monitor_reset(enum latency_event event);

#endif
