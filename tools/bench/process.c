/* Process: CPU clocks, /proc and CPU affinity.
 *
 * CPU time comes from the process's CPU clock: it counts in ns and includes threads that have ended, where
 * /proc/PID/stat counts in ticks of 10 ms. */
#include "bench/process.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/clock.h"

uint64_t process_cpu_ns(pid_t pid) {
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0) return 0;
    return clock_read_ns(clock);
}

static FILE *open_proc(pid_t pid, const char *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return fopen(path, "r");
}

/* What the scheduler says of the main thread. */
static bool read_schedstat(pid_t pid, uint64_t *cpu_ns, uint64_t *wait_ns) {
    FILE *file = open_proc(pid, "schedstat");
    if (!file) return false;
    int read = fscanf(file, "%" SCNu64 " %" SCNu64, cpu_ns, wait_ns);
    fclose(file);
    return read == 2;
}

uint64_t process_main_thread_cpu_ns(pid_t pid) {
    uint64_t cpu_ns, wait_ns;
    return read_schedstat(pid, &cpu_ns, &wait_ns) ? cpu_ns : 0;
}

uint64_t process_wait_ns(pid_t pid) {
    uint64_t cpu_ns, wait_ns;
    return read_schedstat(pid, &cpu_ns, &wait_ns) ? wait_ns : 0;
}

uint64_t process_resident_bytes(pid_t pid) {
    FILE *file = open_proc(pid, "smaps_rollup");
    if (!file) return 0;
    char line[256];
    uint64_t kilobytes = 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %" SCNu64, &kilobytes) == 1) break;
    fclose(file);
    return kilobytes * 1024;
}

bool process_pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

int process_allowed_cpu(int index) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && index-- == 0) return cpu;
    return -1;
}

void process_cpu_model(char *model, size_t size) {
    model[0] = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;
    char line[256];
    while (fgets(line, sizeof line, file)) {
        char *value = strstr(line, ": ");
        if (strncmp(line, "model name", strlen("model name")) != 0 || !value) continue;
        value[strcspn(value, "\n")] = 0;
        snprintf(model, size, "%s", value + 2);
        break;
    }
    fclose(file);
}
