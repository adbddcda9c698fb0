/* Scan: walking over a database in small steps, by a cursor that the client brings back each time.
 *
 * COUNT bounds the keys looked at, not those returned: a step costs the same however few of them match. The
 * cursor comes first in the reply and is known last, so what was found is gathered before anything is
 * written. */
#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"

#define DEFAULT_COUNT 10

/* So many found keys are kept without allocating memory. */
#define FEW 256

/* What the options ask for. */
struct scan_options {
    size_t count;
    bool has_pattern;
    slice pattern;
    uint32_t types; /* a bit for each enum value_type that is wanted */
};

/* The keys found so far. */
struct found {
    const struct scan_options *options;
    size_t count, capacity;
    const entry **entries; /* few, or a block of its own */
    const entry *few[FEW];
};

/* Cursors come back as they were given out, but other spellings of a number are let pass where Redis does it:
 * white space and a plus before the digits, leading zeros. */
static bool parse_cursor(slice text, uint64_t *cursor) {
    size_t i = 0;
    uint64_t value = 0;
    while (i < text.len && isspace((unsigned char)text.data[i])) i++;
    if (i < text.len && text.data[i] == '+') i++;
    if (i == text.len) return false;
    for (; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value)) return false;
    }
    *cursor = value;
    return true;
}

/* A bit for the type of that name; none for a name that is no type: no key is of such a type. */
static uint32_t type_bit(slice name) {
    for (enum value_type type = TYPE_STRING; type <= TYPE_STREAM; type++)
        if (slice_is(name, type_name(type))) return 1u << type;
    return 0;
}

/* Reads the options from argv[first] on. Returns false, having written the error, if something is wrong. */
static bool parse_options(client *c, const args *a, int first, struct scan_options *o) {
    *o = (struct scan_options){.count = DEFAULT_COUNT, .types = UINT32_MAX};
    for (int i = first; i < a->argc; i += 2) {
        slice option = a->argv[i];
        bool has_value = i + 1 < a->argc;
        if (slice_is(option, "COUNT") && has_value) {
            int64_t count;
            if (!arg_integer(c, a->argv[i + 1], &count)) return false;
            if (count < 1) {
                reply_syntax_error(c);
                return false;
            }
            o->count = (size_t)count;
        } else if (slice_is(option, "MATCH") && has_value) {
            o->pattern = a->argv[i + 1];
            o->has_pattern = !slice_equal(o->pattern, SLICE("*"));
        } else if (slice_is(option, "TYPE") && has_value) {
            o->types = type_bit(a->argv[i + 1]);
        } else if (slice_is(option, "NOVALUES")) {
            reply_error_text(c, SLICE("ERR NOVALUES option can only be used in HSCAN"));
            return false;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void gather(void *context, void *element) {
    struct found *f = context;
    const entry *e = element;
    if (!(f->options->types >> e->type & 1)) return;
    if (f->options->has_pattern && !glob_match(f->options->pattern, entry_key(e), false)) return;
    if (f->count == f->capacity) {
        bool was_few = f->entries == f->few;
        f->capacity *= 2;
        f->entries = alloc_resize(was_few ? NULL : f->entries, f->capacity * sizeof(*f->entries));
        if (was_few) memcpy(f->entries, f->few, sizeof(f->few));
    }
    f->entries[f->count++] = e;
}

/* SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
void command_scan(client *c, const args *a) {
    uint64_t cursor;
    if (!parse_cursor(a->argv[1], &cursor)) {
        reply_error_text(c, SLICE("ERR invalid cursor"));
        return;
    }
    struct scan_options options;
    if (!parse_options(c, a, 2, &options)) return;

    struct found f;
    f.options = &options;
    f.count = 0;
    f.capacity = FEW;
    f.entries = f.few;
    cursor = keyspace_scan(c->db, cursor, options.count, gather, &f);

    reply_array(c, 2);
    reply_bulk_integer(c, (int64_t)cursor);
    reply_array(c, f.count);
    for (size_t i = 0; i < f.count; i++) reply_slice(c, entry_key(f.entries[i]));
    if (f.entries != f.few) alloc_free(f.entries, f.capacity * sizeof(*f.entries));
}
