/* Command: what the server knows of a command.
 *
 * The rows live in command/table/, the single source for dispatch, the COMMAND replies, ACL categories and
 * the documentation; command/table.c makes one table of them and completes them. The dispatcher finds a row
 * by name once per request, see registry.h. */
#ifndef STINT_SERVER_REQUEST_COMMAND_H
#define STINT_SERVER_REQUEST_COMMAND_H

#include <stdbool.h>
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

/* What a command is like; COMMAND INFO reports all of it but MAY_REPLICATE and
 * SUBSCRIBER. */
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
    COMMAND_MOVABLE_KEYS = 1 << 17, /* derived: a key specification has no fixed place */
    COMMAND_ALLOW_BUSY = 1 << 18,
    COMMAND_NO_MANDATORY_KEYS = 1 << 19,
    COMMAND_SUBSCRIBER = 1 << 20, /* for clients that pubsub_limits_commands() is true of, too */
};

/* ACL categories. */
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

#define CATEGORY_COUNT 21

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
    GROUP_COUNT,
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

/* One key of a request. */
typedef struct key_position {
    int index;      /* in argv */
    uint16_t flags; /* enum key_flag */
} key_position;

/* What key specifications can't say. Called for every key that the specification with that number finds, to
 * correct its flags, and once, with index 0, for a specification whose begin is unknown, to set its place.
 * Returns false if there is no such key. */
typedef bool command_key_rule(const slice *argv, int argc, int spec, key_position *key);

/* Which arguments of a command are secrets, never to be shown. */
enum command_secrets {
    SECRETS_NONE,
    SECRETS_ALL,        /* all of them */
    SECRETS_AFTER_AUTH, /* the two after the word AUTH: user and password */
    SECRETS_SETTINGS,   /* of pairs of a setting and its value, the values of settings that are secrets */
};

typedef struct command command;
struct command {
    const char *name; /* lower case; of a subcommand, its own word only */
    command_handler *handler;
    int arity;           /* counts the name; negative: at least that many */
    uint32_t flags;      /* enum command_flag */
    uint32_t categories; /* enum command_category; those that command_complete() adds are not in the row */
    uint8_t group;       /* enum command_group; set when the table is loaded */
    uint8_t element;     /* the first member or field that it looks up, counted from its first key; 0: none */
    bool internal;       /* not for applications: "syscmd" in COMMAND DOCS */
    uint8_t secrets;     /* enum command_secrets */
    bool unqueued;       /* runs at once within a transaction too, where others are queued for EXEC */
    key_spec keys[COMMAND_KEY_SPECS_MAX]; /* the used ones first */
    command_key_rule *key_rule; /* where a specification is unknown or has VARIABLE_FLAGS, else NULL */
    const char *since;
    const char *summary;     /* a sentence */
    const char *complexity;  /* its beginning counts: see quick_arguments */
    const char *syntax;      /* the arguments after the name, in the language of command/syntax.h, or NULL */
    const char *const *tips; /* NULL-terminated, or NULL */
    const char *const *history; /* NULL-terminated: version, change, version, change, ...; or NULL */
    const char *replaced_by;    /* of a deprecated command: what to use instead, else NULL */
    const char *deprecated_since;
    const command *subcommands; /* ends with a row whose name is NULL; or NULL */

    /* Set when the table is loaded. */
    const command *parent; /* of a subcommand */
    const char *full_name; /* "config|get" */
    int id;                /* index of the row's statistics */
    uint8_t simple_first;  /* the legacy key triple: position of the first key, 0 if there is none, */
    uint8_t simple_step;   /* distance between keys, */
    int16_t simple_last;   /* and position of the last; negative: counted from the end */
    /* A request with no more arguments, names included, takes about as long as any other that is quick, a
     * microsecond or so; 0: any may take long. Derived from the complexity: "O(1)" and "O(log N)" alone or
     * "in ...", "O(1) for each ..." (which is one thing unless an argument gives a number), and "O(1) for
     * each ... given" (as arguments). */
    uint8_t quick_arguments;
};

/* Whether a request of argc arguments, names included, has as many as the command takes. */
static inline bool command_arity_holds(const command *row, int argc) {
    return row->arity >= 0 ? argc == row->arity : argc >= -row->arity;
}

/* Arguments of a quick request that does as much as it has arguments. */
#define COMMAND_QUICK_ARGUMENTS 16

/* Fills in what follows from the rest of a row: categories that its flags imply (READ, WRITE, ADMIN and
 * DANGEROUS, PUBSUB, BLOCKING, FAST or SLOW), MOVABLE_KEYS, the legacy key triple and quick_arguments. */
void command_complete(command *row);

/* A flag as COMMAND INFO names it. The names come in its order; one that has no flag ends them. */
typedef struct command_flag_name {
    uint32_t flag;
    const char *name;
} command_flag_name;

extern const command_flag_name command_flag_names[]; /* of enum command_flag */
extern const command_flag_name key_flag_names[];     /* of enum key_flag */

/* Names of the categories, without "@", and of the groups, by bit number and value. */
extern const char *const category_names[CATEGORY_COUNT];
extern const char *const group_names[GROUP_COUNT];

/* The category of that name in any case, without "@"; 0 if there is none. */
uint32_t category_find(slice name);

#endif
