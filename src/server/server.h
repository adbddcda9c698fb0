/* Server: start, turn and stop. */
#ifndef STINT_SERVER_SERVER_H
#define STINT_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_ID_CHARS 40

struct server {
    char run_id[RUN_ID_CHARS + 1];
    int64_t cron_interval_ms;
};
extern struct server server;

/* Sends log lines where the configuration says. Exits with a message if that is not possible. */
void server_open_log(void);
/* Opens everything: database, loop, listeners, background thread. Exits with a message if that is not
 * possible. */
void server_open(void);
/* Serves until it is told to stop. Returns the exit status. */
int server_run(void);

/* Asks the loop to stop after this turn, as SHUTDOWN does with these words (a union of enum config_shutdown).
 * False if it goes on, for the data is to be saved first and can't be, which is logged. */
bool server_stop(int how);

#endif
