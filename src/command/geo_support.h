/* Geo support: the steps that the geo commands have in common. Functions that return false have written the
 * error reply already, unless they say otherwise. */
#ifndef STINT_COMMAND_GEO_SUPPORT_H
#define STINT_COMMAND_GEO_SUPPORT_H

#include <stdbool.h>

#include "base/geohash.h"
#include "net/client.h"
#include "store/entry.h"

/* Reads two arguments, longitude and latitude, as a position on the map. */
bool arg_position(client *c, const slice argv[2], geo_point *p);

/* Reads "m", "km", "ft" or "mi" in any case; *unit_m is the unit's length. */
bool arg_unit(client *c, slice arg, double *unit_m);

/* The position of a member; false, without a reply, if it is not there. e is NULL or a sorted set. */
bool member_position(const entry *e, slice member, geo_point *p);

/* A pair of coordinates. */
void reply_position(client *c, geo_point p);

/* A distance in that unit, as text with four digits after the point. */
void reply_distance(client *c, double distance_m, double unit_m);

#endif
