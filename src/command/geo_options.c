/* Geo options: reads the arguments of GEOSEARCH and its kin.
 *
 * Each reader knows one kind of option and says how many arguments it has taken; what none of them
 * understands is a syntax error. */
#include "command/geo_options.h"

#include <limits.h>

#include "base/alloc.h"
#include "base/number.h"
#include "command/geo_support.h"
#include "command/support.h"

/* Reads options at argv[at]. Returns how many arguments they are, 0 if they are not understood, FAILED with
 * the error written. */
typedef int option_reader(client *c, const args *a, int at, struct geo_search *s);
#define FAILED (-1)

static int read_flag(client *c, const args *a, int at, struct geo_search *s) {
    (void)c;
    slice word = a->argv[at];
    if (slice_is(word, "WITHDIST"))
        s->with_distances = true;
    else if (slice_is(word, "WITHHASH"))
        s->with_hashes = true;
    else if (slice_is(word, "WITHCOORD"))
        s->with_positions = true;
    else if (slice_is(word, "ANY"))
        s->any = true;
    else if (slice_is(word, "ASC"))
        s->order = GEO_NEAREST_FIRST;
    else if (slice_is(word, "DESC"))
        s->order = GEO_FARTHEST_FIRST;
    else
        return 0;
    return 1;
}

static int read_limit(client *c, const args *a, int at, struct geo_search *s) {
    int64_t limit;
    if (at + 1 >= a->argc || !slice_is(a->argv[at], "COUNT")) return 0;
    if (!arg_integer(c, a->argv[at + 1], &limit)) return FAILED;
    if (limit <= 0) {
        reply_error_text(c, SLICE("ERR COUNT must be > 0"));
        return FAILED;
    }
    s->has_limit = true;
    s->limit = (size_t)limit;
    return 2;
}

static int read_destination(client *c, const args *a, int at, struct geo_search *s) {
    (void)c;
    bool distances = slice_is(a->argv[at], "STOREDIST");
    if ((s->allowed & GEO_STORES_ALWAYS) && distances) {
        s->store_distances = true;
        return 1;
    }
    if (!(s->allowed & GEO_MAY_STORE) || at + 1 >= a->argc) return 0;
    if (!distances && !slice_is(a->argv[at], "STORE")) return 0;
    s->destination = at + 1;
    s->store_distances = distances;
    return 2;
}

static bool has_polygon(const struct geo_search *s) { return s->has_shape && s->shape.form == GEO_POLYGON; }

bool geo_start_from_member(client *c, slice member, struct geo_search *s) {
    if (!s->e || member_position(s->e, member, &s->shape.center)) return true;
    reply_error_text(c, SLICE("ERR could not decode requested zset member"));
    return false;
}

static int read_origin(client *c, const args *a, int at, struct geo_search *s) {
    int left = a->argc - at - 1;
    if (!(s->allowed & GEO_MAY_CHOOSE) || has_polygon(s)) return 0;
    if (left >= 1 && s->origin != GEO_FROM_POSITION && slice_is(a->argv[at], "FROMMEMBER")) {
        s->origin = GEO_FROM_MEMBER;
        return geo_start_from_member(c, a->argv[at + 1], s) ? 2 : FAILED;
    }
    if (left >= 2 && s->origin != GEO_FROM_MEMBER && slice_is(a->argv[at], "FROMLONLAT")) {
        s->origin = GEO_FROM_POSITION;
        return arg_position(c, a->argv + at + 1, &s->shape.center) ? 3 : FAILED;
    }
    return 0;
}

/* Reads a number; else the error that it is needed. */
static bool arg_length(client *c, slice arg, const char *name, double *length) {
    if (number_parse_double(arg, length)) return true;
    reply_error(c, "ERR need numeric %s", name);
    return false;
}

bool geo_parse_circle(client *c, const slice argv[2], struct geo_search *s) {
    double radius;
    if (!arg_length(c, argv[0], "radius", &radius)) return false;
    if (radius < 0) {
        reply_error_text(c, SLICE("ERR radius cannot be negative"));
        return false;
    }
    if (!arg_unit(c, argv[1], &s->unit_m)) return false;
    s->has_shape = true;
    s->shape.form = GEO_CIRCLE;
    s->shape.radius_m = radius * s->unit_m;
    return true;
}

/* Reads width, height and unit. */
static bool parse_box(client *c, const slice argv[3], struct geo_search *s) {
    double width, height;
    if (!arg_length(c, argv[0], "width", &width) || !arg_length(c, argv[1], "height", &height)) return false;
    if (width < 0 || height < 0) {
        reply_error_text(c, SLICE("ERR height or width cannot be negative"));
        return false;
    }
    if (!arg_unit(c, argv[2], &s->unit_m)) return false;
    s->has_shape = true;
    s->shape.form = GEO_BOX;
    s->shape.box.width_m = width * s->unit_m;
    s->shape.box.height_m = height * s->unit_m;
    return true;
}

void geo_search_close(struct geo_search *s) {
    if (!has_polygon(s)) return;
    alloc_free(s->shape.polygon.vertices, (size_t)s->shape.polygon.count * sizeof(geo_point));
    s->has_shape = false;
}

/* Reads the number of vertices and their positions from argv[at] on. Returns how many arguments they are. */
static int parse_polygon(client *c, const args *a, int at, struct geo_search *s) {
    int64_t count;
    if (!arg_integer_between(c, a->argv[at], INT_MIN, INT_MAX, "ERR invalid number of vertices", &count))
        return FAILED;
    if (count < 3 || count > (a->argc - at - 1) / 2) {
        reply_error_text(c, SLICE("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"));
        return FAILED;
    }
    geo_search_close(s);
    s->has_shape = true;
    s->unit_m = 1;
    s->shape.form = GEO_POLYGON;
    s->shape.polygon.count = (int)count;
    s->shape.polygon.vertices = alloc((size_t)count * sizeof(geo_point));
    for (int i = 0; i < count; i++)
        if (!arg_position(c, a->argv + at + 1 + 2 * i, &s->shape.polygon.vertices[i])) return FAILED;
    s->shape.center = geo_middle(s->shape.polygon.vertices, (int)count);
    return 1 + 2 * (int)count;
}

static bool may_become(const struct geo_search *s, enum geo_form form) {
    return !s->has_shape || s->shape.form == form;
}

static int read_shape(client *c, const args *a, int at, struct geo_search *s) {
    int left = a->argc - at - 1;
    if (!(s->allowed & GEO_MAY_CHOOSE)) return 0;
    if (left >= 2 && may_become(s, GEO_CIRCLE) && slice_is(a->argv[at], "BYRADIUS"))
        return geo_parse_circle(c, a->argv + at + 1, s) ? 3 : FAILED;
    if (left >= 3 && may_become(s, GEO_BOX) && slice_is(a->argv[at], "BYBOX"))
        return parse_box(c, a->argv + at + 1, s) ? 4 : FAILED;
    if (left >= 1 && may_become(s, GEO_POLYGON) && s->origin == GEO_FROM_NOWHERE &&
        slice_is(a->argv[at], "BYPOLYGON")) {
        int taken = parse_polygon(c, a, at + 1, s);
        return taken == FAILED ? FAILED : 1 + taken;
    }
    return 0;
}

/* Whether the options go together. */
static bool check_search(client *c, const struct geo_search *s) {
    if (s->destination && (s->with_distances || s->with_hashes || s->with_positions))
        reply_error(c, "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                    s->allowed & GEO_STORES_ALWAYS ? s->name : "STORE option in GEORADIUS");
    else if (s->origin == GEO_FROM_NOWHERE && !has_polygon(s))
        reply_error(c, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %s", s->name);
    else if (!s->has_shape)
        reply_error(c, "ERR exactly one of BYRADIUS and BYBOX can be specified for %s", s->name);
    else if (s->any && !s->has_limit)
        reply_error_text(c, SLICE("ERR the ANY argument requires COUNT argument"));
    else
        return true;
    return false;
}

bool geo_parse_options(client *c, const args *a, int first, struct geo_search *s) {
    static option_reader *const readers[] = {read_flag, read_limit, read_destination, read_origin,
                                             read_shape};
    for (int at = first; at < a->argc;) {
        int taken = 0;
        for (unsigned i = 0; taken == 0 && i < sizeof(readers) / sizeof(*readers); i++)
            taken = readers[i](c, a, at, s);
        if (taken == 0) reply_syntax_error(c);
        if (taken <= 0) return false;
        at += taken;
    }
    if (s->has_limit && !s->any && s->order == GEO_UNSORTED) s->order = GEO_NEAREST_FIRST;
    return check_search(c, s);
}
