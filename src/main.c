/* Main: options, start, stop. */
#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "command/table.h"
#include "server/config/config.h"
#include "server/process.h"
#include "server/request/registry.h"
#include "server/server.h"
#include "server/version.h"

static void show_help(const char *program) {
    printf("Usage: %s [FILE] [--NAME VALUE]...\n"
           "\n"
           "Starts the server with the settings of FILE (see stint.conf), if one is given, and of the "
           "command line,\n"
           "where any option of the file can be named: %s --port 7000 --maxmemory 1gb\n"
           "A single - reads more settings from the standard input.\n"
           "\n"
           "  -v, --version   show the version\n"
           "  -h, --help      show this text\n",
           program, program);
}

static bool command_exists(slice name) { return registry_find(name); }

/* Applies the rename-command lines, which were checked as they were read. */
static void rename_commands(void) {
    for (int i = 0; i < config.rename_command.count; i++) {
        bool renamed = registry_rename(slice_of(config.rename_command.command[i].from),
                                       slice_of(config.rename_command.command[i].to));
        assert(renamed);
    }
}

int main(int argc, char **argv, char **environment) {
    char error[CONFIG_ERROR_MAX];
    alloc_register_thread();
    clock_refresh();
    process_begin(argc, argv, environment);
    registry_load(command_table());
    config_command_exists = command_exists;
    switch (config_start(argc, argv, error)) {
    case CONFIG_SHOW_VERSION:
        printf("Stint server v=%s malloc=%s bits=%zu\n", STINT_VERSION, alloc_name(), sizeof(void *) * 8);
        return 0;
    case CONFIG_SHOW_HELP: show_help(argv[0]); return 0;
    case CONFIG_INVALID: fputs(error, stderr); return 1;
    case CONFIG_RUN: break;
    }
    config_command_exists = NULL;
    rename_commands();
    server_open_log(); /* while somebody still sees what keeps it from opening */
    process_detach();
    config_log_pending();
    server_open();
    process_set_title();
    return server_run();
}
