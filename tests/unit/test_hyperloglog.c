/* HyperLogLog: the bytes of small values spelled out, long histories beside an array of registers and beside
 * a search run by run, and estimates beside the number of elements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/types/hyperloglog.h"
#include "store/types/hyperloglog_check.h"

#define LIMIT_BYTES 3000

static struct {
    size_t len;
    char bytes[HYPERLOGLOG_ROOM_BYTES];
} v;

static slice value(void) { return (slice){v.bytes, v.len}; }

static int begin(void **state) {
    (void)state;
    random_seed(5);
    memset(v.bytes, 0x55, sizeof(v.bytes)); /* what is behind a value must not matter */
    v.len = hyperloglog_start(v.bytes);
    return 0;
}

/* Replaces the runs. */
static void set_runs(const char *runs, size_t len) {
    memcpy(v.bytes + HYPERLOGLOG_HEADER_BYTES, runs, len);
    v.len = HYPERLOGLOG_HEADER_BYTES + len;
}
#define SET_RUNS(literal) set_runs(literal, sizeof(literal) - 1)

static void assert_runs_are(const char *runs, size_t len) {
    assert_int_equal(v.len, HYPERLOGLOG_HEADER_BYTES + len);
    assert_memory_equal(v.bytes + HYPERLOGLOG_HEADER_BYTES, runs, len);
}
#define ASSERT_RUNS(literal) assert_runs_are(literal, sizeof(literal) - 1)

static enum hyperloglog_outcome raise_from(unsigned index, unsigned to, size_t limit,
                                           struct hyperloglog_cursor *cursor) {
    return hyperloglog_raise(v.bytes, &v.len, (struct hyperloglog_claim){index, to}, limit, cursor);
}

static enum hyperloglog_outcome raise_to(unsigned index, unsigned to) {
    struct hyperloglog_cursor start = {0};
    return raise_from(index, to, LIMIT_BYTES, &start);
}

static uint64_t count(void) {
    uint64_t found;
    assert_true(hyperloglog_count(value(), &found));
    return found;
}

static enum hyperloglog_outcome add(uint64_t element) {
    struct hyperloglog_cursor start = {0};
    struct hyperloglog_claim claim = hyperloglog_claim_of((slice){(const char *)&element, sizeof(element)});
    return raise_from(claim.index, claim.value, LIMIT_BYTES, &start);
}

static void assert_registers(const uint8_t *expected) {
    static uint8_t found[HYPERLOGLOG_REGISTERS];
    memset(found, 0, sizeof(found));
    assert_true(hyperloglog_join(value(), found));
    assert_memory_equal(found, expected, sizeof(found));
}

/* --- The header --- */

static void a_new_value_has_seen_nothing(void **state) {
    (void)state;
    static const char bytes[] = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    assert_int_equal(v.len, sizeof(bytes) - 1);
    assert_memory_equal(v.bytes, bytes, v.len);
    uint64_t cached = 1;
    assert_true(hyperloglog_cached_count(value(), &cached));
    assert_int_equal(cached, 0);
    assert_int_equal(count(), 0);
}

static void only_values_of_the_format_are_recognised(void **state) {
    (void)state;
    assert_true(hyperloglog_recognise(value()));
    assert_false(hyperloglog_is_dense(value()));
    assert_false(hyperloglog_recognise((slice){v.bytes, HYPERLOGLOG_HEADER_BYTES - 1}));
    assert_true(hyperloglog_recognise((slice){v.bytes, HYPERLOGLOG_HEADER_BYTES}));
    v.bytes[4] = 2;
    assert_false(hyperloglog_recognise(value()));
    v.bytes[4] = 0;
    assert_false(hyperloglog_recognise(value()));
    v.len = HYPERLOGLOG_DENSE_BYTES;
    assert_true(hyperloglog_recognise(value()));
    assert_true(hyperloglog_is_dense(value()));
    v.len++;
    assert_false(hyperloglog_recognise(value()));
    v.len--;
    v.bytes[0] = 'h';
    assert_false(hyperloglog_recognise(value()));
}

static void a_dropped_count_only_loses_its_top_bit(void **state) {
    (void)state;
    uint64_t cached;
    hyperloglog_cache_count(v.bytes, 0x0102030405060708);
    assert_true(hyperloglog_cached_count(value(), &cached));
    assert_true(cached == 0x0102030405060708);
    assert_memory_equal(v.bytes + 8, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    hyperloglog_drop_cached_count(v.bytes);
    assert_false(hyperloglog_cached_count(value(), &cached));
    assert_memory_equal(v.bytes + 8, "\x08\x07\x06\x05\x04\x03\x02\x81", 8);
}

/* --- Elements --- */

static void elements_claim_what_they_do_in_redis(void **state) {
    (void)state;
    static const struct {
        const char *element;
        struct hyperloglog_claim claim;
    } known[] = {{"1", {7527, 1}}, {"2", {15371, 4}}, {"x", {16374, 2}}};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct hyperloglog_claim claim = hyperloglog_claim_of(slice_of(known[i].element));
        assert_int_equal(claim.index, known[i].claim.index);
        assert_int_equal(claim.value, known[i].claim.value);
    }
}

/* --- Runs --- */

static void a_register_splits_the_run_that_holds_it(void **state) {
    (void)state;
    assert_int_equal(raise_to(100, 5), HYPERLOGLOG_RAISED);
    ASSERT_RUNS("\x40\x63\x90\x7f\x9a"); /* 100 of 0, a 5, 16283 of 0 */
    assert_int_equal(raise_to(100, 5), HYPERLOGLOG_SAME);
    assert_int_equal(raise_to(100, 4), HYPERLOGLOG_SAME);
    assert_int_equal(raise_to(0, 32), HYPERLOGLOG_RAISED);
    ASSERT_RUNS("\xfc\x40\x62\x90\x7f\x9a");
    assert_int_equal(raise_to(16383, 1), HYPERLOGLOG_RAISED);
    ASSERT_RUNS("\xfc\x40\x62\x90\x7f\x99\x80");
    assert_int_equal(raise_to(36, 2), HYPERLOGLOG_RAISED);
    ASSERT_RUNS("\xfc\x22\x84\x3e\x90\x7f\x99\x80"); /* runs of 64 and fewer are short */
}

static void equal_neighbours_are_joined_four_to_a_run(void **state) {
    (void)state;
    static const unsigned order[] = {0, 1, 2, 3, 4};
    for (size_t i = 0; i < 5; i++) raise_to(order[i], 1);
    ASSERT_RUNS("\x83\x80\x7f\xfa");
    raise_to(2, 2);
    ASSERT_RUNS("\x81\x84\x81\x7f\xfa"); /* the rest of the four is joined with the fifth */
    raise_to(3, 2);
    raise_to(1, 2);
    ASSERT_RUNS("\x80\x86\x80\x7f\xfa");
}

/* Joining ends five steps after the run before the change. That shows only in values that others wrote. */
static void joining_goes_five_steps(void **state) {
    (void)state;
    SET_RUNS("\x84\x84\x84\x84\x84\x80\x84\x84\x84\x84\x84\x84\x7f\xf3");
    raise_to(5, 2);
    ASSERT_RUNS("\x84\x84\x84\x84\x87\x85\x84\x84\x7f\xf3");
}

static void values_above_32_make_it_dense(void **state) {
    (void)state;
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {[7] = 3, [8] = 32, [9] = 33};
    raise_to(7, 3);
    raise_to(8, 32);
    assert_false(hyperloglog_is_dense(value()));
    assert_int_equal(raise_to(9, 33), HYPERLOGLOG_RAISED);
    assert_true(hyperloglog_is_dense(value()));
    assert_int_equal(v.len, HYPERLOGLOG_DENSE_BYTES);
    assert_registers(registers);
}

static void growing_beyond_the_limit_makes_it_dense(void **state) {
    (void)state;
    struct hyperloglog_cursor start = {0};
    raise_from(100, 1, 21, &start);
    assert_int_equal(v.len, 21);
    assert_int_equal(raise_to(100, 2), HYPERLOGLOG_RAISED);
    start = (struct hyperloglog_cursor){0};
    assert_int_equal(raise_from(100, 3, 0, &start), HYPERLOGLOG_RAISED); /* not longer: stays sparse */
    assert_false(hyperloglog_is_dense(value()));
    start = (struct hyperloglog_cursor){0};
    raise_from(200, 1, 23, &start);
    assert_true(hyperloglog_is_dense(value()));
}

/* All forms of runs in random order, wide ones shorter than they need be too. Returns the registers. */
static const uint8_t *random_runs(void) {
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    hyperloglog_start(v.bytes);
    unsigned char *p = (unsigned char *)v.bytes + HYPERLOGLOG_HEADER_BYTES;
    uint64_t longest = 1 + random_below(3000);
    memset(registers, 0, sizeof(registers));
    for (unsigned at = 0, len; at < HYPERLOGLOG_REGISTERS; at += len) {
        unsigned left = HYPERLOGLOG_REGISTERS - at, kind = (unsigned)random_below(3);
        len = 1 + (unsigned)random_below(kind == 0 ? 4 : kind == 1 ? 64 : longest);
        if (len > left) len = left;
        unsigned to = kind == 0 ? 1 + (unsigned)random_below(random_below(2) ? 2 : 32) : 0;
        memset(registers + at, (int)to, len);
        if (kind == 0) *p++ = (unsigned char)(0x80 | (to - 1) << 2 | (len - 1));
        if (kind == 1) *p++ = (unsigned char)(len - 1);
        if (kind == 2) *p++ = (unsigned char)(0x40 | (len - 1) >> 8);
        if (kind == 2) *p++ = (unsigned char)(len - 1);
    }
    v.len = (size_t)((char *)p - v.bytes);
    return registers;
}

static void registers_are_found_among_runs_of_all_forms(void **state) {
    (void)state;
    for (int round = 0; round < 200; round++) {
        uint8_t expected[HYPERLOGLOG_REGISTERS];
        memcpy(expected, random_runs(), sizeof(expected));
        assert_registers(expected);
        for (int i = 0; i < 50; i++) {
            unsigned index = (unsigned)random_below(HYPERLOGLOG_REGISTERS),
                     to = 1 + (unsigned)random_below(32);
            struct hyperloglog_cursor start = {0};
            bool raised = raise_from(index, to, SIZE_MAX, &start) == HYPERLOGLOG_RAISED;
            assert_int_equal(raised, to > expected[index]);
            if (raised) expected[index] = (uint8_t)to;
        }
        assert_false(hyperloglog_is_dense(value()));
        assert_registers(expected);
    }
}

static void a_cursor_gives_the_same_bytes_as_searching_anew(void **state) {
    (void)state;
    static char anew[HYPERLOGLOG_ROOM_BYTES];
    for (int round = 0; round < 100; round++) {
        random_runs();
        size_t anew_len = v.len;
        memcpy(anew, v.bytes, v.len);
        struct hyperloglog_cursor cursor = {0};
        unsigned step = 1 + (unsigned)random_below(300);
        for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i += 1 + (unsigned)random_below(step)) {
            unsigned to = 1 + (unsigned)random_below(random_below(2) ? 2 : 32);
            struct hyperloglog_cursor start = {0};
            enum hyperloglog_outcome outcome = raise_from(i, to, SIZE_MAX, &cursor);
            assert_int_equal(outcome, hyperloglog_raise(anew, &anew_len, (struct hyperloglog_claim){i, to},
                                                        SIZE_MAX, &start));
            assert_int_equal(v.len, anew_len);
        }
        assert_memory_equal(v.bytes, anew, v.len);
    }
}

static void runs_that_are_not_those_of_all_registers_are_corrupt(void **state) {
    (void)state;
    static const struct {
        const char *runs;
        size_t len;
    } wrong[] = {{"", 0},
                 {"\x7f\xfe", 2},
                 {"\x7f\xff\x00", 3},
                 {"\x7f\xff\x80", 3},
                 {"\x7f", 1},
                 {"\x80", 1},
                 {"\x7f\xff\x40", 3},
                 {"\x7f\xff\x7f\xff", 4},
                 {"\x7f\xfe\x81", 3},
                 {"\x7f\xff\x40\x00\x40\x00\x00\x00\x00\x00\x00", 11}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        static uint8_t registers[HYPERLOGLOG_REGISTERS];
        uint64_t found;
        set_runs(wrong[i].runs, wrong[i].len);
        assert_true(hyperloglog_recognise(value()));
        assert_false(hyperloglog_count(value(), &found));
        assert_false(hyperloglog_join(value(), registers));
        assert_false(hyperloglog_make_dense(v.bytes, &v.len));
        assert_int_equal(v.len, HYPERLOGLOG_HEADER_BYTES + wrong[i].len);
        assert_int_equal(raise_to(3, 33), HYPERLOGLOG_CORRUPT);
    }
    SET_RUNS("\x80\x43"); /* the second run is cut off */
    assert_int_equal(raise_to(0, 2), HYPERLOGLOG_RAISED);
    assert_int_equal(raise_to(1, 2), HYPERLOGLOG_CORRUPT);
    assert_int_equal(raise_to(9999, 2), HYPERLOGLOG_CORRUPT);
    ASSERT_RUNS("\x84\x43");
}

static void no_value_outgrows_its_room(void **state) {
    (void)state;
    /* wide runs of one register, and one more register than there may be */
    size_t len = 2 * (size_t)HYPERLOGLOG_REGISTERS - 1;
    char *runs = v.bytes + HYPERLOGLOG_HEADER_BYTES;
    for (size_t i = 0; i < len; i++) runs[i] = i % 2 ? 0 : 0x40;
    runs[len - 1] = 0x01;
    v.len = HYPERLOGLOG_HEADER_BYTES + len;
    assert_true(v.len <= HYPERLOGLOG_SPARSE_MAX_BYTES);
    struct hyperloglog_cursor start = {0};
    assert_int_equal(raise_from(HYPERLOGLOG_REGISTERS - 1, 1, SIZE_MAX, &start), HYPERLOGLOG_RAISED);
    for (size_t i = 1; i < len - 1; i++) runs[i] = i % 2 ? 0 : 0x40;
    runs[0] = 0x02;
    runs[len] = 0x02;
    v.len = HYPERLOGLOG_SPARSE_MAX_BYTES;
    start = (struct hyperloglog_cursor){0};
    assert_int_equal(raise_from(1, 1, SIZE_MAX, &start), HYPERLOGLOG_CORRUPT);
    assert_int_equal(v.len, HYPERLOGLOG_SPARSE_MAX_BYTES);
}

/* --- Dense registers --- */

static void dense_registers_lie_six_bits_each_the_first_lowest(void **state) {
    (void)state;
    hyperloglog_make_dense(v.bytes, &v.len);
    raise_to(0, 1);
    raise_to(1, 2);
    raise_to(2, 33);
    raise_to(3, 63);
    raise_to(16383, 62);
    assert_memory_equal(v.bytes + HYPERLOGLOG_HEADER_BYTES, "\x81\x10\xfe", 3);
    assert_memory_equal(v.bytes + HYPERLOGLOG_DENSE_BYTES - 3, "\x00\x00\xf8", 3);
    assert_int_equal(raise_to(16383, 62), HYPERLOGLOG_SAME);
    assert_int_equal(raise_to(16383, 63), HYPERLOGLOG_RAISED);
}

static void registers_come_back_as_they_were_written(void **state) {
    (void)state;
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++) registers[i] = (uint8_t)random_below(64);
    hyperloglog_write_dense(v.bytes, registers);
    v.len = HYPERLOGLOG_DENSE_BYTES;
    assert_true(hyperloglog_recognise(value()));
    assert_registers(registers);
    assert_int_equal(v.bytes[v.len], 0x55);
}

static void joining_keeps_the_higher_of_two(void **state) {
    (void)state;
    static uint8_t joined[HYPERLOGLOG_REGISTERS], highest[HYPERLOGLOG_REGISTERS];
    for (int round = 0; round < 4; round++) {
        static uint8_t registers[HYPERLOGLOG_REGISTERS];
        for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
            registers[i] = (uint8_t)random_below(64);
            if (highest[i] < registers[i]) highest[i] = registers[i];
        }
        hyperloglog_write_dense(v.bytes, registers);
        v.len = HYPERLOGLOG_DENSE_BYTES;
        assert_true(hyperloglog_join(value(), joined));
    }
    assert_memory_equal(joined, highest, sizeof(joined));
}

/* --- The estimate --- */

static void all_ways_to_count_agree(void **state) {
    (void)state;
    for (int round = 0; round < 50; round++) {
        static uint8_t registers[HYPERLOGLOG_REGISTERS];
        memset(registers, 0, sizeof(registers));
        random_runs();
        uint64_t by_runs = count();
        assert_true(hyperloglog_join(value(), registers));
        assert_int_equal(hyperloglog_count_registers(registers), by_runs);
        assert_true(hyperloglog_make_dense(v.bytes, &v.len));
        assert_int_equal(count(), by_runs);
    }
}

static void counts_are_those_of_redis(void **state) {
    (void)state;
    static const struct {
        uint8_t all; /* registers have that value */
        uint64_t count;
    } known[] = {{0, 0},
                 {1, 23637},
                 {2, 47274},
                 {30, 12690079782337},
                 {49, 6653256548922161152},
                 {50, UINT64_C(1) << 63}, /* more than a signed number holds */
                 {51, UINT64_C(1) << 63},
                 {63, UINT64_C(1) << 63}};
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        memset(registers, known[i].all, sizeof(registers));
        assert_true(hyperloglog_count_registers(registers) == known[i].count);
        hyperloglog_write_dense(v.bytes, registers);
        v.len = HYPERLOGLOG_DENSE_BYTES;
        assert_true(count() == known[i].count);
    }
    for (unsigned top = 51; top <= 52; top++) {
        memset(registers, 3, sizeof(registers));
        memset(registers, (int)top, 8000);
        assert_int_equal(hyperloglog_count_registers(registers), 184766);
    }
}

static void estimates_are_near_from_one_element_to_a_million(void **state) {
    (void)state;
    uint64_t next = 1;
    for (uint64_t i = 1; i <= 1000000; i++) {
        add(random_u64());
        if (i != next) continue;
        double error = (double)count() - (double)i;
        assert_true(error < 1 + 0.03 * (double)i && error > -1 - 0.03 * (double)i);
        next += 1 + next / 4;
    }
}

static void the_check_passes(void **state) {
    (void)state;
    assert_null(hyperloglog_check());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_value_has_seen_nothing, begin),
        cmocka_unit_test_setup(only_values_of_the_format_are_recognised, begin),
        cmocka_unit_test_setup(a_dropped_count_only_loses_its_top_bit, begin),
        cmocka_unit_test_setup(elements_claim_what_they_do_in_redis, begin),
        cmocka_unit_test_setup(a_register_splits_the_run_that_holds_it, begin),
        cmocka_unit_test_setup(equal_neighbours_are_joined_four_to_a_run, begin),
        cmocka_unit_test_setup(joining_goes_five_steps, begin),
        cmocka_unit_test_setup(values_above_32_make_it_dense, begin),
        cmocka_unit_test_setup(growing_beyond_the_limit_makes_it_dense, begin),
        cmocka_unit_test_setup(registers_are_found_among_runs_of_all_forms, begin),
        cmocka_unit_test_setup(a_cursor_gives_the_same_bytes_as_searching_anew, begin),
        cmocka_unit_test_setup(runs_that_are_not_those_of_all_registers_are_corrupt, begin),
        cmocka_unit_test_setup(no_value_outgrows_its_room, begin),
        cmocka_unit_test_setup(dense_registers_lie_six_bits_each_the_first_lowest, begin),
        cmocka_unit_test_setup(registers_come_back_as_they_were_written, begin),
        cmocka_unit_test_setup(joining_keeps_the_higher_of_two, begin),
        cmocka_unit_test_setup(all_ways_to_count_agree, begin),
        cmocka_unit_test_setup(counts_are_those_of_redis, begin),
        cmocka_unit_test_setup(estimates_are_near_from_one_element_to_a_million, begin),
        cmocka_unit_test_setup(the_check_passes, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
