/* HyperLogLogs: strings in the format of store/types/hyperloglog. Here are the arguments and the keys.
 *
 * A dense value is changed where it is. A sparse one is copied to where there is room for it to grow, and
 * stored when all elements are added: nothing is stored of a value that turns out to be corrupt. */
#include "store/types/hyperloglog.h"

#include "base/alloc.h"
#include "command/handlers.h"
#include "command/report.h"
#include "command/support.h"
#include "server/config/config.h"
#include "store/types/hyperloglog_check.h"
#include "store/types/string.h"

static void reply_corrupt(client *c) {
    reply_error_text(c, SLICE("INVALIDOBJ Corrupted HLL object detected"));
}

/* The HyperLogLog that a string entry holds. Returns false, having written the error, if it is none. */
static bool view(client *c, const entry *e, char scratch[STRING_SCRATCH_BYTES], slice *value) {
    *value = string_view(e, scratch);
    if (hyperloglog_recognise(*value)) return true;
    reply_error_text(c, SLICE("WRONGTYPE Key is not a valid HyperLogLog string value."));
    return false;
}

/* Looks a HyperLogLog up to read it; value->data is NULL if there is none. False with an error reply. */
static bool look_up(client *c, const key *k, char scratch[STRING_SCRATCH_BYTES], slice *value) {
    entry *e;
    *value = (slice){NULL, 0};
    return read_typed(c, k, TYPE_STRING, &e) && (!e || view(c, e, scratch, value));
}

/* --- Changing --- */

/* A HyperLogLog that is being changed. */
struct change {
    char *bytes; /* the key's own if the value is dense, else the room */
    size_t len;
    bool is_new;
    char room[HYPERLOGLOG_ROOM_BYTES];
};

/* Begins to change what the key holds. From here on it is a string that was changed in place, also if it
 * comes out as it was. False with an error reply. */
static bool change_entry(client *c, const key *k, const entry *e, struct change *ch) {
    char scratch[STRING_SCRATCH_BYTES];
    slice value;
    if (!view(c, e, scratch, &value)) return false;
    bool dense = hyperloglog_is_dense(value);
    if (!dense && value.len > HYPERLOGLOG_SPARSE_MAX_BYTES) {
        reply_corrupt(c);
        return false;
    }
    ch->is_new = false;
    ch->len = value.len;
    ch->bytes = keyspace_edit_string(c->db, k, value.len);
    if (!dense) ch->bytes = memcpy(ch->room, ch->bytes, ch->len);
    return true;
}

/* The same for a key that may be missing: the change begins with a value that has seen nothing then. */
static bool change_key(client *c, const key *k, struct change *ch) {
    entry *e;
    if (!write_typed(c, k, TYPE_STRING, &e)) return false;
    if (e) return change_entry(c, k, e, ch);
    ch->is_new = true;
    ch->bytes = ch->room;
    ch->len = hyperloglog_start(ch->room);
    return true;
}

static void store(client *c, const key *k, const struct change *ch, enum keyspace_event event) {
    slice value = {ch->bytes, ch->len};
    if (ch->bytes == ch->room) {
        if (hyperloglog_is_dense(value)) /* will never grow again: without the slack of an edited string */
            keyspace_put_text(c->db, k, value, KEEP_EXPIRY);
        else
            memcpy(keyspace_edit_string(c->db, k, value.len), value.data, value.len);
    }
    keyspace_changed(c->db, k, event);
}

static enum hyperloglog_outcome raise(struct change *ch, struct hyperloglog_claim claim,
                                      struct hyperloglog_cursor *cursor) {
    return hyperloglog_raise(ch->bytes, &ch->len, claim, config.hll_sparse_max_bytes, cursor);
}

/* PFADD key [element ...] */
void command_pfadd(client *c, const args *a) {
    key k = args_key(a, 1);
    struct change ch;
    if (!change_key(c, &k, &ch)) return;
    bool changed = ch.is_new;
    for (int i = 2; i < a->argc; i++) {
        struct hyperloglog_cursor start = {0};
        enum hyperloglog_outcome outcome = raise(&ch, hyperloglog_claim_of(a->argv[i]), &start);
        if (outcome == HYPERLOGLOG_CORRUPT) {
            reply_corrupt(c);
            return;
        }
        changed |= outcome == HYPERLOGLOG_RAISED;
    }
    if (changed) {
        hyperloglog_drop_cached_count(ch.bytes);
        store(c, &k, &ch, EVENT_PFADD);
    }
    reply_integer(c, changed);
}

/* --- Several keys --- */

/* What several HyperLogLogs have seen together. */
struct joined {
    uint8_t registers[HYPERLOGLOG_REGISTERS];
    bool any_dense;
};

/* Joins the HyperLogLogs at argv[1] and all after it; a missing one has seen nothing. False with an error
 * reply. */
static bool join_keys(client *c, const args *a, struct joined *j) {
    *j = (struct joined){.any_dense = false};
    for (int i = 1; i < a->argc; i++) {
        key k = args_key(a, i);
        char scratch[STRING_SCRATCH_BYTES];
        slice value;
        if (!look_up(c, &k, scratch, &value)) return false;
        if (!value.data) continue;
        if (!hyperloglog_join(value, j->registers)) {
            reply_corrupt(c);
            return false;
        }
        j->any_dense |= hyperloglog_is_dense(value);
    }
    return true;
}

/* Raises the registers of a value, which is known to be sound, to the joined ones. */
static void raise_all(struct change *ch, const struct joined *j) {
    struct hyperloglog_cursor cursor = {0};
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        if (j->registers[i] > 0) raise(ch, (struct hyperloglog_claim){i, j->registers[i]}, &cursor);
}

/* PFMERGE destkey [sourcekey ...] */
void command_pfmerge(client *c, const args *a) {
    struct joined j;
    struct change ch;
    key destination = args_key(a, 1);
    if (!join_keys(c, a, &j) || !change_key(c, &destination, &ch)) return;
    if (j.any_dense) {
        hyperloglog_write_dense(ch.bytes, j.registers);
        ch.len = HYPERLOGLOG_DENSE_BYTES;
    } else {
        raise_all(&ch, &j);
    }
    hyperloglog_drop_cached_count(ch.bytes);
    store(c, &destination, &ch, EVENT_PFADD);
    reply_ok(c);
}

static void count_together(client *c, const args *a) {
    struct joined j;
    if (join_keys(c, a, &j)) reply_integer(c, (int64_t)hyperloglog_count_registers(j.registers));
}

/* Counts one HyperLogLog and keeps the count in it. */
static void count_one(client *c, const key *k) {
    char scratch[STRING_SCRATCH_BYTES];
    slice value;
    uint64_t count = 0;
    if (!look_up(c, k, scratch, &value)) return;
    if (value.data && !hyperloglog_cached_count(value, &count)) {
        if (!hyperloglog_count(value, &count)) {
            reply_corrupt(c);
            return;
        }
        hyperloglog_cache_count(keyspace_edit_string(c->db, k, value.len), count);
        keyspace_changed(c->db, k, EVENT_REENCODED);
    }
    reply_integer(c, (int64_t)count);
}

/* PFCOUNT key [key ...] */
void command_pfcount(client *c, const args *a) {
    key k = args_key(a, 1);
    if (a->argc == 2)
        count_one(c, &k);
    else
        count_together(c, a);
}

/* --- Looking inside --- */

static void debug_encoding(client *c, const key *k, struct change *ch) {
    (void)k;
    reply_status(c, hyperloglog_is_dense((slice){ch->bytes, ch->len}) ? "dense" : "sparse");
}

/* Makes the value dense if it is not. *converted tells which. False with an error reply. */
static bool make_dense(client *c, const key *k, struct change *ch, bool *converted) {
    *converted = !hyperloglog_is_dense((slice){ch->bytes, ch->len});
    if (!*converted) return true;
    if (!hyperloglog_make_dense(ch->bytes, &ch->len)) {
        reply_corrupt(c);
        return false;
    }
    store(c, k, ch, EVENT_REENCODED);
    return true;
}

static void debug_to_dense(client *c, const key *k, struct change *ch) {
    bool converted;
    if (make_dense(c, k, ch, &converted)) reply_integer(c, converted);
}

/* The registers, of a value that is dense afterwards. */
static void debug_registers(client *c, const key *k, struct change *ch) {
    bool converted;
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    if (!make_dense(c, k, ch, &converted)) return;
    hyperloglog_join((slice){ch->bytes, ch->len}, registers);
    reply_array(c, HYPERLOGLOG_REGISTERS);
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++) reply_integer(c, registers[i]);
}

/* The runs of a sparse value in words: zero, wide zero, values. */
static void debug_decode(client *c, const key *k, struct change *ch) {
    slice value = {ch->bytes, ch->len};
    (void)k;
    if (hyperloglog_is_dense(value)) {
        reply_error_text(c, SLICE("ERR HLL encoding is not sparse"));
        return;
    }
    report r = {0};
    struct hyperloglog_run run;
    for (size_t at = HYPERLOGLOG_HEADER_BYTES; hyperloglog_read_run(value, at, &run); at += run.bytes) {
        const char *space = r.len > 0 ? " " : "";
        if (run.value > 0)
            report_add(&r, "%sv:%u,%u", space, run.value, run.len);
        else
            report_add(&r, "%s%c:%u", space, run.bytes > 1 ? 'Z' : 'z', run.len);
    }
    reply_slice(c, r.len > 0 ? (slice){r.bytes, r.len} : SLICE(""));
    alloc_free_unsized(r.bytes);
}

/* PFDEBUG subcommand key */
void command_pfdebug(client *c, const args *a) {
    static const struct {
        const char *name;
        void (*run)(client *c, const key *k, struct change *ch);
    } subcommands[] = {
        {"GETREG", debug_registers},
        {"DECODE", debug_decode},
        {"ENCODING", debug_encoding},
        {"TODENSE", debug_to_dense},
    };
    key k = args_key(a, 2);
    entry *e;
    struct change ch;
    if (!write_typed(c, &k, TYPE_STRING, &e)) return;
    if (!e) {
        reply_error_text(c, SLICE("ERR The specified key does not exist"));
        return;
    }
    if (!change_entry(c, &k, e, &ch)) return;
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
        if (!slice_is(a->argv[1], subcommands[i].name)) continue;
        subcommands[i].run(c, &k, &ch);
        return;
    }
    reply_error(c, "ERR Unknown PFDEBUG subcommand '%.*s'", (int)a->argv[1].len, a->argv[1].data);
}

/* PFSELFTEST */
void command_pfselftest(client *c, const args *a) {
    (void)a;
    const char *failure = hyperloglog_check();
    if (failure)
        reply_error(c, "TESTFAILED %s", failure);
    else
        reply_ok(c);
}
