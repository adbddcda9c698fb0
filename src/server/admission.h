/* Admission: whether a request may run, and the error that it gets if not. */
#ifndef STINT_SERVER_ADMISSION_H
#define STINT_SERVER_ADMISSION_H

#include <stdbool.h>

#include "net/batch.h"

/* Whether the request may run at all: the command is known, has the right number of arguments, and the client
 * and the server's memory allow it. False with the error written. */
bool admission_check(client *c, const struct request *r);
/* The same for what the client's mode (a transaction, a subscription) allows; after admission_check. */
bool admission_check_mode(client *c, const struct request *r);

#endif
