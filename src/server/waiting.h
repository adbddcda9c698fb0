/* Waiting: clients whose requests have to wait, in order, because one of them is blocked or because clients
 * are paused. Later requests queue up behind the first; when nothing holds that one any more the client is
 * resumed, and execute.c runs what waited. */
#ifndef STINT_SERVER_WAITING_H
#define STINT_SERVER_WAITING_H

#include "net/batch.h"

/* Has the request wait behind those that wait already (CLIENT_WAITING is set on the client from now on).
 * Closes the client if those take more memory than a query buffer may. */
void waiting_add(const struct request *r);
/* The request that is first, NULL if none waits. */
const struct request *waiting_first(const client *c);
/* The first request is answered: takes it out. */
void waiting_pop(client *c);
/* The memory of what waits, in bytes. */
size_t waiting_memory_bytes(const client *c);

/* Nothing holds the client's requests any more: they are run before the turn ends. */
void waiting_resume(client *c);
/* Takes the next client to be resumed out of the queue; NULL if there is none. */
client *waiting_next_resumed(void);
/* Whether there is one. */
bool waiting_any_resumed(void);

/* The client, whose first request waits already, is paused (CLIENT_PAUSED). */
void waiting_pause(client *c);
/* Resumes all clients that are paused, in the order in which they became so. */
void waiting_end_pause(void);
/* How many are paused. */
size_t waiting_paused(void);

/* Frees all that waits, of a client that goes. */
void waiting_close(client *c);

#endif
