/* Statistics: counters, and averages over a ring of samples.
 *
 * A sample is a copy of the counters that only grow. The averages compare the newest with the oldest in the
 * ring: what happened between the two, divided by the time between them. */
#include "server/insight/statistics.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/log.h"
#include "net/listener.h"
#include "net/output.h"
#include "net/query.h"
#include "server/config/config.h"
#include "server/request/registry.h"
#include "store/keyspace.h"

struct statistics statistics;

static struct command_statistics *rows;
static size_t row_count;

/* Nanoseconds per tick as of the last sample, times 2^RATE_BITS. */
#define RATE_BITS 32
static uint64_t tick_rate;

static void follow_tick_rate(void) {
    uint64_t measured = (uint64_t)(clock_ns_per_tick() * (double)(UINT64_C(1) << RATE_BITS));
    tick_rate = measured > 0 ? measured : 1; /* as yet too little time has passed to tell */
}

void statistics_open(void) {
    row_count = registry_row_count();
    rows = alloc_zeroed(row_count * sizeof(*rows));
    follow_tick_rate();
}

struct command_statistics *statistics_of(const command *row) {
    assert((size_t)row->id < row_count);
    return &rows[row->id];
}

uint64_t statistics_ns(uint64_t ticks) {
    return (uint64_t)((unsigned __int128)ticks * tick_rate >> RATE_BITS);
}

static __attribute__((noinline)) void begin_latency(struct command_statistics *s) {
    s->latency = alloc_zeroed(sizeof(histogram));
}

void statistics_count_calls(const command *row, uint64_t calls, uint64_t ticks) {
    struct command_statistics *s = statistics_of(row);
    s->calls += calls;
    s->ticks += ticks;
    statistics.commands += calls;
    if (!config.latency_tracking) return;
    if (unlikely(!s->latency)) begin_latency(s);
    uint64_t average = likely(calls == 1) ? ticks : ticks / calls;
    histogram_record_many(s->latency, statistics_ns(average), calls);
}

size_t statistics_memory_bytes(void) {
    size_t bytes = 0;
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].latency) bytes += alloc_class(sizeof(histogram));
    return bytes;
}

uint64_t statistics_us(uint64_t ticks) { return statistics_ns(ticks) / 1000; }

uint64_t statistics_ticks(uint64_t us) {
    unsigned __int128 ticks = ((unsigned __int128)us * 1000 << RATE_BITS) / tick_rate;
    return ticks < UINT64_MAX ? (uint64_t)ticks : UINT64_MAX;
}

/* --- Errors by code --- */

/* Codes that are counted one by one. The server has far fewer, but scripts may make up their own: if they
 * make too many, the counts are dropped and nothing is counted until CONFIG RESETSTAT, as in Redis. */
#define ERROR_CODES_MAX 128
/* A longer first word counts as ERR. */
#define ERROR_CODE_BYTES 32

static struct error_count {
    char code[ERROR_CODE_BYTES + 1];
    uint64_t count;
} errors[ERROR_CODES_MAX]; /* by code */
static size_t error_count;
static bool errors_disabled;

/* The first word of an error; a bare word is no code but all of the text. */
static slice code_of(slice text) {
    const char *end = memchr(text.data, ' ', text.len);
    size_t len = end ? (size_t)(end - text.data) : 0;
    return len > 0 && len <= ERROR_CODE_BYTES ? (slice){text.data, len} : SLICE("ERR");
}

static void disable_errors(void) {
    errors_disabled = true;
    error_count = 0;
    log_warning("Errors are not counted any more by their codes, of which there are more than %d. Look for "
                "scripts that make up codes; CONFIG RESETSTAT begins anew.",
                ERROR_CODES_MAX);
}

static int compare_code(slice code, const struct error_count *e) {
    int order = strncmp(code.data, e->code, code.len);
    return order == 0 && e->code[code.len] ? -1 : order;
}

void statistics_count_error(client *c, slice text) {
    (void)c;
    statistics.error_replies++;
    if (errors_disabled) return;
    slice code = code_of(text);
    size_t at = 0;
    int order = 1;
    while (at < error_count && (order = compare_code(code, &errors[at])) > 0) at++;
    if (order != 0) {
        if (error_count == ERROR_CODES_MAX) {
            disable_errors();
            return;
        }
        memmove(&errors[at + 1], &errors[at], (error_count - at) * sizeof(*errors));
        errors[at] = (struct error_count){0};
        memcpy(errors[at].code, code.data, code.len);
        error_count++;
    }
    errors[at].count++;
}

void statistics_each_error(void (*visit)(void *context, const char *code, uint64_t count), void *context) {
    if (errors_disabled) visit(context, "ERRORSTATS_DISABLED", 1);
    for (size_t i = 0; i < error_count; i++) visit(context, errors[i].code, errors[i].count);
}

/* --- Averages --- */

#define SAMPLES 16

struct sample {
    int64_t taken_us;
    uint64_t commands, bytes_received, bytes_sent, turns, turns_ticks;
};

static struct sample samples[SAMPLES];
static size_t samples_taken;

static struct sample sample_now(void) {
    return (struct sample){
        .taken_us = clock_monotonic_us(),
        .commands = statistics.commands,
        .bytes_received = query_statistics.bytes_received,
        .bytes_sent = output_statistics.bytes_sent,
        .turns = statistics.loop_turns,
        .turns_ticks = statistics.loop_ticks,
    };
}

void statistics_sample(void) {
    if (!statistics.startup_memory_bytes) statistics.startup_memory_bytes = alloc_used_bytes();
    follow_tick_rate();
    struct sample now = sample_now(), *slot = &samples[samples_taken % SAMPLES];
    struct sample oldest = samples_taken == 0 ? now : samples_taken < SAMPLES ? samples[0] : *slot;
    *slot = now;
    samples_taken++;
    double seconds = (double)(now.taken_us - oldest.taken_us) / 1e6;
    if (seconds <= 0) return;

    uint64_t turns = now.turns - oldest.turns;
    statistics.commands_per_second = (double)(now.commands - oldest.commands) / seconds;
    statistics.input_kb_per_second = (double)(now.bytes_received - oldest.bytes_received) / 1024 / seconds;
    statistics.output_kb_per_second = (double)(now.bytes_sent - oldest.bytes_sent) / 1024 / seconds;
    statistics.turns_per_second = (double)turns / seconds;
    statistics.turn_us =
        turns ? (double)statistics_us(now.turns_ticks - oldest.turns_ticks) / (double)turns : 0;
}

/* --- Starting again --- */

void statistics_reset(void) {
    statistics = (struct statistics){
        .started_unix_ms = statistics.started_unix_ms,
        .startup_memory_bytes = statistics.startup_memory_bytes,
    };
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].latency) alloc_free(rows[i].latency, sizeof(histogram));
        rows[i] = (struct command_statistics){0};
    }
    error_count = 0;
    errors_disabled = false;
    samples_taken = 0;

    keyspace_statistics = (struct keyspace_statistics){.changes = keyspace_statistics.changes};
    listener_statistics = (struct listener_statistics){0};
    query_statistics = (struct query_statistics){0};
    output_statistics = (struct output_statistics){.memory_bytes = output_statistics.memory_bytes};
    background_reset_statistics();
}
