/* Pause: one mode and one end for all that asked for a pause. */
#include "server/pause.h"

#include "base/clock.h"
#include "net/timer.h"
#include "server/request/modes.h"
#include "server/transaction.h"
#include "server/waiting.h"
#include "store/keyspace.h"

static enum pause_mode mode;

static void on_timer(timer *t) {
    (void)t;
    pause_end();
}

static timer end_timer = {.callback = on_timer};

void pause_begin(enum pause_mode wanted, int64_t timeout_ms) {
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    if (mode == PAUSE_NONE || end_ms > end_timer.when_ms) timer_set(&end_timer, end_ms);
    if (wanted > mode) mode = wanted;
    server_modes |= MODE_PAUSED;
    keyspace_expiry_paused = true;
}

void pause_end(void) {
    timer_cancel(&end_timer);
    mode = PAUSE_NONE;
    server_modes &= ~(uint32_t)MODE_PAUSED;
    keyspace_expiry_paused = false;
    waiting_end_pause();
}

bool pause_holds(const client *c, const command *row) {
    if (mode != PAUSE_WRITES) return mode == PAUSE_ALL;
    uint32_t flags = row->flags;
    if (transaction_is_exec(row) && c->flags & CLIENT_IN_TRANSACTION) flags |= transaction_flags(c);
    return flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE);
}

void pause_figures(struct pause_figures *f) {
    int64_t left_ms = mode == PAUSE_NONE ? 0 : end_timer.when_ms - clock_monotonic_ms();
    *f = (struct pause_figures){mode, left_ms > 0 ? left_ms : 0};
}
