/* Table: makes one table of the groups' rows and completes them.
 *
 *     rows   [ commands of all groups | end | subcommands of one container | end | of another | end | ... ]
 *
 * The rows in command/table/ are constants that say only what can't be derived. Here they are copied into one
 * array, linked (parent, subcommands), named in full, numbered from 0 without gaps, and completed. */
#include "command/table.h"

#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "command/table/rows.h"

static const struct {
    const command *rows;
    enum command_group group;
} groups[] = {
    {connection_commands, GROUP_CONNECTION},
    {generic_commands, GROUP_GENERIC},
    {string_commands, GROUP_STRING},
    {list_commands, GROUP_LIST},
    {transactions_commands, GROUP_TRANSACTIONS},
    {sorted_set_commands, GROUP_SORTED_SET},
    {geo_commands, GROUP_GEO},
    {bitmap_commands, GROUP_BITMAP},
    {set_commands, GROUP_SET},
    {hash_commands, GROUP_HASH},
    {hyperloglog_commands, GROUP_HYPERLOGLOG},
    {pubsub_commands, GROUP_PUBSUB},
    {server_commands, GROUP_SERVER},
};

#define GROUPS (sizeof groups / sizeof groups[0])

static size_t count_rows(const command *rows) {
    size_t count = 0;
    while (rows[count].name) count++;
    return count;
}

static size_t count_commands(void) {
    size_t count = 0;
    for (size_t i = 0; i < GROUPS; i++) count += count_rows(groups[i].rows);
    return count;
}

/* With the end marks: one of the commands, and one of every container's subcommands. */
static size_t count_places(void) {
    size_t places = count_commands() + 1;
    for (size_t i = 0; i < GROUPS; i++)
        for (const command *row = groups[i].rows; row->name; row++)
            if (row->subcommands) places += count_rows(row->subcommands) + 1;
    return places;
}

static const char *join_names(const char *parent, const char *name) {
    char full_name[64];
    int len = snprintf(full_name, sizeof full_name, "%s|%s", parent, name);
    assert(len > 0 && (size_t)len < sizeof full_name);
    return alloc_text(full_name);
}

/* Copies the subcommands of *parent to *place and points the parent there. Returns the place after them. */
static command *load_subcommands(command *parent, command *place, int *next_id) {
    command *first = place;
    for (const command *row = parent->subcommands; row->name; row++, place++) {
        *place = *row;
        place->group = parent->group;
        place->parent = parent;
        place->full_name = join_names(parent->name, row->name);
        place->id = (*next_id)++;
        command_complete(place);
    }
    parent->subcommands = first;
    return place + 1;
}

static command *load(void) {
    command *table = alloc_zeroed(count_places() * sizeof *table);
    command *place = table, *sub_place = table + count_commands() + 1;
    int next_id = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        for (const command *row = groups[i].rows; row->name; row++, place++) {
            *place = *row;
            place->group = groups[i].group;
            place->full_name = row->name;
            place->id = next_id++;
            command_complete(place);
            if (place->subcommands) sub_place = load_subcommands(place, sub_place, &next_id);
        }
    }
    return table;
}

const command *command_table(void) {
    static command *table;
    if (!table) table = load();
    return table;
}
