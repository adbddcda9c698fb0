/* Quote: see quote.h for the language. Everything is read left to right through a moving pointer. */
#include "quote.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX (512L * 1024 * 1024)

bool complain(complaint *why, const char *format, ...) {
    if (why->text[0] != '\0') return false;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    return false;
}

/* ---- variables ---- */

static const variable *find(const variables *v, const char *name, size_t len) {
    for (int i = 0; i < v->count; i++)
        if (strlen(v->list[i].name) == len && memcmp(v->list[i].name, name, len) == 0) return &v->list[i];
    return NULL;
}

void variables_set(variables *v, const char *name, const char *value, size_t len) {
    variable *slot = (variable *)find(v, name, strlen(name));
    if (slot == NULL) {
        if (v->count == VARIABLES_MAX) die("too many variables");
        slot = &v->list[v->count++];
        snprintf(slot->name, sizeof(slot->name), "%s", name);
    }
    slot->value.len = 0;
    bytes_append(&slot->value, value, len);
}

void variables_clear(variables *v) {
    for (int i = 0; i < v->count; i++) bytes_free(&v->list[i].value);
    v->count = 0;
}

/* 'text'*N, the pointer standing on the opening quote. */
static bool read_repeat(const char **at, bytes *out, const variables *v, complaint *why) {
    bytes unit = {0};
    char *end;
    bool good = quote_read(at, &unit, v, why) && **at == '*';
    if (good) {
        long times = strtol(*at + 1, &end, 10);
        good = end != *at + 1 && times >= 0 && (times == 0 || (long)unit.len <= REPEAT_MAX / times);
        for (long i = 0; good && i < times; i++) bytes_append(out, unit.data, unit.len);
        *at = end;
    }
    bytes_free(&unit);
    return good || complain(why, "a repetition is written ${'text'*times}");
}

/* name, name+N or name-N. */
static bool read_named(const char **at, bytes *out, const variables *v, complaint *why) {
    const char *name = *at;
    while (isalnum((unsigned char)**at) || **at == '_') (*at)++;
    const variable *found = find(v, name, (size_t)(*at - name));
    if (found == NULL) return complain(why, "no variable \"%.*s\"", (int)(*at - name), name);
    if (**at != '+' && **at != '-') {
        bytes_append(out, found->value.data, found->value.len);
        return true;
    }
    char *end;
    long long offset = strtoll(*at, &end, 10);
    bytes_format(out, "%lld", atoll(found->value.data) + offset);
    *at = end;
    return true;
}

bool quote_variable(const char **at, bytes *out, const variables *v, complaint *why) {
    *at += strlen("${");
    bool good = **at == '\'' ? read_repeat(at, out, v, why) : read_named(at, out, v, why);
    if (!good) return false;
    if (**at != '}') return complain(why, "a variable ends with }");
    (*at)++;
    return true;
}

/* ---- quotes ---- */

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* What follows a backslash in double quotes. */
static void read_escape(const char **at, bytes *out) {
    const char *p = *at;
    if (p[0] == 'x' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2])) {
        bytes_put(out, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
        *at += 3;
        return;
    }
    static const char letters[] = "nrtba", meant[] = "\n\r\t\b\a";
    const char *letter = strchr(letters, *p);
    bytes_put(out, letter != NULL ? meant[letter - letters] : *p);
    (*at)++;
}

static bool read_double(const char **at, bytes *out, const variables *v, complaint *why) {
    while (**at != '"') {
        if (**at == '\0') return complain(why, "a quote is not closed");
        if (**at == '\\' && (*at)[1] != '\0') {
            (*at)++;
            read_escape(at, out);
        } else if ((*at)[0] == '$' && (*at)[1] == '{') {
            if (!quote_variable(at, out, v, why)) return false;
        } else {
            bytes_put(out, *(*at)++);
        }
    }
    (*at)++;
    return true;
}

static bool read_single(const char **at, bytes *out, complaint *why) {
    while (**at != '\'') {
        if (**at == '\0') return complain(why, "a quote is not closed");
        if ((*at)[0] == '\\' && (*at)[1] == '\'') (*at)++;
        bytes_put(out, *(*at)++);
    }
    (*at)++;
    return true;
}

bool quote_read(const char **at, bytes *out, const variables *v, complaint *why) {
    char quote = *(*at)++;
    return quote == '"' ? read_double(at, out, v, why) : read_single(at, out, why);
}

/* ---- words ---- */

static bool read_word(const char **at, bytes *out, const variables *v, complaint *why) {
    if (**at == '"' || **at == '\'') {
        if (!quote_read(at, out, v, why)) return false;
        if (**at != '\0' && **at != ' ') return complain(why, "a space must follow a closing quote");
        return true;
    }
    while (**at != '\0' && **at != ' ') {
        if ((*at)[0] == '$' && (*at)[1] == '{') {
            if (!quote_variable(at, out, v, why)) return false;
        } else {
            bytes_put(out, *(*at)++);
        }
    }
    return true;
}

bool words_split(words *w, const char *line, const variables *v, complaint *why) {
    w->argc = 0;
    for (const char *at = line + strspn(line, " "); *at != '\0'; at += strspn(at, " ")) {
        bytes word = {0};
        bytes_reserve(&word, 0);
        word.data[0] = '\0';
        if (w->argc == WORDS_MAX || !read_word(&at, &word, v, why)) {
            bytes_free(&word);
            words_free(w);
            return complain(why, "too many words");
        }
        w->argv[w->argc] = word.data;
        w->lens[w->argc++] = word.len;
    }
    return w->argc > 0 || complain(why, "no command");
}

void words_free(words *w) {
    for (int i = 0; i < w->argc; i++) free(w->argv[i]);
    w->argc = 0;
}
