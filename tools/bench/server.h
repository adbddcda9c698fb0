/* Server: starts a server to be measured, on an address of its own, and stops it. */
#ifndef STINT_BENCH_SERVER_H
#define STINT_BENCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/endpoint.h"
#include "bench/workload.h"

enum {
    SERVER_START_MAX_MS = 10000, /* until it answers */
    SERVER_STOP_MAX_MS = 3000,   /* until it is killed, after it was asked to end */
    SERVER_PROBLEM_MAX = 512,
};

typedef enum server_role { SERVER_OURS, SERVER_PEER, SERVER_FLOOR } server_role;

typedef struct server {
    const char *name;
    const char *command; /* for the shell; {port}, {socket} and {dir} are replaced */
    server_role role;
    workload_protocol protocol;
    pid_t pid;           /* 0 while it does not run */
    const char *dataset; /* what the caller has filled it with; NULL after the start */
    endpoint where;
} server;

/* How servers are to run. */
typedef struct server_setting {
    const char *directory; /* for logs and sockets; must exist */
    int cpu;               /* the one CPU they share, or -1: any */
    bool unix_sockets;     /* instead of TCP on 127.0.0.1 */
} server_setting;

/* Starts the server and waits until it answers. Else returns false and explains in `problem`, of
 * SERVER_PROBLEM_MAX bytes. It does not outlive this process. */
bool server_start(server *s, const server_setting *setting, char *problem);

/* Ends the server if it runs, and waits for its end. */
void server_stop(server *s);

/* Sends one request and waits for the reply to it, of which up to `reply_max` bytes are written to `reply`.
 * Returns the length of the reply, or -1 if there was none or it is longer. */
ssize_t server_ask(const server *s, const char *request, size_t request_len, char *reply, size_t reply_max);

#endif
