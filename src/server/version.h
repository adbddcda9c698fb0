/* Version: what this server is called, and what it says that it is. */
#ifndef STINT_SERVER_VERSION_H
#define STINT_SERVER_VERSION_H

#define STINT_VERSION "0.1.0"
/* The version of the protocol and commands that clients are told, so that they use what there is. */
#define REDIS_VERSION "7.4.0"

#endif
