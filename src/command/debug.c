/* Debug: the DEBUG family, for tests and for looking inside.
 *
 * Refused unless enable-debug-command allows it: it can hold the server up and fill its memory. The
 * subcommands are no rows of the command table, for clients are not to know them. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/log.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/help.h"
#include "command/report.h"
#include "command/support.h"
#include "net/reply.h"
#include "server/config/config.h"
#include "store/recency.h"
#include "store/types/string.h"
#include "store/value.h"

/* Longest DEBUG SLEEP: what is longer can only be a mistake. */
#define SLEEP_MAX_S (24 * 3600)
/* Longest name and value that DEBUG POPULATE makes up itself. */
#define POPULATE_NUMBER_BYTES 32

static const char *const help_lines[] = {
    "ERROR <text>",
    "    Reply with that error.",
    "HTSTATS <database> [FULL]",
    "    Figures of the table of a database's keys; FULL reads all of it.",
    "LOG <message>",
    "    Write a line to the log.",
    "OBJECT <key>",
    "    How a value is kept.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Make keys <prefix>:0, <prefix>:1 ... (\"key\" unless told), with values of <size> bytes.",
    "    Keys that exist stay as they are.",
    "PROTOCOL <type>",
    "    Reply with a value of that type: string, integer, double, bignum, null, array, set, map,",
    "    attrib, push, verbatim, true or false.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Whether expired keys are looked for; without, they go when somebody asks for them.",
    "SLEEP <seconds>",
    "    Do nothing for so long; fractions are allowed.",
    "STRINGMATCH-LEN <pattern> <string>",
    "    1 if the pattern of KEYS and SCAN matches the string, else 0.",
    NULL,
};

/* --- SLEEP, SET-ACTIVE-EXPIRE, ERROR, LOG, STRINGMATCH-LEN --- */

static void debug_sleep(client *c, const args *a) {
    char text[NUMBER_DOUBLE_TEXT_MAX + 1] =
        ""; /* what is no number is no time, and what follows one is ignored */
    memcpy(text, a->argv[2].data, a->argv[2].len < sizeof(text) ? a->argv[2].len : sizeof(text) - 1);
    double seconds = strtod(text, NULL);
    if (seconds > SLEEP_MAX_S) seconds = SLEEP_MAX_S;
    if (seconds > 0) {
        struct timespec pause = {.tv_sec = (time_t)seconds};
        pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
        nanosleep(&pause, NULL); /* a signal to stop ends it */
        clock_refresh();         /* what comes next in this turn sees the time that has passed */
    }
    reply_ok(c);
}

static void debug_set_active_expire(client *c, const args *a) {
    int64_t enabled = 0;
    number_parse_i64(a->argv[2], &enabled);
    keyspace_active_expire = enabled != 0;
    reply_ok(c);
}

static void debug_error(client *c, const args *a) { reply_error_text(c, a->argv[2]); }

static void debug_log(client *c, const args *a) {
    log_warning("DEBUG LOG: %.*s", (int)a->argv[2].len, a->argv[2].data);
    reply_ok(c);
}

static void debug_match(client *c, const args *a) {
    reply_integer(c, glob_match(a->argv[2], a->argv[3], false));
}

/* --- OBJECT --- */

/* Elements that are looked at to tell how much memory a collection takes. */
#define SIZE_SAMPLES 5

/* Bytes that a value takes in a dump file, not compressed: a length or a small integer in as few bytes as
 * hold it. A collection's are as many as it takes in memory. */
static size_t serialized_bytes(const entry *e) {
    if (e->type != TYPE_STRING)
        return bytes_are_value(e) ? bytes_view(e).len : value_memory_bytes(e, SIZE_SAMPLES);
    int64_t value;
    if (string_integer(e, &value) && value >= INT32_MIN && value <= INT32_MAX)
        return value >= INT8_MIN && value <= INT8_MAX ? 2 : value >= INT16_MIN && value <= INT16_MAX ? 3 : 5;
    size_t len = string_len(e);
    size_t len_bytes = len < 1 << 6 ? 1 : len < 1 << 14 ? 2 : len <= UINT32_MAX ? 5 : 9;
    return len_bytes + len;
}

static void debug_object(client *c, const args *a) {
    key k = key_of(a->argv[2]);
    const entry *e = keyspace_peek(c->db, &k);
    if (!e) {
        reply_error_text(c, SLICE("ERR no such key"));
        return;
    }
    char text[256];
    snprintf(text, sizeof(text),
             "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%u",
             (const void *)e, value_encoding_name(e), serialized_bytes(e), (unsigned)e->recency,
             recency_idle_s(e));
    reply_status(c, text);
}

/* --- POPULATE --- */

/* Writes "prefix:number" over name, whose prefix and colon are there. Returns the whole. */
static slice numbered(char *name, size_t prefix_len, int64_t number) {
    return (slice){name, prefix_len + number_format_i64(name + prefix_len, number)};
}

/* Adds the keys that are missing. size 0: values as long as their text. */
static void populate(database *db, slice prefix, int64_t count, size_t size) {
    static const slice value_prefix = {"value:", 6};
    size_t value_room = size > POPULATE_NUMBER_BYTES ? size : POPULATE_NUMBER_BYTES;
    char *name = alloc(prefix.len + POPULATE_NUMBER_BYTES), *value = alloc_zeroed(value_room);
    memcpy(name, prefix.data, prefix.len);
    name[prefix.len] = ':';
    memcpy(value, value_prefix.data, value_prefix.len);
    for (int64_t i = 0; i < count; i++) {
        key k = key_of(numbered(name, prefix.len + 1, i));
        if (keyspace_peek(db, &k)) continue;
        slice content =
            numbered(value, value_prefix.len, i); /* numbers grow: no rest of a longer one stays behind */
        if (size) content.len = size;
        keyspace_put_text(db, &k, content, NO_EXPIRY);
        keyspace_changed(db, &k, EVENT_SET);
    }
    alloc_free_unsized(name);
    alloc_free_unsized(value);
}

static void debug_populate(client *c, const args *a) {
    static const char out_of_range[] = "ERR value is out of range, must be positive";
    int64_t count, size = 0;
    if (!arg_integer_between(c, a->argv[2], 0, INT64_MAX, out_of_range, &count)) return;
    slice prefix = a->argc > 3 ? a->argv[3] : SLICE("key");
    int64_t longest = (int64_t)config.proto_max_bulk_len_bytes;
    if (a->argc > 4 && !arg_integer_between(c, a->argv[4], 0, longest, out_of_range, &size)) return;
    populate(c->db, prefix, count, (size_t)size);
    reply_ok(c);
}

/* --- PROTOCOL: one function for each type --- */

static void give_string(client *c) { reply_text(c, "Hello World"); }
static void give_integer(client *c) { reply_integer(c, 12345); }
static void give_double(client *c) { reply_double(c, 3.141); }
static void give_big_number(client *c) {
    reply_big_number(c, SLICE("1234567999999999999999999999999999999"));
}
static void give_true(client *c) { reply_bool(c, true); }
static void give_false(client *c) { reply_bool(c, false); }
static void give_verbatim(client *c) { reply_verbatim(c, SLICE("This is a verbatim\nstring"), "txt"); }

static void give_array(client *c) {
    reply_array(c, 3);
    for (int i = 0; i < 3; i++) reply_integer(c, i);
}

static void give_set(client *c) {
    reply_set(c, 3);
    for (int i = 0; i < 3; i++) reply_integer(c, i);
}

static void give_map(client *c) {
    reply_map(c, 3);
    for (int i = 0; i < 3; i++) {
        reply_integer(c, i);
        reply_bool(c, i == 1);
    }
}

/* An attribute before the value that it belongs to; in RESP2 the value alone. */
static void give_attribute(client *c) {
    if (c->resp >= 3) {
        reply_attribute(c, 1);
        reply_text(c, "key-popularity");
        reply_array(c, 2);
        reply_text(c, "key:123");
        reply_integer(c, 90);
    }
    reply_text(c, "Some real reply following the attribute");
}

/* A push message, which follows the reply. */
static void give_push(client *c) {
    if (c->resp < 3) {
        reply_error_text(c, SLICE("ERR RESP2 is not supported by this command"));
        return;
    }
    reply_text(c, "Some real reply following the push reply");
    reply_push(c, 2);
    reply_text(c, "server-cpu-usage");
    reply_integer(c, 42);
}

static void debug_protocol(client *c, const args *a) {
    static const struct {
        const char *name;
        void (*give)(client *c);
    } types[] = {
        {"string", give_string},     {"integer", give_integer},  {"double", give_double},
        {"null", reply_null},        {"array", give_array},      {"set", give_set},
        {"map", give_map},           {"attrib", give_attribute}, {"push", give_push},
        {"true", give_true},         {"false", give_false},      {"bignum", give_big_number},
        {"verbatim", give_verbatim},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (!slice_is(a->argv[2], types[i].name)) continue;
        types[i].give(c);
        return;
    }
    reply_error_text(
        c, SLICE("ERR Wrong protocol type name. Please use one of the following: "
                 "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"));
}

/* --- HTSTATS --- */

static void debug_table(client *c, const args *a) {
    int64_t index;
    if (!arg_integer(c, a->argv[2], &index)) return;
    if (index < 0 || index >= keyspace_databases()) {
        reply_error_text(c, SLICE("ERR Out of range database"));
        return;
    }
    const table *keys = keyspace_database((int)index)->keys;
    report r = {0};
    report_add(&r, "elements: %zu\nmemory: %zu bytes\n", table_count(keys), table_memory_bytes(keys));
    if (a->argc > 3 && slice_is(a->argv[3], "full")) {
        struct table_figures f;
        table_figures(keys, &f);
        report_add(&r, "segments: %zu\ndirectory entries: %zu\nbuckets: %zu\noverflowed buckets: %zu\n",
                   f.segments, f.directory_entries, f.buckets, f.overflowed_buckets);
        report_add(&r, "fill: %.1f%%\naverage probes: %.3f\n",
                   f.slots ? 100.0 * (double)table_count(keys) / (double)f.slots : 0, f.average_probes);
    }
    report_send(&r, c);
}

/* --- The family --- */

static void debug_help(client *c, const args *a) {
    (void)a;
    help_reply(c, "DEBUG", help_lines);
}

static const struct {
    const char *name;
    int argc_min, argc_max;
    command_handler *run;
} subcommands[] = {
    {"SLEEP", 3, 3, debug_sleep},
    {"OBJECT", 3, 3, debug_object},
    {"SET-ACTIVE-EXPIRE", 3, 3, debug_set_active_expire},
    {"POPULATE", 3, 5, debug_populate},
    {"PROTOCOL", 3, 3, debug_protocol},
    {"ERROR", 3, 3, debug_error},
    {"LOG", 3, 3, debug_log},
    {"STRINGMATCH-LEN", 4, 4, debug_match},
    {"HTSTATS", 3, 4, debug_table},
    {"HELP", 2, 2, debug_help},
};

static bool is_allowed(const client *c) {
    if (config.enable_debug_command == PERMISSION_LOCAL) return client_is_local(c);
    return config.enable_debug_command == PERMISSION_YES;
}

/* DEBUG subcommand [argument ...] */
void command_debug(client *c, const args *a) {
    if (!is_allowed(c)) {
        reply_error_text(
            c, SLICE("ERR DEBUG command not allowed. If the enable-debug-command option is set to "
                     "\"local\", you can run it from a local connection, otherwise you need to set this "
                     "option in the configuration file, and then restart the server."));
        return;
    }
    slice name = a->argv[1];
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
        if (!slice_is(name, subcommands[i].name)) continue;
        if (a->argc < subcommands[i].argc_min || a->argc > subcommands[i].argc_max) break;
        subcommands[i].run(c, a);
        return;
    }
    help_refer(c, "DEBUG", name);
}
