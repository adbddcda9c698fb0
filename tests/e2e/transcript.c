/* Transcript: plays transcript files against a server and compares every reply with the expected one.
 *
 *     transcript [--server PATH] [--oracle] [--protocol 2|3|both] [--title TEXT] [--fill] FILE...
 *
 * A case is played on an empty server over fresh connections, once in RESP2 and once in RESP3. Files that set
 * server options get a server of their own, all others share one. With --oracle the server is not Stint but
 * one that is known to be right, and cases that it is too old for are skipped. --fill does not judge: it
 * prints the file with the replies that came put in wherever none is written yet, which is how new cases are
 * begun.
 *
 * Between cases the runner works over a connection that it closes again before the case begins, so that a
 * case sees no clients but its own. The first mismatch ends a case, since what follows would only be its
 * echo. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "pattern.h"
#include "script.h"
#include "server.h"
#include "tally.h"

#define CLIENTS_MAX   32
#define WAIT_MS       10000 /* how long "wait>" repeats its command */
#define WAIT_PAUSE_MS 2
#define EXIT_WAIT_MS  10000
#define QUIET_MS      150 /* how long --fill listens where no reply must come */
#define SHOWN         600 /* bytes of a string shown in a report */
#define LINE_WIDTH    100 /* --fill breaks replies that are longer */

typedef struct client {
    char name[16];
    resp_conn *conn;
    int protocol;
    bool watches; /* by MONITOR, which shows it the runner's own commands as well */
} client;

/* The whole run. */
typedef struct player {
    const char *path; /* of the server */
    bool oracle;
    int only_protocol; /* 0: both */
    const char *only_title;
    bool fill;
    server server;
    bool running;
    bool ended;             /* the server ended because the case wanted it to */
    bool shared;            /* the running server may serve the next file */
    server_version version; /* of the server that plays */

    const script *script;
    const script_case *current;
    int protocol;
    client clients[CLIENTS_MAX];
    int client_count;
    variables variables;
    bytes *filled; /* per line of the file: what --fill puts behind it */
} player;

/* ---- reports ---- */

/* Ends the case with a report. Always false. */
static bool fail(player *p, const step *s, int line, const char *wanted, const char *got) {
    FILE *out = p->fill ? stderr : stdout;
    fprintf(out, "%s:%d: %s (RESP%d)\n", p->script->path, line, p->current->title, p->protocol);
    if (s->text[0] != '\0') fprintf(out, "    command:  %.*s\n", SHOWN, s->text);
    fprintf(out, "    expected: %s\n    got:      %s\n", wanted, got);
    return false;
}

/* An error that stands alone needs no quotes, unless it ends with a space that an editor would take away. */
static void print_reply(bytes *out, const resp_node *reply, size_t shown) {
    if (reply->type == RESP_ERROR && reply->len > 0 && reply->text[reply->len - 1] != ' ')
        bytes_format(out, "(error) %.*s", (int)reply->len, reply->text);
    else
        resp_print(out, reply, shown);
}

static bool fail_reply(player *p, const step *s, const expected *e, const resp_node *reply) {
    bytes got = {0};
    print_reply(&got, reply, SHOWN);
    fail(p, s, e->line, e->text, got.data);
    bytes_free(&got);
    return false;
}

static _Noreturn void bad_script(const player *p, int line, const char *why) {
    die("%s:%d: %s", p->script->path, line, why);
}

/* ---- the server ---- */

/* The connection for the runner's own commands. */
static resp_conn *control_open(player *p) {
    resp_conn *c = server_connect(&p->server);
    const server_setup *setup = &p->script->setup;
    for (int i = 0; i < setup->option_count; i += 2)
        if (strcmp(setup->options[i], "requirepass") == 0) resp_must(c, "AUTH %s", setup->options[i + 1]);
    return c;
}

/* Leaves no trace: the server has closed its side before this returns. */
static void control_close(resp_conn *c) {
    resp_must(c, "QUIT");
    if (resp_read_end(c, RESP_PATIENCE_MS) != RESP_CLOSED) die("QUIT does not close the connection");
    resp_close(c);
}

/* Waits until the server has read everything that was sent before. */
static void barrier(player *p) {
    resp_conn *c = control_open(p);
    for (int turn = 0; turn < 2; turn++)
        if (!resp_ping(c)) die("the server does not answer PING");
    control_close(c);
}

static void read_version(player *p) {
    resp_conn *c = control_open(p);
    p->version = server_read_version(c);
    control_close(c);
}

static void stop(player *p) {
    if (p->running) server_stop(&p->server);
    p->running = false;
}

static void start(player *p) {
    server_setup setup = p->script->setup;
    setup.path = p->path;
    server_start(&p->server, &setup);
    p->running = true;
    p->shared = !p->script->own_server;
    read_version(p);
}

/* Sees to it that the right kind of server runs for the file, and that it is empty. */
static void make_ready(player *p) {
    if (p->running && !server_alive(&p->server)) {
        if (!p->ended) server_show_log(&p->server);
        stop(p);
    }
    p->ended = false;
    if (!p->running) start(p);
    resp_conn *c = control_open(p);
    if (!resp_ping(c))
        die("the server does not answer PING"); /* by then it has seen the last case's clients go */
    resp_must(c, "FLUSHALL");
    control_close(c);
}

/* Whether a case holds for the server that plays. Stint is to do everything. */
static bool applies(const player *p, const script_case *c) {
    const server_version *v = &p->version;
    if (!p->oracle) return true;
    if (c->only_stint || (c->except_valkey && v->is_valkey)) return false;
    for (int i = 0; i < c->since_count; i++) {
        const since *s = &c->since[i];
        const int *number = s->valkey ? v->valkey : v->redis;
        if ((!s->valkey || v->is_valkey) && version_at_least(number, s->major, s->minor)) return true;
    }
    return c->since_count == 0;
}

/* ---- clients ---- */

static void greet(player *p, client *c) {
    if (p->protocol == 3) resp_must(c->conn, "HELLO 3");
    c->protocol = p->protocol;
}

/* Sets addr_NAME to the address that the server sees the client at. */
static void set_address(player *p, const client *c) {
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    char name[32], text[32];
    if (getsockname(resp_fd(c->conn), (struct sockaddr *)&address, &size) != 0)
        die("a client has no address");
    snprintf(name, sizeof(name), "addr%s%s", c->name[0] != '\0' ? "_" : "", c->name);
    snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(address.sin_port));
    variables_set(&p->variables, name, text, strlen(text));
}

/* The client of that name, connected now if it is not yet. */
static client *get_client(player *p, const char *name) {
    client *c = NULL;
    for (int i = 0; i < p->client_count; i++)
        if (strcmp(p->clients[i].name, name) == 0) c = &p->clients[i];
    if (c == NULL) {
        if (p->client_count == CLIENTS_MAX) die("too many clients");
        c = &p->clients[p->client_count++];
        *c = (client){0};
        snprintf(c->name, sizeof(c->name), "%s", name);
    }
    if (c->conn == NULL) {
        c->conn = server_connect_tcp(&p->server);
        c->watches = false;
        greet(p, c);
        set_address(p, c);
    }
    return c;
}

static void drop_client(client *c) {
    resp_close(c->conn);
    c->conn = NULL;
}

static void drop_clients(player *p) {
    for (int i = 0; i < p->client_count; i++) drop_client(&p->clients[i]);
    p->client_count = 0;
}

/* Follows the protocol version of a connection through the commands that change it, and notes MONITOR. */
static void follow_state(client *c, const words *w, const resp_node *reply) {
    if (reply->type == RESP_ERROR) return;
    if (strcasecmp(w->argv[0], "MONITOR") == 0) c->watches = true;
    if (strcasecmp(w->argv[0], "RESET") == 0) c->protocol = 2;
    if (strcasecmp(w->argv[0], "HELLO") == 0 && w->argc > 1) c->protocol = atoi(w->argv[1]);
}

/* ---- expectations ---- */

static const char *result_text(resp_result result) {
    switch (result) {
    case RESP_CLOSED: return "(closed)";
    case RESP_TIMEOUT: return "no reply in time";
    case RESP_MALFORMED: return "bytes that are not RESP";
    default: return "a reply";
    }
}

static bool expect_closed(player *p, const step *s, const expected *e, client *c) {
    resp_reply reply;
    resp_result result = resp_read_end(c->conn, RESP_PATIENCE_MS);
    if (result == RESP_CLOSED) {
        drop_client(c);
        return true;
    }
    if (result != RESP_OK || (result = resp_read(c->conn, RESP_PATIENCE_MS, &reply)) != RESP_OK)
        return fail(p, s, e->line, e->text, result_text(result));
    fail_reply(p, s, e, &reply.root);
    resp_free(&reply);
    return false;
}

static bool expect_nothing(player *p, const step *s, const expected *e, client *c) {
    resp_reply reply;
    barrier(p);
    if (!resp_pending(c->conn)) return true;
    resp_result result = resp_read(c->conn, RESP_PATIENCE_MS, &reply);
    if (result != RESP_OK) return fail(p, s, e->line, e->text, result_text(result));
    fail_reply(p, s, e, &reply.root);
    resp_free(&reply);
    return false;
}

static bool matches(player *p, const expected *e, const client *c, const resp_node *reply) {
    complaint why = {0};
    pattern *wanted = pattern_read(e->text, &p->variables, &why);
    if (wanted == NULL) bad_script(p, e->line, why.text);
    bool good = pattern_matches(wanted, reply, c->protocol, &p->variables);
    pattern_free(wanted);
    return good;
}

static bool expect_reply(player *p, const step *s, const expected *e, client *c, const words *w) {
    resp_reply reply;
    resp_result result = resp_read(c->conn, RESP_PATIENCE_MS, &reply);
    if (result != RESP_OK) return fail(p, s, e->line, e->text, result_text(result));
    if (w != NULL) follow_state(c, w, &reply.root);
    bool good = matches(p, e, c, &reply.root) || fail_reply(p, s, e, &reply.root);
    resp_free(&reply);
    return good;
}

/* Goes through a step's expectations. The words, if any, are those of the command just sent. */
static bool expect_all(player *p, const step *s, client *c, const words *w) {
    for (int i = 0; i < s->expected_count; i++) {
        const expected *e = &s->expected[i];
        bool good = true;
        if (e->protocol != 0 && e->protocol != c->protocol) continue;
        switch (expectation_of(e->text)) {
        case EXPECT_CLOSED: good = expect_closed(p, s, e, c); break;
        case EXPECT_NOTHING: good = expect_nothing(p, s, e, c); break;
        case EXPECT_LATER: break;
        case EXPECT_REPLY: good = expect_reply(p, s, e, c, w); break;
        }
        if (!good) return false;
    }
    return true;
}

/* ---- filling in ---- */

/* A long reply takes a line for each of its elements. */
static void write_reply(bytes *out, const resp_node *reply) {
    bytes line = {0};
    print_reply(&line, reply, 0);
    if (line.len <= LINE_WIDTH || reply->children == 0) {
        bytes_format(out, "%s\n", line.data);
    } else {
        bool paired = reply->type == RESP_MAP;
        bytes_text(out, paired                     ? "{\n"
                        : reply->type == RESP_SET  ? "~[\n"
                        : reply->type == RESP_PUSH ? ">[\n"
                                                   : "[\n");
        for (size_t i = 0; i < reply->children; i++) {
            bool key = paired && i % 2 == 0;
            if (!paired || key) bytes_text(out, "  ");
            resp_print(out, &reply->child[i], 0);
            bytes_text(out, key ? ": " : ",\n");
        }
        bytes_text(out, paired ? "}\n" : "]\n");
    }
    bytes_free(&line);
}

static void fill_in(player *p, const step *s, client *c, const words *w) {
    bytes *out = &p->filled[s->line - 1];
    bool answered = s->kind == STEP_COMMAND; /* at least one reply will come */
    int patience_ms = answered ? RESP_PATIENCE_MS : QUIET_MS;
    resp_reply reply;
    resp_result result;
    while ((result = resp_read(c->conn, patience_ms, &reply)) == RESP_OK) {
        if (w != NULL) follow_state(c, w, &reply.root);
        write_reply(out, &reply.root);
        resp_free(&reply);
        patience_ms = answered ? 1 : QUIET_MS;
    }
    if (result == RESP_CLOSED) {
        bytes_text(out, "(closed)\n");
        drop_client(c);
    } else if (out->len == 0) {
        bytes_text(out, "(nothing)\n");
    }
}

static void print_filled(player *p) {
    for (int i = 0; i < p->script->line_count; i++) {
        printf("%s\n", p->script->lines[i]);
        if (p->filled[i].len > 0) fputs(p->filled[i].data, stdout);
        bytes_free(&p->filled[i]);
    }
    free(p->filled);
}

/* ---- steps ---- */

static void pause_ms(long ms) {
    struct timespec t = {.tv_sec = 0, .tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

static void set_clock(player *p) {
    struct timeval t;
    char text[32];
    gettimeofday(&t, NULL);
    snprintf(text, sizeof(text), "%lld", (long long)t.tv_sec);
    variables_set(&p->variables, "now_s", text, strlen(text));
    snprintf(text, sizeof(text), "%lld", (long long)t.tv_sec * 1000 + t.tv_usec / 1000);
    variables_set(&p->variables, "now_ms", text, strlen(text));
}

static bool play_command(player *p, const step *s) {
    complaint why = {0};
    words w;
    client *c = get_client(p, s->client);
    if (!words_split(&w, s->text, &p->variables, &why)) bad_script(p, s->line, why.text);
    resp_send_args(c->conn, w.argc, (const char **)w.argv, w.lens);
    if (p->fill && s->expected_count == 0) fill_in(p, s, c, &w);
    bool good = expect_all(p, s, c, &w);
    words_free(&w);
    return good;
}

static bool play_raw(player *p, const step *s) {
    complaint why = {0};
    words w;
    client *c = get_client(p, s->client);
    if (!words_split(&w, s->text, &p->variables, &why)) bad_script(p, s->line, why.text);
    for (int i = 0; i < w.argc; i++) resp_send(c->conn, w.argv[i], w.lens[i]);
    words_free(&w);
    if (p->fill && s->expected_count == 0) fill_in(p, s, c, NULL);
    return expect_all(p, s, c, NULL);
}

static bool play_wait(player *p, const step *s) {
    complaint why = {0};
    words w;
    client *c = get_client(p, s->client);
    if (s->expected_count != 1) bad_script(p, s->line, "wait> takes one expectation");
    if (!words_split(&w, s->text, &p->variables, &why)) bad_script(p, s->line, why.text);
    for (long waited_ms = 0;; waited_ms += WAIT_PAUSE_MS) {
        resp_reply reply;
        resp_send_args(c->conn, w.argc, (const char **)w.argv, w.lens);
        resp_result result = resp_read(c->conn, RESP_PATIENCE_MS, &reply);
        if (result != RESP_OK) {
            words_free(&w);
            return fail(p, s, s->line, s->expected->text, result_text(result));
        }
        bool good = matches(p, s->expected, c, &reply.root);
        bool over = good || waited_ms >= WAIT_MS;
        if (over && !good) fail_reply(p, s, s->expected, &reply.root);
        resp_free(&reply);
        if (over) {
            words_free(&w);
            return good;
        }
        pause_ms(WAIT_PAUSE_MS);
    }
}

static bool play_receive(player *p, const step *s) {
    client *c = get_client(p, s->client);
    if (p->fill && s->expected_count == 0) fill_in(p, s, c, NULL);
    return expect_all(p, s, c, NULL);
}

static bool play_exit(player *p, const step *s) {
    char wanted[32], got[32];
    int status = server_wait_exit(&p->server, EXIT_WAIT_MS);
    p->ended = status == s->exit_status;
    if (p->ended) return true;
    snprintf(wanted, sizeof(wanted), "exit status %d", s->exit_status);
    snprintf(got, sizeof(got), "%s %d", status < 0 ? "still running," : "exit status", status);
    return fail(p, s, s->line, wanted, got);
}

static bool play_restart(player *p) {
    drop_clients(p);
    server_restart(&p->server);
    return true;
}

static bool play_step(player *p, const step *s) {
    set_clock(p);
    switch (s->kind) {
    case STEP_COMMAND: return play_command(p, s);
    case STEP_RAW: return play_raw(p, s);
    case STEP_WAIT: return play_wait(p, s);
    case STEP_RECEIVE: return play_receive(p, s);
    case STEP_DISCONNECT: drop_client(get_client(p, s->client)); return true;
    case STEP_RESTART: return play_restart(p);
    case STEP_EXIT: return play_exit(p, s);
    }
    return false;
}

/* ---- cases and files ---- */

static void set_variables(player *p) {
    char text[32];
    variables_clear(&p->variables);
    snprintf(text, sizeof(text), "%d", p->server.port);
    variables_set(&p->variables, "port", text, strlen(text));
    snprintf(text, sizeof(text), "%d", (int)p->server.pid);
    variables_set(&p->variables, "pid", text, strlen(text));
    variables_set(&p->variables, "dir", p->server.dir, strlen(p->server.dir));
    variables_set(&p->variables, "socket", p->server.socket, strlen(p->server.socket));
}

/* Whether nothing has come to any client, not even its end, that the case does not mention. */
static bool nothing_is_left(player *p, const step *last) {
    if (p->ended || p->fill) return true;
    barrier(p);
    for (int i = 0; i < p->client_count; i++) {
        client *c = &p->clients[i];
        resp_reply reply;
        if (c->conn == NULL || c->watches || !resp_pending(c->conn)) continue;
        resp_result result = resp_read(c->conn, RESP_PATIENCE_MS, &reply);
        if (result != RESP_OK) return fail(p, last, last->line, "nothing more", result_text(result));
        bytes got = {0};
        print_reply(&got, &reply.root, SHOWN);
        fail(p, last, last->line, "nothing more", got.data);
        bytes_free(&got);
        resp_free(&reply);
        return false;
    }
    return true;
}

static void play_case(player *p, const script_case *c) {
    bool good = true;
    p->current = c;
    make_ready(p);
    if (!applies(p, c)) {
        tally_skip();
        return;
    }
    set_variables(p);
    for (int i = 0; i < c->step_count && good; i++) good = play_step(p, &c->steps[i]);
    good = good && nothing_is_left(p, &c->steps[c->step_count - 1]);
    drop_clients(p);
    if (good)
        tally_pass();
    else
        tally_fail();
}

static void play_file(player *p) {
    const script *s = p->script;
    if (!p->shared || s->own_server) stop(p);
    for (int i = 0; i < s->case_count; i++) {
        const script_case *c = &s->cases[i];
        if (p->only_title != NULL && strstr(c->title, p->only_title) == NULL) continue;
        if (c->protocol == 0 || c->protocol == p->protocol) play_case(p, c);
    }
}

static void play_versions(player *p, const char *path) {
    script *s = script_read(path);
    p->script = s;
    p->filled = must_alloc((size_t)s->line_count * sizeof(bytes));
    for (p->protocol = 2; p->protocol <= 3; p->protocol++) {
        if (p->only_protocol != 0 && p->protocol != p->only_protocol) continue;
        if (p->fill && p->protocol != (s->protocol == 2 ? 2 : 3)) continue;
        play_file(p);
    }
    if (p->fill)
        print_filled(p);
    else
        free(p->filled);
    if (s->own_server) stop(p);
    script_free(s);
}

/* ---- arguments ---- */

static _Noreturn void usage(void) {
    die("usage: transcript [--server PATH] [--oracle] [--protocol 2|3|both] [--title TEXT] [--fill] FILE...");
}

static int protocol_argument(const char *text) {
    if (strcmp(text, "both") == 0) return 0;
    if (strcmp(text, "2") != 0 && strcmp(text, "3") != 0) usage();
    return atoi(text);
}

static int read_arguments(player *p, int argc, char **argv) {
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--oracle") == 0)
            p->oracle = true;
        else if (strcmp(argv[i], "--fill") == 0)
            p->fill = true;
        else if (strcmp(argv[i], "--server") == 0 && more)
            p->path = argv[++i];
        else if (strcmp(argv[i], "--title") == 0 && more)
            p->only_title = argv[++i];
        else if (strcmp(argv[i], "--protocol") == 0 && more)
            p->only_protocol = protocol_argument(argv[++i]);
        else
            usage();
    }
    if (i == argc) usage();
    return i;
}

int main(int argc, char **argv) {
    player *p = must_alloc(sizeof(*p));
    p->path = SERVER_DEFAULT_PATH;
    for (int i = read_arguments(p, argc, argv); i < argc; i++) play_versions(p, argv[i]);
    stop(p);
    variables_clear(&p->variables);
    bool filled = p->fill;
    free(p);
    return filled ? 0 : tally_finish();
}
