/* Replies: a scanner that finds the ends of replies and looks at no more of them than that takes.
 *
 * The stream is read as lines, some of which announce a payload to skip. RESP needs one number beyond that to
 * know where a reply ends: the elements still to come. A reply starts with one; a scalar takes one away; an
 * array of n takes one away and adds n. At zero the reply is complete. So nesting needs no stack.
 *
 * Lines and payloads may be cut anywhere by the network: of a line its start is kept, of a payload the number
 * of bytes missing. */
#include "bench/replies.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void reply_scanner_init(reply_scanner *s, workload_protocol protocol, unsigned values_expected) {
    s->protocol = protocol;
    s->out_of_band = false;
    s->values_expected = values_expected;
    s->values_seen = 0;
    s->line_len = 0;
    s->elements = 0;
    s->payload = 0;
}

static void count_error(reply_counts *counts, const char *line, size_t len) {
    if (counts->errors++ > 0) return;
    if (len >= REPLY_ERROR_MAX) len = REPLY_ERROR_MAX - 1;
    memcpy(counts->first_error, line, len);
    counts->first_error[len] = 0;
}

/* A decimal length of at most 18 digits; -1 is the only negative one. */
static bool parse_length(const char *at, const char *end, int64_t *length) {
    if (end - at == 2 && at[0] == '-' && at[1] == '1') {
        *length = -1;
        return true;
    }
    if (at == end || end - at > 18) return false;
    int64_t value = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        value = value * 10 + (*at - '0');
    }
    *length = value;
    return true;
}

/* One element is complete, and perhaps the reply with it. */
static inline void element_done(reply_scanner *s, uint64_t *completed) {
    if (--s->elements > 0) return;
    if (!s->out_of_band) ++*completed;
    s->out_of_band = false;
}

/* A line of RESP, without its end. */
static inline bool scan_resp_line(reply_scanner *s, const char *line, size_t len, reply_counts *counts,
                                  uint64_t *completed) {
    if (len == 0) return false;
    if (s->elements == 0) s->elements = 1;
    int64_t length = 0;
    if (strchr("$*!=~>%|", line[0]) && !parse_length(line + 1, line + len, &length)) return false;
    switch (line[0]) {
    case '!': count_error(counts, line, len); /* fall through */
    case '$':
    case '=':
        if (length >= 0) {
            s->payload = (uint64_t)length + 2;
            return true;
        }
        counts->misses++;
        break;
    case '>': s->out_of_band = s->out_of_band || s->elements == 1; /* fall through */
    case '*':
    case '~':
        if (length >= 0)
            s->elements += (uint64_t)length;
        else
            counts->misses++;
        break;
    case '%':
        if (length < 0) return false;
        s->elements += 2 * (uint64_t)length;
        break;
    case '|':
        if (length < 0) return false;
        s->elements +=
            2 * (uint64_t)length; /* attributes come before their reply, and are not counted as one */
        return true;
    case '_': counts->misses++; break;
    case '-': count_error(counts, line, len); break;
    case '+':
    case ':':
    case ',':
    case '#':
    case '(': break;
    default: return false;
    }
    element_done(s, completed);
    return true;
}

static bool starts_with(const char *line, size_t len, const char *word) {
    size_t word_len = strlen(word);
    return len >= word_len && memcmp(line, word, word_len) == 0;
}

/* A line of memcached's text protocol, without its end. */
static bool scan_memcached_line(reply_scanner *s, const char *line, size_t len, reply_counts *counts,
                                uint64_t *completed) {
    if (starts_with(line, len, "VALUE ")) {
        const char *number = memrchr(line, ' ', len);
        int64_t length;
        if (!parse_length(number + 1, line + len, &length) || length < 0) return false;
        s->payload = (uint64_t)length + 2;
        s->values_seen++;
        return true;
    }
    if (starts_with(line, len, "END")) {
        if (s->values_seen < s->values_expected) counts->misses += s->values_expected - s->values_seen;
        s->values_seen = 0;
    } else if (starts_with(line, len, "NOT_FOUND")) {
        counts->misses++;
    } else if (starts_with(line, len, "ERROR") || starts_with(line, len, "CLIENT_ERROR") ||
               starts_with(line, len, "SERVER_ERROR")) {
        count_error(counts, line, len);
    }
    ++*completed;
    return true;
}

static bool scan_line(reply_scanner *s, const char *line, size_t len, reply_counts *counts,
                      uint64_t *completed) {
    if (len == 0 || line[len - 1] != '\r') return false;
    if (s->protocol == PROTOCOL_MEMCACHED) return scan_memcached_line(s, line, len - 1, counts, completed);
    return scan_resp_line(s, line, len - 1, counts, completed);
}

/* Keeps a piece of a line until the rest comes. */
static bool keep_line(reply_scanner *s, const char *bytes, size_t len) {
    if (s->line_len + len > REPLY_LINE_MAX) return false;
    memcpy(s->line + s->line_len, bytes, len);
    s->line_len += (unsigned)len;
    return true;
}

bool reply_scan(reply_scanner *s, const char *bytes, size_t len, reply_counts *counts, uint64_t *completed) {
    const char *at = bytes, *end = bytes + len;
    while (at < end) {
        if (s->payload) {
            uint64_t skipped = s->payload < (uint64_t)(end - at) ? s->payload : (uint64_t)(end - at);
            at += skipped;
            s->payload -= skipped;
            if (s->payload == 0 && s->protocol == PROTOCOL_RESP) element_done(s, completed);
            continue;
        }
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) return keep_line(s, at, (size_t)(end - at));
        if (s->line_len) {
            if (!keep_line(s, at, (size_t)(line_end - at))) return false;
            size_t line_len = s->line_len;
            s->line_len = 0;
            if (!scan_line(s, s->line, line_len, counts, completed)) return false;
        } else if (!scan_line(s, at, (size_t)(line_end - at), counts, completed)) {
            return false;
        }
        at = line_end + 1;
    }
    return true;
}
