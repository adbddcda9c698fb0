/* Lifecycle: clients come, start anew and go, and with them all that modules keep for them. */
#ifndef STINT_SERVER_LIFECYCLE_H
#define STINT_SERVER_LIFECYCLE_H

#include "net/client.h"

/* Hooks of the network room: a client came, a client went. */
void lifecycle_open(client *c);
void lifecycle_close(client *c);

/* Puts the client back to what a new connection is, for RESET: database 0, RESP2, no name, no modes, and not
 * authenticated where a password is required. */
void lifecycle_reset(client *c);

#endif
