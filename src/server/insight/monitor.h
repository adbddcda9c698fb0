/* Monitor: clients that watch the requests of all others (MONITOR). MODE_MONITORED is on while there are any.
 */
#ifndef STINT_SERVER_INSIGHT_MONITOR_H
#define STINT_SERVER_INSIGHT_MONITOR_H

#include "net/batch.h"

/* The client watches from now on (CLIENT_MONITOR). */
void monitor_add(client *c);
/* It watches no more, if it did. */
void monitor_remove(client *c);

/* Shows a request, whose handler has just been called, to all clients that watch. */
void monitor_show(const struct request *r);

#endif
