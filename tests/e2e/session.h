/* Session: ready-made requests as raw bytes, for the programs that cut them into pieces. */
#ifndef STINT_E2E_SESSION_H
#define STINT_E2E_SESSION_H

#include "bytes.h"

/* Appends a request of several arguments in RESP. The arguments are NUL-terminated, the list ends with NULL.
 */
void session_add(bytes *session, ...) __attribute__((sentinel));

/* Appends a long session of many commands: inline and in RESP, right and wrong, with binary arguments and
 * long ones. The replies to it are the same every time on an empty server; the connection stays open. */
void session_add_mixed(bytes *session);

#endif
