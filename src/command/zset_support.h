/* Zset support: the steps that the sorted set commands have in common. */
#ifndef STINT_COMMAND_ZSET_SUPPORT_H
#define STINT_COMMAND_ZSET_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "net/client.h"
#include "store/keyspace.h"
#include "store/types/zset.h"

/* Begins the reply of count members; with scores it is flat in RESP2, an array of pairs in RESP3. */
void zset_reply_begin(client *c, size_t count, bool with_scores);
/* One of those members. */
void zset_reply_item(client *c, slice member, double score, bool with_scores);

/* Deletes the key if the sorted set has lost its last member. */
void zset_drop_empty(client *c, const key *k, const entry *e);

/* A result in the making: elements that belong to it. All zeros is an empty one. */
struct zset_result {
    scored **elements;
    size_t count, capacity;
};
void zset_result_add(struct zset_result *r, scored *element);
/* Frees the elements, if the result still has them, and the result's memory. */
void zset_result_free(struct zset_result *r);
/* Puts the result, in order, under the key, whatever that held; an empty result only deletes it. Replies with
 * the number of members and takes the elements over. */
void zset_result_store(client *c, const key *k, struct zset_result *r, enum keyspace_event event);

#endif
