/* Bytes: a growable run of bytes, kept NUL-terminated so that text in it can be read as a C string. */
#ifndef STINT_E2E_BYTES_H
#define STINT_E2E_BYTES_H

#include <stddef.h>

typedef struct bytes {
    char *data; /* NULL while empty and never grown */
    size_t len;
    size_t capacity;
} bytes;

/* Appends len bytes. Ends the program when memory runs out, as everything here does. */
void bytes_append(bytes *b, const void *data, size_t len);

/* Appends one byte. */
void bytes_put(bytes *b, char c);

/* Appends a NUL-terminated text. */
void bytes_text(bytes *b, const char *text);

/* Appends formatted text. */
void bytes_format(bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for at least `room` more bytes and returns where they begin; the caller then adds to len. */
char *bytes_reserve(bytes *b, size_t room);

/* Drops the first len bytes. */
void bytes_drop(bytes *b, size_t len);

/* Appends the bytes in double quotes, unprintable ones as \xHH, the way redis-cli shows them. Runs of more
 * than `shown` bytes are cut and their length named; 0 shows everything. */
void bytes_quote(bytes *b, const char *data, size_t len, size_t shown);

/* Gives the memory back; the struct is empty and usable again. */
void bytes_free(bytes *b);

/* A NUL-terminated copy of len bytes; the caller frees it. */
char *bytes_copy(const char *data, size_t len);

/* malloc that ends the program instead of failing; the memory is zeroed. */
void *must_alloc(size_t size);

/* realloc that ends the program instead of failing. */
void *must_realloc(void *p, size_t size);

/* Prints a message to standard error and ends the program with status 2: the test could not be run at all. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
