/* Background: one thread for what may take long and touches no live data.
 *
 * Freeing what was unlinked, closing files. Jobs run in the order in which they were given. The loop never
 * waits for the thread, except at the end (background_drain). */
#ifndef STINT_BASE_BACKGROUND_H
#define STINT_BASE_BACKGROUND_H

#include <stdint.h>

typedef void background_job(void *argument);

/* Starts the thread. Before that, and if the thread could not be started, jobs run at once in the caller. */
void background_open(void);
/* Queues a job that frees objects many values. Within a job, runs it at once. */
void background_run(background_job *job, void *argument, uint64_t objects);
/* Waits until all queued jobs have run. */
void background_drain(void);

/* Values waiting to be freed, and those freed so far. */
uint64_t background_pending_objects(void);
uint64_t background_freed_objects(void);
void background_reset_statistics(void);

#endif
