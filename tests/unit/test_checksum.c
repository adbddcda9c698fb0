/* Checksums: the published check values, and agreement with division bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/checksum.h"
#include "base/random.h"

static void check_values_are_the_published_ones(void **state) {
    (void)state;
    assert_true(checksum_crc64(0, "123456789", 9) == UINT64_C(0xe9c6d914c4b8d9ca));
    assert_int_equal(checksum_crc16("123456789", 9), 0x31c3);
    assert_true(checksum_crc64(0, NULL, 0) == 0);
    assert_int_equal(checksum_crc16(NULL, 0), 0);
    assert_int_equal(checksum_crc16("foo", 3) % 16384, 12182);
}

/* A DUMP payload ends with the checksum of what comes before, lowest byte first. */
static void a_dump_payload_carries_its_checksum(void **state) {
    (void)state;
    static const unsigned char payload[] = {0x00, 0x05, 'h',  'e',  'l',  'l',  'o',  0x0c, 0x00,
                                            0xa8, 0x04, 0xeb, 0xb6, 0x9f, 0x1e, 0xbe, 0x43};
    uint64_t stored = 0;
    for (int i = 7; i >= 0; i--) stored = stored << 8 | payload[sizeof(payload) - 8 + i];
    assert_true(checksum_crc64(0, payload, sizeof(payload) - 8) == stored);
}

static uint64_t crc64_bit_by_bit(const unsigned char *data, size_t len) {
    uint64_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            uint64_t top = (crc >> 63) ^ (data[i] >> bit & 1); /* bytes go in lowest bit first */
            crc = crc << 1 ^ (top ? UINT64_C(0xad93d23594c935a9) : 0);
        }
    }
    uint64_t reflected = 0;
    for (int bit = 0; bit < 64; bit++) reflected |= (crc >> bit & 1) << (63 - bit);
    return reflected;
}

static uint16_t crc16_bit_by_bit(const unsigned char *data, size_t len) {
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            unsigned top = (crc >> 15 & 1) ^ (data[i] >> bit & 1u);
            crc = (crc << 1 ^ (top ? 0x1021u : 0)) & 0xffff;
        }
    }
    return (uint16_t)crc;
}

static void tables_agree_with_bit_by_bit_division(void **state) {
    (void)state;
    random_seed(1);
    for (size_t len = 0; len < 300; len++) {
        unsigned char *data = calloc(len, 1);
        for (size_t i = 0; i < len; i++) data[i] = (unsigned char)random_u64();
        assert_true(checksum_crc64(0, data, len) == crc64_bit_by_bit(data, len));
        assert_int_equal(checksum_crc16(data, len), crc16_bit_by_bit(data, len));
        free(data);
    }
}

static void a_checksum_may_be_computed_in_pieces(void **state) {
    (void)state;
    unsigned char data[200];
    random_seed(2);
    for (size_t i = 0; i < sizeof(data); i++) data[i] = (unsigned char)random_u64();
    uint64_t whole = checksum_crc64(0, data, sizeof(data));
    for (size_t cut = 0; cut <= sizeof(data); cut++) {
        uint64_t first = checksum_crc64(0, data, cut);
        assert_true(checksum_crc64(first, data + cut, sizeof(data) - cut) == whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_values_are_the_published_ones),
        cmocka_unit_test(a_dump_payload_carries_its_checksum),
        cmocka_unit_test(tables_agree_with_bit_by_bit_division),
        cmocka_unit_test(a_checksum_may_be_computed_in_pieces),
    };
    return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
