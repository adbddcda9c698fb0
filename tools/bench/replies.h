/* Replies: counting the replies in a stream of bytes, and those that show a measurement to be worthless. */
#ifndef STINT_BENCH_REPLIES_H
#define STINT_BENCH_REPLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/workload.h"

enum {
    REPLY_LINE_MAX = 1024, /* a longer line without its end is no reply */
    REPLY_ERROR_MAX = 200,
};

/* What was seen in the replies of a run. */
typedef struct reply_counts {
    uint64_t errors; /* error replies, also those inside arrays */
    uint64_t misses; /* absent values */
    char first_error[REPLY_ERROR_MAX];
} reply_counts;

/* Where in the stream of one connection the scan stands. */
typedef struct reply_scanner {
    workload_protocol protocol;
    bool out_of_band;         /* the reply being read is a push message: nobody asked for it */
    unsigned values_expected; /* memcached: values in the reply to a get that finds every key */
    unsigned values_seen;     /* memcached: in the reply being read */
    unsigned line_len;        /* bytes kept in `line` */
    uint64_t elements; /* RESP: elements still to come before the reply is complete; 0 between replies */
    uint64_t payload;  /* bytes of a value, line end included, still to be skipped */
    char line[REPLY_LINE_MAX]; /* start of a line whose end has not come yet */
} reply_scanner;

/* Prepares for the start of a stream. */
void reply_scanner_init(reply_scanner *s, workload_protocol protocol, unsigned values_expected);

/* Scans the next `len` bytes of the stream, adds to `counts`, and adds the number of replies completed to
 * `*completed`. False if the bytes are not of the protocol. */
bool reply_scan(reply_scanner *s, const char *bytes, size_t len, reply_counts *counts, uint64_t *completed);

#endif
