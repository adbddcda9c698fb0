/* Pubsub: publishing messages to those who are subscribed. Who that is, is kept by
 * server/messages/subscriptions.h. */
#ifndef STINT_SERVER_MESSAGES_PUBSUB_H
#define STINT_SERVER_MESSAGES_PUBSUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/client.h"

/* Sends the message to the subscribers of the channel and then to those of the patterns that it matches.
 * Returns how many messages that are. */
int64_t pubsub_publish(slice channel, slice message);
/* Sends the message to the subscribers of the shard channel. Returns how many those are. */
int64_t pubsub_publish_shard(slice channel, slice message);

/* Whether the client has subscriptions. */
static inline bool pubsub_is_subscribed(const client *c) { return c->flags & CLIENT_SUBSCRIBED; }
/* Whether the client has subscriptions and speaks RESP2, where replies can't be told from messages: it is
 * then limited to commands about subscriptions. */
static inline bool pubsub_limits_commands(const client *c) { return pubsub_is_subscribed(c) && c->resp < 3; }

#endif
