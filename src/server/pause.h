/* Pause: CLIENT PAUSE. Requests that it holds back wait (waiting.h) and are run when it ends. */
#ifndef STINT_SERVER_PAUSE_H
#define STINT_SERVER_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/client.h"
#include "server/request/command.h"

/* What is held back; the later, the stricter. */
enum pause_mode {
    PAUSE_NONE,
    PAUSE_WRITES, /* requests that may change data or reach other servers */
    PAUSE_ALL,
};

/* Begins a pause of that many milliseconds. If there is one, the stricter mode and the later end hold. While
 * it lasts no key expires: those whose time has come are not seen, and are deleted afterwards. */
void pause_begin(enum pause_mode mode, int64_t timeout_ms);
/* Ends it, if there is one: what was held back runs before the turn ends. */
void pause_end(void);

/* Whether an admitted request has to wait. */
bool pause_holds(const client *c, const command *row);

struct pause_figures {
    enum pause_mode mode;
    int64_t left_ms;
};
void pause_figures(struct pause_figures *f);

#endif
