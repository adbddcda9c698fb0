/* Monitor: MONITOR. */
#include "server/insight/monitor.h"

#include "command/handlers.h"
#include "net/reply.h"

/* MONITOR */
void command_monitor(client *c, const args *a) {
    (void)a;
    if (c->flags & CLIENT_MONITOR) return; /* asked again: nothing is said, as in Redis */
    if (c->flags & CLIENT_EXECUTING) {
        reply_error_text(c, SLICE("ERR MONITOR isn't allowed for DENY BLOCKING client"));
        return;
    }
    monitor_add(c);
    reply_ok(c);
}
