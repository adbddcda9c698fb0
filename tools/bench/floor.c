/* floor: the least a server of this shape can cost.
 *
 * One thread, one epoll loop. For every so many bytes that arrive on a connection a fixed reply is owed; each
 * recv is answered with one send. Nothing is parsed, looked up or stored, so what remains is the price of the
 * sockets, which every server that reads requests from them pays at least. Measured against it, a server
 * shows what its own work costs.
 *
 * The replies are laid out once, many in a row. What a connection is owed is a number of bytes from some
 * point of that row on; a socket that does not take them all gets the rest when it has room. Runs until it is
 * killed. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/endpoint.h"

enum {
    RECEIVE_BYTES = 64 * 1024,
    REPLIES_BYTES = 256 * 1024, /* about as much as is laid out in a row */
    EVENTS_MAX = 1024,
};

typedef struct connection {
    int fd;
    bool awaits_room;
    uint64_t unanswered; /* bytes received that do not make a request yet */
    uint64_t owed;       /* bytes to be sent */
    size_t phase;        /* where in a reply the next byte to be sent is */
} connection;

typedef struct floor_state {
    uint64_t request_bytes;
    size_t reply_bytes;
    char *replies;
    size_t replies_len;
    int epoll;
    int listener;
    bool tcp;
    char receive[RECEIVE_BYTES];
} floor_state;

static void die(const char *doing) {
    fprintf(stderr, "floor: %s: %s\n", doing, strerror(errno));
    exit(1);
}

static void watch(floor_state *f, int operation, int fd, void *data, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(f->epoll, operation, fd, &event) != 0) die("epoll_ctl");
}

static void connection_close(connection *c) {
    close(c->fd);
    free(c);
}

/* Sends what is owed, as far as the socket takes it. False if the peer is gone. */
static bool connection_pay(floor_state *f, connection *c) {
    while (c->owed) {
        size_t chunk = f->replies_len - c->phase;
        if (chunk > c->owed) chunk = c->owed;
        ssize_t sent = send(c->fd, f->replies + c->phase, chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent <= 0) break;
        c->owed -= (uint64_t)sent;
        c->phase = (c->phase + (size_t)sent) % f->reply_bytes;
    }
    bool awaits_room = c->owed > 0;
    if (awaits_room != c->awaits_room)
        watch(f, EPOLL_CTL_MOD, c->fd, c, EPOLLIN | (awaits_room ? (uint32_t)EPOLLOUT : 0));
    c->awaits_room = awaits_room;
    return true;
}

/* Takes what has come. False if the peer is gone. */
static bool connection_receive(floor_state *f, connection *c) {
    ssize_t received = recv(c->fd, f->receive, sizeof f->receive, MSG_DONTWAIT);
    if (received == 0) return false;
    if (received < 0) return errno == EAGAIN;
    c->unanswered += (uint64_t)received;
    uint64_t requests = c->unanswered / f->request_bytes;
    c->unanswered -= requests * f->request_bytes;
    c->owed += requests * f->reply_bytes;
    return true;
}

static void accept_one(floor_state *f) {
    int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    int on = 1;
    if (f->tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection *c = calloc(1, sizeof *c);
    if (!c) die("accept");
    c->fd = fd;
    watch(f, EPOLL_CTL_ADD, fd, c, EPOLLIN);
} /* NOLINT(clang-analyzer-unix.Malloc): the epoll set keeps the connection */

static void serve(floor_state *f) {
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int ready = epoll_wait(f->epoll, events, EVENTS_MAX, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            connection *c = events[i].data.ptr;
            if (!c)
                accept_one(f);
            else if (((events[i].events & ~(uint32_t)EPOLLOUT) && !connection_receive(f, c)) ||
                     !connection_pay(f, c))
                connection_close(c);
        }
    }
}

/* Lays out the reply, given in hexadecimal, many times in a row. False if it is no such text. */
static bool lay_out_replies(floor_state *f, const char *text) {
    size_t room = strlen(text) / 2 + REPLIES_BYTES;
    f->replies = malloc(room);
    if (!f->replies) die("reply");
    for (; text[0] && text[1]; text += 2) {
        unsigned byte;
        if (sscanf(text, "%2x", &byte) != 1) return false;
        f->replies[f->reply_bytes++] = (char)byte;
    }
    if (f->reply_bytes == 0) return false;
    for (f->replies_len = f->reply_bytes; f->replies_len + f->reply_bytes <= room;
         f->replies_len += f->reply_bytes)
        memcpy(f->replies + f->replies_len, f->replies, f->reply_bytes);
    return true;
}

static int usage(void) {
    fputs("Usage: floor (--port PORT | --unix-socket PATH) --request-bytes N --reply HEX\n"
          "Answers every N bytes that arrive with the bytes given in hexadecimal.\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"unix-socket", required_argument, NULL, 'u'},
                                            {"request-bytes", required_argument, NULL, 'n'},
                                            {"reply", required_argument, NULL, 'r'},
                                            {0}};
    static floor_state f;
    endpoint own;
    bool addressed = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            addressed = endpoint_tcp(&own, "127.0.0.1", atoi(optarg));
        else if (option == 'u')
            addressed = endpoint_unix(&own, optarg);
        else if (option == 'n')
            f.request_bytes = strtoull(optarg, NULL, 10);
        else if (option != 'r' || !lay_out_replies(&f, optarg))
            return usage();
    }
    if (!addressed || f.request_bytes == 0 || f.reply_bytes == 0) return usage();
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    f.tcp = own.address.ss_family != AF_UNIX;
    f.listener = endpoint_listen(&own);
    if (f.listener < 0) die("listen");
    f.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (f.epoll < 0) die("epoll_create");
    watch(&f, EPOLL_CTL_ADD, f.listener, NULL, EPOLLIN);
    serve(&f);
}
