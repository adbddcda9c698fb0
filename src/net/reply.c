/* Reply: encoding. Each function reserves what its element may take, writes it there, and says how much it
 * was.
 *
 * Fixed replies and the headers of short bulk strings and arrays are written without formatting anything. */
#include "net/reply.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/number.h"
#include "net/output.h"

/* Longer bulk strings are appended in pieces, so that they fill chunks to the end. */
#define BULK_AT_ONCE_BYTES 4096
#define ERROR_BYTES        1024

void (*reply_error_hook)(client *c, slice text);

void reply_raw(client *c, const void *data, size_t len) { output_append(c, data, len); }

/* Appends a reply that is a literal. */
#define reply_literal(c, text) output_append((c), (text), sizeof(text) - 1)

#define TEN_LINES(tens)                                                                                      \
    tens "0\r\n", tens "1\r\n", tens "2\r\n", tens "3\r\n", tens "4\r\n", tens "5\r\n", tens "6\r\n",        \
        tens "7\r\n", tens "8\r\n", tens "9\r\n"
const char reply_short_lines[REPLY_SHORT_NUMBERS][REPLY_SHORT_LINE_BYTES] = {
    TEN_LINES(""),  TEN_LINES("1"), TEN_LINES("2"), TEN_LINES("3"), TEN_LINES("4"),
    TEN_LINES("5"), TEN_LINES("6"), TEN_LINES("7"), TEN_LINES("8"), TEN_LINES("9"),
};

static void reply_header(client *c, char type, int64_t number) {
    char *start = output_room(c, REPLY_HEADER_BYTES);
    output_advance(c, (size_t)(reply_write_header(start, type, number) - start));
}

/* --- Simple types --- */

void reply_status(client *c, const char *text) {
    size_t len = strlen(text);
    char *start = output_room(c, len + 3), *at = start;
    *at++ = '+';
    memcpy(at, text, len);
    memcpy(at + len, "\r\n", 2);
    output_advance(c, len + 3);
}

void reply_ok(client *c) { reply_literal(c, "+OK\r\n"); }

void reply_error_text(client *c, slice text) {
    while (text.len && (text.data[text.len - 1] == '\r' || text.data[text.len - 1] == '\n')) text.len--;
    char *at = output_room(c, text.len + 3);
    *at = '-';
    for (size_t i = 0; i < text.len; i++)
        at[1 + i] = text.data[i] == '\r' || text.data[i] == '\n' ? ' ' : text.data[i];
    memcpy(at + 1 + text.len, "\r\n", 2);
    output_advance(c, text.len + 3);
    c->flags |= CLIENT_REPLIED_ERROR;
    if (reply_error_hook) reply_error_hook(c, text);
}

void reply_error(client *c, const char *format, ...) {
    char text[ERROR_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len >= (int)sizeof(text)) len = (int)sizeof(text) - 1;
    reply_error_text(c, (slice){text, len > 0 ? (size_t)len : 0});
}

void reply_integer(client *c, int64_t value) { reply_header(c, ':', value); }

void reply_bool(client *c, bool value) {
    if (c->resp >= 3)
        output_append(c, value ? "#t\r\n" : "#f\r\n", 4);
    else
        reply_integer(c, value);
}

void reply_null(client *c) {
    if (c->resp >= 3)
        reply_literal(c, "_\r\n");
    else
        reply_literal(c, "$-1\r\n");
}

void reply_null_array(client *c) {
    if (c->resp >= 3)
        reply_literal(c, "_\r\n");
    else
        reply_literal(c, "*-1\r\n");
}

/* --- Bulk strings --- */

void reply_bulk(client *c, const void *data, size_t len) {
    if (unlikely(len > BULK_AT_ONCE_BYTES)) {
        reply_header(c, '$', (int64_t)len);
        output_append(c, data, len);
        reply_literal(c, "\r\n");
        return;
    }
    char *start = output_room(c, REPLY_HEADER_BYTES + len + 2);
    char *at = reply_write_header(start, '$', (int64_t)len);
    memcpy(at, data, len);
    memcpy(at + len, "\r\n", 2);
    output_advance(c, (size_t)(at - start) + len + 2);
}

void reply_slice(client *c, slice s) { reply_bulk(c, s.data, s.len); }
void reply_text(client *c, const char *text) { reply_bulk(c, text, strlen(text)); }

void reply_bulk_integer(client *c, int64_t value) {
    char text[NUMBER_I64_TEXT_MAX];
    size_t len = number_format_i64(text, value);
    reply_bulk(c, text, len);
}

void reply_bulk_format(client *c, const char *format, ...) {
    char text[ERROR_BYTES];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < (int)sizeof(text)) {
        reply_bulk(c, text, len > 0 ? (size_t)len : 0);
    } else {
        char *longer = alloc((size_t)len + 1);
        vsnprintf(longer, (size_t)len + 1, format, again);
        reply_bulk(c, longer, (size_t)len);
        alloc_free(longer, (size_t)len + 1);
    }
    va_end(again);
}

void reply_blob(client *c, blob *b, size_t offset, size_t len) {
    assert(offset + len <= b->len);
    reply_header(c, '$', (int64_t)len);
    output_append_blob(c, b, offset, len);
    reply_literal(c, "\r\n");
}

void reply_verbatim(client *c, slice text, const char *format) {
    if (c->resp < 3) {
        reply_slice(c, text);
        return;
    }
    assert(strlen(format) == 3);
    reply_header(c, '=', (int64_t)text.len + 4);
    output_append(c, format, 3);
    reply_literal(c, ":");
    output_append(c, text.data, text.len);
    reply_literal(c, "\r\n");
}

void reply_double(client *c, double value) {
    char text[NUMBER_DOUBLE_TEXT_MAX];
    size_t len = number_format_double(text, value);
    if (c->resp < 3) {
        reply_bulk(c, text, len);
        return;
    }
    reply_literal(c, ",");
    output_append(c, text, len);
    reply_literal(c, "\r\n");
}

void reply_big_number(client *c, slice digits) {
    if (c->resp < 3) {
        reply_slice(c, digits);
        return;
    }
    reply_literal(c, "(");
    output_append(c, digits.data, digits.len);
    reply_literal(c, "\r\n");
}

/* --- Aggregates --- */

void reply_array(client *c, size_t count) { reply_header(c, '*', (int64_t)count); }

void reply_map(client *c, size_t pairs) {
    if (c->resp >= 3)
        reply_header(c, '%', (int64_t)pairs);
    else
        reply_header(c, '*', 2 * (int64_t)pairs);
}

void reply_set(client *c, size_t count) { reply_header(c, c->resp >= 3 ? '~' : '*', (int64_t)count); }
void reply_push(client *c, size_t count) { reply_header(c, c->resp >= 3 ? '>' : '*', (int64_t)count); }

void reply_attribute(client *c, size_t pairs) {
    assert(c->resp >= 3);
    reply_header(c, '|', (int64_t)pairs);
}

_Static_assert(REPLY_HEADER_BYTES <= OUTPUT_GAP_BYTES, "an aggregate's header must fit the gap left for it");

reply_mark reply_begin(client *c) { return output_open_gap(c); }

static void finish(reply_mark mark, char type, size_t count) {
    char header[REPLY_HEADER_BYTES];
    output_fill_gap(mark, header, (size_t)(reply_write_header(header, type, (int64_t)count) - header));
}

void reply_finish_array(client *c, reply_mark mark, size_t count) {
    (void)c;
    finish(mark, '*', count);
}

void reply_finish_map(client *c, reply_mark mark, size_t pairs) {
    if (c->resp >= 3)
        finish(mark, '%', pairs);
    else
        finish(mark, '*', 2 * pairs);
}

void reply_finish_set(client *c, reply_mark mark, size_t count) {
    finish(mark, c->resp >= 3 ? '~' : '*', count);
}

/* --- Frequent errors --- */

void reply_wrong_type(client *c) {
    reply_error_text(c, SLICE("WRONGTYPE Operation against a key holding the wrong kind of value"));
}
void reply_syntax_error(client *c) { reply_error_text(c, SLICE("ERR syntax error")); }
void reply_not_integer(client *c) {
    reply_error_text(c, SLICE("ERR value is not an integer or out of range"));
}
void reply_wrong_arity(client *c, const char *full_name) {
    reply_error(c, "ERR wrong number of arguments for '%s' command", full_name);
}
