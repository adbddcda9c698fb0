/* Log: what lines look like, where they go, and what happens when the file is rotated or the disk says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

#define CONTENT_MAX (1024 * 1024)

static char directory[] = "/tmp/stint-test-log-XXXXXX";
static char path[64], rotated[64];
static char content[CONTENT_MAX];

/* These stand in for the C library's, so that nothing reaches the system's log. */
static char syslog_line[2048], syslog_name[128];
static int syslog_priority, syslog_calls, syslog_where;

void openlog(const char *ident, int option, int facility) {
    (void)option;
    snprintf(syslog_name, sizeof(syslog_name), "%s", ident);
    syslog_where = facility;
}

void syslog(int priority, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(syslog_line, sizeof(syslog_line), format, arguments);
    va_end(arguments);
    syslog_priority = priority;
    syslog_calls++;
}

void closelog(void) { syslog_name[0] = '\0'; }

static const char *read_file(const char *name) {
    int fd = open(name, O_RDONLY);
    ssize_t len = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);
    if (fd >= 0) close(fd);
    content[len] = '\0';
    return content;
}

static bool looks_like(const char *text, const char *expression) {
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB), 0);
    bool matched = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matched;
}

static bool open_at(enum log_level level) { return log_open(&(log_options){.path = path, .level = level}); }

static int start(void **state) {
    (void)state;
    unlink(path);
    unlink(rotated);
    return open_at(LOG_LEVEL_DEBUG) ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    log_close();
    log_set_level(LOG_LEVEL_NOTICE);
    log_set_role('M');
    return 0;
}

static void a_line_tells_process_role_time_level_and_message(void **state) {
    (void)state;
    log_warning("Disk is %d%% full", 93);
    char expected[128];
    snprintf(expected, sizeof(expected),
             "^%d:M [0-3][0-9] [A-Z][a-z]{2} 20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3} # "
             "Disk is 93%% full\n$",
             (int)getpid());
    assert_true(looks_like(read_file(path), expected));
    log_set_role('S');
    log_notice("following");
    assert_true(looks_like(read_file(path), "\n[0-9]+:S [^\n]* \\* following\n$"));
}

static void the_time_is_local_time(void **state) {
    (void)state;
    setenv("TZ", "XYZ-14", 1); /* fourteen hours ahead */
    tzset();
    time_t before = time(NULL);
    log_notice("now");
    time_t after = time(NULL);
    struct tm first, last;
    char a[32], b[32];
    strftime(a, sizeof(a), ":M %d %b %Y %H:%M:%S.", localtime_r(&before, &first));
    strftime(b, sizeof(b), ":M %d %b %Y %H:%M:%S.", localtime_r(&after, &last));
    read_file(path);
    assert_true(strstr(content, a) != NULL || strstr(content, b) != NULL);
    unsetenv("TZ");
    tzset();
}

static void each_level_has_its_mark(void **state) {
    (void)state;
    log_debug("one");
    log_verbose("two");
    log_notice("three");
    log_warning("four");
    assert_true(looks_like(read_file(path), " \\. one\n[^\n]* - two\n[^\n]* \\* three\n[^\n]* # four\n$"));
}

static void lines_below_the_level_are_dropped(void **state) {
    (void)state;
    assert_true(open_at(LOG_LEVEL_NOTICE));
    log_debug("hidden");
    log_verbose("hidden");
    log_write(LOG_LEVEL_VERBOSE, "hidden");
    assert_string_equal(read_file(path), "");
    log_notice("shown");
    assert_non_null(strstr(read_file(path), "shown"));
    log_set_level(LOG_LEVEL_NOTHING);
    assert_false(log_enabled(LOG_LEVEL_WARNING));
    log_warning("hidden");
    assert_null(strstr(read_file(path), "hidden"));
}

static int evaluations;
static int evaluate(void) { return ++evaluations; }

static void arguments_of_dropped_lines_are_not_evaluated(void **state) {
    (void)state;
    evaluations = 0;
    log_set_level(LOG_LEVEL_WARNING);
    log_notice("%d", evaluate());
    assert_int_equal(evaluations, 0);
    log_warning("%d", evaluate());
    assert_int_equal(evaluations, 1);
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char message[LOG_MESSAGE_MAX + 100];
    memset(message, 'x', sizeof(message));
    message[sizeof(message) - 1] = '\0';
    log_notice("%s", message);
    log_notice("next");
    const char *start_of_message = strstr(read_file(path), "* x") + 2;
    assert_int_equal(strspn(start_of_message, "x"), LOG_MESSAGE_MAX);
    assert_true(looks_like(start_of_message, "^x+\n[^\n]* \\* next\n$"));
}

static void nobody_can_forge_a_line_or_send_terminal_codes(void **state) {
    (void)state;
    log_notice("name\r\n1:M fake \x1b[2J\x7f tab\t caf\xc3\xa9");
    assert_non_null(strstr(read_file(path), "* name??1:M fake ?[2J? tab\t caf\xc3\xa9\n"));
}

static void a_renamed_file_is_followed_by_a_new_one(void **state) {
    (void)state;
    log_notice("before");
    assert_int_equal(rename(path, rotated), 0);
    log_notice("after");
    assert_true(looks_like(read_file(rotated), "\\* before\n$"));
    assert_true(looks_like(read_file(path), "^[^\n]*\\* after\n$"));
    assert_int_equal(rename(path, rotated), 0);
    int other = open(path, O_CREAT | O_WRONLY, 0600);
    close(other);
    log_notice("into the new file");
    assert_non_null(strstr(read_file(path), "into the new file"));
}

static void a_removed_file_comes_back(void **state) {
    (void)state;
    log_notice("before");
    unlink(path);
    log_notice("after");
    assert_true(looks_like(read_file(path), "^[^\n]*\\* after\n$"));
}

static void lines_are_appended_to_what_the_file_holds(void **state) {
    (void)state;
    log_notice("first run");
    log_close();
    assert_true(open_at(LOG_LEVEL_DEBUG));
    log_notice("second run");
    assert_true(looks_like(read_file(path), "first run\n.*second run\n$"));
    assert_int_equal(truncate(path, 0), 0);
    log_notice("after truncation");
    assert_true(looks_like(read_file(path), "^[^\n]*after truncation\n$"));
}

static void a_file_that_cannot_be_opened_leaves_the_old_one(void **state) {
    (void)state;
    errno = 0;
    assert_false(log_open(&(log_options){.path = "/nonexistent/stint.log", .level = LOG_LEVEL_WARNING}));
    assert_int_equal(errno, ENOENT);
    log_notice("still here");
    assert_non_null(strstr(read_file(path), "still here"));
}

static void names_that_are_too_long_are_refused(void **state) {
    (void)state;
    char name[LOG_PATH_MAX + 1];
    memset(name, 'x', LOG_PATH_MAX);
    name[LOG_PATH_MAX] = '\0';
    errno = 0;
    assert_false(log_open(&(log_options){.path = name}));
    assert_int_equal(errno, ENAMETOOLONG);
    name[LOG_IDENT_MAX] = '\0';
    errno = 0;
    assert_false(log_open(&(log_options){.path = path, .syslog = true, .syslog_ident = name}));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void logging_keeps_errno_even_when_the_disk_is_full(void **state) {
    (void)state;
    static log_limit limit, other_limit;
    errno = EADDRINUSE;
    log_limited(&limit, 1000, LOG_LEVEL_WARNING, "Cannot listen: %m");
    assert_int_equal(errno, EADDRINUSE);
    assert_non_null(strstr(read_file(path), strerror(EADDRINUSE)));

    assert_true(log_open(&(log_options){.path = "/dev/full", .level = LOG_LEVEL_DEBUG}));
    errno = EADDRINUSE;
    log_warning("lost");
    assert_int_equal(errno, EADDRINUSE);
    log_limited(&other_limit, 1000, LOG_LEVEL_WARNING, "lost");
    assert_int_equal(errno, EADDRINUSE);
}

static void without_a_path_lines_go_to_the_standard_output(void **state) {
    (void)state;
    fflush(stdout);
    int saved = dup(STDOUT_FILENO), file = open(rotated, O_CREAT | O_RDWR | O_TRUNC, 0600);
    dup2(file, STDOUT_FILENO);
    log_close();
    log_notice("after closing");
    bool opened = log_open(&(log_options){.path = "", .level = LOG_LEVEL_NOTICE});
    log_notice("empty path");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_true(opened);
    assert_true(looks_like(read_file(rotated), "\\* after closing\n.*\\* empty path\n$"));
    assert_string_equal(read_file(path), "");
}

static void lines_go_to_syslog_as_well_when_asked(void **state) {
    (void)state;
    syslog_calls = 0;
    log_notice("quiet");
    assert_int_equal(syslog_calls, 0);
    assert_true(log_open(&(log_options){.path = path,
                                        .level = LOG_LEVEL_VERBOSE,
                                        .syslog = true,
                                        .syslog_ident = "cache-7",
                                        .syslog_facility = LOG_LOCAL3}));
    assert_string_equal(syslog_name, "cache-7");
    assert_int_equal(syslog_where, LOG_LOCAL3);
    log_verbose("loud %s", "%s");
    assert_string_equal(syslog_line, "loud %s");
    assert_int_equal(syslog_priority, LOG_INFO);
    log_warning("louder");
    assert_int_equal(syslog_priority, LOG_WARNING);
    assert_int_equal(syslog_calls, 2);
    assert_true(looks_like(read_file(path), "- loud %s\n.*# louder\n$"));
    log_close();
    assert_string_equal(syslog_name, "");
}

static int count_lines(const char *text) {
    int lines = 0;
    for (; *text != '\0'; text++) lines += *text == '\n';
    return lines;
}

static void repetitions_are_held_back_and_counted(void **state) {
    (void)state;
    static log_limit limit;
    for (int i = 0; i < 100; i++) log_limited(&limit, 3600 * 1000, LOG_LEVEL_WARNING, "Refused %d", i);
    assert_true(looks_like(read_file(path), "# Refused 0\n$"));
    assert_int_equal(count_lines(content), 1);

    limit.next_ms = 0; /* the hour is over */
    log_limited(&limit, 3600 * 1000, LOG_LEVEL_WARNING, "Refused %d", 100);
    assert_true(looks_like(read_file(path), "# Refused 100 \\(99 similar lines held back\\)\n$"));
    assert_int_equal(count_lines(content), 2);
}

static void lines_that_are_off_do_not_count_as_held_back(void **state) {
    (void)state;
    static log_limit limit;
    log_set_level(LOG_LEVEL_WARNING);
    log_limited(&limit, 3600 * 1000, LOG_LEVEL_NOTICE, "off");
    log_set_level(LOG_LEVEL_DEBUG);
    log_limited(&limit, 3600 * 1000, LOG_LEVEL_NOTICE, "on");
    assert_true(looks_like(read_file(path), "^[^\n]*\\* on\n$"));
}

enum { THREADS = 4, LINES = 500 };

static void *write_many(void *argument) {
    for (int i = 0; i < LINES; i++) log_notice("thread %d line %d end", (int)(intptr_t)argument, i);
    return NULL;
}

static void threads_write_whole_lines(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    int lines = 0;
    for (char *line = strtok((char *)read_file(path), "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        assert_true(looks_like(line, "^[0-9]+:M [^*]* \\* thread [0-3] line [0-9]+ end$"));
    assert_int_equal(lines, THREADS * LINES);
}

static void levels_are_known_by_name(void **state) {
    (void)state;
    enum log_level level = LOG_LEVEL_DEBUG;
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_NOTHING; i++) {
        assert_true(log_level_parse(slice_of(log_level_name((enum log_level)i)), &level));
        assert_int_equal(level, i);
    }
    assert_true(log_level_parse(SLICE("Verbose"), &level));
    assert_int_equal(level, LOG_LEVEL_VERBOSE);
    assert_false(log_level_parse(SLICE("loud"), &level));
    assert_false(log_level_parse(SLICE(""), &level));
    assert_int_equal(level, LOG_LEVEL_VERBOSE);
}

#define log_test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        log_test(a_line_tells_process_role_time_level_and_message),
        log_test(the_time_is_local_time),
        log_test(each_level_has_its_mark),
        log_test(lines_below_the_level_are_dropped),
        log_test(arguments_of_dropped_lines_are_not_evaluated),
        log_test(long_messages_are_cut),
        log_test(nobody_can_forge_a_line_or_send_terminal_codes),
        log_test(a_renamed_file_is_followed_by_a_new_one),
        log_test(a_removed_file_comes_back),
        log_test(lines_are_appended_to_what_the_file_holds),
        log_test(a_file_that_cannot_be_opened_leaves_the_old_one),
        log_test(names_that_are_too_long_are_refused),
        log_test(logging_keeps_errno_even_when_the_disk_is_full),
        log_test(without_a_path_lines_go_to_the_standard_output),
        log_test(lines_go_to_syslog_as_well_when_asked),
        log_test(repetitions_are_held_back_and_counted),
        log_test(lines_that_are_off_do_not_count_as_held_back),
        log_test(threads_write_whole_lines),
        log_test(levels_are_known_by_name),
    };
    if (mkdtemp(directory) == NULL) return 1;
    snprintf(path, sizeof(path), "%s/stint.log", directory);
    snprintf(rotated, sizeof(rotated), "%s/stint.log.1", directory);
    int failed = cmocka_run_group_tests_name("log", tests, NULL, NULL);
    unlink(path);
    unlink(rotated);
    rmdir(directory);
    return failed;
}
