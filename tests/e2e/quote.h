/* Quote: the words, quotes and variables of a transcript.
 *
 * Words are quoted as redis-cli does it: "..." knows \xHH \n \r \t \b \a and takes any other escaped byte as
 * it is,
 * '...' knows only \'. In words and in "..." a variable is written ${name}, ${name+5}, ${name-5}, and
 * ${'x'*1000} stands for a thousand times x. */
#ifndef STINT_E2E_QUOTE_H
#define STINT_E2E_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

#define VARIABLES_MAX 64
#define WORDS_MAX     4096

typedef struct variable {
    char name[32];
    bytes value;
} variable;

/* What ${...} can refer to. */
typedef struct variables {
    variable list[VARIABLES_MAX];
    int count;
} variables;

/* Sets a variable, replacing what it held. */
void variables_set(variables *v, const char *name, const char *value, size_t len);

/* Forgets all of them. */
void variables_clear(variables *v);

/* A command's words; free with words_free(). */
typedef struct words {
    char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    int argc;
} words;

/* Why something could not be read; empty when it could. */
typedef struct complaint {
    char text[200];
} complaint;

/* Records why, unless something was recorded before. Returns false, for the caller to pass on. */
bool complain(complaint *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Splits a line into words. False, with the reason, when quotes or variables are wrong. */
bool words_split(words *w, const char *line, const variables *v, complaint *why);
void words_free(words *w);

/* Reads a quoted string that begins at *at ("..." or '...') and moves *at behind it. */
bool quote_read(const char **at, bytes *out, const variables *v, complaint *why);

/* Reads a ${...} that begins at *at and moves *at behind it. */
bool quote_variable(const char **at, bytes *out, const variables *v, complaint *why);

#endif
