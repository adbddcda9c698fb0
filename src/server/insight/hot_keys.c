/* Hot keys: rankings (base/ranking.h), fed with a sample of the requests.
 *
 * A request is sampled with the same chance as any other, one in `interval`, and counts as so many. The
 * interval follows the load, so that the samples of a second are about as many whatever the load is: it
 * doubles as soon as a tick has had its share of them, and halves after one that had less than half. With few
 * requests every one is sampled and the sums are exact; with a million a second one in hundreds, and the cost
 * is a thousandth of the processor's time. Gaps between samples are random, lest they fall in step with what
 * clients do.
 *
 * Sums halve now and then, so that they stand for about the last two minutes. The largest keys are found
 * among those that are sampled; what does not come up in requests is not seen. */
#include "server/insight/hot_keys.h"

#include <string.h>

#include "base/random.h"
#include "server/insight/statistics.h"
#include "server/request/command_keys.h"
#include "server/request/request_key.h"
#include "store/keyspace.h"

/* Samples that a tick may have before the interval doubles. */
#define SAMPLES_PER_TICK 256
#define INTERVAL_MAX     (1 << 20)
/* Elements of a collection that are looked at to estimate its memory. */
#define MEMORY_SAMPLES 5

struct named {
    uint32_t name_len;
    int db;
    char name[HOT_KEYS_NAME_MAX];
};

static struct {
    ranking ranking;
    struct named named[RANKING_PLACES]; /* by place */
} rankings[HOT_KEYS_MEASURES];

static uint32_t interval = 1;
static uint32_t gap; /* requests to pass over before the next sample */
static uint32_t samples_in_tick;
static uint32_t ticks_since_halving;

/* --- Choosing requests --- */

/* 0 to 2 * interval - 2, on average interval - 1. */
static uint32_t random_gap(void) { return interval > 1 ? (uint32_t)random_below(2 * interval - 1) : 0; }

int hot_keys_pass_over(int count) {
    if (gap >= (uint32_t)count) {
        gap -= (uint32_t)count;
        return count;
    }
    int passed = (int)gap;
    gap = random_gap();
    return passed;
}

uint32_t hot_keys_interval(void) { return interval; }

static void note_sample(void) {
    if (++samples_in_tick % SAMPLES_PER_TICK == 0 && interval < INTERVAL_MAX) interval *= 2;
}

void hot_keys_tick(void) {
    if (samples_in_tick < SAMPLES_PER_TICK / 2 && interval > 1) {
        interval /= 2;
        if (gap > 2 * interval) gap = random_gap(); /* of busier times */
    }
    samples_in_tick = 0;
    if (++ticks_since_halving < HOT_KEYS_HALVING_S * 1000 / STATISTICS_SAMPLE_MS) return;
    ticks_since_halving = 0;
    for (int m = 0; m < HOT_KEYS_BYTES; m++) ranking_halve(&rankings[m].ranking);
}

/* --- Feeding the rankings --- */

/* The same name in another database is another key. */
static uint64_t id_of(const database *db, const key *k) {
    return k->hash ^ (uint64_t)db->id * UINT64_C(0x9E3779B97F4A7C15);
}

static void remember(struct named *n, const database *db, slice name) {
    n->db = db->id;
    n->name_len = (uint32_t)name.len;
    memcpy(n->name, name.data, name.len < HOT_KEYS_NAME_MAX ? name.len : HOT_KEYS_NAME_MAX);
}

static void add(enum hot_keys_measure measure, const database *db, const key *k, uint64_t weight) {
    bool is_new;
    if (weight == 0) return;
    uint32_t place = ranking_add(&rankings[measure].ranking, id_of(db, k), weight, &is_new);
    if (is_new) remember(&rankings[measure].named[place], db, k->name);
}

static void measure_memory(database *db, const key *k) {
    bool is_new;
    const entry *e = keyspace_peek(db, k);
    if (!e) return; /* if it was there before, hot_keys_top will see that it is gone */
    uint64_t bytes = keyspace_memory_bytes(e, MEMORY_SAMPLES);
    uint32_t place = ranking_offer(&rankings[HOT_KEYS_BYTES].ranking, id_of(db, k), bytes, &is_new);
    if (place != RANKING_NONE && is_new) remember(&rankings[HOT_KEYS_BYTES].named[place], db, k->name);
}

/* The first keys of a request; returns their number. */
static int find_keys(const struct request *r, key keys[HOT_KEYS_PER_REQUEST]) {
    key_walk walk = key_walk_begin(r->command, r->argv, r->argc);
    key_position position;
    int count = 0;
    while (count < HOT_KEYS_PER_REQUEST && key_walk_next(&walk, &position))
        keys[count++] = request_key(r, position.index);
    return count;
}

void hot_keys_sample(const struct request *r, uint64_t ns) {
    const command *row = r->command;
    key keys[HOT_KEYS_PER_REQUEST];
    int count = find_keys(r, keys);
    enum hot_keys_measure use = row->flags & COMMAND_WRITE ? HOT_KEYS_WRITES : HOT_KEYS_READS;
    for (int i = 0; i < count; i++) {
        add(use, r->client->db, &keys[i], interval);
        add(HOT_KEYS_CPU, r->client->db, &keys[i], ns / (uint64_t)count * interval);
        measure_memory(r->client->db, &keys[i]);
    }
    note_sample();
}

/* --- What was found --- */

static slice kept_name(const struct named *n) {
    return (slice){n->name, n->name_len < HOT_KEYS_NAME_MAX ? n->name_len : HOT_KEYS_NAME_MAX};
}

/* What the largest keys take now. One whose name is not known in full keeps its figure until it is sampled
 * again. */
static void measure_anew(void) {
    ranking *largest = &rankings[HOT_KEYS_BYTES].ranking;
    for (uint32_t place = 0; place < largest->count; place++) {
        const struct named *n = &rankings[HOT_KEYS_BYTES].named[place];
        if (n->name_len > HOT_KEYS_NAME_MAX) continue;
        key k = key_of(kept_name(n));
        const entry *e = keyspace_peek(keyspace_database(n->db), &k);
        ranking_set(largest, place, e ? keyspace_memory_bytes(e, MEMORY_SAMPLES) : 0);
    }
}

uint32_t hot_keys_top(enum hot_keys_measure measure, struct hot_key *keys, uint32_t max) {
    uint32_t places[RANKING_PLACES];
    const ranking *r = &rankings[measure].ranking;
    if (measure == HOT_KEYS_BYTES) measure_anew();
    if (max > RANKING_PLACES) max = RANKING_PLACES;
    uint32_t count = ranking_top(r, places, max);
    for (uint32_t i = 0; i < count; i++) {
        const struct named *n = &rankings[measure].named[places[i]];
        const struct ranked *item = &r->items[places[i]];
        keys[i] = (struct hot_key){kept_name(n), n->name_len, n->db, item->value, item->error};
    }
    return count;
}

void hot_keys_reset(void) {
    ticks_since_halving = 0;
    for (int m = 0; m < HOT_KEYS_MEASURES; m++) ranking_reset(&rankings[m].ranking);
}
