/* Table: all commands of the server. */
#ifndef STINT_COMMAND_TABLE_H
#define STINT_COMMAND_TABLE_H

#include "server/request/command.h"

/* The commands, group by group; a row whose name is NULL ends them. Built by the first call, constant from
 * then on. */
const command *command_table(void);

#endif
