/* Loop: one epoll instance, level-triggered. Events of a turn live in one array; removing a source blanks the
 * events it still has there, so that a callback may close any client. */
#include "net/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* Events taken per turn; more wait in the kernel for the next. */
#define EVENTS_MAX 1024

static void nothing(void) {}
void (*loop_after_wait)(void) = nothing;

static int epoll_fd = -1;
static struct epoll_event events[EVENTS_MAX];
static int event_count, event_next;

void loop_open(void) {
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) {
        fprintf(stderr, "epoll_create1: %s\n", strerror(errno));
        exit(1);
    }
}

bool loop_add(struct source *s, uint32_t wanted) {
    struct epoll_event e = {.events = wanted, .data.ptr = s};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, s->fd, &e) == 0;
}

void loop_change(struct source *s, uint32_t wanted) {
    struct epoll_event e = {.events = wanted, .data.ptr = s};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, s->fd, &e);
}

void loop_remove(struct source *s) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
    for (int i = event_next; i < event_count; i++)
        if (events[i].data.ptr == s) events[i].data.ptr = NULL;
}

int loop_turn(int timeout_ms) {
    event_count = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_ms);
    if (event_count < 0) event_count = 0; /* a signal: the caller looks at its flags */
    loop_after_wait();
    for (event_next = 0; event_next < event_count;) {
        struct epoll_event *e = &events[event_next++];
        struct source *s = e->data.ptr;
        if (s) s->callback(s, e->events);
    }
    return event_count;
}
