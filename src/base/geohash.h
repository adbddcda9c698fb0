/* Geohash: a position on Earth as one number, in which positions that share leading bits are neighbours, and
 * the distance between two positions. */
#ifndef STINT_BASE_GEOHASH_H
#define STINT_BASE_GEOHASH_H

#include <stdbool.h>
#include <stdint.h>

/* A position in degrees. */
typedef struct geo_point {
    double longitude, latitude;
} geo_point;

/* The map that positions are on: it ends where Web Mercator does, short of the poles. */
#define GEO_LONGITUDE_MAX 180.0
#define GEO_LATITUDE_MAX  85.05112878

#define GEO_EARTH_RADIUS_M 6372797.560856

/* How often the map is halved either way, at most: the bits of each coordinate. */
#define GEOHASH_STEPS 26
/* From here on lie the geohashes of positions on the upper and right edge of the map, which have one more bit
 * (see geohash_encode). */
#define GEOHASH_EDGE (UINT64_C(1) << (2 * GEOHASH_STEPS))
#define GEOHASH_END  (UINT64_C(1) << (2 * GEOHASH_STEPS + 2))

#define GEOHASH_TEXT_LEN 11

/* Whether the position is on the map, edges included. */
bool geo_point_valid(geo_point p);

/* The geohash of a position on the map: 26 bits of each coordinate, the longitude's at the odd places. A
 * coordinate that is the greatest possible takes a 27th bit. */
uint64_t geohash_encode(geo_point p);

/* The middle of the cell with that geohash, which is the position to within 0.3 m; on the map for any number.
 */
geo_point geohash_decode(uint64_t hash);

/* The geohash that a score stands for. Any number stands for one: fractions are cut off, negative numbers are
 * taken in two's complement, those beyond 64 bits as 0. */
uint64_t geohash_of_score(double score);

/* Writes the standard text of a geohash, which halves latitudes from 90 to -90 degrees, and of which 52 bits
 * make ten characters; the eleventh is always '0'. No NUL. */
void geohash_write_text(char text[GEOHASH_TEXT_LEN], uint64_t hash);

/* The two coordinates' numbers, bit by bit in turn: the bits of x at the odd places. */
uint64_t geohash_interleave(uint32_t x, uint32_t y);

double geo_radians(double degrees);
double geo_degrees(double radians);

/* The distance along the great circle, in meters. */
double geo_distance_m(geo_point a, geo_point b);

#endif
