/* Hot keys: HOTKEYS, which tells what keys the load is about. A command of Stint's own. */
#include "command/handlers.h"
#include "command/help.h"
#include "command/support.h"
#include "server/insight/hot_keys.h"

/* Keys shown if the request does not say how many. */
#define DEFAULT_COUNT 10

/* The words after BY, and what a value is divided by to be shown. */
static const struct {
    const char *name;
    uint64_t unit;
} measures[HOT_KEYS_MEASURES] = {
    [HOT_KEYS_READS] = {"reads", 1},
    [HOT_KEYS_WRITES] = {"writes", 1},
    [HOT_KEYS_CPU] = {"cpu", 1000}, /* microseconds */
    [HOT_KEYS_BYTES] = {"bytes", 1},
};

struct options {
    enum hot_keys_measure measure;
    int64_t count;
};

static bool read_measure(client *c, slice name, enum hot_keys_measure *measure) {
    for (*measure = 0; *measure < HOT_KEYS_MEASURES; ++*measure)
        if (slice_is(name, measures[*measure].name)) return true;
    reply_error_text(c, SLICE("ERR BY takes READS, WRITES, CPU or BYTES"));
    return false;
}

static bool read_options(client *c, const args *a, struct options *o) {
    static const char bad_count[] = "ERR COUNT should be between 1 and 512";
    _Static_assert(HOT_KEYS_MAX == 512, "as bad_count has it");
    *o = (struct options){HOT_KEYS_READS, DEFAULT_COUNT};
    for (int i = 1; i < a->argc; i += 2) {
        bool has_value = i + 1 < a->argc;
        if (has_value && slice_is(a->argv[i], "COUNT")) {
            if (!arg_integer_between(c, a->argv[i + 1], 1, HOT_KEYS_MAX, bad_count, &o->count)) return false;
        } else if (has_value && slice_is(a->argv[i], "BY")) {
            if (!read_measure(c, a->argv[i + 1], &o->measure)) return false;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

/* A long name as the slow log shows it. */
static void reply_name(client *c, const struct hot_key *k) {
    if (k->name_len == k->name.len)
        reply_slice(c, k->name);
    else
        reply_bulk_format(c, "%.*s... (%zu more bytes)", (int)k->name.len, k->name.data,
                          k->name_len - k->name.len);
}

static void reply_key(client *c, const struct hot_key *k, uint64_t unit) {
    reply_map(c, 4);
    reply_text(c, "key");
    reply_name(c, k);
    reply_text(c, "db");
    reply_integer(c, k->db);
    reply_text(c, "value");
    reply_integer(c, (int64_t)(k->value / unit));
    reply_text(c, "error");
    reply_integer(c, (int64_t)(k->error / unit));
}

static void reply_top(client *c, const struct options *o) {
    struct hot_key keys[HOT_KEYS_MAX];
    uint32_t count = hot_keys_top(o->measure, keys, (uint32_t)o->count);
    reply_map(c, 4);
    reply_text(c, "by");
    reply_text(c, measures[o->measure].name);
    reply_text(c, "half-life-seconds");
    reply_integer(c, o->measure == HOT_KEYS_BYTES ? 0 : HOT_KEYS_HALVING_S);
    reply_text(c, "sampled-one-in");
    reply_integer(c, hot_keys_interval());
    reply_text(c, "keys");
    reply_array(c, count);
    for (uint32_t i = 0; i < count; i++) reply_key(c, &keys[i], measures[o->measure].unit);
}

static void reply_help(client *c) {
    static const char *const lines[] = {
        "[COUNT <count>] [BY READS|WRITES|CPU|BYTES]",
        "    The <count> keys (10 unless told) that come first by the requests that read them (unless",
        "    told otherwise), by those that may change them, by the microseconds that both took, or by",
        "    the bytes of memory that they take now. All but the last count what is older than a",
        "    minute half. Of each key:",
        "    * key, its name, long ones cut short",
        "    * db, the number of its database",
        "    * value, an estimate from a sample of the requests",
        "    * error, by how much the value may be too high because other keys had its place before",
        "RESET",
        "    Forget what was found so far.",
        NULL,
    };
    help_reply(c, "HOTKEYS", lines);
}

/* HOTKEYS [COUNT count] [BY <READS | WRITES | CPU | BYTES>] | RESET | HELP */
void command_hotkeys(client *c, const args *a) {
    struct options options;
    if (a->argc == 2 && slice_is(a->argv[1], "RESET")) {
        hot_keys_reset();
        reply_ok(c);
    } else if (a->argc == 2 && slice_is(a->argv[1], "HELP")) {
        reply_help(c);
    } else if (read_options(c, a, &options)) {
        reply_top(c, &options);
    }
}
