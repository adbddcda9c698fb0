/* Scan: walking over a database, or a large collection, in small steps, by a cursor that the client brings
 * back each time.
 *
 * COUNT bounds the elements looked at, not those returned: a step costs the same however few of them match.
 * The cursor comes first in the reply and is known last, so what was found is gathered before anything is
 * written. */
#include "command/scan.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "base/number.h"
#include "command/handlers.h"

#define DEFAULT_COUNT 10

/* --- Arguments --- */

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

bool scan_cursor(client *c, slice arg, uint64_t *cursor) {
    if (parse_cursor(arg, cursor)) return true;
    reply_error_text(c, SLICE("ERR invalid cursor"));
    return false;
}

bool scan_parse_options(client *c, const args *a, int first, enum scan_kind kind, struct scan_options *o) {
    *o = (struct scan_options){.count = DEFAULT_COUNT, .types = UINT32_MAX};
    for (int i = first; i < a->argc; i++) {
        slice option = a->argv[i];
        bool has_value = i + 1 < a->argc;
        if (slice_is(option, "COUNT") && has_value) {
            int64_t count;
            if (!arg_integer(c, a->argv[++i], &count)) return false;
            if (count < 1) {
                reply_syntax_error(c);
                return false;
            }
            o->count = (size_t)count;
        } else if (slice_is(option, "MATCH") && has_value) {
            o->pattern = a->argv[++i];
            o->has_pattern = !slice_equal(o->pattern, SLICE("*"));
        } else if (slice_is(option, "TYPE") && has_value && kind == SCAN_KEYS) {
            o->types = type_bit(a->argv[++i]);
        } else if (slice_is(option, "NOSCORES") && kind == SCAN_SCORED) {
            o->no_values = true;
        } else if (slice_is(option, "NOVALUES")) {
            if (kind != SCAN_FIELDS) {
                reply_error_text(c, SLICE("ERR NOVALUES option can only be used in HSCAN"));
                return false;
            }
            o->no_values = true;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

bool scan_matches(const struct scan_options *o, const struct packed_value *v) {
    if (!o->has_pattern) return true;
    char scratch[NUMBER_I64_TEXT_MAX];
    return glob_match(o->pattern, packed_text(v, scratch), false);
}

/* --- What is found --- */

void scan_begin(struct scan_found *f, const struct scan_options *o) {
    f->options = o;
    f->count = 0;
    f->capacity = SCAN_FEW;
    f->values = f->few;
}

void scan_add(struct scan_found *f, const struct packed_value *v) {
    if (f->count == f->capacity) {
        bool was_few = f->values == f->few;
        f->capacity *= 2;
        f->values = alloc_resize(was_few ? NULL : f->values, f->capacity * sizeof(*f->values));
        if (was_few) memcpy(f->values, f->few, sizeof(f->few));
    }
    f->values[f->count++] = *v;
}

void scan_reply(client *c, uint64_t cursor, struct scan_found *f) {
    reply_array(c, 2);
    reply_bulk_integer(c, (int64_t)cursor);
    reply_array(c, f->count);
    for (size_t i = 0; i < f->count; i++) reply_packed(c, &f->values[i]);
    if (f->values != f->few) alloc_free(f->values, f->capacity * sizeof(*f->values));
}

void scan_reply_nothing(client *c) {
    reply_array(c, 2);
    reply_bulk_integer(c, 0);
    reply_array(c, 0);
}

/* --- SCAN --- */

static void gather(void *context, void *element) {
    struct scan_found *f = context;
    const entry *e = element;
    if (!(f->options->types >> e->type & 1)) return;
    struct packed_value name = {.text = entry_key(e)};
    if (scan_matches(f->options, &name)) scan_add(f, &name);
}

/* SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
void command_scan(client *c, const args *a) {
    uint64_t cursor;
    struct scan_options options;
    if (!scan_cursor(c, a->argv[1], &cursor)) return;
    if (!scan_parse_options(c, a, 2, SCAN_KEYS, &options)) return;
    struct scan_found f;
    scan_begin(&f, &options);
    cursor = keyspace_scan(c->db, cursor, options.count, gather, &f);
    scan_reply(c, cursor, &f);
}
