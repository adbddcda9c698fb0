/* Rows: the words in which the tables of commands are written, and the list of those tables.
 *
 * A row says what only it can say. Its group is that of its table; categories that follow from flags,
 * MOVABLE_KEYS, names and numbers are filled in by command/table.c. */
#ifndef STINT_COMMAND_TABLE_ROWS_H
#define STINT_COMMAND_TABLE_ROWS_H

#include <stddef.h>

#include "server/request/command.h"

/* Each ends with a row whose name is NULL. */
extern const command connection_commands[];
extern const command generic_commands[];
extern const command string_commands[];
extern const command list_commands[];
extern const command transactions_commands[];
extern const command sorted_set_commands[];
extern const command geo_commands[];
extern const command bitmap_commands[];
extern const command set_commands[];
extern const command hash_commands[];
extern const command hyperloglog_commands[];
extern const command pubsub_commands[];
extern const command server_commands[];

/* Key specifications. What is done with the keys: enum key_flag. */

/* Keys at index at, at + stepping, ... up to at + last; a negative last counts from the end of the request.
 */
#define KEY_RANGE(at, last, stepping, what)                                                                  \
    {                                                                                                        \
        .flags = (what), .begin = KEY_BEGIN_INDEX, .index = (at), .find = KEY_FIND_RANGE, .range = {         \
            (last),                                                                                          \
            (stepping),                                                                                      \
            0                                                                                                \
        }                                                                                                    \
    }

/* One key. */
#define KEY_AT(at, what) KEY_RANGE(at, 0, 1, what)

/* Keys next to each other, with a remark: one, or all arguments from there on. */
#define KEYS_NOTED(at, last, what, remark)                                                                   \
    {                                                                                                        \
        .flags = (what), .begin = KEY_BEGIN_INDEX, .index = (at), .find = KEY_FIND_RANGE,                    \
        .range = {(last), 1, 0}, .notes = (remark)                                                           \
    }
#define KEY_AT_NOTED(at, what, remark)    KEYS_NOTED(at, 0, what, remark)
#define KEYS_FROM_NOTED(at, what, remark) KEYS_NOTED(at, -1, what, remark)

/* The key that follows a word, which is looked for from that index on. */
#define KEY_AFTER(word_, from, what)                                                                         \
    {                                                                                                        \
        .flags = (what), .begin = KEY_BEGIN_KEYWORD, .keyword = {(word_), (from)}, .find = KEY_FIND_RANGE,   \
        .range = {                                                                                           \
            0,                                                                                               \
            1,                                                                                               \
            0                                                                                                \
        }                                                                                                    \
    }

/* All arguments from there on are keys. */
#define KEYS_FROM(at, what) KEY_RANGE(at, -1, 1, what)

/* The argument at that index is the number of keys; the keys follow it, stepping apart. */
#define KEYS_COUNTED(at, stepping, what)                                                                     \
    {                                                                                                        \
        .flags = (what), .begin = KEY_BEGIN_INDEX, .index = (at), .find = KEY_FIND_KEYNUM, .keynum = {       \
            0,                                                                                               \
            1,                                                                                               \
            (stepping)                                                                                       \
        }                                                                                                    \
    }

/* Keys that no place can be given for, with a remark. */
#define KEYS_UNKNOWN(what, remark)                                                                           \
    { .flags = (what), .begin = KEY_BEGIN_UNKNOWN, .find = KEY_FIND_UNKNOWN, .notes = (remark) }

/* A list of texts, for tips and history. */
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* In a history: what came with a version. Parentheses say that a text of several literals has no comma
 * missing. */
#define CHANGE(version, text) version, (text)

/* The subcommand HELP, the same in every container. */
#define HELP_ROW(handler_, categories_, since_)                                                              \
    {                                                                                                        \
        .name = "help", .handler = (handler_), .arity = 2, .flags = COMMAND_LOADING | COMMAND_STALE,         \
        .categories = (categories_), .since = (since_), .summary = "Lists the subcommands.",                 \
        .complexity = "O(1)",                                                                                \
    }

#endif
