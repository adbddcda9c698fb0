/* Registry: an array of the commands in the table's order, and an index from name to place in that array.
 *
 *     entries   [ ping | echo | select | ...                ]     name, row
 *                   ^--------------------------.
 *     slots     [ -- | first 8, last 8, length, entry | -- ...]   open addressing, at most half full
 *
 * A name is looked up once per request, so it is folded to lower case and compared eight bytes at a time:
 * names up to 16 bytes (nearly all) are told apart by their first and last 8 bytes and their length, without
 * touching the stored name. A lookup allocates nothing, touches one or two cache lines and takes about 5 ns.
 *
 * Renaming is rare and rebuilds the index. */
#include "server/request/registry.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

#define SLOT_BITS  10
#define SLOT_COUNT (1u << SLOT_BITS)
static_assert(SLOT_COUNT >= 2 * REGISTRY_COMMANDS_MAX, "probing needs free slots");

struct entry {
    slice name;
    const command *row;
    char *given_name; /* what name points at after renaming, else NULL */
};

/* A name as it is compared: letters in lower case. Short names are spread so that equal head, tail and length
 * mean equal names up to 16 bytes. */
struct folded {
    uint64_t head, tail;
    uint32_t len;
};

struct slot {
    struct folded name; /* len 0: free */
    uint32_t entry;
};

static struct {
    struct entry entries[REGISTRY_COMMANDS_MAX];
    size_t count;
    size_t row_count;
    struct slot slots[SLOT_COUNT];
} registry;

/* Turns the eight bytes' ASCII capitals into small letters. */
static inline uint64_t fold_word(uint64_t word) {
    const uint64_t ones = 0x0101010101010101;
    uint64_t low_bits = word & (ones * 0x7f);
    uint64_t from_a = low_bits + ones * (0x80 - 'A'); /* high bit set: the byte's low bits are >= 'A' */
    uint64_t past_z = low_bits + ones * (0x7f - 'Z'); /* high bit set: they are > 'Z' */
    uint64_t capitals = from_a & ~past_z & ~word & (ones * 0x80);
    return word | capitals >> 2;
}

static inline uint64_t load_8(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t load_4(const char *p) {
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* One to seven bytes as a word, without reading past them. */
static inline uint64_t load_short(const char *p, size_t len) {
    if (len >= 4) return load_4(p) | (uint64_t)load_4(p + len - 4) << 32;
    const unsigned char *byte = (const unsigned char *)p;
    return byte[0] | (uint64_t)byte[len / 2] << 8 | (uint64_t)byte[len - 1] << 16;
}

static inline struct folded fold(slice name) {
    struct folded f = {.len = (uint32_t)name.len};
    if (name.len >= 8) {
        f.head = fold_word(load_8(name.data));
        f.tail = fold_word(load_8(name.data + name.len - 8));
    } else {
        f.head = fold_word(load_short(name.data, name.len));
    }
    return f;
}

static inline uint32_t slot_of(const struct folded *f) {
    uint64_t mixed = (f->head ^ (f->tail << 21 | f->tail >> 43)) + f->len;
    return (uint32_t)(mixed * 0x9e3779b97f4a7c15 >> (64 - SLOT_BITS));
}

static inline bool same_name(const struct slot *slot, const struct folded *f, slice name) {
    if (slot->name.head != f->head || slot->name.tail != f->tail || slot->name.len != f->len) return false;
    return f->len <= 16 || strncasecmp(registry.entries[slot->entry].name.data, name.data, name.len) == 0;
}

/* The slot of that name, or the free one where it would be. */
static struct slot *find_slot(slice name) {
    struct folded f = fold(name);
    for (uint32_t at = slot_of(&f);; at = (at + 1) % SLOT_COUNT) {
        struct slot *slot = &registry.slots[at];
        if (slot->name.len == 0 || same_name(slot, &f, name)) return slot;
    }
}

static void index_entries(void) {
    memset(registry.slots, 0, sizeof registry.slots);
    for (size_t i = 0; i < registry.count; i++) {
        slice name = registry.entries[i].name;
        struct slot *slot = find_slot(name);
        assert(slot->name.len == 0); /* names are unique */
        *slot = (struct slot){fold(name), (uint32_t)i};
    }
}

void registry_load(const command *table) {
    for (size_t i = 0; i < registry.count; i++) alloc_free_unsized(registry.entries[i].given_name);
    registry.count = registry.row_count = 0;
    for (const command *row = table; row->name; row++) {
        assert(registry.count < REGISTRY_COMMANDS_MAX);
        registry.entries[registry.count++] = (struct entry){slice_of(row->name), row, NULL};
        registry.row_count++;
        for (const command *sub = row->subcommands; sub && sub->name; sub++) registry.row_count++;
    }
    index_entries();
}

const command *registry_find(slice name) {
    if (name.len == 0 || name.len > UINT32_MAX) return NULL;
    const struct slot *slot = find_slot(name);
    return slot->name.len ? registry.entries[slot->entry].row : NULL;
}

const command *registry_find_sub(const command *parent, slice name) {
    for (const command *sub = parent->subcommands; sub && sub->name; sub++)
        if (slice_is(name, sub->name)) return sub;
    return NULL;
}

const command *registry_find_full(slice full_name) {
    const char *bar = memchr(full_name.data, '|', full_name.len);
    if (!bar) return registry_find(full_name);
    size_t parent_len = (size_t)(bar - full_name.data);
    const command *parent = registry_find((slice){full_name.data, parent_len});
    if (!parent) return NULL;
    return registry_find_sub(parent, (slice){bar + 1, full_name.len - parent_len - 1});
}

const command *registry_resolve(const slice *argv, int argc) {
    const command *row = registry_find(argv[0]);
    if (!row || !row->subcommands || argc == 1) return row;
    return registry_find_sub(row, argv[1]);
}

static void remove_entry(size_t index) {
    alloc_free_unsized(registry.entries[index].given_name);
    registry.count--;
    memmove(&registry.entries[index], &registry.entries[index + 1],
            (registry.count - index) * sizeof registry.entries[0]);
}

static void rename_entry(struct entry *entry, slice new_name) {
    char *given_name = alloc_text_of(new_name.data, new_name.len);
    alloc_free_unsized(entry->given_name);
    entry->given_name = given_name;
    entry->name = (slice){given_name, new_name.len};
}

bool registry_rename(slice name, slice new_name) {
    if (!registry_find(name)) return false;
    uint32_t index = find_slot(name)->entry;
    if (new_name.len == 0) {
        remove_entry(index);
    } else {
        const struct slot *taken = find_slot(new_name);
        if (taken->name.len && taken->entry != index) return false;
        rename_entry(&registry.entries[index], new_name);
    }
    index_entries();
    return true;
}

size_t registry_count(void) { return registry.count; }

const command *registry_at(size_t index) {
    assert(index < registry.count);
    return registry.entries[index].row;
}

size_t registry_row_count(void) { return registry.row_count; }
