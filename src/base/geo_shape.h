/* Geo shape: areas on Earth, what lies in them, and which geohashes they may have. */
#ifndef STINT_BASE_GEO_SHAPE_H
#define STINT_BASE_GEO_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/geohash.h"

enum geo_form { GEO_CIRCLE, GEO_BOX, GEO_POLYGON };

struct geo_shape {
    enum geo_form form;
    geo_point center; /* on the map; distances are from here */
    union {
        double radius_m; /* at least 0, may be infinite; as are those of a box */
        struct {
            double width_m, height_m; /* as measured along a parallel and a meridian */
        } box;
        struct {
            geo_point *vertices; /* on the map; at least three; the caller's */
            int count;
        } polygon; /* its sides are straight on a map of longitudes and latitudes and don't cross the edge */
    };
};

/* The middle of count points: where the mean of them, as points in space, is straight below. */
geo_point geo_middle(const geo_point *points, int count);

/* Whether the point is in the shape; *distance_m is set to its distance from the center if so. */
bool geo_shape_contains(const struct geo_shape *s, geo_point p, double *distance_m);

/* The geohashes from `from` up to, not including, `end`. */
struct geo_range {
    uint64_t from, end;
};

/* Most shapes need nine or less; more only those that are near a pole and go all round it. */
#define GEO_RANGES_MAX 64

struct geo_cover {
    int count;
    struct geo_range ranges[GEO_RANGES_MAX];
};

/* Finds ranges in which all geohashes of positions in the shape lie, and not too many others. They don't
 * overlap. They come in an order that clients see where a result is not sorted: around the center, see
 * geo_shape.c. */
void geo_cover(const struct geo_shape *s, struct geo_cover *cover);

#endif
