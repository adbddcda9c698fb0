/* Endpoint: a resolved TCP or unix address; connecting and listening on it. */
#include "bench/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096 };

bool endpoint_tcp(endpoint *e, const char *host, int port) {
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host, service, &hints, &found) != 0) return false;
    memcpy(&e->address, found->ai_addr, found->ai_addrlen);
    e->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool endpoint_unix(endpoint *e, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return false;
    strcpy(address.sun_path, path);
    memcpy(&e->address, &address, sizeof address);
    e->address_len = sizeof address;
    return true;
}

static int close_keeping_errno(int fd) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int endpoint_connect(const endpoint *e) {
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)&e->address, e->address_len) != 0)
        return close_keeping_errno(fd);
    int on = 1;
    if (e->address.ss_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int endpoint_listen(const endpoint *e) {
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&e->address, e->address_len) != 0) return close_keeping_errno(fd);
    if (listen(fd, LISTEN_BACKLOG) != 0) return close_keeping_errno(fd);
    return fd;
}

void endpoint_remove(const endpoint *e) {
    if (e->address.ss_family == AF_UNIX) unlink(((const struct sockaddr_un *)&e->address)->sun_path);
}

int endpoint_free_port(void) {
    endpoint any;
    if (!endpoint_tcp(&any, "127.0.0.1", 0)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = endpoint_listen(&any);
    if (fd < 0) return -1;
    struct sockaddr_in bound = {0};
    socklen_t len = sizeof bound;
    int failed = getsockname(fd, (struct sockaddr *)&bound, &len);
    if (failed) return close_keeping_errno(fd);
    close(fd);
    return ntohs(bound.sin_port);
}
