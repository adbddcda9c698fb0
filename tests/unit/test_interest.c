/* Interest: random histories beside a naive model, a list of (database, key, client) in the order of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/random.h"
#include "net/client.h"
#include "server/interest.h"

#define DATABASES 3
#define NAMES     12
#define CLIENTS   10

/* Only their addresses count. */
static client clients[CLIENTS];
static interest_link *links_of[CLIENTS];
static struct interest interests;

static key name_key(int number) {
    static char text[NAMES][16];
    int len = snprintf(text[number], sizeof(text[number]), "name:%d", number);
    return key_of((slice){text[number], (size_t)len});
}

static int begin(void **state) {
    (void)state;
    interests = (struct interest){0};
    memset(links_of, 0, sizeof(links_of));
    return 0;
}

static bool add(int db, int name, int who) {
    key k = name_key(name);
    return interest_add(&interests, keyspace_database(db), &k, &clients[who], &links_of[who]);
}

static bool add_in_row(int db, int name, int who) {
    key k = name_key(name);
    return interest_add_in_row(&interests, keyspace_database(db), &k, &clients[who], &links_of[who]);
}

static interest_key *find(int db, int name) {
    key k = name_key(name);
    return interest_find(&interests, keyspace_database(db), &k);
}

static void remove_all(int who) { interest_remove_all(&interests, &links_of[who]); }

/* --- Examples --- */

static void a_key_is_there_while_a_client_is_interested(void **state) {
    (void)state;
    assert_null(find(0, 1));
    assert_true(add(0, 1, 0));
    assert_true(add(0, 1, 1));
    assert_non_null(find(0, 1));
    assert_null(find(1, 1));
    remove_all(0);
    assert_non_null(find(0, 1));
    remove_all(1);
    assert_null(find(0, 1));
    assert_int_equal(interests.keys, 0);
    assert_int_equal(interests.links, 0);
}

static void a_client_is_linked_to_a_key_once(void **state) {
    (void)state;
    assert_true(add(0, 1, 0));
    assert_true(add(0, 1, 1));
    assert_true(add(0, 2, 0));
    assert_false(add(0, 1, 0));
    assert_true(add(1, 1, 0));
    assert_int_equal(interests.links, 4);
    remove_all(0);
    remove_all(1);
    assert_true(add_in_row(0, 1, 0));
    assert_false(add_in_row(0, 1, 0));
    assert_true(add_in_row(0, 2, 0));
    assert_false(add_in_row(0, 1, 0));
    assert_int_equal(interests.links, 2);
    remove_all(0);
}

static void a_held_key_stays_without_clients_until_it_is_released(void **state) {
    (void)state;
    add(0, 1, 0);
    interest_key *k = find(0, 1);
    k->held = true;
    remove_all(0);
    assert_ptr_equal(find(0, 1), k);
    assert_null(k->first);
    assert_int_equal(interests.keys, 1);
    interest_release(&interests, k);
    assert_null(find(0, 1));
    add(0, 2, 0);
    k = find(0, 2);
    k->held = true;
    interest_release(&interests, k);
    assert_ptr_equal(find(0, 2), k);
    remove_all(0);
}

static void a_removed_client_leaves_no_memory_behind(void **state) {
    (void)state;
    add(0, 1, 0); /* so that the table is there */
    remove_all(0);
    size_t before = alloc_used_bytes();
    for (int who = 0; who < CLIENTS; who++)
        for (int name = 0; name < NAMES; name++) add(0, name, who);
    assert_true(alloc_used_bytes() > before);
    for (int who = 0; who < CLIENTS; who++) remove_all(who);
    assert_int_equal(alloc_used_bytes(), before);
}

/* --- The model --- */

#define ENTRIES_MAX (DATABASES * NAMES * CLIENTS)

static struct model_entry { int db, name, who; } model[ENTRIES_MAX];
static int model_count;

static bool model_has(int db, int name, int who) {
    for (int i = 0; i < model_count; i++)
        if (model[i].db == db && model[i].name == name && model[i].who == who) return true;
    return false;
}

static void model_remove(int who) {
    int left = 0;
    for (int i = 0; i < model_count; i++)
        if (model[i].who != who) model[left++] = model[i];
    model_count = left;
}

/* The key's links must be the model's entries for it, in their order, forth and back. Returns whether there
 * are any. */
static bool check_key(int db, int name) {
    const interest_key *k = find(db, name);
    const interest_link *link = k ? k->first : NULL, *before = NULL;
    for (int i = 0; i < model_count; i++) {
        if (model[i].db != db || model[i].name != name) continue;
        assert_non_null(link);
        assert_ptr_equal(link->client, &clients[model[i].who]);
        assert_ptr_equal(link->previous, before);
        assert_ptr_equal(link->key, k);
        before = link;
        link = link->next;
    }
    assert_null(link);
    assert_true(!k || k->last == before);
    assert_true(!k || slice_equal(interest_name(k).name, name_key(name).name));
    return k != NULL;
}

static void check_links_of(int who) {
    int wanted = 0, count = 0;
    for (int i = 0; i < model_count; i++) wanted += model[i].who == who;
    for (const interest_link *link = links_of[who]; link; link = link->next_of_client) {
        assert_ptr_equal(link->client, &clients[who]);
        count++;
    }
    assert_int_equal(count, wanted);
}

static int visited;
static void count_visit(interest_key *k) {
    assert_non_null(k->first);
    visited++;
}

static void check_all(void) {
    int keys = 0;
    for (int db = 0; db < DATABASES; db++) {
        int keys_here = 0;
        for (int name = 0; name < NAMES; name++) keys_here += check_key(db, name);
        visited = 0;
        interest_each(&interests, keyspace_database(db), count_visit);
        assert_int_equal(visited, keys_here);
        keys += keys_here;
    }
    for (int who = 0; who < CLIENTS; who++) check_links_of(who);
    visited = 0;
    interest_each(&interests, NULL, count_visit);
    assert_int_equal(visited, keys);
    assert_int_equal(interests.keys, keys);
    assert_int_equal(interests.links, model_count);
}

/* A client that has no links adds several in a row. */
static void step_in_row(int who) {
    remove_all(who);
    model_remove(who);
    for (int count = (int)random_below(NAMES); count > 0; count--) {
        int db = (int)random_below(DATABASES), name = (int)random_below(NAMES);
        bool fresh = !model_has(db, name, who);
        assert_int_equal(add_in_row(db, name, who), fresh);
        if (fresh) model[model_count++] = (struct model_entry){db, name, who};
    }
}

static void step(void) {
    int db = (int)random_below(DATABASES), name = (int)random_below(NAMES), who = (int)random_below(CLIENTS);
    switch (random_below(10)) {
    case 0:
        remove_all(who);
        model_remove(who);
        break;
    case 1: step_in_row(who); break;
    default: {
        bool fresh = !model_has(db, name, who);
        assert_int_equal(add(db, name, who), fresh);
        if (fresh) model[model_count++] = (struct model_entry){db, name, who};
    }
    }
}

static void random_histories_agree_with_a_model(void **state) {
    (void)state;
    random_seed(7);
    for (int i = 0; i < 20000; i++) {
        step();
        if (i % 10 == 0) check_all();
    }
    for (int who = 0; who < CLIENTS; who++) {
        remove_all(who);
        model_remove(who);
    }
    check_all();
}

int main(void) {
    alloc_register_thread();
    hash_open();
    keyspace_open(DATABASES);
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_there_while_a_client_is_interested),
        TEST(a_client_is_linked_to_a_key_once),
        TEST(a_held_key_stays_without_clients_until_it_is_released),
        TEST(a_removed_client_leaves_no_memory_behind),
        TEST(random_histories_agree_with_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
