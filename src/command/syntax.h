/* Syntax: the arguments of a command, written as one line of text in its row.
 *
 * The line reads almost as documentation shows it, and carries all that COMMAND DOCS reports of arguments:
 *
 *     key value [condition=(NX|XX|IFEQ comparison@8.1.0)] [GET] [expiration=(EX seconds:integer|KEEPTTL)]
 *
 *     syntax    = [ argument { " " argument } ]          in this order
 *     argument  = plain | "[" plain "]" | "[" plain "]..."
 *     plain     = [ name "=" ] ( token | value | token " " value ) { mark }
 *     token     = WORD in capitals, or any text in quotes; alone it is a pure token
 *     value     = name                                   a value of that name
 *               | "(" argument { "|" argument } ")"      one of these
 *               | "{" syntax "}"                         a block: all of these, in this order
 *
 * Marks come in this order:
 *
 *     :type       integer, double, pattern, unix-time or string; string if there is none
 *     #n          the value is a key, of the command's key specification n (with a type: belongs to it);
 *                 the word key alone means key#0
 *     <text>      what to show in place of the name
 *     ...         may be repeated
 *     @version    since when
 *     !version    deprecated since then
 *
 * Brackets make an argument optional; dots after them repeat its token with it, dots inside only its value.
 * An argument is named by "name=", by its value's name, or by its token in small letters. A token takes a
 * value that follows it; a comma after the token keeps the two apart. */
#ifndef STINT_COMMAND_SYNTAX_H
#define STINT_COMMAND_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define SYNTAX_ARGUMENTS_MAX 64 /* with those inside others; CLIENT KILL has 44 */
#define SYNTAX_DEPTH_MAX     8
#define SYNTAX_NAME_MAX      32

enum syntax_type {
    SYNTAX_STRING,
    SYNTAX_INTEGER,
    SYNTAX_DOUBLE,
    SYNTAX_KEY,
    SYNTAX_PATTERN,
    SYNTAX_UNIX_TIME,
    SYNTAX_PURE_TOKEN,
    SYNTAX_ONEOF,
    SYNTAX_BLOCK,
    SYNTAX_TYPES,
};

enum syntax_flag {
    SYNTAX_OPTIONAL = 1 << 0,
    SYNTAX_MULTIPLE = 1 << 1,
    SYNTAX_MULTIPLE_TOKEN = 1 << 2,
};

#define SYNTAX_NONE (-1)

/* One argument. Slices point into the parsed text; one with data NULL is absent. */
typedef struct syntax_argument {
    char name[SYNTAX_NAME_MAX]; /* NUL-terminated */
    slice token;
    slice display; /* what to show in place of the name */
    slice since, deprecated_since;
    uint8_t type;     /* enum syntax_type */
    uint8_t flags;    /* enum syntax_flag */
    int16_t key_spec; /* or SYNTAX_NONE */
    int16_t first;    /* index of the first argument inside, of ONEOF and BLOCK, else SYNTAX_NONE */
    int16_t next;     /* index of the next argument beside it, or SYNTAX_NONE */
} syntax_argument;

/* A parsed syntax; the text must stay. */
typedef struct syntax {
    syntax_argument arguments[SYNTAX_ARGUMENTS_MAX];
    int count;
    int16_t first; /* index of the first argument, or SYNTAX_NONE */
    const char *error;
    size_t error_at; /* offset in the text */
} syntax;

/* Parses a text into *s. Returns false for one that is not in the language: s->error says why, s->error_at
 * where. */
bool syntax_parse(syntax *s, const char *text);

/* How many arguments follow one another from that index on. */
int syntax_length(const syntax *s, int16_t first);

/* The name of a type on the wire: "unix-time". */
const char *syntax_type_name(enum syntax_type type);

/* What to show of a value or pure token: its display text, or its name. Lives as long as *a and the text. */
slice syntax_shown(const syntax_argument *a);

/* Writes the arguments as people read them: "key value [NX | XX] [EX seconds | KEEPTTL]". Writes at most size
 * bytes, a NUL included; returns the length of the whole, without the NUL. */
size_t syntax_describe(const syntax *s, char *buf, size_t size);

#endif
