/* Census: what a database counts of its keys beside what a walk over all of them finds, through random
 * histories of collections that grow, shrink, change their form and type, move, expire in part and as a
 * whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/keyspace.h"
#include "store/types/hash.h"
#include "store/types/list.h"
#include "store/types/set.h"
#include "store/types/zset.h"

#define DATABASES   2
#define KEYS        12
#define MEMBERS     60 /* that a collection may have, of the same names in all */
#define MEMBERS_MAX 30 /* changed at once */
#define PLENTY_US   1000000000

/* --- What a walk finds --- */

struct found {
    census sizes;
    size_t expiring, elements_expire;
    __int128 expiry_sum_ms;
};

static void count_entry(void *context, void *element) {
    struct found *f = context;
    const entry *e = element;
    f->sizes.keys[e->type][census_class(value_size(e))]++;
    f->elements_expire += value_elements_expire(e);
    if (!entry_expires(e)) return;
    f->expiring++;
    f->expiry_sum_ms += entry_expiry_ms(e);
}

/* What has expired and was not met yet is counted as well. */
static void assert_counted(const database *db) {
    struct found found = {0};
    table_scan(db->keys, 0, SIZE_MAX, count_entry, &found);
    assert_memory_equal(&db->sizes, &found.sizes, sizeof(found.sizes));
    assert_int_equal(db->expiring, found.expiring);
    assert_int_equal(db->elements_expire, found.elements_expire);
    assert_true(db->expiry_sum_ms == found.expiry_sum_ms);
}

/* --- Changes --- */

static key key_number(size_t number) {
    static char names[KEYS][8];
    snprintf(names[number], sizeof(names[number]), "key%zu", number);
    return key_of(slice_of(names[number]));
}

/* Some members or elements, one after the other in the order of their numbers: integers, or texts. */
static size_t some_members(slice *members) {
    static char texts[MEMBERS_MAX][32];
    size_t count = 1 + random_below(random_below(4) ? 3 : MEMBERS_MAX), first = random_below(MEMBERS);
    bool integers = random_below(2);
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof(texts[i]), integers ? "%zu" : "member:%zu", (first + i) % MEMBERS);
        members[i] = slice_of(texts[i]);
    }
    return count;
}

static void delete_if_empty(database *db, const key *k, const entry *e) {
    if (value_size(e) == 0) keyspace_delete(db, k);
}

static void change_hash(database *db, const key *k, entry *e, bool grow) {
    slice members[MEMBERS_MAX], pairs[2 * MEMBERS_MAX];
    size_t count = some_members(members), created;
    for (size_t i = 0; i < count; i++) pairs[2 * i] = pairs[2 * i + 1] = members[i];
    if (grow) {
        e = hash_set(db, k, e, pairs, count, random_below(2), &created);
        keyspace_changed(db, k, EVENT_HSET);
        if (random_below(2)) return;
        e = hash_set_expiry(db, k, e, members[0], clock_unix_ms() + 1 + (int64_t)random_below(3000));
        keyspace_changed(db, k, EVENT_HEXPIRE);
        return;
    }
    bool removed;
    for (size_t i = 0; i < count; i++) e = hash_remove(db, k, e, members[i], &removed);
    keyspace_changed(db, k, EVENT_HDEL);
    delete_if_empty(db, k, e);
}

static void change_list(database *db, const key *k, entry *e, bool grow) {
    slice members[MEMBERS_MAX];
    size_t count = some_members(members);
    enum list_end end = random_below(2) ? LIST_HEAD : LIST_TAIL;
    if (grow) {
        list_push(db, k, e, end, members, count);
        keyspace_changed(db, k, EVENT_LPUSH);
    } else if (count < list_count(e)) {
        list_drop(db, k, e, end, count);
        keyspace_changed(db, k, EVENT_LPOP);
    } else {
        e = list_remove(db, k, e, end, members[0], SIZE_MAX, &count);
        keyspace_changed(db, k, EVENT_LREM);
        delete_if_empty(db, k, e);
    }
}

static void change_set(database *db, const key *k, entry *e, bool grow) {
    slice members[MEMBERS_MAX];
    size_t count = some_members(members), added;
    if (grow) {
        set_add_texts(db, k, e, members, count, &added);
        keyspace_changed(db, k, EVENT_SADD);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct set_member m;
        bool removed;
        set_member_from_text(&m, members[i]);
        e = set_remove(db, k, e, &m, &removed);
    }
    keyspace_changed(db, k, EVENT_SREM);
    delete_if_empty(db, k, e);
}

static void change_zset(database *db, const key *k, entry *e, bool grow) {
    slice members[MEMBERS_MAX];
    size_t count = some_members(members);
    if (!e) {
        e = zset_create(db, k, count, members[0].len);
        grow = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct zset_place place;
        zset_find(e, members[i], &place);
        if (grow)
            e = zset_put(db, k, e, members[i], &place, (double)random_below(10));
        else if (place.found)
            e = zset_remove(db, k, e, &place);
    }
    keyspace_changed(db, k, grow ? EVENT_ZADD : EVENT_ZREM);
    delete_if_empty(db, k, e);
}

/* Changes a collection in place, or makes one. */
static void change_collection(database *db, const key *k) {
    entry *e = keyspace_write(db, k);
    enum value_type type = e ? e->type : TYPE_LIST + random_below(4);
    bool grow = !e || random_below(2);
    switch (type) {
    case TYPE_LIST: change_list(db, k, e, grow); break;
    case TYPE_SET: change_set(db, k, e, grow); break;
    case TYPE_ZSET: change_zset(db, k, e, grow); break;
    case TYPE_HASH: change_hash(db, k, e, grow); break;
    default: keyspace_put_string(db, k, SLICE("in the place of a string"), KEEP_EXPIRY);
    }
}

static int64_t random_expiry(void) {
    return random_below(2) ? NO_EXPIRY : clock_unix_ms() + 1 + (int64_t)random_below(3000);
}

static void overwrite(database *db, const key *k) {
    if (random_below(2)) {
        keyspace_put_string(db, k, SLICE("text"), random_expiry());
        return;
    }
    struct list *draft = list_draft_new();
    for (size_t left = 1 + random_below(40); left > 0; left--) {
        struct packed_value v = packed_value_integer((int64_t)left);
        list_draft_add(draft, &v);
    }
    keyspace_put_entry(db, k, list_draft_finish(draft, k->name));
    keyspace_changed(db, k, EVENT_SORTSTORE);
}

static void give_expiry(database *db, const key *k) {
    entry *e = keyspace_write(db, k);
    if (e) keyspace_set_expiry(db, k, e, random_expiry());
}

static void take_elsewhere(database *db, const key *k, database *to, const key *other) {
    entry *e = keyspace_write(db, k);
    if (!e || slice_equal(k->name, other->name)) return;
    switch (random_below(3)) {
    case 0: keyspace_rename(db, k, other); break;
    case 1: keyspace_copy(e, to, other); break;
    default:
        if (to != db && !keyspace_write(to, k)) keyspace_move(db, to, k);
    }
}

static void random_step(void) {
    database *db = keyspace_database((int)random_below(DATABASES));
    database *other_db = keyspace_database((int)random_below(DATABASES));
    key k = key_number(random_below(KEYS)), other = key_number(random_below(KEYS));
    switch (random_below(40)) {
    case 0: keyspace_swap(db, other_db); break;
    case 1:
        if (random_below(10) == 0) keyspace_flush(db);
        break;
    case 2:
    case 3: keyspace_delete(db, &k); break;
    case 4:
    case 5: overwrite(db, &k); break;
    case 6:
    case 7: give_expiry(db, &k); break;
    case 8:
    case 9:
    case 10: take_elsewhere(db, &k, other_db, &other); break;
    case 11:
    case 12: clock_cached_unix_ms += (int64_t)random_below(500); break;
    case 13: keyspace_expire_due(PLENTY_US); break;
    case 14: keyspace_read(db, &k); break;
    default: change_collection(db, &k);
    }
}

static void random_histories_are_counted_right(void **state) {
    (void)state;
    for (int step = 0; step < 40000; step++) {
        random_step();
        for (int id = 0; id < DATABASES; id++) assert_counted(keyspace_database(id));
    }
}

/* Both are told of in one go, and the second is not the one that was last looked up. */
static void changes_are_counted_whichever_key_was_looked_up_last(void **state) {
    (void)state;
    database *db = keyspace_database(0);
    key a = key_number(0), b = key_number(1);
    keyspace_flush_all();
    size_t added;
    set_add_texts(db, &a, NULL, (slice[]){SLICE("x"), SLICE("y")}, 2, &added);
    keyspace_changed(db, &a, EVENT_SADD);
    set_add_texts(db, &b, keyspace_write(db, &b), (slice[]){SLICE("x")}, 1, &added);
    set_add_texts(db, &a, keyspace_peek(db, &a), (slice[]){SLICE("z"), SLICE("0")}, 2, &added);
    keyspace_changed(db, &a, EVENT_SADD);
    keyspace_changed(db, &b, EVENT_SADD);
    assert_int_equal(db->sizes.keys[TYPE_SET][census_class(4)], 1);
    assert_int_equal(db->sizes.keys[TYPE_SET][census_class(1)], 1);
    assert_counted(db);
}

/* Makes a hash, of which one field expires soon and the other never, the one that was last looked up, and a
 * copy in the other database. */
static void make_twins(const key *k) {
    database *db = keyspace_database(0);
    size_t created;
    keyspace_flush_all();
    entry *e =
        hash_set(db, k, NULL, (slice[]){SLICE("a"), SLICE("1"), SLICE("b"), SLICE("2")}, 2, false, &created);
    keyspace_changed(db, k, EVENT_HSET);
    e = hash_set_expiry(db, k, e, SLICE("a"), clock_unix_ms() + 10);
    keyspace_changed(db, k, EVENT_HEXPIRE);
    keyspace_copy(keyspace_write(db, k), keyspace_database(1), k);
}

static void assert_one_field_expires(database *db, const key *k) {
    clock_cached_unix_ms += 10;
    assert_int_equal(hash_count(keyspace_peek(db, k)), 1);
    assert_int_equal(db->elements_expire, 0);
    assert_counted(db);
}

static void what_was_looked_up_before_a_flush_or_a_swap_is_not_taken_for_what_is_there_now(void **state) {
    (void)state;
    database *db = keyspace_database(0), *other = keyspace_database(1);
    key k = key_number(0);
    make_twins(&k);
    keyspace_flush(db);
    keyspace_copy(keyspace_peek(other, &k), db, &k);
    assert_one_field_expires(db, &k);

    make_twins(&k);
    keyspace_swap(db, other);
    assert_one_field_expires(db, &k);
    assert_one_field_expires(other, &k);
}

int main(void) {
    alloc_register_thread();
    clock_refresh();
    random_seed(5);
    hash_open();
    background_open();
    keyspace_open(DATABASES);
    /* so that collections change their form all the time */
    hash_limits.packed_fields = 20;
    set_limits.integers = set_limits.packed_members = 20;
    zset_limits.packed_members_max = 20;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_are_counted_right),
        cmocka_unit_test(changes_are_counted_whichever_key_was_looked_up_last),
        cmocka_unit_test(what_was_looked_up_before_a_flush_or_a_swap_is_not_taken_for_what_is_there_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
