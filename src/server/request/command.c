/* Command: names of flags and categories, and what can be derived of a row.
 *
 * The order of the names is the order in which COMMAND INFO lists them; clients compare them as sets, people
 * read them in that order. */
#include "server/request/command.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

const command_flag_name command_flag_names[] = {
    {COMMAND_WRITE, "write"},
    {COMMAND_READONLY, "readonly"},
    {COMMAND_DENYOOM, "denyoom"},
    {COMMAND_ADMIN, "admin"},
    {COMMAND_PUBSUB, "pubsub"},
    {COMMAND_NOSCRIPT, "noscript"},
    {COMMAND_BLOCKING, "blocking"},
    {COMMAND_LOADING, "loading"},
    {COMMAND_STALE, "stale"},
    {COMMAND_SKIP_MONITOR, "skip_monitor"},
    {COMMAND_SKIP_SLOWLOG, "skip_commandlog"},
    {COMMAND_ASKING, "asking"},
    {COMMAND_FAST, "fast"},
    {COMMAND_NO_AUTH, "no_auth"},
    {COMMAND_NO_MANDATORY_KEYS, "no_mandatory_keys"},
    {COMMAND_NO_ASYNC_LOADING, "no_async_loading"},
    {COMMAND_NO_MULTI, "no_multi"},
    {COMMAND_MOVABLE_KEYS, "movablekeys"},
    {COMMAND_ALLOW_BUSY, "allow_busy"},
    {0, NULL},
};

const command_flag_name key_flag_names[] = {
    {KEY_RO, "RO"},
    {KEY_RW, "RW"},
    {KEY_OW, "OW"},
    {KEY_RM, "RM"},
    {KEY_ACCESS, "access"},
    {KEY_UPDATE, "update"},
    {KEY_INSERT, "insert"},
    {KEY_DELETE, "delete"},
    {KEY_NOT_KEY, "not_key"},
    {KEY_INCOMPLETE, "incomplete"},
    {KEY_VARIABLE_FLAGS, "variable_flags"},
    {0, NULL},
};

const char *const category_names[CATEGORY_COUNT] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};
static_assert(1 << (CATEGORY_COUNT - 1) == CATEGORY_SCRIPTING, "every category has a name");

const char *const group_names[GROUP_COUNT] = {
    [GROUP_GENERIC] = "generic",
    [GROUP_STRING] = "string",
    [GROUP_LIST] = "list",
    [GROUP_SET] = "set",
    [GROUP_SORTED_SET] = "sorted-set",
    [GROUP_HASH] = "hash",
    [GROUP_PUBSUB] = "pubsub",
    [GROUP_TRANSACTIONS] = "transactions",
    [GROUP_CONNECTION] = "connection",
    [GROUP_SERVER] = "server",
    [GROUP_SCRIPTING] = "scripting",
    [GROUP_HYPERLOGLOG] = "hyperloglog",
    [GROUP_CLUSTER] = "cluster",
    [GROUP_GEO] = "geo",
    [GROUP_STREAM] = "stream",
    [GROUP_BITMAP] = "bitmap",
};

uint32_t category_find(slice name) {
    for (int i = 0; i < CATEGORY_COUNT; i++)
        if (slice_is(name, category_names[i])) return (uint32_t)1 << i;
    return 0;
}

/* A script's own commands are checked one by one, so running a script is neither reading nor writing in
 * itself. */
static uint32_t implied_categories(uint32_t flags, uint32_t categories) {
    uint32_t implied = flags & COMMAND_FAST ? CATEGORY_FAST : CATEGORY_SLOW;
    if (!(categories & CATEGORY_SCRIPTING)) {
        if (flags & COMMAND_READONLY) implied |= CATEGORY_READ;
        if (flags & COMMAND_WRITE) implied |= CATEGORY_WRITE;
    }
    if (flags & COMMAND_ADMIN) implied |= CATEGORY_ADMIN | CATEGORY_DANGEROUS;
    if (flags & COMMAND_PUBSUB) implied |= CATEGORY_PUBSUB;
    if (flags & COMMAND_BLOCKING) implied |= CATEGORY_BLOCKING;
    return implied;
}

static bool has_fixed_place(const key_spec *spec) {
    return spec->begin == KEY_BEGIN_INDEX && spec->find == KEY_FIND_RANGE;
}

/* The last key of a fixed specification; negative: counted from the end. */
static int last_of(const key_spec *spec) {
    return spec->range.last_key < 0 ? spec->range.last_key : spec->index + spec->range.last_key;
}

/* The first run of keys at fixed places: specifications that continue one another count as one. */
static void derive_key_triple(command *row) {
    const key_spec *spec = row->keys, *end = row->keys + COMMAND_KEY_SPECS_MAX;
    while (spec < end && spec->begin != KEY_BEGIN_NONE && !has_fixed_place(spec)) spec++;
    if (spec == end || spec->begin == KEY_BEGIN_NONE) return;

    int first = spec->index, last = last_of(spec), step = spec->range.step;
    for (spec++; spec < end && has_fixed_place(spec); spec++) {
        if (last < 0 || spec->index != last + step || spec->range.step != step) break;
        last = last_of(spec);
    }
    assert(first <= UINT8_MAX && step <= UINT8_MAX);
    row->simple_first = (uint8_t)first;
    row->simple_last = (int16_t)last;
    row->simple_step = (uint8_t)step;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static uint8_t quick_arguments_of(const command *row) {
    if (!row->complexity || row->flags & COMMAND_BLOCKING) return 0;
    const char *cost = row->complexity, *rest;
    if (starts_with(cost, "O(1)"))
        rest = cost + strlen("O(1)");
    else if (starts_with(cost, "O(log N)"))
        rest = cost + strlen("O(log N)");
    else
        return 0;
    if (rest[0] == '\0' || starts_with(rest, " in ")) return UINT8_MAX;
    if (!starts_with(rest, " for each ")) return 0;
    return ends_with(rest, " given") ? COMMAND_QUICK_ARGUMENTS : 2; /* the name and a key */
}

void command_complete(command *row) {
    row->categories |= implied_categories(row->flags, row->categories);
    for (int i = 0; i < COMMAND_KEY_SPECS_MAX && row->keys[i].begin != KEY_BEGIN_NONE; i++)
        if (!has_fixed_place(&row->keys[i])) row->flags |= COMMAND_MOVABLE_KEYS;
    derive_key_triple(row);
    row->quick_arguments = quick_arguments_of(row);
}
