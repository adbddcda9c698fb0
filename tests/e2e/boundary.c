/* Boundary: a session gets the same replies however its bytes are cut into pieces.
 *
 *     boundary [--server PATH] [--option NAME VALUE]...
 *
 * Each session is sent whole first. Then it is sent in two pieces, cut at every byte; in three pieces, cut at
 * random; and one byte at a time. After each piece another connection gets a PING answered, so that the
 * server has read the piece before the next one is sent. All that comes back, up to the end of the
 * connection, must be the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "session.h"
#include "tally.h"

#define RANDOM_CUTS 500
#define LONG_BYTES  40000 /* longer than what servers read at once */
#define SHOWN_BYTES 600
#define WATCHDOG_S  300

typedef struct play {
    server server;
    resp_conn *control;
    bool resp3;
} play;

static void send_piece(play *p, resp_conn *c, const char *data, size_t len) {
    resp_send(c, data, len); /* if the server closes early, the replies will show it */
    if (!resp_ping(p->control)) die("the server does not answer PING");
}

/* Everything that comes until the server closes; ends the program if it does not. */
static void read_all(resp_conn *c, bytes *all) {
    resp_reply reply;
    resp_result result;
    while ((result = resp_read(c, RESP_PATIENCE_MS, &reply)) == RESP_OK) {
        bytes_append(all, reply.raw.data, reply.raw.len);
        resp_free(&reply);
    }
    if (result == RESP_TIMEOUT) bytes_text(all, "(no end in time)");
    if (result == RESP_MALFORMED) bytes_text(all, "(malformed)");
}

/* Plays the session on an empty server, cut at these places (ascending, each within the session). */
static bytes play_cut(play *p, const bytes *session, const size_t *cuts, size_t count) {
    bytes all = {0};
    size_t from = 0;
    resp_must(p->control, "FLUSHALL");
    resp_conn *c = server_connect(&p->server);
    if (p->resp3) resp_must(c, "HELLO 3");
    for (size_t i = 0; i < count; i++) {
        send_piece(p, c, session->data + from, cuts[i] - from);
        from = cuts[i];
    }
    send_piece(p, c, session->data + from, session->len - from);
    read_all(c, &all);
    resp_close(c);
    return all;
}

static bool same(const bytes *a, const bytes *b) {
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void show_difference(const bytes *whole, const bytes *got) {
    bytes text = {0};
    bytes_text(&text, "    whole: ");
    bytes_quote(&text, whole->data, whole->len, SHOWN_BYTES);
    bytes_text(&text, "\n    cut:   ");
    bytes_quote(&text, got->data, got->len, SHOWN_BYTES);
    puts(text.data);
    bytes_free(&text);
}

static void check_cut(play *p, const char *name, const bytes *session, const bytes *whole, const size_t *cuts,
                      size_t count) {
    bytes got = play_cut(p, session, cuts, count);
    if (!tally_check(same(whole, &got), "%s, in %zu pieces, the first cut at byte %zu", name, count + 1,
                     cuts[0]))
        show_difference(whole, &got);
    bytes_free(&got);
}

static void check_two_pieces(play *p, const char *name, const bytes *session, const bytes *whole) {
    for (size_t cut = 1; cut < session->len; cut++) {
        /* Within a long value one place is like another, except near the sizes in which servers read. */
        if (session->len > LONG_BYTES && cut > 100 && cut + 100 < session->len && cut % 4096 > 2 &&
            cut % 4096 < 4094)
            continue;
        check_cut(p, name, session, whole, &cut, 1);
    }
}

static void check_three_pieces(play *p, const char *name, const bytes *session, const bytes *whole) {
    srandom(1);
    for (int i = 0; i < RANDOM_CUTS; i++) {
        size_t a = 1 + (size_t)random() % (session->len - 1), b = 1 + (size_t)random() % (session->len - 1);
        if (a == b) continue;
        size_t cuts[2] = {a < b ? a : b, a < b ? b : a};
        check_cut(p, name, session, whole, cuts, 2);
    }
}

static void check_single_bytes(play *p, const char *name, const bytes *session, const bytes *whole) {
    if (session->len > LONG_BYTES) return;
    size_t *cuts = must_alloc((session->len - 1) * sizeof(size_t));
    for (size_t i = 1; i < session->len; i++) cuts[i - 1] = i;
    check_cut(p, name, session, whole, cuts, session->len - 1);
    free(cuts);
}

static void check_session(play *p, const char *name, const bytes *session) {
    bytes whole = play_cut(p, session, NULL, 0), again = play_cut(p, session, NULL, 0);
    tally_check(whole.len > 0 && whole.data[whole.len - 1] == '\n', "%s: no proper replies", name);
    tally_check(same(&whole, &again), "%s: the replies are not the same each time, even uncut", name);
    check_two_pieces(p, name, session, &whole);
    check_three_pieces(p, name, session, &whole);
    check_single_bytes(p, name, session, &whole);
    bytes_free(&whole);
    bytes_free(&again);
}

/* ---- the sessions ---- */

static void check_mixed(play *p) {
    bytes session = {0};
    session_add_mixed(&session);
    session_add(&session, "QUIT", NULL);
    check_session(p, p->resp3 ? "mixed session in RESP3" : "mixed session", &session);
    bytes_free(&session);
}

static void check_long_value(play *p) {
    bytes session = {0};
    bytes_format(&session, "*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$%d\r\n", LONG_BYTES);
    for (int i = 0; i < LONG_BYTES; i++) bytes_put(&session, (char)(i % 251));
    bytes_text(&session, "\r\nPING\r\n");
    session_add(&session, "GETRANGE", "long", "39990", "-1", NULL);
    session_add(&session, "APPEND", "long", "x", NULL);
    session_add(&session, "QUIT", NULL);
    check_session(p, "session with a long value", &session);
    bytes_free(&session);
}

/* Requests that end with a protocol error: it must come, and once, however they arrive. */
static void check_errors(play *p) {
    static const struct {
        const char *name, *ending;
    } cases[] = {
        {"no dollar sign", "*1\r\n:4\r\n"},
        {"bad number of arguments", "*x\r\n"},
        {"bad length", "*1\r\n$x\r\n"},
        {"negative length", "*2\r\n$4\r\nPING\r\n$-1\r\n"},
        {"too large a length", "*1\r\n$99999999999\r\n"},
        {"open quotes", "ECHO \"abc\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bytes session = {0};
        session_add(&session, "SET", "key", "value", NULL);
        bytes_text(&session, "PING\r\n");
        bytes_text(&session, cases[i].ending);
        check_session(p, cases[i].name, &session);
        bytes_free(&session);
    }
}

int main(int argc, char **argv) {
    play p = {0};
    server_setup setup = {0};
    alarm(WATCHDOG_S);
    if (server_parse_args(&setup, argc, argv) != 1)
        die("usage: boundary [--server PATH] [--option NAME VALUE]...");
    server_start(&p.server, &setup);
    p.control = server_connect(&p.server);
    check_mixed(&p);
    check_long_value(&p);
    check_errors(&p);
    p.resp3 = true;
    check_mixed(&p);
    tally_check(server_alive(&p.server), "the server has ended");
    resp_close(p.control);
    server_stop(&p.server);
    return tally_finish();
}
