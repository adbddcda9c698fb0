/* Scan: what SCAN and the scans of collections have in common: their arguments, and their reply.
 *
 * A handler takes the cursor, looks up the key, answers scan_reply_nothing if there is none, and only then
 * reads the options: errors come in that order. Then it visits elements, adds those that match, and replies.
 */
#ifndef STINT_COMMAND_SCAN_H
#define STINT_COMMAND_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "command/support.h"
#include "net/client.h"
#include "server/request/command.h"
#include "store/types/packed.h"

/* What is walked over: TYPE is an option for keys alone, NOVALUES for the fields of hashes, NOSCORES for
 * sorted sets. */
enum scan_kind { SCAN_KEYS, SCAN_MEMBERS, SCAN_FIELDS, SCAN_SCORED };

/* What the options ask for. */
struct scan_options {
    size_t count; /* elements to look at */
    bool has_pattern;
    slice pattern;
    uint32_t types; /* a bit for each enum value_type that is wanted */
    bool no_values; /* or scores */
};

/* So many found values are kept without allocating memory. */
#define SCAN_FEW 256

/* The values found so far; what they point to must stay until they are replied. */
struct scan_found {
    const struct scan_options *options;
    size_t count, capacity;
    struct packed_value *values; /* few, or a block of its own */
    struct packed_value few[SCAN_FEW];
};

/* Reads a cursor; else "ERR invalid cursor". */
bool scan_cursor(client *c, slice arg, uint64_t *cursor);
/* Reads the options from argv[first] on. False, having written the error, if something is wrong. */
bool scan_parse_options(client *c, const args *a, int first, enum scan_kind kind, struct scan_options *o);
/* Whether the pattern, if there is one, matches that value. */
bool scan_matches(const struct scan_options *o, const struct packed_value *v);

/* Starts with nothing found. scan_reply ends it. */
void scan_begin(struct scan_found *f, const struct scan_options *o);
void scan_add(struct scan_found *f, const struct packed_value *v);
/* Replies with the cursor to go on from and what was found. */
void scan_reply(client *c, uint64_t cursor, struct scan_found *f);
/* The reply for a key that does not exist. */
void scan_reply_nothing(client *c);

#endif
