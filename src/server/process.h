/* Process: what concerns the operating system's view of the server: daemon, pid file, title, score for
 * running out of memory, supervisor. */
#ifndef STINT_SERVER_PROCESS_H
#define STINT_SERVER_PROCESS_H

#include <stdbool.h>

/* Remembers where the arguments lie, which the title is written over, and the executable's path. Called first
 * in main. */
void process_begin(int argc, char **argv, char **environment);

/* The path of the executable; empty if it is not known. */
const char *process_executable(void);

/* Goes to the background if the configuration says so, and writes the pid file (a background process always
 * has one). To be called before any thread is started. */
void process_detach(void);

/* Writes the title that `ps` shows, by proc-title-template. */
void process_set_title(void);

/* Tells the kernel by oom-score-adj and oom-score-adj-values how soon to end this process when memory runs
 * out; with "no", the score is again what it was at the start. False if the kernel refuses, which is logged.
 */
bool process_set_oom_score(void);

/* Tells systemd or upstart, if one of them supervises, that the server is ready or stops. */
void process_notify_ready(void);
void process_notify_stopping(void);
/* Whether one of them does. */
bool process_supervised(void);
/* "systemd", "upstart" or "no". */
const char *process_supervisor(void);

/* Removes the pid file and the unix socket's file. */
void process_remove_files(void);

#endif
