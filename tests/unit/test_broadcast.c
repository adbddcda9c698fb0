/* Broadcast: who is told of which changes, at the other end of their sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/blob.h"
#include "net/loop.h"
#include "net/output.h"
#include "server/messages/broadcast.h"

#define RECEIVERS 3

static broadcast_receiver receivers[RECEIVERS];
static client *clients[RECEIVERS];
static int far_ends[RECEIVERS];

static void no_events(struct source *s, uint32_t events) { (void)s, (void)events; }
static void no_session(client *c) { (void)c; }

static int connect_all(void **state) {
    (void)state;
    for (int i = 0; i < RECEIVERS; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        clients[i] = client_new(ends[0], CLIENT_UNIX_SOCKET, NULL, no_events);
        clients[i]->resp = 3;
        far_ends[i] = ends[1];
        receivers[i] = (broadcast_receiver){0};
    }
    return 0;
}

static int disconnect_all(void **state) {
    (void)state;
    for (int i = 0; i < RECEIVERS; i++) {
        broadcast_remove_all(&receivers[i]);
        client_close_soon(clients[i], CLIENT_CLOSE_NOW);
        close(far_ends[i]);
    }
    client_close_marked();
    return 0;
}

static void send_to_client(broadcast_receiver *r, invalidation *m) {
    invalidation_send(m, clients[r - receivers], false);
}

static void tell(void) {
    broadcast_tell(send_to_client);
    output_flush_all();
}

static const char *arrived(int i) {
    static char got[1 << 20];
    ssize_t len = recv(far_ends[i], got, sizeof(got) - 1, 0);
    got[len > 0 ? len : 0] = '\0';
    return got;
}

#define ONE(key)      ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\n" key "\r\n"
#define TWO(one, two) ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\n" one "\r\n$1\r\n" two "\r\n"

/* --- Tests --- */

static void nothing_is_told_where_nothing_is_wanted(void **state) {
    (void)state;
    broadcast_add(&receivers[0], SLICE("x"));
    broadcast_note(SLICE("a"), 0);
    broadcast_note(SLICE(""), 0);
    tell();
    assert_string_equal(arrived(0), "");
}

static void each_key_is_told_once_in_the_order_of_bytes(void **state) {
    (void)state;
    broadcast_add(&receivers[0], SLICE(""));
    broadcast_add(&receivers[1], SLICE("b"));
    broadcast_note(SLICE("b"), 0);
    broadcast_note(SLICE("a"), 0);
    broadcast_note(SLICE("b"), 0);
    tell();
    assert_string_equal(arrived(0), TWO("a", "b"));
    assert_string_equal(arrived(1), ONE("b"));
    tell();
    assert_string_equal(arrived(0), "");
}

static void a_receiver_is_spared_what_it_alone_has_changed(void **state) {
    (void)state;
    for (int i = 0; i < RECEIVERS; i++) broadcast_add(&receivers[i], SLICE(""));
    receivers[1].own = 11;
    receivers[2].own = 12;
    broadcast_note(SLICE("a"), 11);
    broadcast_note(SLICE("b"), 11);
    broadcast_note(SLICE("b"), 12);
    broadcast_note(SLICE("b"), 12);
    tell();
    assert_string_equal(arrived(0), TWO("a", "b"));
    assert_string_equal(arrived(1), ONE("b"));
    assert_string_equal(arrived(2), TWO("a", "b"));
    broadcast_note(SLICE("a"), 11);
    broadcast_note(SLICE("a"), 11);
    tell();
    assert_string_equal(arrived(1), "");
    assert_string_equal(arrived(2), ONE("a"));
}

static void a_prefix_may_go_while_changes_wait(void **state) {
    (void)state;
    broadcast_add(&receivers[0], SLICE("a"));
    broadcast_add(&receivers[0], SLICE("b"));
    broadcast_add(&receivers[0], SLICE("c"));
    broadcast_add(&receivers[1], SLICE("b"));
    broadcast_note(SLICE("a"), 0);
    broadcast_note(SLICE("b"), 0);
    broadcast_note(SLICE("c"), 0);
    broadcast_remove_all(&receivers[0]);
    assert_int_equal(broadcast_prefixes(), 1);
    tell();
    assert_string_equal(arrived(0), "");
    assert_string_equal(arrived(1), ONE("b"));
}

static void what_is_collected_has_a_limit(void **state) {
    (void)state;
    broadcast_add(&receivers[0], SLICE("k"));
    int count = 0;
    for (char name[16]; !broadcast_is_full(); count++)
        broadcast_note((slice){name, (size_t)snprintf(name, sizeof(name), "k%d", count)}, 0);
    assert_in_range(count, 1000, 100000);
    tell();
    char head[64];
    snprintf(head, sizeof(head), ">2\r\n$10\r\ninvalidate\r\n*%d\r\n", count);
    assert_memory_equal(arrived(0), head, strlen(head));
    assert_false(broadcast_is_full());

    static char name[100000] = "k";
    for (count = 0; !broadcast_is_full(); count++) broadcast_note((slice){name, sizeof(name)}, 0);
    assert_in_range(count, 2, 1000);
    tell();
}

static void all_memory_is_given_back(void **state) {
    (void)state;
    broadcast_add(&receivers[0], SLICE("a")); /* what is kept for good */
    broadcast_note(SLICE("a"), 0);
    broadcast_tell(send_to_client);
    broadcast_remove_all(&receivers[0]);
    output_discard(clients[0]);
    size_t before = alloc_used_bytes();
    char text[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "%d", i);
        broadcast_add(&receivers[i % 3], slice_of(text));
    }
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "%d", i);
        broadcast_note(slice_of(text), 0);
    }
    for (int i = 0; i < RECEIVERS; i++) broadcast_remove_all(&receivers[i]);
    assert_int_equal(broadcast_prefixes(), 0);
    broadcast_tell(send_to_client);
    assert_in_range(alloc_used_bytes(), before, before + 1024); /* the list of changed prefixes has grown */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, connect_all, disconnect_all)

int main(void) {
    loop_open();
    client_hooks = (struct client_hooks){no_session, output_discard};
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_where_nothing_is_wanted),
        TEST(each_key_is_told_once_in_the_order_of_bytes),
        TEST(a_receiver_is_spared_what_it_alone_has_changed),
        TEST(a_prefix_may_go_while_changes_wait),
        TEST(what_is_collected_has_a_limit),
        TEST(all_memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
