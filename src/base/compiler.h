/* Compiler: the few hints that the hot paths give. */
#ifndef STINT_BASE_COMPILER_H
#define STINT_BASE_COMPILER_H

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Asks for the cache line at p, to be read soon. Any address is allowed. The empty asm keeps gcc from taking
 * a function that only prefetches for one without effect, whose calls it would drop. */
#define prefetch(p)                                                                                          \
    do {                                                                                                     \
        __builtin_prefetch((p), 0, 3);                                                                       \
        __asm__ volatile("");                                                                                \
    } while (0)

#define CACHE_LINE_BYTES 64

#endif
