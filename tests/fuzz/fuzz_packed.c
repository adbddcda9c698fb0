/* Fuzzes packed runs twice: the input as the bytes of a run, which must be refused or be walkable and the
 * same when written anew; and as the texts of one, which must come back. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "store/types/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_run(slice run) {
    if (!packed_valid(run)) return;
    struct packed_builder b;
    packed_builder_open(&b);
    size_t at = packed_first(run), count = 0;
    for (struct packed_value v; at < run.len; count++) {
        assert(packed_find(run, at, (packed_get(run, at, &v), &v), 0) == at);
        at = packed_read(run, at, &v);
        packed_builder_add(&b, &v);
    }
    assert(at == run.len && count == packed_count(run));
    assert(slice_equal(run, packed_builder_run(&b)));
    for (; count > 0; count--) at = packed_previous(run, at);
    assert(at == packed_first(run));
    packed_builder_release(&b);
}

/* Zero bytes end the texts. */
static void check_texts(const char *data, size_t size) {
    struct packed_builder b;
    packed_builder_open(&b);
    for (size_t i = 0; i < size; i += strnlen(data + i, size - i) + 1) {
        slice text = {data + i, strnlen(data + i, size - i)}, back;
        char scratch[NUMBER_I64_TEXT_MAX];
        size_t at = b.len;
        packed_builder_add_text(&b, text);
        struct packed_value v;
        packed_get(packed_builder_run(&b), at, &v);
        back = packed_text(&v, scratch);
        assert(slice_equal(text, back) && packed_last(packed_builder_run(&b)) == at);
    }
    assert(packed_valid(packed_builder_run(&b)));
    packed_builder_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = malloc(size + 1);
    if (size > 0) memcpy(copy, data, size);
    check_run((slice){copy, size});
    check_texts(copy, size);
    free(copy);
    return 0;
}
