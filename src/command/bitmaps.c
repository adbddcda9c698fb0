/* Bitmaps: strings taken as strings of bits. The bit work is base/bits; here are the arguments and the keys.
 */
#include "base/alloc.h"
#include "base/bits.h"
#include "command/handlers.h"
#include "command/support.h"
#include "store/types/string.h"

/* --- Single bits --- */

/* SETBIT key offset value */
void command_setbit(client *c, const args *a) {
    uint64_t offset;
    int64_t value;
    if (!arg_bit_offset(c, a->argv[2], 0, &offset)) return;
    if (!arg_integer_between(c, a->argv[3], 0, 1, "ERR bit is not an integer or out of range", &value))
        return;
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;

    size_t len = e ? string_len(e) : 0, needed = (size_t)(offset >> 3) + 1;
    char *bytes = keyspace_edit_string(c->db, &k, needed > len ? needed : len);
    bool before = bits_get(bytes, offset);
    bits_set(bytes, offset, value);
    if (needed > len || before != value) keyspace_changed(c->db, &k, EVENT_SETBIT);
    reply_integer(c, before);
}

/* GETBIT key offset */
void command_getbit(client *c, const args *a) {
    uint64_t offset;
    if (!arg_bit_offset(c, a->argv[2], 0, &offset)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    char scratch[STRING_SCRATCH_BYTES];
    slice value = e ? string_view(e, scratch) : SLICE("");
    reply_integer(c, offset >> 3 < value.len && bits_get(value.data, offset));
}

/* --- Ranges of bits --- */

/* A range as BITCOUNT and BITPOS take it: [start [end [BYTE | BIT]]]. */
struct bit_range {
    int64_t first, last;
    bool has_last;
    bool in_bits; /* the unit, else bytes */
};

static bool read_last(client *c, const args *a, int i, struct bit_range *r) {
    return i >= a->argc || arg_integer(c, a->argv[i], &r->last);
}

static bool read_unit(client *c, const args *a, int i, struct bit_range *r) {
    if (i >= a->argc) return true;
    r->in_bits = slice_is(a->argv[i], "BIT");
    if (r->in_bits || slice_is(a->argv[i], "BYTE")) return true;
    reply_syntax_error(c);
    return false;
}

/* Reads the range that starts at argv[i], if any. False with an error reply: which one, if there is more than
 * one to choose from, depends on whether the unit is looked at first. */
static bool read_bit_range(client *c, const args *a, int i, bool unit_first, struct bit_range *r) {
    *r = (struct bit_range){.first = 0, .last = -1, .has_last = i + 1 < a->argc};
    if (i + 3 < a->argc) {
        reply_syntax_error(c);
        return false;
    }
    if (i < a->argc && !arg_integer(c, a->argv[i], &r->first)) return false;
    if (unit_first) return read_unit(c, a, i + 2, r) && read_last(c, a, i + 1, r);
    return read_last(c, a, i + 1, r) && read_unit(c, a, i + 2, r);
}

/* The bits that the range means in a string of len bytes. */
static struct range bits_of_range(const struct bit_range *r, size_t len) {
    struct range part = range_of(r->first, r->last, (int64_t)(r->in_bits ? 8 * len : len));
    return r->in_bits ? part : (struct range){8 * part.from, 8 * part.end};
}

/* BITCOUNT key [start end [BYTE | BIT]] */
void command_bitcount(client *c, const args *a) {
    struct bit_range r;
    if (a->argc == 3) { /* a start alone, which BITPOS takes */
        reply_syntax_error(c);
        return;
    }
    if (!read_bit_range(c, a, 2, false, &r)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    if (!e || range_is_reversed(r.first, r.last)) {
        reply_integer(c, 0);
        return;
    }
    char scratch[STRING_SCRATCH_BYTES];
    slice value = string_view(e, scratch);
    struct range bits = bits_of_range(&r, value.len);
    reply_integer(c, (int64_t)bits_count_range(value.data, (uint64_t)bits.from, (uint64_t)bits.end));
}

/* BITPOS key bit [start [end [BYTE | BIT]]] */
void command_bitpos(client *c, const args *a) {
    int64_t bit;
    struct bit_range r;
    if (!arg_integer(c, a->argv[2], &bit)) return;
    if (bit != 0 && bit != 1) {
        reply_error_text(c, SLICE("ERR The bit argument must be 1 or 0."));
        return;
    }
    if (!read_bit_range(c, a, 3, true, &r)) return;
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    if (!e) {
        reply_integer(c, bit ? -1 : 0); /* nothing but zero bits, without end */
        return;
    }
    char scratch[STRING_SCRATCH_BYTES];
    slice value = string_view(e, scratch);
    struct range bits = bits_of_range(&r, value.len);
    int64_t position = bits_find(value.data, (uint64_t)bits.from, (uint64_t)bits.end, bit);
    /* where no end is given, zero bits follow the string */
    if (position < 0 && bit == 0 && !r.has_last && bits.from < bits.end) position = bits.end;
    reply_integer(c, position);
}

/* --- BITOP --- */

/* The strings that are combined, and what they need. */
struct sources {
    slice *views;
    char (*scratch)[STRING_SCRATCH_BYTES];
    size_t count;
    size_t longest; /* bytes */
};

static struct sources sources_new(size_t count) {
    return (struct sources){.views = alloc(count * sizeof(slice)),
                            .scratch = alloc(count * STRING_SCRATCH_BYTES),
                            .count = count};
}

static void sources_free(struct sources *s) {
    alloc_free(s->views, s->count * sizeof(slice));
    alloc_free(s->scratch, s->count * STRING_SCRATCH_BYTES);
}

/* Looks the keys from argv[first] on up; a missing one is an empty string. False, error written, for another
 * type. Looking one up may delete what has expired, but moves nothing that lives: the views stay valid. */
static bool sources_read(client *c, const args *a, int first, struct sources *s) {
    for (size_t i = 0; i < s->count; i++) {
        key k = args_key(a, first + (int)i);
        entry *e;
        if (!read_typed(c, &k, TYPE_STRING, &e)) return false;
        s->views[i] = e ? string_view(e, s->scratch[i]) : SLICE("");
        if (s->views[i].len > s->longest) s->longest = s->views[i].len;
    }
    return true;
}

/* Combines the sources and sets the key to the result; deletes the key if that is empty. */
static void combine_into(client *c, const key *destination, enum bits_operation operation,
                         const struct sources *s) {
    if (s->longest == 0) {
        keyspace_delete(c->db, destination);
        return;
    }
    blob *result = blob_new(s->longest);
    bits_combine(operation, (unsigned char *)result->data, s->longest, s->views, s->count);
    keyspace_put_blob(c->db, destination, result, NO_EXPIRY);
    keyspace_edit_string(c->db, destination,
                         s->longest); /* changes nothing, but a bitmap's encoding is raw */
    keyspace_changed(c->db, destination, EVENT_SET);
}

static const struct {
    const char *word;
    enum bits_operation operation;
    bool needs_two; /* sources, or more */
} bit_operations[] = {
    {"AND", BITS_AND, false},    {"OR", BITS_OR, false},    {"XOR", BITS_XOR, false},
    {"NOT", BITS_NOT, false},    {"DIFF", BITS_DIFF, true}, {"DIFF1", BITS_DIFF1, true},
    {"ANDOR", BITS_ANDOR, true}, {"ONE", BITS_ONE, false},
};

/* Reads the operation and checks that the number of sources suits it. False with an error reply. */
static bool read_operation(client *c, slice word, int sources, enum bits_operation *operation) {
    for (size_t i = 0; i < sizeof(bit_operations) / sizeof(*bit_operations); i++) {
        if (!slice_is(word, bit_operations[i].word)) continue;
        *operation = bit_operations[i].operation;
        if (*operation == BITS_NOT && sources > 1) {
            reply_error_text(c, SLICE("ERR BITOP NOT must be called with a single source key."));
            return false;
        }
        if (bit_operations[i].needs_two && sources < 2) {
            reply_error(c, "ERR BITOP %s must be called with at least two source keys.",
                        bit_operations[i].word);
            return false;
        }
        return true;
    }
    reply_syntax_error(c);
    return false;
}

/* BITOP AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE destkey key [key ...] */
void command_bitop(client *c, const args *a) {
    enum bits_operation operation;
    if (!read_operation(c, a->argv[1], a->argc - 3, &operation)) return;
    struct sources s = sources_new((size_t)a->argc - 3);
    if (sources_read(c, a, 3, &s)) {
        key destination = args_key(a, 2);
        combine_into(c, &destination, operation, &s);
        reply_integer(c, (int64_t)s.longest);
    }
    sources_free(&s);
}
