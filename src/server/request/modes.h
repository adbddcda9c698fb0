/* Modes: states of the whole server in which every request takes the long way through execute.c. None is on
 * most of the time, and looking costs one word. */
#ifndef STINT_SERVER_REQUEST_MODES_H
#define STINT_SERVER_REQUEST_MODES_H

#include <stdint.h>

enum server_mode {
    MODE_PAUSED = 1 << 0,    /* CLIENT PAUSE holds requests back */
    MODE_MONITORED = 1 << 1, /* a client watches all requests */
};
extern uint32_t server_modes;

#endif
