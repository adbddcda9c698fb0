/* Client selection: the clients that the filters of CLIENT LIST and CLIENT KILL ask for. */
#ifndef STINT_COMMAND_CLIENT_SELECTION_H
#define STINT_COMMAND_CLIENT_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "net/client.h"
#include "server/request/command.h"

/* The two commands word some errors about ids differently, and differ in whether they skip the client that
 * asks. */
enum selection_purpose { SELECT_TO_LIST, SELECT_TO_KILL };

struct client_selection {
    client **clients; /* to be listed: by id, or in the order of the ids asked for */
    size_t count;
};

/* Reads the filters from argv[first] on and finds the clients that they all hold for; clients that are being
 * closed are not found. False, with the error written, if the filters are wrong. Free with
 * client_selection_free. */
bool client_select(client *c, const args *a, int first, enum selection_purpose purpose,
                   struct client_selection *s);
void client_selection_free(struct client_selection *s);

#endif
