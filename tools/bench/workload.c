/* Workload: requests from templates, at a few nanoseconds each.
 *
 * A template is encoded once. What changes from request to request has a fixed width, so a request is a copy
 * of the encoded bytes with the slots overwritten in place:
 *
 *     *2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n
 *                                       ^^^^^^ slot: number of the key
 *
 * Digits are written four at a time from a table of "0000" .. "9999". Only as many digits as the number of
 * keys needs are slots; the zeroes before them are part of the template.
 *
 * Deliberately absent: values that vary in length or content. A server that treats values as opaque bytes
 * cannot tell the difference, and requests of one length are what the bare floor can answer without parsing.
 */
#include "bench/workload.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEMPLATES_MAX = 2,
    INTEGER_DIGITS = 8,
    SLOTS_MAX = 1024, /* per template */
    GROUP_DIGITS = 4,
    GROUPS = 10000,
};

typedef enum slot_kind { SLOT_KEY, SLOT_INTEGER, SLOT_DIGIT } slot_kind;

typedef struct slot {
    size_t offset; /* of its first digit */
    slot_kind kind;
} slot;

typedef struct template {
    char *bytes;
    size_t len;
    unsigned slot_count;
    unsigned key_count;
    unsigned reply_count;
    slot slots[SLOTS_MAX];
}
template;

struct workload {
    workload_plan plan;
    unsigned key_digits;
    unsigned template_count;
    template templates[TEMPLATES_MAX];
    char groups[GROUPS][GROUP_DIGITS];
};

static unsigned digits_of(uint64_t number) {
    unsigned digits = 1;
    while (number /= 10) digits++;
    return digits;
}

static uint64_t last_key(const workload_plan *plan) { return plan->first_key + plan->keys - 1; }

static void write_key(const workload_plan *plan, FILE *out) {
    fputs(plan->key_prefix, out);
    for (size_t i = strlen(plan->key_prefix); i < plan->key_size; i++) fputc('0', out);
}

/* Starts with a letter and holds no line ends: never taken for an integer, and fit for line protocols. */
static void write_value(const workload_plan *plan, FILE *out) {
    static const char alphabet[] = "vQ7xkT2mZp9LcW4sBn8RfY3hJd6GgU5aE1tK0wXiCoMyNqPbDzHrSjFeVlAu";
    for (unsigned i = 0; i < plan->value_size; i++) fputc(alphabet[i % (sizeof alphabet - 1)], out);
}

static bool take(const char **at, const char *word) {
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0) return false;
    *at += len;
    return true;
}

/* Makes the last `digits` written a slot. */
static void add_slot(template *t, slot_kind kind, FILE *out, unsigned digits) {
    assert(t->slot_count < SLOTS_MAX);
    t->slots[t->slot_count++] = (slot){(size_t)ftell(out) - digits, kind};
}

/* Writes what stands at `*at`, a placeholder or one plain character, and moves on. */
static void expand(const workload *w, template *t, const char **at, FILE *out) {
    if (take(at, "__key__")) {
        write_key(&w->plan, out);
        add_slot(t, SLOT_KEY, out, w->key_digits);
        t->key_count++;
    } else if (take(at, "__integer__")) {
        fprintf(out, "%0*d", INTEGER_DIGITS, 0);
        add_slot(t, SLOT_INTEGER, out, INTEGER_DIGITS);
    } else if (take(at, "__digit__")) {
        fputc('0', out);
        add_slot(t, SLOT_DIGIT, out, 1);
    } else if (take(at, "__value__")) {
        write_value(&w->plan, out);
    } else if (take(at, "__value_size__")) {
        fprintf(out, "%u", w->plan.value_size);
    } else {
        fputc(*(*at)++, out);
    }
}

/* memcached: the template is the text itself. */
static void compile_lines(const workload *w, template *t, const char *command, FILE *out) {
    while (*command) {
        if (take(&command, "\\n"))
            fputs("\r\n", out);
        else
            expand(w, t, &command, out);
    }
    fputs("\r\n", out);
}

/* The words of the first command. */
static unsigned count_words(const char *command) {
    unsigned words = 0;
    for (; *command && strncmp(command, "\\n", 2) != 0; command++)
        if (*command != ' ' && (command[1] == ' ' || command[1] == '\\' || command[1] == 0)) words++;
    return words;
}

/* One word as a bulk string; its length comes first, so it is expanded aside and its slots are moved. */
static void compile_bulk(const workload *w, template *t, const char **command, FILE *out) {
    char *bytes;
    size_t len;
    FILE *word = open_memstream(&bytes, &len);
    if (!word) abort();
    unsigned first_slot = t->slot_count;
    while (**command && **command != ' ' && **command != '\\') expand(w, t, command, word);
    fclose(word);
    fprintf(out, "$%zu\r\n", len);
    for (unsigned i = first_slot; i < t->slot_count; i++) t->slots[i].offset += (size_t)ftell(out);
    fwrite(bytes, 1, len, out);
    fputs("\r\n", out);
    free(bytes);
}

static void compile_resp(const workload *w, template *t, const char *command, FILE *out) {
    bool begins = true;
    while (*command) {
        if (begins) fprintf(out, "*%u\r\n", count_words(command));
        t->reply_count += begins;
        begins = take(&command, "\\n");
        if (begins) continue;
        if (*command == ' ')
            command++;
        else
            compile_bulk(w, t, &command, out);
    }
}

static void compile(workload *w, const char *command) {
    template *t = &w->templates[w->template_count++];
    FILE *out = open_memstream(&t->bytes, &t->len);
    if (!out) abort();
    if (w->plan.protocol == PROTOCOL_MEMCACHED) {
        compile_lines(w, t, command, out);
        t->reply_count = 1;
    } else {
        compile_resp(w, t, command, out);
    }
    fclose(out);
}

static bool explain(char *problem, size_t problem_size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(problem, problem_size, format, args);
    va_end(args);
    return false;
}

static bool check_command(const char *command, char *problem, size_t problem_size) {
    if (count_words(command) == 0) return explain(problem, problem_size, "the command is empty");
    if (strlen(command) / strlen("__key__") > SLOTS_MAX)
        return explain(problem, problem_size, "the command is too long for %d placeholders", SLOTS_MAX);
    return true;
}

static bool check_plan(const workload_plan *plan, char *problem, size_t problem_size) {
    if (plan->keys == 0) return explain(problem, problem_size, "the number of keys must be at least 1");
    if (strlen(plan->key_prefix) + digits_of(last_key(plan)) > plan->key_size)
        return explain(problem, problem_size, "%llu keys with the prefix '%s' do not fit into %u bytes",
                       (unsigned long long)last_key(plan) + 1, plan->key_prefix, plan->key_size);
    return check_command(plan->command, problem, problem_size) &&
           (!plan->alternate || check_command(plan->alternate, problem, problem_size));
}

workload *workload_create(const workload_plan *plan, char *problem, size_t problem_size) {
    if (!check_plan(plan, problem, problem_size)) return NULL;
    workload *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->plan = *plan;
    w->key_digits = digits_of(last_key(plan));
    for (unsigned i = 0; i < GROUPS; i++) {
        char digits[GROUP_DIGITS + 1];
        snprintf(digits, sizeof digits, "%04u", i % GROUPS);
        memcpy(w->groups[i], digits, GROUP_DIGITS);
    }
    compile(w, plan->command);
    if (plan->alternate) compile(w, plan->alternate);
    return w;
}

void workload_free(workload *w) {
    if (!w) return;
    for (unsigned i = 0; i < w->template_count; i++) free(w->templates[i].bytes);
    free(w);
}

size_t workload_request_max(const workload *w) {
    size_t max = 0;
    for (unsigned i = 0; i < w->template_count; i++)
        if (w->templates[i].len > max) max = w->templates[i].len;
    return max;
}

unsigned workload_keys_per_request(const workload *w) { return w->templates[0].key_count; }

unsigned workload_replies_per_request(const workload *w) { return w->templates[0].reply_count; }

/* Writes the low `digits` decimal digits of `number`. */
static inline void put_digits(const workload *w, char *out, unsigned digits, uint64_t number) {
    while (digits >= GROUP_DIGITS) {
        digits -= GROUP_DIGITS;
        memcpy(out + digits, w->groups[number % GROUPS], GROUP_DIGITS);
        number /= GROUPS;
    }
    for (; digits > 0; number /= 10) out[--digits] = (char)('0' + number % 10);
}

static inline bool alternate_is_next(const workload *w, chooser *keys) {
    if (w->template_count < TEMPLATES_MAX) return false;
    return (double)(chooser_random(keys) >> 11) * 0x1p-53 < w->plan.alternate_ratio;
}

size_t workload_append(const workload *w, chooser *keys, char *out) {
    const template *t = &w->templates[alternate_is_next(w, keys)];
    memcpy(out, t->bytes, t->len);
    for (unsigned i = 0; i < t->slot_count; i++) {
        char *digits = out + t->slots[i].offset;
        switch (t->slots[i].kind) {
        case SLOT_KEY: put_digits(w, digits, w->key_digits, chooser_next(keys)); break;
        case SLOT_INTEGER:
            put_digits(w, digits, INTEGER_DIGITS, 10000000 + chooser_random_below(keys, 90000000));
            break;
        case SLOT_DIGIT: *digits = (char)('0' + chooser_random_below(keys, 10)); break;
        }
    }
    return t->len;
}

#define TEN(words) words words words words words words words words words words

#define SET_RESP           "SET __key__ __value__"
#define SET_MEMCACHED      "set __key__ 0 0 __value_size__\\n__value__"
#define EXPIRES_AFTER      "3600"
#define INTEGER_RESP       "SET __key__ __integer__"
#define INTEGER_MEMCACHED  "set __key__ 0 0 8\\n__integer__"
#define EXPIRING_RESP      SET_RESP " EX " EXPIRES_AFTER
#define EXPIRING_MEMCACHED "set __key__ 0 " EXPIRES_AFTER " __value_size__\\n__value__"

static const workload_recipe recipes[] = {
    /* name, fill and command in RESP, fill and command for memcached */
    {"ping", NULL, "PING", NULL, "version"},
    {"get", SET_RESP, "GET __key__", SET_MEMCACHED, "get __key__"},
    {"set", SET_RESP, SET_RESP, SET_MEMCACHED, SET_MEMCACHED},
    {"setex", EXPIRING_RESP, EXPIRING_RESP, EXPIRING_MEMCACHED, EXPIRING_MEMCACHED},
    {"setint", INTEGER_RESP, INTEGER_RESP, INTEGER_MEMCACHED, INTEGER_MEMCACHED},
    {"incr", INTEGER_RESP, "INCR __key__", INTEGER_MEMCACHED, "incr __key__ 1"},
    {"mset10", SET_RESP, "MSET" TEN(" __key__ __value__"), NULL, NULL},
    {"mget10", SET_RESP, "MGET" TEN(" __key__"), SET_MEMCACHED, "get" TEN(" __key__")},
};

const workload_recipe *workload_recipe_at(unsigned index) {
    return index < sizeof recipes / sizeof *recipes ? &recipes[index] : NULL;
}

const workload_recipe *workload_recipe_find(const char *name) {
    for (unsigned i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (strcmp(recipes[i].name, name) == 0) return &recipes[i];
    return NULL;
}
