/* Hash: packed while it is small, then a table.
 *
 * The table's elements are one allocation each, without a header of pointers:
 *
 *     +------------------------+-------+--------------+--------------+-------+
 *     | 2 * field length       | field | expiry       | value length | value |    lengths are varints,
 *     | + 1 if there is expiry |       | 8, if any    |              |       |    1 byte below 128
 *     +------------------------+-------+--------------+--------------+-------+
 *
 * A 12-byte field with a 16-byte value takes 30 bytes, a size class of 32. Integers are kept as their text
 * here: the eight bytes of a number are seldom fewer. A lookup reads the length and the field, which lie
 * together; a value that still fits the size class is overwritten in place.
 *
 * Which form a hash has follows Redis's rules, since OBJECT ENCODING tells: a field or value that is too long
 * or one field too many makes it a table, and it never becomes packed again. A hash that is asked to let a
 * field expire becomes a table as well, but one that remembers to be small: Redis has a packed form for
 * those.
 *
 * A field that has expired is passed over by everything that reads. It is removed when the hash is next
 * looked up, or by the keyspace when that finds the hash due: see hash_kind. What finds the due fields of a
 * large table is the table's own index, which may be late by its unit of time, so hash_count may be too high
 * by as many. */
#include "store/types/hash.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/varint.h"
#include "store/table.h"
#include "store/types/bytes.h"

struct hash_limits hash_limits = {.packed_fields = 512, .packed_value_bytes = 64};

/* A table that has at most so many fields is walked over to find those that are due, which is exact. */
#define WALKED_FIELDS_MAX 512
/* So many fields are removed at a time because they are due. */
#define EXPIRED_AT_ONCE 1024

struct hash {
    table *fields;
    int64_t due_ms;  /* no field expires before this */
    size_t expiring; /* fields that have an expiry */
    bool is_small;   /* the limits would let it be packed */
};

/* --- Elements of the table --- */

/* An element taken apart. */
struct parts {
    slice field, value;
    int64_t expiry_ms; /* HASH_NEVER_EXPIRES: none */
};

static inline const char *read_name(const void *element, slice *field, bool *expires) {
    size_t head;
    field->data = varint_read(element, &head);
    field->len = head >> 1;
    *expires = head & 1;
    return field->data + field->len;
}

static slice element_field(const void *element) {
    slice field;
    bool expires;
    read_name(element, &field, &expires);
    return field;
}

static int64_t element_due_ms(const void *element) {
    slice field;
    bool expires;
    const char *at = read_name(element, &field, &expires);
    int64_t expiry_ms = HASH_NEVER_EXPIRES;
    if (expires) memcpy(&expiry_ms, at, sizeof(expiry_ms));
    return expiry_ms;
}

static inline bool has_expired(const void *element) {
    int64_t expiry_ms = element_due_ms(element);
    return unlikely(expiry_ms != HASH_NEVER_EXPIRES) && expiry_ms <= clock_unix_ms();
}

static inline struct parts take_apart(const void *element) {
    struct parts p = {.expiry_ms = HASH_NEVER_EXPIRES};
    bool expires;
    const char *at = read_name(element, &p.field, &expires);
    if (expires) {
        memcpy(&p.expiry_ms, at, sizeof(p.expiry_ms));
        at += sizeof(p.expiry_ms);
    }
    p.value.data = varint_read(at, &p.value.len);
    return p;
}

static size_t bytes_for(slice field, size_t value_len, int64_t expiry_ms) {
    return varint_size(2 * field.len) + field.len +
           (expiry_ms != HASH_NEVER_EXPIRES ? sizeof(expiry_ms) : 0) + varint_size(value_len) + value_len;
}

static size_t element_bytes(const void *element) {
    struct parts p = take_apart(element);
    return (size_t)(p.value.data + p.value.len - (const char *)element);
}

/* Writes what comes after the field. */
static void write_rest(char *at, slice value, int64_t expiry_ms) {
    if (expiry_ms != HASH_NEVER_EXPIRES) {
        memcpy(at, &expiry_ms, sizeof(expiry_ms));
        at += sizeof(expiry_ms);
    }
    at = varint_write(at, value.len);
    memmove(at, value.data, value.len); /* the value may be the one that is there already */
}

static void *element_new(slice field, slice value, int64_t expiry_ms) {
    char *element = alloc(bytes_for(field, value.len, expiry_ms));
    char *at = varint_write(element, 2 * field.len + (expiry_ms != HASH_NEVER_EXPIRES));
    memcpy(at, field.data, field.len);
    write_rest(at + field.len, value, expiry_ms);
    return element;
}

static void element_free(void *element) { alloc_free(element, element_bytes(element)); }

static const struct table_kind table_of_fields = {element_field, element_due_ms};

static struct packed_value as_text(slice text) { return (struct packed_value){.text = text}; }

/* --- The structure, as the keyspace sees it --- */

static struct hash *hash_of(const entry *e) {
    assert(e->encoding == ENCODING_STRUCTURE);
    return entry_pointer(e);
}

static table *fields_of(const entry *e) { return hash_of(e)->fields; }

static struct hash *hash_new(void) {
    struct hash *h = alloc(sizeof(*h));
    *h = (struct hash){.fields = table_new(&table_of_fields), .due_ms = INT64_MAX};
    return h;
}

static void hash_free(void *structure) {
    struct hash *h = structure;
    table_free(h->fields, element_free);
    alloc_free(h, sizeof(*h));
}

/* Makes it known that a field expires then. */
static void note_expiry(struct hash *h, const void *element, uint64_t hash, int64_t expiry_ms) {
    if (expiry_ms == HASH_NEVER_EXPIRES) return;
    table_note_due(h->fields, hash, element, expiry_ms);
    if (expiry_ms < h->due_ms) h->due_ms = expiry_ms;
}

static void copy_element(void *context, void *element) {
    struct hash *copy = context;
    struct parts p = take_apart(element);
    uint64_t hash = hash_bytes(p.field);
    void *fresh = element_new(p.field, p.value, p.expiry_ms);
    table_insert(copy->fields, fresh, hash);
    copy->expiring += p.expiry_ms != HASH_NEVER_EXPIRES;
    note_expiry(copy, fresh, hash, p.expiry_ms);
}

static void *hash_copy(const void *structure) {
    const struct hash *h = structure;
    struct hash *copy = hash_new();
    copy->is_small = h->is_small;
    table_scan(h->fields, 0, SIZE_MAX, copy_element, copy);
    return copy;
}

static size_t hash_elements(const void *structure) {
    return table_count(((const struct hash *)structure)->fields);
}

static size_t hash_memory_bytes(const void *structure, size_t samples) {
    const struct hash *h = structure;
    return alloc_class(sizeof(*h)) + table_memory_bytes(h->fields) +
           table_elements_bytes(h->fields, samples, element_bytes);
}

static int64_t hash_due_ms(const void *structure) {
    const struct hash *h = structure;
    return h->expiring ? h->due_ms : INT64_MAX;
}

/* The fields that have expired, and when the next of the others does. */
struct expired {
    size_t count;
    void *elements[WALKED_FIELDS_MAX];
    int64_t next_ms;
};

static void gather_expired(void *context, void *element) {
    struct expired *x = context;
    int64_t expiry_ms = element_due_ms(element);
    if (expiry_ms <= clock_unix_ms())
        x->elements[x->count++] = element;
    else if (expiry_ms < x->next_ms)
        x->next_ms = expiry_ms;
}

/* Removes elements that have an expiry. */
static void remove_elements(struct hash *h, void **elements, size_t count) {
    h->expiring -= count;
    for (size_t i = 0; i < count; i++) {
        slice field = element_field(elements[i]);
        table_remove(h->fields, field, hash_bytes(field));
        element_free(elements[i]);
    }
}

static size_t expire_walking(struct hash *h) {
    struct expired x;
    x.count = 0;
    x.next_ms = INT64_MAX;
    table_scan(h->fields, 0, SIZE_MAX, gather_expired, &x);
    remove_elements(h, x.elements, x.count);
    h->due_ms = x.next_ms;
    return x.count;
}

static size_t expire_by_index(struct hash *h) {
    enum { BATCH = 64 };
    void *due[BATCH];
    size_t expired = 0;
    bool more = true;
    while (more && expired < EXPIRED_AT_ONCE) {
        size_t count = table_collect_due(h->fields, clock_unix_ms(), due, BATCH, &more);
        remove_elements(h, due, count);
        expired += count;
    }
    h->due_ms = table_next_due_ms(h->fields);
    return expired;
}

static size_t hash_expire(void *structure) {
    struct hash *h = structure;
    return table_count(h->fields) <= WALKED_FIELDS_MAX ? expire_walking(h) : expire_by_index(h);
}

static const table *hash_approach(const void *structure) { return ((const struct hash *)structure)->fields; }

const struct value_kind hash_kind = {
    .free = hash_free,
    .copy = hash_copy,
    .count = hash_elements,
    .memory_bytes = hash_memory_bytes,
    .approach = hash_approach,
    .due_ms = hash_due_ms,
    .expire = hash_expire,
};

/* --- Reading --- */

static bool is_packed(const entry *e) { return e->encoding != ENCODING_STRUCTURE; }

/* The position of a field in a packed run; run.len if it is not there. */
static size_t find_packed(slice run, slice field) {
    struct packed_value name = packed_value_of(field);
    return packed_find(run, packed_first(run), &name, 1);
}

const char *hash_encoding_name(const entry *e) {
    if (is_packed(e)) return "listpack";
    return hash_of(e)->is_small ? "listpackex" : "hashtable";
}

size_t hash_count(const entry *e) {
    return is_packed(e) ? packed_count(bytes_view(e)) / 2 : table_count(fields_of(e));
}

static bool find_in_table(const table *fields, slice field, uint64_t hash, struct packed_value *value) {
    const void *element = table_find(fields, field, hash);
    if (!element || has_expired(element)) return false;
    *value = as_text(take_apart(element).value);
    return true;
}

static bool find_in_run(slice run, slice field, struct packed_value *value) {
    size_t at = find_packed(run, field);
    if (at == run.len) return false;
    packed_get(run, packed_next(run, at), value);
    return true;
}

bool hash_find(const entry *e, slice field, struct packed_value *value) {
    if (is_packed(e)) return find_in_run(bytes_view(e), field, value);
    return find_in_table(fields_of(e), field, hash_bytes(field), value);
}

/* Asks for what lookups of these fields will read. Sets hashes. */
static void prefetch_fields(const table *fields, const slice *names, size_t count, size_t step,
                            uint64_t *hashes) {
    for (size_t i = 0; i < count; i++) {
        hashes[i] = hash_bytes(names[i * step]);
        table_prefetch_bucket(fields, hashes[i]);
    }
    for (size_t i = 0; i < count; i++) table_prefetch_element(fields, hashes[i]);
}

void hash_find_many(const entry *e, const slice *fields, size_t count, struct packed_value *values,
                    bool *found) {
    assert(count <= HASH_FIND_MAX);
    if (is_packed(e)) {
        slice run = bytes_view(e);
        for (size_t i = 0; i < count; i++) found[i] = find_in_run(run, fields[i], &values[i]);
        return;
    }
    uint64_t hashes[HASH_FIND_MAX];
    prefetch_fields(fields_of(e), fields, count, 1, hashes);
    for (size_t i = 0; i < count; i++)
        found[i] = find_in_table(fields_of(e), fields[i], hashes[i], &values[i]);
}

struct element_visitor {
    hash_visitor *visit;
    void *context;
};

static struct hash_field field_of(const void *element) {
    struct parts p = take_apart(element);
    return (struct hash_field){as_text(p.field), as_text(p.value)};
}

static void visit_element(void *context, void *element) {
    const struct element_visitor *v = context;
    if (has_expired(element)) return;
    struct hash_field field = field_of(element);
    v->visit(v->context, &field);
}

/* Reads the field at that position and its value; returns the position after both. */
static inline size_t read_field(slice run, size_t at, struct hash_field *field) {
    return packed_read(run, packed_read(run, at, &field->name), &field->value);
}

uint64_t hash_scan(const entry *e, uint64_t cursor, size_t count, hash_visitor *visit, void *context) {
    if (!is_packed(e)) {
        struct element_visitor v = {visit, context};
        return table_scan(fields_of(e), cursor, count, visit_element, &v);
    }
    slice run = bytes_view(e);
    for (size_t at = packed_first(run); at < run.len;) {
        struct hash_field field;
        at = read_field(run, at, &field);
        visit(context, &field);
    }
    return 0;
}

void hash_each(const entry *e, hash_visitor *visit, void *context) {
    hash_scan(e, 0, SIZE_MAX, visit, context);
}

bool hash_count_is_exact(const entry *e) { return is_packed(e) || hash_of(e)->due_ms > clock_unix_ms(); }

int64_t hash_expiry_ms(const entry *e, slice field) {
    struct packed_value value;
    if (is_packed(e)) return find_in_run(bytes_view(e), field, &value) ? HASH_NEVER_EXPIRES : HASH_NO_FIELD;
    const void *element = table_find(fields_of(e), field, hash_bytes(field));
    return element && !has_expired(element) ? element_due_ms(element) : HASH_NO_FIELD;
}

/* --- Choosing at random --- */

/* The fields that were shown so far, each as likely to be the one kept. */
struct reservoir {
    size_t shown;
    struct hash_field *kept;
};

static void keep_one(void *context, const struct hash_field *field) {
    struct reservoir *r = context;
    if (random_below(++r->shown) == 0) *r->kept = *field;
}

/* After so many draws that all met expired fields, all fields are looked at. */
#define DRAWS_MAX 16

bool hash_random(const entry *e, struct hash_field *field) {
    if (is_packed(e)) {
        slice run = bytes_view(e);
        read_field(run, packed_at(run, 2 * random_below(packed_count(run) / 2)), field);
        return true;
    }
    for (int draws = 0; draws < DRAWS_MAX; draws++) {
        const void *element = table_random(fields_of(e));
        if (!element) return false;
        if (has_expired(element)) continue;
        *field = field_of(element);
        return true;
    }
    struct reservoir r = {0, field};
    hash_each(e, keep_one, &r);
    return r.shown > 0;
}

void hash_random_distinct(const entry *e, size_t count, hash_visitor *visit, void *context) {
    if (!is_packed(e)) {
        struct element_visitor v = {visit, context};
        table_random_distinct(fields_of(e), count, visit_element, &v);
        return;
    }
    slice run = bytes_view(e);
    size_t total = packed_count(run) / 2;
    sample s = {count < total ? count : total, total};
    for (size_t at = packed_first(run); s.wanted > 0;) {
        struct hash_field field;
        at = read_field(run, at, &field);
        if (sample_takes(&s)) visit(context, &field);
    }
}

/* --- Changing a table --- */

/* Gives an element another value and expiry. The value may be the one that it has. */
static void change(struct hash *h, void *element, uint64_t hash, slice value, int64_t expiry_ms) {
    struct parts p = take_apart(element);
    size_t bytes = element_bytes(element);
    bool same_head = (p.expiry_ms == HASH_NEVER_EXPIRES) == (expiry_ms == HASH_NEVER_EXPIRES);
    if (same_head && alloc_class(bytes) == alloc_class(bytes_for(p.field, value.len, expiry_ms))) {
        write_rest((char *)p.field.data + p.field.len, value, expiry_ms);
    } else {
        void *fresh = element_new(p.field, value, expiry_ms);
        table_replace(h->fields, hash, element, fresh);
        alloc_free(element, bytes);
        element = fresh;
    }
    h->expiring += expiry_ms != HASH_NEVER_EXPIRES;
    h->expiring -= p.expiry_ms != HASH_NEVER_EXPIRES;
    note_expiry(h, element, hash, expiry_ms);
}

/* Sets count fields; returns how many were not there before. */
static size_t set_in_table(struct hash *h, const slice *pairs, size_t count, bool keep_expiry) {
    size_t created = 0;
    for (size_t done = 0; done < count; done += HASH_FIND_MAX) {
        const slice *group = pairs + 2 * done;
        size_t len = count - done < HASH_FIND_MAX ? count - done : HASH_FIND_MAX;
        uint64_t hashes[HASH_FIND_MAX];
        prefetch_fields(h->fields, group, len, 2, hashes);
        for (size_t i = 0; i < len; i++) {
            slice name = group[2 * i], value = group[2 * i + 1];
            void *element = table_find(h->fields, name, hashes[i]);
            bool is_new = !element || has_expired(element);
            if (!element)
                table_insert(h->fields, element_new(name, value, HASH_NEVER_EXPIRES), hashes[i]);
            else
                change(h, element, hashes[i], value,
                       keep_expiry && !is_new ? element_due_ms(element) : HASH_NEVER_EXPIRES);
            created += is_new;
        }
    }
    return created;
}

static void insert_field(void *context, const struct hash_field *field) {
    char name_text[NUMBER_I64_TEXT_MAX], value_text[NUMBER_I64_TEXT_MAX];
    slice name = packed_text(&field->name, name_text), value = packed_text(&field->value, value_text);
    table_insert(context, element_new(name, value, HASH_NEVER_EXPIRES), hash_bytes(name));
}

/* Gives the key a table, of what its packed run holds if it has one. */
static entry *become_table(database *db, const key *k, entry *e) {
    struct hash *h = hash_new();
    if (!e) return keyspace_add_structure(db, k, TYPE_HASH, h);
    hash_each(e, insert_field, h->fields);
    return keyspace_become_structure(db, k, e, h);
}

/* --- Changing a packed run --- */

static bool fits_packed(slice text) { return text.len <= hash_limits.packed_value_bytes; }

static bool all_fit_packed(const slice *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!fits_packed(texts[i])) return false;
    return true;
}

static entry *replace_value(database *db, const key *k, entry *e, size_t at, const struct packed_value *v) {
    slice run = bytes_view(e);
    size_t before = packed_size(run, at), after = packed_encoded_len(v), len = run.len - before + after;
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, len > run.len ? len : run.len, &bytes);
    packed_replace_at(bytes, run.len, at, v);
    return len < run.len ? keyspace_resize_bytes(db, k, e, len, &bytes) : e;
}

static entry *append_field(database *db, const key *k, entry *e, const struct packed_value *name,
                           const struct packed_value *value) {
    size_t len = bytes_view(e).len;
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, len + packed_encoded_len(name) + packed_encoded_len(value), &bytes);
    packed_append(bytes, packed_append(bytes, len, name), value);
    return e;
}

/* Sets a field of a run. Returns false, nothing changed, if it would have too many fields then, which it may
 * have even without a new one, if the limit was higher before. */
static bool set_packed(database *db, const key *k, entry **e, slice field, slice text, bool *created) {
    struct packed_value name = packed_value_of(field), value = packed_value_of(text);
    slice run = bytes_view(*e);
    size_t at = packed_find(run, packed_first(run), &name, 1);
    *created = at == run.len;
    if (packed_count(run) / 2 + *created > hash_limits.packed_fields) return false;
    if (*created)
        *e = append_field(db, k, *e, &name, &value);
    else
        *e = replace_value(db, k, *e, packed_next(run, at), &value);
    return true;
}

/* Makes the key with a run of the fields up to the first that repeats another; *count is how many that are.
 */
static entry *add_packed(database *db, const key *k, const slice *pairs, size_t *count) {
    struct packed_builder b;
    packed_builder_open(&b);
    size_t taken = 0;
    for (; taken < *count; taken++) {
        if (taken > 0 && find_packed(packed_builder_run(&b), pairs[2 * taken]) < b.len) break;
        packed_builder_add_text(&b, pairs[2 * taken]);
        packed_builder_add_text(&b, pairs[2 * taken + 1]);
    }
    entry *e = keyspace_add_bytes(db, k, TYPE_HASH, packed_builder_run(&b));
    packed_builder_release(&b);
    *count = taken;
    return e;
}

/* --- Changing --- */

/* Sets what the run of *e, if it is one, takes of the pairs; returns how many that are. */
static size_t set_while_packed(database *db, const key *k, entry **e, const slice *pairs, size_t count,
                               size_t *created) {
    size_t done = 0;
    bool is_new;
    while (done < count && is_packed(*e) &&
           set_packed(db, k, e, pairs[2 * done], pairs[2 * done + 1], &is_new)) {
        *created += is_new;
        done++;
    }
    return done;
}

entry *hash_set(database *db, const key *k, entry *e, const slice *pairs, size_t count, bool keep_expiry,
                size_t *created) {
    size_t done = 0;
    bool too_large = count > hash_limits.packed_fields || !all_fit_packed(pairs, 2 * count);
    if (too_large && (!e || is_packed(e))) e = become_table(db, k, e);
    if (!e) {
        done = count;
        e = add_packed(db, k, pairs, &done);
    }
    *created = done;
    done += set_while_packed(db, k, &e, pairs + 2 * done, count - done, created);
    if (done == count) return e;

    if (is_packed(e)) e = become_table(db, k, e);
    struct hash *h = hash_of(e);
    *created += set_in_table(h, pairs + 2 * done, count - done, keep_expiry);
    if (too_large || table_count(h->fields) > hash_limits.packed_fields) h->is_small = false;
    return e;
}

entry *hash_prepare_expiry(database *db, const key *k, entry *e) {
    if (!is_packed(e)) return e;
    e = become_table(db, k, e);
    hash_of(e)->is_small = true;
    return e;
}

entry *hash_set_expiry(database *db, const key *k, entry *e, slice field, int64_t expiry_ms) {
    if (expiry_ms != HASH_NEVER_EXPIRES) e = hash_prepare_expiry(db, k, e);
    if (is_packed(e)) return e;
    struct hash *h = hash_of(e);
    uint64_t hash = hash_bytes(field);
    void *element = table_find(h->fields, field, hash);
    assert(element);
    change(h, element, hash, take_apart(element).value, expiry_ms);
    if (expiry_ms != HASH_NEVER_EXPIRES) keyspace_note_element_expiry(db, k, e);
    return e;
}

static entry *remove_packed(database *db, const key *k, entry *e, slice field, bool *removed) {
    slice run = bytes_view(e);
    size_t at = find_packed(run, field);
    *removed = at < run.len;
    if (!*removed) return e;
    char *bytes;
    e = keyspace_resize_bytes(db, k, e, run.len, &bytes);
    return keyspace_resize_bytes(db, k, e, packed_remove_at(bytes, run.len, at, 2), &bytes);
}

entry *hash_remove(database *db, const key *k, entry *e, slice field, bool *removed) {
    if (is_packed(e)) return remove_packed(db, k, e, field, removed);
    struct hash *h = hash_of(e);
    void *element = table_remove(h->fields, field, hash_bytes(field));
    *removed = element && !has_expired(element);
    if (!element) return e;
    h->expiring -= element_due_ms(element) != HASH_NEVER_EXPIRES;
    element_free(element);
    return e;
}
