/* Report: tables on standard output, TSV and JSON in files.
 *
 * Every figure is the median of the rounds, with the least and the most beside it: on a machine with other
 * things to do the spread says how far to trust the median. A ratio is the median of the ratios of the
 * rounds. */
#include "bench/report.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench/process.h"

enum { NAME_WIDTH = 12 };

/* Waiting more than this share of the time for a CPU is mentioned; a server that saturates one waits about 2%
 * for the kernel's own threads. */
#define BUSY_SHARE 0.05

/* The servers that take part, the floor last; NULL after it. */
static const server *server_at(const bench *b, unsigned index) {
    if (index < b->server_count) return &b->servers[index];
    return index == b->server_count && b->floor.name ? &b->floor : NULL;
}

static spread figure(const bench *b, const item *of, const server *s, const char *metric) {
    return results_spread(b->results, of, s->name, metric);
}

/* The ratio of ours to `s`, if both were measured. */
static spread ours_to(const bench *b, const item *of, const server *s) {
    const server *ours = bench_ours(b);
    if (!ours || ours == s) return (spread){0};
    return results_ratio(b->results, of, of->metric, ours->name, s->name);
}

static const char *verdict(double value, double target) { return value <= target ? "met" : "missed"; }

/* The target for the ratio of ours to `s`; 0 if there is none. */
static double ratio_target(const bench *b, const item *of, const server *s) {
    if (of->kind != ITEM_WORK) return 0;
    if (s->role == SERVER_FLOOR) return of->floor_target;
    return b->reference && strcmp(s->name, b->reference) == 0 ? of->target : 0;
}

static void print_ratio(const bench *b, const item *of, const server *s) {
    spread ratio = ours_to(b, of, s);
    if (ratio.count == 0) return;
    printf("  ours/%s %.3f (%.3f .. %.3f)", s->name, ratio.median, ratio.min, ratio.max);
    double target = ratio_target(b, of, s);
    if (target > 0) printf(", target %.2f %s", target, verdict(ratio.median, target));
}

static void print_work(const bench *b, const item *of, const server *s) {
    spread cpu = figure(b, of, s, of->metric);
    printf("  %-*s %8.4f us CPU (%.4f .. %.4f) %10.0f req/s  p50 %7.1f  p99 %7.1f  p99.9 %7.1f us",
           NAME_WIDTH, s->name, cpu.median, cpu.min, cpu.max, figure(b, of, s, "requests_per_s").median,
           figure(b, of, s, "p50_us").median, figure(b, of, s, "p99_us").median,
           figure(b, of, s, "p99.9_us").median);
    double misses = figure(b, of, s, "misses").max;
    if (misses > 0) printf("  %.0f MISSES", misses);
}

/* The one figure that stands for the item: what a target is compared with, but for works. */
static double main_figure(const bench *b, const item *of, const server *s) {
    spread all = figure(b, of, s, of->metric);
    return of->kind == ITEM_STALL || of->kind == ITEM_PAUSE ? all.min : all.median;
}

static void print_own_target(const bench *b, const item *of, const server *s) {
    if (s != bench_ours(b) || of->target <= 0) return;
    printf("  target %g %s", of->target, verdict(main_figure(b, of, s), of->target));
}

static void print_memory(const bench *b, const item *of, const server *s) {
    printf("  %-*s %8.1f bytes", NAME_WIDTH, s->name, main_figure(b, of, s));
    print_own_target(b, of, s);
}

static void print_growth(const bench *b, const item *of, const server *s) {
    spread ratio = figure(b, of, s, of->metric);
    printf("  %-*s %8.2f x (%.2f .. %.2f)  %.4f and %.4f us CPU", NAME_WIDTH, s->name, ratio.median,
           ratio.min, ratio.max, figure(b, of, s, "large_cpu_us").median,
           figure(b, of, s, "small_cpu_us").median);
    print_own_target(b, of, s);
}

static void print_stall(const bench *b, const item *of, const server *s) {
    spread worst = figure(b, of, s, of->metric);
    printf(
        "  %-*s %8.1f us at worst (median %.1f, most %.1f)  p50 %.1f  p99 %.1f  p99.9 %.1f  p99.99 %.1f us",
        NAME_WIDTH, s->name, worst.min, worst.median, worst.max, figure(b, of, s, "p50_us").median,
        figure(b, of, s, "p99_us").median, figure(b, of, s, "p99.9_us").median,
        figure(b, of, s, "p99.99_us").median);
    spread own_stall = figure(b, of, s, "own_stall_us");
    if (own_stall.count) printf("  own stall %.1f us", own_stall.median);
    print_own_target(b, of, s);
}

static void print_pause(const bench *b, const item *of, const server *s) {
    enum { US_PER_MS = 1000 };
    spread turn = figure(b, of, s, of->metric), latency = figure(b, of, s, "max_us");
    printf(
        "  %-*s %9.2f ms CPU in one turn (most %.2f)  latency at worst %9.2f ms (most %.2f, own stall %.2f)",
        NAME_WIDTH, s->name, turn.min, turn.max, latency.min / US_PER_MS, latency.max / US_PER_MS,
        figure(b, of, s, "own_stall_us").max / US_PER_MS);
    print_own_target(b, of, s);
}

void report_item(const bench *b, const item *of) {
    bench_progress("%s", "");
    printf("%s: %s\n", of->name, of->title);
    const server *s;
    for (unsigned i = 0; (s = server_at(b, i)); i++) {
        if (figure(b, of, s, of->metric).count == 0) continue;
        switch (of->kind) {
        case ITEM_WORK: print_work(b, of, s); break;
        case ITEM_MEMORY: print_memory(b, of, s); break;
        case ITEM_GROWTH: print_growth(b, of, s); break;
        case ITEM_STALL: print_stall(b, of, s); break;
        case ITEM_PAUSE: print_pause(b, of, s); break;
        }
        if (of->kind == ITEM_WORK || of->kind == ITEM_MEMORY) print_ratio(b, of, s);
        putchar('\n');
    }
    putchar('\n');
    fflush(stdout);
}

/* How much of the time the servers stood ready and did not get their CPU, over all works. */
static double cpu_wait_share(const bench *b) {
    double sum = 0, count = 0;
    const sample *s;
    for (size_t i = 0; (s = results_at(b->results, i)); i++) {
        if (strcmp(s->metric, "cpu_wait_share") != 0) continue;
        sum += s->value;
        count++;
    }
    return count > 0 ? sum / count : 0;
}

static const server *find_server(const bench *b, const char *name) {
    for (unsigned i = 0; name && i < b->server_count; i++)
        if (strcmp(b->servers[i].name, name) == 0) return &b->servers[i];
    return NULL;
}

static void print_summary_line(const bench *b, const item *of, const server *ours, const server *reference) {
    double own = ours ? main_figure(b, of, ours) : 0, other = reference ? main_figure(b, of, reference) : 0;
    if (own == 0 && other == 0) return;
    printf("  %-17s", of->name);
    if (own > 0)
        printf(" %11.4g", own);
    else
        printf(" %11s", "-");
    if (other > 0)
        printf(" %11.4g", other);
    else
        printf(" %11s", "-");
    printf(" %-5s", of->unit);
    spread ratio = reference ? ours_to(b, of, reference) : (spread){0};
    double judged = of->kind == ITEM_WORK ? ratio.median : own;
    if (ratio.count > 0)
        printf("  ratio %-6.3f", ratio.median);
    else
        printf("  %-12s", "");
    if (own > 0 && judged > 0 && of->target > 0)
        printf("  target %-5g %s", of->target, verdict(judged, of->target));
    putchar('\n');
}

void report_summary(const bench *b) {
    const server *ours = bench_ours(b), *reference = find_server(b, b->reference);
    printf("  %-17s %11s %11s\n", "SUMMARY", ours ? ours->name : "-", reference ? reference->name : "-");
    const item *of;
    for (size_t i = 0; (of = results_item(b->results, i)); i++) print_summary_line(b, of, ours, reference);
    if (cpu_wait_share(b) > BUSY_SHARE)
        printf("\n  The machine was busy: servers waited for their CPU %.0f%% of the time.\n",
               100 * cpu_wait_share(b));
}

static FILE *open_output(const bench *b, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", b->setting.directory, name);
    return fopen(path, "w");
}

static bool write_runs(const bench *b) {
    FILE *out = open_output(b, "runs.tsv");
    if (!out) return false;
    fputs("item\tserver\tmetric\tvalue\n", out);
    const sample *s;
    for (size_t i = 0; (s = results_at(b->results, i)); i++)
        fprintf(out, "%s\t%s\t%s\t%.9g\n", s->item->name, s->server, s->metric, s->value);
    return fclose(out) == 0;
}

static void write_json_string(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void write_setting(const bench *b, FILE *out) {
    struct utsname system;
    char model[256];
    uname(&system);
    process_cpu_model(model, sizeof model);
    fputs("  \"machine\": {\"cpu\": ", out);
    write_json_string(out, model);
    fprintf(out, ", \"architecture\": \"%s\", \"kernel\": \"%s\"},\n", system.machine, system.release);
    fprintf(out,
            "  \"setting\": {\"rounds\": %u, \"run_s\": %g, \"keys\": %" PRIu64 ", \"connections\": %u, ",
            b->rounds, b->run_s, b->keys, b->connections);
    fprintf(out, "\"transport\": \"%s\", \"cpu_wait_share\": %.4f},\n",
            b->setting.unix_sockets ? "unix" : "tcp", cpu_wait_share(b));
    fputs("  \"servers\": [", out);
    for (unsigned i = 0; i < b->server_count; i++) {
        fputs(i ? ",\n    {\"name\": " : "\n    {\"name\": ", out);
        write_json_string(out, b->servers[i].name);
        fputs(", \"command\": ", out);
        write_json_string(out, b->servers[i].command);
        fputc('}', out);
    }
    fputs("\n  ],\n", out);
}

static void write_spread(FILE *out, spread s) {
    fprintf(out, "{\"median\": %.9g, \"min\": %.9g, \"max\": %.9g, \"rounds\": %u}", s.median, s.min, s.max,
            s.count);
}

/* Whether this sample is the first of its item, server and metric. */
static bool is_first(const bench *b, size_t index) {
    const sample *s = results_at(b->results, index);
    for (size_t i = 0; i < index; i++) {
        const sample *earlier = results_at(b->results, i);
        if (earlier->item == s->item && strcmp(earlier->server, s->server) == 0 &&
            strcmp(earlier->metric, s->metric) == 0)
            return false;
    }
    return true;
}

static void write_figures(const bench *b, FILE *out) {
    fputs("  \"figures\": [", out);
    const sample *s;
    for (size_t i = 0, written = 0; (s = results_at(b->results, i)); i++) {
        if (!is_first(b, i)) continue;
        fprintf(out, "%s\n    {\"item\": \"%s\", \"server\": \"%s\", \"metric\": \"%s\", \"spread\": ",
                written++ ? "," : "", s->item->name, s->server, s->metric);
        write_spread(out, results_spread(b->results, s->item, s->server, s->metric));
        fputc('}', out);
    }
    fputs("\n  ],\n", out);
}

static void write_ratios(const bench *b, FILE *out) {
    fputs("  \"ratios\": [", out);
    const item *of;
    unsigned written = 0;
    for (size_t i = 0; (of = results_item(b->results, i)); i++) {
        const server *s;
        for (unsigned j = 0; (s = server_at(b, j)); j++) {
            spread ratio = ours_to(b, of, s);
            if (ratio.count == 0) continue;
            fprintf(out, "%s\n    {\"item\": \"%s\", \"to\": \"%s\", \"ratio\": ", written++ ? "," : "",
                    of->name, s->name);
            write_spread(out, ratio);
            double target = ratio_target(b, of, s);
            if (target > 0) fprintf(out, ", \"target\": %g", target);
            fputc('}', out);
        }
    }
    fputs("\n  ]\n", out);
}

static bool write_summary(const bench *b) {
    FILE *out = open_output(b, "summary.json");
    if (!out) return false;
    fputs("{\n", out);
    write_setting(b, out);
    write_figures(b, out);
    write_ratios(b, out);
    fputs("}\n", out);
    return fclose(out) == 0;
}

bool report_files(const bench *b) { return write_runs(b) && write_summary(b); }
