/* Dispatch: from a parsed request to its handler. */
#ifndef STINT_SERVER_DISPATCH_H
#define STINT_SERVER_DISPATCH_H

#include "net/batch.h"

/* The batch's hooks (net/batch.h): look a request's command up and prefetch for its key; run requests in
 * order. */
void dispatch_prepare(struct request *r);
void dispatch_run(struct request *requests, int count);

#endif
