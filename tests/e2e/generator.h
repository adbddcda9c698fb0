/* Generator: random commands for the differential tester, grown from a table of command shapes.
 *
 * A shape is the command's syntax in a small language; each time it is used, every choice in it is made anew.
 * New commands and types are added by adding rows to the table in generator.c. */
#ifndef STINT_E2E_GENERATOR_H
#define STINT_E2E_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

#define REQUEST_ARGS_MAX 64

/* How the replies of the two servers to a command are compared. */
typedef enum comparison {
    COMPARE_EXACT,     /* the same bytes */
    COMPARE_SECONDS,   /* integers may differ by what the clock moved meanwhile, in seconds */
    COMPARE_MS,        /* the same in milliseconds */
    COMPARE_UNORDERED, /* the elements of arrays in any order */
    COMPARE_PAIRS,     /* pairs of elements in any order */
    COMPARE_SCAN,      /* a cursor and elements in any order; incomparable once either cursor is not 0 */
    COMPARE_ENCODING,  /* the same bytes; but what is packed may be large where Redis makes it so */
    COMPARE_NUMBERS,   /* texts that are numbers by value: 7.0 writes coordinates with more digits */
    COMPARE_QUEUED,    /* of EXEC: each reply as that of the request that was queued */
    COMPARE_LENGTH,    /* the type and the number of elements, and errors: the content is random */
    COMPARE_SHAPE,     /* only the types: the content is random or depends on the server */
} comparison;

/* One command with its arguments. */
typedef struct request {
    bytes args[REQUEST_ARGS_MAX];
    int argc;
    comparison comparison;
} request;

typedef struct generator generator;

/* A generator whose sequence depends on the seed alone, but for absolute times, which are relative to now_s,
 * and for shapes that an oracle of that Redis version (major and minor) does not know, which are left out.
 * The caller frees it. */
generator *generator_new(uint64_t seed, long long now_s, const int oracle_version[2]);
void generator_free(generator *g);

/* Makes the next command, replacing what the request held. */
void generator_next(generator *g, request *r);

/* Whether the next command is, or ends, part of a transaction. */
bool generator_in_transaction(const generator *g);

/* Whether the argument is one of the keys that commands are made with. */
bool generator_is_key(const bytes *arg);

void request_free(request *r);

/* Appends the request as it would be typed, long arguments cut. */
void request_print(bytes *out, const request *r);

#endif
