/* Loop: epoll, and nothing else.
 *
 * A source is a file descriptor with a callback, embedded in whatever owns it (client, listener, eventfd).
 * The loop waits, calls the callbacks of the sources that are ready, and then the turn's end hook: reading
 * and running requests happens in the callbacks, everything that is shared by a turn (run the batch, commit,
 * write, upkeep) in the hook. */
#ifndef STINT_NET_LOOP_H
#define STINT_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source;

/* Called with the EPOLL* bits that are ready. The source may be removed and freed within. */
typedef void source_callback(struct source *s, uint32_t events);

struct source {
    source_callback *callback;
    int fd;
};

/* Opens the epoll instance. Exits with a message if the kernel refuses. */
void loop_open(void);

/* Watches fd (level-triggered) for events (EPOLLIN ...). False with errno set if the kernel refuses. */
bool loop_add(struct source *s, uint32_t events);
/* Changes what a source is watched for. */
void loop_change(struct source *s, uint32_t events);
/* Stops watching; pending events of the source are dropped. The fd stays open. */
void loop_remove(struct source *s);

/* Called in every turn when the wait is over, before the first callback: the owner of the loop defines it. */
extern void (*loop_after_wait)(void);

/* One turn: waits up to timeout_ms (0: not at all, -1: without limit), then calls the callbacks. Returns how
 * many events came. */
int loop_turn(int timeout_ms);

#endif
