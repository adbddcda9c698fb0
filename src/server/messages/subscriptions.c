/* Subscriptions: topics found by name, and links between topics and clients.
 *
 *     topics of each type   table by name
 *     topic                 array of its subscribers, for those who send
 *     client                list of its subscriptions of each type, oldest first
 *     subscription          table by (topic, client): whether there is one, without searching either side
 *
 * A subscription knows its place in the topic's array, where the last one moves to when it ends, and its
 * neighbours in the client's list. So it begins and ends in constant time, however many the client or the
 * topic has. */
#include "server/messages/subscriptions.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "server/request/session.h"
#include "store/table.h"

typedef struct subscription {
    struct {
        topic *topic;
        client *client;
    } ends;                               /* first: the key in the table of subscriptions */
    struct subscription *next, *previous; /* in the client's list */
    uint32_t place;                       /* in the topic's array */
} subscription;

struct subscriptions {
    struct {
        subscription *first, *last;
        size_t count;
    } of[TOPIC_TYPES];
};

static slice topic_key(const void *element) { return topic_name(element); }
static slice subscription_key(const void *element) {
    return (slice){element, sizeof(((subscription *)0)->ends)};
}

static const struct table_kind table_of_topics = {topic_key, NULL};
static const struct table_kind table_of_subscriptions = {subscription_key, NULL};

static table *topics[TOPIC_TYPES];
static table *links; /* all subscriptions of all clients */
static pattern_index *patterns;
static size_t clients_subscribed;

/* The first subscription of all makes the tables, which stay. */
static void open_tables(void) {
    if (links) return;
    links = table_new(&table_of_subscriptions);
    for (int i = 0; i < TOPIC_TYPES; i++) topics[i] = table_new(&table_of_topics);
    patterns = pattern_index_new();
}

/* --- Topics --- */

const topic *topic_find(enum topic_type type, slice name) {
    if (topic_count(type) == 0) return NULL;
    return table_find(topics[type], name, hash_bytes(name));
}

size_t topic_count(enum topic_type type) { return topics[type] ? table_count(topics[type]) : 0; }

static topic *topic_new(enum topic_type type, slice name) {
    topic *t = alloc(sizeof(*t) + name.len);
    *t = (topic){.type = (uint8_t)type, .pattern.text = {t->name, name.len}};
    memcpy(t->name, name.data, name.len);
    table_insert(topics[type], t, hash_bytes(name));
    if (type == TOPIC_PATTERN) pattern_index_add(patterns, &t->pattern);
    return t;
}

static void topic_free(topic *t) {
    slice name = topic_name(t);
    table_remove(topics[t->type], name, hash_bytes(name));
    if (t->type == TOPIC_PATTERN) pattern_index_remove(patterns, &t->pattern);
    alloc_free(t->subscribers, t->capacity * sizeof(*t->subscribers));
    alloc_free(t, sizeof(*t) + name.len);
}

static void resize_topic(topic *t, uint32_t capacity) {
    t->subscribers = alloc_resize(t->subscribers, capacity * sizeof(*t->subscribers));
    t->capacity = capacity;
}

static void join_topic(topic *t, subscription *s) {
    if (t->count == t->capacity) resize_topic(t, t->capacity ? 2 * t->capacity : 1);
    s->place = t->count;
    t->subscribers[t->count++] = (struct subscriber){s->ends.client, s};
}

static void leave_topic(topic *t, const subscription *s) {
    struct subscriber last = t->subscribers[--t->count];
    t->subscribers[s->place] = last;
    last.subscription->place = s->place;
    if (t->count == 0)
        topic_free(t);
    else if (t->count <= t->capacity / 4)
        resize_topic(t, t->capacity / 2);
}

struct visitor {
    void (*visit)(void *context, const topic *t);
    void *context;
};

static void visit_element(void *context, void *element) {
    const struct visitor *v = context;
    v->visit(v->context, element);
}

void topic_each(enum topic_type type, void (*visit)(void *context, const topic *t), void *context) {
    struct visitor v = {visit, context};
    if (topic_count(type)) table_scan(topics[type], 0, SIZE_MAX, visit_element, &v);
}

static void visit_pattern(void *context, indexed_pattern *p) {
    const struct visitor *v = context;
    v->visit(v->context, (const topic *)((const char *)p - offsetof(topic, pattern)));
}

void topic_each_pattern(slice channel, void (*visit)(void *context, const topic *t), void *context) {
    struct visitor v = {visit, context};
    if (topic_count(TOPIC_PATTERN)) pattern_index_match(patterns, channel, visit_pattern, &v);
}

/* --- Clients --- */

static struct subscriptions *subscriptions_of(client *c) {
    struct session *session = c->session;
    if (!session->subscriptions) {
        session->subscriptions = alloc_zeroed(sizeof(*session->subscriptions));
        c->flags |= CLIENT_SUBSCRIBED;
        clients_subscribed++;
    }
    return session->subscriptions;
}

static bool is_empty(const struct subscriptions *all) {
    for (int i = 0; i < TOPIC_TYPES; i++)
        if (all->of[i].count) return false;
    return true;
}

static void free_if_empty(client *c) {
    struct session *session = c->session;
    if (!is_empty(session->subscriptions)) return;
    alloc_free(session->subscriptions, sizeof(*session->subscriptions));
    session->subscriptions = NULL;
    c->flags &= ~(uint32_t)CLIENT_SUBSCRIBED;
    clients_subscribed--;
}

static void enter_list(subscription *s) {
    struct subscriptions *all = subscriptions_of(s->ends.client);
    int type = s->ends.topic->type;
    s->next = NULL;
    s->previous = all->of[type].last;
    *(s->previous ? &s->previous->next : &all->of[type].first) = s;
    all->of[type].last = s;
    all->of[type].count++;
}

static void leave_list(const subscription *s) {
    struct subscriptions *all = s->ends.client->session->subscriptions;
    int type = s->ends.topic->type;
    *(s->previous ? &s->previous->next : &all->of[type].first) = s->next;
    *(s->next ? &s->next->previous : &all->of[type].last) = s->previous;
    all->of[type].count--;
}

/* --- Links --- */

static subscription *find_link(const topic *t, const client *c) {
    subscription like = {.ends = {(topic *)t, (client *)c}};
    slice key = subscription_key(&like);
    return table_find(links, key, hash_bytes(key));
}

bool subscriptions_add(client *c, enum topic_type type, slice name) {
    open_tables();
    topic *t = (topic *)topic_find(type, name);
    if (!t)
        t = topic_new(type, name);
    else if (find_link(t, c))
        return false;
    subscription *s = alloc(sizeof(*s));
    s->ends.topic = t;
    s->ends.client = c;
    table_insert(links, s, hash_bytes(subscription_key(s)));
    join_topic(t, s);
    enter_list(s);
    return true;
}

static void end(subscription *s) {
    slice key = subscription_key(s);
    table_remove(links, key, hash_bytes(key));
    leave_list(s);
    leave_topic(s->ends.topic, s);
    alloc_free(s, sizeof(*s));
}

bool subscriptions_remove(client *c, enum topic_type type, slice name) {
    const topic *t = topic_find(type, name);
    subscription *s = t ? find_link(t, c) : NULL;
    if (!s) return false;
    end(s);
    free_if_empty(c);
    return true;
}

const topic *subscriptions_first(const client *c, enum topic_type type) {
    const struct subscriptions *all = c->session->subscriptions;
    return all && all->of[type].first ? all->of[type].first->ends.topic : NULL;
}

void subscriptions_clear(client *c) {
    struct subscriptions *all = c->session->subscriptions;
    if (!all) return;
    for (int i = 0; i < TOPIC_TYPES; i++)
        while (all->of[i].first) end(all->of[i].first);
    free_if_empty(c);
}

size_t subscriptions_count(const client *c, enum topic_type type) {
    const struct subscriptions *all = c->session->subscriptions;
    return all ? all->of[type].count : 0;
}

size_t subscriptions_memory_bytes(const client *c) {
    const struct subscriptions *all = c->session->subscriptions;
    if (!all) return 0;
    size_t count =
        all->of[TOPIC_CHANNEL].count + all->of[TOPIC_PATTERN].count + all->of[TOPIC_SHARD_CHANNEL].count;
    return alloc_class(sizeof(*all)) +
           count * (alloc_class(sizeof(subscription)) + sizeof(struct subscriber));
}

size_t subscriptions_clients(void) { return clients_subscribed; }
