/* Words: a line into words and a word into a quoted text.
 *
 * Splitting allocates nothing: a word without quotes is a slice of the line itself, one with quotes is
 * unquoted into the caller's scratch, which never needs more room than the line because quoting only makes
 * text longer.
 *
 * The rules are those that clients and configuration files of the ecosystem rely on, uneven as they are: any
 * white space may stand between words, but only space, tab, CR and LF end an unquoted one; a quote may open
 * in the middle of a word, but the word ends where the quote closes. */
#include "base/words.h"

#include <stdbool.h>

static inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static inline bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static char named_escape(char c) {
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
    }
}

/* Unquotes what follows an opening quote into out. Returns the place behind the closing quote, NULL if there
 * is none; *written is how many bytes out received. */
static const char *unquote(const char *p, const char *end, char quote, char *out, size_t *written) {
    char *o = out;
    while (p < end && *p != quote) {
        if (quote == '"' && *p == '\\' && end - p >= 4 && p[1] == 'x' && hex_value(p[2]) >= 0 &&
            hex_value(p[3]) >= 0) {
            *o++ = (char)(hex_value(p[2]) << 4 | hex_value(p[3]));
            p += 4;
        } else if (quote == '"' && *p == '\\' && end - p >= 2) {
            *o++ = named_escape(p[1]);
            p += 2;
        } else if (quote == '\'' && *p == '\\' && end - p >= 2 && p[1] == '\'') {
            *o++ = '\'';
            p += 2;
        } else {
            *o++ = *p++;
        }
    }
    *written = (size_t)(o - out);
    return p < end ? p + 1 : NULL;
}

int words_split(slice line, char *scratch, slice *words, int max) {
    const char *p = line.data, *end = line.data + line.len;
    int count = 0;
    for (;;) {
        while (p < end && is_blank(*p)) p++;
        if (p == end) return count;
        if (count == max) return WORDS_TOO_MANY;

        const char *start = p;
        while (p < end && !ends_word(*p) && *p != '"' && *p != '\'') p++;
        size_t len = (size_t)(p - start);
        if (p < end && (*p == '"' || *p == '\'')) {
            size_t quoted_len;
            memcpy(scratch, start, len);
            p = unquote(p + 1, end, *p, scratch + len, &quoted_len);
            if (p == NULL || (p < end && !is_blank(*p))) return WORDS_UNBALANCED;
            start = scratch;
            len += quoted_len;
            scratch += len;
        }
        words[count++] = (slice){start, len};
    }
}

size_t words_escape(char *buf, slice bytes) {
    static const char hex[] = "0123456789abcdef";
    char *p = buf;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        char name = '\0';
        switch (c) {
        case '\\':
        case '"': name = (char)c; break;
        case '\n': name = 'n'; break;
        case '\r': name = 'r'; break;
        case '\t': name = 't'; break;
        case '\a': name = 'a'; break;
        case '\b': name = 'b'; break;
        }
        if (name != '\0') {
            *p++ = '\\';
            *p++ = name;
        } else if (c >= ' ' && c <= '~') {
            *p++ = (char)c;
        } else {
            *p++ = '\\';
            *p++ = 'x';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    return (size_t)(p - buf);
}

size_t words_quote(char *buf, slice word) {
    buf[0] = '"';
    size_t len = words_escape(buf + 1, word);
    buf[1 + len] = '"';
    return len + 2;
}
