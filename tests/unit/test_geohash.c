/* Geohash: positions to numbers and back, texts, and distances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/geohash.h"
#include "base/random.h"

#define POSITIONS 20000

static double random_between(double low, double high) {
    return low + (high - low) * ((double)(random_u64() >> 11) / 0x1p53);
}

static geo_point random_position(void) {
    double longitude = random_between(-GEO_LONGITUDE_MAX, GEO_LONGITUDE_MAX);
    return (geo_point){longitude, random_between(-GEO_LATITUDE_MAX, GEO_LATITUDE_MAX)};
}

static void assert_near(double value, double expected, double difference) {
    if (!(fabs(value - expected) <= difference)) fail_msg("%.17g is not near %.17g", value, expected);
}

static void a_position_is_decoded_to_the_middle_of_its_cell(void **state) {
    (void)state;
    const double width = 360.0 / (1 << GEOHASH_STEPS);
    const double height = 2 * GEO_LATITUDE_MAX / (1 << GEOHASH_STEPS);
    random_seed(1);
    for (int i = 0; i < POSITIONS; i++) {
        geo_point p = random_position();
        uint64_t hash = geohash_encode(p);
        geo_point middle = geohash_decode(hash);
        assert_true(hash < GEOHASH_EDGE);
        assert_near(middle.longitude, p.longitude, width / 2 * 1.0001);
        assert_near(middle.latitude, p.latitude, height / 2 * 1.0001);
        assert_true(geohash_encode(middle) == hash);
    }
}

static void known_positions_have_their_known_numbers(void **state) {
    (void)state;
    static const struct {
        geo_point p;
        uint64_t hash;
    } known[] = {
        {{13.361389, 38.115556}, 3479099956230698},
        {{15.087269, 37.502669}, 3479447370796909},
        {{0, 0}, UINT64_C(3) << 50},
        {{-180, -85.05112878}, 0},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        assert_true(geohash_encode(known[i].p) == known[i].hash);
    geo_point p = geohash_decode(3479099956230698);
    assert_true(p.longitude == 13.361389338970184 && p.latitude == 38.1155563954963);
}

static void the_bits_of_longitude_and_latitude_take_turns(void **state) {
    (void)state;
    assert_true(geohash_interleave(0, 0) == 0);
    assert_true(geohash_interleave(1, 0) == 2);
    assert_true(geohash_interleave(0, 1) == 1);
    assert_true(geohash_interleave(UINT32_MAX, 0) == UINT64_C(0xaaaaaaaaaaaaaaaa));
    assert_true(geohash_interleave(0, UINT32_MAX) == UINT64_C(0x5555555555555555));
    assert_true(geohash_interleave(5, 3) == 0x27);
}

static void the_last_edges_of_the_map_take_one_more_bit(void **state) {
    (void)state;
    assert_true(geohash_encode((geo_point){180, 0}) == (UINT64_C(1) << 53) + (UINT64_C(1) << 50));
    assert_true(geohash_encode((geo_point){0, GEO_LATITUDE_MAX}) ==
                (UINT64_C(1) << 52) + (UINT64_C(1) << 51));
    uint64_t corner = geohash_encode((geo_point){180, GEO_LATITUDE_MAX});
    assert_true(corner >= GEOHASH_EDGE && corner < GEOHASH_END);
    geo_point p = geohash_decode(corner);
    assert_true(p.longitude == 180 && p.latitude == GEO_LATITUDE_MAX);
}

static void any_number_is_decoded_to_a_position_on_the_map(void **state) {
    (void)state;
    random_seed(2);
    for (int i = 0; i < POSITIONS; i++) assert_true(geo_point_valid(geohash_decode(random_u64())));
    assert_true(geo_point_valid(geohash_decode(UINT64_MAX)));
    assert_true(geo_point_valid(geohash_decode(0)));
}

static void only_positions_on_the_map_are_valid(void **state) {
    (void)state;
    assert_true(geo_point_valid((geo_point){180, 85.05112878}));
    assert_true(geo_point_valid((geo_point){-180, -85.05112878}));
    assert_false(geo_point_valid((geo_point){180.000001, 0}));
    assert_false(geo_point_valid((geo_point){0, -85.0511288}));
    assert_false(geo_point_valid((geo_point){INFINITY, 0}));
    assert_false(geo_point_valid((geo_point){0, NAN}));
}

static void any_score_stands_for_a_geohash(void **state) {
    (void)state;
    assert_true(geohash_of_score(0) == 0);
    assert_true(geohash_of_score(-0.5) == 0);
    assert_true(geohash_of_score(1.9) == 1);
    assert_true(geohash_of_score(3479099956230698) == 3479099956230698);
    assert_true(geohash_of_score(-5) == UINT64_MAX - 4);
    assert_true(geohash_of_score(0x1p63) == UINT64_C(1) << 63);
    assert_true(geohash_of_score(0x1p64) == 0);
    assert_true(geohash_of_score(INFINITY) == 0);
    assert_true(geohash_of_score(-0x1p63) == UINT64_C(1) << 63);
    assert_true(geohash_of_score(-INFINITY) == UINT64_C(1) << 63);
}

/* Positions with the standard texts that geohash.org gives, of which the tenth character is the last that 52
 * bits can tell. */
static void texts_are_standard_geohashes(void **state) {
    (void)state;
    static const struct {
        geo_point p;
        const char *text;
        size_t same;
    } known[] = {
        {{10.40744, 57.64911}, "u4pruydqqv", 10},
        {{-5.603, 42.605}, "ezs42", 5},
        {{13.361389, 38.115556}, "sqc8b49rny0", 11},
        {{15.087269, 37.502669}, "sqdtr74hyu0", 11},
        {{0, 0}, "s0000000000", 11},
        {{180, GEO_LATITUDE_MAX}, "bp05b5048p0", 11},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        char text[GEOHASH_TEXT_LEN + 1];
        text[GEOHASH_TEXT_LEN] = '!';
        geohash_write_text(text, geohash_encode(known[i].p));
        assert_memory_equal(text, known[i].text, known[i].same);
        assert_int_equal(text[GEOHASH_TEXT_LEN - 1], '0');
        assert_int_equal(text[GEOHASH_TEXT_LEN], '!');
    }
}

static void distances_are_along_the_great_circle(void **state) {
    (void)state;
    geo_point palermo = geohash_decode(3479099956230698), catania = geohash_decode(3479447370796909);
    assert_true(geo_distance_m(palermo, catania) == 166274.15156960033);
    assert_near(geo_distance_m((geo_point){0, 0}, (geo_point){180, 0}), M_PI * GEO_EARTH_RADIUS_M, 1e-3);
    assert_near(geo_distance_m((geo_point){-90, 45}, (geo_point){90, 45}), M_PI / 2 * GEO_EARTH_RADIUS_M,
                1e-3);
    assert_near(geo_distance_m((geo_point){179.5, 0}, (geo_point){-179.5, 0}),
                M_PI / 180 * GEO_EARTH_RADIUS_M, 1e-3);
    random_seed(3);
    for (int i = 0; i < POSITIONS; i++) {
        geo_point a = random_position(), b = random_position(), c = random_position();
        assert_true(geo_distance_m(a, a) == 0);
        assert_near(geo_distance_m(a, b), geo_distance_m(b, a), 1e-6);
        assert_true(geo_distance_m(a, b) <= geo_distance_m(a, c) + geo_distance_m(c, b) + 1e-6);
    }
}

static void distances_on_a_meridian_are_differences_of_latitude(void **state) {
    (void)state;
    random_seed(4);
    for (int i = 0; i < POSITIONS; i++) {
        geo_point a = random_position(), b = {a.longitude, random_position().latitude};
        assert_true(geo_distance_m(a, b) ==
                    GEO_EARTH_RADIUS_M * fabs(geo_radians(b.latitude) - geo_radians(a.latitude)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_is_decoded_to_the_middle_of_its_cell),
        cmocka_unit_test(known_positions_have_their_known_numbers),
        cmocka_unit_test(the_bits_of_longitude_and_latitude_take_turns),
        cmocka_unit_test(the_last_edges_of_the_map_take_one_more_bit),
        cmocka_unit_test(any_number_is_decoded_to_a_position_on_the_map),
        cmocka_unit_test(only_positions_on_the_map_are_valid),
        cmocka_unit_test(any_score_stands_for_a_geohash),
        cmocka_unit_test(texts_are_standard_geohashes),
        cmocka_unit_test(distances_are_along_the_great_circle),
        cmocka_unit_test(distances_on_a_meridian_are_differences_of_latitude),
    };
    return cmocka_run_group_tests_name("geohash", tests, NULL, NULL);
}
