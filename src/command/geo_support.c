/* Geo support: arguments and replies of the geo commands. */
#include "command/geo_support.h"

#include "command/support.h"
#include "store/types/zset.h"

bool arg_position(client *c, const slice argv[2], geo_point *p) {
    if (!arg_double(c, argv[0], &p->longitude) || !arg_double(c, argv[1], &p->latitude)) return false;
    if (geo_point_valid(*p)) return true;
    reply_error(c, "ERR invalid longitude,latitude pair %f,%f", p->longitude, p->latitude);
    return false;
}

bool arg_unit(client *c, slice arg, double *unit_m) {
    static const struct {
        const char *name;
        double length_m;
    } units[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (unsigned i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (!slice_is(arg, units[i].name)) continue;
        *unit_m = units[i].length_m;
        return true;
    }
    reply_error_text(c, SLICE("ERR unsupported unit provided. please use M, KM, FT, MI"));
    return false;
}

bool member_position(const entry *e, slice member, geo_point *p) {
    struct zset_place place;
    zset_find(e, member, &place);
    if (place.found) *p = geohash_decode(geohash_of_score(place.score));
    return place.found;
}

void reply_position(client *c, geo_point p) {
    reply_array(c, 2);
    reply_double(c, p.longitude);
    reply_double(c, p.latitude);
}

void reply_distance(client *c, double distance_m, double unit_m) {
    reply_bulk_format(c, "%.4f", distance_m / unit_m);
}
