/* HyperLogLog check: what must hold whatever the compiler has made of the code.
 *
 * Registers hold what was written to them, each by itself; a value says the same sparse and dense while it
 * fills up; and the estimate is as near as the theory promises. The elements are numbers in order, the same
 * ones every time: a check that has passed passes again. */
#include "store/types/hyperloglog_check.h"

#include <math.h>

#include "base/alloc.h"
#include "store/types/hyperloglog.h"

/* As many as make the sparse value of the two dense in the end. */
#define ELEMENTS 100000
/* The standard error is 1.04 / sqrt(16384). */
#define STANDARD_ERROR      0.008125
#define STANDARD_ERRORS_MAX 4
#define SPARSE_LIMIT_BYTES  3000

struct sketch {
    size_t len;
    char bytes[HYPERLOGLOG_ROOM_BYTES];
};

static slice value_of(const struct sketch *s) { return (slice){s->bytes, s->len}; }

static bool add(struct sketch *s, uint64_t element) {
    struct hyperloglog_cursor start = {0};
    struct hyperloglog_claim claim = hyperloglog_claim_of((slice){(const char *)&element, sizeof(element)});
    return hyperloglog_raise(s->bytes, &s->len, claim, SPARSE_LIMIT_BYTES, &start) == HYPERLOGLOG_RAISED;
}

/* Every register gets a value of its own, one by one, each seen in all registers at once. */
static bool registers_hold(struct sketch *dense) {
    uint8_t written[HYPERLOGLOG_REGISTERS] = {0}, read[HYPERLOGLOG_REGISTERS] = {0};
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
        struct hyperloglog_cursor start = {0};
        unsigned index = i * 5 % HYPERLOGLOG_REGISTERS; /* in another order than they lie */
        written[index] = (uint8_t)(1 + i % 51);
        hyperloglog_raise(dense->bytes, &dense->len, (struct hyperloglog_claim){index, written[index]}, 0,
                          &start);
    }
    hyperloglog_join(value_of(dense), read);
    if (memcmp(written, read, sizeof(read)) != 0) return false;

    char rewritten[HYPERLOGLOG_DENSE_BYTES];
    memcpy(rewritten, dense->bytes, sizeof(rewritten));
    memset(rewritten + HYPERLOGLOG_HEADER_BYTES, 0xff, sizeof(rewritten) - HYPERLOGLOG_HEADER_BYTES);
    hyperloglog_write_dense(rewritten, read);
    return memcmp(rewritten, dense->bytes, sizeof(rewritten)) == 0;
}

static bool near(uint64_t count, uint64_t elements) {
    double error = fabs((double)count - (double)elements);
    return error <= ceil(STANDARD_ERRORS_MAX * STANDARD_ERROR * (double)elements);
}

/* Compares the two, and their count with how many elements were added. */
static const char *compare(const struct sketch *sparse, const struct sketch *dense, uint64_t elements) {
    uint64_t by_runs, by_registers;
    if (!hyperloglog_count(value_of(sparse), &by_runs)) return "a sparse value is corrupt";
    hyperloglog_count(value_of(dense), &by_registers);
    if (by_runs != by_registers) return "a sparse value and a dense one count differently";
    if (!near(by_registers, elements)) return "an estimate is too far off";
    return NULL;
}

static const char *check(struct sketch *sparse, struct sketch *dense) {
    dense->len = hyperloglog_start(dense->bytes);
    if (!hyperloglog_make_dense(dense->bytes, &dense->len)) return "an empty value is corrupt";
    if (!registers_hold(dense)) return "a register does not hold its value";

    sparse->len = hyperloglog_start(sparse->bytes);
    dense->len = hyperloglog_start(dense->bytes);
    hyperloglog_make_dense(dense->bytes, &dense->len);
    uint64_t next_comparison = 1;
    for (uint64_t i = 1; i <= ELEMENTS; i++) {
        if (add(sparse, i) != add(dense, i)) return "an element is new to a sparse value or a dense one only";
        if (i < next_comparison) continue;
        const char *failure = compare(sparse, dense, i);
        if (failure) return failure;
        next_comparison += 1 + next_comparison / 8;
    }
    return memcmp(sparse->bytes, dense->bytes, HYPERLOGLOG_DENSE_BYTES) == 0
               ? NULL
               : "a sparse value has not become what the dense one is";
}

const char *hyperloglog_check(void) {
    struct sketch *sketches = alloc(2 * sizeof(*sketches));
    const char *failure = check(&sketches[0], &sketches[1]);
    alloc_free(sketches, 2 * sizeof(*sketches));
    return failure;
}
