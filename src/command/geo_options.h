/* Geo options: what a search for positions is asked for, as the commands' arguments say it. */
#ifndef STINT_COMMAND_GEO_OPTIONS_H
#define STINT_COMMAND_GEO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/geo_shape.h"
#include "net/client.h"
#include "server/request/command.h"
#include "store/entry.h"

enum geo_order { GEO_UNSORTED, GEO_NEAREST_FIRST, GEO_FARTHEST_FIRST };
enum geo_origin { GEO_FROM_NOWHERE, GEO_FROM_MEMBER, GEO_FROM_POSITION };

/* What a command may be asked for, beside what all may. */
enum geo_option {
    GEO_MAY_CHOOSE = 1 << 0,    /* FROMMEMBER, FROMLONLAT, BYRADIUS, BYBOX, BYPOLYGON */
    GEO_MAY_STORE = 1 << 1,     /* STORE key, STOREDIST key */
    GEO_STORES_ALWAYS = 1 << 2, /* under argv[1]; STOREDIST */
};

/* What a command asks for. */
struct geo_search {
    const char *name; /* of the command, as errors write it */
    unsigned allowed; /* enum geo_option */
    const entry *e;   /* the sorted set; NULL: no such key */
    enum geo_origin origin;
    bool has_shape;
    struct geo_shape shape;
    double unit_m;
    bool with_distances, with_hashes, with_positions;
    enum geo_order order;
    bool has_limit, any; /* any: the first members found, not the nearest */
    size_t limit;
    int destination; /* index of the key to store the result under; 0: none */
    bool store_distances;
};

/* These return false with the error written. */

/* The search begins at a member. Of a key that does not exist nothing is known, and nothing will be found. */
bool geo_start_from_member(client *c, slice member, struct geo_search *s);
/* Reads radius and unit. */
bool geo_parse_circle(client *c, const slice argv[2], struct geo_search *s);
/* Reads the options from argv[first] on and checks that all go together. */
bool geo_parse_options(client *c, const args *a, int first, struct geo_search *s);

/* Frees what reading the options has taken; the search is over, or was refused. */
void geo_search_close(struct geo_search *s);

#endif
