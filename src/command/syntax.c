/* Syntax: a recursive descent parser, one function for each rule of the language, and the writer of its
 * readable form.
 *
 * Arguments are numbered in the order in which they are met and linked by those numbers, so that a parsed
 * syntax is one flat struct that needs no freeing. Texts come from the command table, so what is wrong with
 * them is found by the tests; the parser still takes any text. */
#include "command/syntax.h"

#include <assert.h>

static const char *const type_names[SYNTAX_TYPES] = {
    [SYNTAX_STRING] = "string",         [SYNTAX_INTEGER] = "integer",
    [SYNTAX_DOUBLE] = "double",         [SYNTAX_KEY] = "key",
    [SYNTAX_PATTERN] = "pattern",       [SYNTAX_UNIX_TIME] = "unix-time",
    [SYNTAX_PURE_TOKEN] = "pure-token", [SYNTAX_ONEOF] = "oneof",
    [SYNTAX_BLOCK] = "block",
};

const char *syntax_type_name(enum syntax_type type) { return type_names[type]; }

slice syntax_shown(const syntax_argument *a) { return a->display.data ? a->display : slice_of(a->name); }

struct parser {
    syntax *out;
    const char *text;
    const char *at;
    int depth;
};

static bool fail(struct parser *p, const char *error) {
    if (!p->out->error) {
        p->out->error = error;
        p->out->error_at = (size_t)(p->at - p->text);
    }
    return false;
}

static bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_small(char c) { return c >= 'a' && c <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_token_char(char c) { return is_capital(c) || is_digit(c) || c == '-' || c == '_'; }
static bool is_name_char(char c) { return is_small(c) || is_digit(c) || c == '-' || c == '_'; }
static bool is_version_char(char c) { return is_digit(c) || c == '.'; }

/* Takes the characters of one kind. */
static slice take_while(struct parser *p, bool (*belongs)(char)) {
    const char *start = p->at;
    while (belongs(*p->at)) p->at++;
    return (slice){start, (size_t)(p->at - start)};
}

static bool accept(struct parser *p, const char *text) {
    size_t len = strlen(text);
    if (strncmp(p->at, text, len) != 0) return false;
    p->at += len;
    return true;
}

/* Takes the text up to a closing character, which must come. */
static bool take_until(struct parser *p, char close, slice *out) {
    const char *end = strchr(p->at, close);
    if (!end) return fail(p, "a quote or angle bracket is not closed");
    *out = (slice){p->at, (size_t)(end - p->at)};
    p->at = end + 1;
    return true;
}

static bool set_name(struct parser *p, syntax_argument *a, slice name) {
    if (name.len >= SYNTAX_NAME_MAX) return fail(p, "a name is too long");
    for (size_t i = 0; i < name.len; i++)
        a->name[i] = is_capital(name.data[i]) ? (char)(name.data[i] - 'A' + 'a') : name.data[i];
    a->name[name.len] = '\0';
    return true;
}

static bool parse_argument(struct parser *p, int16_t *index);

/* Arguments up to a closing character (not taken), with that text between them. */
static bool parse_arguments(struct parser *p, const char *separator, char close, int16_t *first) {
    if (++p->depth > SYNTAX_DEPTH_MAX) return fail(p, "arguments are nested too deeply");
    int16_t *link = first;
    *first = SYNTAX_NONE;
    do {
        if (!parse_argument(p, link)) return false;
        link = &p->out->arguments[*link].next;
    } while (accept(p, separator));
    p->depth--;
    if (*p->at != close)
        return fail(p, close ? "an argument or a closing bracket is missing" : "unexpected text");
    if (close) p->at++;
    return true;
}

static bool parse_token(struct parser *p, syntax_argument *a) {
    if (accept(p, "\"")) return take_until(p, '"', &a->token);
    if (is_capital(*p->at)) a->token = take_while(p, is_token_char);
    return true;
}

/* name "=", if that is what comes. */
static bool parse_given_name(struct parser *p, syntax_argument *a) {
    const char *start = p->at;
    slice name = take_while(p, is_name_char);
    if (name.len && accept(p, "=")) return set_name(p, a, name);
    p->at = start;
    return true;
}

static bool starts_value(char c) { return is_small(c) || c == '(' || c == '{'; }

static bool parse_value(struct parser *p, syntax_argument *a) {
    bool is_group = *p->at == '(' || *p->at == '{';
    if (is_group != (a->name[0] != '\0'))
        return fail(p, is_group ? "a group needs a name" : "a value has two names");
    if (accept(p, "(")) {
        a->type = SYNTAX_ONEOF;
        return parse_arguments(p, "|", ')', &a->first);
    }
    if (accept(p, "{")) {
        a->type = SYNTAX_BLOCK;
        return parse_arguments(p, " ", '}', &a->first);
    }
    a->type = SYNTAX_STRING;
    return set_name(p, a, take_while(p, is_name_char));
}

/* A token, a value, or a token with its value. */
static bool parse_body(struct parser *p, syntax_argument *a) {
    if (!parse_token(p, a)) return false;
    if (!a->token.data) return starts_value(*p->at) ? parse_value(p, a) : fail(p, "an argument is missing");
    if (*p->at == ' ' && starts_value(p->at[1])) {
        p->at++;
        return parse_value(p, a);
    }
    accept(p, ",");
    a->type = SYNTAX_PURE_TOKEN;
    return a->name[0] || set_name(p, a, a->token);
}

static bool is_value(const syntax_argument *a) { return a->type < SYNTAX_PURE_TOKEN; }

static bool parse_type(struct parser *p, syntax_argument *a) {
    slice name = take_while(p, is_name_char);
    for (int type = 0; type < SYNTAX_TYPES; type++) {
        if (!slice_is(name, type_names[type])) continue;
        if (!is_value(a) || type >= SYNTAX_PURE_TOKEN || type == SYNTAX_KEY) break;
        a->type = (uint8_t)type;
        return true;
    }
    return fail(p, "no such type for a value");
}

static bool parse_key_spec(struct parser *p, syntax_argument *a, bool typed) {
    if (!is_value(a)) return fail(p, "only values are keys");
    if (!is_digit(*p->at)) return fail(p, "the number of a key specification is missing");
    a->key_spec = (int16_t)(*p->at++ - '0');
    if (!typed) a->type = SYNTAX_KEY;
    return true;
}

static bool parse_version(struct parser *p, slice *version) {
    *version = take_while(p, is_version_char);
    return version->len ? true : fail(p, "a version is missing");
}

static bool parse_marks(struct parser *p, syntax_argument *a) {
    bool typed = accept(p, ":");
    if (typed && !parse_type(p, a)) return false;
    if (accept(p, "#")) {
        if (!parse_key_spec(p, a, typed)) return false;
    } else if (!typed && is_value(a) && strcmp(a->name, "key") == 0) {
        a->type = SYNTAX_KEY;
        a->key_spec = 0;
    }
    if (accept(p, "<")) {
        if (!is_value(a)) return fail(p, "only values have something to show");
        if (!take_until(p, '>', &a->display)) return false;
    }
    if (accept(p, "...")) a->flags |= SYNTAX_MULTIPLE;
    if (accept(p, "@") && !parse_version(p, &a->since)) return false;
    if (accept(p, "!") && !parse_version(p, &a->deprecated_since)) return false;
    return true;
}

static bool parse_argument(struct parser *p, int16_t *index) {
    if (p->out->count == SYNTAX_ARGUMENTS_MAX) return fail(p, "too many arguments");
    *index = (int16_t)p->out->count++;
    syntax_argument *a = &p->out->arguments[*index];
    *a = (syntax_argument){.key_spec = SYNTAX_NONE, .first = SYNTAX_NONE, .next = SYNTAX_NONE};

    bool optional = accept(p, "[");
    if (!parse_given_name(p, a) || !parse_body(p, a) || !parse_marks(p, a)) return false;
    if (!optional) return true;
    a->flags |= SYNTAX_OPTIONAL;
    if (!accept(p, "]")) return fail(p, "a closing bracket is missing");
    if (accept(p, "...")) {
        if (!a->token.data || a->flags & SYNTAX_MULTIPLE) return fail(p, "there is no token to repeat");
        a->flags |= SYNTAX_MULTIPLE | SYNTAX_MULTIPLE_TOKEN;
    }
    return true;
}

bool syntax_parse(syntax *s, const char *text) {
    s->count = 0;
    s->first = SYNTAX_NONE;
    s->error = NULL;
    s->error_at = 0;
    struct parser p = {.out = s, .text = text, .at = text};
    return *text == '\0' || parse_arguments(&p, " ", '\0', &s->first);
}

int syntax_length(const syntax *s, int16_t first) {
    int length = 0;
    for (int16_t i = first; i != SYNTAX_NONE; i = s->arguments[i].next) length++;
    return length;
}

/* The readable form. A repeated argument is written twice if it is short ("key [key ...]"). */

#define REPEAT_LENGTH_MAX 40

struct writer {
    char *buf;
    size_t size, len;
};

static void write_slice(struct writer *w, slice text) {
    for (size_t i = 0; i < text.len; i++, w->len++)
        if (w->len + 1 < w->size) w->buf[w->len] = text.data[i];
}

static void write_text(struct writer *w, const char *text) { write_slice(w, slice_of(text)); }

static void write_token(struct writer *w, const syntax_argument *a) {
    if (a->token.len == 0) write_text(w, "\"\"");
    write_slice(w, a->token);
}

static void write_argument(struct writer *w, const syntax *s, const syntax_argument *a);

static void write_arguments(struct writer *w, const syntax *s, int16_t first, const char *separator) {
    for (int16_t i = first; i != SYNTAX_NONE; i = s->arguments[i].next) {
        if (i != first) write_text(w, separator);
        write_argument(w, s, &s->arguments[i]);
    }
}

/* The argument without its token, brackets and repetition. Alternatives that nothing else encloses get
 * brackets of their own. */
static void write_value(struct writer *w, const syntax *s, const syntax_argument *a) {
    if (a->type == SYNTAX_BLOCK) {
        write_arguments(w, s, a->first, " ");
    } else if (a->type == SYNTAX_ONEOF) {
        bool enclosed = a->flags == SYNTAX_OPTIONAL && !a->token.data;
        if (!enclosed) write_text(w, "<");
        write_arguments(w, s, a->first, " | ");
        if (!enclosed) write_text(w, ">");
    } else {
        write_slice(w, syntax_shown(a));
    }
}

static void write_token_and_value(struct writer *w, const syntax *s, const syntax_argument *a) {
    if (a->token.data) write_token(w, a);
    if (a->type == SYNTAX_PURE_TOKEN) return;
    if (a->token.data) write_text(w, " ");
    write_value(w, s, a);
}

static void write_repetition(struct writer *w, const syntax *s, const syntax_argument *a,
                             size_t first_length) {
    if (first_length > REPEAT_LENGTH_MAX) {
        write_text(w, " ...");
        return;
    }
    write_text(w, " [");
    if (a->flags & SYNTAX_MULTIPLE_TOKEN)
        write_token_and_value(w, s, a);
    else
        write_value(w, s, a);
    write_text(w, " ...]");
}

static void write_argument(struct writer *w, const syntax *s, const syntax_argument *a) {
    if (a->flags & SYNTAX_OPTIONAL) write_text(w, "[");
    size_t start = w->len;
    write_token_and_value(w, s, a);
    if (a->flags & SYNTAX_MULTIPLE) write_repetition(w, s, a, w->len - start);
    if (a->flags & SYNTAX_OPTIONAL) write_text(w, "]");
}

size_t syntax_describe(const syntax *s, char *buf, size_t size) {
    assert(size > 0);
    struct writer w = {buf, size, 0};
    write_arguments(&w, s, s->first, " ");
    buf[w.len < size ? w.len : size - 1] = '\0';
    return w.len;
}
