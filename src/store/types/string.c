/* String: bytes, or an integer where the text is one. */
#include "store/types/string.h"

#include "base/number.h"

_Static_assert(NUMBER_I64_TEXT_MAX <= STRING_SCRATCH_BYTES, "an integer's text must fit the scratch");

slice string_view(const entry *e, char scratch[STRING_SCRATCH_BYTES]) {
    if (e->encoding == ENCODING_INT) return (slice){scratch, number_format_i64(scratch, entry_integer(e))};
    return bytes_view(e);
}

size_t string_len(const entry *e) {
    if (e->encoding != ENCODING_INT) return bytes_view(e).len;
    int64_t integer = entry_integer(e);
    return number_digits_u64(integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer) + (integer < 0);
}

bool string_integer(const entry *e, int64_t *value) {
    if (e->encoding != ENCODING_INT) return number_parse_i64(bytes_view(e), value);
    *value = entry_integer(e);
    return true;
}

entry *string_new_integer(slice key, int64_t value, int64_t expiry_ms) {
    entry *e = entry_new(key, TYPE_STRING, ENCODING_INT, expiry_ms, 0);
    entry_set_integer(e, value);
    return e;
}

bool string_assign(entry *e, slice value) {
    if (!bytes_assign(e, value)) return false;
    e->flags &= ~(uint64_t)ENTRY_EDITED;
    return true;
}

entry *string_edit(entry *e, size_t len, char **bytes) {
    e = bytes_edit(e, len, bytes);
    e->flags |= ENTRY_EDITED;
    return e;
}
