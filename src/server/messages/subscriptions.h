/* Subscriptions: which clients want the messages of which channels and patterns.
 *
 * A topic is what can be subscribed to: a channel, a pattern or a shard channel. It exists while it has
 * subscribers. */
#ifndef STINT_SERVER_MESSAGES_SUBSCRIPTIONS_H
#define STINT_SERVER_MESSAGES_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/client.h"
#include "server/messages/pattern_index.h"

enum topic_type { TOPIC_CHANNEL, TOPIC_PATTERN, TOPIC_SHARD_CHANNEL, TOPIC_TYPES };

struct subscription;

/* A client in a topic's array. */
struct subscriber {
    client *client;
    struct subscription *subscription;
};

typedef struct topic {
    struct subscriber *subscribers; /* in no order that lasts */
    uint32_t count, capacity;
    uint8_t type;            /* enum topic_type */
    indexed_pattern pattern; /* its text is the name; in the index if the topic is a pattern */
    char name[];
} topic;

static inline slice topic_name(const topic *t) { return t->pattern.text; }

/* What a client is subscribed to; freed with its last subscription. */
struct subscriptions;

/* Subscribes the client. False if it was already. */
bool subscriptions_add(client *c, enum topic_type type, slice name);
/* Ends a subscription. False if there was none. */
bool subscriptions_remove(client *c, enum topic_type type, slice name);
/* The topic of that type that the client has been subscribed to for the longest time, NULL if there is none.
 */
const topic *subscriptions_first(const client *c, enum topic_type type);
/* Ends all subscriptions of the client, in time proportional to their number. */
void subscriptions_clear(client *c);

/* How many topics of the type the client is subscribed to. */
size_t subscriptions_count(const client *c, enum topic_type type);
/* Memory of the client's subscriptions: its part in the topics, not the topics themselves. */
size_t subscriptions_memory_bytes(const client *c);
/* How many clients have subscriptions. */
size_t subscriptions_clients(void);

/* The topic of that name, or NULL. Valid until a subscription ends. */
const topic *topic_find(enum topic_type type, slice name);
/* How many topics of the type there are. */
size_t topic_count(enum topic_type type);
/* Calls visit with each topic of the type. visit must not change subscriptions. */
void topic_each(enum topic_type type, void (*visit)(void *context, const topic *t), void *context);
/* Calls visit with each pattern that the channel's name matches. visit must not change subscriptions. */
void topic_each_pattern(slice channel, void (*visit)(void *context, const topic *t), void *context);

#endif
