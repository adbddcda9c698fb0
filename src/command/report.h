/* Report: a text that is composed piece by piece before it is sent as one reply (INFO, CLIENT LIST, LOLWUT
 * ...). */
#ifndef STINT_COMMAND_REPORT_H
#define STINT_COMMAND_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/client.h"

/* A zeroed report is empty. */
typedef struct report {
    char *bytes;
    size_t len, capacity;
} report;

/* Appends by printf format; the text added must be shorter than 2 GB. */
void report_add(report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends bytes as they are. */
void report_add_slice(report *r, slice bytes);
/* Appends a number in decimal. */
void report_add_number(report *r, uint64_t value);

/* Replies with the text (a verbatim string, in RESP2 a bulk string) and frees it. */
void report_send(report *r, client *c);

#endif
