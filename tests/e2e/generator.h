/* Generator: random commands for the differential tester, grown from the table of shapes (shapes.h). Each
 * time a shape is used, every choice in it is made anew. */
#ifndef STINT_E2E_GENERATOR_H
#define STINT_E2E_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "comparison.h"

#define REQUEST_ARGS_MAX 64

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
