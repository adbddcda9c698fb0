/* Notifications: an observer of the keyspace that publishes each event in up to two channels.
 *
 *     __keyspace@0__:key   message: the event      what happens to one key
 *     __keyevent@0__:set   message: the key        to which keys one thing happens
 *
 * Nobody who subscribes, no work: nothing is put together while there are no channels and no patterns. */
#include "server/messages/notifications.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/config/config.h"
#include "server/messages/pubsub.h"
#include "server/messages/subscriptions.h"
#include "store/keyspace.h"

/* The longest beginning of a channel, and a channel that is put together without allocating. */
#define PREFIX_MAX        32
#define SHORT_CHANNEL_MAX 256

struct event {
    const char *name;
    uint32_t class; /* enum notify_class; 0: is never published */
};

static const struct event events[EVENT_COUNT] = {
    [EVENT_SET] = {"set", NOTIFY_STRING},
    [EVENT_APPEND] = {"append", NOTIFY_STRING},
    [EVENT_SETRANGE] = {"setrange", NOTIFY_STRING},
    [EVENT_SETBIT] = {"setbit", NOTIFY_STRING},
    [EVENT_INCRBY] = {"incrby", NOTIFY_STRING},
    [EVENT_INCRBYFLOAT] = {"incrbyfloat", NOTIFY_STRING},
    [EVENT_DEL] = {"del", NOTIFY_GENERIC},
    [EVENT_EXPIRE] = {"expire", NOTIFY_GENERIC},
    [EVENT_PERSIST] = {"persist", NOTIFY_GENERIC},
    [EVENT_EXPIRED] = {"expired", NOTIFY_EXPIRED},
    [EVENT_RENAME_FROM] = {"rename_from", NOTIFY_GENERIC},
    [EVENT_RENAME_TO] = {"rename_to", NOTIFY_GENERIC},
    [EVENT_MOVE_FROM] = {"move_from", NOTIFY_GENERIC},
    [EVENT_MOVE_TO] = {"move_to", NOTIFY_GENERIC},
    [EVENT_COPY_TO] = {"copy_to", NOTIFY_GENERIC},
    [EVENT_SADD] = {"sadd", NOTIFY_SET},
    [EVENT_SREM] = {"srem", NOTIFY_SET},
    [EVENT_SPOP] = {"spop", NOTIFY_SET},
    [EVENT_SINTERSTORE] = {"sinterstore", NOTIFY_SET},
    [EVENT_SUNIONSTORE] = {"sunionstore", NOTIFY_SET},
    [EVENT_SDIFFSTORE] = {"sdiffstore", NOTIFY_SET},
    [EVENT_ZADD] = {"zadd", NOTIFY_ZSET},
    [EVENT_ZINCR] = {"zincr", NOTIFY_ZSET},
    [EVENT_ZREM] = {"zrem", NOTIFY_ZSET},
    [EVENT_ZPOPMIN] = {"zpopmin", NOTIFY_ZSET},
    [EVENT_ZPOPMAX] = {"zpopmax", NOTIFY_ZSET},
    [EVENT_ZREMRANGEBYRANK] = {"zremrangebyrank", NOTIFY_ZSET},
    [EVENT_ZREMRANGEBYSCORE] = {"zremrangebyscore", NOTIFY_ZSET},
    [EVENT_ZREMRANGEBYLEX] = {"zremrangebylex", NOTIFY_ZSET},
    [EVENT_ZRANGESTORE] = {"zrangestore", NOTIFY_ZSET},
    [EVENT_ZUNIONSTORE] = {"zunionstore", NOTIFY_ZSET},
    [EVENT_ZINTERSTORE] = {"zinterstore", NOTIFY_ZSET},
    [EVENT_ZDIFFSTORE] = {"zdiffstore", NOTIFY_ZSET},
    [EVENT_GEOSEARCHSTORE] = {"geosearchstore", NOTIFY_ZSET},
    [EVENT_GEORADIUSSTORE] = {"georadiusstore", NOTIFY_ZSET},
    [EVENT_LPUSH] = {"lpush", NOTIFY_LIST},
    [EVENT_RPUSH] = {"rpush", NOTIFY_LIST},
    [EVENT_LPOP] = {"lpop", NOTIFY_LIST},
    [EVENT_RPOP] = {"rpop", NOTIFY_LIST},
    [EVENT_LSET] = {"lset", NOTIFY_LIST},
    [EVENT_LINSERT] = {"linsert", NOTIFY_LIST},
    [EVENT_LREM] = {"lrem", NOTIFY_LIST},
    [EVENT_LTRIM] = {"ltrim", NOTIFY_LIST},
    [EVENT_HSET] = {"hset", NOTIFY_HASH},
    [EVENT_HDEL] = {"hdel", NOTIFY_HASH},
    [EVENT_HINCRBY] = {"hincrby", NOTIFY_HASH},
    [EVENT_HINCRBYFLOAT] = {"hincrbyfloat", NOTIFY_HASH},
    [EVENT_HEXPIRE] = {"hexpire", NOTIFY_HASH},
    [EVENT_HPERSIST] = {"hpersist", NOTIFY_HASH},
    [EVENT_HEXPIRED] = {"hexpired", NOTIFY_HASH},
    [EVENT_PFADD] = {"pfadd", NOTIFY_STRING},
    [EVENT_SORTSTORE] = {"sortstore", NOTIFY_LIST},
};

static const struct event created_event = {"new", NOTIFY_NEW};
static const struct event missed_event = {"keymiss", NOTIFY_MISS};

/* Publishes in the channel of that kind ("keyspace", "keyevent") and name. */
static void publish(const char *kind, const database *db, slice name, slice message) {
    char room[SHORT_CHANNEL_MAX];
    size_t most = PREFIX_MAX + name.len;
    char *channel = most <= sizeof(room) ? room : alloc(most);
    size_t len = (size_t)snprintf(channel, PREFIX_MAX, "__%s@%d__:", kind, db->id);
    memcpy(channel + len, name.data, name.len);
    pubsub_publish((slice){channel, len + name.len}, message);
    if (channel != room) alloc_free(channel, most);
}

static void notify(const database *db, const key *k, const struct event *e) {
    if (!(config.notify_keyspace_events & e->class)) return;
    if (topic_count(TOPIC_CHANNEL) == 0 && topic_count(TOPIC_PATTERN) == 0) return;
    slice event = slice_of(e->name);
    if (config.notify_keyspace_events & NOTIFY_KEYSPACE) publish("keyspace", db, k->name, event);
    if (config.notify_keyspace_events & NOTIFY_KEYEVENT) publish("keyevent", db, event, k->name);
}

static void key_changed(database *db, const key *k, enum keyspace_event event) {
    notify(db, k, &events[event]);
}
static void key_created(database *db, const key *k) { notify(db, k, &created_event); }
static void key_missed(database *db, const key *k) { notify(db, k, &missed_event); }

void notifications_follow(void) {
    static keyspace_observer observer;
    static bool observing;
    uint32_t wanted = config.notify_keyspace_events, places = NOTIFY_KEYSPACE | NOTIFY_KEYEVENT;
    if (observing) keyspace_unobserve(&observer);
    observing = wanted & places && wanted & ~places;
    if (!observing) return;
    observer = (keyspace_observer){
        .changed = wanted & NOTIFY_ALL ? key_changed : NULL,
        .created = wanted & NOTIFY_NEW ? key_created : NULL,
        .missed = wanted & NOTIFY_MISS ? key_missed : NULL,
    };
    keyspace_observe(&observer);
}
