/* Differential: sends the same long random sequence of commands to two servers and compares every reply.
 *
 *     differential [--server PATH] [--option NAME VALUE]... --oracle PATH [--both NAME VALUE]...
 *                  [--seed N] [--commands N] [--mismatches N]
 *
 * The commands come from the generator, over few keys, so that they meet each other's traces. They are sent
 * in chunks, pipelined, to both servers; then the replies are read side by side, in RESP2 for the first half
 * of the run and in RESP3 for the second. A second connection to each server listens to its keyspace
 * notifications, which must be the same as well; but for expired keys, which each server finds when it does.
 * At the end both keyspaces are compared as a whole: every key's type, value, expiry and encoding; and INFO
 * keysizes of the server under test, now and then, with what its keys are. The sequence depends on the seed
 * alone, so what fails can be repeated; and when replies differ, the commands that touched the same keys
 * before are shown.
 *
 * Replies are compared byte for byte, except as the comparison of the command's shape says (generator.h) and
 * on the points where Redis 7 answers otherwise than Redis 8, which is right (known_difference() below);
 * newer commands and options are asked for only if the oracle is new enough. --option is for the
 * server under test only: given the same program twice, one that changes replies shows that the comparison
 * can fail. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "generator.h"
#include "server.h"
#include "tally.h"

#define CHUNK            200
#define HISTORY          5000 /* commands remembered for the report */
#define HISTORY_SHOWN    30
#define CLOCK_SLACK_MS   3000 /* how far the same moment may be apart on two servers that answer at once */
#define DATABASES        16
#define QUEUED_MAX       100 /* commands in a transaction */
#define SHOWN_BYTES      300
#define DEFAULT_COMMANDS 100000
#define WRONG_TYPE       "WRONGTYPE Operation against a key holding the wrong kind of value"
#define NUMBERS_APART    1e-13       /* how far two texts of the same number may be apart */
#define EVENT_CLASSES    "Eg$lshztn" /* by event, all but x, and m: 7.0 looks some keys up too soon */

typedef struct run {
    const char *name[2]; /* side 0 is the server under test, side 1 the oracle */
    server server[2];
    resp_conn *conn[2];
    resp_conn *listener[2]; /* to keyspace notifications */
    uint64_t seed;
    long commands;
    int mismatches_left;
    server_version oracle;
    long long lag_ms; /* the longest that replies have taken: one of the servers may have been so late */
    generator *generator;
    request ring[HISTORY]; /* the last commands; number n is at n % HISTORY */
    long done;
    long sizes_checked;      /* how many were done then */
    long queued[QUEUED_MAX]; /* the numbers of the commands that the transaction has queued */
    int queued_count;
} run;

/* ---- comparing replies ---- */

static bool same_bytes(const resp_node *a, const resp_node *b) {
    return a->type == b->type && a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

static bool same_raw(const resp_reply *a, const resp_reply *b) {
    return a->raw.len == b->raw.len && memcmp(a->raw.data, b->raw.data, a->raw.len) == 0;
}

/* One time, or an array of some. The negative answers of TTL and its kin mean something else than time and
 * must be equal. */
static bool same_time(const resp_node *a, const resp_node *b, long long slack) {
    if (a->type == RESP_ARRAY && b->type == RESP_ARRAY && a->children == b->children) {
        for (size_t i = 0; i < a->children; i++)
            if (!same_time(&a->child[i], &b->child[i], slack)) return false;
        return true;
    }
    if (a->type != RESP_INTEGER || b->type != RESP_INTEGER) return same_bytes(a, b);
    if (a->integer < 0 || b->integer < 0) return a->integer == b->integer;
    long long apart = a->integer - b->integer;
    return apart <= slack && apart >= -slack;
}

static int by_text(const void *a, const void *b) {
    const resp_node *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = len > 0 ? memcmp(x->text, y->text, len) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Whether the elements are the same in any order, or so many at a time together. */
static bool same_unordered(resp_node *a, resp_node *b, size_t together) {
    if (a->type != b->type || a->children != b->children) return false;
    if (a->children == 0) return same_bytes(a, b);
    qsort(a->child, a->children / together, together * sizeof(resp_node), by_text);
    qsort(b->child, b->children / together, together * sizeof(resp_node), by_text);
    for (size_t i = 0; i < a->children; i++)
        if (!same_bytes(&a->child[i], &b->child[i])) return false;
    return true;
}

/* Whether both are the same, but numbers may be written differently. */
static bool same_numbers(const resp_node *a, const resp_node *b) {
    if (a->type != b->type || a->children != b->children) return false;
    for (size_t i = 0; i < a->children; i++)
        if (!same_numbers(&a->child[i], &b->child[i])) return false;
    if (a->children > 0 || same_bytes(a, b)) return true;
    if (a->type != RESP_BULK && a->type != RESP_DOUBLE) return false;
    char *a_end, *b_end;
    double x = strtod(a->text, &a_end), y = strtod(b->text, &b_end);
    return a_end != a->text && a_end == a->text + a->len && b_end == b->text + b->len &&
           fabs(x - y) <= NUMBERS_APART;
}

static bool is_command(const request *r, const char *name) {
    return r->argc > 0 && strcasecmp(r->args[0].data, name) == 0;
}

static bool has_word(const request *r, const char *word) {
    for (int i = 1; i < r->argc; i++)
        if (strcasecmp(r->args[i].data, word) == 0) return true;
    return false;
}

/* A scan that does not begin at 0 goes where only that server knows, and a cursor of odd form is refused by
 * some versions only. */
static bool same_scan(const request *r, resp_node *a, resp_node *b) {
    int cursor = is_command(r, "SCAN") ? 1 : 2;
    bool in_pairs = is_command(r, "ZSCAN") || (is_command(r, "HSCAN") && !has_word(r, "NOVALUES"));
    if (r->argc > cursor && strcmp(r->args[cursor].data, "0") != 0) return true;
    if (a->type != RESP_ARRAY || b->type != RESP_ARRAY) return same_bytes(a, b);
    if (a->children != 2 || b->children != 2) return false;
    if (!resp_is(&a->child[0], "0") || !resp_is(&b->child[0], "0")) return true;
    return same_unordered(&a->child[1], &b->child[1], in_pairs ? 2 : 1);
}

/* The same in all that the reply says. */
static bool same_tree(const resp_node *a, const resp_node *b) {
    if (!same_bytes(a, b) || a->children != b->children) return false;
    for (size_t i = 0; i < a->children; i++)
        if (!same_tree(&a->child[i], &b->child[i])) return false;
    return true;
}

/* Where SORT may have been, Redis has made a sorted set large; and before 7.2 it has no packed sets and
 * lists. */
static bool same_encoding(const run *r, const resp_node *a, const resp_node *b) {
    if (same_tree(a, b)) return true;
    if (!resp_is(a, "listpack")) return false;
    if (resp_is(b, "skiplist")) return true;
    return !version_at_least(r->oracle.redis, 7, 2) && (resp_is(b, "hashtable") || resp_is(b, "quicklist"));
}

static bool same_node(const run *r, comparison how, const request *made, resp_node *a, resp_node *b) {
    long long slack_ms = CLOCK_SLACK_MS + r->lag_ms;
    switch (how) {
    case COMPARE_EXACT:
    case COMPARE_QUEUED: return same_tree(a, b);
    case COMPARE_SECONDS: return same_time(a, b, slack_ms / 1000);
    case COMPARE_MS: return same_time(a, b, slack_ms);
    case COMPARE_UNORDERED: return same_unordered(a, b, 1);
    case COMPARE_PAIRS: return same_unordered(a, b, 2);
    case COMPARE_SCAN: return same_scan(made, a, b);
    case COMPARE_ENCODING: return same_encoding(r, a, b);
    case COMPARE_LENGTH:
        return a->type == b->type && a->children == b->children && (a->type != RESP_ERROR || same_tree(a, b));
    case COMPARE_NUMBERS: return same_numbers(a, b);
    case COMPARE_SHAPE: return a->type == b->type;
    }
    return false;
}

/* ---- known differences ---- */

static bool is_of_sorted_sets(const request *r) {
    const char *name = r->args[0].data;
    return name[0] == 'Z' || strncmp(name, "BZ", 2) == 0;
}

/* Redis 7 writes a score with 17 digits, later versions as few as tell it from all others. */
static bool same_score(const resp_node *a, const resp_node *b) {
    char text[64], *end;
    if (a->type != b->type || (a->type != RESP_BULK && a->type != RESP_DOUBLE)) return false;
    double score = strtod(a->text, &end);
    if (end != a->text + a->len) return false;
    if (score == 0) return resp_is(b, "0") || resp_is(b, "-0"); /* what is packed has no minus */
    int len = snprintf(text, sizeof(text), "%.17g", score);
    return b->len == (size_t)len && memcmp(b->text, text, b->len) == 0;
}

static bool same_but_for_scores(const resp_node *a, const resp_node *b) {
    if (a->children == 0 || a->type != b->type || a->children != b->children)
        return same_bytes(a, b) || same_score(a, b);
    for (size_t i = 0; i < a->children; i++)
        if (!same_but_for_scores(&a->child[i], &b->child[i])) return false;
    return true;
}

/* Of a large sorted set, Redis 7 replies with nothing if the offset of LIMIT is negative. */
static bool passes_over_backwards(const request *r, const resp_node *oracle) {
    if (!is_of_sorted_sets(r) || oracle->type != RESP_ARRAY || oracle->children > 0) return false;
    for (int i = 1; i + 1 < r->argc; i++)
        if (strcasecmp(r->args[i].data, "LIMIT") == 0 && r->args[i + 1].data[0] == '-') return true;
    return false;
}

/* Redis 7 takes blanks and hexadecimal digits in the ends of ranges of scores. */
static bool is_laxer_range(const request *r, const resp_node *a) {
    if (!is_of_sorted_sets(r) || !resp_is(a, "ERR min or max is not a float")) return false;
    for (int i = 2; i < r->argc; i++) {
        const char *number = r->args[i].data + (r->args[i].data[0] == '(');
        if (isspace((unsigned char)number[0]) || strchr(number, 'x') != NULL) return true;
    }
    return false;
}

/* Redis 7.0 does not count what a command names twice when it chooses how to keep a new collection. */
static bool larger_than_in_redis_7(const request *r, const resp_node *a, const resp_node *b) {
    if (!is_command(r, "OBJECT")) return false;
    if (resp_is(b, "intset")) return resp_is(a, "listpack") || resp_is(a, "hashtable");
    return resp_is(b, "listpack") && (resp_is(a, "skiplist") || resp_is(a, "hashtable"));
}

/* Points on which the oracle answers otherwise, most of them only if it is Redis 7.0. The transcripts say
 * which reply is right. */
static bool known_difference(const server_version *oracle, const request *r, const resp_node *a,
                             const resp_node *b) {
    if (r->argc == 0) return false;
    /* Redis calls a hash by this name already when a field is asked to expire that may not even exist. */
    if (is_command(r, "OBJECT") && resp_is(a, "listpack") && resp_is(b, "listpackex")) return true;
    if (version_at_least(oracle->redis, 8, 0)) return false;
    if (is_of_sorted_sets(r) && same_but_for_scores(a, b)) return true;
    if (passes_over_backwards(r, b) || larger_than_in_redis_7(r, a, b) || is_laxer_range(r, a)) return true;
    /* 7.0 does not look at the range when the key is missing or of another type. */
    if (a->type == RESP_ERROR && (is_command(r, "BITCOUNT") || is_command(r, "BITPOS")))
        return (b->type == RESP_INTEGER && b->integer <= 0) || resp_is(b, WRONG_TYPE);
    /* 7.0 does not mind the one RANK that has no opposite. */
    if (is_command(r, "LPOS") && has_word(r, "-9223372036854775808")) return a->type == RESP_ERROR;
    if (a->type != RESP_ERROR || b->type != RESP_ERROR) return false;
    /* 7.0 wants one argument more before it looks at the command. */
    if (is_command(r, "COMMAND")) return true;
    /* 7.0 does not know WITHSCORE. */
    return r->argc > 3 && (is_command(r, "ZRANK") || is_command(r, "ZREVRANK"));
}

/* ---- transactions ---- */

/* EXEC's replies, each compared as that of the request it is of. */
static bool same_replies_of_exec(const run *r, resp_node *a, resp_node *b) {
    if (a->type != RESP_ARRAY || b->type != RESP_ARRAY) return same_tree(a, b);
    if (a->children != b->children || a->children != (size_t)r->queued_count) return false;
    for (int i = 0; i < r->queued_count; i++) {
        const request *made = &r->ring[r->queued[i] % HISTORY];
        if (!same_node(r, made->comparison, made, &a->child[i], &b->child[i]) &&
            !known_difference(&r->oracle, made, &a->child[i], &b->child[i]))
            return false;
    }
    return true;
}

static bool same_reply(const run *r, const request *made, resp_reply *a, resp_reply *b) {
    if (made->comparison == COMPARE_QUEUED) return same_replies_of_exec(r, &a->root, &b->root);
    if (made->comparison == COMPARE_EXACT) return same_raw(a, b);
    return same_node(r, made->comparison, made, &a->root, &b->root);
}

/* Whether the oracle's reply b says that a is right. */
static bool same_enough(const run *r, const request *made, resp_reply *a, resp_reply *b) {
    return same_reply(r, made, a, b) || known_difference(&r->oracle, made, &a->root, &b->root);
}

/* Remembers what is queued. */
static void follow_transaction(run *r, long number, const resp_node *reply) {
    if (!resp_is(reply, "QUEUED"))
        r->queued_count = reply->type == RESP_ERROR ? r->queued_count : 0;
    else if (r->queued_count < QUEUED_MAX)
        r->queued[r->queued_count++] = number;
}

/* ---- reports ---- */

static bool shares_key(const request *a, const request *b) {
    for (int i = 1; i < a->argc; i++) {
        if (!generator_is_key(&a->args[i])) continue;
        for (int j = 1; j < b->argc; j++)
            if (b->args[j].len == a->args[i].len &&
                memcmp(b->args[j].data, a->args[i].data, a->args[i].len) == 0)
                return true;
    }
    return false;
}

/* What changes where a key is, or whether there is one. */
static bool moves_everything(const request *r) {
    static const char *const names[] = {"SELECT", "SWAPDB", "FLUSHDB", "FLUSHALL"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (r->argc > 0 && strcasecmp(r->args[0].data, names[i]) == 0) return true;
    return false;
}

static void print_request(const char *before, long number, const request *r) {
    bytes text = {0};
    request_print(&text, r);
    printf("%s%ld: %s\n", before, number, text.data != NULL ? text.data : "");
    bytes_free(&text);
}

/* The commands before number `at` that have a key in common with it, oldest first. */
static void print_history(const run *r, long at) {
    long shown[HISTORY_SHOWN];
    int count = 0;
    const request *failed = &r->ring[at % HISTORY];
    for (long n = at - 1; n >= 0 && n > at - HISTORY + CHUNK && count < HISTORY_SHOWN; n--) {
        const request *earlier = &r->ring[n % HISTORY];
        if (shares_key(failed, earlier) || moves_everything(earlier)) shown[count++] = n;
    }
    printf("before it, on the same keys:\n");
    while (count-- > 0) print_request("    ", shown[count], &r->ring[shown[count] % HISTORY]);
}

static void print_reply(const char *name, const resp_reply *reply) {
    bytes text = {0};
    resp_print(&text, &reply->root, SHOWN_BYTES);
    printf("    %s: %s\n", name, text.data);
    bytes_free(&text);
}

static void report(const run *r, long at, const resp_reply *replies) {
    printf("seed %llu: the replies differ\n", (unsigned long long)r->seed);
    print_request("", at, &r->ring[at % HISTORY]);
    for (int side = 0; side < 2; side++) print_reply(r->name[side], &replies[side]);
    print_history(r, at);
}

/* ---- what the server under test says of the sizes of its keys ---- */

#define SIZE_CLASSES 32

/* Of each type the command that tells a size, and the name of the line. */
static const struct {
    const char *type, *command, *line;
} sizes[] = {
    {"string", "STRLEN", "strings_sizes"}, {"list", "LLEN", "lists_items"},  {"set", "SCARD", "sets_items"},
    {"zset", "ZCARD", "zsets_items"},      {"hash", "HLEN", "hashes_items"},
};

#define SIZED_TYPES (sizeof(sizes) / sizeof(sizes[0]))

static void call_with_key(resp_conn *c, resp_reply *reply, const char *command, const resp_node *key) {
    const char *argv[2] = {command, key->text};
    size_t lens[2] = {strlen(command), key->len};
    resp_send_args(c, 2, argv, lens);
    if (resp_read(c, RESP_PATIENCE_MS, reply) != RESP_OK) die("no reply to %s", command);
}

static void count_key(resp_conn *c, const resp_node *key, long counts[SIZED_TYPES][SIZE_CLASSES]) {
    resp_reply type, size;
    call_with_key(c, &type, "TYPE", key);
    for (size_t i = 0; i < SIZED_TYPES; i++) {
        if (!resp_is(&type.root, sizes[i].type)) continue;
        call_with_key(c, &size, sizes[i].command, key);
        int class = 0;
        while (size.root.integer >> class > 0) class ++;
        counts[i][class < SIZE_CLASSES ? class : SIZE_CLASSES - 1]++;
        resp_free(&size);
    }
    resp_free(&type);
}

static void write_sizes(bytes *text, int database, const long counts[SIZED_TYPES][SIZE_CLASSES]) {
    static const char *const units[] = {"", "K", "M", "G"};
    for (size_t i = 0; i < SIZED_TYPES; i++) {
        bool any = false;
        for (int class = 0; class < SIZE_CLASSES; class ++) {
            if (counts[i][class] == 0) continue;
            if (!any) bytes_format(text, "db%d_distrib_%s:", database, sizes[i].line);
            int bits = class > 0 ? class - 1 : 0;
            bytes_format(text, "%s%d%s=%ld", any ? "," : "", class > 0 ? 1 << bits % 10 : 0, units[bits / 10],
                         counts[i][class]);
            any = true;
        }
        if (any) bytes_text(text, "\r\n");
    }
}

/* What INFO keysizes ought to say. */
static void expect_sizes(resp_conn *c, bytes *text) {
    bytes_text(text, "# Keysizes\r\n");
    for (int database = 0; database < DATABASES; database++) {
        long counts[SIZED_TYPES][SIZE_CLASSES] = {{0}};
        resp_reply keys;
        resp_must(c, "SELECT %d", database);
        resp_call(c, &keys, "KEYS *");
        for (size_t i = 0; i < keys.root.children; i++) count_key(c, &keys.root.child[i], counts);
        resp_free(&keys);
        write_sizes(text, database, counts);
    }
}

static bool sizes_are_right(resp_conn *c, bool tell) {
    bytes expected = {0};
    resp_reply told;
    expect_sizes(c, &expected);
    resp_call(c, &told, "INFO keysizes");
    bool same = told.root.len == expected.len && memcmp(told.root.text, expected.data, expected.len) == 0;
    if (!same && tell) printf("INFO keysizes says:\n%s\nThe keys are:\n%s\n", told.root.text, expected.data);
    resp_free(&told);
    bytes_free(&expected);
    return same;
}

/* After so many commands. */
#define SIZES_EVERY 1000
/* Keys and fields that expire meanwhile, or have expired and are still counted, are a reason to look again.
 */
#define SIZES_TRIES 20

static bool check_sizes(run *r) {
    static const struct timespec pause = {.tv_nsec = 200 * 1000000};
    resp_conn *c = server_connect(&r->server[0]);
    resp_must(c, "CLIENT NO-TOUCH ON");
    bool right = false;
    r->sizes_checked = r->done;
    for (int left = SIZES_TRIES; left > 0 && !right; left--) {
        if (left < SIZES_TRIES) nanosleep(&pause, NULL);
        right = sizes_are_right(c, left == 1);
    }
    resp_close(c);
    return tally_check(right, "seed %llu: after %ld commands INFO keysizes differs from what the keys are",
                       (unsigned long long)r->seed, r->done);
}

/* ---- playing the sequence ---- */

static void send_request(resp_conn *c, const request *r) {
    const char *argv[REQUEST_ARGS_MAX];
    size_t lens[REQUEST_ARGS_MAX];
    for (int i = 0; i < r->argc; i++) {
        argv[i] = r->args[i].data;
        lens[i] = r->args[i].len;
    }
    resp_send_args(c, r->argc, argv, lens); /* a closed connection shows when its reply is read */
}

static void read_reply(run *r, int side, long at, resp_reply *reply) {
    if (resp_read(r->conn[side], RESP_PATIENCE_MS, reply) == RESP_OK) return;
    print_request("no reply to ", at, &r->ring[at % HISTORY]);
    print_history(r, at);
    server_show_log(&r->server[side]);
    die("%s gives no reply", r->name[side]);
}

static bool compare_number(run *r, long at, long long sent_ms) {
    const request *made = &r->ring[at % HISTORY];
    resp_reply replies[2];
    for (int side = 0; side < 2; side++) read_reply(r, side, at, &replies[side]);
    long long waited_ms = resp_now_ms() - sent_ms;
    if (waited_ms > r->lag_ms) r->lag_ms = waited_ms;
    bool same = same_enough(r, made, &replies[0], &replies[1]);
    if (!same) report(r, at, replies);
    follow_transaction(r, at, &replies[0].root);
    for (int side = 0; side < 2; side++) resp_free(&replies[side]);
    return same;
}

static bool play_chunk(run *r, long count) {
    long long sent_ms = resp_now_ms();
    for (long i = 0; i < count; i++) {
        request *made = &r->ring[(r->done + i) % HISTORY];
        generator_next(r->generator, made);
        for (int side = 0; side < 2; side++) send_request(r->conn[side], made);
    }
    for (long i = 0; i < count; i++) {
        if (compare_number(r, r->done + i, sent_ms)) {
            tally_pass();
        } else {
            tally_fail();
            if (--r->mismatches_left <= 0) return false;
        }
    }
    r->done += count;
    return true;
}

/* ---- comparing notifications ---- */

static bool has_argument(const request *r, const resp_node *text) {
    for (int i = 1; i < r->argc; i++)
        if (r->args[i].len == text->len && memcmp(r->args[i].data, text->text, text->len) == 0) return true;
    return false;
}

/* The commands of the chunk that have a key in common with the event; the key comes last in its message. */
static void report_event(const run *r, long first, const resp_reply *events) {
    printf("seed %llu: the notifications differ\n", (unsigned long long)r->seed);
    for (int side = 0; side < 2; side++) print_reply(r->name[side], &events[side]);
    printf("one of these commands, on the same keys:\n");
    for (long n = first; n < r->done; n++)
        for (int side = 0; side < 2; side++) {
            const resp_node *event = &events[side].root;
            if (event->type != RESP_PUSH || !has_argument(&r->ring[n % HISTORY], &event->child[3])) continue;
            print_request("    ", n, &r->ring[n % HISTORY]);
            break;
        }
}

/* Compares what the commands from number first on were told about. */
static bool compare_events(run *r, long first) {
    static const char *end[] = {"ECHO", "end"};
    bool same = true, ended = false;
    for (int side = 0; side < 2; side++) resp_send_args(r->listener[side], 2, end, NULL);
    while (same && !ended) {
        resp_reply events[2];
        for (int side = 0; side < 2; side++)
            if (resp_read(r->listener[side], RESP_PATIENCE_MS, &events[side]) != RESP_OK)
                die("%s does not notify", r->name[side]);
        same = same_raw(&events[0], &events[1]);
        ended = events[0].root.type != RESP_PUSH;
        if (!same) report_event(r, first, events);
        for (int side = 0; side < 2; side++) resp_free(&events[side]);
    }
    if (same)
        tally_pass();
    else
        tally_fail();
    return same;
}

static bool play(run *r, long until) {
    while (r->done < until) {
        long left = until - r->done, first = r->done;
        if (!play_chunk(r, left < CHUNK ? left : CHUNK) || !compare_events(r, first)) return false;
        if (r->done - r->sizes_checked >= SIZES_EVERY && !check_sizes(r)) return false;
    }
    return true;
}

/* ---- comparing the keyspaces ---- */

#define READER_WORDS 5

/* How the value of each type is read, and how its encoding is compared. */
static const struct {
    const char *type;
    const char *command[READER_WORDS];
    comparison comparison, encoding;
} readers[] = {
    {"string", {"GET", ""}, COMPARE_EXACT, COMPARE_EXACT},
    {"list", {"LRANGE", "", "0", "-1"}, COMPARE_EXACT, COMPARE_ENCODING},
    {"set", {"SMEMBERS", ""}, COMPARE_UNORDERED, COMPARE_ENCODING},
    {"hash", {"HGETALL", ""}, COMPARE_PAIRS, COMPARE_EXACT},
    {"zset", {"ZRANGE", "", "0", "-1", "WITHSCORES"}, COMPARE_EXACT, COMPARE_ENCODING},
    {"stream", {"XRANGE", "", "-", "+"}, COMPARE_EXACT, COMPARE_EXACT},
};

/* Sends the same command, of at most READER_WORDS words, to both, an empty word replaced by the key if there
 * is one, and compares. The reply of the oracle is handed on when it is asked for. */
static bool compare_call(run *r, comparison how, const char *const *command, const resp_node *key,
                         resp_reply *oracle) {
    resp_reply replies[2];
    request made = {.comparison = how};
    for (int i = 0; i < READER_WORDS && command[i] != NULL; i++) {
        bool is_key = key != NULL && command[i][0] == '\0';
        bytes_append(&made.args[made.argc++], is_key ? key->text : command[i],
                     is_key ? key->len : strlen(command[i]));
    }
    for (int side = 0; side < 2; side++) {
        send_request(r->conn[side], &made);
        if (resp_read(r->conn[side], RESP_PATIENCE_MS, &replies[side]) != RESP_OK)
            die("no reply to %s", command[0]);
    }
    bool same =
        tally_check(same_enough(r, &made, &replies[0], &replies[1]), "seed %llu: at the end %s %s differs",
                    (unsigned long long)r->seed, command[0], command[1]);
    for (int side = 0; side < 2 && !same; side++) print_reply(r->name[side], &replies[side]);
    request_free(&made);
    resp_free(&replies[0]);
    if (oracle != NULL)
        *oracle = replies[1];
    else
        resp_free(&replies[1]);
    return same;
}

static bool compare_value(run *r, const resp_node *key, const resp_node *type) {
    static const char *const encoding[READER_WORDS] = {"OBJECT", "ENCODING", ""};
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
        if (resp_is(type, readers[i].type))
            return compare_call(r, readers[i].comparison, readers[i].command, key, NULL) &&
                   compare_call(r, readers[i].encoding, encoding, key, NULL);
    die("a key of unknown type %.*s", (int)type->len, type->text);
}

static bool compare_key(run *r, const resp_node *key) {
    static const char *const type_of[READER_WORDS] = {"TYPE", ""}, *const expiry[READER_WORDS] = {
                                                                       "PEXPIRETIME", ""};
    resp_reply type;
    bool same = compare_call(r, COMPARE_EXACT, type_of, key, &type);
    same = same && compare_value(r, key, &type.root);
    same = same && compare_call(r, COMPARE_MS, expiry, key, NULL);
    if (!same) {
        bytes text = {0};
        bytes_quote(&text, key->text, key->len, SHOWN_BYTES);
        printf("    the key: %s\n", text.data);
        bytes_free(&text);
    }
    resp_free(&type);
    return same;
}

static bool compare_keyspaces(run *r) {
    static const char *const list[READER_WORDS] = {"KEYS", "*"};
    bool same = true;
    for (int database = 0; database < DATABASES && same; database++) {
        resp_reply keys;
        for (int side = 0; side < 2; side++) resp_must(r->conn[side], "SELECT %d", database);
        same = compare_call(r, COMPARE_UNORDERED, list, NULL, &keys);
        for (size_t i = 0; i < keys.root.children && same; i++) same = compare_key(r, &keys.root.child[i]);
        resp_free(&keys);
    }
    return same;
}

/* ---- the program ---- */

static void connect_side(run *r, int side, const server_setup *setup) {
    r->name[side] = setup->path;
    server_start(&r->server[side], setup);
    r->conn[side] = server_connect(&r->server[side]);
    r->listener[side] = server_connect(&r->server[side]);
    resp_must(r->listener[side], "CONFIG SET notify-keyspace-events %s", EVENT_CLASSES);
    resp_must(r->listener[side], "HELLO 3");
    resp_must(r->listener[side], "PSUBSCRIBE __keyevent@*__:*");
}

/* Limits that do not change on the way like others do. Redis keeps to the limit that a list was made under;
 * and it prefers packed sets to large ones of integers where more is allowed for them, which only SINTERSTORE
 * does. */
static void choose_limits(const run *r) {
    static const int list_limits[] = {-1, 2, -2, 8};
    for (int side = 0; side < 2; side++) {
        resp_must(r->conn[side], "CONFIG SET list-max-listpack-size %d", list_limits[r->seed % 4]);
        if (side == 0 || version_at_least(r->oracle.redis, 7, 2))
            resp_must(r->conn[side], "CONFIG SET set-max-listpack-entries 16");
    }
}

static void play_all(run *r) {
    choose_limits(r);
    bool same = play(r, r->commands / 2);
    while (same && generator_in_transaction(r->generator)) same = play(r, r->done + 1);
    for (int side = 0; side < 2 && same; side++) resp_must(r->conn[side], "HELLO 3");
    same = same && play(r, r->commands);
    if (same) compare_keyspaces(r);
}

static void set_both(server_setup *tested, server_setup *oracle, char *const name_and_value[2]) {
    server_option(tested, name_and_value[0], name_and_value[1]);
    server_option(oracle, name_and_value[0], name_and_value[1]);
}

static void read_arguments(run *r, server_setup *tested, server_setup *oracle, int argc, char **argv) {
    argc = server_parse_args(tested, argc, argv);
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value != NULL && strcmp(name, "--oracle") == 0)
            oracle->path = value;
        else if (i + 2 < argc && strcmp(name, "--both") == 0)
            set_both(tested, oracle, &argv[++i]);
        else if (value != NULL && strcmp(name, "--seed") == 0)
            r->seed = strtoull(value, NULL, 10);
        else if (value != NULL && strcmp(name, "--commands") == 0)
            r->commands = atol(value);
        else if (value != NULL && strcmp(name, "--mismatches") == 0)
            r->mismatches_left = atoi(value);
        else
            die("usage: differential [--server PATH] [--option NAME VALUE]... --oracle PATH "
                "[--both NAME VALUE]... [--seed N] [--commands N] [--mismatches N]");
    }
    if (oracle->path == NULL) die("--oracle is missing");
}

int main(int argc, char **argv) {
    run *r = must_alloc(sizeof(*r));
    server_setup tested = {0}, oracle = {0};
    r->seed = 1;
    r->mismatches_left = 1;
    r->commands = DEFAULT_COMMANDS;
    read_arguments(r, &tested, &oracle, argc, argv);
    connect_side(r, 0, &tested);
    connect_side(r, 1, &oracle);
    r->oracle = server_read_version(r->conn[1]);
    r->generator = generator_new(r->seed, (long long)time(NULL), r->oracle.redis);
    play_all(r);
    for (int side = 0; side < 2; side++) {
        resp_close(r->conn[side]);
        resp_close(r->listener[side]);
        server_stop(&r->server[side]);
    }
    for (int i = 0; i < HISTORY; i++) request_free(&r->ring[i]);
    generator_free(r->generator);
    free(r);
    return tally_finish();
}
