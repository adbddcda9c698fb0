/* Geohash: positions as numbers, and distances.
 *
 * A coordinate is a number of 26 bits that counts the strips, all equally wide in degrees, into which the map
 * is cut. The bits of both coordinates take turns (Z-order, G. M. Morton 1966), so that the first 2n bits of
 * a geohash name one of 4^n cells, and all positions in a cell are one range of numbers:
 *
 *     latitude  1 |  01  11      each cell is divided again in the same way:
 *               0 |  00  10      00 becomes 0000 0001 0010 0011
 *                 +--------
 *         longitude  0   1
 *
 * The text is the geohash of G. Niemeyer (2008): the same, but with latitudes up to the poles and five bits
 * to a character. Distances are by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", 1984),
 * on a sphere.
 *
 * Clients see the digits of what is computed here, so the order of operations is part of the contract. */
#include "base/geohash.h"

#include <math.h>

#define STRIPS ((double)(1 << GEOHASH_STEPS))

bool geo_point_valid(geo_point p) {
    return fabs(p.longitude) <= GEO_LONGITUDE_MAX && fabs(p.latitude) <= GEO_LATITUDE_MAX;
}

/* Puts a zero in front of each bit. */
static uint64_t spread(uint32_t bits) {
    uint64_t x = bits;
    x = (x | x << 16) & 0x0000ffff0000ffff;
    x = (x | x << 8) & 0x00ff00ff00ff00ff;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x << 2) & 0x3333333333333333;
    x = (x | x << 1) & 0x5555555555555555;
    return x;
}

/* Takes the bits at even places. */
static uint32_t gather(uint64_t x) {
    x &= 0x5555555555555555;
    x = (x | x >> 1) & 0x3333333333333333;
    x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x >> 4) & 0x00ff00ff00ff00ff;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    x = (x | x >> 16) & 0x00000000ffffffff;
    return (uint32_t)x;
}

uint64_t geohash_interleave(uint32_t x, uint32_t y) { return spread(x) << 1 | spread(y); }

/* The strip that a coordinate from -max to max is in. */
static uint32_t strip_of(double coordinate, double max) {
    return (uint32_t)((coordinate + max) / (2 * max) * STRIPS);
}

/* The middle of a strip; the one behind the last is the edge itself. */
static double middle_of(uint32_t strip, double max) {
    double low = -max + strip / STRIPS * (2 * max);
    double high = -max + (strip + 1.0) / STRIPS * (2 * max);
    return fmin(fmax((low + high) / 2, -max), max);
}

uint64_t geohash_encode(geo_point p) {
    return geohash_interleave(strip_of(p.longitude, GEO_LONGITUDE_MAX),
                              strip_of(p.latitude, GEO_LATITUDE_MAX));
}

geo_point geohash_decode(uint64_t hash) {
    return (geo_point){middle_of(gather(hash >> 1), GEO_LONGITUDE_MAX),
                       middle_of(gather(hash), GEO_LATITUDE_MAX)};
}

/* The first number that 64 bits do not hold, and the least that they hold with a sign. */
#define BEYOND_U64 (2 * -LEAST_I64)
#define LEAST_I64  ((double)INT64_MIN)

uint64_t geohash_of_score(double score) {
    if (score < 0) return score > LEAST_I64 ? (uint64_t)(int64_t)score : (uint64_t)INT64_MIN;
    return score < BEYOND_U64 ? (uint64_t)score : 0;
}

void geohash_write_text(char text[GEOHASH_TEXT_LEN], uint64_t hash) {
    static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    const double latitude_max = 90;
    geo_point p = geohash_decode(hash);
    uint64_t bits =
        geohash_interleave(strip_of(p.longitude, GEO_LONGITUDE_MAX), strip_of(p.latitude, latitude_max));
    for (int i = 0; i < GEOHASH_TEXT_LEN - 1; i++)
        text[i] = digits[bits >> (2 * GEOHASH_STEPS - 5 * (i + 1)) & 31];
    text[GEOHASH_TEXT_LEN - 1] = '0';
}

#define RADIANS_PER_DEGREE (M_PI / 180)

double geo_radians(double degrees) { return degrees * RADIANS_PER_DEGREE; }
double geo_degrees(double radians) { return radians / RADIANS_PER_DEGREE; }

double geo_distance_m(geo_point a, geo_point b) {
    double a_latitude = geo_radians(a.latitude), b_latitude = geo_radians(b.latitude);
    double v = sin((geo_radians(b.longitude) - geo_radians(a.longitude)) / 2);
    /* On one meridian the difference of latitudes is exact, the formula is not. */
    if (v == 0) return GEO_EARTH_RADIUS_M * fabs(b_latitude - a_latitude);
    double u = sin((b_latitude - a_latitude) / 2);
    double h = u * u + cos(a_latitude) * cos(b_latitude) * v * v;
    return 2 * GEO_EARTH_RADIUS_M * asin(sqrt(h));
}
