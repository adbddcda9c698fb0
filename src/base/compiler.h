/* Compiler: the few hints that the hot paths give. */
#ifndef STINT_BASE_COMPILER_H
#define STINT_BASE_COMPILER_H

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Asks for the cache line at p, to be read soon. Any address is allowed. */
#define prefetch(p) __builtin_prefetch((p), 0, 3)

#define CACHE_LINE_BYTES 64

#endif
