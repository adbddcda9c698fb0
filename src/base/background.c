/* Background: a queue guarded by a mutex. The loop holds the mutex for a few instructions per job, and jobs
 * are rare (large values only), so nothing cleverer is worth its while. */
#include "base/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/alloc.h"

struct job {
    struct job *next;
    background_job *run;
    void *argument;
    uint64_t objects;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_jobs = PTHREAD_COND_INITIALIZER;
static pthread_cond_t is_idle = PTHREAD_COND_INITIALIZER;
static struct job *first, **end = &first;
static bool busy;
static bool started;
static _Thread_local bool is_worker;
static atomic_uint_fast64_t pending_objects, freed_objects;

static void *work(void *unused) {
    (void)unused;
    alloc_register_thread();
    is_worker = true;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (!first) {
            busy = false;
            pthread_cond_broadcast(&is_idle);
            pthread_cond_wait(&has_jobs, &mutex);
        }
        busy = true;
        struct job *j = first;
        first = j->next;
        if (!first) end = &first;
        pthread_mutex_unlock(&mutex);
        j->run(j->argument);
        atomic_fetch_sub(&pending_objects, j->objects);
        atomic_fetch_add(&freed_objects, j->objects);
        alloc_free(j, sizeof(*j));
        pthread_mutex_lock(&mutex);
    }
    return NULL;
}

void background_open(void) {
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all); /* signals are for the loop's thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, NULL, work, NULL) == 0;
    if (started) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void background_run(background_job *job, void *argument, uint64_t objects) {
    if (!started || is_worker) {
        job(argument);
        atomic_fetch_add(&freed_objects, objects);
        return;
    }
    struct job *j = alloc(sizeof(*j));
    *j = (struct job){NULL, job, argument, objects};
    atomic_fetch_add(&pending_objects, objects);
    pthread_mutex_lock(&mutex);
    *end = j;
    end = &j->next;
    pthread_cond_signal(&has_jobs);
    pthread_mutex_unlock(&mutex);
}

void background_drain(void) {
    if (!started) return;
    pthread_mutex_lock(&mutex);
    while (first || busy) pthread_cond_wait(&is_idle, &mutex);
    pthread_mutex_unlock(&mutex);
}

uint64_t background_pending_objects(void) { return atomic_load(&pending_objects); }
uint64_t background_freed_objects(void) { return atomic_load(&freed_objects); }
void background_reset_statistics(void) { atomic_store(&freed_objects, 0); }
