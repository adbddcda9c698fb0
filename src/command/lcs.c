/* LCS: the longest common subsequence of two strings.
 *
 * Let L(i, j) be its length for the first i bytes of a and the first j bytes of b. Along a row, L rises by 0
 * or 1 from one column to the next, so a row is a string of bits: bit j of row i is set where L(i, j + 1) =
 * L(i, j). With `match` having a bit for each byte of b that equals the next byte of a, a row follows from
 * the one before by arithmetic on 64 columns at a time (bit-parallel dynamic programming):
 *
 *     row = (row + (row & match)) | (row & ~match)        row 0 is all ones
 *
 * The subsequence is found by walking back from the last cell: equal bytes belong to it; else the walk goes
 * where L is higher, left if that makes no difference. For unequal bytes "up is higher than left" is the same
 * as "L rises from the left", which is a bit of the row. So that not all rows must be kept, they form about
 * sqrt(a.len) blocks of as many: the row before each block is kept, and the rows within one are computed
 * again when the walk enters it.
 *
 * The limit on the strings is that of a table of 32-bit lengths, though much less memory is used. */
#include "base/alloc.h"
#include "base/bits.h"
#include "command/handlers.h"
#include "command/support.h"
#include "server/config/config.h"
#include "store/types/string.h"

#define BITS_PER_WORD 64
#define BYTE_VALUES   256

/* --- The rows --- */

/* Where the bytes of a are found in b: for each byte value that occurs in a, a row of bits. */
struct matches {
    size_t distinct, words;
    int16_t index[BYTE_VALUES]; /* which row, -1: not in a */
    uint64_t *row;              /* distinct * words */
};

static struct matches matches_new(slice a, slice b, size_t words) {
    struct matches m = {.words = words};
    memset(m.index, -1, sizeof(m.index));
    for (size_t i = 0; i < a.len && m.distinct < BYTE_VALUES; i++) {
        int16_t *index = &m.index[(unsigned char)a.data[i]];
        if (*index < 0) *index = (int16_t)m.distinct++;
    }
    m.row = alloc_zeroed(m.distinct * words * sizeof(*m.row));
    for (size_t j = 0; j < b.len; j++) {
        int16_t index = m.index[(unsigned char)b.data[j]];
        if (index >= 0)
            m.row[(size_t)index * words + j / BITS_PER_WORD] |= UINT64_C(1) << (j % BITS_PER_WORD);
    }
    return m;
}

static const uint64_t *matches_of(const struct matches *m, char byte) {
    return m->row + (size_t)m->index[(unsigned char)byte] * m->words;
}

static void matches_free(struct matches *m) { alloc_free(m->row, m->distinct * m->words * sizeof(*m->row)); }

/* Rows 1 to a.len; block k holds those from k * block_rows + 1 on. */
struct rows {
    slice a, b;
    size_t words; /* of a row */
    struct matches matches;
    size_t block_rows, blocks;
    size_t computed;  /* which block's rows are at hand */
    uint64_t *before; /* of each block, the row before it */
    uint64_t *block;  /* the computed block: the row before it, then its own */
    size_t allocated; /* words at before; block is a part of that */
};

static void next_row(const uint64_t *restrict before, const uint64_t *restrict match,
                     uint64_t *restrict after, size_t words) {
    bool carry = false;
    for (size_t w = 0; w < words; w++) {
        uint64_t row = before[w], sum;
        bool over = __builtin_add_overflow(row, row & match[w], &sum);
        carry = __builtin_add_overflow(sum, (uint64_t)carry, &sum) || over;
        after[w] = sum | (row & ~match[w]);
    }
}

/* Computes the rows of a block; returns the last of them. */
static const uint64_t *compute_block(struct rows *r, size_t block) {
    size_t first = block * r->block_rows, end = first + r->block_rows;
    if (end > r->a.len) end = r->a.len;
    uint64_t *row = r->block;
    memcpy(row, r->before + block * r->words, r->words * sizeof(*row));
    for (size_t i = first; i < end; i++, row += r->words)
        next_row(row, matches_of(&r->matches, r->a.data[i]), row + r->words, r->words);
    r->computed = block;
    return row;
}

/* Computes the rows of two strings, neither of them empty. Sets *length to the length of the subsequence. */
static struct rows rows_new(slice a, slice b, size_t *length) {
    struct rows r = {.a = a, .b = b, .words = (b.len + BITS_PER_WORD - 1) / BITS_PER_WORD, .block_rows = 1};
    while (r.block_rows * r.block_rows < a.len) r.block_rows *= 2;
    r.blocks = (a.len + r.block_rows - 1) / r.block_rows;
    r.allocated = (r.blocks + r.block_rows + 1) * r.words;
    r.before = alloc(r.allocated * sizeof(*r.before));
    r.block = r.before + r.blocks * r.words;
    r.matches = matches_new(a, b, r.words);

    const uint64_t *last = NULL;
    memset(r.before, 0xff, r.words * sizeof(*r.before));
    for (size_t block = 0; block < r.blocks; block++) {
        if (last) memcpy(r.before + block * r.words, last, r.words * sizeof(*last));
        last = compute_block(&r, block);
    }
    /* L of the last cell is how often it rises in the last row; columns beyond b never do */
    *length = r.words * BITS_PER_WORD - bits_count(last, r.words * sizeof(*last));
    return r;
}

static void rows_free(struct rows *r) {
    matches_free(&r->matches);
    alloc_free(r->before, r->allocated * sizeof(*r->before));
}

/* Whether L rises from column j - 1 to j in row i; both count from 1. */
static bool rises_at(struct rows *r, size_t i, size_t j) {
    size_t block = (i - 1) / r->block_rows;
    if (block != r->computed) compute_block(r, block);
    const uint64_t *row = r->block + ((i - 1) % r->block_rows + 1) * r->words;
    return !(row[(j - 1) / BITS_PER_WORD] >> ((j - 1) % BITS_PER_WORD) & 1);
}

/* The next pair of bytes of the subsequence, from its end: *i and *j count the bytes before which to look,
 * and are moved to the pair. False if there is none left. */
static bool walk_back(struct rows *r, size_t *i, size_t *j) {
    while (*i > 0 && *j > 0) {
        if (r->a.data[*i - 1] == r->b.data[*j - 1]) {
            --*i;
            --*j;
            return true;
        }
        if (rises_at(r, *i, *j))
            --*i;
        else
            --*j;
    }
    return false;
}

/* --- Replies --- */

static void reply_subsequence(client *c, struct rows *r, size_t length) {
    size_t i = r->a.len, j = r->b.len, left = length;
    char *text = alloc(length + 1);
    while (left > 0 && walk_back(r, &i, &j)) text[--left] = r->a.data[i];
    reply_bulk(c, text, length);
    alloc_free(text, length + 1);
}

struct lcs_options {
    bool length_only, ranges, with_lengths;
    int64_t min_range_len;
};

/* A run of bytes that the subsequence takes from both strings. */
struct match_range {
    size_t a_first, b_first;
    size_t len;
};

/* Writes the range unless it is too short; returns how many were written. */
static size_t reply_range(client *c, const struct match_range *m, const struct lcs_options *o) {
    if (m->len == 0 || (int64_t)m->len < o->min_range_len) return 0;
    reply_array(c, o->with_lengths ? 3 : 2);
    reply_array(c, 2);
    reply_integer(c, (int64_t)m->a_first);
    reply_integer(c, (int64_t)(m->a_first + m->len - 1));
    reply_array(c, 2);
    reply_integer(c, (int64_t)m->b_first);
    reply_integer(c, (int64_t)(m->b_first + m->len - 1));
    if (o->with_lengths) reply_integer(c, (int64_t)m->len);
    return 1;
}

/* The ranges, the last one first. */
static void reply_ranges(client *c, struct rows *r, size_t length, const struct lcs_options *o) {
    reply_map(c, 2);
    reply_text(c, "matches");
    reply_mark mark = reply_begin(c);
    size_t count = 0, i = r->a.len, j = r->b.len;
    struct match_range current = {.len = 0};
    while (walk_back(r, &i, &j)) {
        bool continues = current.a_first == i + 1 && current.b_first == j + 1;
        if (!continues) {
            count += reply_range(c, &current, o);
            current.len = 0;
        }
        current = (struct match_range){i, j, current.len + 1};
    }
    count += reply_range(c, &current, o);
    reply_finish_array(c, mark, count);
    reply_text(c, "len");
    reply_integer(c, (int64_t)length);
}

/* The reply where one of the strings is empty. */
static void reply_nothing(client *c, const struct lcs_options *o) {
    if (o->length_only) {
        reply_integer(c, 0);
    } else if (!o->ranges) {
        reply_slice(c, SLICE(""));
    } else {
        reply_map(c, 2);
        reply_text(c, "matches");
        reply_array(c, 0);
        reply_text(c, "len");
        reply_integer(c, 0);
    }
}

/* --- The command --- */

/* Reads the options. False with an error reply. */
static bool read_options(client *c, const args *a, struct lcs_options *o) {
    *o = (struct lcs_options){0};
    for (int i = 3; i < a->argc; i++) {
        slice arg = a->argv[i];
        if (slice_is(arg, "LEN")) {
            o->length_only = true;
        } else if (slice_is(arg, "IDX")) {
            o->ranges = true;
        } else if (slice_is(arg, "WITHMATCHLEN")) {
            o->with_lengths = true;
        } else if (slice_is(arg, "MINMATCHLEN") && i + 1 < a->argc) {
            if (!arg_integer(c, a->argv[++i], &o->min_range_len)) return false;
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    if (o->length_only && o->ranges) {
        reply_error_text(c, SLICE("ERR If you want both the length and indexes, please just use IDX."));
        return false;
    }
    return true;
}

/* The string at a key, empty if there is none. False for another type. */
static bool read_string(client *c, const args *a, int i, char scratch[STRING_SCRATCH_BYTES], slice *value) {
    key k = args_key(a, i);
    const entry *e = keyspace_read(c->db, &k);
    if (e && e->type != TYPE_STRING) {
        reply_error_text(c, SLICE("ERR The specified keys must contain string values"));
        return false;
    }
    *value = e ? string_view(e, scratch) : SLICE("");
    return true;
}

/* LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN] */
void command_lcs(client *c, const args *a) {
    char first_scratch[STRING_SCRATCH_BYTES], second_scratch[STRING_SCRATCH_BYTES];
    slice first, second;
    struct lcs_options o;
    if (!read_string(c, a, 1, first_scratch, &first) || !read_string(c, a, 2, second_scratch, &second))
        return;
    if (!read_options(c, a, &o)) return;
    if (first.len + 1 > config.proto_max_bulk_len_bytes / sizeof(uint32_t) / (second.len + 1)) {
        reply_error_text(
            c, SLICE("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
        return;
    }
    if (first.len == 0 || second.len == 0) {
        reply_nothing(c, &o);
        return;
    }
    size_t length;
    struct rows r = rows_new(first, second, &length);
    if (o.length_only)
        reply_integer(c, (int64_t)length);
    else if (o.ranges)
        reply_ranges(c, &r, length, &o);
    else
        reply_subsequence(c, &r, length);
    rows_free(&r);
}
