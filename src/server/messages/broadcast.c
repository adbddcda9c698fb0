/* Broadcast: a tree of all prefixes, and those below which something has changed in this turn.
 *
 *     prefixes   "user:"   receivers: A, B      changes: user:7, user:9
 *                "user:a"  receivers: C
 *     receiver A           wishes: "user:", "shop:"     a tree too: overlaps are seen at once
 *
 * A change is kept once and referred to by each prefix of the key. When it is told, changes of the same key
 * become one, by nobody if they were not all by the same. */
#include "server/messages/broadcast.h"

#include <stdlib.h>

#include "base/alloc.h"

/* What is collected is told early when it is so many changes, or so many bytes of names. */
#define CHANGES_MAX    4096
#define NAME_BYTES_MAX (1024 * 1024)

/* Not in the list of prefixes with changes. */
#define UNCHANGED SIZE_MAX

struct change {
    struct change *next;
    uint64_t by;
    size_t len;
    char name[];
};

typedef struct prefix prefix;

struct wish {
    prefix_node node; /* first: in the receiver's tree */
    prefix *prefix;
    broadcast_receiver *receiver;
    struct wish *next, *previous; /* of the prefix */
};

struct prefix {
    prefix_node node; /* first: in the tree of all */
    struct wish *first, *last;
    struct change **changes;
    size_t count, capacity;
    size_t place; /* in changed */
    char text[];
};

static prefix_tree prefixes;

/* Prefixes with changes, in no order. */
static struct {
    prefix **prefixes;
    size_t count, capacity;
} changed;

/* All changes that are collected. */
static struct {
    struct change *first;
    size_t count, name_bytes;
} collected;

static slice text_of(const prefix *p) { return p->node.text; }

/* --- Prefixes --- */

static prefix *find_or_add(slice text) {
    prefix *p = (prefix *)prefix_tree_find(&prefixes, text);
    if (p) return p;
    p = alloc(sizeof(*p) + text.len);
    *p = (prefix){.node.text = {p->text, text.len}, .place = UNCHANGED};
    memcpy(p->text, text.data, text.len);
    prefix_tree_add(&prefixes, &p->node);
    return p;
}

static void leave_changed(prefix *p) {
    if (p->place == UNCHANGED) return;
    prefix *last = changed.prefixes[--changed.count];
    changed.prefixes[p->place] = last;
    last->place = p->place;
    p->place = UNCHANGED;
}

static void prefix_free(prefix *p) {
    leave_changed(p);
    prefix_tree_remove(&prefixes, &p->node);
    alloc_free(p->changes, p->capacity * sizeof(*p->changes));
    alloc_free(p, sizeof(*p) + text_of(p).len);
}

void broadcast_add(broadcast_receiver *r, slice text) {
    prefix *p = find_or_add(text);
    struct wish *w = alloc(sizeof(*w));
    *w = (struct wish){.node.text = text_of(p), .prefix = p, .receiver = r, .previous = p->last};
    *(p->last ? &p->last->next : &p->first) = w;
    p->last = w;
    prefix_tree_add(&r->wishes, &w->node);
}

static void wish_free(struct wish *w) {
    prefix *p = w->prefix;
    *(w->previous ? &w->previous->next : &p->first) = w->next;
    *(w->next ? &w->next->previous : &p->last) = w->previous;
    if (!p->first) prefix_free(p);
    alloc_free(w, sizeof(*w));
}

void broadcast_remove_all(broadcast_receiver *r) {
    for (prefix_node *node; (node = prefix_tree_first(&r->wishes));) {
        prefix_tree_remove(&r->wishes, node);
        wish_free((struct wish *)node);
    }
}

size_t broadcast_memory_bytes(const broadcast_receiver *r) {
    return r->wishes.count * alloc_class(sizeof(struct wish));
}

size_t broadcast_prefixes(void) { return prefixes.count; }

/* --- Collecting --- */

static void enter_changed(prefix *p) {
    if (p->place != UNCHANGED) return;
    alloc_make_room(changed.prefixes, changed.count, changed.capacity);
    p->place = changed.count;
    changed.prefixes[changed.count++] = p;
}

static void add_change(prefix *p, struct change *made) {
    alloc_make_room(p->changes, p->count, p->capacity);
    p->changes[p->count++] = made;
    enter_changed(p);
}

static struct change *change_new(slice name, uint64_t by) {
    struct change *made = alloc(sizeof(*made) + name.len);
    *made = (struct change){.next = collected.first, .by = by, .len = name.len};
    memcpy(made->name, name.data, name.len);
    collected.first = made;
    collected.count++;
    collected.name_bytes += name.len;
    return made;
}

void broadcast_note(slice name, uint64_t by) {
    prefix_node *node = prefix_tree_match(&prefixes, name, NULL);
    if (!node) return;
    struct change *made = change_new(name, by);
    for (; node; node = prefix_tree_match(&prefixes, name, node)) add_change((prefix *)node, made);
}

bool broadcast_is_full(void) {
    return collected.count >= CHANGES_MAX || collected.name_bytes >= NAME_BYTES_MAX;
}

/* --- Telling --- */

static slice name_of(const struct change *made) { return (slice){made->name, made->len}; }

static int compare_changes(const void *a, const void *b) {
    return slice_compare(name_of(*(struct change *const *)a), name_of(*(struct change *const *)b));
}

static int compare_prefixes(const void *a, const void *b) {
    return slice_compare(text_of(*(prefix *const *)a), text_of(*(prefix *const *)b));
}

/* The changed keys of a prefix: each once, in the order of bytes, with who changed it. */
struct telling {
    slice *names;
    uint64_t *by;
    size_t count;
    bool any_own; /* by anybody */
};

static struct telling gather(prefix *p) {
    qsort(p->changes, p->count, sizeof(*p->changes), compare_changes);
    struct telling t = {alloc(p->count * sizeof(slice)), alloc(p->count * sizeof(uint64_t)), 0, false};
    for (size_t i = 0; i < p->count; i++) {
        const struct change *made = p->changes[i];
        slice name = name_of(made);
        if (t.count > 0 && slice_equal(t.names[t.count - 1], name)) {
            if (t.by[t.count - 1] != made->by) t.by[t.count - 1] = 0;
            continue;
        }
        t.names[t.count] = name;
        t.by[t.count++] = made->by;
        t.any_own |= made->by != 0;
    }
    return t;
}

static bool any_by(const struct telling *t, uint64_t number) {
    for (size_t i = 0; i < t->count; i++)
        if (t->by[i] == number) return true;
    return false;
}

/* Tells a receiver of those changes that it has not made itself. */
static void tell_others(const struct telling *t, broadcast_receiver *r,
                        void (*send)(broadcast_receiver *r, invalidation *m)) {
    slice *names = alloc(t->count * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->by[i] != r->own) names[count++] = t->names[i];
    if (count > 0) {
        invalidation m = invalidation_of(names, count);
        send(r, &m);
        invalidation_end(&m);
    }
    alloc_free(names, t->count * sizeof(*names));
}

static void tell_prefix(prefix *p, void (*send)(broadcast_receiver *r, invalidation *m)) {
    struct telling t = gather(p);
    invalidation m = invalidation_of(t.names, t.count);
    for (const struct wish *w = p->first; w; w = w->next) {
        broadcast_receiver *r = w->receiver;
        if (t.any_own && r->own && any_by(&t, r->own))
            tell_others(&t, r, send);
        else
            send(r, &m);
    }
    invalidation_end(&m);
    alloc_free(t.names, p->count * sizeof(slice));
    alloc_free(t.by, p->count * sizeof(uint64_t));
    alloc_free(p->changes, p->capacity * sizeof(*p->changes));
    p->changes = NULL;
    p->count = p->capacity = 0;
    p->place = UNCHANGED;
}

static void forget_collected(void) {
    for (struct change *made = collected.first, *next; made; made = next) {
        next = made->next;
        alloc_free(made, sizeof(*made) + made->len);
    }
    collected.first = NULL;
    collected.count = collected.name_bytes = 0;
}

void broadcast_tell(void (*send)(broadcast_receiver *r, invalidation *m)) {
    if (collected.count == 0) return;
    qsort(changed.prefixes, changed.count, sizeof(*changed.prefixes), compare_prefixes);
    for (size_t i = 0; i < changed.count; i++) tell_prefix(changed.prefixes[i], send);
    changed.count = 0;
    forget_collected();
}
