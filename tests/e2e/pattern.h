/* Pattern: the expected reply of a transcript, read from its notation and compared with the reply that came.
 *
 * The notation is described in tests/transcripts/README.md. A pattern is read afresh each time it is used,
 * since it may contain variables. */
#ifndef STINT_E2E_PATTERN_H
#define STINT_E2E_PATTERN_H

#include <stdbool.h>

#include "quote.h"
#include "resp.h"

/* What a line of expectation says about the connection, besides the replies it can describe. */
typedef enum expectation {
    EXPECT_REPLY,   /* a reply that matches */
    EXPECT_CLOSED,  /* (closed): the server closes the connection */
    EXPECT_NOTHING, /* (nothing): nothing comes */
    EXPECT_LATER,   /* (later): a reply will come, but is not waited for here */
} expectation;

typedef struct pattern pattern;

/* What kind of expectation the text is. */
expectation expectation_of(const char *text);

/* Reads a pattern. NULL, with the reason, if the notation is wrong. The caller frees it. */
pattern *pattern_read(const char *text, const variables *v, complaint *why);

/* Whether the reply matches, read as a reply of that protocol version (2 or 3). Values named with `as` are
 * set among the variables. */
bool pattern_matches(const pattern *p, const resp_node *reply, int protocol, variables *v);

void pattern_free(pattern *p);

#endif
