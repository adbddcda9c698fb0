/* Zset support: the steps that the sorted set commands have in common. */
#ifndef STINT_COMMAND_ZSET_SUPPORT_H
#define STINT_COMMAND_ZSET_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "net/client.h"
#include "server/request/command.h"
#include "store/keyspace.h"
#include "store/types/zset.h"

/* Begins the reply of count members; with scores it is flat in RESP2, an array of pairs in RESP3. */
void zset_reply_begin(client *c, size_t count, bool with_scores);
/* One of those members. */
void zset_reply_item(client *c, slice member, double score, bool with_scores);

/* A copy of an item that may be moved: the member, where it lies in the item's scratch, is found anew. */
struct zset_item zset_item_keep(const struct zset_item *item);
/* The member of a kept item, valid until that is moved. */
slice zset_item_member(const struct zset_item *kept);

/* Deletes the key if the sorted set has lost its last member. */
void zset_drop_empty(client *c, const key *k, const entry *e);

/* --- Adding --- */

enum zset_add_option {
    ZSET_ADD_NX = 1 << 0, /* only new members */
    ZSET_ADD_XX = 1 << 1, /* only members that are there */
    ZSET_ADD_GT = 1 << 2, /* only to a greater score */
    ZSET_ADD_LT = 1 << 3, /* only to a smaller score */
    ZSET_ADD_CH = 1 << 4, /* reply with members changed, not only added */
    ZSET_ADD_INCR = 1 << 5,
};

enum zset_outcome { ZSET_ADDED, ZSET_CHANGED, ZSET_UNCHANGED, ZSET_REFUSED, ZSET_NOT_A_NUMBER };

/* The entry to add that many members to, made if e is NULL and the options let; member is the first. */
entry *zset_entry_to_add(client *c, const key *k, entry *e, unsigned options, int members, slice member);
/* Gives one member its score, as far as the options let; *score is what it has afterwards. */
enum zset_outcome zset_add(client *c, const key *k, entry **e, unsigned options, slice member, double *score);

/* Scores up to this number need no memory of their own. */
#define ZSET_FEW_SCORES 16

/* The members that a request adds: the last argument of each of count groups. */
struct zset_additions {
    const slice *members;
    int count, stride; /* stride: arguments in a group */
    double *scores;    /* for the caller to fill in */
    double few[ZSET_FEW_SCORES];
};
/* Takes the arguments from argv[first] on, which are one group or more. */
void zset_additions_open(struct zset_additions *add, const args *a, int first, int stride);
void zset_additions_close(struct zset_additions *add);
/* Adds them all and replies with the number of members added, or, with ZSET_ADD_CH, changed. e is NULL or a
 * sorted set. */
void zset_add_all(client *c, const key *k, entry *e, unsigned options, const struct zset_additions *add);

/* --- Results --- */

/* A result in the making: elements that belong to it. All zeros is an empty one. */
struct zset_result {
    scored **elements;
    size_t count, capacity;
};
void zset_result_add(struct zset_result *r, scored *element);
/* Frees the elements, if the result still has them, and the result's memory. */
void zset_result_free(struct zset_result *r);
/* Puts the result, in order, under the key, whatever that held; an empty result only deletes it. Replies with
 * the number of members and takes the elements over. */
void zset_result_store(client *c, const key *k, struct zset_result *r, enum keyspace_event event);

#endif
