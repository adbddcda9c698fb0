/* Pops: popping from the first of several keys that holds anything, whatever the type; at once or, by the
 * blocking commands, as soon as there is something. */
#ifndef STINT_COMMAND_POPS_H
#define STINT_COMMAND_POPS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/client.h"
#include "server/request/command.h"
#include "store/keyspace.h"

struct pop;

/* Takes elements out of the collection that the key holds, and replies with them. */
typedef void pop_taker(client *c, const key *k, entry *e, const struct pop *p);

/* What a popping command asks for. */
struct pop {
    enum value_type type;
    int first, keys; /* where its keys are in the request, and how many */
    bool last;       /* from the tail, or the greatest scores; rather than from the other end */
    int64_t most;    /* elements */
    pop_taker *take;
};

/* How many elements to take out of len. */
static inline size_t pop_count(const struct pop *p, size_t len) {
    return (uint64_t)p->most < len ? (size_t)p->most : len;
}

/* Takes from the first collection that there is; a key of another type on the way to it is an error. False,
 * with nothing written, if there is none. */
bool pop_first(client *c, const args *a, const struct pop *p);
/* The same, and waits if there is none: runs a blocking command, whose timeout is given. */
void pop_first_or_wait(client *c, const args *a, const struct pop *p, slice timeout);

/* Reads numkeys key [key ...] <near | far> [COUNT count] from argv[at] on to the end of the request: all of
 * *p but type and take. near and far are words for the two ends. False with the error written. */
bool pop_read(client *c, const args *a, int at, const char *near, const char *far, struct pop *p);

#endif
