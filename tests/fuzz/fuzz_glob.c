/* Fuzzes glob_match: the first byte says whether case counts and where the pattern ends and the text begins.
 * What a pattern matches must agree with what its literal prefix, an escaped copy of the text, and a star in
 * front say. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static slice copy_of(const uint8_t *data, size_t len) {
    char *copy = calloc(len, 1);
    memcpy(copy, data, len);
    return (slice){copy, len};
}

/* A star and the pattern, and any byte and the text: these match if pattern and text do. */
static void check_star_in_front(slice pattern, slice text, bool nocase) {
    char *longer_pattern = malloc(pattern.len + 1), *longer_text = malloc(text.len + 1);
    longer_pattern[0] = '*';
    memcpy(longer_pattern + 1, pattern.data, pattern.len);
    longer_text[0] = 'x';
    memcpy(longer_text + 1, text.data, text.len);
    assert(glob_match((slice){longer_pattern, pattern.len + 1}, (slice){longer_text, text.len + 1}, nocase));
    free(longer_pattern);
    free(longer_text);
}

static void check_escaped_text(slice text, bool nocase) {
    char *pattern = malloc(2 * text.len);
    for (size_t i = 0; i < text.len; i++) {
        pattern[2 * i] = '\\';
        pattern[2 * i + 1] = text.data[i];
    }
    assert(glob_match((slice){pattern, 2 * text.len}, text, nocase));
    free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    bool nocase = data[0] & 1;
    size_t pattern_len = data[0] >> 1;
    if (pattern_len > size - 1) pattern_len = size - 1;
    slice pattern = copy_of(data + 1, pattern_len);
    slice text = copy_of(data + 1 + pattern_len, size - 1 - pattern_len);

    bool matched = glob_match(pattern, text, nocase);
    slice prefix = glob_literal_prefix(pattern);
    assert(glob_is_literal(pattern) == (prefix.len == pattern.len));
    if (matched && !nocase) assert(text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0);
    if (glob_is_literal(pattern) && !nocase) assert(matched == slice_equal(pattern, text));
    if (matched) check_star_in_front(pattern, text, nocase);
    check_escaped_text(text, nocase);

    free((char *)pattern.data);
    free((char *)text.data);
    return 0;
}
