/* Log: the server's log lines, to a file, the standard output and, if asked, syslog.
 *
 *     12345:M 07 Mar 2026 09:15:02.123 * Ready to accept connections
 *
 * The mark before the message is the level: '.' debug, '-' verbose, '*' notice, '#' warning. Any thread may
 * write; a line is one write(2) to a file opened for appending, so lines never mix. When the file is renamed
 * or removed, the next line goes to a new one of the configured name: rotation needs no signal. */
#ifndef STINT_BASE_LOG_H
#define STINT_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_NOTHING };

typedef struct log_options {
    const char *path; /* file to append to; NULL or "" is the standard output. Copied */
    enum log_level level;
    bool syslog;              /* send every line to syslog as well */
    const char *syslog_ident; /* program name in syslog. Copied. NULL is "stint" */
    int syslog_facility;      /* LOG_USER, LOG_LOCAL0..LOG_LOCAL7 of <syslog.h> */
} log_options;

/* Longest message, in bytes, without time and level. What is longer is cut there. */
#define LOG_MESSAGE_MAX 1024

/* Longest path of a log file. */
#define LOG_PATH_MAX 4096

/* Longest syslog ident. */
#define LOG_IDENT_MAX 64

/* Sends lines where the options say from now on. May be called again. False, with errno set and the former
 * settings kept, when the file cannot be opened or a name is too long. Before the first call lines of level
 * notice and above go to the standard output. */
bool log_open(const log_options *options);

/* Closes the file and syslog; later lines go to the standard output. */
void log_close(void);

/* Changes the level alone: lines below it are dropped. */
void log_set_level(enum log_level level);

/* The letter after the process id that tells what the process is: 'M' a primary (at start), 'S' a replica. */
void log_set_role(char role);

/* "debug", "verbose", "notice", "warning", "nothing". */
const char *log_level_name(enum log_level level);

/* The level of that name, letters compared without case. False, with *out untouched, if there is none. */
bool log_level_parse(slice name, enum log_level *out);

/* The lowest level that is written. Read through log_enabled, set by log_open and log_set_level. */
extern enum log_level log_level_now;

/* Whether a line of that level would be written. */
static inline bool log_enabled(enum log_level level) {
    return level >= __atomic_load_n(&log_level_now, __ATOMIC_RELAXED);
}

/* Writes one line, printf style, if the level is enabled. The message has no newline: control bytes in it,
 * which may come from a client, are written as '?' so that nobody can forge a line. A line that cannot be
 * written is lost in silence. Keeps errno. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As log_write, without looking at the format when the level is off. */
#define log_at(level, ...)                                                                                   \
    do {                                                                                                     \
        if (log_enabled(level)) log_write(level, __VA_ARGS__);                                               \
    } while (0)

#define log_debug(...)   log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_verbose(...) log_at(LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_notice(...)  log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)

/* Holds back repetitions of one message. Zeroed at the start; one per place that logs, usually static. */
typedef struct log_limit {
    int64_t next_ms;     /* monotonic time from which a line may be written again */
    uint64_t suppressed; /* lines held back since the last one written */
} log_limit;

/* As log_write, but at most one line every interval_ms: the next one written says how many were held back. */
void log_limited(log_limit *limit, int64_t interval_ms, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
