/* Logo: a stint, line by line beside what one wants to know of a server that has just started. */
#include "server/logo.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "server/config/config.h"
#include "server/version.h"

static bool is_wanted(void) {
    bool to_terminal = !config.logfile[0] && !config.syslog_enabled && isatty(STDOUT_FILENO);
    return config.always_show_logo || to_terminal;
}

void logo_show(void) {
    if (!is_wanted()) return;
    char address[64];
    if (config.port)
        snprintf(address, sizeof(address), "Port: %lld", (long long)config.port);
    else
        snprintf(address, sizeof(address), "Unix socket only");
    log_notice("         .--.");
    log_notice("        ( o  `-----     Stint %s", STINT_VERSION);
    log_notice("   .---'    )           %s", address);
    log_notice("  <_______.'            Process id: %d", (int)getpid());
    log_notice("       | |");
    log_notice("      -' -'");
}
