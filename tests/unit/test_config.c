/* Tests of the configuration: options, files, the command line, CONFIG SET and CONFIG REWRITE, and that the
 * documentation and stint.conf say what the table of options says. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/log.h"
#include "server/config/config.h"
#include "server/config/config_file.h"
#include "server/config/config_option.h"
#include "server/config/config_rewrite.h"

/* --- Support --- */

static char home[PATH_MAX];    /* where the test was started */
static char scratch[PATH_MAX]; /* an empty directory of the test */

static int make_scratch(void **state) {
    (void)state;
    char name[] = "/tmp/stint-config-XXXXXX";
    if (!getcwd(home, sizeof(home)) || !mkdtemp(name) || !realpath(name, scratch)) return -1;
    return chdir(scratch);
}

static int remove_scratch(void **state) {
    (void)state;
    char command[PATH_MAX + 16];
    snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
    return chdir(home) != 0 || system(command) != 0 ? -1 : 0;
}

/* The path of a file in the scratch directory; the next call but seven overwrites it. */
static const char *path_of(const char *name) {
    static char paths[8][PATH_MAX];
    static int next;
    char *path = paths[next++ % 8];
    assert_true(snprintf(path, PATH_MAX, "%s/%s", scratch, name) < PATH_MAX);
    return path;
}

static void write_file(const char *name, const char *text) {
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static char *read_text_of(const char *path) {
    slice text;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(config_read_all(fd, &text));
    close(fd);
    char *copy = alloc_text_of(text.data, text.len);
    alloc_free_unsized((char *)text.data);
    return copy;
}

static void assert_file(const char *name, const char *expected) {
    char *text = read_text_of(path_of(name));
    assert_string_equal(text, expected);
    alloc_free_unsized(text);
}

static char error[CONFIG_ERROR_MAX];

/* Starts the configuration with these arguments after the program's name; ends with NULL. */
static enum config_action start(const char *first, ...) {
    char *argv[32] = {"stint-server"};
    int argc = 1;
    va_list arguments;
    va_start(arguments, first);
    for (const char *word = first; word; word = va_arg(arguments, const char *)) argv[argc++] = (char *)word;
    va_end(arguments);
    error[0] = '\0';
    assert_int_equal(chdir(scratch), 0);
    return config_start(argc, argv, error);
}

/* Starts with a file of that text and nothing else. */
static enum config_action start_with_file(const char *text) {
    write_file("stint.conf", text);
    return start(path_of("stint.conf"), NULL);
}

/* Checks what CONFIG GET shows for a name. */
static void assert_shown(const char *name, const char *expected) {
    for (int i = 0; i < config_name_count(); i++) {
        if (strcmp(config_name(i), name) != 0) continue;
        char *value = config_value(i);
        assert_string_equal(value, expected);
        alloc_free_unsized(value);
        return;
    }
    fail_msg("CONFIG GET has no %s", name);
}

static bool is_shown(const char *name) {
    for (int i = 0; i < config_name_count(); i++)
        if (strcmp(config_name(i), name) == 0) return true;
    return false;
}

static struct config_refusal refusal;

/* CONFIG SET of name, value, name, value ..., NULL by a client on this machine or not. */
static bool set_from(bool local, const char *first, va_list arguments) {
    slice pairs[32];
    int words = 0;
    for (const char *word = first; word; word = va_arg(arguments, const char *))
        pairs[words++] = slice_of(word);
    assert_int_equal(words % 2, 0);
    return config_set(pairs, words / 2, local, &refusal);
}

static bool set(const char *first, ...) {
    va_list arguments;
    va_start(arguments, first);
    bool done = set_from(false, first, arguments);
    va_end(arguments);
    return done;
}

static bool set_locally(const char *first, ...) {
    va_list arguments;
    va_start(arguments, first);
    bool done = set_from(true, first, arguments);
    va_end(arguments);
    return done;
}

static void assert_refused(const char *name, const char *value, const char *reason) {
    assert_false(set(name, value, NULL));
    assert_false(refusal.unknown);
    assert_true(slice_equal(refusal.name, slice_of(name)));
    assert_string_equal(refusal.reason, reason);
}

/* The settings that a text gives, those without effect included; free with free_settings. */
static struct config *settings_of(slice text) {
    struct config *c = alloc_zeroed(sizeof(*c));
    config_loader *loader = alloc(sizeof(*loader));
    option_set_defaults(c);
    config_loader_init(loader, c, scratch);
    if (!config_load_text(loader, text, "text")) fail_msg("%s", loader->error);
    alloc_free_unsized(loader);
    return c;
}

static void free_settings(struct config *c) {
    option_free_all(c);
    alloc_free_unsized(c);
}

/* Checks what an option, in effect or not, looks like after a line set it. */
static void assert_read(const char *name, const char *value, const char *expected) {
    char line[256];
    snprintf(line, sizeof(line), "%s \"%s\"", name, value);
    struct config *c = settings_of(slice_of(line));
    char *shown = option_text(option_find(slice_of(name)), c, FORM_SHOWN);
    assert_string_equal(shown, expected);
    alloc_free_unsized(shown);
    free_settings(c);
}

/* Whether reading the text fails with that reason in the message. */
static void assert_text_refused(const char *text, const char *reason) {
    assert_int_equal(start_with_file(text), CONFIG_INVALID);
    if (!strstr(error, reason)) fail_msg("%s\nis not in\n%s", reason, error);
}

/* --- Options --- */

static void every_name_is_lower_case_and_belongs_to_one_option(void **state) {
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        const char *names[] = {o->name, o->alias};
        for (int n = 0; n < 2 && names[n]; n++) {
            assert_ptr_equal(option_find(slice_of(names[n])), o);
            for (const char *c = names[n]; *c; c++) assert_false(*c >= 'A' && *c <= 'Z');
        }
        assert_true(!o->alias || strcmp(o->name, o->alias) != 0);
    }
}

static void defaults_are_shown_as_clients_expect(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_shown("bind", "* -::*");
    assert_shown("port", "6379");
    assert_shown("client-output-buffer-limit",
                 "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
    assert_shown("client-query-buffer-limit", "1073741824");
    assert_shown("proto-max-bulk-len", "536870912");
    assert_shown("unixsocketperm", "0");
    assert_shown("maxmemory-policy", "noeviction");
    assert_shown("loglevel", "notice");
    assert_shown("syslog-facility", "local0");
    assert_shown("supervised", "no");
    assert_shown("shutdown-on-sigint", "default");
    assert_shown("oom-score-adj-values", "0 200 800");
    assert_shown("requirepass", "");
    assert_shown("proc-title-template", "{title} {listen-addr} {server-mode}");
    assert_shown("dir", scratch);
    assert_string_equal(config_file_path(), "");
}

static void fields_hold_what_the_options_say(void **state) {
    (void)state;
    assert_int_equal(
        start_with_file("port 7000\nmaxmemory 100mb\ntimeout 5\nbind 127.0.0.1 -::1\n"
                        "client-output-buffer-limit replica 1mb 512kb 30\nmaxmemory-policy ALLKEYS-LFU\n"
                        "unixsocketperm 770\nrename-command FLUSHALL \"\"\nloglevel debug\n"
                        "shutdown-on-sigterm nosave now\noom-score-adj-values 1 2 3\n"
                        "requirepass secret\n"),
        CONFIG_RUN);
    assert_int_equal(config.port, 7000);
    assert_int_equal(config.maxmemory_bytes, 100 * 1024 * 1024);
    assert_int_equal(config.timeout_s, 5);
    assert_int_equal(config.bind.count, 2);
    assert_string_equal(config.bind.address[1], "-::1");
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_REPLICA].hard_bytes, 1024 * 1024);
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_REPLICA].soft_bytes, 512 * 1024);
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_REPLICA].soft_seconds, 30);
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_PUBSUB].soft_seconds, 60);
    assert_int_equal(config.maxmemory_policy, POLICY_ALLKEYS_LFU);
    assert_int_equal(config.unixsocketperm, 0770);
    assert_int_equal(config.rename_command.count, 1);
    assert_string_equal(config.rename_command.command[0].from, "FLUSHALL");
    assert_string_equal(config.rename_command.command[0].to, "");
    assert_int_equal(config.loglevel, LOG_LEVEL_DEBUG);
    assert_int_equal(config.shutdown_on_sigterm, SHUTDOWN_NOSAVE | SHUTDOWN_NOW);
    assert_int_equal(config.oom_score_adj_values.score[OOM_REPLICA], 2);
    assert_string_equal(config.requirepass, "secret");
}

static void options_without_effect_are_checked_but_unknown_to_clients(void **state) {
    (void)state;
    assert_int_equal(start_with_file("rdbcompression no\nappendfsync always\nuser alice on\n"
                                     "list-max-ziplist-entries 512\n"),
                     CONFIG_RUN);
    assert_false(is_shown("rdbcompression"));
    assert_false(is_shown("appendfsync"));
    assert_false(set("appendfsync", "everysec", NULL));
    assert_true(refusal.unknown);
    assert_text_refused("rdbcompression maybe\n", "argument must be 'yes' or 'no'");
    assert_text_refused("list-max-listpack-size -2147483649\n",
                        "argument must be between -2147483648 and 2147483647 inclusive");
    assert_text_refused("user\n", "wrong number of arguments");
}

static void options_with_one_value_show_it_and_refuse_any_other(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_shown("save", "");
    assert_shown("appendonly", "no");
    assert_shown("replicaof", "");
    assert_shown("lazyfree-lazy-user-del", "yes");
    assert_true(set("save", "", "APPENDONLY", "No", "tls-port", "0", "lazyfree-lazy-user-del", "yes", NULL));
    assert_refused("appendonly", "yes", "any value but 'no' is not supported yet");
    assert_refused("save", "60 1", "any value but '' is not supported yet");
    assert_refused("appendonly", "maybe", "argument must be 'yes' or 'no'");
    assert_refused("save", "60", "Invalid save parameters");
    assert_refused("io-threads", "1", "can't set immutable config");
    assert_false(set("timeout", "7", "appendonly", "yes", NULL));
    assert_true(slice_equal(refusal.name, SLICE("appendonly")));
    assert_shown("timeout", "0");
}

static void options_with_one_value_keep_it_whatever_a_file_says(void **state) {
    (void)state;
    assert_int_equal(start_with_file("save 60 1\nappendonly yes\nreplicaof localhost 6380\nmasterauth x\n"
                                     "commandlog-request-larger-than 10000\n"),
                     CONFIG_RUN);
    assert_shown("save", "");
    assert_shown("appendonly", "no");
    assert_shown("slaveof", "");
    assert_shown("masterauth", "");
    assert_shown("commandlog-request-larger-than", "-1");
    assert_false(config.appendonly);
    assert_text_refused("appendonly maybe\n", "argument must be 'yes' or 'no'");
    assert_text_refused("save 60\n", "Invalid save parameters");
}

static char logged[64 * 1024];

/* Keeps what config_log_pending logs. */
static void log_pending(void) {
    struct log_options options = {.path = path_of("log"), .level = LOG_LEVEL_NOTICE};
    assert_true(log_open(&options));
    config_log_pending();
    log_close();
    log_set_level(LOG_LEVEL_NOTHING);
    char *text = read_text_of(path_of("log"));
    snprintf(logged, sizeof(logged), "%s", text);
    alloc_free_unsized(text);
}

static void a_notice_names_the_options_without_effect_that_were_given(void **state) {
    (void)state;
    assert_int_equal(start_with_file("save 60 1\ntimeout 3\nappendonly yes\nmasterauth very-secret\n"),
                     CONFIG_RUN);
    log_pending();
    assert_non_null(strstr(logged, "save, appendonly, masterauth\n"));
    assert_null(strstr(logged, "timeout"));
    assert_null(strstr(logged, "very-secret"));
}

static void no_notice_names_a_value_that_is_in_effect_anyway(void **state) {
    (void)state;
    assert_int_equal(start_with_file("save \"\"\nappendonly no\nreplicaof no one\ntimeout 3\n"), CONFIG_RUN);
    log_pending();
    assert_string_equal(logged, "");
}

static void all_options_without_effect_are_named_even_if_they_need_more_lines(void **state) {
    (void)state;
    char text[32 * 1024];
    size_t len = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (o->flags & LATER)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s%s%s\n", o->name,
                                    o->flags & WORDS ? "" : "\"", o->initial, o->flags & WORDS ? "" : "\"");
    }
    assert_int_equal(start_with_file(text), CONFIG_RUN);
    log_pending();
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        char name[80];
        snprintf(name, sizeof(name), " %s", o->name);
        if ((o->flags & LATER) && !strstr(logged, name)) fail_msg("%s is not named", o->name);
    }
}

/* --- Values and their errors, as CONFIG SET has them --- */

static void booleans_are_yes_or_no(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("protected-mode", "NO", NULL));
    assert_shown("protected-mode", "no");
    assert_refused("protected-mode", "", "argument must be 'yes' or 'no'");
    assert_refused("protected-mode", "yes ", "argument must be 'yes' or 'no'");
}

static void integers_have_one_spelling_and_a_range(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("timeout", "2147483647", NULL));
    assert_refused("timeout", "2147483648", "argument must be between 0 and 2147483647 inclusive");
    assert_refused("timeout", "-1", "argument must be between 0 and 2147483647 inclusive");
    assert_refused("timeout", "010", "argument couldn't be parsed into an integer");
    assert_refused("timeout", "1.5", "argument couldn't be parsed into an integer");
    assert_refused("timeout", "10k", "argument couldn't be parsed into an integer");
    assert_refused("maxclients", "0", "argument must be between 1 and 4294967295 inclusive");
}

static void memory_has_units_and_is_shown_in_bytes(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    static const char *const amounts[][2] = {{"1k", "1000"},
                                             {"1KB", "1024"},
                                             {"100m", "100000000"},
                                             {"100Mb", "104857600"},
                                             {"1gb", "1073741824"},
                                             {"12b", "12"},
                                             {"", "0"},
                                             {"gb", "0"}, /* as Redis has it */
                                             {"18446744073709551615", "18446744073709551615"}};
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        assert_true(set("maxmemory", amounts[i][0], NULL));
        assert_shown("maxmemory", amounts[i][1]);
    }
    static const char *const wrong[] = {"x", "-1", "1.5gb", "1gbb", " 1", "0x10", "+1", "99999999999gb"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_refused("maxmemory", wrong[i], "argument must be a memory value");
    assert_refused("client-query-buffer-limit", "1048575",
                   "argument must be between 1048576 and 9223372036854775807 inclusive");
}

static void choices_name_all_that_is_possible(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("loglevel", "DEBUG", NULL));
    assert_shown("loglevel", "debug");
    assert_refused("loglevel", "loud",
                   "argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
    assert_refused("loglevel", "",
                   "argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
    assert_refused("maxmemory-policy", "lru",
                   "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, "
                   "volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction");
}

static void the_way_to_stop_is_a_union_of_words(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("shutdown-on-sigint", "now save", NULL));
    assert_shown("shutdown-on-sigint", "save now");
    assert_true(set("shutdown-on-sigint", "default force", NULL));
    assert_shown("shutdown-on-sigint", "force");
    assert_true(set("shutdown-on-sigint", "default", NULL));
    assert_shown("shutdown-on-sigint", "default");
    assert_refused("shutdown-on-sigint", "save nosave",
                   "shutdown options SAVE and NOSAVE can't be used simultaneously");
    const char *names = "argument(s) must be one of the following: default, save, nosave, now, force";
    assert_refused("shutdown-on-sigint", "", names);
    assert_refused("shutdown-on-sigint", "now  save", names);
    assert_refused("shutdown-on-sigint", "now,save", names);
}

static void the_score_has_two_names_for_one_value(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("oom-score-adj", "relative", NULL));
    assert_shown("oom-score-adj", "yes");
    assert_true(set("oom-score-adj-values", "3 2 -1", NULL));
    assert_shown("oom-score-adj-values", "3 2 -1");
    assert_refused("oom-score-adj-values", "1 2", "wrong number of arguments");
    assert_refused("oom-score-adj-values", "1 2 2001",
                   "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
}

static void output_limits_change_only_the_classes_named(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("client-output-buffer-limit", "replica 1mb 2gb 3 NORMAL 7 8 9", NULL));
    assert_shown("client-output-buffer-limit",
                 "normal 7 8 9 slave 1048576 2147483648 3 pubsub 33554432 8388608 60");
    assert_refused("client-output-buffer-limit", "normal 1 2",
                   "Wrong number of arguments in buffer limit configuration.");
    assert_refused("client-output-buffer-limit", "master 1 2 3",
                   "Invalid client class specified in buffer limit configuration.");
    assert_refused("client-output-buffer-limit", "normal 1 1 1 pubsub 1 2 x",
                   "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    assert_refused("client-output-buffer-limit", "normal -1 2 3",
                   "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    assert_shown("client-output-buffer-limit",
                 "normal 7 8 9 slave 1048576 2147483648 3 pubsub 33554432 8388608 60");
}

static void addresses_are_a_bounded_list(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("bind", "127.0.0.1 ::1", NULL));
    assert_shown("bind", "127.0.0.1 ::1");
    assert_true(set("bind", "", NULL));
    assert_shown("bind", "");
    assert_true(set("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", NULL));
    assert_refused("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified.");
}

static void event_classes_are_shown_in_one_order(void **state) {
    (void)state;
    static const char *const classes[][2] = {
        {"KEA", "AKE"}, {"Klg$szhxetdmn", "AKm"}, {"Kn", "nK"}, {"EKmntezxdhsl$", "$lshzxetdnKEm"}, {"", ""}};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        assert_read("notify-keyspace-events", classes[i][0], classes[i][1]);
    assert_text_refused("notify-keyspace-events 'K E'\n",
                        "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
}

static void hz_is_brought_into_its_range(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("hz", "0", NULL));
    assert_shown("hz", "1");
    assert_true(set("hz", "100000", NULL));
    assert_shown("hz", "500");
    assert_refused("hz", "-1", "argument must be between 0 and 2147483647 inclusive");
    assert_refused("hz", " 10", "argument couldn't be parsed into an integer");
}

static void a_title_template_knows_its_variables(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    static const char *const right[] = {
        "{title} {port}", "}", "a", "{{title}",
        "{title} {listen-addr} {server-mode} {port} {tls-port} {unixsocket} {config-file}"};
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(set("proc-title-template", right[i], NULL));
    static const char *const wrong[] = {"", "{title}", "{}", "x {title} {x}", "{title} {port"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_refused("proc-title-template", wrong[i],
                       "template format is invalid or contains unknown variables");
}

static void text_has_no_zero_byte_and_a_limit(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    slice pair[] = {SLICE("requirepass"), SLICE("a\0b")};
    assert_false(config_set(pair, 1, false, &refusal));
    assert_string_equal(refusal.reason, "argument must not hold a zero byte");
    char *text = alloc(CONFIG_TEXT_MAX + 2);
    memset(text, 'x', CONFIG_TEXT_MAX + 1);
    text[CONFIG_TEXT_MAX + 1] = '\0';
    assert_refused("requirepass", text, "argument is longer than 8192 bytes");
    text[CONFIG_TEXT_MAX] = '\0';
    assert_true(set("requirepass", text, NULL));
    assert_shown("requirepass", text);
    alloc_free_unsized(text);
}

/* --- CONFIG SET --- */

static void an_alias_is_shown_beside_its_option(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("hash-max-ziplist-entries", "7", NULL));
    assert_shown("hash-max-listpack-entries", "7");
    assert_shown("hash-max-ziplist-entries", "7");
    assert_int_equal(config.hash_max_listpack_entries, 7);
    assert_true(set("hash-max-listpack-entries", "1", "hash-max-ziplist-entries", "2", NULL));
    assert_shown("hash-max-listpack-entries", "2");
}

static void names_are_known_in_any_case_and_given_back_as_they_were(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("TimeOut", "8", NULL));
    assert_shown("timeout", "8");
    assert_refused("TIMEOUT", "x", "argument couldn't be parsed into an integer");
}

static void several_settings_change_together_or_not_at_all(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_true(set("timeout", "1", "maxmemory", "2kb", "requirepass", "p", NULL));
    assert_false(set("requirepass", "q", "timeout", "5", "maxmemory", "x", NULL));
    assert_string_equal(refusal.reason, "argument must be a memory value");
    assert_shown("timeout", "1");
    assert_shown("requirepass", "p");
    assert_false(set("timeout", "5", "nosuch", "x", NULL));
    assert_true(refusal.unknown);
    assert_true(slice_equal(refusal.name, SLICE("nosuch")));
    assert_shown("timeout", "1");
}

static void names_are_checked_before_values(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_false(set("maxmemory", "x", "nosuch", "y", NULL));
    assert_true(refusal.unknown);
    assert_false(set("daemonize", "x", "nosuch", "y", NULL));
    assert_string_equal(refusal.reason, "can't set immutable config");
    assert_false(set("maxmemory", "1", "MAXMEMORY", "x", NULL));
    assert_string_equal(refusal.reason, "duplicate parameter");
    assert_true(slice_equal(refusal.name, SLICE("MAXMEMORY")));
}

static void fixed_options_can_not_be_set(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_is_public(&option_table[i]) && (option_table[i].flags & FIXED))
            assert_refused(option_table[i].name, "x", "can't set immutable config");
}

static void options_of_files_only_are_unknown(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    static const char *const names[] = {"rename-command", "include", "user", "loadmodule"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_false(set(names[i], "x y", NULL));
        assert_true(refusal.unknown);
        assert_false(is_shown(names[i]));
    }
}

static void protected_options_depend_on_permission_and_place(void **state) {
    (void)state;
    assert_int_equal(start(NULL), CONFIG_RUN);
    assert_refused("dir", "/", "can't set protected config");
    assert_int_equal(start("--enable-protected-configs", "local", NULL), CONFIG_RUN);
    assert_refused("dir", "/", "can't set protected config");
    assert_true(set_locally("dir", "/", NULL));
    assert_int_equal(start("--enable-protected-configs", "yes", NULL), CONFIG_RUN);
    assert_true(set("dir", "/", NULL));
}

static void assert_working_directory(const char *expected) {
    char now[PATH_MAX];
    assert_non_null(getcwd(now, sizeof(now)));
    assert_string_equal(now, expected);
}

static void the_directory_is_entered_and_shown_as_it_is(void **state) {
    (void)state;
    assert_int_equal(start("--enable-protected-configs", "yes", NULL), CONFIG_RUN);
    assert_int_equal(mkdir(path_of("inner"), 0700), 0);
    assert_true(set("dir", "inner/../inner", NULL));
    assert_shown("dir", path_of("inner"));
    assert_working_directory(path_of("inner"));
    assert_refused("dir", "/nowhere", "No such file or directory");
    assert_refused("dir", "", "No such file or directory");
    assert_shown("dir", path_of("inner"));
    assert_working_directory(path_of("inner"));
}

/* Hooks that note when they are called. */
static int first_calls, second_calls;
static int64_t seen_timeout;
static bool second_agrees;

static bool first_hook(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    first_calls++;
    seen_timeout = config.timeout_s;
    return true;
}

static bool second_hook(char reason[CONFIG_REASON_MAX]) {
    second_calls++;
    if (!second_agrees) snprintf(reason, CONFIG_REASON_MAX, "not today");
    return second_agrees;
}

static void start_with_hooks(void) {
    assert_int_equal(start(NULL), CONFIG_RUN);
    config_on_change("timeout", first_hook);
    config_on_change("tcp-keepalive", first_hook);
    config_on_change("maxclients", second_hook);
    first_calls = second_calls = 0;
    second_agrees = true;
}

static void a_hook_sees_the_new_value_once(void **state) {
    (void)state;
    start_with_hooks();
    assert_true(set("timeout", "4", "tcp-keepalive", "9", NULL));
    assert_int_equal(first_calls, 1);
    assert_int_equal(seen_timeout, 4);
    assert_int_equal(second_calls, 0);
}

static void a_hook_is_not_called_when_nothing_changes(void **state) {
    (void)state;
    start_with_hooks();
    assert_true(set("timeout", "0", "tcp-keepalive", "300", NULL));
    assert_int_equal(first_calls, 0);
}

static void a_hook_that_refuses_undoes_everything(void **state) {
    (void)state;
    start_with_hooks();
    second_agrees = false;
    assert_false(set("requirepass", "new", "timeout", "4", "maxclients", "50", "maxmemory", "1", NULL));
    assert_true(slice_equal(refusal.name, SLICE("maxclients")));
    assert_string_equal(refusal.reason, "not today");
    assert_shown("timeout", "0");
    assert_shown("maxclients", "10000");
    assert_shown("maxmemory", "0");
    assert_shown("requirepass", "");
    assert_int_equal(first_calls, 2);
    assert_int_equal(seen_timeout, 0);
    assert_int_equal(second_calls, 2);
}

/* --- Files --- */

static void lines_have_comments_quotes_and_spaces(void **state) {
    (void)state;
    assert_int_equal(start_with_file("# timeout 1\n\n   \t\r\n  # timeout 2\n\tTIMEOUT \t 3 \r\n"
                                     "requirepass \"a \\\"b\\\" \\x41\"\nlogfile '/x y'\n\"hz\" \"20\""),
                     CONFIG_RUN);
    assert_shown("timeout", "3");
    assert_shown("requirepass", "a \"b\" A");
    assert_shown("logfile", "/x y");
    assert_shown("hz", "20");
}

static void later_lines_win_but_lists_grow(void **state) {
    (void)state;
    assert_int_equal(
        start_with_file("timeout 1\ntimeout 2\nbind 1.1.1.1\nbind 2.2.2.2\nrename-command GET a\n"
                        "rename-command SET b\nclient-output-buffer-limit normal 1 1 1\n"
                        "client-output-buffer-limit pubsub 2 2 2\n"),
        CONFIG_RUN);
    assert_shown("timeout", "2");
    assert_shown("bind", "2.2.2.2");
    assert_int_equal(config.rename_command.count, 2);
    assert_string_equal(config.rename_command.command[0].to, "a");
    assert_string_equal(config.rename_command.command[1].to, "b");
    assert_shown("client-output-buffer-limit", "normal 1 1 1 slave 268435456 67108864 60 pubsub 2 2 2");
}

static void assert_save_points(const char *text, const char *expected) {
    struct config *c = settings_of(slice_of(text));
    char *shown = option_text(option_find(SLICE("save")), c, FORM_SHOWN);
    assert_string_equal(shown, expected);
    alloc_free_unsized(shown);
    free_settings(c);
}

static void save_points_add_up_until_they_are_forgotten(void **state) {
    (void)state;
    assert_save_points("save 3600 1\nsave 300 10 60 5\n", "3600 1 300 10 60 5");
    assert_save_points("save 3600 1\nsave \"\"\nsave 60 2\n", "60 2");
    assert_save_points("save 60 2\nsave\n", "");
}

static void several_words_may_be_one_in_quotes(void **state) {
    (void)state;
    assert_int_equal(
        start_with_file("bind \"127.0.0.1 ::1\"\nshutdown-on-sigint \"save now\"\n"
                        "client-output-buffer-limit \"normal 1 2 3\"\noom-score-adj-values '1 2 3'\n"),
        CONFIG_RUN);
    assert_shown("bind", "127.0.0.1 ::1");
    assert_shown("shutdown-on-sigint", "save now");
    assert_shown("oom-score-adj-values", "1 2 3");
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_NORMAL].soft_seconds, 3);
}

static void a_bad_line_is_named_with_file_number_text_and_reason(void **state) {
    (void)state;
    char expected[CONFIG_ERROR_MAX];
    assert_int_equal(start_with_file("# x\nport 7000\n  maxmemory 1x\n"), CONFIG_INVALID);
    snprintf(expected, sizeof(expected),
             "*** The configuration is not valid ***\n%s, line 3:\n>>> 'maxmemory 1x'\n"
             "argument must be a memory value\n",
             path_of("stint.conf"));
    assert_string_equal(error, expected);
}

static void every_kind_of_bad_line_is_refused(void **state) {
    (void)state;
    assert_text_refused("nosuch 1\n", "Bad directive or wrong number of arguments");
    assert_text_refused("include\n", "Bad directive or wrong number of arguments");
    assert_text_refused("include a b\n", "Bad directive or wrong number of arguments");
    assert_text_refused("sentinel x\n", "Bad directive or wrong number of arguments");
    assert_text_refused("\"\"\n", "Bad directive or wrong number of arguments");
    assert_text_refused("timeout\n", "wrong number of arguments");
    assert_text_refused("timeout 1 2\n", "wrong number of arguments");
    assert_text_refused("timeout 1 # not a comment\n", "wrong number of arguments");
    assert_text_refused("timeout \"1\n", "Unbalanced quotes in configuration line");
    assert_text_refused("timeout \"1\"2\n", "Unbalanced quotes in configuration line");
    assert_text_refused("rename-command GET\n", "wrong number of arguments");
    assert_text_refused("unixsocketperm 999\n", "argument couldn't be parsed as an octal number");
    assert_text_refused("unixsocketperm 1777\n", "argument must be between 0 and 777 inclusive");
    assert_text_refused("supervised x\n",
                        "argument(s) must be one of the following: upstart, systemd, auto, no");
    assert_text_refused("dir /nowhere\n", "No such file or directory");
    assert_text_refused("dir stint.conf\n", "Not a directory");
    assert_text_refused("dbfilename a/b\n", "dbfilename can't be a path, just a filename");
}

static bool is_get_or_set(slice name) { return slice_is(name, "get") || slice_is(name, "set"); }

static void a_renaming_is_checked_as_it_is_read(void **state) {
    (void)state;
    config_command_exists = is_get_or_set;
    assert_text_refused("rename-command nosuch x\n", "No such command in rename-command");
    assert_text_refused("rename-command \"\" x\n", "No such command in rename-command");
    assert_text_refused("rename-command GET SET\n", "Target command name already exists");
    assert_int_equal(start_with_file("rename-command get a\nrename-command GET b\n"), CONFIG_INVALID);
    assert_non_null(
        strstr(error, "line 2:\n>>> 'rename-command GET b'\nNo such command in rename-command\n"));
    assert_int_equal(start_with_file("rename-command get a\nrename-command set A\n"), CONFIG_INVALID);
    assert_non_null(strstr(error, "line 2:"));
    assert_int_equal(start_with_file("rename-command get \"\"\nrename-command \"\" b\n"), CONFIG_INVALID);
    assert_non_null(strstr(error, "line 2:"));
    assert_int_equal(start_with_file("rename-command GET a\nrename-command SET get\nrename-command A set\n"
                                     "rename-command set SET\nrename-command set \"\"\n"),
                     CONFIG_RUN);
    assert_int_equal(config.rename_command.count, 5);
    config_command_exists = NULL;
}

static void a_line_is_bounded_and_has_no_zero_byte(void **state) {
    (void)state;
    char *text = alloc(CONFIG_LINE_MAX + 32);
    memset(text, ' ', CONFIG_LINE_MAX + 32);
    memcpy(text, "timeout", 7);
    strcpy(text + CONFIG_LINE_MAX, " 1\n");
    assert_text_refused(text, "the line is too long");
    alloc_free_unsized(text);

    struct config *c = alloc_zeroed(sizeof(*c));
    config_loader *loader = alloc(sizeof(*loader));
    option_set_defaults(c);
    config_loader_init(loader, c, "/");
    assert_false(config_load_text(loader, SLICE("timeout 1\0"), "text"));
    assert_non_null(strstr(loader->error, "zero byte"));
    option_free_all(c);
    alloc_free_unsized(c);
    alloc_free_unsized(loader);
}

static void passwords_are_not_repeated_in_errors(void **state) {
    (void)state;
    static const char *const lines[] = {"requirepass s3cret more\n", "requirepass \"s3cret\n",
                                        "\"requirepass\" s3cret x\n", "user\n#s3cret\nmasterauth s3cret x",
                                        "  REQUIREPASS s3cret x\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(start_with_file(lines[i]), CONFIG_INVALID);
        assert_null(strstr(error, "s3cret"));
        assert_non_null(strstr(error, "not shown"));
    }
    assert_int_equal(start("--requirepass", "s3cret", "more", NULL), CONFIG_INVALID);
    assert_null(strstr(error, "s3cret"));
}

static void includes_are_read_in_place(void **state) {
    (void)state;
    assert_int_equal(mkdir(path_of("conf.d"), 0700), 0);
    write_file("conf.d/a.conf", "timeout 1\nhz 20\n");
    write_file("conf.d/b.conf", "timeout 2\n");
    assert_int_equal(start_with_file("hz 30\ninclude conf.d/*.conf\nmaxclients 99\n"), CONFIG_RUN);
    assert_shown("timeout", "2");
    assert_shown("hz", "20");
    assert_shown("maxclients", "99");
    assert_int_equal(start_with_file("dir conf.d\ninclude a.conf\n"), CONFIG_RUN);
    assert_shown("timeout", "1");
    assert_working_directory(path_of("conf.d"));
}

static void a_pattern_may_match_nothing_but_a_plain_path_must_exist(void **state) {
    (void)state;
    assert_int_equal(start_with_file("include nowhere*.conf\ntimeout 4\n"), CONFIG_RUN);
    assert_shown("timeout", "4");
    assert_text_refused("include nowhere.conf\n", "nowhere.conf: No such file or directory");
}

static void an_error_in_an_included_file_names_that_file(void **state) {
    (void)state;
    write_file("inner.conf", "\ntimeout x\n");
    assert_text_refused("hz 10\nhz 10\nhz 10\ninclude inner.conf\n", "inner.conf, line 2:\n>>> 'timeout x'");
    write_file("inner.conf", "timeout 1\n");
    assert_text_refused("include inner.conf\ntimeout x\n", "stint.conf, line 2:\n>>> 'timeout x'");
}

static void files_that_include_themselves_are_refused(void **state) {
    (void)state;
    assert_text_refused("include stint.conf\n", "files include each other more than 16 deep");
}

static void a_missing_file_is_an_error(void **state) {
    (void)state;
    assert_int_equal(start("/nowhere/stint.conf", NULL), CONFIG_INVALID);
    assert_string_equal(error,
                        "Can't open the configuration file /nowhere/stint.conf: No such file or directory\n");
    assert_int_equal(start(scratch, NULL), CONFIG_INVALID);
    assert_non_null(strstr(error, "Is a directory"));
}

/* --- The command line --- */

static void the_command_line_has_the_last_word(void **state) {
    (void)state;
    write_file("stint.conf", "timeout 1\nhz 20\n");
    assert_int_equal(start("stint.conf", "--timeout", "5", NULL), CONFIG_RUN);
    assert_shown("timeout", "5");
    assert_shown("hz", "20");
    assert_string_equal(config_file_path(), path_of("stint.conf"));
}

static void values_go_up_to_the_next_option(void **state) {
    (void)state;
    assert_int_equal(start("--bind", "127.0.0.1", "::1", "--Timeout", "5", "--rename-command", "GET", "",
                           "--rename-command", "SET", "put", "--shutdown-on-sigint", "save now", NULL),
                     CONFIG_RUN);
    assert_shown("bind", "127.0.0.1 ::1");
    assert_shown("timeout", "5");
    assert_int_equal(config.rename_command.count, 2);
    assert_string_equal(config.rename_command.command[1].to, "put");
    assert_shown("shutdown-on-sigint", "save now");
}

static void the_word_after_a_name_is_its_value_whatever_it_looks_like(void **state) {
    (void)state;
    assert_int_equal(start("--requirepass", "--timeout", "--timeout", "5", NULL), CONFIG_RUN);
    assert_shown("requirepass", "--timeout");
    assert_shown("timeout", "5");
    assert_int_equal(start("--requirepass", "a\\n \"b", NULL), CONFIG_RUN);
    assert_shown("requirepass", "a\\n \"b");
    assert_int_equal(start("--save", "--timeout", "4", NULL), CONFIG_RUN);
    assert_shown("timeout", "4");
    assert_int_equal(config.save.count, 0);
    assert_int_equal(start("--port", "0", "--save", "", "--timeout", "4", NULL), CONFIG_RUN);
    assert_shown("timeout", "4");
}

static void name_and_value_may_be_one_word(void **state) {
    (void)state;
    assert_int_equal(start("--timeout 7", "--hz 20", NULL), CONFIG_RUN);
    assert_shown("timeout", "7");
    assert_shown("hz", "20");
    assert_int_equal(start("--timeout", "7", "--", NULL), CONFIG_RUN);
}

static void a_bad_option_is_shown(void **state) {
    (void)state;
    assert_int_equal(start("--port", "7000", "--timeout", "5", "6 7", NULL), CONFIG_INVALID);
    assert_string_equal(
        error, "*** The configuration is not valid ***\nThe command line:\n>>> '--timeout 5 \"6 7\"'\n"
               "wrong number of arguments\n");
    assert_int_equal(start("--port=7000", NULL), CONFIG_INVALID);
    assert_int_equal(start("--nosuch", "1", NULL), CONFIG_INVALID);
    assert_int_equal(start("--timeout", NULL), CONFIG_INVALID);
    assert_int_equal(start("-x", NULL), CONFIG_INVALID);
    assert_int_equal(start("--", "word", NULL), CONFIG_INVALID);
    write_file("stint.conf", "");
    assert_int_equal(start("stint.conf", "word", NULL), CONFIG_INVALID);
}

static void version_and_help_are_asked_for_first(void **state) {
    (void)state;
    assert_int_equal(start("-v", NULL), CONFIG_SHOW_VERSION);
    assert_int_equal(start("--version", "x", NULL), CONFIG_SHOW_VERSION);
    assert_int_equal(start("-h", NULL), CONFIG_SHOW_HELP);
    assert_int_equal(start("--help", NULL), CONFIG_SHOW_HELP);
}

/* Has the standard input give that text to a start with these arguments. */
static enum config_action start_with_input(const char *text, const char *first, const char *second,
                                           const char *third) {
    int kept = dup(STDIN_FILENO);
    write_file("input", text);
    int fd = open(path_of("input"), O_RDONLY);
    assert_true(kept >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    enum config_action action = start(first, second, third, NULL);
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    close(kept);
    return action;
}

static void the_standard_input_comes_between_file_and_command_line(void **state) {
    (void)state;
    write_file("stint.conf", "timeout 1\nhz 20\nmaxclients 30");
    assert_int_equal(start_with_input("timeout 2\nhz 40\n", "stint.conf", "--timeout 3", "-"), CONFIG_RUN);
    assert_shown("timeout", "3");
    assert_shown("hz", "40");
    assert_shown("maxclients", "30");
    assert_int_equal(start_with_input("timeout 2\n", "-", "--hz", "50"), CONFIG_RUN);
    assert_shown("timeout", "2");
    assert_shown("hz", "50");
    assert_string_equal(config_file_path(), "");
    assert_int_equal(start_with_input("\ntimeout x\n", "-", NULL, NULL), CONFIG_INVALID);
    assert_non_null(strstr(error, "The standard input, line 2:"));
}

static void a_failed_start_leaves_the_working_directory(void **state) {
    (void)state;
    assert_text_refused("dir /\ntimeout x\n", "argument couldn't be parsed into an integer");
    assert_working_directory(scratch);
}

/* --- CONFIG REWRITE --- */

static void rewriting_changes_nothing_when_nothing_changed(void **state) {
    (void)state;
    const char *text = "# c\n\n  timeout   \"3\"   \nmaxmemory 100mb\n\ttimeout 3\nsave 60 1\n# end";
    assert_int_equal(start_with_file(text), CONFIG_RUN);
    assert_true(config_rewrite());
    assert_file("stint.conf", text);
}

static void rewriting_leaves_lines_that_are_not_right(void **state) {
    (void)state;
    const char *text =
        "nosuch\ntimeout x\nclient-output-buffer-limit normal 9 9 9 pubsub 1 1 x\ndir /nowhere\n";
    assert_int_equal(start_with_file(""), CONFIG_RUN);
    write_file("stint.conf", text);
    assert_true(config_rewrite());
    assert_file("stint.conf", text);
}

static void rewriting_replaces_changed_lines_and_appends_new_ones(void **state) {
    (void)state;
    assert_int_equal(
        start_with_file("# head\nport 7000\n\n# idle\ntimeout 1\n  TIMEOUT 2\nmaxmemory 64mb\n"
                        "rename-command GET \"\"\nsave 10 1\nsave 20 2\nhash-max-ziplist-value 64\n# end"),
        CONFIG_RUN);
    assert_true(set("timeout", "9", "maxmemory", "2gb", "requirepass", "a \"b\"", "hash-max-listpack-value",
                    "2048", "bind", "127.0.0.1 ::1", "shutdown-on-sigint", "save now", NULL));
    assert_true(config_rewrite());
    const char *rewritten =
        "# head\nport 7000\n\n# idle\ntimeout 1\ntimeout 9\nmaxmemory 2gb\n"
        "rename-command GET \"\"\nsave 10 1\nsave 20 2\nhash-max-ziplist-value 2kb\n# end\n"
        "\n# Written by CONFIG REWRITE\nbind 127.0.0.1 ::1\nrequirepass \"a \\\"b\\\"\"\n"
        "shutdown-on-sigint save now\n";
    assert_file("stint.conf", rewritten);

    assert_int_equal(start("stint.conf", NULL), CONFIG_RUN);
    assert_shown("timeout", "9");
    assert_shown("requirepass", "a \"b\"");
    assert_shown("bind", "127.0.0.1 ::1");
    assert_true(config_rewrite());
    assert_file("stint.conf", rewritten);
}

static void the_comment_above_appended_lines_comes_once(void **state) {
    (void)state;
    assert_int_equal(start_with_file("hz 20\n"), CONFIG_RUN);
    assert_true(set("timeout", "1", NULL));
    assert_true(config_rewrite());
    assert_true(set("maxclients", "77", "timeout", "0", NULL));
    assert_true(config_rewrite());
    assert_file("stint.conf", "hz 20\n\n# Written by CONFIG REWRITE\ntimeout 0\nmaxclients 77\n");
}

static void settings_of_the_command_line_are_written_too(void **state) {
    (void)state;
    write_file("stint.conf", "timeout 1\n");
    assert_int_equal(start("stint.conf", "--timeout", "2", "--port", "7001", NULL), CONFIG_RUN);
    assert_true(config_rewrite());
    assert_file("stint.conf", "timeout 2\n\n# Written by CONFIG REWRITE\nport 7001\n");
}

static void a_setting_of_an_included_file_is_overruled_at_the_end(void **state) {
    (void)state;
    write_file("inner.conf", "timeout 1\nhz 30\n");
    assert_int_equal(start_with_file("timeout 5\ninclude inner.conf\n"), CONFIG_RUN);
    assert_true(set("timeout", "6", NULL));
    assert_true(config_rewrite());
    assert_file("stint.conf", "timeout 5\ninclude inner.conf\n\n# Written by CONFIG REWRITE\ntimeout 6\n");
    assert_file("inner.conf", "timeout 1\nhz 30\n");
}

static void relative_paths_are_understood_after_the_directory_changed(void **state) {
    (void)state;
    assert_int_equal(mkdir(path_of("data"), 0700), 0);
    write_file("part.conf", "timeout 8\n");
    write_file("stint.conf", "include part.conf\ndir data\nenable-protected-configs yes\n");
    assert_int_equal(start("stint.conf", NULL), CONFIG_RUN);
    assert_true(config_rewrite());
    assert_file("stint.conf", "include part.conf\ndir data\nenable-protected-configs yes\n");
    assert_true(set("dir", "..", NULL));
    assert_true(config_rewrite());
    char expected[PATH_MAX + 100];
    snprintf(expected, sizeof(expected), "include part.conf\ndir %s\nenable-protected-configs yes\n",
             scratch);
    assert_file("stint.conf", expected);
}

static void output_limits_of_several_lines_are_settled_in_the_last(void **state) {
    (void)state;
    assert_int_equal(start_with_file("client-output-buffer-limit normal 1 1 1\n"
                                     "client-output-buffer-limit pubsub 2 2 2\n"),
                     CONFIG_RUN);
    assert_true(set("client-output-buffer-limit", "normal 0 0 0", NULL));
    assert_true(config_rewrite());
    assert_file("stint.conf",
                "client-output-buffer-limit normal 1 1 1\nclient-output-buffer-limit normal 0 0 0 "
                "slave 268435456 67108864 60 pubsub 2 2 2\n");
    assert_int_equal(start("stint.conf", NULL), CONFIG_RUN);
    assert_int_equal(config.client_output_buffer_limit[OUTPUT_LIMIT_NORMAL].hard_bytes, 0);
}

static void the_file_keeps_its_mode_and_a_link_stays_a_link(void **state) {
    (void)state;
    struct stat status;
    write_file("real.conf", "timeout 1\n");
    assert_int_equal(chmod(path_of("real.conf"), 0640), 0);
    assert_int_equal(symlink("real.conf", path_of("link.conf")), 0);
    assert_int_equal(start("link.conf", NULL), CONFIG_RUN);
    assert_true(set("timeout", "2", NULL));
    assert_true(config_rewrite());
    assert_file("real.conf", "timeout 2\n");
    assert_int_equal(stat(path_of("real.conf"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(lstat(path_of("link.conf"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void a_file_that_vanished_is_made_again_for_its_owner(void **state) {
    (void)state;
    struct stat status;
    assert_int_equal(start_with_file("timeout 1\n"), CONFIG_RUN);
    assert_int_equal(unlink(path_of("stint.conf")), 0);
    assert_true(config_rewrite());
    assert_file("stint.conf", "\n# Written by CONFIG REWRITE\ntimeout 1\n");
    assert_int_equal(stat(path_of("stint.conf"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_failed_rewrite_leaves_the_file_and_nothing_else(void **state) {
    (void)state;
    assert_int_equal(mkdir(path_of("gone"), 0700), 0);
    write_file("gone/stint.conf", "timeout 1\n");
    assert_int_equal(start("gone/stint.conf", NULL), CONFIG_RUN);
    assert_int_equal(unlink(path_of("gone/stint.conf")), 0);
    assert_int_equal(mkdir(path_of("gone/stint.conf"), 0700), 0);
    assert_false(config_rewrite());
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir(path_of("gone/stint.conf")), 0);
    assert_int_equal(rmdir(path_of("gone")), 0); /* empty: no temporary file is left */
    assert_false(config_rewrite());
    assert_int_equal(errno, ENOENT);
}

/* What a rewritten file says is what was in force, for a value unlike the default of every option. */
static void what_is_rewritten_reads_back(void **state) {
    (void)state;
    assert_int_equal(start("--enable-protected-configs", "yes", NULL), CONFIG_RUN);
    assert_true(set("bind", "", "port", "1", "protected-mode", "no", "client-output-buffer-limit",
                    "normal 1 2 3", "client-query-buffer-limit", "1048577", "requirepass",
                    "\r\n\t\x01\"'\\ #", "dir", "/", "proc-title-template", "{title} # \"x\"",
                    "shutdown-on-sigint", "nosave force", "oom-score-adj", "absolute", "oom-score-adj-values",
                    "-1 0 1", "hz", "77", "loglevel", "warning", NULL));
    assert_true(set("maxmemory", "3gb", "maxmemory-policy", "volatile-ttl", "lfu-decay-time", "0", NULL));
    slice text = config_rewritten((slice){"", 0}, scratch, &config);

    struct config *c = settings_of(text);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_is_public(&option_table[i]) && !option_equal(&option_table[i], c, &config))
            fail_msg("%s differs", option_table[i].name);
    free_settings(c);
    alloc_free_unsized((char *)text.data);
}

/* save, once it is in effect, has lines that add up: what is written must read back after any of them. */
static void written_save_points_replace_those_before(void **state) {
    (void)state;
    struct config *c = settings_of(SLICE("save 60 1 30 2\n"));
    char *written = option_text(option_find(SLICE("save")), c, FORM_FILE);
    char text[256];
    snprintf(text, sizeof(text), "save 1 1\nsave 2 2\nsave %s\n", written);
    assert_save_points(text, "60 1 30 2");
    alloc_free_unsized(written);
    free_settings(c);
}

/* --- Documentation --- */

/* A file of the source tree, whatever directory the test was started in. */
static const char *tree_path(const char *name) {
    static char path[2 * PATH_MAX];
    const char *self = __FILE__, *end = strstr(self, "tests/unit/");
    assert_non_null(end);
    snprintf(path, sizeof(path), "%s%s%.*s%s", self[0] == '/' ? "" : home, self[0] == '/' ? "" : "/",
             (int)(end - self), self, name);
    return path;
}

struct row {
    const char *section; /* of a heading; else NULL */
    const char *name, *alias, *initial, *summary;
    unsigned flags;
};

static const struct row rows[] = {
#define SECTION(title)                                         {.section = title},
#define BOOL(f, name, alias, initial, flags, summary)          {NULL, name, alias, initial, summary, flags},
#define INTEGER(f, name, alias, initial, l, m, flags, summary) {NULL, name, alias, initial, summary, flags},
#define OCTAL(f, name, alias, initial, l, m, flags, summary)   {NULL, name, alias, initial, summary, flags},
#define MEMORY(f, name, alias, initial, l, m, flags, summary)  {NULL, name, alias, initial, summary, flags},
#define SHARE(f, name, alias, initial, flags, summary)         {NULL, name, alias, initial, summary, flags},
#define CHOICE(f, name, alias, initial, n, flags, summary)     {NULL, name, alias, initial, summary, flags},
#define CHOICES(f, name, alias, initial, n, check, flags, summary)                                           \
    {NULL, name, alias, initial, summary, flags},
#define TEXT(f, name, alias, initial, check, flags, summary) {NULL, name, alias, initial, summary, flags},
#define SPECIAL(f, type, name, alias, initial, rules, flags, summary)                                        \
    {NULL, name, alias, initial, summary, flags},
#define UNREAD(name, words, flags, summary) {NULL, name, NULL, "", summary, flags},
#include "server/config/config_options.h"
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static const char *run_time_of(unsigned flags) {
    return flags & (FIXED | FILE_ONLY) ? "no" : flags & PROTECTED ? "if allowed" : "yes";
}

/* The word that says how far an option is. */
static unsigned word_of(unsigned flags) { return flags & (ONLY | LATER); }

/* Writes the tables of the options with that word, with a heading for each section that has any. */
static void write_tables(FILE *out, unsigned word) {
    static const char *const heads[] = {
        [NOW] = "| option | default | `CONFIG SET` | meaning |\n|---|---|---|---|",
        [ONLY] = "| option | value | meaning |\n|---|---|---|",
        [LATER] = "| option | default | meaning |\n|---|---|---|",
    };
    const char *section = NULL;
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (r->section) section = r->section;
        if (r->section || word_of(r->flags) != word) continue;
        if (section) fprintf(out, "\n### %s\n\n%s\n", section, heads[word]);
        section = NULL;
        fprintf(out, "| `%s`%s%s%s |", r->name, r->alias ? ", `" : "", r->alias ? r->alias : "",
                r->alias ? "`" : "");
        fprintf(out, r->initial[0] ? " `%s` |" : "%s |", r->initial);
        if (word == NOW) fprintf(out, " %s |", run_time_of(r->flags));
        fprintf(out, " %s |\n", r->summary);
    }
    fputc('\n', out);
}

/* Checks what stands between a marker and the next end; with STINT_WRITE_DOCS, returns the page with it put
 * right. */
static char *check_tables(char *page, const char *marker, unsigned word) {
    char *tables = NULL, *fixed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&tables, &len);
    write_tables(out, word);
    fclose(out);
    char *begin = strstr(page, marker);
    assert_non_null(begin);
    begin += strlen(marker);
    char *end = strstr(begin, "<!-- end -->");
    assert_non_null(end);
    if (getenv("STINT_WRITE_DOCS")) {
        out = open_memstream(&fixed, &len);
        fprintf(out, "%.*s%s%s", (int)(begin - page), page, tables, end);
        fclose(out);
    } else if (strlen(tables) != (size_t)(end - begin) || memcmp(tables, begin, strlen(tables)) != 0) {
        fail_msg(
            "docs/configuration.md differs from config_options.h: run this test with STINT_WRITE_DOCS=1");
    }
    alloc_free_unsized(tables);
    if (!fixed) return page;
    alloc_free_unsized(page);
    return fixed;
}

static void the_documentation_has_the_table_of_options(void **state) {
    (void)state;
    char *page = read_text_of(tree_path("docs/configuration.md"));
    page = check_tables(page, "<!-- options in effect -->\n", NOW);
    page = check_tables(page, "<!-- options with one value -->\n", ONLY);
    page = check_tables(page, "<!-- options without effect -->\n", LATER);
    if (getenv("STINT_WRITE_DOCS")) {
        FILE *f = fopen(tree_path("docs/configuration.md"), "w");
        assert_non_null(f);
        fputs(page, f);
        assert_int_equal(fclose(f), 0);
    }
    alloc_free_unsized(page);
}

/* Takes away the # in front of "#name value". */
static void uncomment(char *text) {
    for (char *c = text; *c; c++)
        if (*c == '#' && (c == text || c[-1] == '\n') && c[1] >= 'a' && c[1] <= 'z') *c = ' ';
}

static void the_sample_file_has_every_option_with_its_default(void **state) {
    (void)state;
    char *text = read_text_of(tree_path("stint.conf"));
    struct config *defaults = alloc_zeroed(sizeof(*defaults)), *c = alloc_zeroed(sizeof(*c));
    config_loader *loader = alloc(sizeof(*loader));
    option_set_defaults(defaults);
    option_set_defaults(c);
    config_loader_init(loader, c, scratch);
    uncomment(text);
    if (!config_load_text(loader, slice_of(text), "stint.conf")) fail_msg("%s", loader->error);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        bool has_default = strcmp(o->name, "rename-command") != 0;
        if (word_of(o->flags) != NOW) {
            assert_int_equal(loader->where[i], CONFIG_NOT_SET);
        } else if (!has_default) {
            assert_non_null(strstr(text, o->name));
        } else if (loader->where[i] == CONFIG_NOT_SET) {
            fail_msg("%s is missing in stint.conf", o->name);
        } else if (!option_equal(o, c, defaults) && strcmp(o->name, "dir") != 0) {
            fail_msg("%s has not its default in stint.conf", o->name);
        }
    }
    assert_string_equal(c->dir, scratch);
    option_free_all(defaults);
    option_free_all(c);
    alloc_free_unsized(defaults);
    alloc_free_unsized(c);
    alloc_free_unsized(loader);
    alloc_free_unsized(text);
}

int main(void) {
    log_set_level(LOG_LEVEL_NOTHING);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)
    const struct CMUnitTest tests[] = {
        TEST(every_name_is_lower_case_and_belongs_to_one_option),
        TEST(defaults_are_shown_as_clients_expect),
        TEST(fields_hold_what_the_options_say),
        TEST(options_without_effect_are_checked_but_unknown_to_clients),
        TEST(options_with_one_value_show_it_and_refuse_any_other),
        TEST(options_with_one_value_keep_it_whatever_a_file_says),
        TEST(a_notice_names_the_options_without_effect_that_were_given),
        TEST(no_notice_names_a_value_that_is_in_effect_anyway),
        TEST(all_options_without_effect_are_named_even_if_they_need_more_lines),
        TEST(booleans_are_yes_or_no),
        TEST(integers_have_one_spelling_and_a_range),
        TEST(memory_has_units_and_is_shown_in_bytes),
        TEST(choices_name_all_that_is_possible),
        TEST(the_way_to_stop_is_a_union_of_words),
        TEST(the_score_has_two_names_for_one_value),
        TEST(output_limits_change_only_the_classes_named),
        TEST(addresses_are_a_bounded_list),
        TEST(event_classes_are_shown_in_one_order),
        TEST(hz_is_brought_into_its_range),
        TEST(a_title_template_knows_its_variables),
        TEST(text_has_no_zero_byte_and_a_limit),
        TEST(an_alias_is_shown_beside_its_option),
        TEST(names_are_known_in_any_case_and_given_back_as_they_were),
        TEST(several_settings_change_together_or_not_at_all),
        TEST(names_are_checked_before_values),
        TEST(fixed_options_can_not_be_set),
        TEST(options_of_files_only_are_unknown),
        TEST(protected_options_depend_on_permission_and_place),
        TEST(the_directory_is_entered_and_shown_as_it_is),
        TEST(a_hook_sees_the_new_value_once),
        TEST(a_hook_is_not_called_when_nothing_changes),
        TEST(a_hook_that_refuses_undoes_everything),
        TEST(lines_have_comments_quotes_and_spaces),
        TEST(later_lines_win_but_lists_grow),
        TEST(save_points_add_up_until_they_are_forgotten),
        TEST(several_words_may_be_one_in_quotes),
        TEST(a_bad_line_is_named_with_file_number_text_and_reason),
        TEST(every_kind_of_bad_line_is_refused),
        TEST(a_renaming_is_checked_as_it_is_read),
        TEST(a_line_is_bounded_and_has_no_zero_byte),
        TEST(passwords_are_not_repeated_in_errors),
        TEST(includes_are_read_in_place),
        TEST(a_pattern_may_match_nothing_but_a_plain_path_must_exist),
        TEST(an_error_in_an_included_file_names_that_file),
        TEST(files_that_include_themselves_are_refused),
        TEST(a_missing_file_is_an_error),
        TEST(the_command_line_has_the_last_word),
        TEST(values_go_up_to_the_next_option),
        TEST(the_word_after_a_name_is_its_value_whatever_it_looks_like),
        TEST(name_and_value_may_be_one_word),
        TEST(a_bad_option_is_shown),
        TEST(version_and_help_are_asked_for_first),
        TEST(the_standard_input_comes_between_file_and_command_line),
        TEST(a_failed_start_leaves_the_working_directory),
        TEST(rewriting_changes_nothing_when_nothing_changed),
        TEST(rewriting_leaves_lines_that_are_not_right),
        TEST(rewriting_replaces_changed_lines_and_appends_new_ones),
        TEST(the_comment_above_appended_lines_comes_once),
        TEST(settings_of_the_command_line_are_written_too),
        TEST(a_setting_of_an_included_file_is_overruled_at_the_end),
        TEST(relative_paths_are_understood_after_the_directory_changed),
        TEST(output_limits_of_several_lines_are_settled_in_the_last),
        TEST(the_file_keeps_its_mode_and_a_link_stays_a_link),
        TEST(a_file_that_vanished_is_made_again_for_its_owner),
        TEST(a_failed_rewrite_leaves_the_file_and_nothing_else),
        TEST(what_is_rewritten_reads_back),
        TEST(written_save_points_replace_those_before),
        TEST(the_documentation_has_the_table_of_options),
        TEST(the_sample_file_has_every_option_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
