/* The slow log, and what the accounting of requests puts into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/words.h"
#include "command/table.h"
#include "server/config/config.h"
#include "server/insight/accounting.h"
#include "server/insight/latency_monitor.h"
#include "server/insight/slowlog.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"
#include "server/request/session.h"

#define ARGUMENTS_MAX 64

static struct session session;
static client someone = {.session = &session, .peer = {.ip = {127, 0, 0, 1}, .port = 1234}};

/* A request made of the words of a line, which must be a literal. */
static struct request request_of(const char *line, slice *argv) {
    static char scratch[1024];
    struct request r = {.client = &someone, .argv = argv, .bytes = strlen(line)};
    r.argc = words_split(slice_of(line), scratch, argv, ARGUMENTS_MAX);
    r.command = registry_resolve(argv, r.argc);
    r.together = accounting_together(r.command, r.argc);
    return r;
}

static void set(const char *name, const char *value) {
    struct config_refusal refusal;
    slice pair[2] = {slice_of(name), slice_of(value)};
    assert_true(config_set(pair, 1, true, &refusal));
    accounting_follow();
}

static void log_line(const char *line, uint64_t us) {
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of(line, argv);
    slowlog_add(&r, us, 0);
}

static void check_argument(const slowlog_entry *e, int index, const char *text) {
    assert_true(index < e->argc);
    assert_int_equal(e->argv[index].len, strlen(text));
    assert_memory_equal(e->argv[index].data, text, e->argv[index].len);
}

static int empty_logs(void **state) {
    (void)state;
    slowlog_reset();
    for (enum latency_event event = 0; event < LATENCY_EVENTS; event++) latency_monitor_reset(event);
    statistics_reset();
    set("slowlog-max-len", "128");
    set("slowlog-log-slower-than", "10000");
    set("latency-monitor-threshold", "0");
    return 0;
}

/* --- The log --- */

static void entries_come_newest_first(void **state) {
    (void)state;
    log_line("SET a 1", 11);
    log_line("SET b 2", 12);
    const slowlog_entry *e = slowlog_newest();
    assert_int_equal(slowlog_len(), 2);
    assert_int_equal(e->us, 12);
    assert_int_equal(e->argc, 3);
    check_argument(e, 1, "b");
    assert_int_equal(e->older->us, 11);
    assert_int_equal(e->older->id, e->id - 1);
    assert_null(e->older->older);
    assert_memory_equal(e->peer.data, "127.0.0.1:1234", e->peer.len);
    assert_int_equal(e->name.len, 0);
}

static void the_oldest_entries_go_when_there_are_too_many(void **state) {
    (void)state;
    for (uint64_t us = 1; us <= 10; us++) log_line("PING", us);
    set("slowlog-max-len", "4");
    assert_int_equal(slowlog_len(), 10);
    log_line("PING", 11);
    assert_int_equal(slowlog_len(), 4);
    uint64_t us = 11;
    for (const slowlog_entry *e = slowlog_newest(); e; e = e->older) assert_int_equal(e->us, us--);
    assert_int_equal(us, 7);
    slowlog_reset();
    assert_int_equal(slowlog_len(), 0);
    assert_null(slowlog_newest());
}

static void what_is_logged_outlives_the_request(void **state) {
    (void)state;
    char line[] = "SET key value";
    char name[] = "bird";
    session.name = name;
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of(line, argv);
    slowlog_add(&r, 1, 0);
    memset(line, 'x', sizeof(line) - 1);
    memset(name, 'x', sizeof(name) - 1);
    session.name = NULL;
    check_argument(slowlog_newest(), 2, "value");
    assert_memory_equal(slowlog_newest()->name.data, "bird", 4);
}

/* --- Accounting --- */

static uint32_t together(const char *line) {
    slice argv[ARGUMENTS_MAX];
    return request_of(line, argv).together;
}

static void quick_requests_of_one_command_are_timed_together(void **state) {
    (void)state;
    assert_int_equal(together("GET a"), together("GET b"));
    assert_int_not_equal(together("GET a"), together("TTL a"));
    assert_int_equal(together("MGET a b"), together("MGET a b c d"));
    assert_int_equal(together("LPOP a"), together("LPOP b"));
}

static void requests_that_may_take_long_are_timed_alone(void **state) {
    (void)state;
    assert_int_not_equal(together("KEYS *"), together("KEYS *"));
    assert_int_not_equal(together("LPOP a 1000"), together("LPOP a 1000"));
    assert_int_not_equal(together("DEL 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"),
                         together("DEL 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"));
    assert_int_not_equal(together("NONSENSE"), together("NONSENSE"));
}

static void all_are_timed_alone_where_a_run_might_reach_the_threshold(void **state) {
    (void)state;
    set("slowlog-log-slower-than", "999");
    assert_int_not_equal(together("GET a"), together("GET a"));
    set("slowlog-log-slower-than", "1000");
    assert_int_equal(together("GET a"), together("GET a"));
    set("slowlog-log-slower-than", "0");
    assert_int_not_equal(together("GET a"), together("GET a"));
    set("slowlog-max-len", "0");
    assert_int_equal(together("GET a"), together("GET a"));
    set("slowlog-log-slower-than", "-1");
    set("latency-monitor-threshold", "1");
    assert_int_equal(together("GET a"), together("GET a"));
}

static void a_request_is_logged_from_the_threshold_on(void **state) {
    (void)state;
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of("KEYS *", argv);
    accounting_add(&r, 1, statistics_ticks(9000));
    assert_int_equal(slowlog_len(), 0);
    accounting_add(&r, 1, statistics_ticks(11000));
    assert_int_equal(slowlog_len(), 1);
    assert_in_range(slowlog_newest()->us, 10990, 11000);
    set("slowlog-log-slower-than", "-1");
    accounting_add(&r, 1, statistics_ticks(11000));
    assert_int_equal(slowlog_len(), 1);
    assert_int_equal(statistics_of(r.command)->calls, 3);
}

static void exec_is_not_logged(void **state) {
    (void)state;
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of("EXEC", argv);
    accounting_add(&r, 1, statistics_ticks(11000));
    assert_int_equal(slowlog_len(), 0);
}

static void of_a_slow_run_the_longest_request_is_logged_and_how_many_others_there_were(void **state) {
    (void)state;
    slice argv[3][ARGUMENTS_MAX];
    struct request run[3] = {request_of("GET a", argv[0]), request_of("GET longest", argv[1]),
                             request_of("GET bc", argv[2])};
    accounting_add_run(run, 3, 3, statistics_ticks(30000));
    const slowlog_entry *e = slowlog_newest();
    assert_non_null(e);
    assert_int_equal(e->argc, 3);
    check_argument(e, 1, "longest");
    check_argument(e, 2, "... (2 more requests)");
    assert_in_range(e->us, 29990, 30000);

    const struct command_statistics *s = statistics_of(run[0].command);
    assert_int_equal(s->calls, 3);
    assert_int_equal(s->latency->count, 3);
    assert_in_range(histogram_percentile(s->latency, 50), 9990000, 10000000);
}

static void what_was_refused_counts_for_the_loop_only(void **state) {
    (void)state;
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of("NONSENSE", argv);
    uint64_t before = statistics.loop_command_ticks;
    accounting_add_run(&r, 1, 0, statistics_ticks(20000));
    assert_int_equal(statistics.loop_command_ticks - before, statistics_ticks(20000));
    assert_int_equal(slowlog_len(), 0);
}

static void the_latency_monitor_tells_fast_commands_apart(void **state) {
    (void)state;
    set("latency-monitor-threshold", "5");
    slice argv[ARGUMENTS_MAX];
    struct request quick = request_of("GET a", argv);
    accounting_add(&quick, 1, statistics_ticks(4900));
    assert_null(latency_history_of(LATENCY_FAST_COMMAND));
    accounting_add(&quick, 1, statistics_ticks(6100));
    assert_int_equal(latency_history_of(LATENCY_FAST_COMMAND)->max_ms, 6);
    assert_null(latency_history_of(LATENCY_COMMAND));
    assert_int_equal(slowlog_len(), 0);
    struct request slow = request_of("KEYS *", argv);
    accounting_add(&slow, 1, statistics_ticks(12100));
    assert_int_equal(latency_history_of(LATENCY_COMMAND)->max_ms, 12);
    assert_int_equal(slowlog_len(), 1);
}

static void distributions_are_kept_only_while_they_are_wanted(void **state) {
    (void)state;
    slice argv[ARGUMENTS_MAX];
    struct request r = request_of("GET a", argv);
    set("latency-tracking", "no");
    accounting_add(&r, 1, 1);
    assert_null(statistics_of(r.command)->latency);
    set("latency-tracking", "yes");
    accounting_add(&r, 1, 1);
    assert_int_equal(statistics_of(r.command)->latency->count, 1);
    statistics_reset();
    assert_null(statistics_of(r.command)->latency);
}

static int open_all(void **state) {
    (void)state;
    static char name[] = "stint", *argv[] = {name, NULL}, error[CONFIG_ERROR_MAX];
    registry_load(command_table());
    clock_refresh();
    usleep(1000); /* the longer, the better the rate of the ticks is known */
    statistics_open();
    return config_start(1, argv, error) == CONFIG_RUN ? 0 : -1;
}

#define logging_test(f) cmocka_unit_test_setup(f, empty_logs)

int main(void) {
    const struct CMUnitTest tests[] = {
        logging_test(entries_come_newest_first),
        logging_test(the_oldest_entries_go_when_there_are_too_many),
        logging_test(what_is_logged_outlives_the_request),
        logging_test(quick_requests_of_one_command_are_timed_together),
        logging_test(requests_that_may_take_long_are_timed_alone),
        logging_test(all_are_timed_alone_where_a_run_might_reach_the_threshold),
        logging_test(a_request_is_logged_from_the_threshold_on),
        logging_test(exec_is_not_logged),
        logging_test(of_a_slow_run_the_longest_request_is_logged_and_how_many_others_there_were),
        logging_test(what_was_refused_counts_for_the_loop_only),
        logging_test(the_latency_monitor_tells_fast_commands_apart),
        logging_test(distributions_are_kept_only_while_they_are_wanted),
    };
    return cmocka_run_group_tests_name("slow log", tests, open_all, NULL);
}
