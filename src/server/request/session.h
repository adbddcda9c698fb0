/* Session: what the server knows of a client beyond its connection. It comes and goes by lifecycle.h. */
#ifndef STINT_SERVER_REQUEST_SESSION_H
#define STINT_SERVER_REQUEST_SESSION_H

#include "net/client.h"
#include "server/request/command.h"

struct session {
    char *name;         /* CLIENT SETNAME, or NULL */
    char *library_name; /* CLIENT SETINFO, or NULL */
    char *library_version;
    const command *last_command; /* NULL: none yet */
    uint64_t commands;           /* requests run */
    /* What few clients need; NULL: nothing yet. Each belongs to the module of that name. */
    struct subscriptions *subscriptions;
    struct waiting *waiting;
    struct blocked *blocked;
    struct transaction *transaction;
    struct tracker *tracker;
};

/* Whether clients need a password. */
bool session_password_required(void);
/* Checks name and password in time that does not depend on where they differ; authenticates the client if
 * right. False if wrong. */
bool session_authenticate(client *c, slice user, slice password);

/* Sets one of the session's texts (NULL or a copy made by alloc_text_of) to another; an empty one becomes
 * NULL. */
void session_set_text(char **text, slice value);

#endif
