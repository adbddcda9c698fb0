/* Workload: the requests of a run, made from templates. */
#ifndef STINT_BENCH_WORKLOAD_H
#define STINT_BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/chooser.h"

typedef enum workload_protocol { PROTOCOL_RESP, PROTOCOL_MEMCACHED } workload_protocol;

/* What a run sends. */
typedef struct workload_plan {
    workload_protocol protocol;
    const char *command;    /* a template, see workload_create() */
    const char *alternate;  /* a second template that is mixed with the first, or NULL */
    double alternate_ratio; /* 0..1: share of requests made from `alternate` */
    const char *key_prefix;
    unsigned key_size;   /* bytes, prefix included: what __key__ becomes */
    unsigned value_size; /* bytes: what __value__ becomes */
    uint64_t first_key;  /* the keys are number first_key .. first_key + keys - 1 */
    uint64_t keys;       /* number of different keys, at least 1 */
} workload_plan;

typedef struct workload workload;

/* Compiles a plan. A template is a command as a user would type it, with these words replaced in each
 * request:
 *
 *     __key__      a key of key_size bytes: the prefix and the key's number, filled up with zeroes
 *     __value__    value_size bytes of text
 *     __integer__  a random integer of eight digits
 *     __digit__    a random digit
 *
 * Words are separated by spaces. The two characters \n stand between commands that are sent, answered and
 * measured as one request; for memcached they end a line, and the last line is ended by itself. Returns NULL
 * and explains in `problem` (of `problem_size` bytes) if the plan makes no sense; else the caller frees the
 * result with workload_free(). */
workload *workload_create(const workload_plan *plan, char *problem, size_t problem_size);

void workload_free(workload *w);

/* The length of the longest request in bytes. */
size_t workload_request_max(const workload *w);

/* How many times the first template names __key__: the values that its reply is expected to hold, if it
 * reads. */
unsigned workload_keys_per_request(const workload *w);

/* The replies that a request gets: one for each command of the first template. */
unsigned workload_replies_per_request(const workload *w);

/* Writes the next request, about keys taken from `keys`, to `out`, which has room for workload_request_max()
 * bytes. Returns its length. */
size_t workload_append(const workload *w, chooser *keys, char *out);

/* Ready-made templates by name. */
typedef struct workload_recipe {
    const char *name;
    const char *fill;           /* creates one key of those the command uses; NULL: it uses none */
    const char *command;        /* in RESP */
    const char *memcached_fill; /* the same for memcached, NULL if it has no such command */
    const char *memcached_command;
} workload_recipe;

/* The recipe of that name, NULL if there is none. */
const workload_recipe *workload_recipe_find(const char *name);

/* The recipe at that place, from 0 on; NULL after the last. */
const workload_recipe *workload_recipe_at(unsigned index);

#endif
