/* Transaction: MULTI's queue, and the keys that WATCH watches. */
#ifndef STINT_SERVER_TRANSACTION_H
#define STINT_SERVER_TRANSACTION_H

#include <stdbool.h>

#include "net/batch.h"
#include "server/request/command.h"
#include "server/request/request_queue.h"
#include "store/keyspace.h"

/* Begins a transaction: requests are queued from now on (CLIENT_IN_TRANSACTION). */
void transaction_begin(client *c);
/* Ends it, whatever is queued, and watches nothing any more. */
void transaction_end(client *c);
bool transaction_is_exec(const command *row);
/* Queues a request. Closes the client if its queue takes more memory than a query buffer may. */
void transaction_queue(const struct request *r);
/* A request was refused: EXEC will refuse them all. */
void transaction_spoil(client *c);
bool transaction_is_spoilt(const client *c);
/* What is queued, to be run by EXEC. */
struct request_queue *transaction_requests(const client *c);
/* The flags (enum command_flag) that the queued requests' commands have together. */
uint32_t transaction_flags(const client *c);

/* Watches a key of the client's database: EXEC does nothing if it changes, or expires, before. Where one has
 * changed already there is nothing to watch. */
void transaction_watch(client *c, const key *k);
/* Watches nothing any more. */
void transaction_unwatch(client *c);
/* Whether something that the client watches is known to have changed. */
bool transaction_is_broken(const client *c);
/* Notices what the client watches and has expired. */
void transaction_check_expired(const client *c);

/* How many requests are queued, or run by EXEC now; how many keys the client watches; the memory of what is
 * queued, in bytes. */
size_t transaction_length(const client *c);
size_t transaction_watched(const client *c);
size_t transaction_memory_bytes(const client *c);

/* Forgets a client that goes. */
void transaction_close(client *c);

/* Of all clients. */
struct transaction_figures {
    size_t watching_clients;
    size_t watched_keys;
};
void transaction_figures(struct transaction_figures *f);

#endif
