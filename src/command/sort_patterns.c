/* Sort patterns: "weight_*" is the string at the key that has the element in the place of the star,
 * "user_*->age" a field of the hash there, "#" the element itself.
 *
 * The first star counts, and the first arrow behind it; an arrow that nothing follows is part of the name.
 * Every element means another key, each of them likely a cache miss or two: lookups are done in groups, for
 * which all names are written and hashed before the first one is looked up. */
#include "command/sort_patterns.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "store/types/bytes.h"
#include "store/types/hash.h"

struct sort_pattern sort_pattern_of(slice text) {
    if (slice_equal(text, SLICE("#"))) return (struct sort_pattern){.kind = PATTERN_ELEMENT};
    const char *star = memchr(text.data, '*', text.len), *end = text.data + text.len;
    if (!star) return (struct sort_pattern){.kind = PATTERN_NOTHING};
    struct sort_pattern p = {
        .kind = PATTERN_STRING,
        .before = {text.data, (size_t)(star - text.data)},
        .after = {star + 1, (size_t)(end - star) - 1},
    };
    const char *arrow = memmem(p.after.data, p.after.len, "->", 2);
    if (!arrow || arrow + 2 == end) return p;
    p.kind = PATTERN_FIELD;
    p.after.len = (size_t)(arrow - p.after.data);
    p.field = (slice){arrow + 2, (size_t)(end - arrow) - 2};
    return p;
}

/* --- Names of keys --- */

/* What the names of a group may take together; a name that is longer is looked up alone. */
#define NAMES_BYTES_MAX 4096

static inline bool has_key(const struct sort_lookup *l) {
    return l->pattern->kind == PATTERN_STRING || l->pattern->kind == PATTERN_FIELD;
}

static size_t name_len(const struct sort_lookup *l) {
    char scratch[NUMBER_I64_TEXT_MAX];
    return l->pattern->before.len + packed_text(&l->element, scratch).len + l->pattern->after.len;
}

/* Writes the name of the lookup's key. */
static slice write_name(char *bytes, const struct sort_lookup *l) {
    char scratch[NUMBER_I64_TEXT_MAX], *at = bytes;
    const slice parts[] = {l->pattern->before, packed_text(&l->element, scratch), l->pattern->after};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return (slice){bytes, (size_t)(at - bytes)};
}

/* How many of the lookups go together. *bytes is what their names take. */
static size_t group_size(const struct sort_lookup *lookups, size_t count, size_t *bytes) {
    size_t size = 0;
    for (*bytes = 0; size < count; size++) {
        size_t len = has_key(&lookups[size]) ? name_len(&lookups[size]) : 0;
        if (size > 0 && *bytes + len > NAMES_BYTES_MAX) break;
        *bytes += len;
    }
    return size;
}

/* --- Looking up --- */

static bool read_string(const entry *e, struct packed_value *value) {
    if (e->type != TYPE_STRING) return false;
    if (e->encoding == ENCODING_INT)
        *value = packed_value_integer(entry_integer(e));
    else
        *value = (struct packed_value){.text = bytes_view(e)};
    return true;
}

static bool read_value(database *db, const key *k, const struct sort_pattern *p, struct packed_value *value) {
    const entry *e = keyspace_read(db, k);
    if (!e) return false;
    if (p->kind == PATTERN_STRING) return read_string(e, value);
    return e->type == TYPE_HASH && hash_find(e, p->field, value);
}

/* Looks up a group; there is room for its names. */
static void look_up_group(database *db, struct sort_lookup *lookups, size_t count, char *names) {
    key keys[SORT_LOOKUPS_MAX];
    for (size_t i = 0; i < count; i++) {
        if (!has_key(&lookups[i])) continue;
        keys[i] = key_of(write_name(names, &lookups[i]));
        names += keys[i].name.len;
        keyspace_prefetch_bucket(db, keys[i].hash);
    }
    for (size_t i = 0; i < count; i++)
        if (has_key(&lookups[i])) keyspace_prefetch_entry(db, keys[i].hash);
    for (size_t i = 0; i < count; i++) {
        struct sort_lookup *l = &lookups[i];
        l->found = l->pattern->kind == PATTERN_ELEMENT;
        l->value = l->element;
        if (has_key(l)) l->found = read_value(db, &keys[i], l->pattern, &l->value);
    }
}

void sort_lookup_each(database *db, struct sort_lookup *lookups, size_t count) {
    assert(count <= SORT_LOOKUPS_MAX);
    for (size_t size, bytes; count > 0; lookups += size, count -= size) {
        char nearby[NAMES_BYTES_MAX];
        size = group_size(lookups, count, &bytes);
        char *names = bytes <= sizeof(nearby) ? nearby : alloc(bytes);
        look_up_group(db, lookups, size, names);
        if (names != nearby) alloc_free(names, bytes);
    }
}
