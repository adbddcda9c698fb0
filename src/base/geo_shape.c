/* Geo shape: circles, boxes and polygons, and their covers.
 *
 * A cover is made of the cells of one size, a step of the geohash, that the shape's bounds touch. Cells are
 * about as large as the shape, so that there are nine at most, taken in this order:
 *
 *     +---+---+---+
 *     | 7 | 2 | 6 |
 *     +---+---+---+      1 is the cell with the center. East of the last column is the first, but nothing is
 *     | 5 | 1 | 4 |      north of the last row.
 *     +---+---+---+
 *     | 9 | 3 | 8 |      Only cells that the bounds touch are taken.
 *     +---+---+---+
 *
 * Bounds that reach further than that, as near a pole they may, get the rest of their cells behind. The very
 * last is a range for the positions on the map's upper and right edge, whose geohashes are in no cell.
 *
 * The size of the cells and their order are those of Redis, where they show in results that are not sorted.
 */
#include "base/geo_shape.h"

#include <assert.h>
#include <math.h>

/* --- What lies in a shape --- */

geo_point geo_middle(const geo_point *points, int count) {
    double x = 0, y = 0, z = 0;
    for (int i = 0; i < count; i++) {
        double longitude = geo_radians(points[i].longitude), latitude = geo_radians(points[i].latitude);
        x += cos(latitude) * cos(longitude);
        y += cos(latitude) * sin(longitude);
        z += sin(latitude);
    }
    return (geo_point){geo_degrees(atan2(y, x)), geo_degrees(atan2(z, sqrt(x * x + y * y)))};
}

static bool box_contains(const struct geo_shape *s, geo_point p) {
    geo_point north_or_south = {p.longitude, s->center.latitude};
    geo_point east_or_west = {s->center.longitude, p.latitude};
    return geo_distance_m(p, north_or_south) <= s->box.height_m / 2 &&
           geo_distance_m(p, east_or_west) <= s->box.width_m / 2;
}

/* Counts the sides that a ray from the point to the east crosses: an odd number if it is inside. */
static bool polygon_contains(const struct geo_shape *s, geo_point p) {
    bool inside = false;
    const geo_point *a = &s->polygon.vertices[s->polygon.count - 1];
    for (int i = 0; i < s->polygon.count; i++) {
        const geo_point *b = &s->polygon.vertices[i];
        if ((a->latitude > p.latitude) != (b->latitude > p.latitude)) {
            double part = (p.latitude - b->latitude) / (a->latitude - b->latitude);
            if (p.longitude < (a->longitude - b->longitude) * part + b->longitude) inside = !inside;
        }
        a = b;
    }
    return inside;
}

bool geo_shape_contains(const struct geo_shape *s, geo_point p, double *distance_m) {
    if (s->form == GEO_BOX && !box_contains(s, p)) return false;
    if (s->form == GEO_POLYGON && !polygon_contains(s, p)) return false;
    double distance = geo_distance_m(s->center, p);
    if (s->form == GEO_CIRCLE && distance > s->radius_m) return false;
    *distance_m = distance;
    return true;
}

/* --- Bounds --- */

/* Degrees; a longitude beyond 180 stands for one on the other side. */
struct bounds {
    double west, east, south, north;
};

static struct bounds bounds_of_polygon(const struct geo_shape *s) {
    struct bounds b = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (int i = 0; i < s->polygon.count; i++) {
        geo_point p = s->polygon.vertices[i];
        b.west = fmin(b.west, p.longitude);
        b.east = fmax(b.east, p.longitude);
        b.south = fmin(b.south, p.latitude);
        b.north = fmax(b.north, p.latitude);
    }
    return b;
}

static struct bounds bounds_around(geo_point center, double longitudes, double latitudes) {
    return (struct bounds){center.longitude - longitudes, center.longitude + longitudes,
                           center.latitude - latitudes, center.latitude + latitudes};
}

/* The degrees of latitude on that distance along a meridian. */
static double degrees_along(double distance_m) { return geo_degrees(distance_m / GEO_EARTH_RADIUS_M); }

/* How far east of its center a circle reaches, in degrees: to where a meridian touches it. */
static double reach_of_circle(const struct geo_shape *s) {
    if (fabs(s->center.latitude) + degrees_along(s->radius_m) >= 90) return GEO_LONGITUDE_MAX;
    double sine = sin(s->radius_m / GEO_EARTH_RADIUS_M) / cos(geo_radians(s->center.latitude));
    return geo_degrees(asin(fmin(sine, 1)));
}

/* The same of a box, which has the most degrees on its side towards the pole. */
static double reach_of_box(const struct geo_shape *s) {
    double latitude = fabs(s->center.latitude) + degrees_along(s->box.height_m / 2);
    double half_chord = sin(fmin(s->box.width_m / 4 / GEO_EARTH_RADIUS_M, M_PI / 2));
    double sine = half_chord / cos(geo_radians(fmin(latitude, GEO_LATITUDE_MAX)));
    return geo_degrees(2 * asin(fmin(sine, 1)));
}

/* Bounds that hold the whole shape. */
static struct bounds bounds_of(const struct geo_shape *s) {
    switch (s->form) {
    case GEO_CIRCLE: return bounds_around(s->center, reach_of_circle(s), degrees_along(s->radius_m));
    case GEO_BOX: return bounds_around(s->center, reach_of_box(s), degrees_along(s->box.height_m / 2));
    default: return bounds_of_polygon(s);
    }
}

/* --- The size of cells --- */

/* Bounds that only serve to choose a size: as if degrees of longitude were everywhere as long as on the side
 * of the shape that is further from the equator. Useless at a pole. */
static struct bounds rough_bounds(const struct geo_shape *s) {
    if (s->form == GEO_POLYGON) return bounds_of_polygon(s);
    double half_width = s->form == GEO_CIRCLE ? s->radius_m : s->box.width_m / 2;
    double half_height = s->form == GEO_CIRCLE ? s->radius_m : s->box.height_m / 2;
    double latitudes = degrees_along(half_height);
    double outer = fabs(s->center.latitude) + latitudes;
    return bounds_around(s->center, degrees_along(half_width / cos(geo_radians(outer))), latitudes);
}

/* The radius of a circle around the center that holds the shape. */
static double radius_of(const struct geo_shape *s) {
    if (s->form == GEO_CIRCLE) return s->radius_m;
    if (s->form == GEO_BOX) {
        double half_width = s->box.width_m / 2, half_height = s->box.height_m / 2;
        return sqrt(half_width * half_width + half_height * half_height);
    }
    struct bounds b = bounds_of_polygon(s);
    double west = fmax(geo_distance_m(s->center, (geo_point){b.west, b.north}),
                       geo_distance_m(s->center, (geo_point){b.west, b.south}));
    double east = fmax(geo_distance_m(s->center, (geo_point){b.east, b.north}),
                       geo_distance_m(s->center, (geo_point){b.east, b.south}));
    return fmax(west, east);
}

/* A step divides the map into 2^step columns and as many rows; both count from the south-west. */
static int64_t cells_across(int step) { return INT64_C(1) << step; }
static double cell_width(int step) { return 2 * GEO_LONGITUDE_MAX / (double)cells_across(step); }
static double cell_height(int step) { return 2 * GEO_LATITUDE_MAX / (double)cells_across(step); }

static int64_t column_of(double longitude, int step) {
    return (int64_t)floor((longitude + GEO_LONGITUDE_MAX) / cell_width(step));
}
static int64_t row_of(double latitude, int step) {
    return (int64_t)floor((latitude + GEO_LATITUDE_MAX) / cell_height(step));
}

static int64_t at_most(int64_t number, int64_t most) { return number < most ? number : most; }

/* The cell with the center; one on the edge of the map is in the last. */
static int64_t center_column(const struct geo_shape *s, int step) {
    return at_most(column_of(s->center.longitude, step), cells_across(step) - 1);
}
static int64_t center_row(const struct geo_shape *s, int step) {
    return at_most(row_of(s->center.latitude, step), cells_across(step) - 1);
}

/* Whether the center's cell and those around it hold the bounds. At the edge of the map there is none beyond,
 * not even to the east and west, where in truth the map goes on. */
static bool neighbours_hold(const struct geo_shape *s, const struct bounds *b, int step) {
    int64_t column = center_column(s, step), row = center_row(s, step), last = cells_across(step) - 1;
    if (column == 0 || column == last || row == 0 || row == last) return false;
    double width = cell_width(step), height = cell_height(step);
    double west = (double)(column - 1) * width - GEO_LONGITUDE_MAX;
    double south = (double)(row - 1) * height - GEO_LATITUDE_MAX;
    return !(b->west < west || b->east > west + 3 * width || b->south < south ||
             b->north > south + 3 * height);
}

/* Half the width of a cell at the equator, and its height, is this distance, halved step by step. (Of the
 * figures for a map's half width that are in use, this is the one that results depend on.) */
#define MAP_HALF_WIDTH_M 20037726.37

/* Cells are narrower towards the poles: from these latitudes on they are taken one, and two, steps larger. */
#define NARROW_LATITUDE   66
#define NARROWER_LATITUDE 80

static int step_of(const struct geo_shape *s) {
    int step = -1;
    for (double reach = radius_of(s); reach < MAP_HALF_WIDTH_M && step < GEOHASH_STEPS + 2; reach *= 2)
        step++;
    step -= fabs(s->center.latitude) > NARROW_LATITUDE;
    step -= fabs(s->center.latitude) > NARROWER_LATITUDE;
    step = step < 1 ? 1 : step > GEOHASH_STEPS ? GEOHASH_STEPS : step;
    struct bounds b = rough_bounds(s);
    return step > 1 && !neighbours_hold(s, &b, step) ? step - 1 : step;
}

/* --- The cells --- */

/* Cells of one step, columns to the east and rows to the north of the first; columns go on at the west edge
 * of the map. */
struct cells {
    int step;
    int64_t column, columns, row, rows;
};

/* Bounds are moved outwards by so many degrees (a tenth of a millimeter): more than they lose to rounding. */
#define MARGIN 1e-9

static struct cells cells_of(const struct bounds *b, int step) {
    int64_t across = cells_across(step);
    struct cells c = {.step = step};
    c.column = column_of(b->west - MARGIN, step);
    c.columns = column_of(b->east + MARGIN, step) - c.column + 1;
    if (c.columns >= across) {
        c.column = 0;
        c.columns = across;
    }
    c.column = (c.column + across) % across;
    c.row = row_of(fmax(b->south - MARGIN, -GEO_LATITUDE_MAX), step);
    c.rows = at_most(row_of(fmin(b->north + MARGIN, GEO_LATITUDE_MAX), step), across - 1) - c.row + 1;
    return c;
}

static void add_range(struct geo_cover *cover, uint64_t from, uint64_t end) {
    assert(cover->count < GEO_RANGES_MAX);
    cover->ranges[cover->count++] = (struct geo_range){from, end};
}

/* Adds a cell if it is one of those and not there yet; the column may lie beyond the edge of the map. */
static void add_cell(struct geo_cover *cover, const struct cells *c, int64_t column, int64_t row) {
    int64_t across = cells_across(c->step);
    column = (column + across) % across;
    if ((column - c->column + across) % across >= c->columns) return;
    if (row < c->row || row >= c->row + c->rows) return;
    int below = 2 * (GEOHASH_STEPS - c->step);
    uint64_t cell = geohash_interleave((uint32_t)column, (uint32_t)row), from = cell << below;
    for (int i = 0; i < cover->count; i++)
        if (cover->ranges[i].from == from) return;
    add_range(cover, from, (cell + 1) << below);
}

static void add_neighbourhood(struct geo_cover *cover, const struct cells *c, int64_t column, int64_t row) {
    static const struct {
        int8_t east, north;
    } order[] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++)
        add_cell(cover, c, column + order[i].east, row + order[i].north);
}

static void add_rest(struct geo_cover *cover, const struct cells *c) {
    if (cover->count == c->columns * c->rows) return;
    for (int64_t row = c->row; row < c->row + c->rows; row++)
        for (int64_t column = c->column; column < c->column + c->columns; column++)
            add_cell(cover, c, column, row);
}

static bool reaches_edge(const struct bounds *b) {
    return b->west - MARGIN <= -GEO_LONGITUDE_MAX || b->east + MARGIN >= GEO_LONGITUDE_MAX ||
           b->north + MARGIN >= GEO_LATITUDE_MAX;
}

void geo_cover(const struct geo_shape *s, struct geo_cover *cover) {
    struct bounds b = bounds_of(s);
    struct cells c = cells_of(&b, step_of(s));
    /* Cells as large as the shape are never so many; were they, larger ones would do. */
    while (c.step > 1 && c.columns * c.rows >= GEO_RANGES_MAX) c = cells_of(&b, c.step - 1);
    cover->count = 0;
    add_neighbourhood(cover, &c, center_column(s, c.step), center_row(s, c.step));
    add_rest(cover, &c);
    if (reaches_edge(&b)) add_range(cover, GEOHASH_EDGE, GEOHASH_END);
}
