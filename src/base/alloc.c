/* Alloc: a thin layer over jemalloc's extended interface; see the header for what it promises.
 *
 * One arena serves all threads: the loop's thread does nearly all of the allocation, and what the background
 * thread frees must come back to the loop, not to an arena of its own. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"

#ifdef STINT_JEMALLOC
#include <jemalloc/jemalloc.h>

/* Read by jemalloc at its start. A thread of jemalloc's own gives dirty pages back within two seconds, so
 * that the loop need not and resident figures mean something. Slabs of the common sizes hold more than by
 * default: their metadata (128 bytes each) would come to one to three percent. */
const char *malloc_conf =
    "narenas:1,tcache_max:32768,background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0,"
    "slab_sizes:16-16:2|32-32:4|48-48:6|64-64:8|80-80:10|96-96:12|112-112:14|128-128:16|256-256:8|"
    "512-512:8|1024-1024:16|2048-2048:16|4096-4096:16";

#define THREADS_MAX 16

/* Pointers to the counters of each registered thread. */
static struct {
    _Atomic(uint64_t) *allocated;
    _Atomic(uint64_t) *deallocated;
} counters[THREADS_MAX];
static atomic_int counter_count;
#else
#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* Of the sanitizers' allocator, which mallinfo2 knows nothing of; gcc brings no header for it. */
size_t __sanitizer_get_current_allocated_bytes(void);
#define libc_used_bytes() __sanitizer_get_current_allocated_bytes()
#else
#define libc_used_bytes() (mallinfo2().uordblks)
#endif
#endif

static size_t peak_bytes;

static void die_out_of_memory(size_t size) {
    fprintf(stderr, "out of memory: %zu bytes could not be had\n", size);
    abort();
}

/* What a request of that size asks the C library for: callers may use all of its size class. */
#ifdef STINT_JEMALLOC
#define request_bytes(size) (size)
#else
#define request_bytes(size) alloc_class(size)
#endif

void *alloc(size_t size) {
    void *p = malloc(request_bytes(size));
    if (unlikely(!p)) die_out_of_memory(size);
    return p;
}

void *alloc_zeroed(size_t size) {
    void *p = calloc(1, request_bytes(size));
    if (unlikely(!p)) die_out_of_memory(size);
    return p;
}

void *alloc_resize(void *p, size_t size) {
    void *q = realloc(p, request_bytes(size));
    if (unlikely(!q)) die_out_of_memory(size);
    return q;
}

void alloc_free_unsized(void *p) { free(p); }

char *alloc_text(const char *text) { return alloc_text_of(text, strlen(text)); }

char *alloc_text_of(const char *data, size_t len) {
    char *copy = alloc(len + 1);
    memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

#ifdef STINT_JEMALLOC
size_t alloc_used_bytes(void) {
    uint64_t used = 0;
    int count = atomic_load_explicit(&counter_count, memory_order_acquire);
    for (int i = 0; i < count; i++) {
        used += atomic_load_explicit(counters[i].allocated, memory_order_relaxed);
        used -= atomic_load_explicit(counters[i].deallocated, memory_order_relaxed);
    }
    return used;
}
#else
size_t alloc_used_bytes(void) { return libc_used_bytes(); }
#endif

void alloc_note_peak(void) {
    size_t used = alloc_used_bytes();
    if (used > peak_bytes) peak_bytes = used;
}

size_t alloc_peak_bytes(void) { return peak_bytes; }

static size_t process_resident_bytes(void) {
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    unsigned long total, resident;
    int read = fscanf(f, "%lu %lu", &total, &resident);
    fclose(f);
    return read == 2 ? resident * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

#ifdef STINT_JEMALLOC

void alloc_free(void *p, size_t size) {
    if (p) sdallocx(p, size, 0);
}

size_t alloc_capacity(const void *p) { return sallocx(p, 0); }

void alloc_register_thread(void) {
    static atomic_flag lock = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&lock)) continue;
    int i = atomic_load(&counter_count);
    size_t len = sizeof(void *);
    if (i < THREADS_MAX && mallctl("thread.allocatedp", &counters[i].allocated, &len, NULL, 0) == 0 &&
        mallctl("thread.deallocatedp", &counters[i].deallocated, &len, NULL, 0) == 0)
        atomic_store_explicit(&counter_count, i + 1, memory_order_release);
    atomic_flag_clear(&lock);
}

static size_t read_figure(const char *name) {
    size_t value = 0, len = sizeof(value);
    if (mallctl(name, &value, &len, NULL, 0) != 0) return 0;
    return value;
}

void alloc_figures(struct alloc_figures *f) {
    uint64_t epoch = 1;
    size_t len = sizeof(epoch);
    mallctl("epoch", &epoch, &len, &epoch, len);
    *f = (struct alloc_figures){
        .allocated_bytes = read_figure("stats.allocated"),
        .active_bytes = read_figure("stats.active"),
        .resident_bytes = read_figure("stats.resident"),
        .retained_bytes = read_figure("stats.retained"),
        .muzzy_bytes = read_figure("stats.arenas.0.pmuzzy") * (size_t)sysconf(_SC_PAGESIZE),
        .process_resident_bytes = process_resident_bytes(),
    };
}

const char *alloc_name(void) {
    static char name[32];
    if (!name[0])
        snprintf(name, sizeof(name), "jemalloc-%d.%d.%d", JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR,
                 JEMALLOC_VERSION_BUGFIX);
    return name;
}

void alloc_purge(void) {
    char name[32];
    snprintf(name, sizeof(name), "arena.%d.purge", MALLCTL_ARENAS_ALL);
    mallctl(name, NULL, NULL, NULL, 0);
}

void alloc_report(void (*write)(void *context, const char *text), void *context) {
    malloc_stats_print(write, context, NULL);
}

#else

void alloc_free(void *p, size_t size) {
    (void)size;
    free(p);
}

size_t alloc_capacity(const void *p) { return malloc_usable_size((void *)p); }

void alloc_register_thread(void) {}

void alloc_figures(struct alloc_figures *f) {
    size_t resident = process_resident_bytes();
    *f = (struct alloc_figures){resident, resident, resident, 0, 0, resident};
}

const char *alloc_name(void) { return "libc"; }

void alloc_purge(void) { malloc_trim(0); }

void alloc_report(void (*write)(void *context, const char *text), void *context) {
    write(context, "This build uses the C library's allocator, which has no report.\n");
}

#endif
