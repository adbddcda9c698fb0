/* The command table against tests/facts/commands.tsv: what public servers report of the same commands. Runs
 * from the top of the repository. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "command/syntax.h"
#include "command/table.h"

#define FACTS_FILE "tests/facts/commands.tsv"

enum column {
    NAME,
    ARITY,
    FLAGS,
    KEY_TRIPLE,
    CATEGORIES,
    TIPS,
    GROUP,
    SINCE,
    KEY_SPECS,
    ARGUMENTS,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "name", "arity", "flags", "key triple",         "categories",
    "tips", "group", "since", "key specifications", "arguments",
};

#define FACTS_MAX 512

static char *facts[FACTS_MAX][COLUMNS];
static int fact_count;

static int read_facts(void **state) {
    (void)state;
    FILE *file = fopen(FACTS_FILE, "r");
    if (!file) fail_msg("no %s: run this from the top of the repository", FACTS_FILE);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        if (line[0] == '#') continue;
        assert_true(fact_count < FACTS_MAX);
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        for (int i = 0; i < COLUMNS; i++) {
            char *field = strsep(&rest, "\t");
            assert_non_null(field);
            facts[fact_count][i] = strdup(field);
        }
        fact_count++;
    }
    free(line);
    fclose(file);
    return 0;
}

static int free_facts(void **state) {
    (void)state;
    for (int i = 0; i < fact_count; i++)
        for (int j = 0; j < COLUMNS; j++) free(facts[i][j]);
    return 0;
}

static char **find_fact(const char *full_name) {
    for (int i = 0; i < fact_count; i++)
        if (strcmp(facts[i][NAME], full_name) == 0) return facts[i];
    fail_msg("there are no facts about %s", full_name);
    return NULL;
}

/* A row written as the facts are. */

struct text {
    char bytes[4096];
    size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(t->bytes + t->len, sizeof t->bytes - t->len, format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && t->len + (size_t)len < sizeof t->bytes);
    t->len += (size_t)len;
}

static void add_space(struct text *t) {
    if (t->len && t->bytes[t->len - 1] != '(') add(t, " ");
}

static void add_flags(struct text *t, const command_flag_name *names, uint32_t flags) {
    for (const command_flag_name *n = names; n->flag; n++) {
        if (!(flags & n->flag)) continue;
        add_space(t);
        add(t, "%s", n->name);
    }
}

static void add_categories(struct text *t, uint32_t categories) {
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (!(categories & (uint32_t)1 << i)) continue;
        add_space(t);
        add(t, "@%s", category_names[i]);
    }
}

static void add_tips(struct text *t, const char *const *tips) {
    for (; tips && *tips; tips++) {
        add_space(t);
        add(t, "%s", *tips);
    }
}

static void add_key_spec(struct text *t, const key_spec *spec) {
    if (t->len) add(t, ";");
    add_flags(t, key_flag_names, spec->flags);
    if (spec->begin == KEY_BEGIN_INDEX)
        add(t, " index:%d", spec->index);
    else if (spec->begin == KEY_BEGIN_KEYWORD)
        add(t, " keyword:%s,%d", spec->keyword.word, spec->keyword.start_from);
    else
        add(t, " unknown");
    if (spec->find == KEY_FIND_RANGE)
        add(t, " range:%d,%d,%d", spec->range.last_key, spec->range.step, spec->range.limit);
    else if (spec->find == KEY_FIND_KEYNUM)
        add(t, " keynum:%d,%d,%d", spec->keynum.count_index, spec->keynum.first_key, spec->keynum.step);
    else
        add(t, " unknown");
}

static void add_arguments(struct text *t, const syntax *s, int16_t first) {
    for (int16_t i = first; i != SYNTAX_NONE; i = s->arguments[i].next) {
        const syntax_argument *a = &s->arguments[i];
        add_space(t);
        add(t, "%s:%s", a->name, syntax_type_name(a->type));
        if (a->token.data) add(t, "=%.*s", (int)a->token.len, a->token.data);
        if (a->key_spec != SYNTAX_NONE) add(t, "#%d", a->key_spec);
        if (a->flags & SYNTAX_OPTIONAL) add(t, "?");
        if (a->flags & SYNTAX_MULTIPLE) add(t, "*");
        if (a->flags & SYNTAX_MULTIPLE_TOKEN) add(t, "+");
        if (a->first == SYNTAX_NONE) continue;
        add(t, "(");
        add_arguments(t, s, a->first);
        add(t, ")");
    }
}

static void add_syntax(struct text *t, const command *row) {
    if (!row->syntax) return;
    syntax s;
    if (!syntax_parse(&s, row->syntax))
        fail_msg("the syntax of %s: %s at \"%s\"", row->full_name, s.error, row->syntax + s.error_at);
    add_arguments(t, &s, s.first);
}

static void add_column(struct text *t, const command *row, enum column column) {
    switch (column) {
    case NAME: add(t, "%s", row->full_name); break;
    case ARITY: add(t, "%d", row->arity); break;
    case FLAGS: add_flags(t, command_flag_names, row->flags); break;
    case KEY_TRIPLE: add(t, "%d %d %d", row->simple_first, row->simple_last, row->simple_step); break;
    case CATEGORIES: add_categories(t, row->categories); break;
    case TIPS: add_tips(t, row->tips); break;
    case GROUP: add(t, "%s", group_names[row->group]); break;
    case SINCE: add(t, "%s", row->since); break;
    case KEY_SPECS:
        for (int i = 0; i < COMMAND_KEY_SPECS_MAX && row->keys[i].begin != KEY_BEGIN_NONE; i++)
            add_key_spec(t, &row->keys[i]);
        break;
    case ARGUMENTS: add_syntax(t, row); break;
    case COLUMNS: break;
    }
}

static void for_each_row(void (*check)(const command *row)) {
    for (const command *row = command_table(); row->name; row++) {
        check(row);
        for (const command *sub = row->subcommands; sub && sub->name; sub++) check(sub);
    }
}

/* Commands that no other server has. */
static bool is_own(const command *row) { return strcmp(row->full_name, "hotkeys") == 0; }

static void check_facts(const command *row) {
    if (is_own(row)) return;
    char **fact = find_fact(row->full_name);
    for (int column = 0; column < COLUMNS; column++) {
        struct text text = {0};
        add_column(&text, row, (enum column)column);
        if (strcmp(text.bytes, fact[column]) != 0)
            fail_msg("%s: %s\n  is          %s\n  should be   %s", row->full_name, column_names[column],
                     text.bytes, fact[column]);
    }
}

static void every_row_is_as_public_servers_report_it(void **state) {
    (void)state;
    for_each_row(check_facts);
}

static void check_texts(const command *row) {
    assert_true(row->since && row->summary);
    assert_int_equal(row->summary[strlen(row->summary) - 1], '.');
    assert_true(row->complexity || strcmp(row->name, "lolwut") == 0);
    assert_int_equal(!row->replaced_by, !row->deprecated_since);
    size_t texts = 0;
    while (row->history && row->history[texts]) texts++;
    assert_int_equal(texts % 2, 0);
    for (size_t i = 0; i < texts; i += 2) {
        int major, minor, patch;
        assert_int_equal(sscanf(row->history[i], "%d.%d.%d", &major, &minor, &patch), 3);
    }
}

static void every_row_is_documented(void **state) {
    (void)state;
    for_each_row(check_texts);
}

static void check_handler(const command *row) {
    assert_true(row->handler || row->subcommands);
    assert_false(row->parent && row->subcommands);
}

static void every_row_has_a_handler_or_subcommands(void **state) {
    (void)state;
    for_each_row(check_handler);
}

static int expected_id;

static void check_id(const command *row) {
    assert_int_equal(row->id, expected_id);
    expected_id++;
}

static void ids_count_the_rows_without_gaps(void **state) {
    (void)state;
    expected_id = 0;
    for_each_row(check_id);
    assert_true(expected_id > 0);
}

static void subcommands_know_their_parent_and_full_name(void **state) {
    (void)state;
    int subcommands = 0;
    for (const command *row = command_table(); row->name; row++) {
        assert_null(row->parent);
        assert_string_equal(row->full_name, row->name);
        for (const command *sub = row->subcommands; sub && sub->name; sub++, subcommands++) {
            assert_ptr_equal(sub->parent, row);
            assert_int_equal(sub->group, row->group);
            assert_memory_equal(sub->full_name, row->name, strlen(row->name));
            assert_int_equal(sub->full_name[strlen(row->name)], '|');
            assert_string_equal(sub->full_name + strlen(row->name) + 1, sub->name);
        }
    }
    assert_true(subcommands > 0);
}

static void the_table_is_built_once(void **state) {
    (void)state;
    assert_ptr_equal(command_table(), command_table());
}

static void no_name_comes_twice(void **state) {
    (void)state;
    for (const command *row = command_table(); row->name; row++) {
        for (const command *other = row + 1; other->name; other++)
            assert_string_not_equal(row->name, other->name);
        for (const command *sub = row->subcommands; sub && sub->name; sub++)
            for (const command *other = sub + 1; other->name; other++)
                assert_string_not_equal(sub->name, other->name);
    }
}

/* What a key specification says of arguments must agree with the syntax. */
static void check_key_arguments(const command *row) {
    syntax s;
    if (!row->syntax || !syntax_parse(&s, row->syntax)) return;
    for (int i = 0; i < s.count; i++) {
        if (s.arguments[i].key_spec == SYNTAX_NONE) continue;
        assert_true(s.arguments[i].key_spec < COMMAND_KEY_SPECS_MAX);
        assert_int_not_equal(row->keys[s.arguments[i].key_spec].begin, KEY_BEGIN_NONE);
    }
}

static void key_arguments_belong_to_key_specifications(void **state) {
    (void)state;
    for_each_row(check_key_arguments);
}

/* Which requests are quick is read off the complexity: what these commands say must keep meaning that. */
static void quick_requests_are_told_by_the_complexity(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int arguments;
    } quick[] = {
        {"get", UINT8_MAX},
        {"set", UINT8_MAX},
        {"zscore", UINT8_MAX},
        {"lindex", UINT8_MAX},
        {"del", COMMAND_QUICK_ARGUMENTS},
        {"mset", COMMAND_QUICK_ARGUMENTS},
        {"hset", COMMAND_QUICK_ARGUMENTS},
        {"zadd", COMMAND_QUICK_ARGUMENTS},
        {"lpop", 2},
        {"spop", 2},
        {"zpopmin", 2},
        {"keys", 0},
        {"scan", 0},
        {"flushall", 0},
        {"lrange", 0},
        {"zrange", 0},
        {"exec", 0},
        {"append", 0},
        {"copy", 0},
    };
    size_t found = 0;
    for (const command *row = command_table(); row->name; row++)
        for (size_t i = 0; i < sizeof(quick) / sizeof(*quick); i++)
            if (strcmp(row->name, quick[i].name) == 0) {
                assert_int_equal(row->quick_arguments, quick[i].arguments);
                found++;
            }
    assert_int_equal(found, sizeof(quick) / sizeof(*quick));
}

static void commands_that_may_block_are_not_quick(void **state) {
    (void)state;
    for (const command *row = command_table(); row->name; row++)
        if (row->flags & COMMAND_BLOCKING) assert_int_equal(row->quick_arguments, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_as_public_servers_report_it),
        cmocka_unit_test(every_row_is_documented),
        cmocka_unit_test(every_row_has_a_handler_or_subcommands),
        cmocka_unit_test(ids_count_the_rows_without_gaps),
        cmocka_unit_test(subcommands_know_their_parent_and_full_name),
        cmocka_unit_test(the_table_is_built_once),
        cmocka_unit_test(no_name_comes_twice),
        cmocka_unit_test(key_arguments_belong_to_key_specifications),
        cmocka_unit_test(quick_requests_are_told_by_the_complexity),
        cmocka_unit_test(commands_that_may_block_are_not_quick),
    };
    return cmocka_run_group_tests_name("command table", tests, read_facts, free_facts);
}
