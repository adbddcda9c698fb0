/* Latency: the LATENCY family: how long commands take, and what has held the server up. */
#include "base/histogram.h"
#include "command/handlers.h"
#include "command/help.h"
#include "command/latency_report.h"
#include "net/reply.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"

/* --- What has held the server up --- */

/* LATENCY LATEST: of each event its last sample and the longest ever */
void command_latency_latest(client *c, const args *a) {
    (void)a;
    size_t events = 0;
    reply_mark mark = reply_begin(c);
    for (enum latency_event event = 0; event < LATENCY_EVENTS; event++) {
        const struct latency_history *h = latency_history_of(event);
        if (!h) continue;
        const struct latency_sample *last = latency_sample_at(h, h->count - 1);
        reply_array(c, 4);
        reply_text(c, latency_event_name(event));
        reply_integer(c, last->unix_s);
        reply_integer(c, last->ms);
        reply_integer(c, h->max_ms);
        events++;
    }
    reply_finish_array(c, mark, events);
}

/* What happened of the event that the request names; NULL if nothing did or there is no such event. */
static const struct latency_history *history_asked_for(const args *a) {
    enum latency_event event = latency_event_find(a->argv[2]);
    return event < LATENCY_EVENTS ? latency_history_of(event) : NULL;
}

/* LATENCY HISTORY event */
void command_latency_history(client *c, const args *a) {
    const struct latency_history *h = history_asked_for(a);
    uint32_t count = h ? h->count : 0;
    reply_array(c, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct latency_sample *s = latency_sample_at(h, i);
        reply_array(c, 2);
        reply_integer(c, s->unix_s);
        reply_integer(c, s->ms);
    }
}

/* LATENCY RESET [event ...] */
void command_latency_reset(client *c, const args *a) {
    int64_t reset = 0;
    for (enum latency_event event = 0; a->argc == 2 && event < LATENCY_EVENTS; event++)
        reset += latency_monitor_reset(event);
    for (int i = 2; i < a->argc; i++) {
        enum latency_event event = latency_event_find(a->argv[i]);
        if (event < LATENCY_EVENTS) reset += latency_monitor_reset(event);
    }
    reply_integer(c, reset);
}

/* LATENCY GRAPH event */
void command_latency_graph(client *c, const args *a) {
    if (!history_asked_for(a)) {
        reply_error(c, "ERR No samples available for event '%.*s'", (int)a->argv[2].len, a->argv[2].data);
        return;
    }
    report r = {0};
    latency_report_graph(&r, latency_event_find(a->argv[2]));
    report_send(&r, c);
}

/* LATENCY DOCTOR */
void command_latency_doctor(client *c, const args *a) {
    (void)a;
    report r = {0};
    latency_report_advice(&r);
    report_send(&r, c);
}

/* --- LATENCY HISTOGRAM --- */

/* Calls are told up to each power of two of nanoseconds from this one, about a microsecond. */
#define FIRST_POWER 10

/* How a power of two of nanoseconds is called in microseconds. Redis rounds it up to the end of the bucket
 * that it begins, which has 1/128 of its width: 33, not 32, stands for 32768. */
static int64_t power_us(unsigned power) { return (int64_t)(((UINT64_C(129) << (power - 7)) - 1) / 1000); }

/* The distribution: up to how many microseconds how many calls took, where that grows. */
static void reply_distribution(client *c, const histogram *h) {
    uint64_t before = 0;
    size_t pairs = 0;
    reply_mark mark = reply_begin(c);
    for (unsigned power = FIRST_POWER; before < h->count && power <= HISTOGRAM_VALUE_BITS; power++) {
        uint64_t calls = histogram_count_up_to(h, (UINT64_C(1) << power) - 1);
        if (calls == before) continue;
        reply_integer(c, power_us(power));
        reply_integer(c, (int64_t)calls);
        before = calls;
        pairs++;
    }
    reply_finish_map(c, mark, pairs);
}

/* Returns how many commands were shown: one or none. */
static size_t reply_command(client *c, const command *row) {
    const histogram *h = statistics_of(row)->latency;
    if (!h) return 0;
    reply_text(c, row->full_name);
    reply_map(c, 2);
    reply_text(c, "calls");
    reply_integer(c, (int64_t)h->count);
    reply_text(c, "histogram_usec");
    reply_distribution(c, h);
    return 1;
}

static size_t reply_family(client *c, const command *row) {
    size_t shown = reply_command(c, row);
    for (const command *sub = row->subcommands; sub && sub->name; sub++) shown += reply_command(c, sub);
    return shown;
}

/* LATENCY HISTOGRAM [command ...] */
void command_latency_histogram(client *c, const args *a) {
    size_t shown = 0;
    reply_mark mark = reply_begin(c);
    for (size_t i = 0; a->argc == 2 && i < registry_count(); i++) shown += reply_family(c, registry_at(i));
    for (int i = 2; i < a->argc; i++) {
        const command *row = registry_find_full(a->argv[i]);
        if (row) shown += reply_family(c, row);
    }
    reply_finish_map(c, mark, shown);
}

/* --- LATENCY HELP --- */

/* LATENCY HELP */
void command_latency_help(client *c, const args *a) {
    static const char *const lines[] = {
        "DOCTOR",
        "    What held the server up, in words, and what may help.",
        "GRAPH <event>",
        "    The last samples of an event as a graph.",
        "HISTOGRAM [<command> ...]",
        "    How long calls of commands took, all or some: up to how many microseconds how many did.",
        "HISTORY <event>",
        "    The samples of an event: Unix time in seconds, and milliseconds that it took.",
        "LATEST",
        "    Of each event the time and duration of the last sample, and the longest duration.",
        "RESET [<event> ...]",
        "    Forget the samples of events, or all.",
        NULL,
    };
    (void)a;
    help_reply(c, "LATENCY", lines);
}
