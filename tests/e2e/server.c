/* Server: starting and stopping the server under test.
 *
 * The port is found by binding port 0 and letting go of it; another process may take it before the server
 * does, so a server that ends before it answered is tried again on another port. It counts as started when a
 * PING on its unix socket is answered, be it with an error because a password is wanted. */
#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tally.h"

#define STARTED_MAX     4
#define START_ATTEMPTS  3
#define START_WAIT_MS   10000
#define STOP_WAIT_MS    20000
#define POLL_MS         5
#define LOG_SHOWN_BYTES 16000

static void sleep_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

void server_option(server_setup *setup, const char *name, const char *value) {
    if (setup->option_count + 2 > SERVER_OPTIONS_MAX) die("too many server options");
    setup->options[setup->option_count++] = name;
    setup->options[setup->option_count++] = value;
}

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        die("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(address.sin_port);
}

/* ---- options ---- */

static bool is_set(const server_setup *setup, const char *name) {
    for (int i = 0; i < setup->option_count; i += 2)
        if (strcmp(setup->options[i], name) == 0) return true;
    return false;
}

static void default_option(server_setup *all, const server_setup *setup, const char *name,
                           const char *value) {
    if (!is_set(setup, name)) server_option(all, name, value);
}

/* The defaults that every test wants, then what the test asked for. */
static server_setup complete_options(const server *s, const char *port) {
    server_setup all = {.path = s->setup.path};
    default_option(&all, &s->setup, "port", port);
    default_option(&all, &s->setup, "bind", "127.0.0.1");
    default_option(&all, &s->setup, "unixsocket", s->socket);
    default_option(&all, &s->setup, "dir", s->dir);
    default_option(&all, &s->setup, "logfile", s->log);
    default_option(&all, &s->setup, "save", "");
    default_option(&all, &s->setup, "appendonly", "no");
    default_option(&all, &s->setup, "enable-debug-command", "yes");
    for (int i = 0; i < s->setup.option_count; i += 2)
        server_option(&all, s->setup.options[i], s->setup.options[i + 1]);
    return all;
}

/* ---- configuration file ---- */

static void write_config(const server *s, const server_setup *all) {
    FILE *f = fopen(s->config, "w");
    if (f == NULL) die("cannot write %s", s->config);
    for (int i = 0; i < all->option_count; i += 2) {
        bool empty = all->options[i + 1][0] == '\0';
        fprintf(f, "%s %s\n", all->options[i], empty ? "\"\"" : all->options[i + 1]);
    }
    fclose(f);
}

/* ---- arguments ---- */

typedef struct arguments {
    char *argv[2 * SERVER_OPTIONS_MAX];
    int argc;
} arguments;

static void add_argument(arguments *a, const char *text) {
    a->argv[a->argc++] = bytes_copy(text, strlen(text));
}

static void free_arguments(arguments *a) {
    for (int i = 0; i < a->argc; i++) free(a->argv[i]);
}

/* Options as arguments. A value of several words is given as several arguments, as a shell would. */
static void add_options(arguments *a, const server_setup *all) {
    for (int i = 0; i < all->option_count; i += 2) {
        char name[64];
        snprintf(name, sizeof(name), "--%s", all->options[i]);
        add_argument(a, name);
        add_argument(a, all->options[i + 1]);
    }
}

/* ---- starting ---- */

static void launch(server *s) {
    char port[16];
    arguments a = {0};
    snprintf(port, sizeof(port), "%d", s->port);
    server_setup all = complete_options(s, port);
    add_argument(&a, s->setup.path);
    if (s->config[0] == '\0') {
        add_options(&a, &all);
    } else {
        if (access(s->config, F_OK) != 0) write_config(s, &all);
        add_argument(&a, s->config);
    }
    a.argv[a.argc] = NULL;
    fflush(NULL);
    s->pid = fork();
    if (s->pid < 0) die("cannot fork: %s", strerror(errno));
    if (s->pid == 0) {
        int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* no server outlives a test that was killed */
        if (log >= 0) dup2(log, STDOUT_FILENO), dup2(log, STDERR_FILENO);
        execvp(s->setup.path, a.argv);
        fprintf(stderr, "cannot run %s: %s\n", s->setup.path, strerror(errno));
        _exit(127);
    }
    free_arguments(&a);
}

static bool answers(const server *s) {
    resp_conn *c = resp_connect_unix(s->socket);
    bool answered = c != NULL && resp_ping(c);
    resp_close(c);
    return answered;
}

static bool await_answer(server *s) {
    for (int waited_ms = 0; waited_ms < START_WAIT_MS; waited_ms += POLL_MS) {
        if (answers(s)) return true;
        if (!server_alive(s)) return false;
        sleep_ms(POLL_MS);
    }
    return false;
}

static void remove_dir(const char *path) {
    DIR *dir = opendir(path);
    if (dir == NULL) return;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char file[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
        if (unlink(file) != 0 && errno == EISDIR) remove_dir(file);
    }
    closedir(dir);
    rmdir(path);
}

/* ---- leaving nothing behind ---- */

/* The servers that were started and not stopped yet; those are stopped when the program ends early. */
static server *started[STARTED_MAX];

static void stop_started(void) {
    for (int i = 0; i < STARTED_MAX; i++)
        if (started[i] != NULL) server_stop(started[i]);
}

static void remember(server *s) {
    static bool registered;
    if (!registered) atexit(stop_started);
    registered = true;
    for (int i = 0; i < STARTED_MAX; i++) {
        if (started[i] != NULL) continue;
        started[i] = s;
        return;
    }
    die("too many servers");
}

static void forget(const server *s) {
    for (int i = 0; i < STARTED_MAX; i++)
        if (started[i] == s) started[i] = NULL;
}

void server_start(server *s, const server_setup *setup) {
    *s = (server){.setup = *setup};
    snprintf(s->dir, sizeof(s->dir), "/tmp/stint-e2e-XXXXXX");
    if (mkdtemp(s->dir) == NULL) die("cannot make a directory: %s", strerror(errno));
    snprintf(s->socket, sizeof(s->socket), "%s/socket", s->dir);
    snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
    remember(s);
    if (setup->config_file) snprintf(s->config, sizeof(s->config), "%s/server.conf", s->dir);
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
        s->port = free_port();
        if (s->config[0] != '\0') unlink(s->config);
        launch(s);
        if (await_answer(s)) return;
    }
    server_show_log(s);
    die("%s does not start", setup->path);
}

/* ---- stopping ---- */

static int exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int server_wait_exit(server *s, int timeout_ms) {
    for (int waited_ms = 0; s->pid > 0; waited_ms += POLL_MS) {
        int status;
        if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
            s->pid = 0;
            return exit_code(status);
        }
        if (waited_ms >= timeout_ms) return -1;
        sleep_ms(POLL_MS);
    }
    return 0;
}

bool server_alive(server *s) {
    server_wait_exit(s, 0);
    return s->pid > 0;
}

/* Ending is a check like any other: what a sanitizer finds at the very end shows only in the status. */
static void end_process(server *s) {
    if (s->pid <= 0) return;
    kill(s->pid, SIGTERM);
    int status = server_wait_exit(s, STOP_WAIT_MS);
    if (status == 0) return;
    server_show_log(s);
    tally_check(false, "%s, asked to stop, %s", s->setup.path,
                status < 0 ? "does not" : "ends with an error");
    if (status > 0) return;
    kill(s->pid, SIGKILL);
    server_wait_exit(s, STOP_WAIT_MS);
}

void server_stop(server *s) {
    forget(s);
    end_process(s);
    remove_dir(s->dir);
}

void server_restart(server *s) {
    end_process(s);
    unlink(s->socket);
    launch(s);
    if (await_answer(s)) return;
    server_show_log(s);
    die("%s does not start again", s->setup.path);
}

/* ---- looking at it ---- */

server_version server_read_version(resp_conn *c) {
    resp_reply reply;
    server_version v = {.is_valkey = false};
    resp_call(c, &reply, "INFO server");
    const char *redis = strstr(reply.root.text, "redis_version:"),
               *valkey = strstr(reply.root.text, "valkey_version:");
    if (redis == NULL || sscanf(redis, "redis_version:%d.%d", &v.redis[0], &v.redis[1]) != 2)
        die("INFO tells no version");
    if (valkey != NULL) v.is_valkey = sscanf(valkey, "valkey_version:%d.%d", &v.valkey[0], &v.valkey[1]) == 2;
    resp_free(&reply);
    return v;
}

void server_show_log(const server *s) {
    char tail[LOG_SHOWN_BYTES];
    FILE *f = fopen(s->log, "r");
    if (f == NULL) return;
    if (fseek(f, -LOG_SHOWN_BYTES, SEEK_END) != 0) rewind(f);
    size_t n = fread(tail, 1, sizeof(tail), f);
    fclose(f);
    fprintf(stderr, "---- the server's log ends with:\n%.*s----\n", (int)n, tail);
}

static resp_conn *require(const server *s, resp_conn *c) {
    if (c != NULL) return c;
    server_show_log(s);
    die("cannot connect to %s", s->setup.path);
}

resp_conn *server_connect(const server *s) { return require(s, resp_connect_unix(s->socket)); }

resp_conn *server_connect_tcp(const server *s) { return require(s, resp_connect_tcp(s->port)); }

long long server_peak_rss_bytes(const server *s) {
    char path[64], line[256];
    long long kilobytes = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)s->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) die("cannot read %s", path);
    while (fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "VmHWM: %lld", &kilobytes) == 1) break;
    fclose(f);
    if (kilobytes < 0) die("no peak memory in %s", path);
    return kilobytes * 1024;
}

int server_parse_args(server_setup *setup, int argc, char **argv) {
    int left = 1;
    setup->path = SERVER_DEFAULT_PATH;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--server") == 0 && i + 1 < argc) {
            setup->path = argv[++i];
        } else if (strcmp(argv[i], "--option") == 0 && i + 2 < argc) {
            server_option(setup, argv[i + 1], argv[i + 2]);
            i += 2;
        } else {
            argv[left++] = argv[i];
        }
    }
    return left;
}
