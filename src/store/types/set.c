/* Set: integers, packed or a table.
 *
 * Integers are found by bisection in a sorted array whose width is that of the widest it has held, and packed
 * members by a walk: up to set_limits both are faster than hashing, and cost no memory beside the members. An
 * element of a table is one allocation without a header:
 *
 *     +--------+--------+
 *     | length | member |      the length is a varint, 1 byte below 128
 *     +--------+--------+
 *
 * A member of 12 bytes takes a size class of 16 and its share of the table, about 11. Integers are kept as
 * their text there.
 *
 * Which form a set has follows Redis's rules, since OBJECT ENCODING tells. Integers become packed by the
 * first member that is none, if they are few, and a table otherwise or when they are too many; packed members
 * become a table when they are too many or one is too long. How many members a request brings counts before
 * it is known whether they are new. */
#include "store/types/set.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/varint.h"
#include "store/table.h"
#include "store/types/bytes.h"
#include "store/value.h"

struct set_limits set_limits = {.integers = 512, .packed_members = 128, .packed_value_bytes = 64};

/* Whatever the limits say, a packed set is not longer than this: its members are moved to change it. */
#define PACKED_BYTES_MAX ((size_t)1 << 30)

/* In front of integers: the header of a packed run without members, which is otherwise met only as the last
 * member goes, and their width. */
#define INTEGERS_HEADER_BYTES (PACKED_HEADER_BYTES + 1)

/* --- What an entry holds --- */

static inline bool are_integers(slice bytes) {
    return bytes.len >= INTEGERS_HEADER_BYTES && bytes.data[0] == 0 && bytes.data[1] == 0;
}

enum set_form set_form_of(const entry *e) {
    if (e->encoding == ENCODING_STRUCTURE) return SET_TABLE;
    return are_integers(bytes_view(e)) ? SET_INTEGERS : SET_PACKED;
}

static table *members_of(const entry *e) {
    assert(e->encoding == ENCODING_STRUCTURE);
    return entry_pointer(e);
}

/* Integers in ascending order, each of width bytes. */
struct integers {
    const char *first;
    size_t width, count;
};

static inline struct integers integers_of(slice bytes) {
    size_t width = (unsigned char)bytes.data[PACKED_HEADER_BYTES];
    return (struct integers){bytes.data + INTEGERS_HEADER_BYTES, width,
                             (bytes.len - INTEGERS_HEADER_BYTES) / width};
}

size_t set_count(const entry *e) {
    if (!e) return 0;
    if (e->encoding == ENCODING_STRUCTURE) return table_count(members_of(e));
    slice bytes = bytes_view(e);
    return are_integers(bytes) ? integers_of(bytes).count : packed_count(bytes);
}

/* --- Integers --- */

static size_t width_for(int64_t value) {
    return value == (int16_t)value   ? sizeof(int16_t)
           : value == (int32_t)value ? sizeof(int32_t)
                                     : sizeof(value);
}

static inline int64_t read_integer(const char *at, size_t width) {
    int16_t two;
    int32_t four;
    int64_t eight;
    switch (width) {
    case sizeof(two): return memcpy(&two, at, sizeof(two)), two;
    case sizeof(four): return memcpy(&four, at, sizeof(four)), four;
    default: return memcpy(&eight, at, sizeof(eight)), eight;
    }
}

static inline void write_integer(char *at, size_t width, int64_t value) {
    int16_t two = (int16_t)value;
    int32_t four = (int32_t)value;
    switch (width) {
    case sizeof(two): memcpy(at, &two, sizeof(two)); break;
    case sizeof(four): memcpy(at, &four, sizeof(four)); break;
    default: memcpy(at, &value, sizeof(value));
    }
}

static inline int64_t integer_at(const struct integers *n, size_t index) {
    return read_integer(n->first + index * n->width, n->width);
}

/* Where the value is, or where it would have to be inserted. */
static bool find_integer(const struct integers *n, int64_t value, size_t *index) {
    size_t low = 0, high = n->count;
    if (high > 0 && integer_at(n, high - 1) < value) low = high; /* members often come in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (integer_at(n, middle) < value)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return low < n->count && integer_at(n, low) == value;
}

/* --- Elements of the table --- */

static slice element_text(const void *element) {
    slice text;
    text.data = varint_read(element, &text.len);
    return text;
}

static size_t element_bytes(size_t len) { return varint_size(len) + len; }

static void *element_new(slice text) {
    char *element = alloc(element_bytes(text.len));
    memcpy(varint_write(element, text.len), text.data, text.len);
    return element;
}

static void element_free(void *element) { alloc_free(element, element_bytes(element_text(element).len)); }

static const struct table_kind members_kind = {element_text, NULL};

static inline uint64_t member_hash(struct set_member *m) {
    if (!(m->known & MEMBER_HASH)) {
        m->hash = hash_bytes(set_member_text(m));
        m->known |= MEMBER_HASH;
    }
    return m->hash;
}

static bool insert_in_table(table *members, struct set_member *m) {
    if (table_find(members, set_member_text(m), member_hash(m))) return false;
    table_insert(members, element_new(set_member_text(m)), member_hash(m));
    return true;
}

/* --- The structure, for the keyspace --- */

static void free_members(void *members) { table_free(members, element_free); }

static void copy_element(void *to, void *element) {
    slice text = element_text(element);
    table_insert(to, element_new(text), hash_bytes(text));
}

static void *copy_members(const void *members) {
    table *copy = table_new(&members_kind);
    table_scan(members, 0, SIZE_MAX, copy_element, copy);
    return copy;
}

static size_t count_members(const void *members) { return table_count(members); }

static size_t element_size(const void *element) { return element_bytes(element_text(element).len); }

static size_t members_memory_bytes(const void *members, size_t samples) {
    return table_memory_bytes(members) + table_elements_bytes(members, samples, element_size);
}

static const table *approach_members(const void *members) { return members; }

const struct value_kind set_kind = {
    .free = free_members,
    .copy = copy_members,
    .count = count_members,
    .memory_bytes = members_memory_bytes,
    .approach = approach_members,
};

/* --- Looking up --- */

static bool contains_in_bytes(slice bytes, struct set_member *m) {
    const struct packed_value *value = set_member_value(m);
    if (!are_integers(bytes)) return packed_find(bytes, packed_first(bytes), value, 0) < bytes.len;
    if (!packed_is_integer(value)) return false;
    struct integers n = integers_of(bytes);
    size_t index;
    return find_integer(&n, value->integer, &index);
}

bool set_contains(const entry *e, struct set_member *m) {
    if (!e) return false;
    if (e->encoding != ENCODING_STRUCTURE) return contains_in_bytes(bytes_view(e), m);
    return table_find(members_of(e), set_member_text(m), member_hash(m)) != NULL;
}

/* Has the table's part for those members in the cache. */
static void prefetch_members(const table *members, struct set_member *const *m, size_t count) {
    for (size_t i = 0; i < count; i++) table_prefetch_bucket(members, member_hash(m[i]));
    for (size_t i = 0; i < count; i++) table_prefetch_element(members, m[i]->hash);
}

void set_contains_each(const entry *e, struct set_member *const *members, size_t count, bool *found) {
    assert(count <= SET_GROUP_MAX);
    if (e && e->encoding == ENCODING_STRUCTURE && count > 1) prefetch_members(members_of(e), members, count);
    for (size_t i = 0; i < count; i++) found[i] = set_contains(e, members[i]);
}

/* --- Walking --- */

void set_walk_begin(struct set_walk *w, const entry *e) {
    w->e = e;
    w->at_end = !e;
    w->at = 0;
    w->cursor = 0;
    w->next = w->count = 0;
    w->capacity = sizeof(w->few) / sizeof(*w->few);
    w->elements = w->few;
}

/* A bucket may be home to more elements than were asked for. */
static void gather(void *context, void *element) {
    struct set_walk *w = context;
    if (unlikely(w->count == w->capacity)) {
        bool was_few = w->elements == w->few;
        w->capacity *= 2;
        w->elements = alloc_resize(was_few ? NULL : w->elements, w->capacity * sizeof(*w->elements));
        if (was_few) memcpy(w->elements, w->few, sizeof(w->few));
    }
    w->elements[w->count++] = element;
}

static size_t walk_table(struct set_walk *w, struct set_member *members) {
    while (w->next == w->count) {
        if (w->at_end) return 0;
        w->next = w->count = 0;
        w->cursor = table_scan(members_of(w->e), w->cursor, SET_GROUP_MAX, gather, w);
        w->at_end = w->cursor == 0;
    }
    size_t count = w->count - w->next;
    if (count > SET_GROUP_MAX) count = SET_GROUP_MAX;
    for (size_t i = 0; i < count; i++)
        set_member_from_text(&members[i], element_text(w->elements[w->next + i]));
    w->next += count;
    return count;
}

static size_t walk_packed(struct set_walk *w, slice run, struct set_member *members) {
    size_t count = 0;
    if (w->at == 0) w->at = packed_first(run);
    for (; count < SET_GROUP_MAX && w->at < run.len; count++) {
        members[count].known = MEMBER_VALUE;
        w->at = packed_read(run, w->at, &members[count].value);
    }
    return count;
}

static size_t walk_integers(struct set_walk *w, const struct integers *n, struct set_member *members) {
    size_t count = 0;
    for (; count < SET_GROUP_MAX && w->at < n->count; count++, w->at++) {
        members[count].known = MEMBER_VALUE;
        members[count].value = packed_value_integer(integer_at(n, w->at));
    }
    return count;
}

size_t set_walk_next(struct set_walk *w, struct set_member *members) {
    if (!w->e) return 0;
    if (w->e->encoding == ENCODING_STRUCTURE) return walk_table(w, members);
    slice bytes = bytes_view(w->e);
    if (!are_integers(bytes)) return walk_packed(w, bytes, members);
    struct integers n = integers_of(bytes);
    return walk_integers(w, &n, members);
}

void set_walk_end(struct set_walk *w) {
    if (w->elements != w->few) alloc_free(w->elements, w->capacity * sizeof(*w->elements));
}

struct text_visitor {
    set_visitor *visit;
    void *context;
};

static void visit_element(void *context, void *element) {
    const struct text_visitor *v = context;
    struct set_member m;
    set_member_from_text(&m, element_text(element));
    v->visit(v->context, &m);
}

uint64_t set_scan(const entry *e, uint64_t cursor, size_t count, set_visitor *visit, void *context) {
    if (e && e->encoding == ENCODING_STRUCTURE) {
        struct text_visitor v = {visit, context};
        return table_scan(members_of(e), cursor, count, visit_element, &v);
    }
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    set_walk_begin(&w, e);
    for (size_t n; (n = set_walk_next(&w, group)) > 0;)
        for (size_t i = 0; i < n; i++) visit(context, &group[i]);
    set_walk_end(&w);
    return 0;
}

/* --- Random members --- */

void set_random(const entry *e, struct set_member *m) {
    if (e->encoding == ENCODING_STRUCTURE) {
        set_member_from_text(m, element_text(table_random(members_of(e))));
        return;
    }
    slice bytes = bytes_view(e);
    m->known = MEMBER_VALUE;
    if (are_integers(bytes)) {
        struct integers n = integers_of(bytes);
        m->value = packed_value_integer(integer_at(&n, random_below(n.count)));
    } else {
        packed_get(bytes, packed_at(bytes, random_below(packed_count(bytes))), &m->value);
    }
}

void set_random_distinct(const entry *e, size_t count, set_visitor *visit, void *context) {
    if (e->encoding == ENCODING_STRUCTURE) {
        struct text_visitor v = {visit, context};
        table_random_distinct(members_of(e), count, visit_element, &v);
        return;
    }
    size_t total = set_count(e);
    sample s = {count < total ? count : total, total};
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    set_walk_begin(&w, e);
    for (size_t n; s.wanted > 0 && (n = set_walk_next(&w, group)) > 0;)
        for (size_t i = 0; i < n; i++)
            if (sample_takes(&s)) visit(context, &group[i]);
    set_walk_end(&w);
}

/* --- Making entries and changing their form, in a database or outside --- */

static entry *new_bytes(database *db, const key *k, slice bytes) {
    if (db) return keyspace_add_bytes(db, k, TYPE_SET, bytes);
    return bytes_new(k->name, TYPE_SET, bytes, NO_EXPIRY);
}

static entry *new_table(database *db, const key *k) {
    table *members = table_new(&members_kind);
    return db ? keyspace_add_structure(db, k, TYPE_SET, members)
              : entry_new_structure(k->name, TYPE_SET, members, NO_EXPIRY);
}

static entry *resize_bytes(database *db, const key *k, entry *e, size_t len, char **bytes) {
    return db ? keyspace_resize_bytes(db, k, e, len, bytes) : bytes_edit(e, len, bytes);
}

/* Puts other bytes, which must not lie in the entry, in the place of what the entry holds. */
static entry *become_bytes(database *db, const key *k, entry *e, slice bytes) {
    if (db) return keyspace_become_bytes(db, k, e, bytes);
    set_discard(e);
    return new_bytes(NULL, k, bytes);
}

static entry *become_table(database *db, const key *k, entry *e) {
    table *members = table_new(&members_kind);
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    set_walk_begin(&w, e);
    for (size_t n; (n = set_walk_next(&w, group)) > 0;)
        for (size_t i = 0; i < n; i++) insert_in_table(members, &group[i]);
    set_walk_end(&w);
    if (db) return keyspace_become_structure(db, k, e, members);
    set_discard(e);
    return entry_new_structure(k->name, TYPE_SET, members, NO_EXPIRY);
}

void set_discard(entry *e) {
    if (!e) return;
    value_free(e);
    entry_free_shell(e);
}

/* Replaces what the entry holds by the builder's run, and releases the builder. */
static entry *become_packed(database *db, const key *k, entry *e, struct packed_builder *b) {
    e = become_bytes(db, k, e, packed_builder_run(b));
    packed_builder_release(b);
    return e;
}

/* Whether such a member may be in a packed set. */
static bool fits_packed(slice text) { return text.len <= set_limits.packed_value_bytes; }

static size_t text_len(int64_t value) {
    char text[NUMBER_I64_TEXT_MAX];
    return number_format_i64(text, value);
}

/* Whether integers may become a packed set with one more member. */
static bool integers_fit_packed(const struct integers *n, slice added) {
    if (n->count >= set_limits.packed_members || !fits_packed(added)) return false;
    if (n->count == 0) return true;
    size_t longest = text_len(integer_at(n, 0)), other = text_len(integer_at(n, n->count - 1));
    return (other > longest ? other : longest) <= set_limits.packed_value_bytes;
}

static entry *become_packed_from_integers(database *db, const key *k, entry *e) {
    struct integers n = integers_of(bytes_view(e));
    struct packed_builder b;
    packed_builder_open(&b);
    for (size_t i = 0; i < n.count; i++) {
        struct packed_value v = packed_value_integer(integer_at(&n, i));
        packed_builder_add(&b, &v);
    }
    return become_packed(db, k, e, &b);
}

/* --- Adding --- */

/* The form of a new set to which `expected` members will be added. */
static enum set_form form_for(struct set_member *first, size_t expected) {
    if (expected <= set_limits.integers && packed_is_integer(set_member_value(first))) return SET_INTEGERS;
    return expected <= set_limits.packed_members ? SET_PACKED : SET_TABLE;
}

/* A new set of that form without members; the caller adds one at once. */
static entry *new_empty(database *db, const key *k, enum set_form form) {
    static const char no_integers[INTEGERS_HEADER_BYTES] = {0, 0, sizeof(int16_t)};
    switch (form) {
    case SET_INTEGERS: return new_bytes(db, k, (slice){no_integers, sizeof(no_integers)});
    case SET_PACKED: return new_bytes(db, k, PACKED_EMPTY);
    default: return new_table(db, k);
    }
}

/* Makes the integers wider, with room for a value that is beyond all of them. */
static entry *add_wider_integer(database *db, const key *k, entry *e, int64_t value) {
    size_t before = integers_of(bytes_view(e)).width, width = width_for(value);
    size_t count = integers_of(bytes_view(e)).count;
    char *bytes;
    e = resize_bytes(db, k, e, INTEGERS_HEADER_BYTES + (count + 1) * width, &bytes);
    char *first = bytes + INTEGERS_HEADER_BYTES;
    size_t shift = value < 0; /* by that many places */
    for (size_t i = count; i-- > 0;)
        write_integer(first + (i + shift) * width, width, read_integer(first + i * before, before));
    write_integer(first + (shift ? 0 : count) * width, width, value);
    bytes[PACKED_HEADER_BYTES] = (char)width;
    return e;
}

static entry *insert_integer(database *db, const key *k, entry *e, size_t index, int64_t value) {
    struct integers n = integers_of(bytes_view(e));
    if (width_for(value) > n.width) return add_wider_integer(db, k, e, value);
    char *bytes;
    e = resize_bytes(db, k, e, INTEGERS_HEADER_BYTES + (n.count + 1) * n.width, &bytes);
    char *at = bytes + INTEGERS_HEADER_BYTES + index * n.width;
    memmove(at + n.width, at, (n.count - index) * n.width);
    write_integer(at, n.width, value);
    return e;
}

/* What could not be done in the form that the set has: then it has another, and the caller tries again. */
enum attempt { ADDED, THERE_ALREADY, RESHAPED };

static enum attempt add_to_integers(database *db, const key *k, entry **e, struct set_member *m) {
    struct integers n = integers_of(bytes_view(*e));
    const struct packed_value *value = set_member_value(m);
    size_t index;
    if (!packed_is_integer(value)) {
        bool packs = integers_fit_packed(&n, set_member_text(m));
        *e = packs ? become_packed_from_integers(db, k, *e) : become_table(db, k, *e);
        return RESHAPED;
    }
    if (find_integer(&n, value->integer, &index)) return THERE_ALREADY;
    if (n.count >= set_limits.integers) {
        *e = become_table(db, k, *e);
        return RESHAPED;
    }
    *e = insert_integer(db, k, *e, index, value->integer);
    return ADDED;
}

static enum attempt add_to_packed(database *db, const key *k, entry **e, struct set_member *m) {
    slice run = bytes_view(*e);
    const struct packed_value *value = set_member_value(m);
    if (packed_find(run, packed_first(run), value, 0) < run.len) return THERE_ALREADY;
    size_t len = run.len + packed_encoded_len(value);
    if (packed_count(run) >= set_limits.packed_members || !fits_packed(set_member_text(m)) ||
        len > PACKED_BYTES_MAX) {
        *e = become_table(db, k, *e);
        return RESHAPED;
    }
    size_t before = run.len;
    char *bytes;
    *e = resize_bytes(db, k, *e, len, &bytes);
    packed_append(bytes, before, value);
    return ADDED;
}

entry *set_add(database *db, const key *k, entry *e, struct set_member *m, bool *added) {
    if (!e) e = new_empty(db, k, form_for(m, 1));
    enum attempt done = RESHAPED;
    while (done == RESHAPED) {
        switch (set_form_of(e)) {
        case SET_INTEGERS: done = add_to_integers(db, k, &e, m); break;
        case SET_PACKED: done = add_to_packed(db, k, &e, m); break;
        case SET_TABLE: done = insert_in_table(members_of(e), m) ? ADDED : THERE_ALREADY; break;
        }
    }
    *added = done == ADDED;
    return e;
}

/* Makes a small set large to which more members will be added than it may have, new or not. */
static entry *prepare(database *db, const key *k, entry *e, size_t expected) {
    switch (set_form_of(e)) {
    case SET_INTEGERS: return expected > set_limits.integers ? become_table(db, k, e) : e;
    case SET_PACKED: return expected > set_limits.packed_members ? become_table(db, k, e) : e;
    default: return e;
    }
}

entry *set_add_each(database *db, const key *k, entry *e, struct set_member *const *members, size_t count,
                    size_t *added) {
    assert(count <= SET_GROUP_MAX);
    *added = 0;
    if (count > 1 && e && e->encoding == ENCODING_STRUCTURE) prefetch_members(members_of(e), members, count);
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        e = set_add(db, k, e, members[i], &is_new);
        *added += is_new;
    }
    return e;
}

entry *set_add_texts(database *db, const key *k, entry *e, const slice *texts, size_t count, size_t *added) {
    struct set_member group[SET_GROUP_MAX], *members[SET_GROUP_MAX];
    *added = 0;
    set_member_from_text(&group[0], texts[0]);
    e = e ? prepare(db, k, e, count) : new_empty(db, k, form_for(&group[0], count));
    for (size_t done = 0, n; done < count; done += n) {
        n = count - done < SET_GROUP_MAX ? count - done : SET_GROUP_MAX;
        for (size_t i = 0; i < n; i++) {
            set_member_from_text(&group[i], texts[done + i]);
            members[i] = &group[i];
        }
        size_t added_now;
        e = set_add_each(db, k, e, members, n, &added_now);
        *added += added_now;
    }
    return e;
}

/* --- Removing --- */

static entry *remove_integer(database *db, const key *k, entry *e, size_t index) {
    struct integers n = integers_of(bytes_view(e));
    size_t len = bytes_view(e).len;
    char *bytes;
    e = resize_bytes(db, k, e, len, &bytes);
    char *at = bytes + INTEGERS_HEADER_BYTES + index * n.width;
    memmove(at, at + n.width, (n.count - index - 1) * n.width);
    return resize_bytes(db, k, e, len - n.width, &bytes);
}

static entry *remove_packed(database *db, const key *k, entry *e, size_t at) {
    size_t len = bytes_view(e).len;
    char *bytes;
    e = resize_bytes(db, k, e, len, &bytes);
    return resize_bytes(db, k, e, packed_remove_at(bytes, len, at, 1), &bytes);
}

static entry *remove_from_bytes(database *db, const key *k, entry *e, struct set_member *m, bool *removed) {
    slice bytes = bytes_view(e);
    const struct packed_value *value = set_member_value(m);
    if (are_integers(bytes)) {
        struct integers n = integers_of(bytes);
        size_t index;
        *removed = packed_is_integer(value) && find_integer(&n, value->integer, &index);
        return *removed ? remove_integer(db, k, e, index) : e;
    }
    size_t at = packed_find(bytes, packed_first(bytes), value, 0);
    *removed = at < bytes.len;
    return *removed ? remove_packed(db, k, e, at) : e;
}

entry *set_remove(database *db, const key *k, entry *e, struct set_member *m, bool *removed) {
    if (e->encoding != ENCODING_STRUCTURE) return remove_from_bytes(db, k, e, m, removed);
    void *element = table_remove(members_of(e), set_member_text(m), member_hash(m));
    *removed = element != NULL;
    if (element) element_free(element);
    return e;
}

/* --- Popping --- */

/* Pops from integers by moving those that stay together. */
static entry *pop_integers(database *db, const key *k, entry *e, size_t count, set_visitor *visit,
                           void *context) {
    struct integers n = integers_of(bytes_view(e));
    sample s = {count, n.count};
    char *bytes;
    e = resize_bytes(db, k, e, INTEGERS_HEADER_BYTES + n.count * n.width, &bytes);
    char *kept = bytes + INTEGERS_HEADER_BYTES;
    n.first = kept;
    for (size_t i = 0; i < n.count; i++) {
        struct set_member m = {.known = MEMBER_VALUE, .value = packed_value_integer(integer_at(&n, i))};
        if (sample_takes(&s)) {
            visit(context, &m);
        } else {
            write_integer(kept, n.width, m.value.integer);
            kept += n.width;
        }
    }
    return resize_bytes(db, k, e, (size_t)(kept - bytes), &bytes);
}

static entry *pop_packed(database *db, const key *k, entry *e, size_t count, set_visitor *visit,
                         void *context) {
    slice run = bytes_view(e);
    sample s = {count, packed_count(run)};
    struct packed_builder rest;
    packed_builder_open(&rest);
    for (size_t at = packed_first(run); at < run.len;) {
        struct set_member m = {.known = MEMBER_VALUE};
        at = packed_read(run, at, &m.value);
        if (sample_takes(&s))
            visit(context, &m);
        else
            packed_builder_add(&rest, &m.value);
    }
    return become_packed(db, k, e, &rest);
}

/* A rest is packed if it was at most this part of what was popped. */
#define REST_PART 5

/* Makes a packed set of a table whose members all fit one. */
static entry *pack_rest(database *db, const key *k, entry *e) {
    struct packed_builder rest;
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    bool fits = true;
    packed_builder_open(&rest);
    set_walk_begin(&w, e);
    for (size_t n; fits && (n = set_walk_next(&w, group)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            fits = fits && fits_packed(group[i].text);
            if (fits) packed_builder_add(&rest, set_member_value(&group[i]));
        }
    }
    set_walk_end(&w);
    if (fits) return become_packed(db, k, e, &rest);
    packed_builder_release(&rest);
    return e;
}

static entry *pop_from_table(database *db, const key *k, entry *e, size_t count, set_visitor *visit,
                             void *context) {
    table *members = members_of(e);
    for (size_t i = 0; i < count; i++) {
        struct set_member m;
        set_member_from_text(&m, element_text(table_random(members)));
        visit(context, &m);
        element_free(table_remove(members, m.text, member_hash(&m)));
    }
    size_t left = table_count(members);
    bool packs = left <= count / REST_PART && left <= set_limits.packed_members;
    return packs ? pack_rest(db, k, e) : e;
}

entry *set_pop(database *db, const key *k, entry *e, size_t count, set_visitor *visit, void *context) {
    assert(count < set_count(e));
    if (count == 1) {
        struct set_member m;
        bool removed;
        set_random(e, &m);
        visit(context, &m);
        return set_remove(db, k, e, &m, &removed);
    }
    switch (set_form_of(e)) {
    case SET_INTEGERS: return pop_integers(db, k, e, count, visit, context);
    case SET_PACKED: return pop_packed(db, k, e, count, visit, context);
    default: return pop_from_table(db, k, e, count, visit, context);
    }
}
