/* RESP: one pass, no allocation. The common request (short lengths, all there) takes the first branch of each
 * step; limits and errors are out of its way. */
#include "net/resp.h"

#include <stdio.h>

#include "base/compiler.h"
#include "base/number.h"
#include "base/words.h"

/* Longest line: an inline request, or a length. */
#define LINE_MAX              65536
#define REQUEST_ARGUMENTS_MAX INT32_MAX
/* The longest argument whose length has two digits, and the bytes of "$16\r\n". */
#define SHORT_BULK_MAX     99
#define SHORT_HEADER_BYTES 5

/* Reads the number of a "*3\r\n" or "$16\r\n" line whose type byte is at p. Returns the byte after the line,
 * NULL if the line is not complete or not a plain short number: the slow path decides then. */
static inline const char *short_number(const char *p, const char *end, int64_t *value) {
    const char *digit = p + 1;
    int64_t n = 0;
    for (; digit < end && digit < p + 10; digit++) {
        unsigned d = (unsigned char)*digit - '0';
        if (d > 9) break;
        n = n * 10 + d;
    }
    if (digit == p + 1 || end - digit < 2 || digit[0] != '\r') return NULL;
    if (unlikely(p[1] == '0' && digit != p + 2)) return NULL; /* a leading zero */
    *value = n;
    return digit + 2;
}

/* The same for any line. Returns NULL if it is not complete (or longer than LINE_MAX: *too_long). A line that
 * is no number gives INT64_MIN. */
static const char *any_number(const char *p, const char *end, int64_t *value, bool *too_long) {
    const char *cr = memchr(p, '\r', (size_t)(end - p));
    *too_long = !cr && end - p > LINE_MAX;
    if (!cr || end - cr < 2) return NULL;
    if (!number_parse_i64((slice){p + 1, (size_t)(cr - p - 1)}, value)) *value = INT64_MIN;
    return cr + 2;
}

static enum resp_result fail(char error[RESP_ERROR_BYTES], const char *text) {
    snprintf(error, RESP_ERROR_BYTES, "%s", text);
    return RESP_ERROR;
}

static enum resp_result parse_inline(struct resp_parser *parser, const char *buf, size_t len, slice *args,
                                     size_t room, char *scratch, char error[RESP_ERROR_BYTES]) {
    const char *newline = memchr(buf, '\n', len);
    if (!newline) return len > LINE_MAX ? fail(error, "too big inline request") : RESP_INCOMPLETE;
    slice line = {buf, (size_t)(newline - buf)};
    if (line.len && line.data[line.len - 1] == '\r') line.len--;
    int max = room < INT32_MAX ? (int)room : INT32_MAX;
    int count = words_split(line, scratch, args, max);
    if (count == WORDS_TOO_MANY) return RESP_FULL;
    if (count == WORDS_UNBALANCED) return fail(error, "unbalanced quotes in request");
    parser->at = (size_t)(newline + 1 - buf);
    parser->count = count;
    return count ? RESP_REQUEST : RESP_NOTHING;
}

/* The header of a request: sets expected. */
static enum resp_result parse_count(struct resp_parser *parser, const char *buf, size_t len,
                                    const struct resp_limits *limits, char error[RESP_ERROR_BYTES]) {
    int64_t count;
    const char *after = short_number(buf, buf + len, &count);
    if (unlikely(!after)) {
        bool too_long;
        after = any_number(buf, buf + len, &count, &too_long);
        if (!after) return too_long ? fail(error, "too big mbulk count string") : RESP_INCOMPLETE;
        if (count == INT64_MIN) return fail(error, "invalid multibulk length");
    }
    if (unlikely(count > limits->arguments)) {
        bool unauthenticated = !limits->authenticated && count <= REQUEST_ARGUMENTS_MAX;
        return fail(error, unauthenticated ? "unauthenticated multibulk length" : "invalid multibulk length");
    }
    parser->at = (size_t)(after - buf);
    if (count <= 0) return RESP_NOTHING;
    parser->expected = count;
    return RESP_REQUEST;
}

/* The header of an argument: sets bulk_len. */
static enum resp_result parse_bulk_len(struct resp_parser *parser, const char *buf, size_t len,
                                       const struct resp_limits *limits, char error[RESP_ERROR_BYTES]) {
    const char *at = buf + parser->at, *end = buf + len;
    int64_t bulk_len;
    if (at == end) return RESP_INCOMPLETE;
    const char *after = likely(*at == '$') ? short_number(at, end, &bulk_len) : NULL;
    if (unlikely(!after)) {
        bool too_long;
        after = any_number(at, end, &bulk_len, &too_long);
        if (!after) return too_long ? fail(error, "too big bulk count string") : RESP_INCOMPLETE;
        if (*at != '$') {
            snprintf(error, RESP_ERROR_BYTES, "expected '$', got '%c'", *at);
            return RESP_ERROR;
        }
    }
    if (unlikely(bulk_len < 0 || bulk_len > limits->bulk_bytes)) {
        bool unauthenticated = !limits->authenticated && bulk_len > limits->bulk_bytes;
        return fail(error, unauthenticated ? "unauthenticated bulk length" : "invalid bulk length");
    }
    parser->at = (size_t)(after - buf);
    parser->bulk_len = bulk_len;
    return RESP_REQUEST;
}

/* Reads arguments as most are: all there, with a length of one or two digits. Stops before the first that is
 * different. Nothing is written between two of them but the argument, which makes this a good deal faster. */
static void parse_short_arguments(struct resp_parser *parser, const char *buf, size_t len, slice *args,
                                  size_t room) {
    const char *at = buf + parser->at, *end = buf + len;
    int64_t count = parser->count, limit = parser->expected;
    if (unlikely((uint64_t)limit > room)) limit = (int64_t)room;
    while (count < limit && end - at > SHORT_HEADER_BYTES && *at == '$') {
        unsigned bulk_len = (unsigned char)at[1] - '0', second = (unsigned char)at[2] - '0';
        const char *bytes = at + SHORT_HEADER_BYTES - 1;
        if (bulk_len > 9) break;
        if (second <= 9) {
            if (bulk_len == 0 || at[3] != '\r') break;
            bulk_len = bulk_len * 10 + second;
            bytes++;
        } else if (at[2] != '\r') {
            break;
        }
        if (end - bytes < (ptrdiff_t)bulk_len + 2) break;
        args[count++] = (slice){bytes, bulk_len};
        at = bytes + bulk_len + 2;
    }
    parser->count = count;
    parser->at = (size_t)(at - buf);
}

enum resp_result resp_parse(struct resp_parser *parser, const char *buf, size_t len, slice *args, size_t room,
                            char *scratch, const struct resp_limits *limits, char error[RESP_ERROR_BYTES]) {
    enum resp_result result;
    if (parser->expected == 0) {
        if (len == 0) return RESP_INCOMPLETE;
        if (unlikely(*buf != '*')) return parse_inline(parser, buf, len, args, room, scratch, error);
        if ((result = parse_count(parser, buf, len, limits, error)) != RESP_REQUEST) return result;
    }
    if (likely(parser->bulk_len < 0 && limits->bulk_bytes >= SHORT_BULK_MAX))
        parse_short_arguments(parser, buf, len, args, room);
    while (parser->count < parser->expected) {
        if (parser->bulk_len < 0 &&
            (result = parse_bulk_len(parser, buf, len, limits, error)) != RESP_REQUEST)
            return result;
        if (unlikely((size_t)parser->count >= room)) return RESP_FULL;
        size_t here = parser->bulk_is_read ? 0 : (size_t)parser->bulk_len;
        if (len - parser->at < here + 2) return RESP_INCOMPLETE;
        if (!parser->bulk_is_read) args[parser->count] = (slice){buf + parser->at, here};
        parser->count++;
        parser->at += here + 2;
        parser->bulk_len = -1;
        parser->bulk_is_read = false;
    }
    return RESP_REQUEST;
}
