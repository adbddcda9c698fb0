/* RESP: reading replies of either protocol version.
 *
 * A reply is found in two passes. The framer walks over the input once, item by item, and counts how many
 * items are still owed: an aggregate of n adds n (a map 2n), every item takes one away, and at zero the reply
 * is complete. It stops at an incomplete item and resumes there, so a reply that arrives in a thousand pieces
 * costs no more than one that arrives whole. The second pass turns the framed bytes into a tree; its texts
 * point into those bytes.
 *
 * hiredis connects and formats requests; it does not read, since the versions that are around know RESP2
 * only. */
#include "resp.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define READ_CHUNK     (64 * 1024)
#define TAKE_MAX       (1024 * 1024)
#define SHOWN_CHILDREN 400 /* how many children of an aggregate are shown */

struct resp_conn {
    redisContext *context;
    bytes in;
    size_t consumed; /* bytes of `in` that belong to replies already handed out */
    size_t framed;   /* how far the framer has walked */
    size_t owed;     /* items still missing from the reply under way; 0 between replies */
    bool closed;
};

long long resp_now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- connecting ---- */

static resp_conn *adopt(redisContext *context) {
    if (context == NULL) die("out of memory");
    if (context->err != 0) {
        redisFree(context);
        return NULL;
    }
    resp_conn *c = must_alloc(sizeof(*c));
    c->context = context;
    return c;
}

resp_conn *resp_connect_unix(const char *path) { return adopt(redisConnectUnixNonBlock(path)); }

static bool await_connected(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof(error);
    if (poll(&p, 1, RESP_PATIENCE_MS) != 1) return false;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

resp_conn *resp_connect_tcp(int port) {
    resp_conn *c = adopt(redisConnectNonBlock("127.0.0.1", port));
    if (c != NULL && !await_connected(c->context->fd)) {
        resp_close(c);
        return NULL;
    }
    return c;
}

void resp_close(resp_conn *c) {
    if (c == NULL) return;
    redisFree(c->context);
    bytes_free(&c->in);
    free(c);
}

void resp_abort(resp_conn *c) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->context->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    resp_close(c);
}

int resp_fd(const resp_conn *c) { return c->context->fd; }

/* ---- moving bytes ---- */

/* Takes what has arrived, without waiting, but not more than TAKE_MAX at once: who reads slowly must be able
 * to. */
static void take_arrived(resp_conn *c) {
    for (size_t taken = 0; !c->closed && taken < TAKE_MAX;) {
        char *end = bytes_reserve(&c->in, READ_CHUNK);
        ssize_t n = recv(c->context->fd, end, READ_CHUNK, MSG_DONTWAIT);
        if (n > 0) {
            c->in.len += (size_t)n;
            taken += (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        } else {
            c->closed = true;
        }
    }
}

/* Waits for something to arrive. False when the time is up. */
static bool await_arrival(resp_conn *c, long long deadline_ms) {
    struct pollfd p = {.fd = c->context->fd, .events = POLLIN};
    long long left = deadline_ms - resp_now_ms();
    if (left < 0) left = 0;
    if (poll(&p, 1, (int)left) <= 0) return false;
    take_arrived(c);
    return true;
}

bool resp_send(resp_conn *c, const char *data, size_t len) {
    long long deadline_ms = resp_now_ms() + RESP_PATIENCE_MS;
    while (len > 0) {
        ssize_t n = send(c->context->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
            deadline_ms = resp_now_ms() + RESP_PATIENCE_MS;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return false;
        struct pollfd p = {.fd = c->context->fd, .events = POLLIN | POLLOUT};
        if (poll(&p, 1, (int)(deadline_ms - resp_now_ms())) <= 0) die("the server takes no bytes");
        if (p.revents & POLLIN) take_arrived(c);
        if (c->closed) return false;
    }
    return true;
}

bool resp_send_args(resp_conn *c, int argc, const char **argv, const size_t *lens) {
    char *request;
    int len = redisFormatCommandArgv(&request, argc, argv, lens);
    if (len < 0) die("out of memory");
    bool sent = resp_send(c, request, (size_t)len);
    redisFreeCommand(request);
    return sent;
}

bool resp_pending(resp_conn *c) {
    take_arrived(c);
    return c->closed || c->in.len > c->consumed;
}

/* ---- framing ---- */

/* An item's first line: its type byte and what follows up to CRLF. */
typedef struct item_line {
    char type;
    const char *text;
    size_t len;
    size_t size; /* of the whole line with type byte and CRLF */
} item_line;

typedef enum framing { FRAME_COMPLETE, FRAME_PARTIAL, FRAME_BAD } framing;

static framing read_line(const char *data, size_t len, item_line *line) {
    if (len == 0) return FRAME_PARTIAL;
    const char *end = memchr(data, '\r', len);
    if (end == NULL || end + 1 == data + len) return FRAME_PARTIAL;
    if (end[1] != '\n') return FRAME_BAD;
    line->type = data[0];
    line->text = data + 1;
    line->len = (size_t)(end - data) - 1;
    line->size = (size_t)(end - data) + 2;
    return FRAME_COMPLETE;
}

/* Digits with an optional sign, nothing else. */
static bool line_number(const item_line *line, long long *number) {
    char digits[24];
    char *end;
    if (line->len == 0 || line->len >= sizeof(digits)) return false;
    memcpy(digits, line->text, line->len);
    digits[line->len] = '\0';
    if (strspn(digits, "-0123456789") != line->len) return false;
    errno = 0;
    *number = strtoll(digits, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool is_aggregate(char type) { return type != '\0' && strchr("*%~>|", type) != NULL; }
static bool is_counted(char type) { return type != '\0' && strchr("$=!", type) != NULL; }
static bool is_simple(char type) { return type != '\0' && strchr("+-:_,#(", type) != NULL; }

/* How many items the reply owes after an aggregate's line, given it is one of the owed. */
static size_t owed_by(char type, size_t count) {
    if (type == '%') return 2 * count;
    if (type == '|') return 2 * count + 1; /* the value that the attribute belongs to is still to come */
    return count;
}

/* Walks over one item at the framer's place. */
static framing frame_item(resp_conn *c) {
    const char *data = c->in.data + c->framed;
    size_t len = c->in.len - c->framed;
    item_line line;
    long long count;
    framing f = read_line(data, len, &line);
    if (f != FRAME_COMPLETE) return f;
    if (is_simple(line.type)) {
        c->framed += line.size;
        c->owed--;
        return FRAME_COMPLETE;
    }
    if (!is_aggregate(line.type) && !is_counted(line.type)) return FRAME_BAD;
    if (!line_number(&line, &count) || count < -1 || (unsigned long long)count + 1 > RESP_REPLY_MAX)
        return FRAME_BAD;
    if (is_aggregate(line.type)) {
        c->framed += line.size;
        c->owed += (count > 0 || line.type == '|' ? owed_by(line.type, (size_t)count) : 0) - 1;
        return FRAME_COMPLETE;
    }
    size_t size = line.size + (count >= 0 ? (size_t)count + 2 : 0);
    if (len < size) return FRAME_PARTIAL;
    if (count >= 0 && memcmp(data + size - 2, "\r\n", 2) != 0) return FRAME_BAD;
    c->framed += size;
    c->owed--;
    return FRAME_COMPLETE;
}

static framing frame_reply(resp_conn *c) {
    if (c->owed == 0) c->owed = 1;
    while (c->owed > 0) {
        framing f = c->framed == c->in.len ? FRAME_PARTIAL : frame_item(c);
        if (f != FRAME_COMPLETE) return f;
    }
    return FRAME_COMPLETE;
}

/* ---- the tree ---- */

static void free_node(resp_node *node) {
    for (size_t i = 0; i < node->children; i++) free_node(&node->child[i]);
    free(node->child);
}

static const char *build_node(const char *at, resp_node *node, int depth);

static const char *build_children(const char *at, resp_node *node, int depth) {
    if (node->children > 0) node->child = must_alloc(node->children * sizeof(resp_node));
    for (size_t i = 0; i < node->children && at != NULL; i++) at = build_node(at, &node->child[i], depth + 1);
    return at;
}

static bool set_aggregate(resp_node *node, char type, long long count) {
    switch (type) {
    case '*': node->type = count < 0 ? RESP_NULL_ARRAY : RESP_ARRAY; break;
    case '%': node->type = RESP_MAP; break;
    case '~': node->type = RESP_SET; break;
    case '>': node->type = RESP_PUSH; break;
    default: node->type = RESP_ATTRIBUTE; break;
    }
    if (count < 0) return type == '*';
    node->children = owed_by(type, (size_t)count);
    return true;
}

static bool set_counted(resp_node *node, char type, const char *text, long long count) {
    if (count < 0) {
        node->type = RESP_NULL_BULK;
        return type == '$';
    }
    node->type = type == '$' ? RESP_BULK : type == '!' ? RESP_BULK_ERROR : RESP_VERBATIM;
    node->text = text;
    node->len = (size_t)count;
    if (type != '=') return true;
    if (count < 4 || text[3] != ':') return false;
    memcpy(node->format, text, 3);
    node->text += 4;
    node->len -= 4;
    return true;
}

static bool set_simple(resp_node *node, const item_line *line) {
    node->text = line->text;
    node->len = line->len;
    switch (line->type) {
    case '+': node->type = RESP_STATUS; return true;
    case '-': node->type = RESP_ERROR; return true;
    case ',': node->type = RESP_DOUBLE; return line->len > 0;
    case '(': node->type = RESP_BIG; return line->len > 0;
    case '_': node->type = RESP_NULL; return line->len == 0;
    case '#':
        node->type = RESP_BOOL;
        node->integer = line->len == 1 && line->text[0] == 't';
        return line->len == 1 && (line->text[0] == 't' || line->text[0] == 'f');
    default: node->type = RESP_INTEGER; return line_number(line, &node->integer);
    }
}

/* Builds the node whose framed bytes begin at `at`; returns where the next begins, or NULL if they are not
 * RESP. */
static const char *build_node(const char *at, resp_node *node, int depth) {
    item_line line;
    long long count = 0;
    if (depth > RESP_DEPTH_MAX || read_line(at, SIZE_MAX / 4, &line) != FRAME_COMPLETE) return NULL;
    at += line.size;
    if (is_simple(line.type)) return set_simple(node, &line) ? at : NULL;
    if (!line_number(&line, &count)) return NULL;
    if (is_aggregate(line.type)) {
        return set_aggregate(node, line.type, count) ? build_children(at, node, depth) : NULL;
    }
    if (!set_counted(node, line.type, at, count)) return NULL;
    return count < 0 ? at : at + count + 2;
}

/* Hands out the framed reply. */
static resp_result deliver(resp_conn *c, resp_reply *reply) {
    *reply = (resp_reply){0};
    bytes_append(&reply->raw, c->in.data + c->consumed, c->framed - c->consumed);
    c->consumed = c->framed;
    if (c->consumed == c->in.len || c->consumed > ((size_t)1 << 20)) {
        bytes_drop(&c->in, c->consumed);
        c->framed -= c->consumed;
        c->consumed = 0;
    }
    if (build_node(reply->raw.data, &reply->root, 0) != NULL) return RESP_OK;
    resp_free(reply);
    return RESP_MALFORMED;
}

resp_result resp_read(resp_conn *c, int timeout_ms, resp_reply *reply) {
    long long deadline_ms = resp_now_ms() + timeout_ms;
    take_arrived(c);
    for (;;) {
        framing f = frame_reply(c);
        if (f == FRAME_COMPLETE) return deliver(c, reply);
        if (f == FRAME_BAD) return RESP_MALFORMED;
        if (c->closed) return c->in.len == c->consumed ? RESP_CLOSED : RESP_MALFORMED;
        if (!await_arrival(c, deadline_ms)) return RESP_TIMEOUT;
    }
}

resp_result resp_read_end(resp_conn *c, int timeout_ms) {
    long long deadline_ms = resp_now_ms() + timeout_ms;
    take_arrived(c);
    while (!c->closed && c->in.len == c->consumed) {
        if (!await_arrival(c, deadline_ms)) return RESP_TIMEOUT;
    }
    return c->in.len > c->consumed ? RESP_OK : RESP_CLOSED;
}

void resp_free(resp_reply *reply) {
    free_node(&reply->root);
    bytes_free(&reply->raw);
    *reply = (resp_reply){0};
}

/* ---- conveniences ---- */

static void call_words(resp_conn *c, resp_reply *reply, char *line) {
    const char *argv[64];
    int argc = 0;
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        if (argc == 64) die("too many words in a command");
        argv[argc++] = word;
    }
    if (!resp_send_args(c, argc, argv, NULL)) die("the server closed the connection on %s", argv[0]);
    if (resp_read(c, RESP_PATIENCE_MS, reply) != RESP_OK) die("no reply to %s", argv[0]);
}

static char *format_line(const char *format, va_list args) {
    char *line;
    if (vasprintf(&line, format, args) < 0) die("out of memory");
    return line;
}

void resp_call(resp_conn *c, resp_reply *reply, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *line = format_line(format, args);
    va_end(args);
    call_words(c, reply, line);
    free(line);
}

void resp_must(resp_conn *c, const char *format, ...) {
    resp_reply reply;
    va_list args;
    va_start(args, format);
    char *line = format_line(format, args);
    va_end(args);
    call_words(c, &reply, line);
    if (reply.root.type == RESP_ERROR) die("%s failed: %.*s", line, (int)reply.root.len, reply.root.text);
    resp_free(&reply);
    free(line);
}

bool resp_ping(resp_conn *c) {
    resp_reply reply;
    const char *ping[] = {"PING"};
    if (!resp_send_args(c, 1, ping, NULL)) return false;
    if (resp_read(c, RESP_PATIENCE_MS, &reply) != RESP_OK) return false;
    bool answered = resp_is(&reply.root, "PONG") || reply.root.type == RESP_ERROR;
    resp_free(&reply);
    return answered;
}

bool resp_is(const resp_node *node, const char *text) {
    switch (node->type) {
    case RESP_STATUS:
    case RESP_ERROR:
    case RESP_BULK:
    case RESP_VERBATIM: return node->len == strlen(text) && memcmp(node->text, text, node->len) == 0;
    default: return false;
    }
}

long long resp_info(resp_conn *c, const char *section, const char *field) {
    resp_reply reply;
    long long value = 0;
    bool found = false;
    size_t field_len = strlen(field);
    resp_call(c, &reply, "INFO %s", section);
    if (reply.root.type != RESP_BULK && reply.root.type != RESP_VERBATIM)
        die("INFO %s gives no text", section);
    const char *end = reply.root.text + reply.root.len;
    for (const char *line = reply.root.text; line < end && !found; line++) {
        found = strncmp(line, field, field_len) == 0 && line[field_len] == ':';
        if (found) value = atoll(line + field_len + 1);
        line = strchr(line, '\n');
        if (line == NULL) break;
    }
    resp_free(&reply);
    if (!found) die("INFO %s has no %s", section, field);
    return value;
}

bool resp_await_info(resp_conn *c, const char *section, const char *field, long long limit) {
    long long deadline_ms = resp_now_ms() + RESP_PATIENCE_MS;
    while (resp_info(c, section, field) > limit) {
        if (resp_now_ms() > deadline_ms) return false;
        poll(NULL, 0, 5);
    }
    return true;
}

/* ---- showing ---- */

static const char *opening(resp_type type) {
    switch (type) {
    case RESP_SET: return "~[";
    case RESP_PUSH: return ">[";
    case RESP_MAP: return "{";
    case RESP_ATTRIBUTE: return "|{";
    default: return "[";
    }
}

static void print_aggregate(bytes *out, const resp_node *node, size_t shown) {
    bool attribute = node->type == RESP_ATTRIBUTE, paired = node->type == RESP_MAP || attribute;
    size_t inside = node->children - (attribute ? 1 : 0);
    bytes_text(out, opening(node->type));
    for (size_t i = 0; i < inside; i++) {
        if (i > 0) bytes_text(out, paired && i % 2 == 1 ? ": " : ", ");
        if (shown > 0 && i >= SHOWN_CHILDREN) {
            bytes_format(out, "... (%zu in all)", inside);
            break;
        }
        resp_print(out, &node->child[i], shown);
    }
    bytes_put(out, paired ? '}' : ']');
    if (!attribute) return;
    bytes_put(out, ' ');
    resp_print(out, &node->child[inside], shown);
}

/* A status reads as a bare word where it is one. */
static void print_status(bytes *out, const resp_node *node) {
    bool bare =
        node->len > 0 && strspn(node->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") > 0;
    for (size_t i = 0; i < node->len && bare; i++) bare = strchr(" ,:]}\"'", node->text[i]) == NULL;
    if (bare) {
        bytes_append(out, node->text, node->len);
        return;
    }
    bytes_text(out, "(status ");
    bytes_quote(out, node->text, node->len, 0);
    bytes_put(out, ')');
}

static void print_tagged(bytes *out, const char *tag, const resp_node *node, size_t shown) {
    bytes_format(out, "(%s ", tag);
    bytes_quote(out, node->text, node->len, shown);
    bytes_put(out, ')');
}

void resp_print(bytes *out, const resp_node *node, size_t shown) {
    switch (node->type) {
    case RESP_STATUS: print_status(out, node); break;
    case RESP_ERROR: print_tagged(out, "error", node, 0); break;
    case RESP_BULK_ERROR: print_tagged(out, "bulk error", node, 0); break;
    case RESP_INTEGER: bytes_format(out, "%lld", node->integer); break;
    case RESP_BULK: bytes_quote(out, node->text, node->len, shown); break;
    case RESP_NULL_BULK:
    case RESP_NULL: bytes_text(out, "(nil)"); break;
    case RESP_NULL_ARRAY: bytes_text(out, "(nil array)"); break;
    case RESP_DOUBLE: bytes_format(out, "(double %.*s)", (int)node->len, node->text); break;
    case RESP_BIG: bytes_format(out, "(big %.*s)", (int)node->len, node->text); break;
    case RESP_BOOL: bytes_text(out, node->integer != 0 ? "(true)" : "(false)"); break;
    case RESP_VERBATIM:
        print_tagged(out, strcmp(node->format, "txt") == 0 ? "text" : "markdown", node, shown);
        break;
    default: print_aggregate(out, node, shown);
    }
}
