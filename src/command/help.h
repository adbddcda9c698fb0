/* Help: the reply of a container's subcommand HELP. */
#ifndef STINT_COMMAND_HELP_H
#define STINT_COMMAND_HELP_H

#include "net/client.h"

/* Writes the reply: a head line, the lines given, and those about HELP itself. The container's name is in
 * capitals; lines end with NULL: for each subcommand its usage, then what it does, indented by four spaces.
 */
void help_reply(client *c, const char *container, const char *const *lines);

#endif
