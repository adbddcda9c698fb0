/* Invalidation: the message that keys are not any more what a client has read. */
#ifndef STINT_SERVER_MESSAGES_INVALIDATION_H
#define STINT_SERVER_MESSAGES_INVALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include "server/messages/pubsub.h"
#include "server/messages/push.h"

/* The channel that messages to RESP2 clients seem to come from. */
#define INVALIDATION_CHANNEL SLICE("__redis__:invalidate")

/* One message for any number of clients. */
typedef struct invalidation {
    push for_resp3, for_resp2;
} invalidation;

/* The message that names count keys; NULL: all keys. The names live until invalidation_end. */
static inline invalidation invalidation_of(const slice *names, size_t count) {
    push_item keys = names ? push_texts(names, count) : push_null();
    return (invalidation){PUSH(push_text(SLICE("invalidate")), keys),
                          PUSH(push_text(SLICE("message")), push_text(INVALIDATION_CHANNEL), keys)};
}

/* Sends it to a client, on behalf of another one if it is redirected. RESP2 has nothing but messages of
 * channels for what a client did not ask for: there it goes only to a client that takes such messages. */
static inline void invalidation_send(invalidation *m, client *c, bool is_redirected) {
    if (c->resp >= 3)
        push_send(&m->for_resp3, c);
    else if (is_redirected && pubsub_is_subscribed(c))
        push_send(&m->for_resp2, c);
}

/* To be called when it was sent to all. */
static inline void invalidation_end(invalidation *m) {
    push_end(&m->for_resp3);
    push_end(&m->for_resp2);
}

#endif
