/* Blocking: clients that wait for keys.
 *
 * A blocking command looks for what it wants, and if that is not there, calls blocking_wait. Its request then
 * waits (waiting.h) until one of the keys comes to hold the type it wants, and is run again: first come,
 * first served for each key, right after the request, or the transaction, that made the key. A command that
 * still does not find what it wants calls blocking_wait again and keeps its place. */
#ifndef STINT_SERVER_BLOCKING_H
#define STINT_SERVER_BLOCKING_H

#include <stdbool.h>
#include <stdint.h>

#include "net/client.h"
#include "store/keyspace.h"

/* Writes the reply that says that there is nothing. */
typedef void blocking_reply(client *c);

/* Blocks the client (CLIENT_BLOCKED) until one of count keys, at names in its database, may hold what it
 * wants, a value of that type, or until timeout_ms from now on (0: no limit) have passed, when a null array
 * is the answer. In a transaction, which can't wait, writes the reply `nothing` at once. Called by a
 * command's handler in the place of its reply. */
void blocking_wait(client *c, const slice *names, int count, enum value_type type, int64_t timeout_ms,
                   blocking_reply *nothing);

/* Whether clients may be there whose keys have come. */
extern bool blocking_any_ready;
/* The next client whose request is to be run again; NULL if there is none. */
client *blocking_next_ready(void);

/* The blocked client's request has taken so many more clock_ticks(), the time of waiting not counted. */
void blocking_add_ticks(client *c, uint64_t ticks);

/* The client's request was answered: it is accounted for, unless it was refused; the client waits for keys no
 * more, and goes on with its other requests. */
void blocking_end(client *c, bool refused);
/* Ends the wait as if its time were up, or with an error. The client must be blocked. */
void blocking_time_out(client *c);
void blocking_refuse(client *c, slice error);
/* Forgets a client that goes. */
void blocking_close(client *c);

struct blocking_figures {
    size_t clients; /* that are blocked */
    size_t keys;    /* for which clients wait */
    size_t timed;   /* clients that wait for a limited time */
};
void blocking_figures(struct blocking_figures *f);

#endif
