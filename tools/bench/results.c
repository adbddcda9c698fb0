/* Results: a flat list of samples.
 *
 * A whole benchmark makes a few thousand, so that looking for some among all of them costs nothing that
 * matters, and a sample needs no place in a structure to be found again. */
#include "bench/results.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS_MAX = 1024, /* samples of one metric that are looked at together */
    VOIDS_MAX = 1024,  /* more than items times servers */
};

struct results {
    sample *samples;
    size_t count, room;
    struct {
        const item *item;
        const char *server;
    } voids[VOIDS_MAX];
    size_t void_count;
};

results *results_create(void) {
    results *r = calloc(1, sizeof *r);
    if (!r) abort();
    return r;
}

void results_free(results *r) {
    free(r->samples);
    free(r);
}

static bool is_of(const sample *s, const item *of, const char *server) {
    return s->item == of && strcmp(s->server, server) == 0;
}

static bool is_void(const results *r, const item *of, const char *server) {
    for (size_t i = 0; i < r->void_count; i++)
        if (r->voids[i].item == of && strcmp(r->voids[i].server, server) == 0) return true;
    return false;
}

void results_void(results *r, const item *of, const char *server) {
    if (is_void(r, of, server)) return;
    if (r->void_count == VOIDS_MAX) abort();
    r->voids[r->void_count].item = of;
    r->voids[r->void_count++].server = server;
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++)
        if (!is_of(&r->samples[i], of, server)) r->samples[kept++] = r->samples[i];
    r->count = kept;
}

void results_add(results *r, const item *of, const char *server, const char *metric, double value) {
    if (is_void(r, of, server)) return;
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 256;
        r->samples = realloc(r->samples, r->room * sizeof *r->samples);
        if (!r->samples) abort();
    }
    r->samples[r->count++] = (sample){of, server, metric, value};
}

const sample *results_at(const results *r, size_t index) {
    return index < r->count ? &r->samples[index] : NULL;
}

const item *results_item(const results *r, size_t index) {
    const item *last = NULL;
    for (size_t i = 0; i < r->count; i++) {
        if (r->samples[i].item == last) continue;
        last = r->samples[i].item;
        if (index-- == 0) return last;
    }
    return NULL;
}

/* Copies the values of one metric, in order. Returns how many there are. */
static unsigned gather(const results *r, const item *of, const char *server, const char *metric,
                       double *values) {
    unsigned count = 0;
    for (size_t i = 0; i < r->count && count < ROUNDS_MAX; i++) {
        const sample *s = &r->samples[i];
        if (is_of(s, of, server) && strcmp(s->metric, metric) == 0) values[count++] = s->value;
    }
    return count;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static spread summarise(double *values, unsigned count) {
    if (count == 0) return (spread){0};
    qsort(values, count, sizeof *values, compare);
    double median = count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
    return (spread){count, median, values[0], values[count - 1]};
}

spread results_spread(const results *r, const item *of, const char *server, const char *metric) {
    double values[ROUNDS_MAX] = {0};
    return summarise(values, gather(r, of, server, metric, values));
}

spread results_ratio(const results *r, const item *of, const char *metric, const char *server,
                     const char *other) {
    double ratios[ROUNDS_MAX] = {0}, divisors[ROUNDS_MAX] = {0};
    unsigned count = gather(r, of, server, metric, ratios);
    unsigned others = gather(r, of, other, metric, divisors);
    if (others < count) count = others;
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (divisors[i] > 0) ratios[kept++] = ratios[i] / divisors[i];
    return summarise(ratios, kept);
}
