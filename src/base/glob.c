/* Glob: matching by two pointers that never go back further than the last star.
 *
 * Pattern and text are walked together, one element of the pattern (a literal, '?', a class) against one
 * byte. A star first matches nothing; its place is kept. On a mismatch the last star takes one byte more and
 * the walk goes on behind it. Earlier stars need no second try: the last one can take whatever they could. So
 * the cost is at most pattern.len * text.len steps, and there is no recursion that a pattern from outside
 * could deepen.
 *
 * Odd patterns have a meaning too, the one that clients know: a class that is not closed ends with the
 * pattern,
 * "[]" matches nothing and "[^]" any byte, a range may be written in either direction, and a backslash at the
 * very end stands for itself. */
#include "base/glob.h"

#include <stddef.h>

static inline signed char fold(char c, bool nocase) {
    return (signed char)(nocase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Whether c lies between the two, which may stand in either order. Bytes are compared as signed numbers:
 * those above 127 come before all others. The ends are put in order before case is dropped, so [a-Z], which
 * runs from Z to a, is empty without case. */
static inline bool in_range(char c, char from, char to, bool nocase) {
    signed char low = (signed char)from, high = (signed char)to;
    if (low > high) {
        low = (signed char)to;
        high = (signed char)from;
    }
    return fold(low, nocase) <= fold(c, nocase) && fold(c, nocase) <= fold(high, nocase);
}

/* Whether the class that begins at p (a '[') lists c; *next is set behind it. */
static bool class_matches(const char *p, const char *end, char c, bool nocase, const char **next) {
    p++;
    bool negated = p < end && *p == '^';
    if (negated) p++;

    bool listed = false;
    while (p < end && *p != ']') {
        if (*p == '\\' && end - p >= 2) {
            listed |= p[1] == c; /* an escaped byte keeps its case */
            p += 2;
        } else if (end - p >= 3 && p[1] == '-') {
            listed |= in_range(c, p[0], p[2], nocase);
            p += 3;
        } else {
            listed |= fold(*p, nocase) == fold(c, nocase);
            p++;
        }
    }
    *next = p < end ? p + 1 : end;
    return listed != negated;
}

/* Whether the element at p, which is no star, matches c; *next is set behind the element. */
static inline bool element_matches(const char *p, const char *end, char c, bool nocase, const char **next) {
    switch (*p) {
    case '?': *next = p + 1; return true;
    case '[': return class_matches(p, end, c, nocase, next);
    case '\\':
        if (end - p >= 2) p++;
        break;
    }
    *next = p + 1;
    return fold(*p, nocase) == fold(c, nocase);
}

bool glob_match(slice pattern, slice text, bool nocase) {
    const char *p = pattern.data, *pattern_end = p + pattern.len;
    const char *t = text.data, *text_end = t + text.len;
    const char *behind_star = NULL; /* the element after the last star */
    const char *star_text = NULL;   /* the first byte that the last star does not take */

    /* As in Redis, nothing but these two matches the empty text, not even "**". */
    if (text.len == 0) return pattern.len == 0 || (pattern.len == 1 && *p == '*');
    while (t < text_end) {
        const char *next;
        if (p < pattern_end && *p == '*') {
            behind_star = ++p;
            if (p == pattern_end) return true;
            star_text = t;
        } else if (p < pattern_end && element_matches(p, pattern_end, *t, nocase, &next)) {
            p = next;
            t++;
        } else if (behind_star != NULL) {
            p = behind_star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern_end && *p == '*') p++;
    return p == pattern_end;
}

static inline bool is_special(char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; }

bool glob_is_literal(slice pattern) { return glob_literal_prefix(pattern).len == pattern.len; }

slice glob_literal_prefix(slice pattern) {
    size_t len = 0;
    while (len < pattern.len && !is_special(pattern.data[len])) len++;
    return (slice){pattern.data, len};
}
