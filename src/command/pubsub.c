/* Pubsub: subscribing, publishing, and looking at who is subscribed.
 *
 * SUBSCRIBE and its relatives have no reply but a message for each topic that they name. */
#include "server/messages/pubsub.h"

#include "base/glob.h"
#include "command/handlers.h"
#include "command/help.h"
#include "net/reply.h"
#include "server/messages/push.h"
#include "server/messages/subscriptions.h"

/* --- Subscribing --- */

/* The number that confirmations tell: channels and patterns count together, shard channels apart. */
static int64_t shown_count(const client *c, enum topic_type type) {
    if (type == TOPIC_SHARD_CHANNEL) return (int64_t)subscriptions_count(c, type);
    return (int64_t)(subscriptions_count(c, TOPIC_CHANNEL) + subscriptions_count(c, TOPIC_PATTERN));
}

static void confirm(client *c, slice what, push_item name, int64_t count) {
    push p = PUSH(push_text(what), name, push_number(count));
    push_answer(&p, c);
    push_end(&p);
}

static void subscribe(client *c, const args *a, enum topic_type type, slice what) {
    for (int i = 1; i < a->argc; i++) {
        subscriptions_add(c, type, a->argv[i]);
        confirm(c, what, push_text(a->argv[i]), shown_count(c, type));
    }
}

/* SUBSCRIBE channel [channel ...] */
void command_subscribe(client *c, const args *a) { subscribe(c, a, TOPIC_CHANNEL, SLICE("subscribe")); }

/* PSUBSCRIBE pattern [pattern ...] */
void command_psubscribe(client *c, const args *a) { subscribe(c, a, TOPIC_PATTERN, SLICE("psubscribe")); }

/* SSUBSCRIBE shardchannel [shardchannel ...] */
void command_ssubscribe(client *c, const args *a) {
    if (c->flags & CLIENT_EXECUTING)
        reply_error_text(c, SLICE("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
    else
        subscribe(c, a, TOPIC_SHARD_CHANNEL, SLICE("ssubscribe"));
}

static void unsubscribe_from_all(client *c, enum topic_type type, slice what) {
    if (!subscriptions_first(c, type)) confirm(c, what, push_null(), shown_count(c, type));
    for (const topic *t; (t = subscriptions_first(c, type));) {
        slice name = topic_name(t); /* the topic may go with its last subscriber */
        confirm(c, what, push_text(name), shown_count(c, type) - 1);
        subscriptions_remove(c, type, name);
    }
}

static void unsubscribe(client *c, const args *a, enum topic_type type, slice what) {
    if (a->argc == 1) unsubscribe_from_all(c, type, what);
    for (int i = 1; i < a->argc; i++) {
        subscriptions_remove(c, type, a->argv[i]);
        confirm(c, what, push_text(a->argv[i]), shown_count(c, type));
    }
}

/* UNSUBSCRIBE [channel [channel ...]] */
void command_unsubscribe(client *c, const args *a) { unsubscribe(c, a, TOPIC_CHANNEL, SLICE("unsubscribe")); }

/* PUNSUBSCRIBE [pattern [pattern ...]] */
void command_punsubscribe(client *c, const args *a) {
    unsubscribe(c, a, TOPIC_PATTERN, SLICE("punsubscribe"));
}

/* SUNSUBSCRIBE [shardchannel [shardchannel ...]] */
void command_sunsubscribe(client *c, const args *a) {
    unsubscribe(c, a, TOPIC_SHARD_CHANNEL, SLICE("sunsubscribe"));
}

/* --- Publishing --- */

/* PUBLISH channel message */
void command_publish(client *c, const args *a) { reply_integer(c, pubsub_publish(a->argv[1], a->argv[2])); }

/* SPUBLISH shardchannel message */
void command_spublish(client *c, const args *a) {
    reply_integer(c, pubsub_publish_shard(a->argv[1], a->argv[2]));
}

/* --- Looking --- */

struct listing {
    client *client;
    const slice *pattern; /* or NULL: all */
    size_t count;
};

static void list_topic(void *context, const topic *t) {
    struct listing *l = context;
    if (l->pattern && !glob_match(*l->pattern, topic_name(t), false)) return;
    reply_slice(l->client, topic_name(t));
    l->count++;
}

static void list_topics(client *c, const args *a, enum topic_type type) {
    if (a->argc > 3) {
        help_refer(c, "PUBSUB", a->argv[1]);
        return;
    }
    struct listing l = {c, a->argc == 3 ? &a->argv[2] : NULL, 0};
    reply_mark mark = reply_begin(c);
    topic_each(type, list_topic, &l);
    reply_finish_array(c, mark, l.count);
}

/* PUBSUB CHANNELS [pattern] */
void command_pubsub_channels(client *c, const args *a) { list_topics(c, a, TOPIC_CHANNEL); }

/* PUBSUB SHARDCHANNELS [pattern] */
void command_pubsub_shardchannels(client *c, const args *a) { list_topics(c, a, TOPIC_SHARD_CHANNEL); }

static void count_subscribers(client *c, const args *a, enum topic_type type) {
    reply_array(c, 2 * (size_t)(a->argc - 2));
    for (int i = 2; i < a->argc; i++) {
        const topic *t = topic_find(type, a->argv[i]);
        reply_slice(c, a->argv[i]);
        reply_integer(c, t ? t->count : 0);
    }
}

/* PUBSUB NUMSUB [channel [channel ...]] */
void command_pubsub_numsub(client *c, const args *a) { count_subscribers(c, a, TOPIC_CHANNEL); }

/* PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]] */
void command_pubsub_shardnumsub(client *c, const args *a) { count_subscribers(c, a, TOPIC_SHARD_CHANNEL); }

/* PUBSUB NUMPAT */
void command_pubsub_numpat(client *c, const args *a) {
    (void)a;
    reply_integer(c, (int64_t)topic_count(TOPIC_PATTERN));
}

/* PUBSUB HELP */
void command_pubsub_help(client *c, const args *a) {
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    Names of the channels with subscribers that the pattern matches, or of all.",
        "NUMPAT",
        "    How many different patterns are subscribed to.",
        "NUMSUB [<channel> ...]",
        "    How many subscribers each channel has; those of patterns do not count.",
        "SHARDCHANNELS [<pattern>]",
        "    The same as CHANNELS for shard channels.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    The same as NUMSUB for shard channels.",
        NULL,
    };
    (void)a;
    help_reply(c, "PUBSUB", lines);
}
