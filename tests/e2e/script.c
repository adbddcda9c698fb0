/* Script: reading transcript files.
 *
 * Line by line. A line is a directive, begins a step, or belongs to the expectation of the step before it; an
 * expectation goes on over as many lines as its brackets stay open. Mistakes end the program: a transcript
 * that is misread would test something else than it says. */
#include "script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where reading stands. */
typedef struct reading {
    script *script;
    int at; /* index of the line under way; its number is one more */
} reading;

#define complain_at(r, ...)                                                                                  \
    do {                                                                                                     \
        fprintf(stderr, "%s:%d: ", (r)->script->path, (r)->at + 1);                                          \
        die(__VA_ARGS__);                                                                                    \
    } while (0)

/* ---- lines ---- */

static void load_lines(script *s) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    FILE *f = fopen(s->path, "r");
    if (f == NULL) die("cannot read %s: %s", s->path, strerror(errno));
    while ((len = getline(&line, &capacity, f)) >= 0) {
        while (len > 0 && isspace((unsigned char)line[len - 1])) len--;
        s->lines = must_realloc(s->lines, (size_t)(s->line_count + 1) * sizeof(char *));
        s->lines[s->line_count++] = bytes_copy(line, (size_t)len);
    }
    free(line);
    fclose(f);
}

/* The rest of the line behind a word and a space, or NULL if the line begins otherwise. */
static const char *after(const char *line, const char *word) {
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || line[len] != ' ') return NULL;
    return line + len + strspn(line + len, " ");
}

static bool is_blank(const char *line) { return line[0] == '\0' || line[0] == '#'; }

/* ---- growing the script ---- */

static script_case *last_case(reading *r) {
    if (r->script->case_count == 0) complain_at(r, "no case has begun: a title comes first");
    return &r->script->cases[r->script->case_count - 1];
}

static step *last_step(reading *r) {
    script_case *c = last_case(r);
    if (c->step_count == 0) complain_at(r, "an expectation without a command");
    return &c->steps[c->step_count - 1];
}

static void add_case(reading *r, const char *title) {
    script *s = r->script;
    s->cases = must_realloc(s->cases, (size_t)(s->case_count + 1) * sizeof(script_case));
    s->cases[s->case_count++] =
        (script_case){.title = bytes_copy(title, strlen(title)), .line = r->at + 1, .protocol = s->protocol};
}

static step *add_step(reading *r, step_kind kind, const char *client, size_t client_len, const char *text) {
    script_case *c = last_case(r);
    step added = {.kind = kind, .text = bytes_copy(text, strlen(text)), .line = r->at + 1};
    if (client_len >= sizeof(added.client)) complain_at(r, "a client's name is too long");
    memcpy(added.client, client, client_len);
    c->steps = must_realloc(c->steps, (size_t)(c->step_count + 1) * sizeof(step));
    c->steps[c->step_count++] = added;
    return &c->steps[c->step_count - 1];
}

/* ---- directives ---- */

static int read_protocol(reading *r, const char *text) {
    if (strcmp(text, "2") == 0) return 2;
    if (strcmp(text, "3") == 0) return 3;
    complain_at(r, "the protocol is 2 or 3");
}

static void read_since(reading *r, const char *text) {
    script_case *c = last_case(r);
    since when = {0};
    const char *valkey = after(text, "valkey");
    when.valkey = valkey != NULL;
    if (c->since_count == SINCE_MAX) complain_at(r, "too many versions");
    if (sscanf(valkey != NULL ? valkey : text, "%d.%d", &when.major, &when.minor) != 2)
        complain_at(r, "bad version");
    c->since[c->since_count++] = when;
}

static void read_option(reading *r, const char *text) {
    size_t len = strcspn(text, " ");
    const char *value = text + len + strspn(text + len, " ");
    r->script->own_server = true;
    /* Both texts live as long as the script does. */
    server_option(&r->script->setup, bytes_copy(text, len), bytes_copy(value, strlen(value)));
}

/* Directives that stand before the first case and hold for the file. */
static bool read_file_directive(reading *r, const char *line) {
    script *s = r->script;
    const char *rest;
    if (s->case_count > 0) return false;
    if ((rest = after(line, "option")) != NULL)
        read_option(r, rest);
    else if ((rest = after(line, "protocol")) != NULL)
        s->protocol = read_protocol(r, rest);
    else if (strcmp(line, "own server") == 0)
        s->own_server = true;
    else if (strcmp(line, "config file") == 0)
        s->own_server = s->setup.config_file = true;
    else
        return false;
    return true;
}

/* Directives that stand behind a case's title and hold for the case. */
static bool read_case_directive(reading *r, const char *line) {
    const char *rest;
    if (r->script->case_count == 0 || last_case(r)->step_count > 0) return false;
    if ((rest = after(line, "since")) != NULL)
        read_since(r, rest);
    else if ((rest = after(line, "protocol")) != NULL)
        last_case(r)->protocol = read_protocol(r, rest);
    else if (strcmp(line, "only stint") == 0)
        last_case(r)->only_stint = true;
    else if (strcmp(line, "except valkey") == 0)
        last_case(r)->except_valkey = true;
    else
        return false;
    return true;
}

static bool read_action(reading *r, const char *line) {
    const char *rest;
    if ((rest = after(line, "disconnect")) != NULL)
        add_step(r, STEP_DISCONNECT, rest, strlen(rest), "");
    else if (strcmp(line, "disconnect") == 0)
        add_step(r, STEP_DISCONNECT, "", 0, "");
    else if (strcmp(line, "server restarts") == 0)
        add_step(r, STEP_RESTART, "", 0, "");
    else if ((rest = after(line, "server exits")) != NULL)
        add_step(r, STEP_EXIT, "", 0, "")->exit_status = atoi(rest);
    else
        return false;
    return true;
}

/* ---- commands ---- */

static size_t client_name_len(const char *line) {
    size_t len = 0;
    while (islower((unsigned char)line[len]) || (len > 0 && isdigit((unsigned char)line[len]))) len++;
    return len;
}

static bool read_command(reading *r, const char *line) {
    static const struct {
        const char *mark;
        step_kind kind;
    } marks[] = {{"raw>", STEP_RAW}, {"wait>", STEP_WAIT}, {">", STEP_COMMAND}};
    size_t name_len = client_name_len(line);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *rest = after(line, marks[i].mark);
        if (rest != NULL) {
            add_step(r, marks[i].kind, "", 0, rest);
            return true;
        }
        bool apart = marks[i].kind != STEP_COMMAND; /* "a raw> ..." but "a> ..." */
        if (name_len == 0 || (apart && line[name_len] != ' ')) continue;
        rest = after(line + name_len + (apart ? 1 : 0), marks[i].mark);
        if (rest != NULL) {
            add_step(r, marks[i].kind, line, name_len, rest);
            return true;
        }
    }
    if (line[name_len] != '<' || line[name_len + 1] != '\0') return false;
    add_step(r, STEP_RECEIVE, line, name_len, "");
    return true;
}

/* ---- expectations ---- */

/* How many brackets the text leaves open; what stands in quotes does not count. */
static int open_brackets(const char *text) {
    int open = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\'') {
            char quote = *at++;
            while (*at != '\0' && *at != quote) at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
            if (*at == '\0') break;
        } else if (*at == '[' || *at == '{') {
            open++;
        } else if (*at == ']' || *at == '}') {
            open--;
        }
    }
    return open;
}

static bool goes_on(const char *text) {
    bool plain = isalpha((unsigned char)text[0]) && strncmp(text, "unordered", strlen("unordered")) != 0;
    return !plain && strncmp(text, "(error) ", strlen("(error) ")) != 0 && open_brackets(text) > 0;
}

static void read_expected(reading *r, const char *line) {
    step *s = last_step(r);
    expected e = {.line = r->at + 1};
    bytes text = {0};
    const char *only2 = after(line, "resp2"), *only3 = after(line, "resp3");
    e.protocol = only2 != NULL ? 2 : only3 != NULL ? 3 : 0;
    bytes_text(&text, only2 != NULL ? only2 : only3 != NULL ? only3 : line);
    while (goes_on(text.data)) {
        if (++r->at == r->script->line_count) complain_at(r, "a bracket is not closed");
        if (is_blank(r->script->lines[r->at])) continue;
        bytes_put(&text, '\n');
        bytes_text(&text, r->script->lines[r->at]);
    }
    e.text = text.data;
    s->expected = must_realloc(s->expected, (size_t)(s->expected_count + 1) * sizeof(expected));
    s->expected[s->expected_count++] = e;
}

/* ---- files ---- */

static void read_line(reading *r) {
    const char *line = r->script->lines[r->at];
    const char *title = after(line, "test");
    if (is_blank(line)) return;
    if (title != NULL)
        add_case(r, title);
    else if (!read_file_directive(r, line) && !read_case_directive(r, line) && !read_action(r, line) &&
             !read_command(r, line))
        read_expected(r, line);
}

/* A case that does nothing would pass. */
static void check_cases(const script *s) {
    for (int i = 0; i < s->case_count; i++)
        if (s->cases[i].step_count == 0) die("%s:%d: the case has no commands", s->path, s->cases[i].line);
}

script *script_read(const char *path) {
    script *s = must_alloc(sizeof(*s));
    s->path = path;
    load_lines(s);
    reading r = {.script = s};
    for (; r.at < s->line_count; r.at++) read_line(&r);
    check_cases(s);
    return s;
}

static void free_case(script_case *c) {
    for (int i = 0; i < c->step_count; i++) {
        for (int j = 0; j < c->steps[i].expected_count; j++) free(c->steps[i].expected[j].text);
        free(c->steps[i].expected);
        free(c->steps[i].text);
    }
    free(c->steps);
    free(c->title);
}

void script_free(script *s) {
    for (int i = 0; i < s->case_count; i++) free_case(&s->cases[i]);
    for (int i = 0; i < s->line_count; i++) free(s->lines[i]);
    for (int i = 0; i < s->setup.option_count; i++) free((char *)s->setup.options[i]);
    free(s->cases);
    free(s->lines);
    free(s);
}
