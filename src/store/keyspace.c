/* Keyspace: one function per way of touching a key; the header says what each touch means.
 *
 * Expiry is kept in the entry, and the table's due times find it: no second dictionary. A key that has
 * expired is deleted by whoever meets it first, a lookup or keyspace_expire_due. */
#include "store/keyspace.h"

#include <assert.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/number.h"
#include "store/recency.h"
#include "store/types/string.h"
#include "store/value.h"

struct keyspace_statistics keyspace_statistics;
bool keyspace_active_expire = true;
bool keyspace_expiry_paused;

static database *databases;
static int database_count;

static keyspace_observer *observers;

/* While no key expires: expired ones that are met one after the other until a random key is given up. */
#define UNSEEN_MAX 100

void keyspace_open(int count) {
    databases = alloc_zeroed((size_t)count * sizeof(*databases));
    database_count = count;
    for (int i = 0; i < count; i++) {
        databases[i].id = i;
        databases[i].keys = table_new(&table_of_entries);
    }
}

int keyspace_databases(void) { return database_count; }

database *keyspace_database(int id) {
    assert(id >= 0 && id < database_count);
    return &databases[id];
}

void keyspace_observe(keyspace_observer *observer) {
    observer->next = observers;
    observers = observer;
}

void keyspace_unobserve(keyspace_observer *observer) {
    keyspace_observer **at = &observers;
    while (*at != observer) at = &(*at)->next;
    *at = observer->next;
}

/* The key is announced by name and hash alone: the entry may be half made. */
static void announce_created(database *db, const key *k) {
    for (const keyspace_observer *o = observers; o; o = o->next)
        if (o->created) o->created(db, k);
}

static void announce_missed(database *db, const key *k) {
    for (const keyspace_observer *o = observers; o; o = o->next)
        if (o->missed) o->missed(db, k);
}

/* --- Counting what databases hold --- */

/* The collection that was last looked up to be changed: spares the lookup when it has been. Forgotten as soon
 * as any entry goes or moves. */
static struct {
    const database *db;
    entry *e;
} at_hand;

static inline void forget_at_hand(void) { at_hand.e = NULL; }

static inline entry *keep_at_hand(const database *db, entry *e) {
    at_hand.db = db;
    at_hand.e = e;
    return e;
}

static entry *find_changed(const database *db, const key *k) {
    entry *e = at_hand.e;
    if (likely(e && at_hand.db == db && slice_equal(entry_key(e), k->name))) return e;
    return table_find(db->keys, k->name, k->hash);
}

/* Counts a collection anew that was changed in place. */
static void count_anew(database *db, const key *k) {
    entry *e = find_changed(db, k);
    if (!e) return;
    census_update(&db->sizes, e);
    if (likely(!(e->flags & ENTRY_ELEMENTS_EXPIRE)) || value_elements_expire(e)) return;
    e->flags &= ~(uint64_t)ENTRY_ELEMENTS_EXPIRE;
    db->elements_expire--;
}

void keyspace_announce(database *db, const key *k, enum keyspace_event event) {
    if (event >= EVENT_SADD) count_anew(db, k);
    for (const keyspace_observer *o = observers; o; o = o->next)
        if (o->changed) o->changed(db, k, event);
}

void keyspace_changed(database *db, const key *k, enum keyspace_event event) {
    keyspace_statistics.changes++;
    keyspace_announce(db, k, event);
}

static void count_expiry(database *db, const entry *e, int sign) {
    if (!entry_expires(e)) return;
    db->expiring += (size_t)sign;
    db->expiry_sum_ms += sign * (__int128)entry_expiry_ms(e);
}

static void count_in(database *db, entry *e) {
    count_expiry(db, e, +1);
    census_add(&db->sizes, e);
    if (unlikely(e->flags & ENTRY_ELEMENTS_EXPIRE)) db->elements_expire++;
}

static void count_out(database *db, const entry *e) {
    count_expiry(db, e, -1);
    census_remove(&db->sizes, e);
    if (unlikely(e->flags & ENTRY_ELEMENTS_EXPIRE)) db->elements_expire--;
    forget_at_hand();
}

/* --- The only places where entries enter and leave a database --- */

static void free_entry(void *element) {
    entry *e = element;
    value_free(e);
    entry_free_shell(e);
}

/* Whether the entry or an element of it expires. */
static inline bool has_due_time(const entry *e) { return e->flags & (ENTRY_EXPIRES | ENTRY_ELEMENTS_EXPIRE); }

/* As value_due_ms, which few entries need. */
static inline int64_t due_ms(const entry *e) {
    return likely(!(e->flags & ENTRY_ELEMENTS_EXPIRE)) ? entry_expiry_ms(e) : value_due_ms(e);
}

static entry *take_out(database *db, const key *k) {
    entry *e = table_remove(db->keys, k->name, k->hash);
    if (e) count_out(db, e);
    return e;
}

/* Puts an entry in the place of the one that it was made of, which is gone already. */
static void put_in_place(database *db, uint64_t hash, const entry *before, entry *after) {
    table_replace(db->keys, hash, before, after);
    forget_at_hand();
}

/* Puts an entry with the same key in the place of another, which is freed. */
static void replace(database *db, uint64_t hash, entry *before, entry *after) {
    count_out(db, before);
    table_replace(db->keys, hash, before, after);
    count_in(db, after);
    if (entry_expiry_ms(after) < entry_expiry_ms(before))
        table_note_due(db->keys, hash, after, entry_expiry_ms(after));
    free_entry(before);
}

/* Makes room for another value, without a word to anyone. */
static void discard(database *db, const key *k) {
    entry *e = take_out(db, k);
    if (e) free_entry(e);
}

static void add(database *db, const key *k, entry *e) {
    if (unlikely(keyspace_expiry_paused)) discard(db, k); /* one that has expired may be there, unseen */
    table_insert(db->keys, e, k->hash);
    count_in(db, e);
    if (has_due_time(e)) table_note_due(db->keys, k->hash, e, due_ms(e));
    if (unlikely(observers != NULL)) announce_created(db, k);
}

/* The name may be the entry's own key: it is announced before the entry is freed. */
static void expire(database *db, const key *k) {
    entry *e = take_out(db, k);
    keyspace_statistics.expired++;
    keyspace_changed(db, k, EVENT_EXPIRED);
    free_entry(e);
}

/* Removes what has expired of an entry that is due: all of it, or elements. Returns the entry if it is to be
 * seen. While no key expires elements stay too; their type passes them over. */
static entry *expire_part(database *db, const key *k, entry *e) {
    bool is_gone = entry_expiry_ms(e) <= clock_unix_ms();
    if (keyspace_expiry_paused) return is_gone ? NULL : e;
    if (is_gone) {
        expire(db, k);
        return NULL;
    }
    size_t expired = value_expire_elements(e);
    if (expired == 0) return e;
    keyspace_statistics.expired_elements += expired;
    keyspace_changed(db, k, EVENT_HEXPIRED);
    if (value_size(e) > 0) return e;
    take_out(db, k);
    keyspace_announce(db, k, EVENT_DEL);
    free_entry(e);
    return NULL;
}

/* The entry with that key, expired or not mattering: what has expired is deleted. */
static inline entry *find_live(database *db, const key *k) {
    entry *e = table_find(db->keys, k->name, k->hash);
    if (e && unlikely(has_due_time(e)) && due_ms(e) <= clock_unix_ms()) return expire_part(db, k, e);
    return e;
}

/* --- Looking up --- */

entry *keyspace_inspect_quietly(database *db, const key *k) {
    entry *e = find_live(db, k);
    if (e)
        keyspace_statistics.hits++;
    else
        keyspace_statistics.misses++;
    return e;
}

entry *keyspace_inspect(database *db, const key *k) {
    entry *e = keyspace_inspect_quietly(db, k);
    if (unlikely(!e && observers != NULL)) announce_missed(db, k);
    return e;
}

entry *keyspace_read(database *db, const key *k) {
    entry *e = keyspace_inspect(db, k);
    if (e) recency_touch(e);
    return e;
}

entry *keyspace_write(database *db, const key *k) {
    entry *e = find_live(db, k);
    if (e) recency_touch(e);
    return keep_at_hand(db, e);
}

entry *keyspace_peek(database *db, const key *k) { return find_live(db, k); }

entry *keyspace_random(database *db) {
    for (int unseen = 0; unseen < UNSEEN_MAX; unseen += keyspace_expiry_paused) {
        entry *e = table_random(db->keys);
        if (!e || entry_expiry_ms(e) > clock_unix_ms()) return e;
        key k = key_of(entry_key(e));
        if (!keyspace_expiry_paused) expire(db, &k);
    }
    return NULL;
}

struct live_visitor {
    void (*visit)(void *context, void *entry);
    void *context;
};

static void visit_live(void *context, void *element) {
    const struct live_visitor *v = context;
    if (entry_expiry_ms(element) > clock_unix_ms()) v->visit(v->context, element);
}

uint64_t keyspace_scan(database *db, uint64_t cursor, size_t count, void (*visit)(void *context, void *entry),
                       void *context) {
    struct live_visitor v = {visit, context};
    return table_scan(db->keys, cursor, count, visit_live, &v);
}

/* --- Strings --- */

/* The expiry that a key is to have, given what it has. */
static int64_t resolve_expiry(const entry *before, int64_t expiry_ms) {
    if (expiry_ms != KEEP_EXPIRY) return expiry_ms;
    return before ? entry_expiry(before) : NO_EXPIRY;
}

/* Puts a fresh entry in the place of before, or adds it if that is NULL. A key that is set again and again is
 * as much in use as one that is read: it keeps its frequency. */
static void put(database *db, const key *k, entry *before, entry *fresh) {
    if (before) {
        fresh->recency = before->recency;
        recency_touch(fresh);
        replace(db, k->hash, before, fresh);
    } else {
        recency_start(fresh);
        add(db, k, fresh);
    }
}

void keyspace_put_text(database *db, const key *k, slice value, int64_t expiry_ms) {
    entry *e = find_live(db, k);
    int64_t when = resolve_expiry(e, expiry_ms);
    bool same_layout = e && e->type == TYPE_STRING && (when != NO_EXPIRY) == entry_expires(e);
    if (same_layout && string_assign(e, value)) {
        recency_touch(e);
        census_update(&db->sizes, e);
        if (entry_expires(e)) keyspace_set_expiry(db, k, e, when);
        return;
    }
    put(db, k, e, bytes_new(k->name, TYPE_STRING, value, when));
}

void keyspace_put_integer(database *db, const key *k, int64_t value, int64_t expiry_ms) {
    entry *e = find_live(db, k);
    int64_t when = resolve_expiry(e, expiry_ms);
    if (e && e->type == TYPE_STRING && e->encoding == ENCODING_INT && when == entry_expiry(e)) {
        entry_set_integer(e, value);
        recency_touch(e);
        census_update(&db->sizes, e);
        return;
    }
    put(db, k, e, string_new_integer(k->name, value, when));
}

void keyspace_update_integer(database *db, const key *k, entry *e, int64_t value) {
    if (likely(e && e->encoding == ENCODING_INT)) {
        entry_set_integer(e, value);
        census_update(&db->sizes, e);
    } else {
        put(db, k, e, string_new_integer(k->name, value, e ? entry_expiry(e) : NO_EXPIRY));
    }
}

void keyspace_put_string(database *db, const key *k, slice value, int64_t expiry_ms) {
    int64_t integer;
    if (number_parse_i64(value, &integer))
        keyspace_put_integer(db, k, integer, expiry_ms);
    else
        keyspace_put_text(db, k, value, expiry_ms);
}

void keyspace_put_blob(database *db, const key *k, blob *value, int64_t expiry_ms) {
    entry *e = find_live(db, k);
    put(db, k, e, bytes_new_blob(k->name, TYPE_STRING, value, resolve_expiry(e, expiry_ms)));
}

char *keyspace_edit_string(database *db, const key *k, size_t len) {
    entry *e = find_live(db, k);
    if (!e) {
        e = bytes_new(k->name, TYPE_STRING, SLICE(""), NO_EXPIRY);
        recency_start(e);
        add(db, k, e);
    }
    char *bytes;
    entry *after = string_edit(e, len, &bytes);
    if (after != e) put_in_place(db, k->hash, e, after);
    census_update(&db->sizes, after);
    return bytes;
}

/* --- Collections --- */

static entry *add_fresh(database *db, const key *k, entry *e) {
    recency_start(e);
    add(db, k, e);
    return keep_at_hand(db, e);
}

entry *keyspace_add_bytes(database *db, const key *k, enum value_type type, slice bytes) {
    return add_fresh(db, k, bytes_new(k->name, type, bytes, NO_EXPIRY));
}

entry *keyspace_add_structure(database *db, const key *k, enum value_type type, void *structure) {
    return add_fresh(db, k, entry_new_structure(k->name, type, structure, NO_EXPIRY));
}

void keyspace_put_entry(database *db, const key *k, entry *e) { put(db, k, find_live(db, k), e); }

entry *keyspace_resize_bytes(database *db, const key *k, entry *e, size_t len, char **bytes) {
    entry *after = bytes_edit(e, len, bytes);
    if (after != e) put_in_place(db, k->hash, e, after);
    return keep_at_hand(db, after);
}

entry *keyspace_become_structure(database *db, const key *k, entry *e, void *structure) {
    entry *after = entry_new_structure(k->name, e->type, structure, entry_expiry(e));
    after->recency = e->recency;
    replace(db, k->hash, e, after);
    return keep_at_hand(db, after);
}

entry *keyspace_become_bytes(database *db, const key *k, entry *e, slice bytes) {
    entry *after = bytes_new(k->name, e->type, bytes, entry_expiry(e));
    after->recency = e->recency;
    replace(db, k->hash, e, after);
    return keep_at_hand(db, after);
}

void keyspace_note_element_expiry(database *db, const key *k, entry *e) {
    if (!(e->flags & ENTRY_ELEMENTS_EXPIRE)) db->elements_expire++;
    e->flags |= ENTRY_ELEMENTS_EXPIRE;
    table_note_due(db->keys, k->hash, e, value_due_ms(e));
}

/* --- Keys --- */

bool keyspace_delete(database *db, const key *k) {
    entry *e = take_out(db, k);
    if (!e) return false;
    bool expired = entry_expiry_ms(e) <= clock_unix_ms();
    keyspace_statistics.expired += expired;
    keyspace_changed(db, k, expired ? EVENT_EXPIRED : EVENT_DEL);
    free_entry(e);
    return !expired;
}

void keyspace_set_expiry(database *db, const key *k, entry *e, int64_t expiry_ms) {
    int64_t before_ms = entry_expiry_ms(e);
    count_expiry(db, e, -1);
    entry *after = entry_with_expiry(e, expiry_ms);
    if (after != e) put_in_place(db, k->hash, e, after);
    count_expiry(db, after, +1);
    if (entry_expiry_ms(after) < before_ms) table_note_due(db->keys, k->hash, after, expiry_ms);
}

void keyspace_rename(database *db, const key *from, const key *to) {
    entry *e = take_out(db, from);
    assert(e);
    discard(db, to);
    add(db, to, entry_with_key(e, to->name));
    entry_free_shell(e);
}

void keyspace_move(database *from, database *to, const key *k) {
    entry *e = take_out(from, k);
    assert(e);
    add(to, k, e);
}

void keyspace_copy(const entry *e, database *to, const key *k) {
    entry *copy = value_copy(e, k->name);
    recency_start(copy);
    discard(to, k);
    add(to, k, copy);
}

void keyspace_swap(database *a, database *b) {
    if (a == b) return;
    for (const keyspace_observer *o = observers; o; o = o->next)
        if (o->swapped) o->swapped(a, b);
    database swapped = *a;
    int id_a = a->id, id_b = b->id;
    *a = *b;
    *b = swapped;
    a->id = id_a;
    b->id = id_b;
    forget_at_hand();
    keyspace_statistics.changes++;
}

static void free_table_of_entries(void *argument) { table_free(argument, free_entry); }

static void announce_flushed(database *db) {
    for (const keyspace_observer *o = observers; o; o = o->next)
        if (o->flushed) o->flushed(db);
}

static size_t empty(database *db) {
    size_t count = table_count(db->keys);
    if (count == 0) return 0;
    background_run(free_table_of_entries, db->keys, count);
    *db = (database){.id = db->id, .keys = table_new(&table_of_entries)};
    forget_at_hand();
    keyspace_statistics.changes += count;
    return count;
}

size_t keyspace_flush(database *db) {
    announce_flushed(db);
    return empty(db);
}

size_t keyspace_flush_all(void) {
    size_t count = 0;
    announce_flushed(NULL);
    for (int id = 0; id < database_count; id++) count += empty(&databases[id]);
    return count;
}

/* --- Upkeep --- */

bool keyspace_expire_due(int64_t budget_us) {
    enum { BATCH = 64 };
    if (!keyspace_active_expire || keyspace_expiry_paused) return false;
    static int first; /* moves on, so that one database can't keep all others waiting */
    int64_t start_ns = clock_now_monotonic_ns(), spent_ns = 0;
    bool any_more = false;
    first = (first + 1) % database_count;
    for (int i = 0; i < database_count; i++) {
        database *db = &databases[(first + i) % database_count];
        bool more = true;
        while (more && spent_ns < budget_us * 1000) {
            void *due[BATCH];
            size_t count = table_collect_due(db->keys, clock_unix_ms(), due, BATCH, &more);
            for (size_t j = 0; j < count; j++) prefetch(due[j]);
            for (size_t j = 0; j < count; j++) {
                key k = key_of(entry_key(due[j]));
                entry *left = expire_part(db, &k, due[j]);
                if (!left) continue;
                table_note_due(db->keys, k.hash, left, value_due_ms(left));
                more |= value_due_ms(left) <= clock_unix_ms();
            }
            spent_ns = clock_now_monotonic_ns() - start_ns;
        }
        any_more |= more;
    }
    keyspace_statistics.expire_cycle_us += (uint64_t)spent_ns / 1000;
    keyspace_statistics.expire_slices_full += any_more;
    return any_more;
}

int64_t keyspace_average_ttl_ms(const database *db) {
    if (db->expiring == 0) return 0;
    int64_t average = (int64_t)(db->expiry_sum_ms / (__int128)db->expiring) - clock_unix_ms();
    return average > 0 ? average : 0;
}

size_t keyspace_memory_bytes(const entry *e, size_t samples) {
    return alloc_class(entry_bytes(e)) + value_memory_bytes(e, samples) + sizeof(void *);
}
