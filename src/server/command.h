/* Command: what the server knows of a command.
 *
 * The rows live in command/table.c, the single source for dispatch, the COMMAND replies, ACL categories and the
 * documentation. The dispatcher finds a row by name once per request. */
#ifndef STINT_SERVER_COMMAND_H
#define STINT_SERVER_COMMAND_H

#include <stdint.h>

#include "base/slice.h"
#include "net/client.h"

/* The arguments of one request; argv[0] is the command's name. Valid until the handler returns. */
typedef struct args {
    const slice *argv;
    int argc;
    uint64_t key_hash; /* hash of the first key, where the command has one at a fixed place; see args_key() */
    int first_key;     /* index of that key, 0 if none */
} args;

/* Runs one command: checks the arguments, acts and writes exactly one reply. */
typedef void command_handler(client *c, const args *a);

/* What COMMAND INFO reports as flags; the names on the wire are these in lower case. */
enum command_flag {
    COMMAND_WRITE = 1 << 0,
    COMMAND_READONLY = 1 << 1,
    COMMAND_DENYOOM = 1 << 2,
    COMMAND_ADMIN = 1 << 3,
    COMMAND_PUBSUB = 1 << 4,
    COMMAND_NOSCRIPT = 1 << 5,
    COMMAND_BLOCKING = 1 << 6,
    COMMAND_LOADING = 1 << 7,
    COMMAND_STALE = 1 << 8,
    COMMAND_SKIP_MONITOR = 1 << 9,
    COMMAND_SKIP_SLOWLOG = 1 << 10,
    COMMAND_ASKING = 1 << 11,
    COMMAND_FAST = 1 << 12,
    COMMAND_NO_AUTH = 1 << 13,
    COMMAND_MAY_REPLICATE = 1 << 14,
    COMMAND_NO_ASYNC_LOADING = 1 << 15,
    COMMAND_NO_MULTI = 1 << 16,
    COMMAND_MOVABLE_KEYS = 1 << 17,
    COMMAND_ALLOW_BUSY = 1 << 18,
};

/* ACL categories (the names on the wire are "@" and these in lower case). */
enum command_category {
    CATEGORY_KEYSPACE = 1 << 0,
    CATEGORY_READ = 1 << 1,
    CATEGORY_WRITE = 1 << 2,
    CATEGORY_SET = 1 << 3,
    CATEGORY_SORTEDSET = 1 << 4,
    CATEGORY_LIST = 1 << 5,
    CATEGORY_HASH = 1 << 6,
    CATEGORY_STRING = 1 << 7,
    CATEGORY_BITMAP = 1 << 8,
    CATEGORY_HYPERLOGLOG = 1 << 9,
    CATEGORY_GEO = 1 << 10,
    CATEGORY_STREAM = 1 << 11,
    CATEGORY_PUBSUB = 1 << 12,
    CATEGORY_ADMIN = 1 << 13,
    CATEGORY_FAST = 1 << 14,
    CATEGORY_SLOW = 1 << 15,
    CATEGORY_BLOCKING = 1 << 16,
    CATEGORY_DANGEROUS = 1 << 17,
    CATEGORY_CONNECTION = 1 << 18,
    CATEGORY_TRANSACTION = 1 << 19,
    CATEGORY_SCRIPTING = 1 << 20,
};

enum command_group {
    GROUP_GENERIC,
    GROUP_STRING,
    GROUP_LIST,
    GROUP_SET,
    GROUP_SORTED_SET,
    GROUP_HASH,
    GROUP_PUBSUB,
    GROUP_TRANSACTIONS,
    GROUP_CONNECTION,
    GROUP_SERVER,
    GROUP_SCRIPTING,
    GROUP_HYPERLOGLOG,
    GROUP_CLUSTER,
    GROUP_GEO,
    GROUP_STREAM,
    GROUP_BITMAP,
};

/* What a key specification says of its keys. */
enum key_flag {
    KEY_RO = 1 << 0,
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8,
    KEY_INCOMPLETE = 1 << 9,
    KEY_VARIABLE_FLAGS = 1 << 10,
};

enum key_begin { KEY_BEGIN_NONE, KEY_BEGIN_INDEX, KEY_BEGIN_KEYWORD, KEY_BEGIN_UNKNOWN };
enum key_find { KEY_FIND_NONE, KEY_FIND_RANGE, KEY_FIND_KEYNUM, KEY_FIND_UNKNOWN };

/* Where some of a command's keys are, in the terms of COMMAND INFO's key specifications. */
typedef struct key_spec {
    uint16_t flags; /* enum key_flag */
    uint8_t begin;  /* enum key_begin */
    uint8_t find;   /* enum key_find */
    union {
        int index; /* KEY_BEGIN_INDEX: position of the first */
        struct {
            const char *word;
            int start_from;
        } keyword;
    };
    union {
        struct {
            int last_key; /* relative to the first; negative: counted from the end */
            int step;
            int limit;
        } range;
        struct {
            int count_index; /* position of the number of keys, relative to the start */
            int first_key;   /* relative to the start */
            int step;
        } keynum;
    };
    const char *notes; /* or NULL */
} key_spec;

#define COMMAND_KEY_SPECS_MAX 4

typedef struct command command;
struct command {
    const char *name; /* lower case; of a subcommand, its own word only */
    command_handler *handler;
    int arity;           /* counts the name; negative: at least that many */
    uint32_t flags;      /* enum command_flag */
    uint32_t categories; /* enum command_category; READ, WRITE, ADMIN+DANGEROUS, FAST/SLOW etc. spelled out */
    uint8_t group;       /* enum command_group */
    key_spec keys[COMMAND_KEY_SPECS_MAX];
    const char *since;
    const char *summary;     /* in our own words */
    const char *complexity;
    const char *syntax;      /* the arguments after the name; the small language is described in command/syntax.h */
    const char *const *tips; /* NULL-terminated, or NULL */
    const char *const *history; /* NULL-terminated: version, change, version, change, ...; or NULL */
    const char *replaced_by; /* of a deprecated command: what to use instead, else NULL */
    const char *deprecated_since;
    const command *subcommands; /* ends with a row whose name is NULL; or NULL */
    const command *parent;      /* of a subcommand; set when the table is loaded */
    const char *full_name;      /* "config|get"; set when the table is loaded */
    int id;                     /* index of the row's statistics; set when the table is loaded */
    uint8_t simple_first, simple_step; /* legacy key triple (first, last, step), derived from the specs on load */
    int16_t simple_last;
};

#endif
