/* Process: daemon, pid file, title, supervisor.
 *
 * The title is written over the memory of the arguments and the environment, which the kernel shows as the
 * command line; the environment is copied away first. */
#include "server/process.h"

#include <errno.h>
#include <fcntl.h>
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
#include "server/config.h"
#include "server/server.h"

#define DEFAULT_PIDFILE "/var/run/stint.pid"
#define TITLE_MAX       512

extern char **environ;

static char *title_at;
static size_t title_room;

void process_begin(int argc, char **argv, char **environment) {
    ssize_t len = readlink("/proc/self/exe", server.executable, sizeof(server.executable) - 1);
    server.executable[len > 0 ? len : 0] = '\0';

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

/* What a {name} of the template stands for. */
static const char *template_value(slice name, char *scratch, size_t room) {
    if (slice_is(name, "title")) return "stint-server";
    if (slice_is(name, "server-mode")) return "";
    if (slice_is(name, "unixsocket")) return config.unixsocket;
    if (slice_is(name, "config-file")) return config_file_path();
    if (slice_is(name, "tls-port")) return "0";
    if (slice_is(name, "listen-addr") && config.port == 0) return config.unixsocket;
    const char *address = config.bind.count ? config.bind.address[0] : "*";
    if (*address == '-') address++;
    if (slice_is(name, "port"))
        snprintf(scratch, room, "%lld", (long long)config.port);
    else
        snprintf(scratch, room, "%.255s:%lld", address, (long long)config.port);
    return scratch;
}

void process_set_title(void) {
    if (!config.set_proc_title || !title_at) return;
    char title[TITLE_MAX] = "", scratch[TITLE_MAX];
    size_t used = 0;
    for (const char *p = config.proc_title_template; *p;) {
        const char *close = *p == '{' ? strchr(p, '}') : NULL;
        if (close) {
            append(title, &used,
                   template_value((slice){p + 1, (size_t)(close - p - 1)}, scratch, sizeof(scratch)));
            p = close + 1;
        } else {
            append(title, &used, (char[]){*p++, '\0'});
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
