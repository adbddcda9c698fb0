/* Blocking and waiting: who is served when a key comes, and whose requests wait for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "command/table.h"
#include "net/loop.h"
#include "net/output.h"
#include "net/query.h"
#include "net/reply.h"
#include "net/timer.h"
#include "server/blocking.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"
#include "server/request/session.h"
#include "server/waiting.h"
#include "store/keyspace.h"
#include "store/types/list.h"

/* --- Clients with a socket to listen at --- */

#define CLIENTS 8

static client *clients[CLIENTS];
static int far_ends[CLIENTS];

static void give_session(client *c) {
    c->session = alloc_zeroed(sizeof(*c->session));
    c->db = keyspace_database(0);
}

static void take_session(client *c) {
    blocking_close(c);
    waiting_close(c);
    output_discard(c);
    alloc_free(c->session, sizeof(*c->session));
}

static void no_events(struct source *s, uint32_t events) { (void)s, (void)events; }

static int connect_all(void **state) {
    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return -1;
        clients[i] = client_new(ends[0], CLIENT_UNIX_SOCKET, NULL, no_events);
        far_ends[i] = ends[1];
    }
    return 0;
}

static int disconnect_all(void **state) {
    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        if (!clients[i]) continue;
        client_close_soon(clients[i], CLIENT_CLOSE_NOW);
        close(far_ends[i]);
    }
    client_close_marked();
    while (blocking_next_ready()) fail();
    keyspace_flush_all();
    return 0;
}

static void disconnect(int i) {
    client_close_soon(clients[i], CLIENT_CLOSE_NOW);
    client_close_marked();
    close(far_ends[i]);
    clients[i] = NULL;
}

static void assert_arrives(int i, const char *wanted) {
    char got[1000];
    output_flush_all();
    ssize_t len = recv(far_ends[i], got, sizeof(got) - 1, 0);
    got[len > 0 ? len : 0] = '\0';
    assert_string_equal(got, wanted);
}

/* --- Waiting for keys --- */

/* A request of BLPOP blocks the client. */
static void block(int i, enum value_type type, int64_t timeout_ms, const slice *names, int count) {
    slice argv[] = {SLICE("BLPOP")};
    struct request r = {.client = clients[i], .argv = argv, .argc = 1, .command = registry_find(argv[0])};
    blocking_wait(clients[i], names, count, type, timeout_ms, reply_null);
    assert_true(clients[i]->flags & CLIENT_BLOCKED);
    waiting_add(&r);
}

static void block_for(int i, enum value_type type, int64_t timeout_ms, const char *name) {
    slice key_name = slice_of(name);
    block(i, type, timeout_ms, &key_name, 1);
}

static void push(int db, const char *name) {
    key k = key_of(slice_of(name));
    slice element = SLICE("x");
    database *in = keyspace_database(db);
    list_push(in, &k, keyspace_write(in, &k), LIST_TAIL, &element, 1);
    keyspace_changed(in, &k, EVENT_RPUSH);
}

static void remove_key(const char *name) {
    key k = key_of(slice_of(name));
    keyspace_delete(keyspace_database(0), &k);
}

/* The client is the next to be served, and gets something. */
static void assert_served(int i) {
    client *c = blocking_next_ready();
    assert_ptr_equal(c, clients[i]);
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    blocking_end(c, false);
}

/* The same, but it finds nothing and blocks again. */
static void assert_passed_over(int i, const char *name) {
    slice key_name = slice_of(name);
    client *c = blocking_next_ready();
    assert_ptr_equal(c, clients[i]);
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    blocking_wait(c, &key_name, 1, TYPE_LIST, 0, reply_null);
}

static void assert_nobody_is_served(void) {
    assert_null(blocking_next_ready());
    assert_false(blocking_any_ready);
}

static void assert_figures(size_t blocked, size_t keys, size_t timed) {
    struct blocking_figures f;
    blocking_figures(&f);
    assert_int_equal(f.clients, blocked);
    assert_int_equal(f.keys, keys);
    assert_int_equal(f.timed, timed);
}

static void clients_are_served_in_the_order_in_which_they_came(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) block_for(3 - i, TYPE_LIST, 0, "k");
    assert_nobody_is_served();
    push(0, "k");
    assert_true(blocking_any_ready);
    for (int i = 0; i < 4; i++) assert_served(3 - i);
    assert_nobody_is_served();
    assert_figures(0, 0, 0);
}

static void nobody_is_served_from_a_key_that_has_gone_again(void **state) {
    (void)state;
    block_for(0, TYPE_LIST, 0, "k");
    block_for(1, TYPE_LIST, 0, "k");
    push(0, "k");
    remove_key("k");
    assert_nobody_is_served();
    push(0, "k");
    assert_served(0);
    remove_key("k");
    assert_nobody_is_served();
    assert_figures(1, 1, 0);
}

static void who_waits_for_another_type_is_left_out(void **state) {
    (void)state;
    block_for(0, TYPE_ZSET, 0, "k");
    block_for(1, TYPE_LIST, 0, "k");
    block_for(2, TYPE_ZSET, 0, "k");
    push(0, "k");
    assert_served(1);
    assert_nobody_is_served();
    assert_figures(2, 1, 0);
}

static void who_finds_nothing_keeps_the_place(void **state) {
    (void)state;
    block_for(0, TYPE_LIST, 0, "k");
    block_for(1, TYPE_LIST, 0, "k");
    push(0, "k");
    assert_passed_over(0, "k");
    assert_served(1);
    assert_nobody_is_served();
    block_for(1, TYPE_LIST, 0, "k");
    push(0, "k");
    assert_served(0);
    assert_served(1);
    assert_nobody_is_served();
}

static void keys_are_served_in_the_order_in_which_they_came(void **state) {
    (void)state;
    slice names[] = {SLICE("a"), SLICE("b"), SLICE("a")};
    block(0, TYPE_LIST, 0, names, 3);
    block_for(1, TYPE_LIST, 0, "a");
    block_for(2, TYPE_LIST, 0, "b");
    block_for(3, TYPE_LIST, 0, "c");
    assert_figures(4, 3, 0);
    push(0, "c");
    push(0, "b");
    push(0, "a");
    push(0, "b");
    assert_served(3);
    assert_served(0);
    assert_served(2);
    assert_served(1);
    assert_nobody_is_served();
}

static void what_is_done_while_a_key_is_served_brings_others(void **state) {
    (void)state;
    block_for(0, TYPE_LIST, 0, "a");
    block_for(1, TYPE_LIST, 0, "b");
    block_for(2, TYPE_LIST, 0, "a");
    push(0, "a");
    client *c = blocking_next_ready();
    assert_ptr_equal(c, clients[0]);
    push(0, "b"); /* what it does */
    push(0, "a");
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    blocking_end(c, false);
    assert_served(2);
    assert_served(1);
    assert_nobody_is_served();
}

static void an_exchange_of_databases_brings_the_keys_of_both(void **state) {
    (void)state;
    clients[1]->db = keyspace_database(1);
    block_for(0, TYPE_LIST, 0, "a");
    block_for(1, TYPE_LIST, 0, "b");
    block_for(2, TYPE_LIST, 0, "b");
    push(1, "a");
    push(0, "b");
    assert_served(2);
    keyspace_swap(keyspace_database(0), keyspace_database(1));
    assert_served(0);
    assert_served(1);
    assert_nobody_is_served();
}

static void who_is_to_be_closed_is_left_out(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) block_for(i, TYPE_LIST, 0, "k");
    client_close_soon(clients[0], CLIENT_CLOSE_NOW);
    push(0, "k");
    assert_served(1);
    assert_served(2);
    assert_nobody_is_served();
}

static void who_was_closed_leaves_nothing_behind(void **state) {
    (void)state;
    block_for(0, TYPE_LIST, 100000, "k");
    block_for(1, TYPE_LIST, 0, "k");
    assert_figures(2, 1, 1);
    push(0, "k");
    disconnect(0);
    assert_figures(1, 1, 0);
    assert_served(1);
    block_for(1, TYPE_LIST, 0, "other");
    push(0, "other");
    disconnect(1);
    assert_nobody_is_served();
    assert_figures(0, 0, 0);
    assert_int_equal(timer_wait_ms(clock_monotonic_ms()), -1);
}

static void within_a_transaction_the_answer_comes_at_once(void **state) {
    (void)state;
    slice name = SLICE("k");
    clients[0]->flags |= CLIENT_EXECUTING;
    blocking_wait(clients[0], &name, 1, TYPE_LIST, 0, reply_null);
    assert_false(clients[0]->flags & CLIENT_BLOCKED);
    assert_arrives(0, "$-1\r\n");
    blocking_wait(clients[0], &name, 1, TYPE_LIST, 0, reply_null_array);
    assert_arrives(0, "*-1\r\n");
    assert_figures(0, 0, 0);
}

/* --- The end of a wait --- */

static void a_wait_ends_when_its_time_is_up_and_not_before(void **state) {
    (void)state;
    clock_refresh();
    int64_t start_ms = clock_now_monotonic_ns() / 1000000;
    block_for(0, TYPE_LIST, 20, "k");
    block_for(1, TYPE_LIST, 1000000, "k");
    block_for(2, TYPE_LIST, INT64_MAX, "k");
    assert_figures(3, 1, 3);
    while (clients[0]->flags & CLIENT_BLOCKED) {
        clock_refresh();
        timer_run_due(clock_monotonic_ms());
    }
    assert_true(clock_now_monotonic_ns() / 1000000 - start_ms >= 20);
    assert_arrives(0, "*-1\r\n");
    assert_figures(2, 1, 2);
    push(0, "k");
    assert_served(1);
    assert_served(2);
    assert_nobody_is_served();
    assert_figures(0, 0, 0);
}

static void a_wait_can_be_ended_from_outside(void **state) {
    (void)state;
    const command *blpop = registry_find(SLICE("blpop"));
    statistics_reset();
    block_for(0, TYPE_LIST, 0, "k");
    block_for(1, TYPE_LIST, 0, "k");
    blocking_time_out(clients[0]);
    blocking_refuse(clients[1], SLICE("UNBLOCKED it"));
    assert_arrives(0, "*-1\r\n");
    assert_arrives(1, "-UNBLOCKED it\r\n");
    assert_figures(0, 0, 0);
    assert_int_equal(statistics_of(blpop)->calls, 2);
    assert_int_equal(statistics_of(blpop)->failed_calls, 1);
    push(0, "k");
    assert_nobody_is_served();
}

static void who_wants_no_reply_gets_none(void **state) {
    (void)state;
    clients[0]->flags |= CLIENT_REPLY_OFF;
    clients[1]->flags |= CLIENT_REPLY_SKIP;
    block_for(0, TYPE_LIST, 0, "k");
    block_for(1, TYPE_LIST, 0, "k");
    blocking_time_out(clients[0]);
    blocking_refuse(clients[1], SLICE("UNBLOCKED it"));
    assert_arrives(0, "");
    assert_arrives(1, "");
    assert_false(clients[1]->flags & CLIENT_REPLY_SKIP);
}

static void a_request_that_was_refused_is_not_a_call(void **state) {
    (void)state;
    const command *blpop = registry_find(SLICE("blpop"));
    statistics_reset();
    block_for(0, TYPE_LIST, 0, "k");
    push(0, "k");
    client *c = blocking_next_ready();
    c->flags &= ~(uint32_t)CLIENT_BLOCKED;
    blocking_end(c, true);
    assert_int_equal(statistics_of(blpop)->calls, 0);
}

/* --- Requests that wait --- */

static void add_request(int i, const char *word) {
    slice argv[] = {slice_of(word)};
    struct request r = {.client = clients[i], .argv = argv, .argc = 1};
    waiting_add(&r);
}

static void requests_wait_in_their_order(void **state) {
    (void)state;
    client *c = clients[0];
    assert_null(waiting_first(c));
    assert_int_equal(waiting_memory_bytes(c), 0);
    add_request(0, "one");
    add_request(0, "two");
    assert_true(c->flags & CLIENT_WAITING);
    assert_true(waiting_memory_bytes(c) > 0);
    assert_true(slice_equal(waiting_first(c)->argv[0], SLICE("one")));
    waiting_pop(c);
    assert_true(slice_equal(waiting_first(c)->argv[0], SLICE("two")));
    assert_true(c->flags & CLIENT_WAITING);
    waiting_pop(c);
    assert_false(c->flags & CLIENT_WAITING);
    assert_null(waiting_first(c));
}

static void clients_are_resumed_once_and_in_their_order(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) add_request(i, "one");
    waiting_resume(clients[4]); /* has nothing that waits */
    assert_false(waiting_any_resumed());
    waiting_resume(clients[2]);
    waiting_resume(clients[0]);
    waiting_resume(clients[2]);
    waiting_resume(clients[1]);
    waiting_resume(clients[3]);
    disconnect(0);
    disconnect(3);
    assert_true(waiting_any_resumed());
    assert_ptr_equal(waiting_next_resumed(), clients[2]);
    assert_ptr_equal(waiting_next_resumed(), clients[1]);
    assert_null(waiting_next_resumed());
    assert_false(waiting_any_resumed());
    waiting_resume(clients[2]);
    assert_ptr_equal(waiting_next_resumed(), clients[2]);
}

static void who_has_too_much_waiting_is_closed(void **state) {
    (void)state;
    uint64_t limit = query_limits.buffer_bytes;
    query_limits.buffer_bytes = 5000;
    char long_word[2000] = "";
    memset(long_word, 'x', sizeof(long_word) - 1);
    add_request(0, long_word);
    assert_false(clients[0]->flags & CLIENT_CLOSE_NOW);
    add_request(0, long_word);
    assert_true(clients[0]->flags & CLIENT_CLOSE_NOW);
    query_limits.buffer_bytes = limit;
}

int main(void) {
    alloc_register_thread();
    hash_open();
    keyspace_open(2);
    loop_open();
    registry_load(command_table());
    statistics_open();
    client_hooks.opened = give_session;
    client_hooks.closed = take_session;
#define TEST(name) cmocka_unit_test_setup_teardown(name, connect_all, disconnect_all)
    const struct CMUnitTest tests[] = {
        TEST(clients_are_served_in_the_order_in_which_they_came),
        TEST(nobody_is_served_from_a_key_that_has_gone_again),
        TEST(who_waits_for_another_type_is_left_out),
        TEST(who_finds_nothing_keeps_the_place),
        TEST(keys_are_served_in_the_order_in_which_they_came),
        TEST(what_is_done_while_a_key_is_served_brings_others),
        TEST(an_exchange_of_databases_brings_the_keys_of_both),
        TEST(who_is_to_be_closed_is_left_out),
        TEST(who_was_closed_leaves_nothing_behind),
        TEST(within_a_transaction_the_answer_comes_at_once),
        TEST(a_wait_ends_when_its_time_is_up_and_not_before),
        TEST(a_wait_can_be_ended_from_outside),
        TEST(who_wants_no_reply_gets_none),
        TEST(a_request_that_was_refused_is_not_a_call),
        TEST(requests_wait_in_their_order),
        TEST(clients_are_resumed_once_and_in_their_order),
        TEST(who_has_too_much_waiting_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
