/* Number: text to number and back, with the exact rules clients of the protocol rely on. */
#ifndef STINT_BASE_NUMBER_H
#define STINT_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Sizes of buffers for the formatters below. None of them writes a NUL; each returns the length written. */
#define NUMBER_I64_TEXT_MAX         20   /* "-9223372036854775808" */
#define NUMBER_U64_TEXT_MAX         20   /* "18446744073709551615" */
#define NUMBER_DOUBLE_TEXT_MAX      32   /* "-1.7976931348623157e+308" and room to work in */
#define NUMBER_LONG_DOUBLE_TEXT_MAX 5120 /* sign, 4933 digits, the point, 17 digits */
#define NUMBER_HUMAN_TEXT_MAX       24   /* "18446744073709551615B" */

/* Reads a whole number in its one canonical spelling: an optional '-', no '+', no leading zeros, no "-0", no
 * spaces, nothing after it. False, with *out untouched, for any other text and for values outside the type.
 */
bool number_parse_i64(slice text, int64_t *out);

/* The same for unsigned numbers: no sign is accepted. */
bool number_parse_u64(slice text, uint64_t *out);

/* Writes the number in decimal. buf holds NUMBER_I64_TEXT_MAX bytes. */
size_t number_format_i64(char *buf, int64_t value);

/* Writes the number in decimal. buf holds NUMBER_U64_TEXT_MAX bytes. */
size_t number_format_u64(char *buf, uint64_t value);

/* Decimal digits of the number, 1..20. */
unsigned number_digits_u64(uint64_t value);

/* Longest text that is read as a floating point number. */
#define NUMBER_FLOAT_INPUT_MAX 5119

/* Reads a floating point number as scores and timeouts are written: decimal or hexadecimal, with or without
 * exponent, or "inf"/"infinity" with a sign or without, in any case. The whole text must be used. False, with
 * *out untouched, for empty text, spaces, NaN, a value beyond the type's range, and text longer than
 * NUMBER_FLOAT_INPUT_MAX. */
bool number_parse_double(slice text, double *out);

/* Reads a number as the ends of ranges of scores and the weights of sorting are read, more leniently: the
 * text ends at its first NUL, if it has one; an empty one is 0, a number beyond the type's range infinite,
 * one that can't be told from zero 0. It is decimal, and as long as it likes. False, with *out untouched, for
 * other text and for NaN. */
bool number_parse_lenient_double(slice text, double *out);

/* The same as number_parse_double for the extended type that float increments compute in. */
bool number_parse_long_double(slice text, long double *out);

/* Writes a decimal text that reads back as exactly this value, all but always the shortest one: "3", "-0",
 * "0.1", "1e+21", "inf", "-inf", "nan". buf holds NUMBER_DOUBLE_TEXT_MAX bytes. */
size_t number_format_double(char *buf, double value);

/* Writes the value with up to 17 digits after the point, trailing zeros removed, never an exponent, "-0" as
 * "0": what a float increment stores. The value must be finite. buf holds NUMBER_LONG_DOUBLE_TEXT_MAX bytes.
 */
size_t number_format_long_double_fixed(char *buf, long double value);

/* Reads an amount of memory: digits and an optional unit in any case. b is one byte, k m g are powers of
 * 1000, kb mb gb powers of 1024; a unit alone is 0. False, with *bytes untouched, for anything else and for
 * amounts beyond 64 bits. */
bool number_parse_memory(slice text, uint64_t *bytes);

/* Writes an amount of memory for people: "512B", "1.00K", "2.50G". buf holds NUMBER_HUMAN_TEXT_MAX bytes. */
size_t number_format_bytes_human(char *buf, uint64_t bytes);

#endif
