/* Broadcast: telling clients of every change of a key that begins with one of their prefixes.
 *
 * Changes are collected, and told all at once when the turn ends: one message for each prefix, which names
 * each key once. */
#ifndef STINT_SERVER_MESSAGES_BROADCAST_H
#define STINT_SERVER_MESSAGES_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>

#include "server/messages/invalidation.h"
#include "server/messages/prefix_tree.h"

/* Who is told: part of whatever it stands for. Zeroed: wants nothing. */
typedef struct broadcast_receiver {
    prefix_tree wishes; /* its prefixes */
    uint64_t own;       /* changes made under that number are not told; 0: all are */
} broadcast_receiver;

/* Has the receiver told of keys with that prefix, which it is not yet. */
void broadcast_add(broadcast_receiver *r, slice prefix);
/* Ends all its prefixes, in time proportional to their number. */
void broadcast_remove_all(broadcast_receiver *r);
/* Memory of its prefixes, in bytes. */
size_t broadcast_memory_bytes(const broadcast_receiver *r);

/* Collects a change of a key, made under that number (0: none). */
void broadcast_note(slice name, uint64_t by);
/* Whether so much is collected that it should be told before the turn ends. */
bool broadcast_is_full(void);
/* Tells what is collected: calls send for each message and receiver, prefixes in the order of their bytes. */
void broadcast_tell(void (*send)(broadcast_receiver *r, invalidation *m));

/* How many different prefixes there are. */
size_t broadcast_prefixes(void);

#endif
