/* Packed: one contiguous run of elements, strings and integers, that can be walked both ways.
 *
 *     +-------+---------+---------+-----+
 *     | count | element | element | ... |
 *     | 2     |         |         |     |
 *     +-------+---------+---------+-----+
 *
 * What small collections are kept in. Integers are stored as integers: 0 to 127 take one byte, up to 8 digits
 * at most 5, and whatever is the text of a 64-bit integer (in the one spelling that number_parse_i64 reads)
 * is one. A string of up to 63 bytes takes 2 more than its length. Every value has one encoding only, so that
 * equal elements are equal bytes.
 *
 * Functions are pure: a run is a slice, a position is the offset of an element's first byte, and the position
 * of the end is the run's length. What changes a run works in memory that the caller has made large enough,
 * and returns the run's new length. Runs are not checked while they are walked: what comes from outside goes
 * through packed_valid first. */
#ifndef STINT_STORE_TYPES_PACKED_H
#define STINT_STORE_TYPES_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/number.h"
#include "base/slice.h"

/* Bytes before the first element; an empty run is that many zeros. */
#define PACKED_HEADER_BYTES 2
/* From here on the count is not kept but found by walking. */
#define PACKED_COUNT_KEPT_MAX 65534
/* The run without elements. */
#define PACKED_EMPTY SLICE("\0\0")

/* An element's value: bytes, or an integer if text.data is NULL. */
struct packed_value {
    slice text;
    int64_t integer;
};

static inline bool packed_is_integer(const struct packed_value *v) { return v->text.data == NULL; }

/* The value of a text: an integer if it is the text of one. The bytes are borrowed; they must not be at NULL.
 */
static inline struct packed_value packed_value_of(slice text) {
    struct packed_value v = {.text = text};
    if (text.len <= NUMBER_I64_TEXT_MAX && number_parse_i64(text, &v.integer)) v.text = (slice){0};
    return v;
}
static inline struct packed_value packed_value_integer(int64_t integer) {
    return (struct packed_value){.integer = integer};
}
/* The value's text; an integer is written into scratch. */
static inline slice packed_text(const struct packed_value *v, char scratch[NUMBER_I64_TEXT_MAX]) {
    if (!packed_is_integer(v)) return v->text;
    return (slice){scratch, number_format_i64(scratch, v->integer)};
}
/* Whether both are the same value. */
bool packed_value_equal(const struct packed_value *a, const struct packed_value *b);

/* --- Walking --- */

/* Bytes of an element by its first byte; 0 for those with lengths of their own. */
extern const uint8_t packed_short_sizes[256];
size_t packed_long_size(const char *element);

/* The bytes that the element at that position takes. */
static inline size_t packed_size(slice run, size_t at) {
    size_t size = packed_short_sizes[(unsigned char)run.data[at]];
    return likely(size > 0) ? size : packed_long_size(run.data + at);
}
/* The position of the first element; run.len if there is none. */
static inline size_t packed_first(slice run) {
    (void)run;
    return PACKED_HEADER_BYTES;
}
/* The position after the element at that position: run.len after the last. */
static inline size_t packed_next(slice run, size_t at) { return at + packed_size(run, at); }
/* The position of the element before that position, which may be run.len but not the first. */
size_t packed_previous(slice run, size_t at);
/* The position of the last element; the run must not be empty. */
static inline size_t packed_last(slice run) { return packed_previous(run, run.len); }
/* The position of the element with that index, 0 to count - 1, or run.len for count; walks from the nearer
 * end. */
size_t packed_at(slice run, size_t index);

/* How many elements there are; walks if there are more than PACKED_COUNT_KEPT_MAX. */
size_t packed_count(slice run);

/* The element's value; text is within the run. */
void packed_get(slice run, size_t at, struct packed_value *v);
/* The same; returns the position after the element. */
size_t packed_read(slice run, size_t at, struct packed_value *v);

/* --- Finding --- */

/* The position of the first element at or after from that has the value, or run.len if there is none. After
 * each element that is compared, skip elements are passed over: with 1, from the first, the fields of a run
 * of fields and their values are searched. The elements after from must be a multiple of skip + 1. */
size_t packed_find(slice run, size_t from, const struct packed_value *v, size_t skip);

/* --- Changing --- */

/* Bytes that the value takes as an element. */
size_t packed_encoded_len(const struct packed_value *v);

/* Inserts the value before position at (the run's length: at the end). bytes holds len bytes and has room for
 * packed_encoded_len more. The value's text must not lie in the run. */
size_t packed_insert_at(char *bytes, size_t len, size_t at, const struct packed_value *v);
static inline size_t packed_append(char *bytes, size_t len, const struct packed_value *v) {
    return packed_insert_at(bytes, len, len, v);
}
/* Puts the value in the place of the element at that position. bytes has room for the new length, which is
 * len - packed_size(at) + packed_encoded_len(v). */
size_t packed_replace_at(char *bytes, size_t len, size_t at, const struct packed_value *v);
/* Removes count elements, starting with the one at that position. */
size_t packed_remove_at(char *bytes, size_t len, size_t at, size_t count);
/* Removes the elements in [from, to), which are count. */
size_t packed_remove_range(char *bytes, size_t len, size_t from, size_t to, size_t count);
/* Appends elements that are encoded already: the bytes [from, to) of another run, count elements. bytes has
 * room for them. */
size_t packed_append_range(char *bytes, size_t len, slice run, size_t from, size_t to, size_t count);
/* The same, before position at. */
size_t packed_insert_range(char *bytes, size_t len, size_t at, slice run, size_t from, size_t to,
                           size_t count);

/* The same two at the front, without moving the rest: the run's start moves instead, and is returned. To
 * prepend, packed_encoded_len bytes must be free before it. */
char *packed_prepend(char *bytes, const struct packed_value *v);
char *packed_drop_front(char *bytes, size_t len, size_t to, size_t count);

/* --- Building --- */

/* A run that is made element by element and then copied to where it stays. */
struct packed_builder {
    char *bytes;
    size_t len, capacity;
    char nearby[256]; /* short runs need no allocation */
};

/* Starts with an empty run. Release it when done; the builder must not be moved. */
void packed_builder_open(struct packed_builder *b);
void packed_builder_release(struct packed_builder *b);
void packed_builder_add(struct packed_builder *b, const struct packed_value *v);
/* The same for a text. */
static inline void packed_builder_add_text(struct packed_builder *b, slice text) {
    struct packed_value v = packed_value_of(text);
    packed_builder_add(b, &v);
}
/* What was built so far; valid until the next change. */
static inline slice packed_builder_run(const struct packed_builder *b) { return (slice){b->bytes, b->len}; }

/* --- Checking --- */

/* Whether any bytes are a run: every element whole and in its one encoding, walkable both ways, the count
 * right. */
bool packed_valid(slice bytes);

#endif
