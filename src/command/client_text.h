/* Client text: clients as CLIENT LIST shows them, and the texts that clients may give themselves. */
#ifndef STINT_COMMAND_CLIENT_TEXT_H
#define STINT_COMMAND_CLIENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "command/report.h"
#include "net/client.h"

/* Whether a text that a client gives itself would keep CLIENT LIST readable: printable ASCII without blanks.
 */
bool client_text_allowed(slice text);
/* The same for a name; false with the error written if not. */
bool client_name_check(client *c, slice name);

/* Appends the line of CLIENT LIST, with its newline. */
void client_add_line(report *r, const client *c);

/* The letters of the field flags: of every mode the client is in, or N for none. */
#define CLIENT_LETTERS_MAX 16
/* All letters that the field may show, in this server or another that speaks the protocol. */
#define CLIENT_LETTERS_KNOWN "AbBcdeEiIMNOPrRStTuUx"
/* Writes the letters of a client. Returns their number; no NUL is added. */
size_t client_letters(const client *c, char letters[CLIENT_LETTERS_MAX]);

/* Figures of all clients together. */
struct client_totals {
    size_t memory_bytes;    /* structs, requests that are incomplete or wait, unsent replies */
    size_t query_bytes_max; /* the most memory that one unread request takes */
    size_t reply_bytes_max; /* and one client's unsent replies */
};
/* Walks over all clients. */
void client_totals(struct client_totals *t);

#endif
