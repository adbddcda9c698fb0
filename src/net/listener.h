/* Listener: the sockets that new clients come through, TCP on several addresses and a unix socket. */
#ifndef STINT_NET_LISTENER_H
#define STINT_NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENER_ERROR_BYTES 256

/* Figures, and the limit on clients. */
struct listener_statistics {
    uint64_t accepted, rejected;
};
extern struct listener_statistics listener_statistics;
extern int listener_maxclients;
extern int listener_accepts_per_turn; /* of each listener */
extern int listener_keepalive_s;      /* 0: no TCP keep-alive */
extern unsigned listener_mark;        /* SO_MARK of TCP listeners and their clients; 0: none */

/* Decides whether a new client is served: NULL, or the error line to send it before closing. Set at start. */
struct client;
extern const char *(*listener_admission)(const struct client *c);

/* Listens on address (IPv4 or IPv6 text, "*" or "::*" for any; a leading "-" makes failure harmless) and
 * port. False, with the reason in error, if that is not possible. */
bool listener_open_tcp(const char *address, int port, int backlog, char error[LISTENER_ERROR_BYTES]);
/* Listens on a unix socket, whose file is made anew with those permissions (0: the umask's) and group ("":
 * the process's own). */
bool listener_open_unix(const char *path, unsigned permissions, const char *group, int backlog,
                        char error[LISTENER_ERROR_BYTES]);
/* Closes all TCP listeners (to change their addresses or port), or all. */
void listener_close_tcp(void);
void listener_close_all(void);
/* Number of listeners that are open. */
int listener_count(void);

#endif
