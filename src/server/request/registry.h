/* Registry: finds commands by name, as clients may name them. */
#ifndef STINT_SERVER_REQUEST_REGISTRY_H
#define STINT_SERVER_REQUEST_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "server/request/command.h"

/* Most commands, subcommands not counted, that the registry has room for. */
#define REGISTRY_COMMANDS_MAX 512

/* Takes over a table: rows up to one whose name is NULL, which must stay. Called once, at start. */
void registry_load(const command *table);

/* The command of that name in any case, or NULL. Subcommands are not found, their containers are. */
const command *registry_find(slice name);

/* The subcommand of that name in any case, or NULL. The parent may have none. */
const command *registry_find_sub(const command *parent, slice name);

/* The command or subcommand ("config|get") of that name in any case, or NULL. */
const command *registry_find_full(slice full_name);

/* The row that runs a request of argc >= 1 arguments: the subcommand if the first argument names a container
 * and there is a second one. NULL if a name is unknown. */
const command *registry_resolve(const slice *argv, int argc);

/* Gives a command another name, or removes it if the new name is empty. Replies still show the old name. For
 * the time before clients are served. False, with nothing changed, if no command has the name or another one
 * has the new name. */
bool registry_rename(slice name, slice new_name);

/* Number of commands, and the one at that index, in the table's order but for removed ones. */
size_t registry_count(void);
const command *registry_at(size_t index);

/* Number of rows in the table, subcommands included: all row ids are below it. */
size_t registry_row_count(void);

#endif
