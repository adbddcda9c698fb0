/* Fuzzes resp_parse: a stream asks for the same requests whether it comes in one piece or in many.
 *
 * The first byte says what the client may send and how its requests are kept while they are incomplete, as
 * net/query.c does in its states: parsed anew when more bytes come, or continued, or continued with large
 * arguments received apart from the rest. The second is the seed of the lengths of the pieces. Every buffer
 * is exactly as long as what it holds, so that the address sanitizer sees a byte read too many. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/resp.h"

#define UNAUTHENTICATED 1
#define PARSE_ANEW      2
#define LARGE_APART     4

/* Pieces have up to this many bytes. */
#define PIECE_BYTES_MAX 16
/* Arguments from this length on are large; longer ones than the limit are refused. */
#define LARGE_BYTES          3
#define BULK_BYTES_MAX       4096
#define UNAUTHENTICATED_BULK 64
#define UNAUTHENTICATED_ARGS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *copy_of(const void *data, size_t len) {
    char *copy = calloc(len, 1);
    if (len > 0) memcpy(copy, data, len);
    return copy;
}

/* --- What was asked, one request after the other --- */

struct journal {
    char *bytes;
    size_t len;
};

static void note(struct journal *j, const void *data, size_t len) {
    j->bytes = realloc(j->bytes, j->len + len + 1);
    if (len > 0) memcpy(j->bytes + j->len, data, len);
    j->len += len;
}

static void note_number(struct journal *j, int64_t number) { note(j, &number, sizeof(number)); }

/* --- Reading --- */

struct reader {
    struct resp_limits limits;
    bool anew, large_apart;
    struct journal journal;
    bool failed; /* nothing is read after an error */

    struct resp_parser parser;
    char *bytes; /* of the request, without those of large arguments */
    size_t len;
    slice *args;
    size_t room;
    char **large; /* the large arguments, the last of which may be incomplete */
    size_t large_count, filled;
    bool filling;
};

/* Puts other bytes in the place of those that are there; arguments among them follow. */
static void replace_bytes(struct reader *r, char *bytes, size_t len) {
    for (int64_t i = 0; i < r->parser.count; i++)
        if (r->args[i].data >= r->bytes && r->args[i].data < r->bytes + r->len)
            r->args[i].data = bytes + (r->args[i].data - r->bytes);
    free(r->bytes);
    r->bytes = bytes;
    r->len = len;
}

static void append_bytes(struct reader *r, slice piece) {
    char *bytes = calloc(r->len + piece.len, 1);
    if (r->len > 0) memcpy(bytes, r->bytes, r->len);
    if (piece.len > 0) memcpy(bytes + r->len, piece.data, piece.len);
    replace_bytes(r, bytes, r->len + piece.len);
}

static void reserve_argument(struct reader *r) {
    if ((size_t)r->parser.count < r->room) return;
    r->room = 2 * r->room + 1;
    r->args = realloc(r->args, r->room * sizeof(*r->args));
}

/* Takes up to len bytes for the large argument; returns how many. */
static size_t fill(struct reader *r, const char *data, size_t len) {
    size_t wanted = (size_t)r->parser.bulk_len - r->filled;
    if (len > wanted) len = wanted;
    if (len > 0) memcpy(r->large[r->large_count - 1] + r->filled, data, len);
    r->filled += len;
    if (r->filled == (size_t)r->parser.bulk_len) {
        reserve_argument(r);
        r->args[r->parser.count] = (slice){r->large[r->large_count - 1], r->filled};
        r->parser.bulk_is_read = true;
        r->filling = false;
    }
    return len;
}

/* If a large argument is incomplete, receives it apart from here on. */
static void begin_large(struct reader *r) {
    if (!r->large_apart || r->parser.bulk_len < LARGE_BYTES || r->parser.bulk_is_read) return;
    r->large = realloc(r->large, (r->large_count + 1) * sizeof(*r->large));
    r->large[r->large_count++] = calloc((size_t)r->parser.bulk_len, 1);
    r->filling = true;
    r->filled = 0;
    size_t at = r->parser.at, taken = fill(r, r->bytes + at, r->len - at), rest = r->len - at - taken;
    char *bytes = calloc(at + rest, 1);
    memcpy(bytes, r->bytes, at);
    if (rest > 0) memcpy(bytes + at, r->bytes + at + taken, rest);
    replace_bytes(r, bytes, at + rest);
}

static void free_large(struct reader *r) {
    while (r->large_count > 0) free(r->large[--r->large_count]);
}

static void note_request(struct reader *r) {
    note_number(&r->journal, r->parser.count);
    for (int64_t i = 0; i < r->parser.count; i++) {
        note_number(&r->journal, (int64_t)r->args[i].len);
        note(&r->journal, r->args[i].data, r->args[i].len);
    }
}

/* Goes on behind a request. */
static void begin_next(struct reader *r) {
    size_t at = r->parser.at, rest = r->len - at;
    r->parser = resp_parser_start();
    replace_bytes(r, copy_of(r->bytes + at, rest), rest);
    free_large(r);
}

/* Parses until more bytes are needed. */
static void parse(struct reader *r) {
    char error[RESP_ERROR_BYTES];
    while (!r->failed) {
        char *scratch = calloc(r->len, 1);
        if (r->anew) r->parser = resp_parser_start();
        enum resp_result result =
            resp_parse(&r->parser, r->bytes, r->len, r->args, r->room, scratch, &r->limits, error);
        if (result == RESP_REQUEST) note_request(r);
        free(scratch);
        switch (result) {
        case RESP_REQUEST:
        case RESP_NOTHING: begin_next(r); break;
        case RESP_FULL:
            r->room = 2 * r->room + 1;
            r->args = realloc(r->args, r->room * sizeof(*r->args));
            break;
        case RESP_INCOMPLETE: begin_large(r); return;
        case RESP_ERROR:
            note(&r->journal, error, strlen(error));
            r->failed = true;
            break;
        }
    }
}

static void receive(struct reader *r, slice piece) {
    if (r->filling) {
        size_t taken = fill(r, piece.data, piece.len);
        piece = (slice){piece.data + taken, piece.len - taken};
        if (piece.len == 0) return;
    }
    append_bytes(r, piece);
    parse(r);
}

/* Reads the stream in pieces, or in one if seed is 0. Returns the journal, to be freed. */
static struct journal read_stream(slice stream, uint8_t mode, uint32_t seed) {
    struct reader *r = calloc(1, sizeof(*r));
    r->limits = mode & UNAUTHENTICATED
                    ? (struct resp_limits){UNAUTHENTICATED_BULK, UNAUTHENTICATED_ARGS, false}
                    : (struct resp_limits){BULK_BYTES_MAX, INT32_MAX, true};
    r->anew = seed && mode & PARSE_ANEW;
    r->large_apart = seed && !r->anew && mode & LARGE_APART;
    r->parser = resp_parser_start();
    while (stream.len > 0 && !r->failed) {
        size_t len = stream.len;
        if (seed) {
            seed = seed * 1103515245 + 12345;
            len = 1 + (seed >> 16) % PIECE_BYTES_MAX;
            if (len > stream.len) len = stream.len;
        }
        receive(r, (slice){stream.data, len});
        stream = (slice){stream.data + len, stream.len - len};
    }
    note_number(&r->journal, r->parser.expected); /* of the incomplete request at the end */
    note_number(&r->journal, r->parser.count);

    struct journal journal = r->journal;
    free_large(r);
    free(r->large);
    free(r->bytes);
    free(r->args);
    free(r);
    return journal;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    slice stream = {(const char *)data + 2, size - 2};
    struct journal whole = read_stream(stream, data[0], 0);
    struct journal pieces = read_stream(stream, data[0], 1 + data[1]);
    assert(whole.len == pieces.len && memcmp(whole.bytes, pieces.bytes, whole.len) == 0);
    free(whole.bytes);
    free(pieces.bytes);
    return 0;
}
