/* Command docs: prints docs/commands.md, or with --summary the table of README.md, from the command table.
 *
 *     command-docs > docs/commands.md
 *
 * One section for each group, one entry for each command or subcommand: how it is called, what it does, which
 * version of Redis or Valkey brought it, what it costs. Containers have no entry of their own, their
 * subcommands do. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/syntax.h"
#include "command/table.h"

#define SYNTAX_TEXT_MAX 4096

static const char *const group_titles[GROUP_COUNT] = {
    [GROUP_GENERIC] = "Keys of any type",
    [GROUP_STRING] = "Strings",
    [GROUP_LIST] = "Lists",
    [GROUP_SET] = "Sets",
    [GROUP_SORTED_SET] = "Sorted sets",
    [GROUP_HASH] = "Hashes",
    [GROUP_PUBSUB] = "Publish and subscribe",
    [GROUP_TRANSACTIONS] = "Transactions",
    [GROUP_CONNECTION] = "Connections",
    [GROUP_SERVER] = "Server",
    [GROUP_SCRIPTING] = "Scripting",
    [GROUP_HYPERLOGLOG] = "HyperLogLog",
    [GROUP_CLUSTER] = "Cluster",
    [GROUP_GEO] = "Geographic positions",
    [GROUP_STREAM] = "Streams",
    [GROUP_BITMAP] = "Bitmaps",
};

static void print_capitals(const char *text) {
    for (; *text; text++) putchar(toupper((unsigned char)*text));
}

/* "CONFIG GET parameter [parameter ...]" */
static void print_call(const command *row) {
    if (row->parent) {
        print_capitals(row->parent->name);
        putchar(' ');
    }
    print_capitals(row->name);
    if (!row->syntax) return;

    syntax s;
    char text[SYNTAX_TEXT_MAX];
    if (!syntax_parse(&s, row->syntax)) {
        fprintf(stderr, "the syntax of %s: %s at \"%s\"\n", row->full_name, s.error,
                row->syntax + s.error_at);
        exit(EXIT_FAILURE);
    }
    if (syntax_describe(&s, text, sizeof text) >= sizeof text) {
        fprintf(stderr, "the syntax of %s is longer than %d bytes\n", row->full_name, SYNTAX_TEXT_MAX);
        exit(EXIT_FAILURE);
    }
    printf(" %s", text);
}

static void print_entry(const command *row) {
    printf("- `");
    print_call(row);
    printf("`  \n  %s  \n  _Since %s", row->summary, row->since);
    if (row->complexity) printf("; %s", row->complexity);
    if (row->deprecated_since)
        printf("; deprecated since %s in favour of %s", row->deprecated_since, row->replaced_by);
    printf("._\n");
}

static void print_command(const command *row) {
    if (row->handler) print_entry(row);
    for (const command *sub = row->subcommands; sub && sub->name; sub++) print_entry(sub);
}

static void print_group(enum command_group group) {
    bool titled = false;
    for (const command *row = command_table(); row->name; row++) {
        if (row->group != group) continue;
        if (!titled) printf("\n## %s\n\n", group_titles[group]);
        titled = true;
        print_command(row);
    }
}

/* A row of the summary: the group's commands, those with subcommands with all of them. */
static void print_group_summary(enum command_group group) {
    bool titled = false;
    for (const command *row = command_table(); row->name; row++) {
        if (row->group != group) continue;
        if (!titled) printf("| %s |", group_titles[group]);
        titled = true;
        printf(" `");
        print_capitals(row->name);
        putchar('`');
        for (const command *sub = row->subcommands; sub && sub->name; sub++) {
            printf(sub == row->subcommands ? " (" : ", ");
            print_capitals(sub->name);
        }
        if (row->subcommands) putchar(')');
    }
    if (titled) printf(" |\n");
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--summary") == 0) {
        printf("| group | commands |\n|---|---|\n");
        for (int group = 0; group < GROUP_COUNT; group++) print_group_summary((enum command_group)group);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    printf("# Commands\n\n"
           "Made from the command table by `tools/command-docs`; change the table, not this page. Versions "
           "are those of "
           "Redis and Valkey that brought a command.\n");
    for (int group = 0; group < GROUP_COUNT; group++) print_group((enum command_group)group);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
