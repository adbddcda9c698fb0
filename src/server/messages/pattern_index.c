/* Pattern index: a hash table of groups, by prefix.
 *
 *     news.*   news.?port  -->  "news."   [ news.*  news.?port ]
 *     n*                   -->  "n"       [ n* ]
 *     *ball                -->  ""        [ *ball ]
 *
 *     lengths in use: 0, 1, 5     "news.sport" is looked up as "", "n", "news."
 *
 * A prefix counts up to PREFIX_MAX bytes, so that the lengths in use fit the bits of one word and a text is
 * looked up that often at most; patterns that differ only further on share a group. */
#include "server/messages/pattern_index.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "base/hash.h"
#include "store/table.h"

#define PREFIX_MAX 63

/* The patterns with the same prefix. */
struct group {
    indexed_pattern **patterns;
    size_t count, capacity;
    unsigned char len;
    char prefix[];
};

struct pattern_index {
    table *groups;
    uint64_t lengths;                        /* bit n: there are groups with a prefix of n bytes, */
    size_t groups_of_length[PREFIX_MAX + 1]; /* so many */
};

static slice group_prefix(const void *element) {
    const struct group *g = element;
    return (slice){g->prefix, g->len};
}

static const struct table_kind table_of_groups = {group_prefix, NULL};

static slice prefix_of(slice pattern) {
    slice prefix = glob_literal_prefix(pattern);
    if (prefix.len > PREFIX_MAX) prefix.len = PREFIX_MAX;
    return prefix;
}

pattern_index *pattern_index_new(void) {
    pattern_index *index = alloc_zeroed(sizeof(*index));
    index->groups = table_new(&table_of_groups);
    return index;
}

static void free_group(void *element) {
    struct group *g = element;
    alloc_free(g->patterns, g->capacity * sizeof(*g->patterns));
    alloc_free(g, sizeof(*g) + g->len);
}

void pattern_index_free(pattern_index *index) {
    table_free(index->groups, free_group);
    alloc_free(index, sizeof(*index));
}

static struct group *find_group(const pattern_index *index, slice prefix) {
    return table_find(index->groups, prefix, hash_bytes(prefix));
}

static struct group *add_group(pattern_index *index, slice prefix) {
    struct group *g = alloc_zeroed(sizeof(*g) + prefix.len);
    g->len = (unsigned char)prefix.len;
    memcpy(g->prefix, prefix.data, prefix.len);
    table_insert(index->groups, g, hash_bytes(prefix));
    index->groups_of_length[prefix.len]++;
    index->lengths |= (uint64_t)1 << prefix.len;
    return g;
}

static void remove_group(pattern_index *index, struct group *g) {
    slice prefix = group_prefix(g);
    table_remove(index->groups, prefix, hash_bytes(prefix));
    if (--index->groups_of_length[prefix.len] == 0) index->lengths &= ~((uint64_t)1 << prefix.len);
    free_group(g);
}

static void resize_group(struct group *g, size_t capacity) {
    g->patterns = alloc_resize(g->patterns, capacity * sizeof(*g->patterns));
    g->capacity = capacity;
}

void pattern_index_add(pattern_index *index, indexed_pattern *p) {
    slice prefix = prefix_of(p->text);
    struct group *g = find_group(index, prefix);
    if (!g) g = add_group(index, prefix);
    if (g->count == g->capacity) resize_group(g, g->capacity ? 2 * g->capacity : 1);
    p->place = g->count;
    g->patterns[g->count++] = p;
}

void pattern_index_remove(pattern_index *index, indexed_pattern *p) {
    struct group *g = find_group(index, prefix_of(p->text));
    assert(g && g->patterns[p->place] == p);
    indexed_pattern *last = g->patterns[--g->count];
    g->patterns[p->place] = last;
    last->place = p->place;
    if (g->count == 0)
        remove_group(index, g);
    else if (g->count <= g->capacity / 4)
        resize_group(g, g->capacity / 2);
}

size_t pattern_index_match(const pattern_index *index, slice text,
                           void (*visit)(void *context, indexed_pattern *p), void *context) {
    size_t tried = 0;
    for (uint64_t lengths = index->lengths; lengths; lengths &= lengths - 1) {
        size_t len = (size_t)__builtin_ctzl(lengths);
        if (len > text.len) break;
        const struct group *g = find_group(index, (slice){text.data, len});
        if (!g) continue;
        for (size_t i = 0; i < g->count; i++)
            if (glob_match(g->patterns[i]->text, text, false)) visit(context, g->patterns[i]);
        tried += g->count;
    }
    return tried;
}
