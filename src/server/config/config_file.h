/* Config file: reads settings from a file, a text or a command line into a struct config.
 *
 * Nothing outside of the loader and its struct config changes: reading a file has no effect on the settings
 * in force, on the working directory or on the log. */
#ifndef STINT_SERVER_CONFIG_CONFIG_FILE_H
#define STINT_SERVER_CONFIG_CONFIG_FILE_H

#include <limits.h>

#include "server/config/config_option.h"

/* Largest file and longest line, in bytes. */
#define CONFIG_FILE_MAX (16 * 1024 * 1024)
#define CONFIG_LINE_MAX (64 * 1024)

/* How deep files may include each other, and how many one load may read. */
#define CONFIG_INCLUDE_DEPTH_MAX 16
#define CONFIG_INCLUDE_FILES_MAX 1024

/* Where an option was set last. Positive: the line of the text that the load began with. */
enum { CONFIG_NOT_SET = 0, CONFIG_SET_ELSEWHERE = -1 };

typedef struct config_loader {
    struct config *into;
    int where[OPTION_COUNT];      /* by option */
    char directory[PATH_MAX];     /* what relative paths are relative to; follows the option dir */
    bool tolerant;                /* skip bad lines instead of failing */
    int include_depth_max;        /* CONFIG_INCLUDE_DEPTH_MAX; 0 refuses includes */
    char error[CONFIG_ERROR_MAX]; /* after a failure, what is wrong */

    /* While loading. */
    int depth;
    int files;
    const char *source; /* what is being read, as errors name it */
    int line;
    char scratch[CONFIG_LINE_MAX];
} config_loader;

/* Makes a loader ready. into holds the values that lines change; its dir becomes directory, an absolute path.
 */
void config_loader_init(config_loader *loader, struct config *into, const char *directory);

/* Reads a file's settings. path is relative to the loader's directory. False with loader->error set. */
bool config_load_file(config_loader *loader, const char *path);

/* The same for what an open file descriptor gives up to its end; source is its name. */
bool config_load_stream(config_loader *loader, int fd, const char *source);

/* The same for a text. Lines of the first text or file of a loader are noted in where. */
bool config_load_text(config_loader *loader, slice text, const char *source);

/* The same for options of a command line: --name value ... */
bool config_load_arguments(config_loader *loader, int argc, char **argv);

/* Reads a whole file of at most CONFIG_FILE_MAX bytes. Free text->data with alloc_free_unsized. False with
 * errno set. */
bool config_read_all(int fd, slice *text);

/* Takes the next line, without its end, from the front of the text. False if the text is empty. */
bool config_next_line(slice *text, slice *line);

#endif
