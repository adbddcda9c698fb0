/* Process: daemon, pid file, title, score for running out of memory, supervisor.
 *
 * The title is written over the memory of the arguments and the environment, which the kernel shows as the
 * command line; the environment is copied away first. */
#include "server/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/slice.h"
#include "server/config/config.h"

#define DEFAULT_PIDFILE "/var/run/stint.pid"
#define TITLE_MAX       512

/* The range that the kernel knows. */
#define OOM_SCORE_FILE  "/proc/self/oom_score_adj"
#define OOM_SCORE_LEAST (-1000)
#define OOM_SCORE_MOST  1000

extern char **environ;

static char executable[PATH_MAX];
static char *title_at;
static size_t title_room;

void process_begin(int argc, char **argv, char **environment) {
    ssize_t len = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
    executable[len > 0 ? len : 0] = '\0';

    /* arguments and environment lie one behind the other */
    char *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
    int count = 0;
    for (; environment[count]; count++)
        if (environment[count] == end) end += strlen(end) + 1;
    char **copy = alloc((size_t)(count + 1) * sizeof(*copy));
    for (int i = 0; i < count; i++) copy[i] = alloc_text(environment[i]);
    copy[count] = NULL;
    environ = copy;
    title_at = argv[0];
    title_room = (size_t)(end - argv[0]);
}

/* --- Title --- */

static void append(char *text, size_t *used, const char *piece) {
    size_t len = strlen(piece);
    if (len > TITLE_MAX - 1 - *used) len = TITLE_MAX - 1 - *used;
    memcpy(text + *used, piece, len);
    *used += len;
    text[*used] = '\0';
}

/* The first address that the server listens at. */
static void write_listen_address(char *text, size_t room) {
    if (config.port == 0 || config.bind.count == 0) {
        snprintf(text, room, "unixsocket:%s", config.unixsocket);
        return;
    }
    const char *address = config.bind.address[0];
    if (*address == '-') address++;
    snprintf(text, room, "%.*s:%lld", CONFIG_ADDRESS_MAX - 1, address, (long long)config.port);
}

/* What a {name} of the template stands for. */
static const char *template_value(slice name, char *scratch, size_t room) {
    if (slice_is(name, "title")) return "stint-server";
    if (slice_is(name, "server-mode")) return "";
    if (slice_is(name, "unixsocket")) return config.unixsocket;
    if (slice_is(name, "config-file")) return config_file_path()[0] ? config_file_path() : "-";
    if (slice_is(name, "tls-port")) return "0";
    if (slice_is(name, "port")) {
        snprintf(scratch, room, "%lld", (long long)config.port);
        return scratch;
    }
    assert(slice_is(name, "listen-addr")); /* the configuration knows no other */
    write_listen_address(scratch, room);
    return scratch;
}

void process_set_title(void) {
    if (!config.set_proc_title || !title_at) return;
    char title[TITLE_MAX] = "", scratch[TITLE_MAX];
    size_t used = 0;
    const char *p = config.proc_title_template;
    while (*p == ' ') p++;
    while (*p) {
        bool is_variable = p[0] == '{' && p[1] != '{';
        if (is_variable) {
            const char *end = strchr(p, '}');
            slice name = {p + 1, (size_t)(end - p - 1)};
            append(title, &used, template_value(name, scratch, sizeof(scratch)));
            p = end + 1;
        } else {
            append(title, &used, (char[]){*p, '\0'});
            p += *p == '{' ? 2 : 1;
        }
    }
    while (used && title[used - 1] == ' ') title[--used] = '\0';
    memset(title_at, 0, title_room);
    memcpy(title_at, title, used < title_room ? used : title_room - 1);
    prctl(PR_SET_NAME, "stint-server");
}

/* --- Daemon and pid file --- */

static const char *pidfile(void) {
    if (config.pidfile[0]) return config.pidfile;
    return config.daemonize ? DEFAULT_PIDFILE : NULL;
}

static void write_pidfile(void) {
    const char *path = pidfile();
    if (!path) return;
    FILE *f = fopen(path, "we");
    if (!f) {
        log_warning("Can't write the pid file %s: %s", path, strerror(errno));
        return;
    }
    fprintf(f, "%d\n", (int)getpid());
    fclose(f);
}

const char *process_executable(void) { return executable; }

void process_detach(void) {
    if (config.daemonize && !process_supervised()) {
        if (fork() != 0) _exit(0);
        setsid();
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0) {
            for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) dup2(null, fd);
            if (null > STDERR_FILENO) close(null);
        }
    }
    write_pidfile();
    if (config.disable_thp) prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

void process_remove_files(void) {
    if (pidfile()) unlink(pidfile());
    if (config.unixsocket[0]) unlink(config.unixsocket);
}

/* --- Score for running out of memory --- */

static bool read_score(int *score) {
    FILE *f = fopen(OOM_SCORE_FILE, "re");
    if (!f) return false;
    bool got = fscanf(f, "%d", score) == 1;
    fclose(f);
    return got;
}

static bool write_score(int score) {
    FILE *f = fopen(OOM_SCORE_FILE, "we");
    if (!f) return false;
    bool written = fprintf(f, "%d\n", score) > 0;
    return fclose(f) == 0 && written; /* the kernel answers when the buffer reaches it */
}

bool process_set_oom_score(void) {
    static int score_at_start;
    static bool changed;
    if (config.oom_score_adj == OOM_ADJUST_NO && !changed) return true;
    if (!changed && !read_score(&score_at_start)) {
        log_warning("Can't read " OOM_SCORE_FILE ": %s", strerror(errno));
        return false;
    }
    int score = config.oom_score_adj == OOM_ADJUST_NO ? 0 : config.oom_score_adj_values.score[OOM_PRIMARY];
    if (config.oom_score_adj != OOM_ADJUST_ABSOLUTE) score += score_at_start;
    if (score < OOM_SCORE_LEAST) score = OOM_SCORE_LEAST;
    if (score > OOM_SCORE_MOST) score = OOM_SCORE_MOST;
    if (!write_score(score)) {
        log_warning("Can't write %d to " OOM_SCORE_FILE ": %s", score, strerror(errno));
        return false;
    }
    changed = config.oom_score_adj != OOM_ADJUST_NO;
    return true;
}

/* --- Supervisor --- */

/* Which supervisor the process works with: what the configuration says, or finds in the environment. */
static int supervisor(void) {
    if (config.supervised != SUPERVISED_AUTO) return config.supervised;
    if (getenv("NOTIFY_SOCKET")) return SUPERVISED_SYSTEMD;
    return getenv("UPSTART_JOB") ? SUPERVISED_UPSTART : SUPERVISED_NO;
}

bool process_supervised(void) { return supervisor() != SUPERVISED_NO; }

const char *process_supervisor(void) {
    switch (supervisor()) {
    case SUPERVISED_SYSTEMD: return "systemd";
    case SUPERVISED_UPSTART: return "upstart";
    default: return "no";
    }
}

/* The protocol of sd_notify(3): a datagram to the socket named in the environment. */
static void notify_systemd(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path)) {
        log_warning("supervised is systemd, but NOTIFY_SOCKET is not set to a socket");
        return;
    }
    size_t len = strlen(path);
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') address.sun_path[0] = '\0'; /* abstract */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    socklen_t address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, address_len) < 0)
        log_warning("Can't notify systemd: %s", strerror(errno));
    close(fd);
}

void process_notify_ready(void) {
    if (supervisor() == SUPERVISED_SYSTEMD)
        notify_systemd("STATUS=Ready to accept connections\nREADY=1\n");
    else if (supervisor() == SUPERVISED_UPSTART)
        raise(SIGSTOP); /* how upstart expects to be told */
}

void process_notify_stopping(void) {
    if (supervisor() == SUPERVISED_SYSTEMD) notify_systemd("STOPPING=1\n");
}
