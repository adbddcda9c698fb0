/* Command keys: where the keys of a request are and what is done with them, read from the command's key
 * specifications.
 *
 *     key_walk walk = key_walk_begin(row, argv, argc);
 *     key_position key;
 *     while (key_walk_next(&walk, &key)) ... argv[key.index], key.flags
 *     if (walk.invalid) ...
 */
#ifndef STINT_SERVER_REQUEST_COMMAND_KEYS_H
#define STINT_SERVER_REQUEST_COMMAND_KEYS_H

#include "server/request/command.h"

/* A walk over the keys of one request. Only invalid is for the caller. */
typedef struct key_walk {
    const command *row;
    const slice *argv;
    int argc;
    int spec;            /* the next specification to look at */
    int next, end, step; /* what is left of the current one: indexes next, next + step, ... below end */
    uint16_t flags;      /* of the current one */
    bool invalid;        /* a number of keys is no number, is below 1 or is more than there are arguments */
} key_walk;

/* Begins a walk. argv holds argc arguments, the command's name (and the subcommand's) included, and must stay
 * while the walk lasts; argc must satisfy the arity. */
key_walk key_walk_begin(const command *row, const slice *argv, int argc);

/* Sets *key to the next key and returns true; false at the end. Keys that only look like keys (channels of
 * shard publish/subscribe: KEY_NOT_KEY) are passed over. */
bool key_walk_next(key_walk *walk, key_position *key);

/* Whether the command may have keys at all. */
bool command_has_keys(const command *row);

#endif
