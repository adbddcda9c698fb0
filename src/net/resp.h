/* RESP: reads requests. An array of bulk strings, or an inline line of words.
 *
 * The parser is resumable: it keeps its place in a struct, so that a request of a million arguments which
 * comes in a thousand pieces is read once, not a thousand times. Arguments are slices into the bytes that it
 * was given. */
#ifndef STINT_NET_RESP_H
#define STINT_NET_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* What a client may send; smaller before it is authenticated. */
struct resp_limits {
    int64_t bulk_bytes;
    int64_t arguments;
    bool authenticated;
};

struct resp_parser {
    size_t at;         /* bytes of the request read so far */
    int64_t expected;  /* arguments that the request announced, or 0: not known yet */
    int64_t count;     /* arguments read so far */
    int64_t bulk_len;  /* length of the argument being read, or -1: not known yet */
    bool bulk_is_read; /* the argument's bytes are elsewhere already: only its CRLF is to come */
};

static inline struct resp_parser resp_parser_start(void) { return (struct resp_parser){.bulk_len = -1}; }

enum resp_result {
    RESP_REQUEST,    /* a request is complete: parser.count arguments, parser.at bytes */
    RESP_NOTHING,    /* parser.at bytes were read that ask for nothing (an empty line, an empty array) */
    RESP_INCOMPLETE, /* more bytes are needed; go on with the same parser */
    RESP_FULL,       /* there is no room for more arguments; go on with more room */
    RESP_ERROR,      /* a protocol error: parser.error */
};

#define RESP_ERROR_BYTES 64

/* Reads from buf[parser->at] on; buf starts where the request does, and holds len bytes. Arguments go to
 * args, which has room for that many; of earlier calls it still holds the first parser->count. scratch (len
 * bytes) takes the unquoted words of an inline request. On RESP_ERROR, error holds the text. */
enum resp_result resp_parse(struct resp_parser *parser, const char *buf, size_t len, slice *args, size_t room,
                            char *scratch, const struct resp_limits *limits, char error[RESP_ERROR_BYTES]);

#endif
