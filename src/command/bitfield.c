/* Bitfield: integers of any width at any bit of a string.
 *
 * A request is a list of operations. It is read twice by the same function: first to find errors before
 * anything is done and to know how long the string must be, then to run it. That spares keeping the
 * operations anywhere. */
#include "base/bits.h"
#include "base/number.h"
#include "command/handlers.h"
#include "command/support.h"
#include "store/types/string.h"

enum field_action { FIELD_GET, FIELD_SET, FIELD_INCRBY };

struct field_operation {
    enum field_action action;
    bool is_signed;
    unsigned width; /* bits, 1..64 */
    uint64_t offset;
    int64_t operand; /* the value to set, or the increment */
    enum bits_overflow overflow;
};

/* Where the reader is in the request. */
struct field_reader {
    const args *a;
    int at;
    enum bits_overflow overflow; /* of the writes to come */
};

enum field_result { FIELD_OPERATION, FIELD_END, FIELD_ERROR };

static struct field_reader reader_start(const args *a) {
    return (struct field_reader){.a = a, .at = 2, .overflow = BITS_WRAP};
}

/* Reads "u8" or "i64". False with an error reply. */
static bool read_type(client *c, slice arg, struct field_operation *o) {
    int64_t width;
    if (arg.len > 1 && (arg.data[0] == 'i' || arg.data[0] == 'u') &&
        number_parse_i64((slice){arg.data + 1, arg.len - 1}, &width)) {
        o->is_signed = arg.data[0] == 'i';
        o->width = (unsigned)width;
        if (width >= 1 && width <= (o->is_signed ? 64 : 63)) return true;
    }
    reply_error_text(c, SLICE("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
                              "supported but i64 is."));
    return false;
}

static bool read_overflow(client *c, slice arg, enum bits_overflow *overflow) {
    if (slice_is(arg, "WRAP"))
        *overflow = BITS_WRAP;
    else if (slice_is(arg, "SAT"))
        *overflow = BITS_SAT;
    else if (slice_is(arg, "FAIL"))
        *overflow = BITS_FAIL;
    else {
        reply_error_text(c, SLICE("ERR Invalid OVERFLOW type specified"));
        return false;
    }
    return true;
}

/* Reads the next operation; writes the error reply for FIELD_ERROR. */
static enum field_result reader_next(client *c, struct field_reader *r, struct field_operation *o) {
    const slice *argv = r->a->argv;
    int argc = r->a->argc;
    while (r->at + 1 < argc && slice_is(argv[r->at], "OVERFLOW")) {
        if (!read_overflow(c, argv[r->at + 1], &r->overflow)) return FIELD_ERROR;
        r->at += 2;
    }
    if (r->at == argc) return FIELD_END;

    static const struct {
        const char *word;
        int arguments;
    } actions[] = {[FIELD_GET] = {"GET", 2}, [FIELD_SET] = {"SET", 3}, [FIELD_INCRBY] = {"INCRBY", 3}};
    for (enum field_action action = FIELD_GET; action <= FIELD_INCRBY; action++) {
        int arguments = actions[action].arguments;
        if (!slice_is(argv[r->at], actions[action].word) || r->at + arguments >= argc) continue;
        *o = (struct field_operation){.action = action, .overflow = r->overflow};
        if (!read_type(c, argv[r->at + 1], o)) return FIELD_ERROR;
        if (!arg_bit_offset(c, argv[r->at + 2], o->width, &o->offset)) return FIELD_ERROR;
        if (action != FIELD_GET && !arg_integer(c, argv[r->at + 3], &o->operand)) return FIELD_ERROR;
        r->at += 1 + arguments;
        return FIELD_OPERATION;
    }
    reply_syntax_error(c);
    return FIELD_ERROR;
}

/* What a request comes to. */
struct field_summary {
    size_t operations;
    bool writes;
    size_t needed; /* bytes that the string must have for the writes */
};

/* Reads the whole request. False with an error reply. */
static bool summarise(client *c, const args *a, struct field_summary *s) {
    *s = (struct field_summary){0};
    struct field_reader r = reader_start(a);
    struct field_operation o;
    for (;;) {
        switch (reader_next(c, &r, &o)) {
        case FIELD_ERROR: return false;
        case FIELD_END: return true;
        case FIELD_OPERATION: break;
        }
        s->operations++;
        if (o.action == FIELD_GET) continue;
        s->writes = true;
        size_t needed = (size_t)((o.offset + o.width + 7) >> 3);
        if (needed > s->needed) s->needed = needed;
    }
}

/* Runs a write on the string's bytes, which have grown for it or not, and replies. Returns whether something
 * has changed: an overflow may be refused, and bits may be overwritten by the same. */
static bool run_write(client *c, const struct field_operation *o, char *bytes, size_t len, bool has_grown) {
    slice value = {bytes, len};
    uint64_t raw;  /* the bits to write */
    int64_t reply; /* SET: what was there; INCRBY: what is there now */
    bool fits, changes;
    if (o->is_signed) {
        int64_t before = bits_read_signed(value, o->offset, o->width), after = 0;
        if (o->action == FIELD_SET)
            fits = bits_add_signed(o->operand, 0, o->width, o->overflow, &after);
        else
            fits = bits_add_signed(before, o->operand, o->width, o->overflow, &after);
        raw = (uint64_t)after;
        changes = after != before;
        reply = o->action == FIELD_SET ? before : after;
    } else {
        uint64_t before = bits_read_unsigned(value, o->offset, o->width), after = 0;
        if (o->action == FIELD_SET)
            fits = bits_add_unsigned((uint64_t)o->operand, 0, o->width, o->overflow, &after);
        else
            fits = bits_add_unsigned(before, o->operand, o->width, o->overflow, &after);
        raw = after;
        changes = after != before;
        reply = (int64_t)(o->action == FIELD_SET ? before : after);
    }
    if (!fits) {
        reply_null(c);
        return false;
    }
    reply_integer(c, reply);
    if (changes) bits_write(bytes, o->offset, o->width, raw);
    return has_grown || changes;
}

static void run_get(client *c, const struct field_operation *o, slice value) {
    if (o->is_signed)
        reply_integer(c, bits_read_signed(value, o->offset, o->width));
    else
        reply_integer(c, (int64_t)bits_read_unsigned(value, o->offset, o->width));
}

/* Runs a request of reads alone. */
static void run_reads(client *c, const args *a, const struct field_summary *s) {
    key k = args_key(a, 1);
    entry *e;
    if (!read_typed(c, &k, TYPE_STRING, &e)) return;
    char scratch[STRING_SCRATCH_BYTES];
    slice value = e ? string_view(e, scratch) : SLICE("");
    struct field_reader r = reader_start(a);
    struct field_operation o;
    reply_array(c, s->operations);
    while (reader_next(c, &r, &o) == FIELD_OPERATION) run_get(c, &o, value);
}

/* Runs a request that writes. The string grows as far as its writes reach, even if they are refused then,
 * which counts as no change. */
static void run_writes(client *c, const args *a, const struct field_summary *s) {
    key k = args_key(a, 1);
    entry *e;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    size_t before = e ? string_len(e) : 0;
    size_t len = s->needed > before ? s->needed : before;
    char *bytes = keyspace_edit_string(c->db, &k, len);
    bool changed = false;
    struct field_reader r = reader_start(a);
    struct field_operation o;
    reply_array(c, s->operations);
    while (reader_next(c, &r, &o) == FIELD_OPERATION) {
        if (o.action == FIELD_GET)
            run_get(c, &o, (slice){bytes, len});
        else
            changed |= run_write(c, &o, bytes, len, len > before);
    }
    if (changed) keyspace_changed(c->db, &k, EVENT_SETBIT);
}

/* BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset
 * increment] */
void command_bitfield(client *c, const args *a) {
    struct field_summary s;
    if (!summarise(c, a, &s)) return;
    if (s.writes)
        run_writes(c, a, &s);
    else
        run_reads(c, a, &s);
}

/* BITFIELD_RO key [GET type offset ...] */
void command_bitfield_ro(client *c, const args *a) {
    struct field_summary s;
    if (!summarise(c, a, &s)) return;
    if (s.writes)
        reply_error_text(c, SLICE("ERR BITFIELD_RO only supports the GET subcommand"));
    else
        run_reads(c, a, &s);
}
