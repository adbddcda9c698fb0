/* Interest: an index of which clients are interested in which keys, for those who wait for keys and those who
 * watch them.
 *
 *     interest_key "a" --- link (client 1) --- link (client 2)          first come, first in the list
 *     interest_key "b" --- link (client 1)
 *                               |
 *                          all links of client 1 are a list as well, whose head the client's owner keeps
 *
 * A key is in the index only while a client is interested in it, or while it is held. */
#ifndef STINT_SERVER_INTEREST_H
#define STINT_SERVER_INTEREST_H

#include <stdbool.h>
#include <stddef.h>

#include "store/keyspace.h"

struct client;
typedef struct interest_link interest_link;
typedef struct interest_key interest_key;

struct interest_link {
    interest_key *key;
    struct client *client;
    interest_link *next, *previous; /* of the same key */
    interest_link *next_of_client;
};

struct interest_key {
    interest_link *first, *last;
    database *db;
    interest_key *next_held; /* the owner's */
    bool held;               /* stays in the index without links; the owner's */
    uint64_t hash;
    size_t len;
    char name[];
};

static inline key interest_name(const interest_key *k) { return (key){{k->name, k->len}, k->hash}; }

/* One index. Zeroed: empty. */
struct interest {
    table **databases; /* by number; NULL until something is added */
    size_t keys, links;
};

/* Adds a link to the end of the key's list and to the front of the client's, whose head is *of_client. False
 * if that client is interested in the key already: found in steps that the shorter of the two lists bounds.
 */
bool interest_add(struct interest *in, database *db, const key *k, struct client *c,
                  interest_link **of_client);
/* The same for a client that adds all its links in a row, with nobody else's between: found in one step. */
bool interest_add_in_row(struct interest *in, database *db, const key *k, struct client *c,
                         interest_link **of_client);
/* The key, or NULL if no client is interested in it. */
interest_key *interest_find(const struct interest *in, const database *db, const key *k);
/* Removes all links of a client. */
void interest_remove_all(struct interest *in, interest_link **of_client);
/* Drops a key that was held, if it has no links. */
void interest_release(struct interest *in, interest_key *k);
/* Calls visit with every key of a database (NULL: of all). visit must not add or remove. */
void interest_each(const struct interest *in, const database *db, void (*visit)(interest_key *k));

#endif
