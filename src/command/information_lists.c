/* Information lists: INFO commandstats, latencystats, errorstats, keyspace and keysizes. */
#include "command/information_lists.h"

#include "base/histogram.h"
#include "base/number.h"
#include "server/config/config.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"
#include "store/keyspace.h"

/* --- Commands --- */

static void for_each_command(report *r, void (*add)(report *r, const command *row)) {
    for (size_t i = 0; i < registry_count(); i++) {
        const command *row = registry_at(i);
        add(r, row);
        for (const command *sub = row->subcommands; sub && sub->name; sub++) add(r, sub);
    }
}

static void add_command(report *r, const command *row) {
    const struct command_statistics *s = statistics_of(row);
    if (!(s->calls | s->rejected_calls | s->failed_calls)) return;
    uint64_t us = statistics_us(s->ticks);
    report_add(r,
               "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
               row->full_name, (unsigned long long)s->calls, (unsigned long long)us,
               s->calls ? (double)us / (double)s->calls : 0, (unsigned long long)s->rejected_calls,
               (unsigned long long)s->failed_calls);
}

void information_add_commands(report *r) { for_each_command(r, add_command); }

static void add_latency(report *r, const command *row) {
    const struct config_percentiles *p = &config.latency_tracking_info_percentiles;
    const histogram *h = statistics_of(row)->latency;
    if (!h) return;
    report_add(r, "latency_percentiles_usec_%s:", row->full_name);
    for (int i = 0; i < p->count; i++) {
        char percent[NUMBER_DOUBLE_TEXT_MAX];
        int len = (int)number_format_double(percent, p->value[i]);
        report_add(r, "%sp%.*s=%.3f", i > 0 ? "," : "", len, percent,
                   (double)histogram_percentile(h, p->value[i]) / 1000);
    }
    report_add(r, "\r\n");
}

void information_add_latencies(report *r) { for_each_command(r, add_latency); }

/* --- Errors --- */

/* A script's code may hold what ends a name in INFO. */
static void add_error(void *context, const char *code, uint64_t count) {
    report_add(context, "errorstat_");
    for (; *code; code++) report_add(context, "%c", strchr(":#,=\r\n", *code) ? '_' : *code);
    report_add(context, ":count=%llu\r\n", (unsigned long long)count);
}

void information_add_errors(report *r) { statistics_each_error(add_error, r); }

/* --- Keys --- */

void information_add_keyspace(report *r) {
    for (int i = 0; i < keyspace_databases(); i++) {
        const database *db = keyspace_database(i);
        if (keyspace_size(db) == 0) continue;
        report_add(r, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld,subexpiry=%zu\r\n", i, keyspace_size(db),
                   db->expiring, (long long)keyspace_average_ttl_ms(db), db->elements_expire);
    }
}

/* The least size of a class, with a letter for each power of 1024: "0", "512", "1K", "64M". */
static void add_class_name(report *r, unsigned class) {
    static const char *const units[] = {"", "K", "M", "G"};
    unsigned bits = class > 0 ? class - 1 : 0;
    report_add(r, "%u%s", class > 0 ? 1U << bits % 10 : 0, units[bits / 10]);
}

static void add_sizes(report *r, int db, const char *what, const uint64_t *keys) {
    bool any = false;
    for (unsigned class = 0; class < CENSUS_CLASSES; class ++) {
        if (keys[class] == 0) continue;
        if (any)
            report_add(r, ",");
        else
            report_add(r, "db%d_distrib_%s:", db, what);
        any = true;
        add_class_name(r, class);
        report_add(r, "=%llu", (unsigned long long)keys[class]);
    }
    if (any) report_add(r, "\r\n");
}

void information_add_key_sizes(report *r) {
    static const struct {
        enum value_type type;
        const char *what;
    } shown[] = {
        {TYPE_STRING, "strings_sizes"}, {TYPE_LIST, "lists_items"},  {TYPE_SET, "sets_items"},
        {TYPE_ZSET, "zsets_items"},     {TYPE_HASH, "hashes_items"},
    };
    for (int i = 0; i < keyspace_databases(); i++)
        for (size_t j = 0; j < sizeof(shown) / sizeof(*shown); j++)
            add_sizes(r, i, shown[j].what, keyspace_database(i)->sizes.keys[shown[j].type]);
}
