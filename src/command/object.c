/* Object: how a value is kept, and how lately or often it was used. */
#include "command/handlers.h"
#include "command/help.h"
#include "command/support.h"
#include "server/config/config.h"
#include "store/recency.h"

/* Integers from 0 to below this are one object for all keys in Redis, unless an eviction policy needs the
 * recency of each key; the reference count of that object is the largest integer of 32 bits. */
#define SHARED_INTEGERS 10000

#define POLICIES_HINT                                                                                        \
    " Please note that when switching between policies at runtime LRU and LFU data will take some time to "  \
    "adjust."

/* The entry at argv[2]. Returns false, having answered null, if there is none. */
static bool look_up(client *c, const args *a, const entry **e) {
    key k = args_key(a, 2);
    *e = keyspace_inspect_quietly(c->db, &k);
    if (!*e) reply_null(c);
    return *e != NULL;
}

/* OBJECT ENCODING key */
void command_object_encoding(client *c, const args *a) {
    const entry *e;
    if (look_up(c, a, &e)) reply_text(c, value_encoding_name(e));
}

static bool policy_tracks_use(void) {
    switch (config.maxmemory_policy) {
    case POLICY_ALLKEYS_LRU:
    case POLICY_ALLKEYS_LFU:
    case POLICY_VOLATILE_LRU:
    case POLICY_VOLATILE_LFU: return config.maxmemory_bytes > 0;
    default: return false;
    }
}

/* OBJECT REFCOUNT key */
void command_object_refcount(client *c, const args *a) {
    const entry *e;
    if (!look_up(c, a, &e)) return;
    bool shared = e->encoding == ENCODING_INT && entry_integer(e) >= 0 &&
                  entry_integer(e) < SHARED_INTEGERS && !policy_tracks_use();
    reply_integer(c, shared ? INT32_MAX : 1);
}

/* OBJECT IDLETIME key */
void command_object_idletime(client *c, const args *a) {
    const entry *e;
    if (!look_up(c, a, &e)) return;
    if (recency_policy.lfu)
        reply_error_text(
            c, SLICE("ERR An LFU maxmemory policy is selected, idle time not tracked." POLICIES_HINT));
    else
        reply_integer(c, recency_idle_s(e));
}

/* OBJECT FREQ key */
void command_object_freq(client *c, const args *a) {
    const entry *e;
    if (!look_up(c, a, &e)) return;
    if (recency_policy.lfu)
        reply_integer(c, recency_frequency(e));
    else
        reply_error_text(
            c,
            SLICE(
                "ERR An LFU maxmemory policy is not selected, access frequency not tracked." POLICIES_HINT));
}

/* OBJECT HELP */
void command_object_help(client *c, const args *a) {
    static const char *const lines[] = {
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        NULL,
    };
    (void)a;
    help_reply(c, "OBJECT", lines);
}
