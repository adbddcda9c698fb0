/* Fuzzes words_split and words_quote: words that a line splits into, quoted again, split into the same words.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/words.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_quoting(const slice *words, int count, size_t line_len) {
    char *line = malloc(WORDS_QUOTED_MAX(line_len) + 3 * WORDS_MAX), *p = line;
    for (int i = 0; i < count; i++) {
        size_t quoted = words_quote(p, words[i]);
        assert(quoted <= WORDS_QUOTED_MAX(words[i].len));
        p += quoted;
        *p++ = ' ';
    }
    size_t len = (size_t)(p - line);
    char *scratch = malloc(len);
    slice again[WORDS_MAX];
    assert(words_split((slice){line, len}, scratch, again, WORDS_MAX) == count);
    for (int i = 0; i < count; i++) assert(slice_equal(again[i], words[i]));
    free(scratch);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *line = malloc(size), *scratch = malloc(size);
    if (size > 0) memcpy(line, data, size);
    slice words[WORDS_MAX];
    int count = words_split((slice){line, size}, scratch, words, WORDS_MAX);
    assert(count >= WORDS_TOO_MANY && count <= WORDS_MAX);

    size_t total = 0;
    for (int i = 0; i < count; i++) total += words[i].len;
    assert(total <= size);
    if (count > 0) check_quoting(words, count, size);
    free(line);
    free(scratch);
    return 0;
}
