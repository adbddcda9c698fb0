/* Pattern: a tree like the reply's, whose leaves are literals or conditions.
 *
 * Literal leaves compare type and content. What RESP2 has no type for is compared in the form in which RESP2
 * carries it: a map as a flat array, a set or push as an array, a double, big number or verbatim string as a
 * bulk string, a boolean as 1 or 0. That is how one notation serves both versions.
 *
 * Runs of elements that may be anything ("...") are tried from the shortest on, and unordered collections by
 * backtracking; both are meant for the short replies that people write down. */
#include "pattern.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define UNORDERED_MAX 256

typedef enum pattern_kind {
    IS_ANY,
    IS_STATUS,
    IS_ERROR,
    IS_INTEGER, /* within [min, max] */
    IS_STRING,
    IS_NULL,
    IS_NULL_ARRAY,
    IS_BOOL,
    IS_DOUBLE,
    IS_BIG,
    IS_TEXT, /* verbatim */
    IS_ARRAY,
    IS_SET,
    IS_PUSH,
    IS_ATTRIBUTE, /* children: key, value, key, value... and the value it belongs to */
    IS_MAP,       /* children: key, value, key, value... */
    IS_LINES,     /* a text whose lines match the children */
    IS_ONE_OF,
    IS_REST, /* "...": any run of elements */
} pattern_kind;

struct pattern {
    pattern_kind kind;
    bytes text;     /* of literals and globs */
    bool glob;      /* the text is a glob */
    bool unbounded; /* <string>, <status>...: the kind alone counts */
    bool range;     /* a double within [low, high] */
    bool unordered; /* the children in any order */
    char format[4]; /* of a verbatim string */
    long long min, max;
    double low, high;
    char name[32]; /* variable to set */
    pattern **child;
    size_t children;
};

/* ---- building ---- */

typedef struct reader {
    const char *at;
    const variables *v;
    complaint *why;
} reader;

static pattern *make(pattern_kind kind) {
    pattern *p = must_alloc(sizeof(*p));
    p->kind = kind;
    p->min = LLONG_MIN;
    p->max = LLONG_MAX;
    bytes_reserve(&p->text, 0);
    p->text.data[0] = '\0';
    return p;
}

static void adopt(pattern *parent, pattern *child) {
    parent->child = must_realloc(parent->child, (parent->children + 1) * sizeof(pattern *));
    parent->child[parent->children++] = child;
}

void pattern_free(pattern *p) {
    if (p == NULL) return;
    for (size_t i = 0; i < p->children; i++) pattern_free(p->child[i]);
    free(p->child);
    bytes_free(&p->text);
    free(p);
}

static pattern *give_up(reader *r, pattern *p, const char *message) {
    complain(r->why, "%s near \"%.20s\"", message, r->at);
    pattern_free(p);
    return NULL;
}

static void skip_blanks(reader *r) { r->at += strspn(r->at, " \t\n"); }

static bool take(reader *r, const char *word) {
    skip_blanks(r);
    size_t len = strlen(word);
    if (strncmp(r->at, word, len) != 0) return false;
    r->at += len;
    return true;
}

/* A word made of letters, so that "null" is not taken for "nu". */
static bool take_word(reader *r, const char *word) {
    skip_blanks(r);
    size_t len = strlen(word);
    if (strncmp(r->at, word, len) != 0 || isalnum((unsigned char)r->at[len])) return false;
    r->at += len;
    return true;
}

static bool at_quote(reader *r) {
    skip_blanks(r);
    return *r->at == '"' || *r->at == '\'';
}

static pattern *read_value(reader *r);

/* ---- literals ---- */

static pattern *read_quoted(reader *r, pattern_kind kind) {
    pattern *p = make(kind);
    if (!at_quote(r)) return give_up(r, p, "a quoted text is wanted");
    if (quote_read(&r->at, &p->text, r->v, r->why)) return p;
    return give_up(r, p, "bad quotes");
}

/* Digits, sign and variables up to something else. */
static bool read_number_text(reader *r, bytes *out) {
    skip_blanks(r);
    for (;;) {
        if (r->at[0] == '$' && r->at[1] == '{') {
            if (!quote_variable(&r->at, out, r->v, r->why)) return false;
        } else if (isdigit((unsigned char)*r->at) || *r->at == '-') {
            bytes_put(out, *r->at++);
        } else {
            return out->len > 0;
        }
    }
}

static bool read_number(reader *r, long long *number) {
    bytes text = {0};
    char *end = NULL;
    bool good = read_number_text(r, &text);
    if (good) {
        errno = 0;
        *number = strtoll(text.data, &end, 10);
        good = errno == 0 && *end == '\0';
    }
    bytes_free(&text);
    return good;
}

static pattern *read_integer(reader *r) {
    pattern *p = make(IS_INTEGER);
    if (!read_number(r, &p->min)) return give_up(r, p, "bad integer");
    p->max = p->min;
    return p;
}

/* A status within brackets: a bare word. */
static pattern *read_bare(reader *r) {
    pattern *p = make(IS_STATUS);
    size_t len = strcspn(r->at, " ,:]}>\n");
    bytes_append(&p->text, r->at, len);
    r->at += len;
    return p;
}

static pattern *read_unquoted_number(reader *r, pattern_kind kind) {
    pattern *p = make(kind);
    skip_blanks(r);
    size_t len = strcspn(r->at, ")");
    bytes_append(&p->text, r->at, len);
    r->at += len;
    return p;
}

static pattern *read_verbatim(reader *r, const char *format) {
    pattern *p = read_quoted(r, IS_TEXT);
    if (p != NULL) memcpy(p->format, format, 3);
    return p;
}

static pattern *read_bool(bool value) {
    pattern *p = make(IS_BOOL);
    p->min = p->max = value;
    return p;
}

/* What stands in round brackets. */
static pattern *read_tagged(reader *r) {
    pattern *p;
    if (take_word(r, "nil array"))
        p = make(IS_NULL_ARRAY);
    else if (take_word(r, "nil"))
        p = make(IS_NULL);
    else if (take_word(r, "true"))
        p = read_bool(true);
    else if (take_word(r, "false"))
        p = read_bool(false);
    else if (take_word(r, "error"))
        p = read_quoted(r, IS_ERROR);
    else if (take_word(r, "status"))
        p = read_quoted(r, IS_STATUS);
    else if (take_word(r, "text"))
        p = read_verbatim(r, "txt");
    else if (take_word(r, "markdown"))
        p = read_verbatim(r, "mkd");
    else if (take_word(r, "double"))
        p = read_unquoted_number(r, IS_DOUBLE);
    else if (take_word(r, "big"))
        p = read_unquoted_number(r, IS_BIG);
    else
        p = give_up(r, NULL, "unknown kind of value");
    if (p != NULL && !take(r, ")")) return give_up(r, p, "a ) is missing");
    return p;
}

/* ---- collections ---- */

static pattern *read_elements(reader *r, pattern *p, const char *end) {
    while (!take(r, end)) {
        pattern *child = take(r, "...") ? make(IS_REST) : read_value(r);
        if (child == NULL) return give_up(r, p, "bad element");
        adopt(p, child);
        if (!take(r, ",")) return take(r, end) ? p : give_up(r, p, "a comma is missing");
    }
    return p;
}

static pattern *read_pairs(reader *r, pattern *p) {
    while (!take(r, "}")) {
        if (take(r, "...")) {
            adopt(p, make(IS_REST));
        } else {
            pattern *key = read_value(r);
            if (key != NULL) adopt(p, key);
            if (key == NULL || !take(r, ":")) return give_up(r, p, "bad key");
            pattern *value = read_value(r);
            if (value == NULL) return give_up(r, p, "bad value");
            adopt(p, value);
        }
        if (!take(r, ",")) return take(r, "}") ? p : give_up(r, p, "a comma is missing");
    }
    return p;
}

/* A map, then the value that it says something about. */
static pattern *read_attribute(reader *r) {
    pattern *p = read_pairs(r, make(IS_ATTRIBUTE));
    if (p == NULL) return NULL;
    pattern *value = read_value(r);
    if (value == NULL) return give_up(r, p, "an attribute belongs to a value");
    adopt(p, value);
    return p;
}

/* ---- conditions ---- */

static pattern *read_range(reader *r, pattern *p) {
    skip_blanks(r);
    if (*r->at == '>' || strncmp(r->at, "as ", 3) == 0) return p;
    if (!read_number(r, &p->min)) return give_up(r, p, "bad range");
    p->max = p->min;
    if (!take(r, "..")) return p;
    p->max = LLONG_MAX;
    skip_blanks(r);
    if (*r->at == '>' || strncmp(r->at, "as ", 3) == 0) return p;
    return read_number(r, &p->max) ? p : give_up(r, p, "bad range");
}

/* A number up to `end`, which it must reach. */
static bool read_double_until(reader *r, const char *end, double *number) {
    char digits[64], *stop;
    skip_blanks(r);
    const char *found = strstr(r->at, end);
    size_t len = found != NULL ? (size_t)(found - r->at) : sizeof(digits);
    if (len == 0 || len >= sizeof(digits)) return false;
    memcpy(digits, r->at, len);
    digits[len] = '\0';
    *number = strtod(digits, &stop);
    r->at = found;
    return *stop == '\0';
}

static pattern *read_double_range(reader *r) {
    pattern *p = make(IS_DOUBLE);
    p->range = true;
    if (!read_double_until(r, "..", &p->low) || !take(r, "..") || !read_double_until(r, ">", &p->high))
        return give_up(r, p, "bad range");
    return p;
}

static pattern *read_glob(reader *r, pattern_kind kind) {
    pattern *p = at_quote(r) ? read_quoted(r, kind) : make(kind);
    if (p == NULL) return NULL;
    p->glob = true;
    p->unbounded = p->text.len == 0;
    return p;
}

static pattern *read_lines(reader *r) {
    bool unordered = take_word(r, "unordered");
    if (!take(r, "[")) return give_up(r, NULL, "lines stand in [ ]");
    pattern *p = read_elements(r, make(IS_LINES), "]");
    if (p != NULL) p->unordered = unordered;
    return p;
}

static pattern *read_one_of(reader *r) {
    pattern *p = make(IS_ONE_OF);
    do {
        pattern *child = read_value(r);
        if (child == NULL) return give_up(r, p, "bad alternative");
        adopt(p, child);
    } while (take(r, ","));
    return p;
}

static pattern *read_condition(reader *r) {
    pattern *p;
    if (take_word(r, "any"))
        p = make(IS_ANY);
    else if (take_word(r, "integer"))
        p = read_range(r, make(IS_INTEGER));
    else if (take_word(r, "string"))
        p = read_glob(r, IS_STRING);
    else if (take_word(r, "status"))
        p = read_glob(r, IS_STATUS);
    else if (take_word(r, "error"))
        p = read_glob(r, IS_ERROR);
    else if (take_word(r, "text"))
        p = read_glob(r, IS_TEXT);
    else if (take_word(r, "double"))
        p = read_double_range(r);
    else if (take_word(r, "lines"))
        p = read_lines(r);
    else if (take_word(r, "one of"))
        p = read_one_of(r);
    else
        p = give_up(r, NULL, "unknown condition");
    if (p == NULL) return NULL;
    if (take_word(r, "as")) {
        skip_blanks(r);
        size_t len = strcspn(r->at, " >");
        if (len == 0 || len >= sizeof(p->name)) return give_up(r, p, "bad name");
        memcpy(p->name, r->at, len);
        r->at += len;
    }
    return take(r, ">") ? p : give_up(r, p, "a > is missing");
}

static pattern *read_unordered(reader *r) {
    pattern *p = read_value(r);
    if (p == NULL) return NULL;
    if (p->children > UNORDERED_MAX) return give_up(r, p, "too much to be unordered");
    p->unordered = true;
    return p;
}

static pattern *read_value(reader *r) {
    skip_blanks(r);
    if (at_quote(r)) return read_quoted(r, IS_STRING);
    if (take(r, "[")) return read_elements(r, make(IS_ARRAY), "]");
    if (take(r, "~[")) return read_elements(r, make(IS_SET), "]");
    if (take(r, ">[")) return read_elements(r, make(IS_PUSH), "]");
    if (take(r, "|{")) return read_attribute(r);
    if (take(r, "{")) return read_pairs(r, make(IS_MAP));
    if (take(r, "(")) return read_tagged(r);
    if (take(r, "<")) return read_condition(r);
    if (take_word(r, "unordered")) return read_unordered(r);
    if (*r->at == '-' || *r->at == '$' || isdigit((unsigned char)*r->at)) return read_integer(r);
    if (isalpha((unsigned char)*r->at)) return read_bare(r);
    return give_up(r, NULL, "a value is wanted");
}

/* The rest of the line as it is, for errors and statuses that stand alone. */
static pattern *read_plain(reader *r, pattern_kind kind) {
    pattern *p = make(kind);
    r->at += strspn(r->at, " ");
    while (*r->at != '\0') {
        if (r->at[0] == '$' && r->at[1] == '{') {
            if (!quote_variable(&r->at, &p->text, r->v, r->why)) return give_up(r, p, "bad variable");
        } else {
            bytes_put(&p->text, *r->at++);
        }
    }
    return p;
}

static bool is_plain_error(const char *text) {
    static const char tag[] = "(error) ";
    return strncmp(text, tag, sizeof(tag) - 1) == 0;
}

static bool is_plain_status(const char *text) {
    return isalpha((unsigned char)text[0]) && strncmp(text, "unordered ", strlen("unordered ")) != 0;
}

pattern *pattern_read(const char *text, const variables *v, complaint *why) {
    reader r = {.at = text, .v = v, .why = why};
    skip_blanks(&r);
    if (is_plain_error(r.at)) {
        r.at += strlen("(error)");
        return read_plain(&r, IS_ERROR);
    }
    if (is_plain_status(r.at)) return read_plain(&r, IS_STATUS);
    pattern *p = read_value(&r);
    if (p == NULL) return NULL;
    skip_blanks(&r);
    return *r.at == '\0' ? p : give_up(&r, p, "the line goes on");
}

expectation expectation_of(const char *text) {
    if (strcmp(text, "(closed)") == 0) return EXPECT_CLOSED;
    if (strcmp(text, "(nothing)") == 0) return EXPECT_NOTHING;
    if (strcmp(text, "(later)") == 0) return EXPECT_LATER;
    return EXPECT_REPLY;
}

/* ---- matching ---- */

typedef struct match {
    int protocol;
    variables *v;
} match;

static bool matches(const pattern *p, const resp_node *n, match *m);

static bool text_matches(const pattern *p, const char *text, size_t len) {
    if (p->unbounded) return true;
    if (!p->glob) return p->text.len == len && memcmp(p->text.data, text, len) == 0;
    char *copy = bytes_copy(text, len);
    bool good = strlen(copy) == len && fnmatch(p->text.data, copy, 0) == 0;
    free(copy);
    return good;
}

static bool double_matches(const pattern *p, const resp_node *n) {
    if (!p->range) return text_matches(p, n->text, n->len);
    char *copy = bytes_copy(n->text, n->len), *end;
    double value = strtod(copy, &end);
    bool good = n->len > 0 && *end == '\0' && value >= p->low && value <= p->high;
    free(copy);
    return good;
}

static bool type_is(const resp_node *n, const match *m, resp_type in_resp2, resp_type in_resp3) {
    return n->type == (m->protocol == 2 ? in_resp2 : in_resp3);
}

/* Elements in order, "..." standing for any run of them. */
static bool sequence_matches(pattern *const *p, size_t patterns, const resp_node *n, size_t nodes, match *m) {
    for (; patterns > 0; p++, patterns--, n++, nodes--) {
        if ((*p)->kind == IS_REST) {
            for (size_t run = 0; run <= nodes; run++)
                if (sequence_matches(p + 1, patterns - 1, n + run, nodes - run, m)) return true;
            return false;
        }
        if (nodes == 0 || !matches(*p, n, m)) return false;
    }
    return nodes == 0;
}

/* Whether each group of `step` patterns finds its own group of nodes. `used` marks the nodes already given
 * away. */
static bool find_partners(const pattern *p, size_t from, size_t step, const resp_node *n, bool *used,
                          match *m) {
    size_t groups = n->children / step;
    if (from < p->children && p->child[from]->kind == IS_REST) return true;
    if (from >= p->children) {
        for (size_t i = 0; i < groups; i++)
            if (!used[i]) return false;
        return true;
    }
    for (size_t i = 0; i < groups; i++) {
        if (used[i] || !sequence_matches(&p->child[from], step, &n->child[i * step], step, m)) continue;
        used[i] = true;
        if (find_partners(p, from + step, step, n, used, m)) return true;
        used[i] = false;
    }
    return false;
}

static bool collection_matches(const pattern *p, const resp_node *n, match *m) {
    bool contains = p->kind == IS_MAP && p->children > 0 && p->child[p->children - 1]->kind == IS_REST;
    if (!p->unordered && !contains) return sequence_matches(p->child, p->children, n->child, n->children, m);
    size_t step = p->kind == IS_MAP ? 2 : 1;
    if (n->children % step != 0) return false;
    bool *used = must_alloc(n->children / step * sizeof(bool));
    bool good = find_partners(p, 0, step, n, used, m);
    free(used);
    return good;
}

/* Splits a text into lines (LF, with or without CR before it) and compares them with the patterns. */
static bool lines_match(const pattern *p, const resp_node *n, match *m) {
    if (n->type != RESP_BULK && n->type != RESP_VERBATIM) return false;
    resp_node lines = {.type = RESP_ARRAY};
    const char *at = n->text, *end = n->text + n->len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        lines.child = must_realloc(lines.child, (lines.children + 1) * sizeof(resp_node));
        bool cr = len > 0 && at[len - 1] == '\r';
        lines.child[lines.children++] = (resp_node){.type = RESP_BULK, .text = at, .len = len - (cr ? 1 : 0)};
        at += len + 1;
    }
    for (size_t i = 0; i < p->children; i++) p->child[i]->glob = true;
    bool good = collection_matches(p, &lines, m);
    free(lines.child);
    return good;
}

/* RESP2 has no attributes: there only the value comes. */
static bool attribute_matches(const pattern *p, const resp_node *n, match *m) {
    if (m->protocol == 2) return matches(p->child[p->children - 1], n, m);
    return n->type == RESP_ATTRIBUTE && sequence_matches(p->child, p->children, n->child, n->children, m);
}

static bool one_matches(const pattern *p, const resp_node *n, match *m) {
    for (size_t i = 0; i < p->children; i++)
        if (matches(p->child[i], n, m)) return true;
    return false;
}

static bool verbatim_matches(const pattern *p, const resp_node *n, const match *m) {
    if (!type_is(n, m, RESP_BULK, RESP_VERBATIM)) return false;
    if (n->type == RESP_VERBATIM && p->format[0] != '\0' && strcmp(p->format, n->format) != 0) return false;
    return text_matches(p, n->text, n->len);
}

static bool kind_matches(const pattern *p, const resp_node *n, match *m) {
    switch (p->kind) {
    case IS_ANY:
    case IS_REST: return true;
    case IS_STATUS: return n->type == RESP_STATUS && text_matches(p, n->text, n->len);
    case IS_ERROR: return n->type == RESP_ERROR && text_matches(p, n->text, n->len);
    case IS_INTEGER: return n->type == RESP_INTEGER && n->integer >= p->min && n->integer <= p->max;
    case IS_STRING: return n->type == RESP_BULK && text_matches(p, n->text, n->len);
    case IS_NULL: return type_is(n, m, RESP_NULL_BULK, RESP_NULL);
    case IS_NULL_ARRAY: return type_is(n, m, RESP_NULL_ARRAY, RESP_NULL);
    case IS_BOOL: return type_is(n, m, RESP_INTEGER, RESP_BOOL) && n->integer == p->min;
    case IS_DOUBLE: return type_is(n, m, RESP_BULK, RESP_DOUBLE) && double_matches(p, n);
    case IS_BIG: return type_is(n, m, RESP_BULK, RESP_BIG) && text_matches(p, n->text, n->len);
    case IS_TEXT: return verbatim_matches(p, n, m);
    case IS_ARRAY: return n->type == RESP_ARRAY && collection_matches(p, n, m);
    case IS_SET: return type_is(n, m, RESP_ARRAY, RESP_SET) && collection_matches(p, n, m);
    case IS_PUSH: return type_is(n, m, RESP_ARRAY, RESP_PUSH) && collection_matches(p, n, m);
    case IS_MAP: return type_is(n, m, RESP_ARRAY, RESP_MAP) && collection_matches(p, n, m);
    case IS_ATTRIBUTE: return attribute_matches(p, n, m);
    case IS_LINES: return lines_match(p, n, m);
    case IS_ONE_OF: return one_matches(p, n, m);
    }
    return false;
}

static void remember(const pattern *p, const resp_node *n, match *m) {
    bytes value = {0};
    if (n->type == RESP_INTEGER)
        bytes_format(&value, "%lld", n->integer);
    else
        bytes_append(&value, n->text, n->len);
    variables_set(m->v, p->name, value.data, value.len);
    bytes_free(&value);
}

static bool matches(const pattern *p, const resp_node *n, match *m) {
    if (!kind_matches(p, n, m)) return false;
    if (p->name[0] != '\0') remember(p, n, m);
    return true;
}

bool pattern_matches(const pattern *p, const resp_node *reply, int protocol, variables *v) {
    match m = {.protocol = protocol, .v = v};
    return matches(p, reply, &m);
}
