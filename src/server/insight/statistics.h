/* Statistics: what INFO tells beyond what the modules count themselves. */
#ifndef STINT_SERVER_INSIGHT_STATISTICS_H
#define STINT_SERVER_INSIGHT_STATISTICS_H

#include <stdint.h>

#include "base/histogram.h"
#include "base/slice.h"
#include "net/client.h"
#include "server/request/command.h"

/* Of one row of the command table. */
struct command_statistics {
    uint64_t calls, ticks; /* ticks: clock_ticks() spent; see statistics_us */
    uint64_t rejected_calls, failed_calls;
    histogram *latency; /* ns per call; NULL: none yet */
};

struct statistics {
    uint64_t commands; /* that were run */
    uint64_t error_replies, unexpected_error_replies;
    uint64_t auth_denied;
    uint64_t loop_turns, loop_ticks, loop_command_ticks; /* ticks: see statistics_us */
    /* averages over the last 1.6 seconds */
    double commands_per_second, input_kb_per_second, output_kb_per_second, turns_per_second, turn_us;
    int64_t started_unix_ms;
    uint64_t startup_memory_bytes; /* in use when the server was ready: at the first sample */
};
extern struct statistics statistics;

/* Makes room for the rows of the command table. */
void statistics_open(void);
/* The figures of a row. */
struct command_statistics *statistics_of(const command *row);
/* Counts calls of a row, one at least, that took so many clock_ticks() together. */
void statistics_count_calls(const command *row, uint64_t calls, uint64_t ticks);

/* The memory of the distributions of all rows. */
size_t statistics_memory_bytes(void);

/* Nanoseconds and microseconds from clock_ticks(), and the other way round. */
uint64_t statistics_ns(uint64_t ticks);
uint64_t statistics_us(uint64_t ticks);
uint64_t statistics_ticks(uint64_t us);

/* Counts an error reply under its code ("ERR", "WRONGTYPE"); the hook of the reply module. */
void statistics_count_error(client *c, slice text);
/* Calls visit with each error code and its count, in alphabetical order; with ERRORSTATS_DISABLED alone if
 * there were too many codes. */
void statistics_each_error(void (*visit)(void *context, const char *code, uint64_t count), void *context);

/* Takes the samples that the averages are made from; called every STATISTICS_SAMPLE_MS. */
#define STATISTICS_SAMPLE_MS 100
void statistics_sample(void);

/* CONFIG RESETSTAT: everything that counts begins again at zero, the other modules' figures included. */
void statistics_reset(void);

#endif
