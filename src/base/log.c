/* Log: one line, one write.
 *
 * A line is built on the stack and written at once to a descriptor opened with O_APPEND, so that lines of
 * several threads, or processes, never mix. The descriptor stays open: a process that has run out of
 * descriptors can still say so. Before each line the configured path is looked up (one stat, far cheaper than
 * opening the file each time): if it no longer leads to the open file, somebody rotated the log and a new
 * file is opened.
 *
 * One lock covers the settings and the write. It is held for the length of a system call, and threads other
 * than the loop's log rarely. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_FILE_MODE 0644

/* Process id, role, time and mark before the message. */
#define LOG_HEADER_MAX 64

enum log_level log_level_now = LOG_LEVEL_NOTICE;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = STDOUT_FILENO;
static char log_path[LOG_PATH_MAX]; /* empty when lines go to the standard output */
static dev_t file_device;           /* with file_inode: which file log_fd is */
static ino_t file_inode;
static bool to_syslog;
static char syslog_ident[LOG_IDENT_MAX]; /* syslog keeps the pointer */
static char process_role = 'M';

static const char *const level_names[] = {"debug", "verbose", "notice", "warning", "nothing"};

const char *log_level_name(enum log_level level) { return level_names[level]; }

bool log_level_parse(slice name, enum log_level *out) {
    for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_NOTHING; level++) {
        if (!slice_is(name, level_names[level])) continue;
        *out = (enum log_level)level;
        return true;
    }
    return false;
}

void log_set_level(enum log_level level) { __atomic_store_n(&log_level_now, level, __ATOMIC_RELAXED); }

void log_set_role(char role) {
    pthread_mutex_lock(&lock);
    process_role = role;
    pthread_mutex_unlock(&lock);
}

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, LOG_FILE_MODE);
}

/* Makes fd, opened from log_path, the log's file. */
static void adopt_file(int fd) {
    struct stat file;
    if (log_fd != STDOUT_FILENO) close(log_fd);
    log_fd = fd;
    if (fstat(fd, &file) != 0)
        return; /* fstat of an open file does not fail; a wrong guess costs one more open */
    file_device = file.st_dev;
    file_inode = file.st_ino;
}

/* Opens the configured path anew if it no longer leads to the open file. */
static void follow_rotation(void) {
    struct stat file;
    if (log_path[0] == '\0') return;
    if (stat(log_path, &file) == 0 && file.st_dev == file_device && file.st_ino == file_inode) return;
    int fd = open_file(log_path);
    if (fd >= 0) adopt_file(fd); /* else the old file is better than none */
}

static void use_stdout(void) {
    if (log_fd != STDOUT_FILENO) close(log_fd);
    log_fd = STDOUT_FILENO;
    log_path[0] = '\0';
}

static void use_syslog(bool enabled, const char *ident, int facility) {
    if (to_syslog) closelog();
    to_syslog = enabled;
    if (!enabled) return;
    snprintf(syslog_ident, sizeof(syslog_ident), "%s", ident);
    openlog(syslog_ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
}

bool log_open(const log_options *options) {
    const char *path = options->path != NULL ? options->path : "";
    const char *ident = options->syslog_ident != NULL ? options->syslog_ident : "stint";
    if (strlen(path) >= LOG_PATH_MAX || strlen(ident) >= LOG_IDENT_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = STDOUT_FILENO;
    if (path[0] != '\0' && (fd = open_file(path)) < 0) return false;

    pthread_mutex_lock(&lock);
    if (fd == STDOUT_FILENO) {
        use_stdout();
    } else {
        memcpy(log_path, path, strlen(path) + 1);
        adopt_file(fd);
    }
    use_syslog(options->syslog, ident, options->syslog_facility);
    pthread_mutex_unlock(&lock);
    log_set_level(options->level);
    return true;
}

void log_close(void) {
    pthread_mutex_lock(&lock);
    use_stdout();
    use_syslog(false, NULL, 0);
    pthread_mutex_unlock(&lock);
}

/* Writes process id, role, local time and the level's mark. buf holds LOG_HEADER_MAX bytes. */
static size_t format_header(char *buf, enum log_level level) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char marks[] = ".-*#";
    int64_t now_us = clock_now_unix_us();
    time_t now = (time_t)(now_us / 1000000);
    struct tm local;
    localtime_r(&now, &local);
    int len = snprintf(buf, LOG_HEADER_MAX, "%d:%c %02d %.3s %d %02d:%02d:%02d.%03d %c ", (int)getpid(),
                       process_role, local.tm_mday, months + 3 * local.tm_mon, local.tm_year + 1900,
                       local.tm_hour, local.tm_min, local.tm_sec, (int)(now_us / 1000 % 1000), marks[level]);
    assert(len > 0 && len < LOG_HEADER_MAX);
    return (size_t)len;
}

static void write_fully(int fd, const char *p, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, p, len);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        p += written;
        len -= (size_t)written;
    }
}

/* Sends one line on its way. len is at most LOG_MESSAGE_MAX; the message is NUL-terminated as well. */
static void write_line(enum log_level level, const char *message, size_t len) {
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
    char line[LOG_HEADER_MAX + LOG_MESSAGE_MAX + 1];

    pthread_mutex_lock(&lock);
    size_t used = format_header(line, level);
    memcpy(line + used, message, len);
    used += len;
    line[used++] = '\n';
    follow_rotation();
    write_fully(log_fd, line, used);
    if (to_syslog) syslog(priorities[level], "%s", message);
    pthread_mutex_unlock(&lock);
}

/* Formats a message, cut at LOG_MESSAGE_MAX bytes and without control bytes. Returns its length. */
static size_t format_message(char buf[LOG_MESSAGE_MAX + 1], const char *format, va_list arguments) {
    int wanted = vsnprintf(buf, LOG_MESSAGE_MAX + 1, format, arguments);
    if (wanted < 0) buf[0] = '\0';
    size_t len = strlen(buf);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)buf[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) buf[i] = '?';
    }
    return len;
}

void log_write(enum log_level level, const char *format, ...) {
    assert(level < LOG_LEVEL_NOTHING);
    if (!log_enabled(level)) return;
    int saved_errno = errno;
    char message[LOG_MESSAGE_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    size_t len = format_message(message, format, arguments);
    va_end(arguments);
    write_line(level, message, len);
    errno = saved_errno;
}

/* Whether the interval is over; counts the line as held back if not. */
static bool limit_passes(log_limit *limit, int64_t interval_ms, uint64_t *suppressed) {
    int64_t now_ms = clock_now_monotonic_ns() / 1000000;
    pthread_mutex_lock(&lock);
    bool passes = now_ms >= limit->next_ms;
    if (passes) {
        *suppressed = limit->suppressed;
        limit->suppressed = 0;
        limit->next_ms = now_ms + interval_ms;
    } else {
        limit->suppressed++;
    }
    pthread_mutex_unlock(&lock);
    return passes;
}

void log_limited(log_limit *limit, int64_t interval_ms, enum log_level level, const char *format, ...) {
    assert(level < LOG_LEVEL_NOTHING);
    uint64_t suppressed;
    if (!log_enabled(level) || !limit_passes(limit, interval_ms, &suppressed)) return;

    int saved_errno = errno;
    char message[LOG_MESSAGE_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    size_t len = format_message(message, format, arguments);
    va_end(arguments);
    errno = saved_errno;
    if (suppressed == 0)
        log_write(level, "%.*s", (int)len, message);
    else
        log_write(level, "%.*s (%llu similar lines held back)", (int)len, message,
                  (unsigned long long)suppressed);
}
