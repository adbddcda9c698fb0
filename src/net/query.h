/* Query: a client's bytes on their way to becoming requests.
 *
 * All clients are read into the batch's arena. Only what is left of an incomplete request moves to a buffer
 * of the client's own, and back before the next bytes if it is short. A long request is collected in the
 * client's own buffer, and a large argument in a blob of its own, which the keyspace can adopt without a
 * copy. */
#ifndef STINT_NET_QUERY_H
#define STINT_NET_QUERY_H

#include "net/client.h"
#include "net/resp.h"

/* Limits for everyone. */
struct query_limits {
    uint64_t buffer_bytes; /* of one incomplete request, or of those that wait: client-query-buffer-limit */
    int64_t bulk_bytes;    /* of one argument: proto-max-bulk-len */
};
extern struct query_limits query_limits;

struct query_statistics {
    uint64_t bytes_received, reads;
    uint64_t limit_disconnections;
};
extern struct query_statistics query_statistics;

/* What a client's socket calls when it is ready (the source is the client): sends what waits to be sent,
 * reads once and adds the requests that are complete to the batch. Queues the client to be closed when the
 * other end is gone. */
void query_on_events(struct source *s, uint32_t events);

/* Bytes of an incomplete request that wait, and the memory that they take. */
size_t query_pending_bytes(const client *c);
size_t query_memory_bytes(const client *c);

/* Closes the client if what it has sent and waits to be run, the given number of bytes, is over the limit of
 * one incomplete request. `what` tells in the log what that is: "its request". */
void query_check_limit(client *c, size_t bytes, const char *what);

/* Frees the client's query buffer. */
void query_discard(client *c);

#endif
