/* Server: a child process behind a command line.
 *
 * The command runs by way of the shell's exec, so that the process started is the server itself and its pid
 * is the one to measure. It is bound to its CPU before it starts, writes to a log of its own, and is killed
 * by the kernel should this process end without having stopped it. */
#include "bench/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/process.h"
#include "bench/replies.h"

enum { COMMAND_MAX = 64 * 1024, POLL_MS = 20, ANSWER_MAX_S = 30 };

static bool explain(char *problem, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(problem, SERVER_PROBLEM_MAX, format, args);
    va_end(args);
    return false;
}

/* Copies `text` with every `word` replaced. False if the result does not fit. */
static bool replace(char *out, size_t out_size, const char *text, const char *word, const char *by) {
    size_t len = 0;
    while (*text) {
        bool found = strncmp(text, word, strlen(word)) == 0;
        int written = found ? snprintf(out + len, out_size - len, "%s", by)
                            : snprintf(out + len, out_size - len, "%c", *text);
        if (written < 0 || (size_t)written >= out_size - len) return false;
        len += (size_t)written;
        text += found ? strlen(word) : 1;
    }
    out[len] = 0;
    return true;
}

/* Chooses an address and puts it into the command. */
static bool prepare(server *s, const server_setting *setting, char *command, char *problem) {
    const char *needed = setting->unix_sockets ? "{socket}" : "{port}";
    if (!strstr(s->command, needed))
        return explain(problem, "the command of %s names no %s", s->name, needed);
    char port_text[16], socket_path[PATH_MAX];
    int port = endpoint_free_port();
    if (port < 0) return explain(problem, "no free port: %s", strerror(errno));
    snprintf(port_text, sizeof port_text, "%d", port);
    snprintf(socket_path, sizeof socket_path, "%s/%s-%d.sock", setting->directory, s->name, port);
    bool reachable = setting->unix_sockets ? endpoint_unix(&s->where, socket_path)
                                           : endpoint_tcp(&s->where, "127.0.0.1", port);
    if (!reachable) return explain(problem, "%s is no address for a socket", socket_path);
    static char with_port[COMMAND_MAX], with_socket[COMMAND_MAX];
    if (!replace(with_port, COMMAND_MAX, s->command, "{port}", port_text) ||
        !replace(with_socket, COMMAND_MAX, with_port, "{socket}", socket_path) ||
        !replace(command, COMMAND_MAX, with_socket, "{dir}", setting->directory))
        return explain(problem, "the command of %s is too long", s->name);
    return true;
}

/* The child's side: becomes the server. */
__attribute__((noreturn)) static void become(pid_t parent, const server_setting *setting, const char *command,
                                             const char *log) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126); /* it ended before the line above */
    if (setting->cpu >= 0 && !process_pin(setting->cpu)) _exit(126);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int in = open("/dev/null", O_RDONLY);
    if (out < 0 || in < 0) _exit(126);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

ssize_t server_ask(const server *s, const char *request, size_t request_len, char *reply, size_t reply_max) {
    int fd = endpoint_connect(&s->where);
    if (fd < 0) return -1;
    struct timeval limit = {.tv_sec = ANSWER_MAX_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    reply_scanner scanner;
    reply_scanner_init(&scanner, s->protocol, 0);
    reply_counts counts = {0};
    uint64_t completed = 0;
    size_t len = 0;
    ssize_t received = send(fd, request, request_len, MSG_NOSIGNAL) == (ssize_t)request_len ? 1 : -1;
    while (received > 0 && completed == 0 && len < reply_max) {
        received = recv(fd, reply + len, reply_max - len, 0);
        if (received <= 0) break;
        if (!reply_scan(&scanner, reply + len, (size_t)received, &counts, &completed)) break;
        len += (size_t)received;
    }
    close(fd);
    return completed == 1 ? (ssize_t)len : -1;
}

/* Whether the server takes connections and says hello; the floor has nothing to say. */
static bool answers(const server *s) {
    if (s->role == SERVER_FLOOR) {
        int fd = endpoint_connect(&s->where);
        if (fd >= 0) close(fd);
        return fd >= 0;
    }
    const char *hello = s->protocol == PROTOCOL_MEMCACHED ? "version\r\n" : "*1\r\n$4\r\nPING\r\n";
    char reply[REPLY_LINE_MAX];
    ssize_t len = server_ask(s, hello, strlen(hello), reply, sizeof reply);
    return len > 0 && reply[0] != '-';
}

bool server_start(server *s, const server_setting *setting, char *problem) {
    static char command[COMMAND_MAX], line[COMMAND_MAX + 8];
    char log[PATH_MAX];
    if (!prepare(s, setting, command, problem)) return false;
    snprintf(line, sizeof line, "exec %s", command);
    snprintf(log, sizeof log, "%s/%s.log", setting->directory, s->name);
    s->dataset = NULL;
    pid_t parent = getpid();
    s->pid = fork();
    if (s->pid < 0) {
        s->pid = 0;
        return explain(problem, "fork: %s", strerror(errno));
    }
    if (s->pid == 0) become(parent, setting, line, log);
    for (unsigned waited_ms = 0; waited_ms < SERVER_START_MAX_MS; waited_ms += POLL_MS) {
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            s->pid = 0;
            return explain(problem, "%s ended at once; see %s", s->name, log);
        }
        if (answers(s)) return true;
        clock_sleep_ms(POLL_MS);
    }
    server_stop(s);
    return explain(problem, "%s does not answer; see %s", s->name, log);
}

/* Waits for the end of the process, but not for ever. */
static bool ended(pid_t pid) {
    for (unsigned waited_ms = 0; waited_ms < SERVER_STOP_MAX_MS; waited_ms += POLL_MS) {
        if (waitpid(pid, NULL, WNOHANG) != 0) return true;
        clock_sleep_ms(POLL_MS);
    }
    return false;
}

void server_stop(server *s) {
    if (s->pid == 0) return;
    kill(s->pid, SIGTERM);
    if (!ended(s->pid)) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
    endpoint_remove(&s->where);
}
