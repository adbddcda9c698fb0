/* Vanish: clients that go away at any moment leave the server as it was.
 *
 *     vanish [--server PATH] [--option NAME VALUE]...
 *
 * A session is begun again and again, and broken off after one byte more each time: by an orderly end, by a
 * reset, and by ending only the sending direction. Others vanish with large replies unread. Afterwards the
 * server must answer, count no clients but the one that asks, and hold no more memory than after the first
 * round. */
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "session.h"
#include "tally.h"

#define WATCHDOG_S       300
#define LARGE_BYTES      (4 * 1024 * 1024)
#define LARGE_REPLIES    8
#define LARGE_ROUNDS     30
#define LEAK_SLACK_BYTES (2 * 1024 * 1024)

typedef enum farewell { FAREWELL_CLOSE, FAREWELL_RESET, FAREWELL_HALF, FAREWELLS } farewell;

static const char *const farewell_names[] = {"an end", "a reset", "the end of sending"};

static void vanish(resp_conn *c, farewell how) {
    switch (how) {
    case FAREWELL_RESET: resp_abort(c); break;
    case FAREWELL_HALF:
        shutdown(resp_fd(c), SHUT_WR);
        resp_read_end(c, 0);
        resp_close(c);
        break;
    default: resp_close(c);
    }
}

/* Breaks the session off after every byte. */
static void vanish_everywhere(const server *s, resp_conn *control, const bytes *session, farewell how) {
    for (size_t sent = 0; sent <= session->len; sent++) {
        resp_conn *c = server_connect_tcp(s);
        resp_send(c, session->data, sent);
        if (sent % 2 == 0 && !resp_ping(control))
            die("the server does not answer PING"); /* else it is not read yet */
        vanish(c, how);
        tally_check(resp_ping(control), "no PONG after %s at byte %zu", farewell_names[how], sent);
    }
}

/* Leaves large replies behind unread. */
static void vanish_with_replies(const server *s, resp_conn *control, farewell how) {
    for (int round = 0; round < LARGE_ROUNDS; round++) {
        resp_conn *c = server_connect_tcp(s);
        for (int i = 0; i < LARGE_REPLIES; i++) {
            const char *get[] = {"GET", "large"};
            resp_send_args(c, 2, get, NULL);
        }
        if (round % 2 == 0 && !resp_ping(control)) die("the server does not answer PING");
        vanish(c, how);
        tally_check(resp_ping(control), "no PONG after %s with replies unread", farewell_names[how]);
    }
}

static void check_clients_gone(resp_conn *control) {
    tally_check(resp_await_info(control, "clients", "connected_clients", 1),
                "clients that went away are still counted");
}

static void vanish_in_every_way(const server *s, resp_conn *control, const bytes *session) {
    for (farewell how = 0; how < FAREWELLS; how++) {
        vanish_everywhere(s, control, session, how);
        vanish_with_replies(s, control, how);
        check_clients_gone(control);
    }
}

int main(int argc, char **argv) {
    server s;
    server_setup setup = {0};
    bytes session = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: vanish [--server PATH] [--option NAME VALUE]...");
    server_start(&s, &setup);
    resp_conn *control = server_connect(&s);
    session_add_mixed(&session);
    resp_must(control, "SETRANGE large %d x", LARGE_BYTES);
    vanish_in_every_way(&s, control, &session);
    long long after_first = resp_info(control, "memory", "used_memory");
    vanish_in_every_way(&s, control, &session);
    tally_check(resp_await_info(control, "memory", "used_memory", after_first + LEAK_SLACK_BYTES),
                "memory grew from %lld to %lld bytes by clients that went away", after_first,
                resp_info(control, "memory", "used_memory"));
    tally_check(server_alive(&s), "the server has ended");
    resp_close(control);
    server_stop(&s);
    bytes_free(&session);
    return tally_finish();
}
