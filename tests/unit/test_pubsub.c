/* Pubsub and notifications: subscriptions against a naive model, and what arrives at the other end of the
 * clients' sockets. */
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
#include "base/hash.h"
#include "base/random.h"
#include "net/loop.h"
#include "net/output.h"
#include "server/config/config.h"
#include "server/messages/notifications.h"
#include "server/messages/pubsub.h"
#include "server/messages/push.h"
#include "server/messages/subscriptions.h"
#include "server/request/session.h"
#include "store/keyspace.h"

/* --- Clients with a socket to listen at --- */

#define CLIENTS_MAX 64

static client *clients[CLIENTS_MAX];
static int far_ends[CLIENTS_MAX];

static void give_session(client *c) { c->session = alloc_zeroed(sizeof(*c->session)); }

static void take_session(client *c) {
    subscriptions_clear(c);
    output_discard(c);
    alloc_free(c->session, sizeof(*c->session));
}

static void no_events(struct source *s, uint32_t events) { (void)s, (void)events; }

static client *connect_client(int i, uint8_t resp) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    clients[i] = client_new(ends[0], CLIENT_UNIX_SOCKET, NULL, no_events);
    clients[i]->resp = resp;
    far_ends[i] = ends[1];
    return clients[i];
}

static int disconnect_all(void **state) {
    (void)state;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (!clients[i]) continue;
        client_close_soon(clients[i], CLIENT_CLOSE_NOW);
        clients[i] = NULL;
        close(far_ends[i]);
    }
    client_close_marked();
    return 0;
}

static void assert_arrives(int i, const char *wanted) {
    static char got[1 << 20];
    output_flush_all();
    ssize_t len = recv(far_ends[i], got, sizeof(got) - 1, 0);
    got[len > 0 ? len : 0] = '\0';
    assert_string_equal(got, wanted);
}

static slice name_of(int number) {
    static char text[32];
    return (slice){text, (size_t)snprintf(text, sizeof(text), "name:%d", number)};
}

/* --- Subscriptions --- */

static void a_subscription_is_made_once_and_ended_once(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    assert_false(pubsub_is_subscribed(c));
    assert_true(subscriptions_add(c, TOPIC_CHANNEL, SLICE("a")));
    assert_false(subscriptions_add(c, TOPIC_CHANNEL, SLICE("a")));
    assert_true(subscriptions_add(c, TOPIC_PATTERN, SLICE("a")));
    assert_true(pubsub_is_subscribed(c));
    assert_int_equal(subscriptions_count(c, TOPIC_CHANNEL), 1);
    assert_int_equal(subscriptions_clients(), 1);
    assert_true(subscriptions_remove(c, TOPIC_CHANNEL, SLICE("a")));
    assert_false(subscriptions_remove(c, TOPIC_CHANNEL, SLICE("a")));
    assert_true(pubsub_is_subscribed(c));
    assert_true(subscriptions_remove(c, TOPIC_PATTERN, SLICE("a")));
    assert_false(pubsub_is_subscribed(c));
    assert_int_equal(subscriptions_clients(), 0);
    assert_null(c->session->subscriptions);
}

static void the_oldest_subscription_is_the_first(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    for (int i = 0; i < 5; i++) subscriptions_add(c, TOPIC_CHANNEL, name_of(i));
    subscriptions_remove(c, TOPIC_CHANNEL, name_of(0));
    subscriptions_remove(c, TOPIC_CHANNEL, name_of(2));
    static const int left[] = {1, 3, 4};
    for (int i = 0; i < 3; i++) {
        slice name = topic_name(subscriptions_first(c, TOPIC_CHANNEL));
        assert_true(slice_equal(name, name_of(left[i])));
        subscriptions_remove(c, TOPIC_CHANNEL, name_of(left[i]));
    }
    assert_null(subscriptions_first(c, TOPIC_CHANNEL));
}

#define NAMES 300

static bool model[TOPIC_TYPES][CLIENTS_MAX][NAMES];

static void check_model(void) {
    for (int type = 0; type < TOPIC_TYPES; type++) {
        size_t topics = 0, counts[CLIENTS_MAX] = {0};
        for (int name = 0; name < NAMES; name++) {
            const topic *t = topic_find(type, name_of(name));
            uint32_t subscribers = 0;
            for (int i = 0; i < CLIENTS_MAX; i++) {
                subscribers += model[type][i][name];
                counts[i] += model[type][i][name];
            }
            assert_int_equal(t ? t->count : 0, subscribers);
            topics += subscribers > 0;
            for (uint32_t i = 0; i < subscribers; i++) {
                int who = 0;
                while (clients[who] != t->subscribers[i].client) who++;
                assert_true(model[type][who][name]);
            }
        }
        assert_int_equal(topic_count(type), topics);
        for (int i = 0; i < CLIENTS_MAX; i++)
            assert_int_equal(subscriptions_count(clients[i], type), counts[i]);
    }
}

static void random_histories_agree_with_a_model(void **state) {
    (void)state;
    random_seed(11);
    for (int i = 0; i < CLIENTS_MAX; i++) connect_client(i, 2);
    for (int step = 0; step < 100000; step++) {
        int type = (int)random_below(TOPIC_TYPES), who = (int)random_below(CLIENTS_MAX);
        int name = (int)random_below(step / 10000 % 2 ? 3 : NAMES);
        bool *is = &model[type][who][name];
        if (random_below(200) == 0) {
            subscriptions_clear(clients[who]);
            for (int i = 0; i < TOPIC_TYPES; i++) memset(model[i][who], 0, sizeof(model[i][who]));
        } else if (random_below(2)) {
            assert_int_equal(subscriptions_add(clients[who], type, name_of(name)), !*is);
            *is = true;
        } else {
            assert_int_equal(subscriptions_remove(clients[who], type, name_of(name)), *is);
            *is = false;
        }
        if (step % 5000 == 0) check_model();
    }
    check_model();
}

static void all_memory_comes_back_when_the_last_client_goes(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    subscriptions_add(c, TOPIC_CHANNEL, SLICE("the first makes the tables"));
    subscriptions_clear(c);
    size_t before = alloc_used_bytes();
    for (int i = 0; i < 20000; i++) subscriptions_add(c, i % TOPIC_TYPES, name_of(i));
    assert_true(alloc_used_bytes() > before + 20000 * 48);
    assert_true(subscriptions_memory_bytes(c) >= 20000 * 48);
    subscriptions_clear(c);
    assert_in_range(alloc_used_bytes(), 0, before + 16384); /* segments of the tables */
    assert_int_equal(subscriptions_memory_bytes(c), 0);
}

/* --- Messages --- */

static void each_subscriber_gets_its_version_of_a_message(void **state) {
    (void)state;
    subscriptions_add(connect_client(0, 2), TOPIC_CHANNEL, SLICE("a"));
    subscriptions_add(connect_client(1, 3), TOPIC_CHANNEL, SLICE("a"));
    subscriptions_add(connect_client(2, 2), TOPIC_CHANNEL, SLICE("b"));
    assert_int_equal(pubsub_publish(SLICE("a"), SLICE("text")), 2);
    assert_arrives(0, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\ntext\r\n");
    assert_arrives(1, ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\ntext\r\n");
    assert_arrives(2, "");
}

static void patterns_and_shard_channels_have_messages_of_their_own(void **state) {
    (void)state;
    subscriptions_add(connect_client(0, 2), TOPIC_PATTERN, SLICE("a*"));
    subscriptions_add(connect_client(1, 2), TOPIC_SHARD_CHANNEL, SLICE("ab"));
    assert_int_equal(pubsub_publish(SLICE("ab"), SLICE("x")), 1);
    assert_int_equal(pubsub_publish_shard(SLICE("ab"), SLICE("y")), 1);
    assert_arrives(0, "*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$1\r\nx\r\n");
    assert_arrives(1, "*3\r\n$8\r\nsmessage\r\n$2\r\nab\r\n$1\r\ny\r\n");
}

static void messages_that_follow_each_other_are_one_piece(void **state) {
    (void)state;
    subscriptions_add(connect_client(0, 2), TOPIC_CHANNEL, SLICE("a"));
    for (int i = 0; i < 100; i++) pubsub_publish(SLICE("a"), SLICE("text"));
    size_t chunks;
    output_pending_bytes(clients[0], &chunks);
    assert_int_equal(chunks, 1);
}

static void what_subscribers_have_unread_is_shared(void **state) {
    (void)state;
    enum { LEN = 100000 };
    char *text = malloc(LEN);
    memset(text, 'x', LEN);
    for (int i = 0; i < CLIENTS_MAX; i++) subscriptions_add(connect_client(i, 2), TOPIC_CHANNEL, SLICE("a"));
    size_t before = alloc_used_bytes();
    assert_int_equal(pubsub_publish(SLICE("a"), (slice){text, LEN}), CLIENTS_MAX);
    assert_in_range(alloc_used_bytes() - before, LEN, 2 * LEN);
    assert_true(clients[0]->reply_memory_bytes >= LEN);
    free(text);
}

/* A client whose socket takes nothing more gets copies, which keep nothing but themselves. */
static void one_that_lags_behind_holds_no_more_than_its_own(void **state) {
    (void)state;
    enum { MESSAGES = 2000, LEN = 4000 };
    static char text[LEN];
    memset(text, 'x', LEN);
    subscriptions_add(connect_client(0, 2), TOPIC_CHANNEL, SLICE("mine"));
    subscriptions_add(connect_client(1, 2), TOPIC_CHANNEL, SLICE("others"));
    while (!(clients[0]->flags & CLIENT_WANTS_WRITE)) {
        pubsub_publish(SLICE("mine"), (slice){text, LEN});
        output_flush_all();
    }
    size_t before = alloc_used_bytes(), mine = clients[0]->reply_memory_bytes;
    static char sink[1 << 20];
    for (int i = 0; i < MESSAGES; i++) {
        if (i % 20 == 0) pubsub_publish(SLICE("mine"), SLICE("short"));
        pubsub_publish(SLICE("others"), (slice){text, LEN});
        output_flush_all();
        while (recv(far_ends[1], sink, sizeof(sink), 0) > 0) output_flush(clients[1]);
    }
    size_t more = clients[0]->reply_memory_bytes - mine;
    assert_in_range(alloc_used_bytes() - before, 0, more + 128 * 1024);
}

static void messages_to_the_running_client_wait_for_its_reply(void **state) {
    (void)state;
    client *c = connect_client(0, 3);
    subscriptions_add(c, TOPIC_CHANNEL, SLICE("a"));
    subscriptions_add(connect_client(1, 3), TOPIC_CHANNEL, SLICE("a"));
    push_hold(c);
    assert_int_equal(pubsub_publish(SLICE("a"), SLICE("x")), 2);
    output_append(c, ":2\r\n", 4);
    push_release();
    assert_arrives(0, ":2\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
    assert_arrives(1, ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
}

static void an_answer_comes_at_once_unless_replies_are_off(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    for (int silent = 0; silent < 2; silent++) {
        if (silent) c->flags |= CLIENT_REPLY_OFF;
        push p = PUSH(push_text(SLICE("subscribe")), push_null(), push_number(-12));
        push_hold(c);
        struct output_mark mark = output_mark(c);
        push_answer(&p, c);
        push_end(&p);
        output_append(c, "+OK\r\n", 5);
        if (silent) output_rewind(c, mark);
        push_release();
        assert_arrives(0, silent ? "*3\r\n$9\r\nsubscribe\r\n$-1\r\n:-12\r\n"
                                 : "*3\r\n$9\r\nsubscribe\r\n$-1\r\n:-12\r\n+OK\r\n");
    }
}

static void rewinding_takes_messages_back_that_joined_others(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    subscriptions_add(c, TOPIC_CHANNEL, SLICE("a"));
    pubsub_publish(SLICE("a"), SLICE("1"));
    struct output_mark mark = output_mark(c);
    size_t memory = c->reply_memory_bytes;
    pubsub_publish(SLICE("a"), SLICE("2"));
    output_append(c, "+OK\r\n", 5);
    output_rewind(c, mark);
    assert_int_equal(c->reply_memory_bytes, memory);
    pubsub_publish(SLICE("a"), SLICE("3"));
    assert_arrives(
        0, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n3\r\n");
}

/* --- Putting off --- */

static void assert_nothing_arrives(int i) {
    char got[1];
    output_flush_replies();
    assert_int_equal(recv(far_ends[i], got, sizeof(got), MSG_PEEK), -1);
}

static void assert_something_arrives(int i) {
    char got[1];
    output_flush_replies();
    assert_int_equal(recv(far_ends[i], got, sizeof(got), MSG_PEEK), 1);
}

#define LONG_BYTES 1000 /* of a message; not so many that the message is a piece of its own */

static void publish_long(int times) {
    static char text[LONG_BYTES];
    memset(text, 'm', sizeof(text));
    for (int i = 0; i < times; i++) pubsub_publish(SLICE("long"), (slice){text, sizeof(text)});
}

static void messages_wait_for_the_end_of_the_turn(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) subscriptions_add(connect_client(i, 2), TOPIC_CHANNEL, SLICE("a"));
    pubsub_publish(SLICE("a"), SLICE("1"));
    assert_nothing_arrives(0);
    pubsub_publish(SLICE("a"), SLICE("2"));
    assert_nothing_arrives(0);
    assert_int_equal(output_put_off_count(), 2);
    uint64_t sends = output_statistics.sends;
    for (int i = 0; i < 2; i++)
        assert_arrives(
            i, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n2\r\n");
    assert_int_equal(output_statistics.sends, sends + 2);
    assert_int_equal(output_put_off_count(), 0);
}

static void so_many_messages_do_not_wait(void **state) {
    (void)state;
    subscriptions_add(connect_client(0, 2), TOPIC_CHANNEL, SLICE("long"));
    publish_long(40);
    assert_nothing_arrives(0);
    publish_long(40);
    assert_something_arrives(0);
}

static void one_that_lags_behind_ends_nobodys_waiting(void **state) {
    (void)state;
    client *lagging = connect_client(0, 2);
    subscriptions_add(lagging, TOPIC_CHANNEL, SLICE("long"));
    do {
        publish_long(100);
        output_flush_all();
    } while (!(lagging->flags & CLIENT_WANTS_WRITE) ||
             lagging->reply_memory_bytes < (size_t)100 * LONG_BYTES);

    subscriptions_add(connect_client(1, 2), TOPIC_CHANNEL, SLICE("long"));
    publish_long(2);
    assert_int_equal(output_put_off_count(), 1);
    assert_nothing_arrives(1);
    output_flush_all();
    assert_something_arrives(1);
}

static void a_client_that_is_to_be_closed_gets_nothing(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    subscriptions_add(c, TOPIC_CHANNEL, SLICE("a"));
    client_close_soon(c, CLIENT_CLOSE_NOW);
    assert_int_equal(pubsub_publish(SLICE("a"), SLICE("x")), 1);
    assert_false(output_pending(c));
}

/* --- Notifications --- */

static void ask_for(uint32_t classes) {
    config.notify_keyspace_events = classes;
    notifications_follow();
}

static void every_event_has_a_name_and_a_class(void **state) {
    (void)state;
    client *c = connect_client(0, 2);
    key k = key_of(SLICE("key"));
    subscriptions_add(c, TOPIC_PATTERN, SLICE("*"));
    ask_for(NOTIFY_KEYSPACE | NOTIFY_ALL);
    for (int event = 0; event < EVENT_COUNT; event++) {
        uint64_t before = c->bytes_out;
        keyspace_announce(keyspace_database(0), &k, (enum keyspace_event)event);
        output_flush_all();
        bool is_published = c->bytes_out > before;
        if (is_published != (event != EVENT_REENCODED)) fail_msg("event %d", event);
    }
    ask_for(0);
}

static void nothing_is_published_unless_asked_for(void **state) {
    (void)state;
    static const uint32_t too_little[] = {0, NOTIFY_ALL, NOTIFY_KEYSPACE | NOTIFY_KEYEVENT,
                                          NOTIFY_KEYEVENT | NOTIFY_LIST | NOTIFY_NEW | NOTIFY_MISS};
    client *c = connect_client(0, 2);
    key k = key_of(SLICE("key"));
    subscriptions_add(c, TOPIC_PATTERN, SLICE("*"));
    for (size_t i = 0; i < sizeof(too_little) / sizeof(*too_little); i++) {
        ask_for(too_little[i]);
        keyspace_announce(keyspace_database(0), &k, EVENT_SET);
        assert_false(output_pending(c));
    }
    ask_for(NOTIFY_KEYEVENT | NOTIFY_STRING);
    keyspace_announce(keyspace_database(0), &k, EVENT_SET);
    assert_arrives(0, "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$18\r\n__keyevent@0__:set\r\n$3\r\nkey\r\n");
    ask_for(0);
    keyspace_announce(keyspace_database(0), &k, EVENT_SET);
    assert_false(output_pending(c));
}

int main(void) {
    alloc_register_thread();
    hash_open();
    keyspace_open(1);
    loop_open();
    client_hooks.opened = give_session;
    client_hooks.closed = take_session;
#define TEST(name) cmocka_unit_test_teardown(name, disconnect_all)
    const struct CMUnitTest tests[] = {
        TEST(a_subscription_is_made_once_and_ended_once),
        TEST(the_oldest_subscription_is_the_first),
        TEST(random_histories_agree_with_a_model),
        TEST(all_memory_comes_back_when_the_last_client_goes),
        TEST(each_subscriber_gets_its_version_of_a_message),
        TEST(patterns_and_shard_channels_have_messages_of_their_own),
        TEST(messages_that_follow_each_other_are_one_piece),
        TEST(what_subscribers_have_unread_is_shared),
        TEST(one_that_lags_behind_holds_no_more_than_its_own),
        TEST(messages_to_the_running_client_wait_for_its_reply),
        TEST(an_answer_comes_at_once_unless_replies_are_off),
        TEST(rewinding_takes_messages_back_that_joined_others),
        TEST(messages_wait_for_the_end_of_the_turn),
        TEST(so_many_messages_do_not_wait),
        TEST(one_that_lags_behind_ends_nobodys_waiting),
        TEST(a_client_that_is_to_be_closed_gets_nothing),
        TEST(every_event_has_a_name_and_a_class),
        TEST(nothing_is_published_unless_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
