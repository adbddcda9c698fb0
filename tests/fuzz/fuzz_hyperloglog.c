/* Fuzzes HyperLogLogs: the input as the runs of a sparse value, in which registers are then raised. A value
 * that is sound has to stay so, sparse or dense, and its registers to be what they were raised to; of a
 * corrupt one nothing is asked but that nothing outside of it is touched. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "store/types/hyperloglog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first bytes say what to raise, and how long the value may get; the runs are the rest. */
#define CLAIMS        8
#define CLAIM_BYTES   3
#define CONTROL_BYTES (CLAIMS * CLAIM_BYTES + 2)

static struct hyperloglog_claim claim_at(const uint8_t *p) {
    return (struct hyperloglog_claim){(unsigned)(p[0] | p[1] << 8) % HYPERLOGLOG_REGISTERS, p[2] % 52u};
}

/* Whether the value is sound; what it says is in registers then. All functions have to agree. */
static bool read_registers(slice value, uint8_t registers[HYPERLOGLOG_REGISTERS]) {
    uint64_t count = 0;
    memset(registers, 0, HYPERLOGLOG_REGISTERS);
    bool sound = hyperloglog_join(value, registers);
    assert(hyperloglog_count(value, &count) == sound);
    assert(!sound || count == hyperloglog_count_registers(registers));
    return sound;
}

static void check(char *room, size_t len, const uint8_t *control) {
    static uint8_t expected[HYPERLOGLOG_REGISTERS], found[HYPERLOGLOG_REGISTERS];
    bool sound = read_registers((slice){room, len}, expected);
    size_t limit = (size_t)(control[0] | control[1] << 8);
    struct hyperloglog_cursor cursor = {0};
    unsigned last = 0;
    for (int i = 0; i < CLAIMS; i++) {
        struct hyperloglog_claim claim = claim_at(control + 2 + i * CLAIM_BYTES);
        if (claim.index < last) cursor = (struct hyperloglog_cursor){0};
        last = claim.index;
        enum hyperloglog_outcome outcome = hyperloglog_raise(room, &len, claim, limit, &cursor);
        assert(len <= HYPERLOGLOG_SPARSE_MAX_BYTES && hyperloglog_recognise((slice){room, len}));
        if (!sound) continue;
        assert(outcome == (claim.value > expected[claim.index] ? HYPERLOGLOG_RAISED : HYPERLOGLOG_SAME));
        if (outcome == HYPERLOGLOG_RAISED) expected[claim.index] = (uint8_t)claim.value;
    }
    assert(!sound ||
           (read_registers((slice){room, len}, found) && memcmp(found, expected, sizeof(found)) == 0));
    if (!hyperloglog_is_dense((slice){room, len})) assert(hyperloglog_make_dense(room, &len) || !sound);
    assert(!sound ||
           (read_registers((slice){room, len}, found) && memcmp(found, expected, sizeof(found)) == 0));
}

/* Adds registers of zero where the runs end too early. Returns the length. */
static size_t complete(char *room, size_t len) {
    struct hyperloglog_run run;
    size_t at = HYPERLOGLOG_HEADER_BYTES, registers = 0;
    for (; hyperloglog_read_run((slice){room, len}, at, &run); at += run.bytes) registers += run.len;
    if (at < len || registers >= HYPERLOGLOG_REGISTERS || len + 2 > HYPERLOGLOG_SPARSE_MAX_BYTES) return len;
    size_t rest = HYPERLOGLOG_REGISTERS - registers - 1;
    room[len++] = (char)(0x40 | rest >> 8);
    room[len++] = (char)rest;
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < CONTROL_BYTES ||
        size - CONTROL_BYTES > HYPERLOGLOG_SPARSE_MAX_BYTES - HYPERLOGLOG_HEADER_BYTES)
        return 0;
    size_t len = HYPERLOGLOG_HEADER_BYTES + size - CONTROL_BYTES;
    char *room = malloc(HYPERLOGLOG_ROOM_BYTES);
    assert(room);
    for (int completed = 0; completed < 2; completed++) {
        hyperloglog_start(room);
        memcpy(room + HYPERLOGLOG_HEADER_BYTES, data + CONTROL_BYTES, size - CONTROL_BYTES);
        check(room, completed ? complete(room, len) : len, data);
    }
    free(room);
    return 0;
}
