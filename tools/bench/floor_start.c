/* Floor start: asks a real server once, and starts a floor that repeats its answer.
 *
 * So the floor moves exactly the bytes that the servers beside it move, for any command, without a second
 * list of what replies look like. */
#include "bench/floor_start.h"

#include <stdio.h>

enum { MESSAGE_MAX = 16 * 1024, COMMAND_MAX = 3 * MESSAGE_MAX };

/* Writes one request. Returns its length. */
static size_t make_request(const item *of, const workload_plan *plan, char *request) {
    char problem[ENGINE_PROBLEM_MAX];
    workload *made = workload_create(plan, problem, sizeof problem);
    if (!made) bench_fail("%s: %s", of->name, problem);
    if (workload_request_max(made) > MESSAGE_MAX)
        bench_fail("%s: the request is too long for the floor", of->name);
    chooser keys;
    chooser_init(&keys, CHOOSER_UNIFORM, plan->first_key, plan->keys, 0, 1);
    size_t len = workload_append(made, &keys, request);
    workload_free(made);
    return len;
}

/* The command line of a floor for requests of that length and with that reply. */
static const char *command_line(const bench *b, size_t request_len, const char *reply, size_t reply_len) {
    static char command[COMMAND_MAX];
    const char *address = b->setting.unix_sockets ? "--unix-socket {socket}" : "--port {port}";
    int len = snprintf(command, sizeof command, "%s %s --request-bytes %zu --reply ", b->floor_program,
                       address, request_len);
    for (size_t i = 0; i < reply_len; i++)
        len += snprintf(command + len, sizeof command - (size_t)len, "%02x", (unsigned char)reply[i]);
    return command;
}

bool floor_start(bench *b, const item *of, const server *model, const workload_plan *requests) {
    if (!b->floor.name) return false;
    char request[MESSAGE_MAX], reply[MESSAGE_MAX];
    size_t request_len = make_request(of, requests, request);
    ssize_t reply_len = server_ask(model, request, request_len, reply, sizeof reply);
    if (reply_len <= 0 || reply[0] == '-') return false;
    b->floor.command = command_line(b, request_len, reply, (size_t)reply_len);
    bench_restart(b, &b->floor);
    return true;
}
