/* Reply: writes RESP2 and RESP3 replies into a client's reply buffer.
 *
 * Each function appends one element; aggregates are a header followed by their elements. Types that RESP2
 * does not have are written as Redis writes them there: a map as a flat array, a set or push as an array, a
 * double or a big number as a bulk string, a boolean as 0 or 1, null as a null bulk string.
 *
 * Nothing fails: memory is taken as needed, and a client over its output limit is marked to be closed. */
#ifndef STINT_NET_REPLY_H
#define STINT_NET_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/blob.h"
#include "base/compiler.h"
#include "base/number.h"
#include "base/slice.h"
#include "net/client.h"

/* Simple string; text must hold no CR or LF. */
void reply_status(client *c, const char *text);
void reply_ok(client *c);

/* Error: a printf format with the code in front ("ERR syntax error"). CR and LF at its end are
 * dropped, within the text they become spaces.
 * Marks the request as failed and tells reply_error_hook. */
void reply_error(client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a text that is no format. */
void reply_error_text(client *c, slice text);
/* Called with every error's text (without "-"), if set: statistics. */
extern void (*reply_error_hook)(client *c, slice text);

void reply_integer(client *c, int64_t value);
void reply_bool(client *c, bool value);
void reply_double(client *c, double value);
/* Big number; digits is decimal text. */
void reply_big_number(client *c, slice digits);

/* Bulk strings: bytes, a slice, a NUL-terminated text, a number's decimal text. */
void reply_bulk(client *c, const void *data, size_t len);
void reply_slice(client *c, slice s);
void reply_text(client *c, const char *text);
void reply_bulk_integer(client *c, int64_t value);
/* A bulk string by printf format. */
void reply_bulk_format(client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A bulk string of len bytes starting at offset of a blob, sent from the blob itself: it is held until then.
 */
void reply_blob(client *c, blob *b, size_t offset, size_t len);
/* Verbatim string, format of three letters ("txt"); in RESP2 a bulk string. */
void reply_verbatim(client *c, slice text, const char *format);

void reply_null(client *c);       /* RESP2: null bulk string */
void reply_null_array(client *c); /* RESP2: null array */

/* Aggregates: the given number of elements (pairs for maps and attributes) must follow. */
void reply_array(client *c, size_t count);
void reply_map(client *c, size_t pairs);
void reply_set(client *c, size_t count);
void reply_push(client *c, size_t count);
void reply_attribute(client *c, size_t pairs); /* RESP3 only: the caller writes none in RESP2 */

/* Aggregates whose length is not known yet: begin, write the elements, then finish with their number. They
 * nest. */
typedef struct reply_chunk *reply_mark;
reply_mark reply_begin(client *c);
void reply_finish_array(client *c, reply_mark mark, size_t count);
void reply_finish_map(client *c, reply_mark mark, size_t pairs);
void reply_finish_set(client *c, reply_mark mark, size_t count);

/* The numbers below 100 with the end of their lines: nearly all lengths. To format them was a third of the
 * price of an element in a long reply. */
#define REPLY_SHORT_NUMBERS    100
#define REPLY_SHORT_LINE_BYTES 4
extern const char reply_short_lines[REPLY_SHORT_NUMBERS][REPLY_SHORT_LINE_BYTES];

/* The first line of an element: type byte, number, CRLF, up to REPLY_HEADER_BYTES. Returns where it ends. For
 * RESP that is put together elsewhere. */
#define REPLY_HEADER_BYTES (1 + NUMBER_I64_TEXT_MAX + 2)
static inline char *reply_write_header(char *at, char type, int64_t number) {
    *at++ = type;
    if (likely(number >= 0 && number < REPLY_SHORT_NUMBERS)) {
        memcpy(at, reply_short_lines[number], REPLY_SHORT_LINE_BYTES);
        return at + REPLY_SHORT_LINE_BYTES - (number < 10);
    }
    at += number_format_i64(at, number);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

/* Bytes that are RESP already. */
void reply_raw(client *c, const void *data, size_t len);

/* Frequent errors. */
void reply_wrong_type(client *c);
void reply_syntax_error(client *c);
void reply_not_integer(client *c);
void reply_wrong_arity(client *c, const char *full_name);

#endif
