/* HyperLogLog: the format, drawn in the header, and the estimate.
 *
 * Raising a register of a sparse value replaces the run that holds it by up to three: what is left of it, the
 * register, what is right of it. Then equal values next to each other are joined as far as a run can hold
 * them, in a few steps from the run before on. Both servers of an exchange must come to the same bytes, so
 * how far that goes, and that a value becomes dense by its size before joining, is part of the format.
 *
 * The runs before a register have to be read to find it, eight bytes of them side by side. Where registers
 * are raised in order, a cursor keeps the place.
 *
 * Dense registers are taken eight at a time: 48 bits that are spread to eight bytes or tallied as they are.
 *
 * The estimate is Otmar Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017). It
 * needs only how many registers have each value, no tables, and no change of method for small counts. */
#include "store/types/hyperloglog.h"

#include <assert.h>
#include <math.h>

#include "base/compiler.h"
#include "base/murmur.h"

/* --- The header --- */

#define MAGIC "HYLL"

enum { ENCODING_AT = 4, CACHED_COUNT_AT = 8 };
enum { DENSE = 0, SPARSE = 1 };

/* In the cached count: out of date. */
#define DROPPED (UINT64_C(1) << 63)

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are stored as they lie");

bool hyperloglog_recognise(slice value) {
    if (value.len < HYPERLOGLOG_HEADER_BYTES || memcmp(value.data, MAGIC, strlen(MAGIC)) != 0) return false;
    unsigned char encoding = (unsigned char)value.data[ENCODING_AT];
    return encoding == SPARSE || (encoding == DENSE && value.len == HYPERLOGLOG_DENSE_BYTES);
}

bool hyperloglog_is_dense(slice value) { return value.data[ENCODING_AT] == DENSE; }

bool hyperloglog_cached_count(slice value, uint64_t *count) {
    memcpy(count, value.data + CACHED_COUNT_AT, sizeof(*count));
    return !(*count & DROPPED);
}

void hyperloglog_cache_count(char *bytes, uint64_t count) {
    memcpy(bytes + CACHED_COUNT_AT, &count, sizeof(count));
}

void hyperloglog_drop_cached_count(char *bytes) {
    uint64_t count;
    memcpy(&count, bytes + CACHED_COUNT_AT, sizeof(count));
    hyperloglog_cache_count(bytes, count | DROPPED);
}

/* --- Elements --- */

#define INDEX_BITS 14
#define HASH_SEED  UINT64_C(0xadc83b19)

/* The highest value that an element gives: the hash without the index may be all zero. */
#define VALUE_MAX (64 - INDEX_BITS + 1)

static_assert(1 << INDEX_BITS == HYPERLOGLOG_REGISTERS, "the index chooses the register");

struct hyperloglog_claim hyperloglog_claim_of(slice element) {
    uint64_t hash = murmur_hash(element, HASH_SEED);
    uint64_t rest = hash >> INDEX_BITS | UINT64_C(1) << (VALUE_MAX - 1); /* a one at last, if there is none */
    return (struct hyperloglog_claim){(unsigned)(hash & (HYPERLOGLOG_REGISTERS - 1)),
                                      1 + (unsigned)__builtin_ctzll(rest)};
}

/* --- Dense registers --- */

#define REGISTER_BITS 6
#define REGISTER_MAX  ((1 << REGISTER_BITS) - 1)

/* Eight registers are a word of 48 bits. It is read together with the two bytes before it, which for the
 * first are of the header: so none is read after the last. */
#define WORD_REGISTERS 8
#define WORD_BYTES     6

static inline uint64_t load_word(const char *packed) {
    uint64_t word;
    memcpy(&word, packed - (sizeof(word) - WORD_BYTES), sizeof(word));
    return word >> 16;
}

/* Registers are spread to bytes, and gathered again, in blocks: each step is a loop that the compiler makes
 * vectors of. */
#define BLOCK_WORDS     32
#define BLOCK_REGISTERS (BLOCK_WORDS * WORD_REGISTERS)

static_assert(HYPERLOGLOG_REGISTERS % BLOCK_REGISTERS == 0, "there are whole blocks");

/* Makes the eight registers of a word its bytes: halves, quarters and eighths are moved apart. */
static inline uint64_t spread(uint64_t word) {
    word = (word & UINT64_C(0x0000000000ffffff)) | (word & UINT64_C(0x0000ffffff000000)) << 8;
    word = (word & UINT64_C(0x00000fff00000fff)) | (word & UINT64_C(0x00fff00000fff000)) << 4;
    return (word & UINT64_C(0x003f003f003f003f)) | (word & UINT64_C(0x0fc00fc00fc00fc0)) << 2;
}

/* Undoes that, for bytes up to REGISTER_MAX. */
static inline uint64_t gather(uint64_t word) {
    word = (word & UINT64_C(0x003f003f003f003f)) | (word & UINT64_C(0x3f003f003f003f00)) >> 2;
    word = (word & UINT64_C(0x00000fff00000fff)) | (word & UINT64_C(0x0fff00000fff0000)) >> 4;
    return (word & UINT64_C(0x0000000000ffffff)) | (word & UINT64_C(0x00ffffff00000000)) >> 8;
}

static void join_dense(const char *packed, uint8_t *registers) {
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += BLOCK_REGISTERS) {
        uint64_t words[BLOCK_WORDS];
        uint8_t values[BLOCK_REGISTERS];
        for (int j = 0; j < BLOCK_WORDS; j++, packed += WORD_BYTES) words[j] = load_word(packed);
        for (int j = 0; j < BLOCK_WORDS; j++) words[j] = spread(words[j]);
        memcpy(values, words, sizeof(values));
        for (int j = 0; j < BLOCK_REGISTERS; j++)
            registers[i + j] = registers[i + j] > values[j] ? registers[i + j] : values[j];
    }
}

void hyperloglog_write_dense(char bytes[HYPERLOGLOG_DENSE_BYTES],
                             const uint8_t registers[HYPERLOGLOG_REGISTERS]) {
    bytes[ENCODING_AT] = DENSE;
    char *packed = bytes + HYPERLOGLOG_HEADER_BYTES;
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += BLOCK_REGISTERS) {
        uint64_t words[BLOCK_WORDS];
        memcpy(words, registers + i, sizeof(words));
        for (int j = 0; j < BLOCK_WORDS; j++) words[j] = gather(words[j]);
        for (int j = 0; j < BLOCK_WORDS; j++, packed += WORD_BYTES) memcpy(packed, &words[j], WORD_BYTES);
    }
}

/* Four registers are three bytes. */
static enum hyperloglog_outcome raise_dense(char *bytes, struct hyperloglog_claim claim) {
    char *p = bytes + HYPERLOGLOG_HEADER_BYTES + claim.index / 4 * 3;
    unsigned shift = claim.index % 4 * REGISTER_BITS;
    uint32_t four = 0;
    memcpy(&four, p, 3);
    if ((four >> shift & REGISTER_MAX) >= claim.value) return HYPERLOGLOG_SAME;
    four = (four & ~((uint32_t)REGISTER_MAX << shift)) | claim.value << shift;
    memcpy(p, &four, 3);
    return HYPERLOGLOG_RAISED;
}

/* --- Sparse runs --- */

#define ZERO_LEN_MAX     64
#define VALUES_LEN_MAX   4
#define SPARSE_VALUE_MAX 32

static inline bool is_wide(unsigned char first) { return (first & 0xc0) == 0x40; }
static inline bool is_values(unsigned char first) { return first & 0x80; }

/* Registers of the run at p; the byte after its first one must be readable, even if it is not the run's. */
static inline unsigned run_len(const unsigned char *p) {
    unsigned wide = (p[0] & 0x3fu) << 8 | p[1];
    unsigned narrow = is_values(p[0]) ? p[0] & 0x03 : p[0] & 0x3f;
    return 1 + (is_wide(p[0]) ? wide : narrow);
}

bool hyperloglog_read_run(slice value, size_t at, struct hyperloglog_run *run) {
    if (at >= value.len) return false;
    unsigned char two[2] = {(unsigned char)value.data[at], 0};
    bool wide = is_wide(two[0]);
    if (wide) {
        if (at + 1 >= value.len) return false;
        two[1] = (unsigned char)value.data[at + 1];
    }
    *run =
        (struct hyperloglog_run){1 + wide, run_len(two), is_values(two[0]) ? 1 + (two[0] >> 2 & 0x1fu) : 0};
    return true;
}

/* Writes the shortest run of so many registers of that value, none for none. Returns its bytes. */
static size_t write_run(unsigned char *p, unsigned value, unsigned len) {
    if (len == 0) return 0;
    if (value > 0) {
        assert(value <= SPARSE_VALUE_MAX && len <= VALUES_LEN_MAX);
        p[0] = (unsigned char)(0x80 | (value - 1) << 2 | (len - 1));
        return 1;
    }
    if (len <= ZERO_LEN_MAX) {
        p[0] = (unsigned char)(len - 1);
        return 1;
    }
    p[0] = (unsigned char)(0x40 | (len - 1) >> 8);
    p[1] = (unsigned char)(len - 1);
    return 2;
}

size_t hyperloglog_start(char room[HYPERLOGLOG_ROOM_BYTES]) {
    memset(room, 0, HYPERLOGLOG_HEADER_BYTES);
    memcpy(room, MAGIC, strlen(MAGIC));
    room[ENCODING_AT] = SPARSE;
    return HYPERLOGLOG_HEADER_BYTES +
           write_run((unsigned char *)room + HYPERLOGLOG_HEADER_BYTES, 0, HYPERLOGLOG_REGISTERS);
}

static bool join_sparse(slice value, uint8_t *registers) {
    struct hyperloglog_run run;
    unsigned first = 0;
    size_t at = HYPERLOGLOG_HEADER_BYTES;
    for (; hyperloglog_read_run(value, at, &run); at += run.bytes, first += run.len) {
        if (run.len > HYPERLOGLOG_REGISTERS - first) return false;
        if (run.value == 0) continue;
        for (unsigned i = first; i < first + run.len; i++)
            if (registers[i] < run.value) registers[i] = (uint8_t)run.value;
    }
    return at == value.len && first == HYPERLOGLOG_REGISTERS;
}

bool hyperloglog_make_dense(char room[HYPERLOGLOG_ROOM_BYTES], size_t *len) {
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    if (!join_sparse((slice){room, *len}, registers)) return false;
    hyperloglog_write_dense(room, registers);
    *len = HYPERLOGLOG_DENSE_BYTES;
    return true;
}

/* Runs are passed over in words of eight bytes, which are looked at side by side. A flag of a byte is its
 * lowest bit; times a number below 256 it is that number where the flag is set. */
#define EACH_BYTE UINT64_C(0x0101010101010101)

static inline unsigned sum_of_bytes(uint64_t word) {
    static const uint64_t every_second = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t pairs = (word & every_second) + (word >> 8 & every_second);
    return (unsigned)(pairs * UINT64_C(0x0001000100010001) >> 48);
}

/* Adds up the registers of runs that take one byte each. */
static inline unsigned narrow_runs_len(uint64_t word) {
    uint64_t values = word >> 7 & EACH_BYTE;
    return 8 + sum_of_bytes(word & (0x3f * EACH_BYTE ^ values * 0x3c));
}

/* The same where bytes look like the first of a wide run. *bytes is how many bytes the runs take: seven if
 * the last one begins a wide run, which is not counted then.
 *
 * In a row of such bytes each second one belongs to the byte before. A subtraction that borrows its way
 * through the row finds where it ends: the way to find the quotes of a text that backslashes escape. */
static inline unsigned mixed_runs_len(uint64_t word, uint64_t looks_wide, size_t *bytes) {
    static const uint64_t odd = UINT64_C(0x0100010001000100);
    uint64_t ends = (((looks_wide << 8 | odd) - looks_wide) ^ odd) & EACH_BYTE;
    uint64_t second = ends ^ looks_wide, last = ends & looks_wide & UINT64_C(1) << 56;
    uint64_t first = (ends & looks_wide) ^ last;
    uint64_t values = word >> 7 & EACH_BYTE & ~second;

    uint64_t len_bits = ((0x3f * EACH_BYTE ^ values * 0x3c) & ~((first | last) * 0xff)) | second * 0xff;
    unsigned runs = 8 - sum_of_bytes(second | last);
    *bytes = last ? 7 : 8;
    return runs + sum_of_bytes(word & len_bits) + (sum_of_bytes(word & first * 0x3f) << 8);
}

/* Where a run is. */
struct place {
    size_t at, previous; /* offsets of the run and of the one before; the same if there is none */
    unsigned first;      /* the run's first register */
};

/* Moves the cursor on to a run that lies before the one with that register by some runs, by less than sixteen
 * bytes if there are so many. What is changed later at that register, or after it, does not reach so far
 * back. */
static void approach(const unsigned char *bytes, size_t len, unsigned index,
                     struct hyperloglog_cursor *cursor) {
    struct hyperloglog_cursor now = *cursor;
    while (now.at + 8 <= len) {
        uint64_t word;
        memcpy(&word, bytes + now.at, sizeof(word));
        uint64_t looks_wide = word >> 6 & ~(word >> 7) & EACH_BYTE;
        size_t step = 8;
        unsigned registers = looks_wide ? mixed_runs_len(word, looks_wide, &step) : narrow_runs_len(word);
        if (now.first + registers > index) break;
        *cursor = now;
        now.at += step;
        now.first += registers;
    }
}

/* Finds the run with that register, which may be cut off, from the cursor on. False if no run has it. */
static bool find_run(const unsigned char *bytes, size_t len, unsigned index,
                     struct hyperloglog_cursor *cursor, struct place *found) {
    if (cursor->at == 0) cursor->at = HYPERLOGLOG_HEADER_BYTES;
    approach(bytes, len, index, cursor);
    struct place p = {.at = cursor->at, .previous = cursor->at, .first = cursor->first};
    while (p.at < len) {
        unsigned next = p.first + run_len(bytes + p.at);
        if (index < next) {
            *found = p;
            return true;
        }
        p = (struct place){.at = p.at + (is_wide(bytes[p.at]) ? 2 : 1), .previous = p.at, .first = next};
    }
    return false;
}

/* How many steps joining makes: in each, it joins two runs or goes on to the next. */
#define JOIN_STEPS 5

/* Joins runs from the one at `at` on. Returns the new length. */
static size_t join_runs(unsigned char *bytes, size_t len, size_t at) {
    for (int step = 0; step < JOIN_STEPS && at + 1 < len; step++) {
        unsigned char *p = bytes + at;
        unsigned together = (p[0] & 0x03u) + (p[1] & 0x03u) + 2;
        if (is_values(p[0]) && p[0] >> 2 == p[1] >> 2 && together <= VALUES_LEN_MAX) {
            p[0] = (unsigned char)((p[0] & ~0x03) | (together - 1));
            len--;
            memmove(p + 1, p + 2, len - at - 1);
        } else {
            at += 1 + is_wide(p[0]);
        }
    }
    return len;
}

static enum hyperloglog_outcome become_dense_and_raise(char *bytes, size_t *len,
                                                       struct hyperloglog_claim claim) {
    return hyperloglog_make_dense(bytes, len) ? raise_dense(bytes, claim) : HYPERLOGLOG_CORRUPT;
}

static enum hyperloglog_outcome raise_sparse(char *value, size_t *len, struct hyperloglog_claim claim,
                                             size_t limit_bytes, struct hyperloglog_cursor *cursor) {
    unsigned char *bytes = (unsigned char *)value;
    struct place found;
    struct hyperloglog_run run;
    if (claim.value > SPARSE_VALUE_MAX) return become_dense_and_raise(value, len, claim);
    if (!find_run(bytes, *len, claim.index, cursor, &found) ||
        !hyperloglog_read_run((slice){value, *len}, found.at, &run))
        return HYPERLOGLOG_CORRUPT;
    if (run.value >= claim.value) return HYPERLOGLOG_SAME;

    unsigned char fresh[2 + 1 + 2];
    unsigned left = claim.index - found.first, right = run.len - 1 - left;
    size_t fresh_len = write_run(fresh, run.value, left);
    fresh_len += write_run(fresh + fresh_len, claim.value, 1);
    fresh_len += write_run(fresh + fresh_len, run.value, right);

    size_t changed_len = *len - run.bytes + fresh_len;
    if (changed_len > *len && changed_len > limit_bytes) return become_dense_and_raise(value, len, claim);
    if (changed_len > HYPERLOGLOG_SPARSE_MAX_BYTES) return HYPERLOGLOG_CORRUPT;
    size_t tail = found.at + run.bytes;
    memmove(bytes + found.at + fresh_len, bytes + tail, *len - tail);
    memcpy(bytes + found.at, fresh, fresh_len);
    *len = join_runs(bytes, changed_len, found.previous);
    return HYPERLOGLOG_RAISED;
}

enum hyperloglog_outcome hyperloglog_raise(char *bytes, size_t *len, struct hyperloglog_claim claim,
                                           size_t sparse_limit_bytes, struct hyperloglog_cursor *cursor) {
    assert(claim.index < HYPERLOGLOG_REGISTERS && claim.value <= REGISTER_MAX);
    if (bytes[ENCODING_AT] == DENSE) return raise_dense(bytes, claim);
    return raise_sparse(bytes, len, claim, sparse_limit_bytes, cursor);
}

bool hyperloglog_join(slice value, uint8_t registers[HYPERLOGLOG_REGISTERS]) {
    if (!hyperloglog_is_dense(value)) return join_sparse(value, registers);
    join_dense(value.data + HYPERLOGLOG_HEADER_BYTES, registers);
    return true;
}

/* --- The estimate --- */

/* How many registers have each value. A tally for each register of a word: a counter that was just written
 * can't be read again at once, and most registers are alike. */
struct tallies {
    unsigned of[WORD_REGISTERS][REGISTER_MAX + 1];
};

/* Counts the registers of a word, which lie so many bits apart. */
static inline void tally_word(struct tallies *t, uint64_t word, unsigned bits) {
    for (unsigned i = 0; i < WORD_REGISTERS; i++) t->of[i][word >> i * bits & REGISTER_MAX]++;
}

/* Adds all of them up in the first. */
static const unsigned *tally_sum(struct tallies *t) {
    for (int i = 1; i < WORD_REGISTERS; i++)
        for (int value = 0; value <= REGISTER_MAX; value++) t->of[0][value] += t->of[i][value];
    return t->of[0];
}

/* Tau makes good for registers at the highest value, which may have seen higher ones, sigma for those that
 * have seen nothing. Both are series, added up until a term changes nothing more. */
static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double sum = 1 - x, before, weight = 1;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1 - x) * (1 - x) * weight;
    } while (sum != before);
    return sum / 3;
}

static double sigma(double x) {
    if (x == 1) return INFINITY;
    double sum = x, before, weight = 1;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum != before);
    return sum;
}

static uint64_t estimate(const unsigned registers[REGISTER_MAX + 1]) {
    static const double m = HYPERLOGLOG_REGISTERS;
    double z = m * tau((m - registers[VALUE_MAX]) / m);
    for (int value = VALUE_MAX - 1; value >= 1; value--) z = 0.5 * (z + registers[value]);
    z += m * sigma(registers[0] / m);
    double count = m * m / (2 * M_LN2 * z);
    /* Only registers that nobody has counted up to get there. As a signed number that is negative, and as a
     * cached count it is none. */
    return count < 0x1p63 ? (uint64_t)llround(count) : DROPPED;
}

static uint64_t count_dense(const char *packed) {
    struct tallies t = {0};
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += WORD_REGISTERS, packed += WORD_BYTES)
        tally_word(&t, load_word(packed), REGISTER_BITS);
    return estimate(tally_sum(&t));
}

static bool count_sparse(slice value, uint64_t *count) {
    struct hyperloglog_run run;
    unsigned of[REGISTER_MAX + 1] = {0}, registers = 0;
    size_t at = HYPERLOGLOG_HEADER_BYTES;
    for (; hyperloglog_read_run(value, at, &run); at += run.bytes) {
        if (run.len > HYPERLOGLOG_REGISTERS - registers) return false;
        registers += run.len;
        of[run.value] += run.len;
    }
    if (at != value.len || registers != HYPERLOGLOG_REGISTERS) return false;
    *count = estimate(of);
    return true;
}

bool hyperloglog_count(slice value, uint64_t *count) {
    if (!hyperloglog_is_dense(value)) return count_sparse(value, count);
    *count = count_dense(value.data + HYPERLOGLOG_HEADER_BYTES);
    return true;
}

uint64_t hyperloglog_count_registers(const uint8_t registers[HYPERLOGLOG_REGISTERS]) {
    struct tallies t = {0};
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += WORD_REGISTERS) {
        uint64_t word;
        memcpy(&word, registers + i, sizeof(word));
        tally_word(&t, word, 8);
    }
    return estimate(tally_sum(&t));
}
