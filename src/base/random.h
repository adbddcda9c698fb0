/* Random: a fast generator for sampling (eviction, RANDOMKEY, SPOP) and bytes from the kernel for secrets and
 * ids.
 *
 * The fast generator has one state, which the loop's thread owns. Its output is no secret. */
#ifndef STINT_BASE_RANDOM_H
#define STINT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Seeds the fast generator from the kernel. Called once at start; aborts if the kernel has no random bytes.
 */
void random_seed_from_os(void);

/* Seeds the fast generator with a fixed number, for runs that must repeat. */
void random_seed(uint64_t seed);

/* 64 uniformly distributed bits. */
uint64_t random_u64(void);

/* A uniformly distributed number in 0..n-1, without bias. n is at least 1. */
uint64_t random_below(uint64_t n);

/* Fills buf with bytes from the kernel, fit for secrets. Aborts if the kernel cannot give them. */
void random_bytes_os(void *buf, size_t len);

/* Writes that many lower-case hex digits of kernel randomness, without NUL: ids of runs and replication.
 * chars is 0..RANDOM_HEX_MAX. */
void random_hex(char *buf, int chars);

#define RANDOM_HEX_MAX 512

#endif
