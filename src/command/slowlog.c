/* Slow log: the SLOWLOG family, which shows the requests that took long. */
#include "server/insight/slowlog.h"

#include "command/handlers.h"
#include "command/help.h"
#include "command/support.h"

/* Entries shown if the request does not say how many, as in Redis. */
#define DEFAULT_COUNT 10

/* --- SLOWLOG GET --- */

static void reply_entry(client *c, const slowlog_entry *e) {
    reply_array(c, 6);
    reply_integer(c, e->id);
    reply_integer(c, e->unix_s);
    reply_integer(c, (int64_t)e->us);
    reply_array(c, (size_t)e->argc);
    for (int i = 0; i < e->argc; i++) reply_slice(c, e->argv[i]);
    reply_slice(c, e->peer);
    reply_slice(c, e->name);
}

/* SLOWLOG GET [count]: the newest first; -1 is all */
void command_slowlog_get(client *c, const args *a) {
    static const char refusal[] = "ERR count should be greater than or equal to -1";
    int64_t count = DEFAULT_COUNT;
    if (a->argc > 3) {
        help_refer(c, "SLOWLOG", a->argv[1]);
        return;
    }
    if (a->argc == 3 && !arg_integer_between(c, a->argv[2], -1, INT64_MAX, refusal, &count)) return;
    size_t shown = slowlog_len();
    if (count >= 0 && (size_t)count < shown) shown = (size_t)count;
    reply_array(c, shown);
    const slowlog_entry *e = slowlog_newest();
    for (size_t i = 0; i < shown; i++, e = e->older) reply_entry(c, e);
}

/* --- The rest --- */

/* SLOWLOG LEN */
void command_slowlog_len(client *c, const args *a) {
    (void)a;
    reply_integer(c, (int64_t)slowlog_len());
}

/* SLOWLOG RESET */
void command_slowlog_reset(client *c, const args *a) {
    (void)a;
    slowlog_reset();
    reply_ok(c);
}

/* SLOWLOG HELP */
void command_slowlog_help(client *c, const args *a) {
    static const char *const lines[] = {
        "GET [<count>]",
        "    The last <count> requests that were slow, the last one first (10 unless told, -1 for",
        "    all). Of each:",
        "    * its number in the log",
        "    * when it ended, in seconds of Unix time",
        "    * how long it took, in microseconds",
        "    * its arguments, long ones and many of them cut short",
        "    * the address and the name of the client",
        "    Quick requests in a pipeline are timed together. If that takes too long, the longest is",
        "    shown, the time of all, and how many the others are.",
        "LEN",
        "    How many requests are in the log.",
        "RESET",
        "    Empty the log.",
        NULL,
    };
    (void)a;
    help_reply(c, "SLOWLOG", lines);
}
