/* Many connections: ten thousand clients at once, and what is said to one too many.
 *
 *     many_connections [--server PATH] [--option NAME VALUE]... [--connections N]
 *
 * Both processes need a descriptor for each connection. Where the hard limit does not allow so many, as many
 * are made as it allows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server.h"
#include "tally.h"

#define CONNECTIONS       10000
#define SPARE_DESCRIPTORS 100 /* for everything that is not one of the connections */
#define FEW_CLIENTS       20
#define WATCHDOG_S        300

/* Raises the limit for this process and the servers it starts. Returns how many connections it leaves room
 * for. */
static int raise_descriptor_limit(int wanted) {
    struct rlimit limit;
    rlim_t needed = (rlim_t)wanted + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("cannot read the limit of descriptors");
    if (limit.rlim_max < needed) {
        struct rlimit higher = {.rlim_cur = needed, .rlim_max = needed};
        if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return wanted;
    }
    limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("cannot raise the limit of descriptors");
    return (int)limit.rlim_cur - SPARE_DESCRIPTORS;
}

/* ---- ten thousand ---- */

static int count_answers(resp_conn **conns, int count, const char *wanted) {
    int answered = 0;
    for (int i = 0; i < count; i++) {
        resp_reply reply;
        if (resp_read(conns[i], RESP_PATIENCE_MS, &reply) != RESP_OK) continue;
        if (resp_is(&reply.root, wanted)) answered++;
        resp_free(&reply);
    }
    return answered;
}

static void check_pings(resp_conn **conns, int count) {
    const char *ping[] = {"PING"};
    for (int i = 0; i < count; i++) resp_send_args(conns[i], 1, ping, NULL);
    int answered = count_answers(conns, count, "PONG");
    tally_check(answered == count, "%d of %d clients got a PONG", answered, count);
}

/* Every client writes a key of its own and reads it back, all of them at the same time. */
static void check_keys(resp_conn **conns, int count) {
    int right = 0;
    for (int i = 0; i < count; i++) {
        char key[32];
        const char *set[] = {"SET", key, key}, *get[] = {"GET", key};
        snprintf(key, sizeof(key), "key:%d", i);
        resp_send_args(conns[i], 3, set, NULL);
        resp_send_args(conns[i], 2, get, NULL);
    }
    int stored = count_answers(conns, count, "OK");
    for (int i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key:%d", i);
        right += count_answers(&conns[i], 1, key);
    }
    tally_check(stored == count, "%d of %d clients could write", stored, count);
    tally_check(right == count, "%d of %d clients read what they wrote", right, count);
}

static void check_many(const server_setup *given, int count) {
    server s;
    char maxclients[16];
    server_setup setup = *given;
    snprintf(maxclients, sizeof(maxclients), "%d", count + 10);
    server_option(&setup, "maxclients", maxclients);
    server_start(&s, &setup);
    resp_conn *control = server_connect(&s), **conns = must_alloc((size_t)count * sizeof(resp_conn *));
    for (int i = 0; i < count; i++) conns[i] = server_connect_tcp(&s);
    check_pings(conns, count);
    tally_check(resp_info(control, "clients", "connected_clients") == count + 1, "%lld clients are counted",
                resp_info(control, "clients", "connected_clients"));
    check_keys(conns, count);
    check_pings(conns, count);
    for (int i = 0; i < count; i++) resp_close(conns[i]);
    tally_check(resp_await_info(control, "clients", "connected_clients", 1),
                "clients that left are still counted");
    tally_check(resp_ping(control), "no PONG after all have left");
    resp_close(control);
    free(conns);
    server_stop(&s);
}

/* ---- one too many ---- */

static void check_refused(const server *s) {
    resp_reply reply;
    resp_conn *c = server_connect_tcp(s);
    bool told = resp_read(c, RESP_PATIENCE_MS, &reply) == RESP_OK;
    tally_check(told && resp_is(&reply.root, "ERR max number of clients reached"),
                "one too many is not told so");
    if (told) resp_free(&reply);
    tally_check(resp_read_end(c, RESP_PATIENCE_MS) == RESP_CLOSED, "one too many is not closed");
    resp_close(c);
}

static void check_limit(const server_setup *given) {
    server s;
    resp_conn *conns[FEW_CLIENTS];
    char maxclients[16];
    server_setup setup = *given;
    snprintf(maxclients, sizeof(maxclients), "%d", FEW_CLIENTS);
    server_option(&setup, "maxclients", maxclients);
    server_start(&s, &setup);
    for (int i = 0; i < FEW_CLIENTS; i++) {
        conns[i] = server_connect_tcp(&s);
        tally_check(resp_ping(conns[i]), "client %d of %d gets no PONG", i + 1, FEW_CLIENTS);
    }
    check_refused(&s);
    check_refused(&s);
    resp_close(conns[FEW_CLIENTS - 1]);
    tally_check(resp_await_info(conns[0], "clients", "connected_clients", FEW_CLIENTS - 1),
                "the place stays taken");
    conns[FEW_CLIENTS - 1] = server_connect_tcp(&s);
    for (int i = 0; i < FEW_CLIENTS; i++) {
        tally_check(resp_ping(conns[i]), "client %d gets no PONG after others were refused", i + 1);
        resp_close(conns[i]);
    }
    server_stop(&s);
}

int main(int argc, char **argv) {
    server_setup setup = {0};
    int wanted = CONNECTIONS;
    alarm(WATCHDOG_S);
    argc = server_parse_args(&setup, argc, argv);
    if (argc == 3 && strcmp(argv[1], "--connections") == 0)
        wanted = atoi(argv[2]);
    else if (argc != 1)
        die("usage: many_connections [--server PATH] [--option NAME VALUE]... [--connections N]");
    int count = raise_descriptor_limit(wanted);
    if (count < wanted) printf("only %d connections, as the limit of descriptors allows no more\n", count);
    check_many(&setup, count < wanted ? count : wanted);
    check_limit(&setup);
    return tally_finish();
}
