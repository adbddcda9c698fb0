/* Config rewrite: brings a configuration file up to date with settings. */
#ifndef STINT_SERVER_CONFIG_CONFIG_REWRITE_H
#define STINT_SERVER_CONFIG_CONFIG_REWRITE_H

#include "server/config/config_option.h"

/* The text of a configuration file, changed so that loading it gives the current settings. directory is what
 * relative paths in the text are relative to. Free the result's data with alloc_free_unsized. */
slice config_rewritten(slice text, const char *directory, const struct config *current);

/* Rewrites the file at that absolute path, which is made if it is missing. False with errno set; the file is
 * as it was then. */
bool config_rewrite_file(const char *path, const char *directory, const struct config *current);

#endif
