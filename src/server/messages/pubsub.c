/* Pubsub: for each topic that gets the message, one push for all its subscribers. */
#include "server/messages/pubsub.h"

#include "base/compiler.h"
#include "server/messages/push.h"
#include "server/messages/subscriptions.h"

/* How many clients ahead are fetched. */
#define AHEAD 4

/* What push_send reads of a client: its flags and where its output ends. */
static inline void prefetch_client(const client *c) {
    prefetch(c);
    prefetch((const char *)c + CACHE_LINE_BYTES);
}

static int64_t send_to_all(const topic *t, push *p) {
    for (uint32_t i = 0; i < t->count; i++) {
        if (i + AHEAD < t->count) prefetch_client(t->subscribers[i + AHEAD].client);
        push_send(p, t->subscribers[i].client);
    }
    push_end(p);
    return t->count;
}

static int64_t send_to_channel(enum topic_type type, slice kind, slice channel, slice message) {
    const topic *t = topic_find(type, channel);
    if (!t) return 0;
    return send_to_all(t, &PUSH(push_text(kind), push_text(channel), push_text(message)));
}

/* What is published, and how many have got it. */
struct publication {
    slice channel, message;
    int64_t receivers;
};

static void send_to_pattern(void *context, const topic *t) {
    struct publication *p = context;
    p->receivers += send_to_all(t, &PUSH(push_text(SLICE("pmessage")), push_text(topic_name(t)),
                                         push_text(p->channel), push_text(p->message)));
}

int64_t pubsub_publish(slice channel, slice message) {
    struct publication p = {channel, message, 0};
    p.receivers = send_to_channel(TOPIC_CHANNEL, SLICE("message"), channel, message);
    topic_each_pattern(channel, send_to_pattern, &p);
    return p.receivers;
}

int64_t pubsub_publish_shard(slice channel, slice message) {
    return send_to_channel(TOPIC_SHARD_CHANNEL, SLICE("smessage"), channel, message);
}
