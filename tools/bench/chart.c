/* Chart: bars, one panel per item, as SVG.
 *
 *     +--------------------------------------------+
 *     |  title, subtitle                           |
 *     |  +--------------+  +--------------+        |
 *     |  | GET          |  | SET          |        |   two panels side by side
 *     |  | stint ###|   |  | stint ##|    |        |   a bar per server, a tick at our target
 *     |  | redis ###### |  | redis ###### |        |
 *     |  +--------------+  +--------------+        |
 *     +--------------------------------------------+
 *
 * Every panel has its own scale: the panels compare servers, not commands. The picture brings its background
 * along and has colours for light and for dark surroundings, so that it can stand in any page. Text is drawn
 * with the reader's own fonts; nothing is loaded. */
#include "bench/chart.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/process.h"

enum {
    COLUMNS = 2,
    MARGIN = 32,
    HEADER_HEIGHT = 84,
    FOOTER_HEIGHT = 36,
    PANEL_WIDTH = 408,
    PANEL_GAP = 32,
    PANEL_TITLE_HEIGHT = 30,
    ROW_HEIGHT = 22,
    BAR_HEIGHT = 13,
    NAME_WIDTH = 84,
    VALUE_WIDTH = 64,
    BAR_MAX = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH,
    WIDTH = 2 * MARGIN + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * PANEL_GAP,
    ROWS_MAX = BENCH_SERVERS_MAX + 1,
};

static const char style[] =
    "<style>\n"
    "  text { font-family: system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; }\n"
    "  .ground { fill: #ffffff; stroke: #d8dee4; }\n"
    "  .title { fill: #1f2328; font-size: 20px; font-weight: 600; }\n"
    "  .subtitle, .note { fill: #59636e; font-size: 12.5px; }\n"
    "  .panel { fill: #1f2328; font-size: 14px; font-weight: 600; }\n"
    "  .name { fill: #59636e; font-size: 12.5px; }\n"
    "  .name-ours { fill: #0b7a6f; font-size: 12.5px; font-weight: 600; }\n"
    "  .value { fill: #1f2328; font-size: 12px; font-variant-numeric: tabular-nums; }\n"
    "  .track { fill: #f3f5f7; }\n"
    "  .ours { fill: #12a594; }\n"
    "  .peer { fill: #a9b4c0; }\n"
    "  .floor { fill: #dfe4ea; }\n"
    "  .spread { stroke: #1f2328; stroke-opacity: 0.55; }\n"
    "  .target { stroke: #d9730d; stroke-width: 2; }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    .ground { fill: #0f151c; stroke: #2b3440; }\n"
    "    .title, .panel, .value { fill: #e6edf3; }\n"
    "    .subtitle, .note, .name { fill: #96a1ad; }\n"
    "    .name-ours { fill: #3dd6c3; }\n"
    "    .track { fill: #19212b; }\n"
    "    .ours { fill: #1fb8a6; }\n"
    "    .peer { fill: #5c6a7a; }\n"
    "    .floor { fill: #364150; }\n"
    "    .spread { stroke: #e6edf3; }\n"
    "    .target { stroke: #f0a04b; }\n"
    "  }\n"
    "</style>\n";

typedef struct row {
    const server *server;
    spread spread;
} row;

/* Items of one picture. */
typedef struct chart {
    const bench *bench;
    item_kind kind;
    const char *file, *title, *subtitle;
    FILE *out;
} chart;

/* Writes text with what XML keeps for itself replaced. */
__attribute__((format(printf, 5, 6))) static void put_text(FILE *out, const char *class, double x, double y,
                                                           const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    for (const char *at = text; *at; at++) {
        if (*at == '<')
            fputs("&lt;", out);
        else if (*at == '&')
            fputs("&amp;", out);
        else
            fputc(*at, out);
    }
    fputs("</text>\n", out);
}

static void put_bar(FILE *out, const char *class, double x, double y, double width) {
    fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class,
            x, y, width, BAR_HEIGHT);
}

static void put_line(FILE *out, const char *class, double x1, double y1, double x2, double y2) {
    fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2,
            y2);
}

/* What was measured of an item, in the order of the servers, the floor last. Returns the number of rows. */
static unsigned collect_rows(const bench *b, const item *of, row *rows) {
    unsigned count = 0;
    for (unsigned i = 0; i <= b->server_count; i++) {
        const server *s = i < b->server_count ? &b->servers[i] : &b->floor;
        if (!s->name) continue;
        spread all = results_spread(b->results, of, s->name, of->metric);
        if (all.count > 0) rows[count++] = (row){s, all};
    }
    return count;
}

/* The target as a value on the panel's scale; 0 if there is none. */
static double target_value(const bench *b, const item *of, const row *rows, unsigned count) {
    if (of->kind != ITEM_WORK) return of->target;
    for (unsigned i = 0; b->reference && i < count; i++)
        if (strcmp(rows[i].server->name, b->reference) == 0) return of->target * rows[i].spread.median;
    return 0;
}

static void draw_row(const chart *c, const row *r, double scale, double target, double x, double y) {
    static const char *const classes[] = {
        [SERVER_OURS] = "ours", [SERVER_PEER] = "peer", [SERVER_FLOOR] = "floor"};
    bool ours = r->server->role == SERVER_OURS;
    double bar_x = x + NAME_WIDTH, bar_y = y + (ROW_HEIGHT - BAR_HEIGHT) / 2.0, middle = y + ROW_HEIGHT / 2.0;
    put_text(c->out, ours ? "name-ours" : "name", x, middle + 4, "%s", r->server->name);
    put_bar(c->out, "track", bar_x, bar_y, BAR_MAX);
    put_bar(c->out, classes[r->server->role], bar_x, bar_y, r->spread.median * scale);
    double spread_end = r->spread.max * scale < BAR_MAX ? r->spread.max * scale : BAR_MAX;
    if (r->spread.max > r->spread.min)
        put_line(c->out, "spread", bar_x + r->spread.min * scale, middle, bar_x + spread_end, middle);
    if (ours && target > 0)
        put_line(c->out, "target", bar_x + target * scale, bar_y - 3, bar_x + target * scale,
                 bar_y + BAR_HEIGHT + 3);
    double value = r->spread.median;
    put_text(c->out, "value", bar_x + BAR_MAX + 8, middle + 4, "%.*f",
             value < 1     ? 3
             : value < 100 ? 2
                           : 0,
             value);
}

static void draw_panel(const chart *c, const item *of, const row *rows, unsigned count, double x, double y) {
    double target = target_value(c->bench, of, rows, count), most = target;
    for (unsigned i = 0; i < count; i++)
        if (rows[i].spread.median > most) most = rows[i].spread.median;
    put_text(c->out, "panel", x, y + 18, "%s", of->title);
    for (unsigned i = 0; i < count; i++)
        draw_row(c, &rows[i], BAR_MAX / most, target, x, y + PANEL_TITLE_HEIGHT + i * ROW_HEIGHT);
}

static double panel_height(unsigned rows) { return PANEL_TITLE_HEIGHT + rows * ROW_HEIGHT + PANEL_GAP; }

/* Lays the panels out in columns; draws them if `draw`. Returns the height of all. */
static double lay_out_panels(const chart *c, bool draw) {
    double y = HEADER_HEIGHT, line_height = 0;
    unsigned column = 0;
    const item *of;
    for (size_t i = 0; (of = results_item(c->bench->results, i)); i++) {
        row rows[ROWS_MAX];
        unsigned count = of->kind == c->kind ? collect_rows(c->bench, of, rows) : 0;
        if (count == 0) continue;
        if (column == COLUMNS) {
            y += line_height;
            column = 0;
            line_height = 0;
        }
        if (draw) draw_panel(c, of, rows, count, MARGIN + column * (PANEL_WIDTH + PANEL_GAP), y);
        if (panel_height(count) > line_height) line_height = panel_height(count);
        column++;
    }
    return y + line_height - HEADER_HEIGHT;
}

static bool draw_chart(chart *c) {
    double panels_height = lay_out_panels(c, false);
    if (panels_height == 0) return true;
    char path[PATH_MAX], model[256];
    snprintf(path, sizeof path, "%s/%s", c->bench->setting.directory, c->file);
    c->out = fopen(path, "w");
    if (!c->out) return false;
    double height = HEADER_HEIGHT + panels_height + FOOTER_HEIGHT;
    fprintf(
        c->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\">\n",
        WIDTH, height, WIDTH, height);
    fputs(style, c->out);
    fprintf(c->out, "<rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%.0f\" rx=\"8\"/>\n",
            WIDTH - 1, height - 1);
    put_text(c->out, "title", MARGIN, 40, "%s", c->title);
    put_text(c->out, "subtitle", MARGIN, 62, "%s", c->subtitle);
    lay_out_panels(c, true);
    process_cpu_model(model, sizeof model);
    put_text(c->out, "note", MARGIN, height - 24,
             "%g million keys of 16 bytes, %u connections over %s%s%s. Tick: target.",
             (double)c->bench->keys / 1e6, c->bench->connections,
             c->bench->setting.unix_sockets ? "unix sockets" : "TCP", *model ? ", " : "", model);
    fputs("</svg>\n", c->out);
    return fclose(c->out) == 0;
}

bool chart_files(const bench *b) {
    chart cpu = {
        .bench = b,
        .kind = ITEM_WORK,
        .file = "cpu.svg",
        .title = "CPU time per request",
        .subtitle =
            "Microseconds of the server's CPU, user and system; less is better. Line: spread of the rounds."};
    chart memory = {.bench = b,
                    .kind = ITEM_MEMORY,
                    .file = "memory.svg",
                    .title = "Resident memory",
                    .subtitle =
                        "Bytes per key, per element of a collection and per connection, all included; "
                        "less is better."};
    return draw_chart(&cpu) && draw_chart(&memory);
}
