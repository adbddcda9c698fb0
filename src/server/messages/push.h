/* Push: messages that clients are sent without having asked: published ones, notifications, invalidations.
 *
 * A message is encoded once for each protocol version that a receiver speaks, and shared by all receivers. */
#ifndef STINT_SERVER_MESSAGES_PUSH_H
#define STINT_SERVER_MESSAGES_PUSH_H

#include <stdint.h>

#include "base/blob.h"
#include "base/slice.h"
#include "net/client.h"

/* One element of a message: text, a number, null, or an array of texts. */
typedef struct push_item {
    enum { PUSH_TEXT, PUSH_NUMBER, PUSH_NULL, PUSH_TEXTS } type;
    slice text;
    const slice *texts;
    int64_t number; /* or how many texts */
} push_item;

static inline push_item push_text(slice text) { return (push_item){.type = PUSH_TEXT, .text = text}; }
static inline push_item push_number(int64_t number) {
    return (push_item){.type = PUSH_NUMBER, .number = number};
}
static inline push_item push_null(void) { return (push_item){.type = PUSH_NULL}; }
static inline push_item push_texts(const slice *texts, size_t count) {
    return (push_item){.type = PUSH_TEXTS, .texts = texts, .number = (int64_t)count};
}

#define PUSH_ITEMS_MAX 4

/* A piece of the message log (push.c); holds its blob. */
struct push_piece {
    blob *blob; /* NULL: not encoded yet */
    size_t offset, len;
};

/* A message. The texts live until push_end. */
typedef struct push {
    push_item items[PUSH_ITEMS_MAX];
    int count;
    struct push_piece encoded[2]; /* for RESP2 and RESP3 */
} push;

/* A message of up to PUSH_ITEMS_MAX items. */
#define PUSH(...)                                                                                            \
    ((push){.items = {__VA_ARGS__}, .count = (int)(sizeof((push_item[]){__VA_ARGS__}) / sizeof(push_item))})

/* Sends the message to a client; to the one whose request is being run, behind the reply. A client that is
 * about to be closed gets nothing. */
void push_send(push *p, client *c);
/* Sends the message as (a part of) the reply to the running request of a client that takes some replies as
 * pushes: also with CLIENT REPLY OFF. */
void push_answer(push *p, client *c);
/* To be called when the message was sent to all. */
void push_end(push *p);

/* Around the running of a request: what is pushed to its client from push_hold on waits until push_release.
 */
void push_hold(client *c);
void push_release(void);
/* The client between the two, or NULL. */
const client *push_holder(void);

#endif
