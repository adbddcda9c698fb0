/* The registry: names in any case and of any length, renaming, subcommands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/request/registry.h"

static const command table[];

static const command config_subcommands[] = {
    {.name = "get", .parent = &table[1], .full_name = "config|get"},
    {.name = "set", .parent = &table[1], .full_name = "config|set"},
    {.name = NULL},
};

static const command table[] = {
    {.name = "get", .full_name = "get"},
    {.name = "config", .full_name = "config", .subcommands = config_subcommands},
    {.name = "x", .full_name = "x"},
    {.name = "xy", .full_name = "xy"},
    {.name = "set_get_8", .full_name = "set_get_8"},
    {.name = "eightchr", .full_name = "eightchr"},
    {.name = "exactly-sixteen-", .full_name = "exactly-sixteen-"},
    {.name = "georadiusbymember", .full_name = "georadiusbymember"},
    {.name = "georadiusbymember_ro", .full_name = "georadiusbymember_ro"},
    {.name = "12345678----12345678", .full_name = "12345678----12345678"},
    {.name = "12345678++++12345678", .full_name = "12345678++++12345678"},
    {.name = NULL},
};

#define TABLE_COMMANDS 11

static int load(void **state) {
    (void)state;
    registry_load(table);
    return 0;
}

static void assert_found(const char *name, const char *row_name) {
    const command *row = registry_find(slice_of(name));
    if (!row_name) {
        assert_null(row);
        return;
    }
    assert_non_null(row);
    assert_string_equal(row->name, row_name);
}

static void every_name_is_found_in_any_case(void **state) {
    (void)state;
    for (const command *row = table; row->name; row++) {
        char name[64];
        size_t len = strlen(row->name);
        for (int upper = 0; upper < 4; upper++) {
            for (size_t i = 0; i <= len; i++) {
                char c = row->name[i];
                bool letter = c >= 'a' && c <= 'z';
                name[i] =
                    letter && (upper == 1 || (upper > 1 && i % 2 == (size_t)upper - 2)) ? (char)(c - 32) : c;
            }
            assert_ptr_equal(registry_find(slice_of(name)), row);
        }
    }
}

static void other_names_are_not_found(void **state) {
    (void)state;
    assert_found("", NULL);
    assert_found("ge", NULL);
    assert_found("gett", NULL);
    assert_found("nosuch", NULL);
    assert_found("config|get", NULL);
    assert_found("georadiusbymember_", NULL);
    assert_found("georadiusbymember_rx", NULL);
    assert_found("12345678-+--12345678", NULL);
    assert_found("a name that is longer than any command and goes on for more than a cache line does", NULL);
}

static void only_letters_have_a_case(void **state) {
    (void)state;
    assert_found("SET\x7fGET\x7f"
                 "8",
                 NULL);                 /* '_' with the bit that makes letters small */
    assert_found("set_get_\x18", NULL); /* '8' without it */
    assert_found("12345678\x0d\x0d\x0d\x0d"
                 "12345678",
                 NULL);
    assert_found("\xc7"
                 "et",
                 NULL); /* 'G' with the high bit */
    assert_found("get\x01", NULL);
}

static void names_with_zero_bytes_are_other_names(void **state) {
    (void)state;
    assert_null(registry_find((slice){"get\0", 4}));
    assert_null(registry_find((slice){"\0get", 4}));
    assert_null(registry_find((slice){"x\0", 2}));
    assert_null(registry_find((slice){"\0", 1}));
    assert_null(registry_find((slice){"eightchr\0\0\0\0\0\0\0\0", 16}));
}

static void nothing_after_the_name_is_read(void **state) {
    (void)state;
    assert_non_null(registry_find((slice){"getxxxxxxxxxxxxx", 3}));
    assert_non_null(registry_find((slice){"xyzzzzzzzzzzzzzz", 1}));
    assert_non_null(registry_find((slice){"xyzzzzzzzzzzzzzz", 2}));
    char *exact = malloc(3); /* an address sanitizer sees a byte too many */
    memcpy(exact, "GET", 3);
    assert_non_null(registry_find((slice){exact, 3}));
    free(exact);
}

static void subcommands_are_found_in_their_parent(void **state) {
    (void)state;
    const command *config = registry_find(SLICE("config"));
    assert_ptr_equal(registry_find_sub(config, SLICE("SET")), &config_subcommands[1]);
    assert_null(registry_find_sub(config, SLICE("nosuch")));
    assert_null(registry_find_sub(config, SLICE("")));
    assert_null(registry_find_sub(registry_find(SLICE("get")), SLICE("set")));
}

static void full_names_join_parent_and_subcommand(void **state) {
    (void)state;
    assert_ptr_equal(registry_find_full(SLICE("CONFIG|Get")), &config_subcommands[0]);
    assert_ptr_equal(registry_find_full(SLICE("get")), &table[0]);
    assert_null(registry_find_full(SLICE("config|nosuch")));
    assert_null(registry_find_full(SLICE("config|get|x")));
    assert_null(registry_find_full(SLICE("config|")));
    assert_null(registry_find_full(SLICE("nosuch|get")));
    assert_null(registry_find_full(SLICE("get|set")));
    assert_null(registry_find_full(SLICE("|")));
    assert_null(registry_find_full(SLICE("")));
}

static void a_request_resolves_to_the_row_that_runs_it(void **state) {
    (void)state;
    slice argv[] = {SLICE("config"), SLICE("get"), SLICE("*")};
    assert_ptr_equal(registry_resolve(argv, 3), &config_subcommands[0]);
    assert_ptr_equal(registry_resolve(argv, 1), &table[1]);
    assert_ptr_equal(registry_resolve(argv + 1, 2), &table[0]);
    argv[1] = SLICE("nosuch");
    assert_null(registry_resolve(argv, 2));
    argv[0] = SLICE("nosuch");
    assert_null(registry_resolve(argv, 1));
}

static void a_renamed_command_is_found_by_its_new_name_only(void **state) {
    (void)state;
    assert_true(registry_rename(SLICE("GET"), SLICE("Fetch-under-a-name-of-more-than-sixteen-bytes")));
    assert_found("get", NULL);
    assert_found("fetch-under-a-name-of-MORE-than-sixteen-bytes", "get");
    assert_found("fetch-under-a-name-of-LESS-than-sixteen-bytes", NULL);
    assert_int_equal(registry_count(), TABLE_COMMANDS);

    assert_true(registry_rename(SLICE("config"), SLICE("get")));
    assert_found("config", NULL);
    assert_found("get", "config");
    assert_ptr_equal(registry_find_full(SLICE("get|set")), &config_subcommands[1]);
}

static void a_command_may_be_renamed_to_its_own_name(void **state) {
    (void)state;
    assert_true(registry_rename(SLICE("get"), SLICE("GET")));
    assert_found("get", "get");
}

static void an_empty_new_name_removes_a_command(void **state) {
    (void)state;
    assert_true(registry_rename(SLICE("config"), SLICE("")));
    assert_found("config", NULL);
    assert_int_equal(registry_count(), TABLE_COMMANDS - 1);
    for (const command *row = table; row->name; row++)
        if (strcmp(row->name, "config") != 0) assert_found(row->name, row->name);
    assert_ptr_equal(registry_at(0), &table[0]);
    assert_ptr_equal(registry_at(1), &table[2]);
}

static void a_wrong_renaming_is_refused_and_changes_nothing(void **state) {
    (void)state;
    assert_false(registry_rename(SLICE("nosuch"), SLICE("y")));
    assert_false(registry_rename(SLICE("config|get"), SLICE("y")));
    assert_false(registry_rename(SLICE(""), SLICE("y")));
    assert_false(registry_rename(SLICE("get"), SLICE("Config")));
    assert_found("get", "get");
    assert_found("config", "config");
    assert_found("y", NULL);
}

static void commands_are_listed_in_the_tables_order(void **state) {
    (void)state;
    assert_int_equal(registry_count(), TABLE_COMMANDS);
    for (size_t i = 0; i < registry_count(); i++) assert_ptr_equal(registry_at(i), &table[i]);
    assert_int_equal(registry_row_count(), TABLE_COMMANDS + 2);
}

static void a_full_registry_finds_every_name(void **state) {
    (void)state;
    static command many[REGISTRY_COMMANDS_MAX + 1];
    static char names[REGISTRY_COMMANDS_MAX][24];
    for (int i = 0; i < REGISTRY_COMMANDS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "command-%d", i);
        many[i].name = names[i];
    }
    registry_load(many);
    for (int i = 0; i < REGISTRY_COMMANDS_MAX; i++)
        assert_ptr_equal(registry_find(slice_of(names[i])), &many[i]);
    assert_found("command-512", NULL);
    assert_found("command-", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_name_is_found_in_any_case, load),
        cmocka_unit_test_setup(other_names_are_not_found, load),
        cmocka_unit_test_setup(only_letters_have_a_case, load),
        cmocka_unit_test_setup(names_with_zero_bytes_are_other_names, load),
        cmocka_unit_test_setup(nothing_after_the_name_is_read, load),
        cmocka_unit_test_setup(subcommands_are_found_in_their_parent, load),
        cmocka_unit_test_setup(full_names_join_parent_and_subcommand, load),
        cmocka_unit_test_setup(a_request_resolves_to_the_row_that_runs_it, load),
        cmocka_unit_test_setup(a_renamed_command_is_found_by_its_new_name_only, load),
        cmocka_unit_test_setup(a_command_may_be_renamed_to_its_own_name, load),
        cmocka_unit_test_setup(an_empty_new_name_removes_a_command, load),
        cmocka_unit_test_setup(a_wrong_renaming_is_refused_and_changes_nothing, load),
        cmocka_unit_test_setup(commands_are_listed_in_the_tables_order, load),
        cmocka_unit_test_setup(a_full_registry_finds_every_name, load),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
