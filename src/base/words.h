/* Words: splits a line into words, quotes removed, and writes a word quoted so that splitting gives it back.
 */
#ifndef STINT_BASE_WORDS_H
#define STINT_BASE_WORDS_H

#include <stddef.h>

#include "base/slice.h"

#define WORDS_UNBALANCED                                                                                     \
    (-1)                    /* a quote is not closed, or something other than space follows a closing quote */
#define WORDS_TOO_MANY (-2) /* the line has more words than the caller has room for */

/* Splits a line at white space, as inline commands and lines of configuration are. "..." may hold spaces and
 * the escapes \n \r \t \b \a \xHH (two hex digits), any other \c meaning c; '...' is literal but for \'. A
 * NUL is a byte like any other. scratch holds line.len bytes, words at least max; the words point into line
 * or scratch and live as long as both. Returns the number of words, 0 for a blank line, or WORDS_UNBALANCED
 * or WORDS_TOO_MANY. */
int words_split(slice line, char *scratch, slice *words, int max);

/* Bytes that words_escape and words_quote may write for that many. */
#define WORDS_ESCAPED_MAX(len) (4 * (len))
#define WORDS_QUOTED_MAX(len)  (WORDS_ESCAPED_MAX(len) + 2)

/* Writes bytes as they stand between double quotes: \ and " escaped, \n \r \t \a \b by name, other
 * unprintable ones as \xhh. buf holds WORDS_ESCAPED_MAX(bytes.len) bytes. Returns the length written; no NUL
 * is added. */
size_t words_escape(char *buf, slice bytes);

/* The same with the quotes. buf holds WORDS_QUOTED_MAX(word.len) bytes. */
size_t words_quote(char *buf, slice word);

#endif
