/* Value: dispatch by type. */
#include "store/value.h"

#include <assert.h>

#include "base/background.h"
#include "base/compiler.h"
#include "store/types/bytes.h"
#include "store/types/hash.h"
#include "store/types/list.h"
#include "store/types/set.h"
#include "store/types/string.h"
#include "store/types/zset.h"

/* Structures with more elements than this are freed by the background thread. */
#define BACKGROUND_FREE_ELEMENTS 64

static const struct value_kind *const kinds[TYPE_STREAM + 1] = {
    [TYPE_LIST] = &list_kind,
    [TYPE_SET] = &set_kind,
    [TYPE_ZSET] = &zset_kind,
    [TYPE_HASH] = &hash_kind,
};

static const struct value_kind *kind_of(const entry *e) {
    assert(e->encoding == ENCODING_STRUCTURE && kinds[e->type]);
    return kinds[e->type];
}

void value_free(entry *e) {
    if (e->encoding != ENCODING_STRUCTURE) {
        bytes_free(e);
        return;
    }
    const struct value_kind *kind = kind_of(e);
    if (kind->count(entry_pointer(e)) > BACKGROUND_FREE_ELEMENTS)
        background_run(kind->free, entry_pointer(e), 1);
    else
        kind->free(entry_pointer(e));
}

const table *value_approach(const entry *e) {
    if (e->encoding == ENCODING_STRUCTURE) {
        const struct value_kind *kind = kind_of(e);
        return kind->approach ? kind->approach(entry_pointer(e)) : NULL;
    }
    if (e->encoding == ENCODING_RAW) {
        const char *bytes = entry_pointer(e);
        prefetch(bytes);
        prefetch(bytes + CACHE_LINE_BYTES);
    }
    return NULL;
}

entry *value_copy(const entry *e, slice name) {
    entry *copy;
    if (bytes_are_value(e)) {
        copy = bytes_new(name, e->type, bytes_view(e), entry_expiry(e));
    } else {
        copy = entry_new(name, e->type, e->encoding, entry_expiry(e), 0);
        bool is_structure = e->encoding == ENCODING_STRUCTURE;
        entry_set_pointer(copy, is_structure ? kind_of(e)->copy(entry_pointer(e)) : entry_pointer(e));
    }
    copy->flags |= e->flags & ENTRY_VALUE_FLAGS;
    return copy;
}

size_t value_memory_bytes(const entry *e, size_t samples) {
    if (e->encoding != ENCODING_STRUCTURE) return bytes_memory_bytes(e);
    return kind_of(e)->memory_bytes(entry_pointer(e), samples);
}

int64_t value_due_ms(const entry *e) {
    int64_t expiry_ms = entry_expiry_ms(e);
    if (e->encoding != ENCODING_STRUCTURE || !kind_of(e)->due_ms) return expiry_ms;
    int64_t element_ms = kind_of(e)->due_ms(entry_pointer(e));
    return element_ms < expiry_ms ? element_ms : expiry_ms;
}

size_t value_expire_elements(entry *e) { return kind_of(e)->expire(entry_pointer(e)); }

bool value_elements_expire(const entry *e) {
    if (e->encoding != ENCODING_STRUCTURE || !kind_of(e)->due_ms) return false;
    return kind_of(e)->due_ms(entry_pointer(e)) != INT64_MAX;
}

size_t value_size(const entry *e) {
    switch (e->type) {
    case TYPE_STRING: return string_len(e);
    case TYPE_LIST: return list_count(e);
    case TYPE_SET: return set_count(e);
    case TYPE_ZSET: return zset_count(e);
    default: return hash_count(e);
    }
}
