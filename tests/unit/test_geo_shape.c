/* Geo shape: what lies in a shape, against plain arithmetic, and covers, against all that lies in a shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/geo_shape.h"
#include "base/random.h"

#define SHAPES          3000
#define POINTS_PER_EACH 300
#define VERTICES_MAX    8

static double random_between(double low, double high) {
    return low + (high - low) * ((double)(random_u64() >> 11) / 0x1p53);
}

/* Anywhere, but more often where maps are difficult: near the poles and at the edges. */
static geo_point random_center(void) {
    geo_point p = {random_between(-180, 180), random_between(-GEO_LATITUDE_MAX, GEO_LATITUDE_MAX)};
    switch (random_below(6)) {
    case 0: p.longitude = random_between(179, 180); break;
    case 1: p.longitude = random_between(-180, -179); break;
    case 2: p.longitude = random_below(2) ? 180 : -180; break;
    }
    switch (random_below(6)) {
    case 0: p.latitude = random_between(75, GEO_LATITUDE_MAX); break;
    case 1: p.latitude = random_between(-GEO_LATITUDE_MAX, -75); break;
    case 2: p.latitude = random_below(2) ? GEO_LATITUDE_MAX : -GEO_LATITUDE_MAX; break;
    }
    return p;
}

/* Lengths of all magnitudes, from centimeters to once round the Earth. */
static double random_length(void) { return pow(10, random_between(-2, 7.6)); }

/* The point that lies from another at that distance and direction, as a position on the map. */
static geo_point travel(geo_point from, double distance_m, double direction) {
    double arc = distance_m / GEO_EARTH_RADIUS_M;
    double latitude = geo_radians(from.latitude), longitude = geo_radians(from.longitude);
    double sine = sin(latitude) * cos(arc) + cos(latitude) * sin(arc) * cos(direction);
    double east = atan2(sin(direction) * sin(arc) * cos(latitude), cos(arc) - sin(latitude) * sine);
    geo_point p = {remainder(geo_degrees(longitude + east), 360), geo_degrees(asin(fmin(fmax(sine, -1), 1)))};
    p.latitude = fmin(fmax(p.latitude, -GEO_LATITUDE_MAX), GEO_LATITUDE_MAX);
    return p;
}

static geo_point random_point_around(geo_point center, double reach_m) {
    return travel(center, reach_m * sqrt(random_between(0, 1)), random_between(0, 2 * M_PI));
}

static struct geo_shape random_circle(void) {
    return (struct geo_shape){.form = GEO_CIRCLE, .center = random_center(), .radius_m = random_length()};
}

static struct geo_shape random_box(void) {
    struct geo_shape s = {.form = GEO_BOX, .center = random_center()};
    s.box.width_m = random_length();
    s.box.height_m = s.box.width_m * pow(10, random_between(-2, 2));
    return s;
}

static struct geo_shape random_polygon(geo_point vertices[VERTICES_MAX]) {
    geo_point center = random_center();
    double degrees = pow(10, random_between(-6, 2.2));
    int count = 3 + (int)random_below(VERTICES_MAX - 2);
    for (int i = 0; i < count; i++) {
        double longitude = center.longitude + random_between(-degrees, degrees);
        double latitude = center.latitude + random_between(-degrees, degrees);
        vertices[i] = (geo_point){fmin(fmax(longitude, -180), 180),
                                  fmin(fmax(latitude, -GEO_LATITUDE_MAX), GEO_LATITUDE_MAX)};
    }
    struct geo_shape s = {.form = GEO_POLYGON, .center = geo_middle(vertices, count)};
    s.polygon.vertices = vertices;
    s.polygon.count = count;
    return s;
}

/* The number of ranges that hold a geohash. */
static int ranges_with(const struct geo_cover *cover, uint64_t hash) {
    int found = 0;
    for (int i = 0; i < cover->count; i++)
        found += hash >= cover->ranges[i].from && hash < cover->ranges[i].end;
    return found;
}

static void assert_ranges_apart(const struct geo_cover *cover) {
    assert_in_range(cover->count, 1, GEO_RANGES_MAX);
    for (int i = 0; i < cover->count; i++) {
        assert_true(cover->ranges[i].from < cover->ranges[i].end);
        for (int j = 0; j < i; j++)
            assert_true(cover->ranges[i].from >= cover->ranges[j].end ||
                        cover->ranges[j].from >= cover->ranges[i].end);
    }
}

/* A position as a sorted set remembers it is in the cover if it is in the shape; *inside counts those. */
static void check_point(const struct geo_shape *s, const struct geo_cover *cover, geo_point p, int *inside) {
    uint64_t hash = geohash_encode(p);
    double distance;
    if (!geo_shape_contains(s, geohash_decode(hash), &distance)) return;
    ++*inside;
    if (ranges_with(cover, hash) != 1)
        fail_msg("form %d around %.17g %.17g (%.17g %.17g): %.17g %.17g is in %d of %d ranges", s->form,
                 s->center.longitude, s->center.latitude, s->radius_m, s->box.height_m, p.longitude,
                 p.latitude, ranges_with(cover, hash), cover->count);
}

static void check_points_around(const struct geo_shape *s, double reach_m, int *inside) {
    struct geo_cover cover;
    geo_cover(s, &cover);
    assert_ranges_apart(&cover);
    for (int i = 0; i < POINTS_PER_EACH; i++)
        check_point(s, &cover, random_point_around(s->center, reach_m), inside);
    check_point(s, &cover, (geo_point){180, s->center.latitude}, inside);
    check_point(s, &cover, (geo_point){s->center.longitude, GEO_LATITUDE_MAX}, inside);
}

static void every_point_in_a_circle_is_in_its_cover(void **state) {
    (void)state;
    int inside = 0;
    random_seed(1);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_shape s = random_circle();
        check_points_around(&s, fmin(s.radius_m * 1.05, M_PI * GEO_EARTH_RADIUS_M), &inside);
    }
    assert_true(inside > SHAPES * POINTS_PER_EACH / 2);
}

static void every_point_in_a_box_is_in_its_cover(void **state) {
    (void)state;
    int inside = 0;
    random_seed(2);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_shape s = random_box();
        double half_diagonal = hypot(s.box.width_m, s.box.height_m) / 2;
        check_points_around(&s, fmin(half_diagonal, M_PI * GEO_EARTH_RADIUS_M), &inside);
    }
    assert_true(inside > SHAPES * POINTS_PER_EACH / 10);
}

static void every_point_in_a_polygon_is_in_its_cover(void **state) {
    (void)state;
    int inside = 0;
    random_seed(3);
    for (int i = 0; i < SHAPES; i++) {
        geo_point vertices[VERTICES_MAX];
        struct geo_shape s = random_polygon(vertices);
        struct geo_cover cover;
        geo_cover(&s, &cover);
        assert_ranges_apart(&cover);
        for (int j = 0; j < POINTS_PER_EACH; j++) {
            geo_point a = vertices[random_below((uint64_t)s.polygon.count)];
            geo_point b = vertices[random_below((uint64_t)s.polygon.count)];
            double part = random_between(0, 1), other = random_between(0, 1);
            geo_point p = {a.longitude + part * (b.longitude - a.longitude),
                           a.latitude + other * (b.latitude - a.latitude)};
            check_point(&s, &cover, p, &inside);
        }
    }
    assert_true(inside > SHAPES * POINTS_PER_EACH / 10);
}

/* Points all round the pole, where a shape has many more degrees of longitude than elsewhere. */
static void a_shape_near_a_pole_is_covered_all_round_it(void **state) {
    (void)state;
    int inside = 0;
    random_seed(4);
    for (int i = 0; i < SHAPES; i++) {
        double sign = random_below(2) ? 1 : -1;
        geo_point center = {random_between(-180, 180), sign * random_between(70, GEO_LATITUDE_MAX)};
        struct geo_shape s = {.form = GEO_CIRCLE, .center = center, .radius_m = random_between(3e5, 3e6)};
        if (random_below(2)) {
            s.form = GEO_BOX;
            s.box.width_m = random_between(3e5, 5e6);
            s.box.height_m = random_between(1e4, 2e6);
        }
        struct geo_cover cover;
        geo_cover(&s, &cover);
        assert_ranges_apart(&cover);
        for (int j = 0; j < POINTS_PER_EACH; j++) {
            geo_point p = {random_between(-180, 180), sign * random_between(60, GEO_LATITUDE_MAX)};
            check_point(&s, &cover, p, &inside);
        }
    }
    assert_true(inside > SHAPES * POINTS_PER_EACH / 10);
}

static void a_cover_is_not_much_larger_than_the_shape(void **state) {
    (void)state;
    random_seed(5);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_shape s = {.form = GEO_CIRCLE,
                              .center = {random_between(-170, 170), random_between(-60, 60)},
                              .radius_m = pow(10, random_between(0, 5.5))};
        struct geo_cover cover;
        geo_cover(&s, &cover);
        assert_true(cover.count <= 9);
        double hashes = 0;
        for (int j = 0; j < cover.count; j++) hashes += (double)(cover.ranges[j].end - cover.ranges[j].from);
        /* The share of the map that a square around the circle has; cells may be four times as wide. */
        double degrees = geo_degrees(2 * s.radius_m / GEO_EARTH_RADIUS_M);
        double share = degrees * degrees / cos(geo_radians(s.center.latitude)) / 360 / (2 * GEO_LATITUDE_MAX);
        assert_true(hashes / (double)GEOHASH_EDGE <= share * 64);
    }
}

/* Circles of 1 km have cells of this step, 1.2 km high and at 55 degrees north 1.4 km wide. */
#define STEP  14
#define BELOW (2 * (GEOHASH_STEPS - STEP))

static uint64_t cell_at(uint32_t column, uint32_t row) { return geohash_interleave(column, row) << BELOW; }

static void assert_cells(geo_point center, const uint64_t *cells, int count) {
    struct geo_shape s = {.form = GEO_CIRCLE, .center = center, .radius_m = 1000};
    struct geo_cover cover;
    geo_cover(&s, &cover);
    assert_int_equal(cover.count, count);
    for (int i = 0; i < count; i++) {
        assert_true(cover.ranges[i].from == cells[i]);
        assert_true(cover.ranges[i].end == cells[i] + (UINT64_C(1) << BELOW));
    }
}

static void cells_come_in_order_from_the_center_on(void **state) {
    (void)state;
    const uint32_t x = 9000, y = 13489;
    const uint64_t all[] = {cell_at(x, y),         cell_at(x, y + 1),     cell_at(x, y - 1),
                            cell_at(x + 1, y),     cell_at(x - 1, y),     cell_at(x + 1, y + 1),
                            cell_at(x - 1, y + 1), cell_at(x + 1, y - 1), cell_at(x - 1, y - 1)};
    geo_point middle = geohash_decode(all[0] + (UINT64_C(3) << (BELOW - 2)));
    assert_cells(middle, all, 9);
    geo_point near_corner = {middle.longitude + 0.0105, middle.latitude - 0.0051};
    const uint64_t south_east[] = {all[0], all[2], all[3], all[7]};
    assert_cells(near_corner, south_east, 4);
}

static void shapes_without_end_are_covered_by_the_whole_map(void **state) {
    (void)state;
    struct geo_shape circle = {.form = GEO_CIRCLE, .center = {10, 20}, .radius_m = INFINITY};
    struct geo_shape box = {.form = GEO_BOX, .center = {10, 20}};
    box.box.width_m = box.box.height_m = INFINITY;
    struct geo_cover cover;
    random_seed(6);
    for (int i = 0; i < 2; i++) {
        geo_cover(i ? &box : &circle, &cover);
        assert_ranges_apart(&cover);
        for (int j = 0; j < POINTS_PER_EACH; j++)
            assert_int_equal(ranges_with(&cover, random_u64() % GEOHASH_END), 1);
    }
}

static void a_shape_without_extent_holds_its_center(void **state) {
    (void)state;
    random_seed(7);
    for (int i = 0; i < SHAPES; i++) {
        uint64_t hash = geohash_encode(random_center());
        struct geo_shape circle = {.form = GEO_CIRCLE, .center = geohash_decode(hash)};
        struct geo_shape box = {.form = GEO_BOX, .center = circle.center};
        struct geo_cover cover;
        double distance = -1;
        geo_cover(&circle, &cover);
        assert_int_equal(ranges_with(&cover, hash), 1);
        assert_true(geo_shape_contains(&circle, circle.center, &distance));
        assert_true(distance == 0);
        geo_cover(&box, &cover);
        assert_int_equal(ranges_with(&cover, hash), 1);
        assert_true(geo_shape_contains(&box, circle.center, &distance));
    }
}

static void a_circle_holds_what_is_within_its_radius(void **state) {
    (void)state;
    struct geo_shape s = {.form = GEO_CIRCLE, .center = {15, 37}};
    geo_point p = {13.361389, 38.115556};
    double exact = geo_distance_m(s.center, p), distance = 0;
    s.radius_m = exact;
    assert_true(geo_shape_contains(&s, p, &distance));
    assert_true(distance == exact);
    s.radius_m = nextafter(exact, 0);
    assert_false(geo_shape_contains(&s, p, &distance));
}

static void a_box_holds_what_is_near_enough_either_way(void **state) {
    (void)state;
    struct geo_shape s = {.form = GEO_BOX, .center = {0, 0}};
    const double degree = geo_distance_m((geo_point){0, 0}, (geo_point){1, 0});
    double distance;
    s.box.width_m = 4 * degree;
    s.box.height_m = 2 * degree;
    assert_true(geo_shape_contains(&s, (geo_point){1.99, 0.99}, &distance));
    assert_true(geo_shape_contains(&s, (geo_point){-1.99, -0.99}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){2.01, 0}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){0, -1.01}, &distance));
    /* The width is measured at the point's latitude: 80 degrees north four degrees are short. */
    s.center.latitude = 80;
    assert_true(geo_shape_contains(&s, (geo_point){11, 80}, &distance));
    s.center.longitude = 179;
    assert_true(geo_shape_contains(&s, (geo_point){-172, 80}, &distance));
}

static void a_polygon_may_be_hollow(void **state) {
    (void)state;
    /* A U that is open to the north. */
    geo_point vertices[] = {{0, 0}, {9, 0}, {9, 9}, {6, 9}, {6, 3}, {3, 3}, {3, 9}, {0, 9}};
    struct geo_shape s = {.form = GEO_POLYGON};
    s.polygon.vertices = vertices;
    s.polygon.count = sizeof(vertices) / sizeof(*vertices);
    double distance;
    assert_true(geo_shape_contains(&s, (geo_point){1, 8}, &distance));
    assert_true(geo_shape_contains(&s, (geo_point){8, 8}, &distance));
    assert_true(geo_shape_contains(&s, (geo_point){4.5, 1}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){4.5, 5}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){10, 5}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){-1, 5}, &distance));
    assert_false(geo_shape_contains(&s, (geo_point){1, 10}, &distance));
}

static void the_middle_of_points_is_the_middle_on_the_sphere(void **state) {
    (void)state;
    const geo_point on_equator[] = {{-10, 0}, {30, 0}}, around_edge[] = {{170, 0}, {-170, 0}};
    const geo_point wide[] = {{-60, 60}, {60, 60}};
    geo_point p = geo_middle(on_equator, 2);
    assert_true(fabs(p.longitude - 10) < 1e-9 && fabs(p.latitude) < 1e-9);
    p = geo_middle(around_edge, 2);
    assert_true(fabs(fabs(p.longitude) - 180) < 1e-9);
    p = geo_middle(wide, 2); /* on the great circle between both, which passes further north */
    assert_true(fabs(p.longitude) < 1e-9 && p.latitude > 70);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_in_a_circle_is_in_its_cover),
        cmocka_unit_test(every_point_in_a_box_is_in_its_cover),
        cmocka_unit_test(every_point_in_a_polygon_is_in_its_cover),
        cmocka_unit_test(a_shape_near_a_pole_is_covered_all_round_it),
        cmocka_unit_test(a_cover_is_not_much_larger_than_the_shape),
        cmocka_unit_test(cells_come_in_order_from_the_center_on),
        cmocka_unit_test(shapes_without_end_are_covered_by_the_whole_map),
        cmocka_unit_test(a_shape_without_extent_holds_its_center),
        cmocka_unit_test(a_circle_holds_what_is_within_its_radius),
        cmocka_unit_test(a_box_holds_what_is_near_enough_either_way),
        cmocka_unit_test(a_polygon_may_be_hollow),
        cmocka_unit_test(the_middle_of_points_is_the_middle_on_the_sphere),
    };
    return cmocka_run_group_tests_name("geo shape", tests, NULL, NULL);
}
