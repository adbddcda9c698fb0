/* Glob: the pattern language of KEYS, SCAN MATCH, PSUBSCRIBE and CONFIG GET.
 *
 *   ?       any one byte              [abc]   one of these bytes        \x   the byte x itself
 *   *       any run of bytes          [a-z]   one in this range         [^x] any byte that is not listed */
#ifndef STINT_BASE_GLOB_H
#define STINT_BASE_GLOB_H

#include <stdbool.h>

#include "base/slice.h"

/* Whether the whole text matches the pattern. With nocase ASCII letters match in either case. Both may hold
 * any bytes. Takes at most about pattern.len * text.len steps, whatever the pattern. */
bool glob_match(slice pattern, slice text, bool nocase);

/* Whether the pattern has no special byte (* ? [ \), so that it matches its own text and nothing else. */
bool glob_is_literal(slice pattern);

/* The bytes before the first special one: every text that matches (case respected) begins with them. */
slice glob_literal_prefix(slice pattern);

#endif
