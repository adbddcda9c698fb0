/* Execute: one request, from admission to what follows from it. */
#ifndef STINT_SERVER_EXECUTE_H
#define STINT_SERVER_EXECUTE_H

#include <stdbool.h>

#include "net/batch.h"
#include "server/blocking.h"
#include "server/request/request_queue.h"

/* Runs a request, or refuses it, queues it for EXEC, or has it wait. Returns whether its handler was called
 * and is done, so that its time is the caller's to account for. */
bool execute(const struct request *r);

/* Whether the request that has just been executed has left something to be done: it is blocked, or it made
 * keys that clients wait for. If so, execute_follow_up is to be called next, with the clock_ticks() that the
 * request has taken. */
static inline bool execute_has_follow_up(const struct request *r) {
    return r->client->flags & CLIENT_BLOCKED || blocking_any_ready;
}
void execute_follow_up(const struct request *r, uint64_t ticks);

/* Runs the requests that a transaction has queued, each of which was admitted when it came. Their cache
 * misses overlap. They stay in the queue. */
void execute_queued(client *c, struct request_queue *q);

/* Runs requests of clients that waited and were resumed, as many as one turn may take. Returns whether there
 * are more. */
bool execute_resumed(void);

#endif
