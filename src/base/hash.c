/* Hash: the secret; the function itself is inline in the header. */
#include "base/hash.h"

#include "base/random.h"

_Static_assert(HASH_SECRET_BYTES >= XXH3_SECRET_SIZE_MIN, "the secret is too short for XXH3");

unsigned char hash_secret[HASH_SECRET_BYTES];

void hash_open(void) { random_bytes_os(hash_secret, sizeof(hash_secret)); }
