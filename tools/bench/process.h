/* Process: what the kernel knows of another process, and of the processors. */
#ifndef STINT_BENCH_PROCESS_H
#define STINT_BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time in ns that all threads of the process have spent, user and system together; 0 if there is no such
 * process. */
uint64_t process_cpu_ns(pid_t pid);

/* CPU time in ns of the main thread of the process, as of when it last went to sleep; 0 if unknown. */
uint64_t process_main_thread_cpu_ns(pid_t pid);

/* Time in ns that the main thread of the process was ready to run but had to wait for a CPU; 0 if unknown. */
uint64_t process_wait_ns(pid_t pid);

/* The proportional resident memory (Pss) of the process in bytes, 0 if unknown. Exact, unlike VmRSS, which
 * the kernel keeps in per-CPU counters that may lag. */
uint64_t process_resident_bytes(pid_t pid);

/* Binds the calling thread, and what it starts later, to one CPU. False with errno set if it is not
 * available. */
bool process_pin(int cpu);

/* The CPU at that place, from 0 on, among those this process may use; -1 after the last. */
int process_allowed_cpu(int index);

/* Writes the processor's name as the kernel gives it; nothing if it gives none. */
void process_cpu_model(char *model, size_t size);

#endif
