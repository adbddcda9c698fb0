/* RESP: a blocking client connection that reads RESP2 and RESP3 replies into trees.
 *
 * Unlike a client library it hides nothing: the reply's exact bytes are kept beside the tree, requests may be
 * any bytes, and a closed connection or a malformed reply is a result, not a failure of the program. */
#ifndef STINT_E2E_RESP_H
#define STINT_E2E_RESP_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

/* How deep replies may nest and how many bytes one may have; a reply beyond that counts as malformed. */
#define RESP_DEPTH_MAX 64
#define RESP_REPLY_MAX ((size_t)1 << 31)

/* How long a reply or a connection may take before a test gives up on it. Generous: it only bounds a hang. */
#define RESP_PATIENCE_MS 20000

/* Milliseconds on a clock that only goes forward. */
long long resp_now_ms(void);

typedef enum resp_type {
    RESP_STATUS,     /* +text */
    RESP_ERROR,      /* -text */
    RESP_INTEGER,    /* :number */
    RESP_BULK,       /* $bytes */
    RESP_NULL_BULK,  /* $-1 */
    RESP_NULL_ARRAY, /* *-1 */
    RESP_NULL,       /* _ */
    RESP_ARRAY,      /* *elements */
    RESP_MAP,        /* %pairs */
    RESP_SET,        /* ~elements */
    RESP_PUSH,       /* >elements */
    RESP_ATTRIBUTE,  /* |pairs, then the value they belong to as the last child */
    RESP_DOUBLE,     /* ,number */
    RESP_BOOL,       /* #t or #f */
    RESP_BIG,        /* (number */
    RESP_VERBATIM,   /* =fmt:bytes */
    RESP_BULK_ERROR, /* !bytes */
} resp_type;

typedef struct resp_node resp_node;
struct resp_node {
    resp_type type;
    const char *text; /* of everything but aggregates and nulls; points into the reply's raw bytes */
    size_t len;
    char format[4];    /* of a verbatim string: its three letters */
    long long integer; /* of an integer, and 1 or 0 of a bool */
    resp_node *child;  /* of an aggregate; a map's are key, value, key, value... */
    size_t children;
};

/* A reply: the tree and the bytes it was read from. */
typedef struct resp_reply {
    resp_node root;
    bytes raw;
} resp_reply;

typedef enum resp_result {
    RESP_OK,
    RESP_CLOSED,    /* the server closed the connection; nothing unread is left */
    RESP_TIMEOUT,   /* nothing complete came in time */
    RESP_MALFORMED, /* what came is not RESP; the connection cannot be used any further */
} resp_result;

typedef struct resp_conn resp_conn;

/* Connects to a unix socket, or to a port of 127.0.0.1. NULL when nobody listens there. The caller closes it.
 */
resp_conn *resp_connect_unix(const char *path);
resp_conn *resp_connect_tcp(int port);

/* Closes the connection and frees it; what was not read is lost. NULL is allowed. */
void resp_close(resp_conn *c);

/* Closes the connection with a reset (RST) instead of an orderly end. */
void resp_abort(resp_conn *c);

/* The socket, for poll() and socket options. It is non-blocking. */
int resp_fd(const resp_conn *c);

/* Sends bytes as they are, reading replies into memory meanwhile so that neither side can block the other for
 * good. False if the server has closed the connection. */
bool resp_send(resp_conn *c, const char *data, size_t len);

/* Sends a request made of argc arguments; lens may be NULL for NUL-terminated ones. False as resp_send(). */
bool resp_send_args(resp_conn *c, int argc, const char **argv, const size_t *lens);

/* Reads one reply. On RESP_OK the caller frees it with resp_free(). A timeout of 0 takes only what is there.
 */
resp_result resp_read(resp_conn *c, int timeout_ms, resp_reply *reply);

/* Waits until the server closes, or for timeout_ms. RESP_CLOSED, RESP_TIMEOUT, or RESP_OK when a byte came
 * instead. */
resp_result resp_read_end(resp_conn *c, int timeout_ms);

/* Whether bytes have arrived that were not read yet, or the connection has ended. */
bool resp_pending(resp_conn *c);

void resp_free(resp_reply *reply);

/* Sends a command given as words divided by single spaces and reads its reply; ends the program if that
 * fails. */
void resp_call(resp_conn *c, resp_reply *reply, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As resp_call(), and ends the program when the reply is an error. The reply is thrown away. */
void resp_must(resp_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends PING and reads its reply: whatever the server got before on any connection has been read by then. */
bool resp_ping(resp_conn *c);

/* Whether the reply is text (status, bulk, verbatim or error) with exactly this content. */
bool resp_is(const resp_node *node, const char *text);

/* Appends the reply in the notation of the transcripts, on one line; strings longer than `shown` bytes are
 * cut (0: not). */
void resp_print(bytes *out, const resp_node *node, size_t shown);

/* The value of a "field:value" line in the reply of INFO section; ends the program when there is none, or the
 * server does not answer. */
long long resp_info(resp_conn *c, const char *section, const char *field);

/* Waits until that value is at most `limit`. False when it still is not after RESP_PATIENCE_MS. */
bool resp_await_info(resp_conn *c, const char *section, const char *field, long long limit);

#endif
