/* Report: a buffer that doubles. */
#include "command/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/number.h"
#include "net/reply.h"

#define FIRST_CAPACITY 1024

static void reserve(report *r, size_t extra) {
    if (r->len + extra <= r->capacity) return;
    size_t wanted = r->capacity ? 2 * r->capacity : FIRST_CAPACITY;
    r->capacity = wanted > r->len + extra ? wanted : r->len + extra;
    r->bytes = alloc_resize(r->bytes, r->capacity);
}

void report_add(report *r, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(r->bytes ? r->bytes + r->len : NULL, r->capacity - r->len, format, args);
    va_end(args);
    if (len > 0 && (size_t)len >= r->capacity - r->len) {
        reserve(r, (size_t)len + 1); /* with the NUL that vsnprintf writes */
        vsnprintf(r->bytes + r->len, r->capacity - r->len, format, again);
    }
    va_end(again);
    if (len > 0) r->len += (size_t)len;
}

void report_add_slice(report *r, slice bytes) {
    reserve(r, bytes.len);
    if (bytes.len) memcpy(r->bytes + r->len, bytes.data, bytes.len);
    r->len += bytes.len;
}

void report_add_number(report *r, uint64_t value) {
    reserve(r, NUMBER_U64_TEXT_MAX);
    r->len += number_format_u64(r->bytes + r->len, value);
}

void report_send(report *r, client *c) {
    reply_verbatim(c, r->len ? (slice){r->bytes, r->len} : SLICE(""), "txt");
    alloc_free_unsized(r->bytes);
    *r = (report){0};
}
