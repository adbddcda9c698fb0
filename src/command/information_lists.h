/* Information lists: the sections of INFO that have a line for each of something: commands, error codes,
 * databases. */
#ifndef STINT_COMMAND_INFORMATION_LISTS_H
#define STINT_COMMAND_INFORMATION_LISTS_H

#include "command/report.h"

/* Append the lines of a section. */
void information_add_commands(report *r);  /* calls and time of each command */
void information_add_latencies(report *r); /* percentiles of each command's time */
void information_add_errors(report *r);    /* how often each error code was replied */
void information_add_keyspace(report *r);  /* how many keys each database has */
void information_add_key_sizes(report *r); /* and of what sizes */

#endif
