/* Alloc: memory from jemalloc, and how much of it is in use.
 *
 * Allocation never fails: a server that can't get memory says so and stops. Sizes are given back on free,
 * which spares jemalloc a lookup. used_memory is the sum of the per-thread counters that jemalloc keeps
 * anyway: exact, and free of cost. A build without jemalloc (sanitizers) uses the C library and estimates.
 *
 * Size classes are jemalloc's: 8, then 16 apart up to 128, then four to each doubling. */
#ifndef STINT_BASE_ALLOC_H
#define STINT_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Memory of size > 0 bytes, not initialised, aligned to 16 (to 8 if size is 8 or less, to 64 if size is a
 * multiple of 64). */
void *alloc(size_t size);
/* The same, filled with zeros. */
void *alloc_zeroed(size_t size);
/* Grows or shrinks a block, moving it if needed. p may be NULL. */
void *alloc_resize(void *p, size_t size);
/* Frees a block; size is what it was asked for with (any size of the same class serves). p may be NULL. */
void alloc_free(void *p, size_t size);
/* Frees a block whose size is not known. */
void alloc_free_unsized(void *p);
/* Makes room for one more element in an array that grows by doubling. count elements are used of capacity;
 * array and capacity, zero at first, are changed if those are equal. */
#define alloc_make_room(array, count, capacity)                                                              \
    do {                                                                                                     \
        if ((size_t)(count) < (size_t)(capacity)) break;                                                     \
        (capacity) = (capacity) ? 2 * (capacity) : ALLOC_FIRST_ELEMENTS;                                     \
        (array) = alloc_resize((array), (size_t)(capacity) * sizeof(*(array)));                              \
    } while (0)
#define ALLOC_FIRST_ELEMENTS 4
/* A copy of a NUL-terminated text; free with alloc_free_unsized. */
char *alloc_text(const char *text);
/* A NUL-terminated copy of bytes; free with alloc_free_unsized. */
char *alloc_text_of(const char *data, size_t len);

/* How many bytes a request of that size really takes. */
static inline size_t alloc_class(size_t size) {
    if (size <= 8) return 8;
    if (size <= 128) return (size + 15) & ~(size_t)15;
    size_t delta = (size_t)1 << (61 - __builtin_clzl(size - 1)); /* a quarter of the power of two below */
    return (size + delta - 1) & ~(delta - 1);
}
/* How many bytes the block at p can hold. */
size_t alloc_capacity(const void *p);

/* Makes the calling thread's allocations count. Every thread that allocates calls it once. */
void alloc_register_thread(void);
/* Bytes in use by the whole program, in size classes. */
size_t alloc_used_bytes(void);
/* The highest alloc_used_bytes seen by alloc_note_peak. */
size_t alloc_peak_bytes(void);
void alloc_note_peak(void);

/* What the allocator and the kernel say of memory, for INFO and MEMORY. */
struct alloc_figures {
    size_t allocated_bytes, active_bytes, resident_bytes, retained_bytes, muzzy_bytes;
    size_t process_resident_bytes;
};
void alloc_figures(struct alloc_figures *f);
/* Name and version of the allocator. */
const char *alloc_name(void);
/* Gives unused pages back to the kernel. */
void alloc_purge(void);
/* Calls write with pieces of jemalloc's own report. */
void alloc_report(void (*write)(void *context, const char *text), void *context);

#endif
