/* Tracking: client-side caching. Clients that keep what they have read are told when it is no longer so.
 *
 * By default the server remembers which keys a client has read (tracking_table.h), and tells it of each once.
 * With TRACKING_BCAST it remembers nothing, and tells the client of every change below its prefixes
 * (broadcast.h). Either way the messages may go to another client. */
#ifndef STINT_SERVER_MESSAGES_TRACKING_H
#define STINT_SERVER_MESSAGES_TRACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "net/batch.h"
#include "server/messages/prefix_tree.h"
#include "server/request/command.h"

enum tracking_mode {
    TRACKING_BCAST = 1 << 0,
    TRACKING_OPTIN = 1 << 1,   /* only what follows CLIENT CACHING YES is remembered */
    TRACKING_OPTOUT = 1 << 2,  /* all but what follows CLIENT CACHING NO is */
    TRACKING_NOLOOP = 1 << 3,  /* the client's own changes are not told */
    TRACKING_CACHING = 1 << 4, /* after CLIENT CACHING; until the next request, or transaction, is done */
    TRACKING_BROKEN = 1 << 5,  /* the client that messages should have gone to was not there any more */
};

static inline bool tracking_is_on(const client *c) { return c->flags & CLIENT_TRACKING; }
/* The modes (enum tracking_mode); 0 if tracking is off. */
uint32_t tracking_modes(const client *c);
/* The id of the client that the messages go to; 0: to the client itself, -1: tracking is off. */
int64_t tracking_redirection(const client *c);
/* The prefixes of TRACKING_BCAST; NULL or empty without it. */
const prefix_tree *tracking_prefixes(const client *c);

/* Switches tracking on, or changes its modes and where the messages go (NULL: to the client itself). */
void tracking_start(client *c, uint32_t modes, client *target);
/* Adds a prefix, which the client does not have yet; with TRACKING_BCAST. */
void tracking_add_prefix(client *c, slice prefix);
/* Switches TRACKING_CACHING on. */
void tracking_set_caching(client *c);
/* Switches it off. What the client has read is remembered on, and told should it be switched on again. */
void tracking_stop(client *c);

/* A request of a client that tracks was run (in EXEC: one of those within): remembers the keys that it read.
 */
void tracking_note_read(client *c, const struct request *r);
/* A request (EXEC: with all those within) of a client that tracks is done. */
void tracking_end_request(client *c, const command *row);

/* Tells what is to be told at the end of a turn. */
void tracking_end_turn(void);
/* Forgets, in bounded steps, what clients that have gone had read and what is more than
 * tracking-table-max-keys. Returns whether there is more of it. */
bool tracking_tidy(void);

/* Memory of the client's tracking, in bytes. */
size_t tracking_memory_bytes(const client *c);
/* Forgets a client that goes. */
void tracking_close(client *c);

struct tracking_figures {
    size_t clients;  /* that have tracking on */
    size_t keys;     /* in the table */
    size_t items;    /* pairs of a key and a client */
    size_t prefixes; /* different ones */
};
void tracking_figures(struct tracking_figures *f);

#endif
