/* Introspect: the COMMAND family, which tells clients what commands there are.
 *
 * All replies are read from the command table. Descriptions of arguments are parsed from the row's syntax
 * text when they are asked for: that is rare, and keeps the parsed form out of memory. */
#include <assert.h>
#include <stdio.h>

#include "base/glob.h"
#include "command/handlers.h"
#include "command/help.h"
#include "command/syntax.h"
#include "net/reply.h"
#include "server/request/command_keys.h"
#include "server/request/registry.h"

/* COMMAND INFO: ten properties of a command, the last of them the same of its subcommands. */

static size_t count_texts(const char *const *texts) {
    size_t count = 0;
    while (texts && texts[count]) count++;
    return count;
}

static size_t count_subcommands(const command *row) {
    size_t count = 0;
    for (const command *sub = row->subcommands; sub && sub->name; sub++) count++;
    return count;
}

static void reply_flags(client *c, const command_flag_name *names, uint32_t flags) {
    size_t count = 0;
    for (const command_flag_name *n = names; n->flag; n++)
        if (flags & n->flag) count++;
    reply_set(c, count);
    for (const command_flag_name *n = names; n->flag; n++)
        if (flags & n->flag) reply_status(c, n->name);
}

static void reply_categories(client *c, uint32_t categories) {
    reply_set(c, (size_t)__builtin_popcount(categories));
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (!(categories & (uint32_t)1 << i)) continue;
        char name[32];
        snprintf(name, sizeof name, "@%s", category_names[i]);
        reply_status(c, name);
    }
}

static void reply_tips(client *c, const char *const *tips) {
    size_t count = count_texts(tips);
    reply_set(c, count);
    for (size_t i = 0; i < count; i++) reply_text(c, tips[i]);
}

static void reply_named_integer(client *c, const char *name, int value) {
    reply_text(c, name);
    reply_integer(c, value);
}

/* One of the two parts of a key specification; its own fields follow. */
static void reply_key_part(client *c, const char *part, const char *type, size_t fields) {
    reply_text(c, part);
    reply_map(c, 2);
    reply_text(c, "type");
    reply_text(c, type);
    reply_text(c, "spec");
    reply_map(c, fields);
}

static void reply_key_begin(client *c, const key_spec *spec) {
    if (spec->begin == KEY_BEGIN_INDEX) {
        reply_key_part(c, "begin_search", "index", 1);
        reply_named_integer(c, "index", spec->index);
    } else if (spec->begin == KEY_BEGIN_KEYWORD) {
        reply_key_part(c, "begin_search", "keyword", 2);
        reply_text(c, "keyword");
        reply_text(c, spec->keyword.word);
        reply_named_integer(c, "startfrom", spec->keyword.start_from);
    } else {
        reply_key_part(c, "begin_search", "unknown", 0);
    }
}

static void reply_key_find(client *c, const key_spec *spec) {
    if (spec->find == KEY_FIND_RANGE) {
        reply_key_part(c, "find_keys", "range", 3);
        reply_named_integer(c, "lastkey", spec->range.last_key);
        reply_named_integer(c, "keystep", spec->range.step);
        reply_named_integer(c, "limit", spec->range.limit);
    } else if (spec->find == KEY_FIND_KEYNUM) {
        reply_key_part(c, "find_keys", "keynum", 3);
        reply_named_integer(c, "keynumidx", spec->keynum.count_index);
        reply_named_integer(c, "firstkey", spec->keynum.first_key);
        reply_named_integer(c, "keystep", spec->keynum.step);
    } else {
        reply_key_part(c, "find_keys", "unknown", 0);
    }
}

static void reply_key_specs(client *c, const command *row) {
    size_t count = 0;
    while (count < COMMAND_KEY_SPECS_MAX && row->keys[count].begin != KEY_BEGIN_NONE) count++;
    reply_set(c, count);
    for (size_t i = 0; i < count; i++) {
        const key_spec *spec = &row->keys[i];
        reply_map(c, spec->notes ? 4 : 3);
        if (spec->notes) {
            reply_text(c, "notes");
            reply_text(c, spec->notes);
        }
        reply_text(c, "flags");
        reply_flags(c, key_flag_names, spec->flags);
        reply_key_begin(c, spec);
        reply_key_find(c, spec);
    }
}

static void reply_info(client *c, const command *row) {
    reply_array(c, 10);
    reply_text(c, row->full_name);
    reply_integer(c, row->arity);
    reply_flags(c, command_flag_names, row->flags);
    reply_integer(c, row->simple_first);
    reply_integer(c, row->simple_last);
    reply_integer(c, row->simple_step);
    reply_categories(c, row->categories);
    reply_tips(c, row->tips);
    reply_key_specs(c, row);

    size_t subcommands = count_subcommands(row);
    if (subcommands == 0) {
        reply_set(c, 0); /* an empty set, but an array of some: so it is on the wire */
        return;
    }
    reply_array(c, subcommands);
    for (const command *sub = row->subcommands; sub->name; sub++) reply_info(c, sub);
}

static void reply_info_of_all(client *c) {
    reply_array(c, registry_count());
    for (size_t i = 0; i < registry_count(); i++) reply_info(c, registry_at(i));
}

/* COMMAND */
void command_command(client *c, const args *a) {
    (void)a;
    reply_info_of_all(c);
}

/* COMMAND INFO [command-name ...] */
void command_command_info(client *c, const args *a) {
    if (a->argc == 2) {
        reply_info_of_all(c);
        return;
    }
    reply_array(c, (size_t)a->argc - 2);
    for (int i = 2; i < a->argc; i++) {
        const command *row = registry_find_full(a->argv[i]);
        if (row)
            reply_info(c, row);
        else
            reply_null(c);
    }
}

/* COMMAND COUNT */
void command_command_count(client *c, const args *a) {
    (void)a;
    reply_integer(c, (int64_t)registry_count());
}

/* COMMAND DOCS: maps that leave out what does not apply. */

static void reply_field(client *c, const char *name, const char *value) {
    if (!value) return;
    reply_text(c, name);
    reply_text(c, value);
}

static void reply_slice_field(client *c, const char *name, slice value) {
    if (!value.data) return;
    reply_text(c, name);
    reply_slice(c, value);
}

static const command_flag_name argument_flag_names[] = {
    {SYNTAX_OPTIONAL, "optional"},
    {SYNTAX_MULTIPLE, "multiple"},
    {SYNTAX_MULTIPLE_TOKEN, "multiple_token"},
    {0, NULL},
};

static void reply_arguments(client *c, const syntax *s, int16_t first);

static void reply_argument(client *c, const syntax *s, const syntax_argument *a) {
    bool is_group = a->first != SYNTAX_NONE;
    size_t fields = 3 + (a->key_spec != SYNTAX_NONE) + (a->token.data != NULL) + (a->since.data != NULL) +
                    (a->deprecated_since.data != NULL) + (a->flags != 0);
    reply_map(c, fields);
    reply_field(c, "name", a->name);
    reply_field(c, "type", syntax_type_name(a->type));
    if (!is_group) reply_slice_field(c, "display_text", syntax_shown(a));
    if (a->key_spec != SYNTAX_NONE) reply_named_integer(c, "key_spec_index", a->key_spec);
    reply_slice_field(c, "token", a->token);
    reply_slice_field(c, "since", a->since);
    reply_slice_field(c, "deprecated_since", a->deprecated_since);
    if (a->flags) {
        reply_text(c, "flags");
        reply_flags(c, argument_flag_names, a->flags);
    }
    if (is_group) {
        reply_text(c, "arguments");
        reply_arguments(c, s, a->first);
    }
}

static void reply_arguments(client *c, const syntax *s, int16_t first) {
    reply_array(c, (size_t)syntax_length(s, first));
    for (int16_t i = first; i != SYNTAX_NONE; i = s->arguments[i].next)
        reply_argument(c, s, &s->arguments[i]);
}

static void reply_syntax(client *c, const char *text) {
    syntax s;
    bool parsed = syntax_parse(&s, text);
    assert(parsed); /* the tests parse every row */
    reply_text(c, "arguments");
    reply_arguments(c, &s, s.first);
}

static void reply_history(client *c, const char *const *history) {
    size_t changes = count_texts(history) / 2;
    reply_text(c, "history");
    reply_set(c, changes);
    for (size_t i = 0; i < changes; i++) {
        reply_array(c, 2);
        reply_text(c, history[2 * i]);
        reply_text(c, history[2 * i + 1]);
    }
}

static void reply_doc_flags(client *c, const command *row) {
    reply_text(c, "doc_flags");
    reply_set(c, (row->deprecated_since != NULL) + row->internal);
    if (row->deprecated_since) reply_status(c, "deprecated");
    if (row->internal) reply_status(c, "syscmd");
}

static void reply_docs(client *c, const command *row) {
    bool has_doc_flags = row->deprecated_since || row->internal;
    size_t fields = 3 + (row->complexity != NULL) + has_doc_flags + (row->deprecated_since != NULL) +
                    (row->replaced_by != NULL) + (row->history != NULL) + (row->syntax != NULL) +
                    (row->subcommands != NULL);
    reply_text(c, row->full_name);
    reply_map(c, fields);
    reply_field(c, "summary", row->summary);
    reply_field(c, "since", row->since);
    reply_field(c, "group", group_names[row->group]);
    reply_field(c, "complexity", row->complexity);
    if (has_doc_flags) reply_doc_flags(c, row);
    reply_field(c, "deprecated_since", row->deprecated_since);
    reply_field(c, "replaced_by", row->replaced_by);
    if (row->history) reply_history(c, row->history);
    if (row->syntax) reply_syntax(c, row->syntax);
    if (row->subcommands) {
        reply_text(c, "subcommands");
        reply_map(c, count_subcommands(row));
        for (const command *sub = row->subcommands; sub->name; sub++) reply_docs(c, sub);
    }
}

/* COMMAND DOCS [command-name ...] */
void command_command_docs(client *c, const args *a) {
    if (a->argc == 2) {
        reply_map(c, registry_count());
        for (size_t i = 0; i < registry_count(); i++) reply_docs(c, registry_at(i));
        return;
    }
    size_t known = 0;
    reply_mark mark = reply_begin(c);
    for (int i = 2; i < a->argc; i++) {
        const command *row = registry_find_full(a->argv[i]);
        if (!row) continue;
        reply_docs(c, row);
        known++;
    }
    reply_finish_map(c, mark, known);
}

/* COMMAND LIST */

/* Which names to list. */
struct name_filter {
    bool (*matches)(const struct name_filter *filter, const command *row);
    slice pattern;
    uint32_t category;
};

static bool matches_all(const struct name_filter *filter, const command *row) {
    (void)filter, (void)row;
    return true;
}

/* There are no modules. */
static bool matches_none(const struct name_filter *filter, const command *row) {
    (void)filter, (void)row;
    return false;
}

static bool matches_category(const struct name_filter *filter, const command *row) {
    return row->categories & filter->category;
}

static bool matches_pattern(const struct name_filter *filter, const command *row) {
    return glob_match(filter->pattern, slice_of(row->full_name), true);
}

static bool parse_name_filter(const args *a, struct name_filter *filter) {
    *filter = (struct name_filter){.matches = matches_all};
    if (a->argc == 2) return true;
    if (a->argc != 5 || !slice_is(a->argv[2], "filterby")) return false;
    if (slice_is(a->argv[3], "module")) {
        filter->matches = matches_none;
    } else if (slice_is(a->argv[3], "aclcat")) {
        filter->matches = matches_category;
        filter->category = category_find(a->argv[4]);
    } else if (slice_is(a->argv[3], "pattern")) {
        filter->matches = matches_pattern;
        filter->pattern = a->argv[4];
    } else {
        return false;
    }
    return true;
}

static size_t reply_name_if(client *c, const struct name_filter *filter, const command *row) {
    if (!filter->matches(filter, row)) return 0;
    reply_text(c, row->full_name);
    return 1;
}

/* COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>] */
void command_command_list(client *c, const args *a) {
    struct name_filter filter;
    if (!parse_name_filter(a, &filter)) {
        reply_syntax_error(c);
        return;
    }
    size_t count = 0;
    reply_mark mark = reply_begin(c);
    for (size_t i = 0; i < registry_count(); i++) {
        const command *row = registry_at(i);
        count += reply_name_if(c, &filter, row);
        for (const command *sub = row->subcommands; sub && sub->name; sub++)
            count += reply_name_if(c, &filter, sub);
    }
    reply_finish_array(c, mark, count);
}

/* COMMAND GETKEYS and GETKEYSANDFLAGS */

static void reply_key_and_flags(client *c, slice key, uint16_t flags) {
    reply_array(c, 2);
    reply_slice(c, key);
    reply_flags(c, key_flag_names, flags);
}

static void reply_keys(client *c, const args *a, bool with_flags) {
    const slice *argv = a->argv + 2;
    int argc = a->argc - 2;
    const command *row = registry_resolve(argv, argc);
    if (!row) {
        reply_error(c, "ERR Invalid command specified");
        return;
    }
    if (!command_has_keys(row)) {
        reply_error(c, "ERR The command has no key arguments");
        return;
    }
    if (!command_arity_holds(row, argc)) {
        reply_error(c, "ERR Invalid number of arguments specified for command");
        return;
    }

    size_t count = 0;
    key_position key;
    key_walk walk = key_walk_begin(row, argv, argc);
    while (key_walk_next(&walk, &key)) count++;
    if (walk.invalid) count = 0;
    if (count == 0 && !(row->flags & COMMAND_NO_MANDATORY_KEYS)) {
        reply_error(c, "ERR Invalid arguments specified for command");
        return;
    }

    reply_array(c, count);
    walk = key_walk_begin(row, argv, argc);
    for (size_t i = 0; i < count && key_walk_next(&walk, &key); i++) {
        if (with_flags)
            reply_key_and_flags(c, argv[key.index], key.flags);
        else
            reply_slice(c, argv[key.index]);
    }
}

/* COMMAND GETKEYS command [arg ...] */
void command_command_getkeys(client *c, const args *a) { reply_keys(c, a, false); }

/* COMMAND GETKEYSANDFLAGS command [arg ...] */
void command_command_getkeysandflags(client *c, const args *a) { reply_keys(c, a, true); }

/* COMMAND HELP */
void command_command_help(client *c, const args *a) {
    (void)a;
    static const char *const lines[] = {
        "(no subcommand)",
        "    Describe all commands.",
        "COUNT",
        "    Return the number of commands.",
        "LIST",
        "    Return the names of all commands, or of those that a filter lets through.",
        "INFO [<command-name> ...]",
        "    Describe commands: arity, flags, places of keys, categories, tips.",
        "    Without names, all commands are described. A name that is not",
        "    known gives a null.",
        "DOCS [<command-name> ...]",
        "    Return the documentation of commands.",
        "    Without names, that of all commands is returned. A name that is",
        "    not known is left out.",
        "GETKEYS <full-command>",
        "    Return the keys that a command line names.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys that a command line names and what is done with each.",
        NULL,
    };
    help_reply(c, "COMMAND", lines);
}
