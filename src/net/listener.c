/* Listener: accepting. A bounded number per turn, so that a flood of connections leaves room for requests.
 *
 * When the process runs out of file descriptors the connection stays in the kernel's queue and would wake the
 * loop at once again: accepting pauses for a moment instead. */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/query.h"
#include "net/timer.h"

#define LISTENERS_MAX    32
#define PAUSE_MS         100
#define LOG_INTERVAL_MS  5000
#define KEEPALIVE_PROBES 3

struct listener {
    struct source source; /* first */
    bool is_unix;
};

struct listener_statistics listener_statistics;
int listener_maxclients = 10000;
int listener_accepts_per_turn = 10;
int listener_keepalive_s = 300;
unsigned listener_mark;
const char *(*listener_admission)(const struct client *c);

static struct listener listeners[LISTENERS_MAX];
static int listener_total;
static timer resume_timer;

static void watch_all(bool wanted) {
    for (int i = 0; i < listener_total; i++) loop_change(&listeners[i].source, wanted ? EPOLLIN : 0);
}

static void resume(timer *t) {
    (void)t;
    watch_all(true);
}

/* Accepting failed for a reason that will last: waits a little. */
static void pause_accepting(int error) {
    static log_limit limit;
    log_limited(&limit, LOG_INTERVAL_MS, LOG_LEVEL_WARNING, "Accepting a client connection: %s",
                strerror(error));
    watch_all(false);
    resume_timer.callback = resume;
    timer_set(&resume_timer, clock_monotonic_ms() + PAUSE_MS);
}

static void set_tcp_options(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (listener_keepalive_s <= 0) return;
    int idle_s = listener_keepalive_s, probes = KEEPALIVE_PROBES;
    int interval_s = idle_s / KEEPALIVE_PROBES > 0 ? idle_s / KEEPALIVE_PROBES : 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/* Sends a line if the socket takes it at once, and closes. */
static void reject(int fd, const char *error) {
    listener_statistics.rejected++;
    (void)!send(fd, error, strlen(error), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

/* Any address that accept4 may give. */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static void admit(const struct listener *l, int fd, const union address *address) {
    uint32_t flags = 0;
    struct peer peer = {0};
    if (l->is_unix) {
        flags = CLIENT_UNIX_SOCKET;
    } else if (address->any.sa_family == AF_INET6) {
        flags = CLIENT_TCP6;
        memcpy(peer.ip, &address->v6.sin6_addr, sizeof(address->v6.sin6_addr));
        peer.port = ntohs(address->v6.sin6_port);
    } else {
        memcpy(peer.ip, &address->v4.sin_addr, sizeof(address->v4.sin_addr));
        peer.port = ntohs(address->v4.sin_port);
    }
    if (!l->is_unix) set_tcp_options(fd);
    listener_statistics.accepted++;
    if (client_count() >= listener_maxclients) {
        reject(fd, "-ERR max number of clients reached\r\n");
        return;
    }
    client *c = client_new(fd, flags, &peer, query_on_events);
    if (!c) return;
    const char *refusal = listener_admission ? listener_admission(c) : NULL;
    if (!refusal) return;
    (void)!send(fd, refusal, strlen(refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
    listener_statistics.rejected++;
    client_close_soon(c, CLIENT_CLOSE_NOW);
}

static void on_connections(struct source *s, uint32_t events) {
    (void)events;
    for (int i = 0; i < listener_accepts_per_turn; i++) {
        union address address = {.any.sa_family = AF_UNSPEC};
        socklen_t len = sizeof(address);
        int fd = accept4(s->fd, &address.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit((struct listener *)s, fd, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else this one connection went away: the next */
    }
}

/* Starts listening on a bound socket, which is closed if that fails. */
static bool start(int fd, bool is_unix, int backlog, char error[LISTENER_ERROR_BYTES]) {
    struct listener *l = &listeners[listener_total];
    *l = (struct listener){{on_connections, fd}, is_unix};
    if (listen(fd, backlog) == 0 && loop_add(&l->source, EPOLLIN)) {
        listener_total++;
        return true;
    }
    snprintf(error, LISTENER_ERROR_BYTES, "listen: %s", strerror(errno));
    close(fd);
    return false;
}

static bool full(char error[LISTENER_ERROR_BYTES]) {
    if (listener_total < LISTENERS_MAX) return false;
    snprintf(error, LISTENER_ERROR_BYTES, "more than %d addresses", LISTENERS_MAX);
    return true;
}

static bool bind_tcp(const struct addrinfo *info, int backlog, char error[LISTENER_ERROR_BYTES]) {
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        snprintf(error, LISTENER_ERROR_BYTES, "socket: %s", strerror(errno));
        return false;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    const char *failed = NULL;
    if (listener_mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &listener_mark, sizeof(listener_mark)) != 0)
        failed = "its mark";
    else if (bind(fd, info->ai_addr, info->ai_addrlen) != 0)
        failed = "bind";
    if (!failed) return start(fd, false, backlog, error);
    snprintf(error, LISTENER_ERROR_BYTES, "%s: %s", failed, strerror(errno));
    close(fd);
    return false;
}

bool listener_open_tcp(const char *address, int port, int backlog, char error[LISTENER_ERROR_BYTES]) {
    if (full(error)) return false;
    bool optional = *address == '-';
    if (optional) address++;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    const char *host = address;
    if (strcmp(address, "*") == 0) {
        hints.ai_family = AF_INET;
        host = NULL;
    } else if (strcmp(address, "::*") == 0) {
        hints.ai_family = AF_INET6;
        host = NULL;
    }
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    int failure = getaddrinfo(host, service, &hints, &found);
    if (failure) {
        snprintf(error, LISTENER_ERROR_BYTES, "%s", gai_strerror(failure));
        return optional;
    }
    bool opened = bind_tcp(found, backlog, error);
    freeaddrinfo(found);
    return opened || optional;
}

/* Gives a file to a group by name. */
static bool give_to_group(const char *path, const char *name) {
    const struct group *group = getgrnam(name);
    if (!group) errno = EINVAL;
    return group && chown(path, (uid_t)-1, group->gr_gid) == 0;
}

bool listener_open_unix(const char *path, unsigned permissions, const char *group, int backlog,
                        char error[LISTENER_ERROR_BYTES]) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (full(error)) return false;
    if (strlen(path) >= sizeof(address.sun_path)) {
        snprintf(error, LISTENER_ERROR_BYTES, "the path is too long");
        return false;
    }
    strcpy(address.sun_path, path);
    unlink(path); /* left by a server that was killed */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        snprintf(error, LISTENER_ERROR_BYTES, "%s", strerror(errno));
        if (fd >= 0) close(fd);
        return false;
    }
    if ((group[0] && !give_to_group(path, group)) || (permissions && chmod(path, permissions) != 0)) {
        snprintf(error, LISTENER_ERROR_BYTES, "its group or permissions: %s", strerror(errno));
        close(fd);
        return false;
    }
    return start(fd, true, backlog, error);
}

static void close_listeners(bool tcp_only) {
    int kept = 0;
    for (int i = 0; i < listener_total; i++) loop_remove(&listeners[i].source);
    for (int i = 0; i < listener_total; i++) {
        if (tcp_only && listeners[i].is_unix)
            listeners[kept++] = listeners[i];
        else
            close(listeners[i].source.fd);
    }
    listener_total = kept;
    for (int i = 0; i < listener_total; i++) loop_add(&listeners[i].source, EPOLLIN);
}

void listener_close_tcp(void) { close_listeners(true); }
void listener_close_all(void) { close_listeners(false); }
int listener_count(void) { return listener_total; }
