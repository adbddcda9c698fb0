/* Generator: random commands from shapes and vocabularies.
 *
 * Now and then a command is spoiled afterwards: an argument is lost, added, or replaced by one from another
 * vocabulary, since wrong commands must get the same replies too.
 *
 * Some commands come in a transaction: after MULTI so many, and then EXEC or DISCARD. */
#include "generator.h"

#include <stdlib.h>
#include <string.h>

#include "shapes.h"
#include "vocabulary.h"

#define SPOIL_PERCENT   4
#define MULTI_PERMILLE  15
#define QUEUED_MAX      12
#define DISCARD_PERCENT 10
#define REPEAT_MAX      4
#define SHOWN_BYTES     60

struct generator {
    word_source source;
    int oracle_version[2];
    int total_weight;
    int transaction_left; /* commands to come before the transaction ends, and the end itself */
};

/* 0 to n - 1. */
static int roll(generator *g, int n) { return dice_roll(&g->source.dice, n); }
static bool chance(generator *g, int percent) { return dice_chance(&g->source.dice, percent); }

/* ---- from shape to request ---- */

static void add_arg(request *r, bytes *arg) {
    if (r->argc < REQUEST_ARGS_MAX)
        r->args[r->argc++] = *arg;
    else
        bytes_free(arg);
}

static void add_text(request *r, const char *text, size_t len) {
    bytes arg = {0};
    bytes_append(&arg, text, len);
    add_arg(r, &arg);
}

static void add_from_vocabulary(generator *g, request *r, int which) {
    bytes arg = {0};
    vocabulary_say(&g->source, which, &arg);
    add_arg(r, &arg);
}

/* The end of the item that begins at `at`: behind its closing bracket, or behind the word. */
static const char *item_end(const char *at) {
    int depth = 0;
    do {
        if (*at == '\0') die("a bracket is not closed in a shape");
        if (*at == '(' || *at == '[' || *at == '{') depth++;
        if (*at == ')' || *at == ']' || *at == '}') depth--;
        at++;
    } while (depth > 0 || (*at != '\0' && strchr(" +]|)", *at) == NULL));
    return at;
}

static const char *skip_blanks(const char *at) { return at + strspn(at, " "); }

static void expand(generator *g, request *r, const char *at, const char *end);

/* Finds the alternatives of a group and expands one of them. */
static void expand_choice(generator *g, request *r, const char *at, const char *end) {
    const char *starts[32], *ends[32];
    int count = 0;
    starts[0] = at;
    while (at < end) {
        at = skip_blanks(at);
        if (at >= end) break;
        if (*at == '|') {
            ends[count++] = at;
            if (count == 32) die("too many alternatives in a shape");
            starts[count] = ++at;
        } else {
            at = *at == '+' ? at + 1 : item_end(at);
        }
    }
    ends[count++] = end;
    int chosen = roll(g, count);
    expand(g, r, starts[chosen], ends[chosen]);
}

static void expand_item(generator *g, request *r, const char *at, const char *end) {
    if (*at == '(')
        expand_choice(g, r, at + 1, end - 1);
    else if (*at == '{')
        add_from_vocabulary(g, r, vocabulary_find(at + 1, (size_t)(end - at) - 2));
    else if (*at != '[')
        add_text(r, at, (size_t)(end - at));
    else if (chance(g, 50))
        expand(g, r, at + 1, end - 1);
}

static void expand(generator *g, request *r, const char *at, const char *end) {
    for (at = skip_blanks(at); at < end; at = skip_blanks(at)) {
        const char *stop = item_end(at);
        int times = *stop == '+' ? 1 + roll(g, REPEAT_MAX) : 1;
        for (int i = 0; i < times; i++) expand_item(g, r, at, stop);
        at = *stop == '+' ? stop + 1 : stop;
    }
}

static void remove_arg(request *r, int at) {
    bytes_free(&r->args[at]);
    memmove(&r->args[at], &r->args[at + 1], (size_t)(r->argc - at - 1) * sizeof(bytes));
    r->argc--;
}

static int odd_vocabulary(generator *g, const shape *s) {
    return shape_sets_expiry(s) ? vocabulary_odd_count - 1 : roll(g, vocabulary_odd_count);
}

/* In a transaction, whether a command is queued must not depend on the version. */
static bool may_spoil(const generator *g, const shape *s) {
    return g->transaction_left == 0 && !shape_must_stay(s);
}

/* Makes a command wrong, in most cases. */
static void spoil(generator *g, request *r, const shape *s) {
    int which = odd_vocabulary(g, s);
    int at = r->argc > 1 ? 1 + roll(g, r->argc - 1) : 0;
    int how = roll(g, 3);
    if (how == 0 || at == 0) {
        add_from_vocabulary(g, r, which);
    } else if (how == 1) {
        remove_arg(r, at);
    } else {
        bytes_free(&r->args[at]);
        vocabulary_say(&g->source, which, &r->args[at]);
    }
}

static const shape *pick_shape(generator *g) {
    int at = roll(g, g->total_weight);
    for (int i = 0; i < shape_count; i++) {
        if (shape_syntax(&shapes[i], g->oracle_version) == NULL) continue;
        if (at < shapes[i].weight) return &shapes[i];
        at -= shapes[i].weight;
    }
    die("the weights of the shapes do not add up");
}

/* ---- the interface ---- */

generator *generator_new(uint64_t seed, long long now_s, const int oracle_version[2]) {
    generator *g = must_alloc(sizeof(*g));
    dice_seed(&g->source.dice, seed);
    g->source.now_s = now_s;
    memcpy(g->oracle_version, oracle_version, sizeof(g->oracle_version));
    for (int i = 0; i < shape_count; i++)
        if (shape_syntax(&shapes[i], g->oracle_version) != NULL) g->total_weight += shapes[i].weight;
    return g;
}

void generator_free(generator *g) { free(g); }

static void make_command(request *r, const char *name, comparison how) {
    request_free(r);
    add_text(r, name, strlen(name));
    r->comparison = how;
}

static void make_from_shape(generator *g, request *r) {
    const shape *s = pick_shape(g);
    request_free(r);
    const char *syntax = shape_syntax(s, g->oracle_version);
    expand(g, r, syntax, syntax + strlen(syntax));
    if (chance(g, SPOIL_PERCENT) && may_spoil(g, s)) spoil(g, r, s);
    r->comparison = s->comparison;
}

void generator_next(generator *g, request *r) {
    if (g->transaction_left > 0 && --g->transaction_left == 0) {
        bool run = !chance(g, DISCARD_PERCENT);
        make_command(r, run ? "EXEC" : "DISCARD", run ? COMPARE_QUEUED : COMPARE_EXACT);
    } else if (g->transaction_left == 0 && roll(g, 1000) < MULTI_PERMILLE) {
        g->transaction_left = 1 + roll(g, QUEUED_MAX);
        make_command(r, "MULTI", COMPARE_EXACT);
    } else {
        make_from_shape(g, r);
    }
}

bool generator_in_transaction(const generator *g) { return g->transaction_left > 0; }

bool generator_is_key(const bytes *arg) { return vocabulary_is_key(arg) || shape_names_key(arg); }

void request_free(request *r) {
    for (int i = 0; i < r->argc; i++) bytes_free(&r->args[i]);
    r->argc = 0;
}

void request_print(bytes *out, const request *r) {
    for (int i = 0; i < r->argc; i++) {
        const bytes *arg = &r->args[i];
        bool plain = arg->len > 0;
        for (size_t j = 0; j < arg->len && plain; j++)
            plain = arg->data[j] > ' ' && arg->data[j] < 0x7f && arg->data[j] != '"';
        if (i > 0) bytes_put(out, ' ');
        if (plain && arg->len <= SHOWN_BYTES)
            bytes_append(out, arg->data, arg->len);
        else
            bytes_quote(out, arg->data, arg->len, SHOWN_BYTES);
    }
}
