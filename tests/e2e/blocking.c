/* Blocking: hundreds of clients wait for the same keys while another feeds them.
 *
 *     blocking [--server PATH] [--option NAME VALUE]... [--seed N] [--elements N]
 *
 * First in lines: clients wait for a few keys, one after the other; some go away; and each key must serve
 * those that are left in the order in which they came.
 *
 * Then at random: every client waits again and again, in all the ways there are and for random times, and now
 * and then one stops sending while it waits. Elements are numbered, and reach the keys by all the ways that
 * make a key. In the end each must have come out exactly once: in a reply to one client, or with what is left
 * under the keys. Nobody may be told that the time is up before it is. (Redis fails here now and then: what
 * it pops for a client that goes at the same moment may be lost.) */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dice.h"
#include "server.h"
#include "tally.h"

#define WATCHDOG_S       300
#define CLIENTS          300
#define KEYS             6 /* of lists, and as many of sorted sets */
#define KEYS_AT_ONCE     3
#define POPPED_MAX       4
#define PUSHED_MAX       5
#define TIMEOUT_MAX_MS   250
#define DEFAULT_ELEMENTS 10000
#define LEAVE_PERCENT    30
#define FAMINE_MS        20

static dice the_dice;

/* 0 to n - 1. */
static int roll(int n) { return dice_roll(&the_dice, n); }
static bool chance(int percent) { return dice_chance(&the_dice, percent); }

/* ---- requests ---- */

/* Sends a command given as words divided by single blanks. */
__attribute__((format(printf, 2, 3))) static void say(resp_conn *c, const char *format, ...) {
    char text[400], *word, *rest = text;
    const char *argv[64];
    int argc = 0;
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) >= (int)sizeof(text)) die("a request is too long");
    va_end(args);
    while ((word = strsep(&rest, " "))) argv[argc++] = word;
    resp_send_args(c, argc, argv, NULL);
}

/* Reads a reply that must be no error. The value of an integer, or 0. */
static long long expect(resp_conn *c) {
    resp_reply reply;
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) die("no reply");
    if (reply.root.type == RESP_ERROR) die("unexpected error: %s", reply.root.text);
    long long integer = reply.root.type == RESP_INTEGER ? reply.root.integer : 0;
    resp_free(&reply);
    return integer;
}

/* ---- in lines ---- */

typedef struct line {
    resp_conn *conn[CLIENTS]; /* in the order in which they came */
    int length;
} line;

/* All clients get in line, each behind those before: the server has read a request when it answers a later
 * PING. */
static void get_in_line(const server *s, resp_conn *control, line *lines) {
    for (int i = 0; i < CLIENTS; i++) {
        int key = roll(KEYS);
        line *at = &lines[key];
        resp_conn *c = at->conn[at->length++] = server_connect_tcp(s);
        say(c, "BLPOP line:%d %s", key, chance(50) ? "0" : "1000");
        if (!resp_ping(control)) die("the server does not answer PING");
    }
}

static void leave_line(line *at) {
    int left = 0;
    for (int i = 0; i < at->length; i++) {
        if (!chance(20))
            at->conn[left++] = at->conn[i];
        else if (chance(50))
            resp_close(at->conn[i]);
        else
            resp_abort(at->conn[i]);
    }
    at->length = left;
}

/* Pushes as many elements as clients wait. */
static void feed_line(resp_conn *control, const line *at, int key) {
    for (int pushed = 0; pushed < at->length;) {
        bytes request = {0};
        int count = 1 + roll(PUSHED_MAX);
        bytes_format(&request, "RPUSH line:%d", key);
        for (; count > 0 && pushed < at->length; count--) bytes_format(&request, " %d", pushed++);
        say(control, "%s", request.data);
        expect(control);
        bytes_free(&request);
    }
}

/* The first client must have got the first element, and so on. */
static void check_line(const line *at, int key) {
    int right = 0;
    for (int i = 0; i < at->length; i++) {
        char wanted[16];
        resp_reply reply;
        snprintf(wanted, sizeof(wanted), "%d", i);
        if (resp_read(at->conn[i], RESP_PATIENCE_MS, &reply) != RESP_OK) break;
        right += reply.root.children == 2 && resp_is(&reply.root.child[1], wanted);
        resp_free(&reply);
    }
    for (int i = 0; i < at->length; i++) resp_close(at->conn[i]);
    tally_check(right == at->length, "of %d clients in line for key %d only %d got what was theirs",
                at->length, key, right);
}

static void check_lines(const server *s) {
    static line lines[KEYS];
    resp_conn *control = server_connect(s);
    int left = 0;
    get_in_line(s, control, lines);
    tally_check(resp_info(control, "clients", "blocked_clients") == CLIENTS, "%lld clients wait, not %d",
                resp_info(control, "clients", "blocked_clients"), CLIENTS);
    for (int i = 0; i < KEYS; i++) {
        leave_line(&lines[i]);
        left += lines[i].length;
    }
    tally_check(resp_await_info(control, "clients", "blocked_clients", left),
                "clients that went away still wait");
    for (int i = 0; i < KEYS; i++) feed_line(control, &lines[i], i);
    for (int i = 0; i < KEYS; i++) check_line(&lines[i], i);
    tally_check(resp_info(control, "clients", "blocked_clients") == 0, "clients wait that were served");
    resp_close(control);
}

/* ---- at random: clients that wait ---- */

typedef struct waiter {
    resp_conn *conn;
    long long id;
    bool waits;
    bool leaves;    /* sends nothing any more: the connection will be closed */
    bool moves;     /* what it gets stays under a key */
    bool unblocked; /* by CLIENT UNBLOCK */
    int timeout_ms; /* 0: none */
    long long sent_ms;
} waiter;

typedef struct trial {
    const server *server;
    resp_conn *control;
    waiter waiters[CLIENTS];
    int elements, pushed;
    unsigned char *seen; /* per element: whether it has come out */
    int out, doubled, unknown, early, errors;
} trial;

static void connect_waiter(const trial *t, waiter *w) {
    *w = (waiter){.conn = server_connect_tcp(t->server)};
    say(w->conn, "CLIENT ID");
    w->id = expect(w->conn);
}

static const char *end_of_list(void) { return chance(50) ? "LEFT" : "RIGHT"; }

/* The names of up to KEYS_AT_ONCE keys, and how many. */
static int some_keys(char *names, size_t size, const char *kind) {
    int count = 1 + roll(KEYS_AT_ONCE);
    size_t used = 0;
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(names + used, size - used, "%s%s:%d", i > 0 ? " " : "", kind, roll(KEYS));
    return count;
}

static void begin_wait(waiter *w) {
    static const char *const pops[] = {"BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX"};
    char lists[64], zsets[64], timeout[16];
    int list_count = some_keys(lists, sizeof(lists), "list");
    int zset_count = some_keys(zsets, sizeof(zsets), "zset");
    int shape = roll(8);
    w->timeout_ms = chance(10) ? 0 : 1 + roll(TIMEOUT_MAX_MS);
    w->waits = true;
    w->moves = shape == 6 || shape == 7;
    snprintf(timeout, sizeof(timeout), "%d.%03d", w->timeout_ms / 1000, w->timeout_ms % 1000);
    w->sent_ms = resp_now_ms();
    if (shape < 4)
        say(w->conn, "%s %s %s", pops[shape], shape < 2 ? lists : zsets, timeout);
    else if (shape == 4)
        say(w->conn, "BLMPOP %s %d %s %s COUNT %d", timeout, list_count, lists, end_of_list(),
            1 + roll(POPPED_MAX));
    else if (shape == 5)
        say(w->conn, "BZMPOP %s %d %s %s COUNT %d", timeout, zset_count, zsets, chance(50) ? "MIN" : "MAX",
            1 + roll(POPPED_MAX));
    else if (shape == 6)
        say(w->conn, "BLMOVE list:%d list:%d %s %s %s", roll(KEYS), roll(KEYS), end_of_list(), end_of_list(),
            timeout);
    else
        say(w->conn, "BRPOPLPUSH list:%d list:%d %s", roll(KEYS), roll(KEYS), timeout);
}

static void leave(waiter *w) {
    if (w->leaves) return;
    w->leaves = true;
    shutdown(resp_fd(w->conn), SHUT_WR);
}

/* An element has come out. */
static void take(trial *t, const resp_node *element) {
    long long number = atoll(element->text);
    if (number < 0 || number >= t->pushed) {
        t->unknown++;
        return;
    }
    t->doubled += t->seen[number];
    t->out += !t->seen[number];
    t->seen[number] = 1;
}

/* [key, element], [key, member, score], [key, [element ...]] or [key, [[member, score] ...]]. */
static void take_popped(trial *t, const resp_node *reply) {
    const resp_node *popped = &reply->child[1];
    if (popped->type != RESP_ARRAY) {
        take(t, popped);
        return;
    }
    for (size_t i = 0; i < popped->children; i++) {
        const resp_node *item = &popped->child[i];
        take(t, item->type == RESP_ARRAY ? &item->child[0] : item);
    }
}

static bool is_null(const resp_node *n) { return n->type == RESP_NULL_ARRAY || n->type == RESP_NULL_BULK; }

static void end_wait(trial *t, waiter *w, const resp_node *reply) {
    bool in_time = w->timeout_ms > 0 && resp_now_ms() - w->sent_ms >= w->timeout_ms;
    if (is_null(reply))
        t->early += !(in_time || w->unblocked);
    else if (reply->type == RESP_ARRAY && reply->children >= 2)
        take_popped(t, reply);
    else if (!(w->moves && reply->type == RESP_BULK))
        t->errors++;
    w->waits = w->unblocked = false;
}

static void receive(trial *t, waiter *w) {
    resp_reply reply;
    resp_result result;
    while ((result = resp_read(w->conn, 0, &reply)) == RESP_OK) {
        end_wait(t, w, &reply.root);
        resp_free(&reply);
    }
    if (result == RESP_TIMEOUT) return;
    if (!w->leaves) die("a client was closed that did nothing to deserve it");
    resp_close(w->conn);
    connect_waiter(t, w);
}

/* Takes what arrives within that time. */
static void receive_all(trial *t, int wait_ms) {
    struct pollfd polled[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        polled[i] = (struct pollfd){.fd = resp_fd(t->waiters[i].conn), .events = POLLIN};
    if (poll(polled, CLIENTS, wait_ms) <= 0) return;
    for (int i = 0; i < CLIENTS; i++)
        if (polled[i].revents) receive(t, &t->waiters[i]);
}

static void unblock(const trial *t, waiter *w, const char *how) {
    say(t->control, "CLIENT UNBLOCK %lld%s", w->id, how);
    w->unblocked |= expect(t->control) == 1;
}

/* ---- at random: elements that come ---- */

/* So many more elements, with a word before each. */
static void add_elements(trial *t, bytes *request, const char *before) {
    for (int count = 1 + roll(PUSHED_MAX); count > 0 && t->pushed < t->elements; count--)
        bytes_format(request, "%s %d", before, t->pushed++);
}

static void push(trial *t, const char *command, const char *kind, int key, const char *before) {
    bytes request = {0};
    if (t->pushed == t->elements) return;
    bytes_format(&request, "%s %s:%d", command, kind, key);
    add_elements(t, &request, before);
    say(t->control, "%s", request.data);
    expect(t->control);
    bytes_free(&request);
}

static void push_list(trial *t) { push(t, chance(50) ? "LPUSH" : "RPUSH", "list", roll(KEYS), ""); }
static void push_zset(trial *t) { push(t, "ZADD", "zset", roll(KEYS), " 1"); }

/* Runs a command of its own. */
#define DO(t, ...) (say((t)->control, __VA_ARGS__), expect((t)->control))

static void push_in_transaction(trial *t) {
    DO(t, "MULTI");
    for (int count = 1 + roll(4); count > 0; count--) (chance(50) ? push_list : push_zset)(t);
    DO(t, "EXEC");
}

static void push_and_rename(trial *t) {
    push(t, "RPUSH", "aside", 0, "");
    DO(t, "RENAMENX aside:0 list:%d", roll(KEYS));
}

static void push_and_move(trial *t) {
    push(t, "RPUSH", "aside", 1, "");
    DO(t, "LMOVE aside:1 list:%d %s %s", roll(KEYS), end_of_list(), end_of_list());
}

static void push_and_take_away(trial *t) {
    int key = roll(KEYS);
    DO(t, "MULTI");
    push(t, "RPUSH", "list", key, "");
    DO(t, "RENAME list:%d aside:%d", key, 100 + t->pushed);
    DO(t, "EXEC");
}

static void push_elsewhere(trial *t) {
    int key = roll(KEYS);
    DO(t, "SELECT 1");
    push(t, "RPUSH", "list", key, "");
    DO(t, "MOVE list:%d 0", key);
    DO(t, "SELECT 0");
}

static void store_union(trial *t) {
    int key = roll(KEYS);
    DO(t, "MULTI");
    push(t, "ZADD", "aside:zset", 0, " 1");
    DO(t, "ZUNIONSTORE zset:%d 2 zset:%d aside:zset:0", key, key);
    DO(t, "DEL aside:zset:0");
    DO(t, "EXEC");
}

static void feed(trial *t) {
    static void (*const ways[])(trial *) = {
        push_list,       push_list,     push_zset,          push_zset,      push_in_transaction,
        push_and_rename, push_and_move, push_and_take_away, push_elsewhere, store_union};
    ways[roll((int)(sizeof(ways) / sizeof(ways[0])))](t);
}

/* ---- at random: all together ---- */

static void wait_and_feed(trial *t) {
    bool famine = false;
    while (t->pushed < t->elements) {
        for (int i = 0; i < CLIENTS; i++) {
            waiter *w = &t->waiters[i];
            if (!w->waits && !w->leaves && chance(50)) begin_wait(w);
        }
        if (chance(3)) famine = !famine;
        if (chance(LEAVE_PERCENT)) leave(&t->waiters[roll(CLIENTS)]); /* as what it waits for comes */
        if (!famine) feed(t);
        if (chance(5)) unblock(t, &t->waiters[roll(CLIENTS)], chance(50) ? "" : " TIMEOUT");
        receive_all(t, famine ? roll(FAMINE_MS) : 0);
    }
}

/* Lets everyone come to an end. */
static void finish_waits(trial *t) {
    long long deadline_ms = resp_now_ms() + RESP_PATIENCE_MS;
    for (int i = 0; i < CLIENTS;) {
        waiter *w = &t->waiters[i];
        if (resp_now_ms() > deadline_ms) die("a client waits on and on");
        if (w->waits && w->timeout_ms == 0 && !w->unblocked) unblock(t, w, "");
        if (w->waits || w->leaves)
            receive_all(t, 1);
        else
            i++;
    }
}

static void take_left(trial *t, const char *command, const resp_node *key, const char *rest) {
    resp_reply reply;
    resp_call(t->control, &reply, "%s %.*s %s", command, (int)key->len, key->text, rest);
    for (size_t i = 0; i < reply.root.children; i++) take(t, &reply.root.child[i]);
    resp_free(&reply);
}

/* What is left under the keys comes out as well. */
static void drain(trial *t) {
    for (int db = 0; db < 2; db++) {
        resp_reply keys;
        resp_must(t->control, "SELECT %d", db);
        resp_call(t->control, &keys, "KEYS *");
        for (size_t i = 0; i < keys.root.children; i++) {
            const resp_node *key = &keys.root.child[i];
            take_left(t, key->text[0] == 'z' ? "ZRANGE" : "LRANGE", key, "0 -1");
        }
        resp_free(&keys);
    }
}

static void check_random(const server *s, int elements) {
    trial *t = must_alloc(sizeof(*t));
    *t = (trial){.server = s, .control = server_connect(s), .elements = elements};
    t->seen = must_alloc((size_t)elements);
    resp_must(t->control, "FLUSHALL");
    for (int i = 0; i < CLIENTS; i++) connect_waiter(t, &t->waiters[i]);
    wait_and_feed(t);
    finish_waits(t);
    drain(t);
    tally_check(t->out == elements, "%d of %d elements are lost", elements - t->out, elements);
    tally_check(t->doubled == 0, "%d elements came out twice", t->doubled);
    tally_check(t->unknown == 0, "%d elements came out that never went in", t->unknown);
    tally_check(t->early == 0, "%d clients were told that the time was up before it was", t->early);
    tally_check(t->errors == 0, "%d replies were no answer to the request", t->errors);
    tally_check(resp_info(t->control, "clients", "blocked_clients") == 0, "clients are still counted");
    tally_check(resp_info(t->control, "clients", "clients_in_timeout_table") == 0, "timeouts are left");
    for (int i = 0; i < CLIENTS; i++) resp_close(t->waiters[i].conn);
    resp_close(t->control);
    free(t->seen);
    free(t);
}

int main(int argc, char **argv) {
    server s;
    server_setup setup = {0};
    unsigned long long seed = 1;
    int elements = DEFAULT_ELEMENTS;
    alarm(WATCHDOG_S);
    argc = server_parse_args(&setup, argc, argv);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--elements") == 0 && i + 1 < argc)
            elements = atoi(argv[++i]);
        else
            die("usage: blocking [--server PATH] [--option NAME VALUE]... [--seed N] [--elements N]");
    }
    dice_seed(&the_dice, seed);
    server_start(&s, &setup);
    check_lines(&s);
    check_random(&s, elements);
    tally_check(server_alive(&s), "the server has ended");
    server_stop(&s);
    return tally_finish();
}
