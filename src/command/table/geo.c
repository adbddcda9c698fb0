/* Rows of the geo group. */
#include "command/handlers.h"
#include "command/table/rows.h"

/* Parts of the syntax that several commands share. */
#define UNIT "unit=(M|KM|FT|MI)"
#define FROM "[from=(FROMMEMBER member|fromlonlat=FROMLONLAT {longitude:double latitude:double})]"
#define BY                                                                                                   \
    "by=(circle={BYRADIUS radius:double " UNIT "}|box={BYBOX width:double height:double " UNIT               \
    "}|polygon={BYPOLYGON num-vertices:integer vertices={longitude:double "                                  \
    "latitude:double}...}@9.0.0)"
#define ORDER "[order=(ASC|DESC)]"
#define COUNT "[count-block={COUNT count:integer [ANY]}]"
/* Of the older commands. */
#define COUNT_OR_ANY "[count-block={COUNT count:integer [ANY@6.2.0]}]"
#define WITH         "[WITHCOORD] [WITHDIST] [WITHHASH]"
#define STORED       "[store=(STORE storekey#1|STOREDIST storedistkey#2)]"

#define UNITS_HISTORY   CHANGE("7.0.0", "Accepts units in any case.")
#define POLYGON_HISTORY CHANGE("9.0.0", "Accepts `BYPOLYGON`.")
#define ANY_HISTORY     CHANGE("6.2.0", "Accepts `ANY` for `COUNT`.")

#define SEARCH_COMPLEXITY "O(N + M log M) for N members in the cells that the area touches and M in the area"

const command geo_commands[] = {
    {
        .name = "geoadd",
        .handler = command_geoadd,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .element = 3,
        .since = "3.2.0",
        .summary = "Adds members with positions to a sorted set, or moves them.",
        .complexity = "O(log N) per member",
        .syntax = "key [condition=(NX|XX)@6.2.0] [change=CH@6.2.0] data={longitude:double latitude:double "
                  "member}...",
        .history = TEXTS(CHANGE("6.2.0", "Accepts `CH`, `NX` and `XX`.")),
    },
    {
        .name = "geodist",
        .handler = command_geodist,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .element = 1,
        .since = "3.2.0",
        .summary = "Returns the distance between two members.",
        .complexity = "O(1)",
        .syntax = "key member1 member2 [" UNIT "]",
        .history = TEXTS(UNITS_HISTORY),
    },
    {
        .name = "geohash",
        .handler = command_geohash,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .element = 1,
        .since = "3.2.0",
        .summary = "Returns the positions of members as geohash texts.",
        .complexity = "O(1) per member",
        .syntax = "key [member...]",
    },
    {
        .name = "geopos",
        .handler = command_geopos,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .element = 1,
        .since = "3.2.0",
        .summary = "Returns the longitudes and latitudes of members.",
        .complexity = "O(1) per member",
        .syntax = "key [member...]",
    },
    {
        .name = "geosearch",
        .handler = command_geosearch,
        .arity = -7,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .since = "6.2.0",
        .summary = "Returns the members inside a circle, a box or a polygon.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax = "key " FROM " " BY " " ORDER " " COUNT " " WITH,
        .history = TEXTS(UNITS_HISTORY, POLYGON_HISTORY),
    },
    {
        .name = "geosearchstore",
        .handler = command_geosearchstore,
        .arity = -8,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE), KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .since = "6.2.0",
        .summary = "Stores the members inside a circle, a box or a polygon in another key.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax = "destination#0 source#1 " FROM " " BY " " ORDER " " COUNT " [STOREDIST]",
        .history = TEXTS(UNITS_HISTORY, POLYGON_HISTORY),
    },
    {
        .name = "georadius",
        .handler = command_georadius,
        .arity = -6,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS),
                 KEY_AFTER("STORE", 6, KEY_OW | KEY_UPDATE | KEY_VARIABLE_FLAGS),
                 KEY_AFTER("STOREDIST", 6, KEY_OW | KEY_UPDATE | KEY_VARIABLE_FLAGS)},
        .since = "3.2.0",
        .summary = "Returns the members around a position, or stores them in another key.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax = "key longitude:double latitude:double radius:double " UNIT " " WITH " " COUNT_OR_ANY
                  " " ORDER " " STORED,
        .history = TEXTS(ANY_HISTORY, UNITS_HISTORY),
        .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS`",
        .deprecated_since = "6.2.0",
    },
    {
        .name = "georadius_ro",
        .handler = command_georadius_ro,
        .arity = -6,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .since = "3.2.10",
        .summary = "Returns the members around a position.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax =
            "key longitude:double latitude:double radius:double " UNIT " " WITH " " COUNT_OR_ANY " " ORDER,
        .history = TEXTS(ANY_HISTORY, UNITS_HISTORY),
        .replaced_by = "`GEOSEARCH` with `BYRADIUS`",
        .deprecated_since = "6.2.0",
    },
    {
        .name = "georadiusbymember",
        .handler = command_georadiusbymember,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS),
                 KEY_AFTER("STORE", 5, KEY_OW | KEY_UPDATE | KEY_VARIABLE_FLAGS),
                 KEY_AFTER("STOREDIST", 5, KEY_OW | KEY_UPDATE | KEY_VARIABLE_FLAGS)},
        .since = "3.2.0",
        .summary = "Returns the members around a member, or stores them in another key.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax = "key member radius:double " UNIT " " WITH " " COUNT_OR_ANY " " ORDER " " STORED,
        .history = TEXTS(ANY_HISTORY, UNITS_HISTORY),
        .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS` and `FROMMEMBER`",
        .deprecated_since = "6.2.0",
    },
    {
        .name = "georadiusbymember_ro",
        .handler = command_georadiusbymember_ro,
        .arity = -5,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .since = "3.2.10",
        .summary = "Returns the members around a member.",
        .complexity = SEARCH_COMPLEXITY,
        .syntax = "key member radius:double " UNIT " " WITH " " COUNT_OR_ANY " " ORDER,
        .history = TEXTS(ANY_HISTORY, UNITS_HISTORY),
        .replaced_by = "`GEOSEARCH` with `BYRADIUS` and `FROMMEMBER`",
        .deprecated_since = "6.2.0",
    },
    {.name = NULL},
};
