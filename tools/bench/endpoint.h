/* Endpoint: where a server listens, and how to reach it. */
#ifndef STINT_BENCH_ENDPOINT_H
#define STINT_BENCH_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

typedef struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_len;
} endpoint;

/* Fills `e` with a TCP address: a host name or numeric address, and a port of 1..65535. False if the host is
 * not known. */
bool endpoint_tcp(endpoint *e, const char *host, int port);

/* Fills `e` with the path of a unix socket. False if the path is too long for one. */
bool endpoint_unix(endpoint *e, const char *path);

/* Connects, waiting for it. Returns a blocking descriptor without Nagle's delay, which the caller closes, or
 * -1 with errno set. */
int endpoint_connect(const endpoint *e);

/* Opens a listening socket on `e`. Returns a blocking descriptor, which the caller closes, or -1 with errno
 * set. */
int endpoint_listen(const endpoint *e);

/* Removes the file of a unix socket that its server left behind; does nothing for TCP. */
void endpoint_remove(const endpoint *e);

/* A TCP port of 127.0.0.1 that nobody listens on now; -1 with errno set if there is none. */
int endpoint_free_port(void);

#endif
