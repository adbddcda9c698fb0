/* Server: the server under test, started for the time of a test.
 *
 * Works for Stint and for redis-server alike: both take the same option names. Each gets a fresh directory, a
 * free port and a unix socket of its own, and keeps nothing when it is stopped. */
#ifndef STINT_E2E_SERVER_H
#define STINT_E2E_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "resp.h"

#define SERVER_OPTIONS_MAX 64

/* The program that is tested when none is named. */
#define SERVER_DEFAULT_PATH "build/stint-server"

/* How to start one. */
typedef struct server_setup {
    const char *path;                        /* the program */
    const char *options[SERVER_OPTIONS_MAX]; /* name, value, name, value...; what is set here wins over the
                                                defaults */
    int option_count;                        /* names and values together */
    bool config_file; /* write the options to a file and give that, instead of as arguments */
} server_setup;

typedef struct server {
    pid_t pid; /* 0 once it has ended */
    int port;
    char dir[64];
    char socket[80]; /* the unix socket's path */
    char log[80];
    char config[80]; /* path of the configuration file; empty if started without */
    server_setup setup;
} server;

/* Adds an option to a setup; the texts must outlive it. */
void server_option(server_setup *setup, const char *name, const char *value);

/* Starts a server and waits until it answers. Ends the program, showing its log, when it does not. */
void server_start(server *s, const server_setup *setup);

/* Stops it by its process id and waits for its end, which counts as a failed check if its status is not 0.
 * Harmless when it has ended already. The directory is removed. */
void server_stop(server *s);

/* Stops the server if it still runs and starts it again with the same directory, port and configuration file.
 */
void server_restart(server *s);

/* Whether the process still runs; collects it when it has ended. */
bool server_alive(server *s);

/* Waits up to timeout_ms for the process to end by itself. Its exit status, -1 if it still runs, or 128 plus
 * the signal's number when a signal ended it. */
int server_wait_exit(server *s, int timeout_ms);

/* Prints the end of the log to standard error. */
void server_show_log(const server *s);

/* A connection to the server's unix socket or port; ends the program when there is none to be had. */
resp_conn *server_connect(const server *s);
resp_conn *server_connect_tcp(const server *s);

/* What kind of server it is: versions as major and minor number. */
typedef struct server_version {
    bool is_valkey;
    int redis[2]; /* of Redis, or the Redis version that Valkey says it is */
    int valkey[2];
} server_version;

/* Reads that from INFO; ends the program when it does not tell. */
server_version server_read_version(resp_conn *c);

static inline bool version_at_least(const int number[2], int major, int minor) {
    return number[0] > major || (number[0] == major && number[1] >= minor);
}

/* The peak resident memory of the process in bytes, from /proc. */
long long server_peak_rss_bytes(const server *s);

/* What the end-to-end programs have in common: [--server PATH] [--option NAME VALUE]... Fills the setup,
 * takes these out of argv wherever they stand, and returns the number of arguments that are left. */
int server_parse_args(server_setup *setup, int argc, char **argv);

#endif
