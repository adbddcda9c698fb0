/* Help: lists of lines as arrays of simple strings, as clients print them. */
#include "command/help.h"

#include <stdio.h>

#include "net/reply.h"

#define HEAD_LINE_MAX 128
/* How much of a subcommand's name an error shows. */
#define SUBCOMMAND_SHOWN_BYTES 128

void help_reply(client *c, const char *container, const char *const *lines) {
    size_t count = 0;
    while (lines[count]) count++;

    char head[HEAD_LINE_MAX];
    snprintf(head, sizeof head, "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", container);
    reply_array(c, count + 3);
    reply_status(c, head);
    for (size_t i = 0; i < count; i++) reply_status(c, lines[i]);
    reply_status(c, "HELP");
    reply_status(c, "    Print this help.");
}

void help_refer(client *c, const char *container, slice subcommand) {
    int shown = (int)(subcommand.len < SUBCOMMAND_SHOWN_BYTES ? subcommand.len : SUBCOMMAND_SHOWN_BYTES);
    reply_error(c, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try %s HELP.", shown,
                subcommand.data, container);
}
