/* Big value: a hundred megabytes go in and come out again while other clients are served.
 *
 *     big_value [--server PATH] [--option NAME VALUE]... [--megabytes N]
 *
 * The value is sent and read piece by piece; after every few pieces another client's PING must be answered.
 * So many PINGs in between show that neither the request nor the reply has the server to itself. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define MEGABYTE    (1024L * 1024)
#define MEGABYTES   100
#define PIECE       (256 * 1024)
#define WATCHDOG_S  300
#define COPIES      4 /* how many times the value's size the server may need at its peak */
#define SLACK_BYTES (64 * MEGABYTE)

typedef struct trial {
    server server;
    resp_conn *conn, *other;
    char *value;
    size_t len;
    int pings; /* answered meanwhile */
} trial;

static void ping_other(trial *t) {
    if (resp_ping(t->other)) t->pings++;
}

static void await(const trial *t, short events) {
    struct pollfd p = {.fd = resp_fd(t->conn), .events = events};
    if (poll(&p, 1, RESP_PATIENCE_MS) <= 0) die("the server neither takes nor gives any bytes");
}

/* Sends the bytes in pieces, with a PING by the other client after each. */
static bool send_pieces(trial *t, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = send(resp_fd(t->conn), data, len < PIECE ? len : PIECE, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (n < 0) {
            await(t, POLLOUT);
            continue;
        }
        data += n;
        len -= (size_t)n;
        ping_other(t);
    }
    return true;
}

static bool receive_pieces(trial *t, char *data, size_t len) {
    while (len > 0) {
        ssize_t n = recv(resp_fd(t->conn), data, len < PIECE ? len : PIECE, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return false;
        if (n < 0) {
            await(t, POLLIN);
            continue;
        }
        data += n;
        len -= (size_t)n;
        ping_other(t);
    }
    return true;
}

static void check_set(trial *t) {
    bytes request = {0};
    resp_reply reply;
    bytes_format(&request, "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%zu\r\n", t->len);
    t->pings = 0;
    bool sent = send_pieces(t, request.data, request.len) && send_pieces(t, t->value, t->len) &&
                send_pieces(t, "\r\n", 2);
    tally_check(sent, "the connection was closed while the value was sent");
    bool stored = resp_read(t->conn, RESP_PATIENCE_MS, &reply) == RESP_OK;
    tally_check(stored && resp_is(&reply.root, "OK"), "the value is not stored");
    if (stored) resp_free(&reply);
    tally_check(t->pings > (int)(t->len / PIECE), "only %d PINGs were answered during SET", t->pings);
    bytes_free(&request);
}

static void check_get(trial *t) {
    static const char get[] = "*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n";
    bytes head = {0};
    bytes_format(&head, "$%zu\r\n", t->len);
    size_t size = head.len + t->len + 2;
    char *reply = must_alloc(size);
    t->pings = 0;
    bool got = send_pieces(t, get, sizeof(get) - 1) && receive_pieces(t, reply, size);
    tally_check(got, "the connection was closed while the value was read");
    tally_check(memcmp(reply, head.data, head.len) == 0 && memcmp(reply + head.len, t->value, t->len) == 0 &&
                    memcmp(reply + size - 2, "\r\n", 2) == 0,
                "what came back is not what was sent");
    tally_check(t->pings > (int)(t->len / PIECE), "only %d PINGs were answered during GET", t->pings);
    free(reply);
    bytes_free(&head);
}

static void check_integer(trial *t, long long wanted, const char *command) {
    resp_reply reply;
    resp_call(t->conn, &reply, "%s", command);
    tally_check(reply.root.type == RESP_INTEGER && reply.root.integer == wanted, "%s gives %lld, not %lld",
                command, reply.root.integer, wanted);
    resp_free(&reply);
}

static void check_memory(trial *t, long long before) {
    long long limit = before + COPIES * (long long)t->len + SLACK_BYTES,
              peak = server_peak_rss_bytes(&t->server);
    tally_check(peak <= limit, "the server needed %lld bytes at its peak, more than %lld", peak, limit);
    check_integer(t, 1, "DEL big");
    tally_check(resp_await_info(t->conn, "memory", "used_memory", before + SLACK_BYTES),
                "the memory is not given back");
}

static void fill(trial *t) {
    unsigned long long x = 88172645463325252ull; /* xorshift: no two pieces alike */
    for (size_t i = 0; i + 8 <= t->len; i += 8) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(t->value + i, &x, 8);
    }
}

int main(int argc, char **argv) {
    trial t = {.len = MEGABYTES * MEGABYTE};
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    argc = server_parse_args(&setup, argc, argv);
    if (argc == 3 && strcmp(argv[1], "--megabytes") == 0)
        t.len = (size_t)(atol(argv[2]) * MEGABYTE);
    else if (argc != 1)
        die("usage: big_value [--server PATH] [--option NAME VALUE]... [--megabytes N]");
    t.value = must_alloc(t.len);
    fill(&t);
    server_start(&t.server, &setup);
    t.conn = server_connect_tcp(&t.server);
    t.other = server_connect(&t.server);
    long long before = server_peak_rss_bytes(&t.server);
    for (int round = 0; round < 2; round++) {
        check_set(&t);
        check_integer(&t, (long long)t.len, "STRLEN big");
        check_get(&t);
    }
    check_memory(&t, before);
    tally_check(server_alive(&t.server), "the server has ended");
    resp_close(t.conn);
    resp_close(t.other);
    server_stop(&t.server);
    free(t.value);
    return tally_finish();
}
