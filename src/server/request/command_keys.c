/* Command keys: walks the key specifications of a row, one after the other.
 *
 * A specification is resolved in two steps. Begin gives an index: a fixed one, or the place after a keyword.
 * Find gives the keys from there: a range up to a last index, or as many as a number among the arguments
 * says. A command whose keys can't be told that way has a rule (command_key_rule), which has the last word.
 *
 * A walk allocates nothing and looks only at the arguments that it needs, so that a check which stops at the
 * first key costs no more than that key. */
#include "server/request/command_keys.h"

#include <assert.h>

#include "base/number.h"

key_walk key_walk_begin(const command *row, const slice *argv, int argc) {
    assert(command_arity_holds(row, argc));
    return (key_walk){.row = row, .argv = argv, .argc = argc};
}

static bool is_last(const command *row, int spec) {
    return spec == COMMAND_KEY_SPECS_MAX || row->keys[spec].begin == KEY_BEGIN_NONE;
}

bool command_has_keys(const command *row) {
    for (int i = 0; !is_last(row, i); i++)
        if (!(row->keys[i].flags & KEY_NOT_KEY)) return true;
    return false;
}

/* The index after the keyword, 0 if it is not there. A negative start_from counts from the end and searches
 * towards the front. */
static int after_keyword(const key_walk *walk, const key_spec *spec) {
    int from = spec->keyword.start_from, towards = 1;
    if (from < 0) {
        from += walk->argc;
        towards = -1;
    }
    for (int i = from; i > 0 && i < walk->argc; i += towards)
        if (slice_is(walk->argv[i], spec->keyword.word)) return i + 1 < walk->argc ? i + 1 : 0;
    return 0;
}

static void begin_range(key_walk *walk, const key_spec *spec, int first) {
    int last = first + spec->range.last_key;
    if (spec->range.last_key < 0) {
        int rest = walk->argc - first;
        if (spec->range.limit > 1) rest /= spec->range.limit;
        last = first + rest + spec->range.last_key;
    }
    walk->next = first;
    walk->step = spec->range.step;
    walk->end = last < walk->argc ? last + 1 : walk->argc;
}

static void begin_counted(key_walk *walk, const key_spec *spec, int first) {
    int64_t count;
    int count_at = first + spec->keynum.count_index;
    if (count_at >= walk->argc || !number_parse_i64(walk->argv[count_at], &count) || count < 1) {
        walk->invalid = true;
        return;
    }
    int64_t from = first + spec->keynum.first_key, step = spec->keynum.step;
    if (count > walk->argc || from + (count - 1) * step >= walk->argc) {
        walk->invalid = true;
        return;
    }
    walk->next = (int)from;
    walk->step = (int)step;
    walk->end = (int)(from + (count - 1) * step + 1);
}

/* The flags of a single key: without those that speak of the specification. */
static uint16_t key_flags(const key_spec *spec) {
    return spec->flags & (uint16_t) ~(KEY_VARIABLE_FLAGS | KEY_INCOMPLETE);
}

/* Resolves a specification into next, end and step. */
static void begin_spec(key_walk *walk, const key_spec *spec) {
    int first = spec->begin == KEY_BEGIN_INDEX ? spec->index : after_keyword(walk, spec);
    if (first == 0 || first >= walk->argc) return;
    walk->flags = spec->flags & (uint16_t) ~(KEY_VARIABLE_FLAGS | KEY_INCOMPLETE);
    if (spec->find == KEY_FIND_RANGE) begin_range(walk, spec, first);
    if (spec->find == KEY_FIND_KEYNUM) begin_counted(walk, spec, first);
}

static bool rule_allows(const key_walk *walk, int spec, key_position *key) {
    return !walk->row->key_rule || walk->row->key_rule(walk->argv, walk->argc, spec, key);
}

bool key_walk_next(key_walk *walk, key_position *key) {
    for (;;) {
        while (walk->next < walk->end) {
            *key = (key_position){walk->next, walk->flags};
            walk->next += walk->step;
            if (rule_allows(walk, walk->spec - 1, key)) return true;
        }
        if (walk->invalid || is_last(walk->row, walk->spec)) return false;

        const key_spec *spec = &walk->row->keys[walk->spec++];
        if (spec->flags & KEY_NOT_KEY) continue;
        if (spec->begin != KEY_BEGIN_UNKNOWN) {
            begin_spec(walk, spec);
        } else if (walk->row->key_rule) {
            *key = (key_position){0, key_flags(spec)};
            if (walk->row->key_rule(walk->argv, walk->argc, walk->spec - 1, key)) return true;
        }
    }
}
