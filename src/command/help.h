/* Help: the reply of a container's subcommand HELP. */
#ifndef STINT_COMMAND_HELP_H
#define STINT_COMMAND_HELP_H

#include "base/slice.h"
#include "net/client.h"

/* Writes the reply: a head line, the lines given, and those about HELP itself. The container's name is in
 * capitals; lines end with NULL: for each subcommand its usage, then what it does, indented by four spaces.
 */
void help_reply(client *c, const char *container, const char *const *lines);
/* The error of a subcommand that got arguments it does not take, or is not known: refers to HELP. */
void help_refer(client *c, const char *container, slice subcommand);

#endif
