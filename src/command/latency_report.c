/* Latency report: LATENCY GRAPH and LATENCY DOCTOR.
 *
 * The graph has a column for each sample, the newest at the right, and says below how old it is:
 *
 *       #
 *       | #
 *      _| |
 *     _||_|
 *
 *     33112
 *     dh20m
 *       mm
 *
 * A column's height is the sample's place between the lowest and the highest of those shown, in thirds of a
 * row: _ o # end it, | fills it up. */
#include "command/latency_report.h"

#include <stdio.h>

#include "base/clock.h"
#include "server/config/config.h"

/* --- The graph --- */

#define COLUMNS 80
#define ROWS    4

static const char steps[] = "_o#";
#define STEPS (sizeof(steps) - 1)

struct graph {
    uint32_t count;
    const struct latency_sample *samples[COLUMNS];
    uint32_t low_ms, high_ms;
};

static void choose_samples(struct graph *g, const struct latency_history *h) {
    *g = (struct graph){.count = h->count < COLUMNS ? h->count : COLUMNS, .low_ms = UINT32_MAX};
    for (uint32_t i = 0; i < g->count; i++) {
        const struct latency_sample *s = latency_sample_at(h, h->count - g->count + i);
        g->samples[i] = s;
        if (s->ms < g->low_ms) g->low_ms = s->ms;
        if (s->ms > g->high_ms) g->high_ms = s->ms;
    }
}

/* The height of a column, 0 to ROWS * STEPS - 1. */
static uint32_t height_of(const struct graph *g, const struct latency_sample *s) {
    if (g->high_ms == g->low_ms) return 0;
    return (uint32_t)((uint64_t)(s->ms - g->low_ms) * (ROWS * STEPS - 1) / (g->high_ms - g->low_ms));
}

static void add_character(report *r, char c) { report_add_slice(r, (slice){&c, 1}); }

static void add_rows(report *r, const struct graph *g) {
    for (uint32_t row = ROWS; row-- > 0;) {
        for (uint32_t i = 0; i < g->count; i++) {
            uint32_t height = height_of(g, g->samples[i]);
            uint32_t top = height / STEPS;
            add_character(r, top > row ? '|' : top == row ? steps[height % STEPS] : ' ');
        }
        report_add(r, "\n");
    }
}

/* Number and unit, as "59s", "3m", "27h", "12d". */
#define AGE_BYTES 24

static void write_age(char age[AGE_BYTES], int64_t seconds) {
    if (seconds < 0) seconds = 0; /* the clock was set back */
    if (seconds < 60)
        snprintf(age, AGE_BYTES, "%llds", (long long)seconds);
    else if (seconds < 3600)
        snprintf(age, AGE_BYTES, "%lldm", (long long)seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(age, AGE_BYTES, "%lldh", (long long)seconds / 3600);
    else
        snprintf(age, AGE_BYTES, "%lldd", (long long)seconds / (24 * 3600));
}

/* Ages from top to bottom, as long as any goes on. */
static void add_ages(report *r, const struct graph *g) {
    int64_t now_s = clock_now_unix_us() / 1000000;
    char ages[COLUMNS][AGE_BYTES] = {{0}};
    for (uint32_t i = 0; i < g->count; i++) write_age(ages[i], now_s - g->samples[i]->unix_s);
    bool more = true;
    for (size_t line = 0; more; line++) {
        more = false;
        for (uint32_t i = 0; i < g->count; i++) {
            bool ended = strlen(ages[i]) <= line;
            add_character(r, ended ? ' ' : ages[i][line]);
            more |= !ended && ages[i][line + 1];
        }
        report_add(r, "\n");
    }
}

void latency_report_graph(report *r, enum latency_event event) {
    const struct latency_history *h = latency_history_of(event);
    struct graph g;
    choose_samples(&g, h);
    report_add(r, "%s - high %u ms, low %u ms (all time high %u ms)\n", latency_event_name(event), g.high_ms,
               g.low_ms, h->max_ms);
    for (int i = 0; i < COLUMNS; i++) add_character(r, '-');
    report_add(r, "\n");
    add_rows(r, &g);
    report_add(r, "%*s\n", (int)g.count, "");
    add_ages(r, &g);
}

/* --- Advice --- */

struct summary {
    double average_ms, deviation_ms; /* deviation: the mean distance from the average */
    double period_s;                 /* between samples */
};

static struct summary summarize(const struct latency_history *h) {
    struct summary s = {0};
    for (uint32_t i = 0; i < h->count; i++) s.average_ms += latency_sample_at(h, i)->ms;
    s.average_ms /= h->count;
    for (uint32_t i = 0; i < h->count; i++) {
        double distance = latency_sample_at(h, i)->ms - s.average_ms;
        s.deviation_ms += distance < 0 ? -distance : distance;
    }
    s.deviation_ms /= h->count;
    int64_t since_s = clock_now_unix_us() / 1000000 - latency_sample_at(h, 0)->unix_s;
    s.period_s = (double)(since_s > 0 ? since_s : 1) / h->count;
    return s;
}

static void add_event(report *r, enum latency_event event, int number) {
    const struct latency_history *h = latency_history_of(event);
    struct summary s = summarize(h);
    report_add(r,
               "%d. %s: %u times, one in %.1f s; %.0f ms on average, give or take %.0f ms; the worst ever "
               "%u ms.\n",
               number, latency_event_name(event), h->count, s.period_s, s.average_ms, s.deviation_ms,
               h->max_ms);
}

static void add_advice(report *r) {
    int64_t slowlog_us = config.slowlog_log_slower_than_us;
    bool commands = latency_history_of(LATENCY_COMMAND) || latency_history_of(LATENCY_FAST_COMMAND);
    if (commands && (slowlog_us < 0 || config.slowlog_max_len == 0))
        report_add(r,
                   "- Commands were slow, and the slow log is off. CONFIG SET slowlog-log-slower-than "
                   "%lld would note which.\n",
                   (long long)config.latency_monitor_threshold_ms * 1000);
    else if (commands && slowlog_us / 1000 > config.latency_monitor_threshold_ms)
        report_add(r,
                   "- The slow log begins at %lld ms, so that some of the slow commands are not in it: "
                   "CONFIG SET slowlog-log-slower-than %lld.\n",
                   (long long)slowlog_us / 1000, (long long)config.latency_monitor_threshold_ms * 1000);
    else if (commands)
        report_add(r, "- SLOWLOG GET shows which commands were slow, and with what arguments.\n");
    if (latency_history_of(LATENCY_COMMAND))
        report_add(r, "- Commands that look at many elements hold up all clients. The scanning ones (SCAN, "
                      "HSCAN ...) and smaller ranges do the same work in pieces.\n");
    if (latency_history_of(LATENCY_FAST_COMMAND))
        report_add(r, "- Fast commands are slow if the processor is taken away or memory is swapped out. "
                      "Compare used_cpu_user and uptime, and look at the system's load.\n");
    if (latency_history_of(LATENCY_EXPIRE_CYCLE) && config.active_expire_effort > 1)
        report_add(r,
                   "- Deleting what has expired takes long slices because active-expire-effort is %lld; "
                   "1 keeps them short.\n",
                   (long long)config.active_expire_effort);
    else if (latency_history_of(LATENCY_EXPIRE_CYCLE))
        report_add(r, "- Deleting what has expired took long. Expiries that are spread over time, and "
                      "smaller collections, make it shorter.\n");
}

void latency_report_advice(report *r) {
    int number = 0;
    if (config.latency_monitor_threshold_ms == 0) {
        report_add(r,
                   "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> lets it "
                   "note what holds the server up for so long.\n");
        return;
    }
    for (enum latency_event event = 0; event < LATENCY_EVENTS; event++) {
        if (!latency_history_of(event)) continue;
        if (number++ == 0)
            report_add(r, "The server was held up for %lld ms or more:\n\n",
                       (long long)config.latency_monitor_threshold_ms);
        add_event(r, event, number);
    }
    if (number == 0) {
        report_add(r, "Nothing has held the server up for %lld ms or more.\n",
                   (long long)config.latency_monitor_threshold_ms);
        return;
    }
    report_add(r, "\nWhat may help:\n\n");
    add_advice(r);
}
