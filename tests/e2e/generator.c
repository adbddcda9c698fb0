/* Generator: random commands from shapes.
 *
 * The language of shapes:
 *
 *     WORD       stands for itself
 *     {key}      a word from a vocabulary, see vocabularies[]
 *     [ ... ]    is there or not
 *     ( a | b )  one of these; each alternative may have several words
 *     ...+       one to four times the group or word before
 *     @7.4       at the beginning: only for an oracle of that version or a later one
 *
 * Blanks divide words. Now and then a command is spoiled afterwards: an argument is lost, added, or replaced
 * by one from another vocabulary, since wrong commands must get the same replies too.
 *
 * Some commands come in a transaction: after MULTI so many, and then EXEC or DISCARD.
 *
 * Two servers do not run a command at the same millisecond. So relative expiries are either long, and spread
 * so widely that no two of them come close to each other, or in the past; nothing expires while the test
 * runs. */
#include "generator.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPOIL_PERCENT   4
#define MULTI_PERMILLE  15
#define QUEUED_MAX      12
#define DISCARD_PERCENT 10
#define REPEAT_MAX      4
#define LONG_TEXT_BYTES 20000
#define SHOWN_BYTES     60

struct generator {
    uint64_t state;
    long long now_s;
    int oracle_version[2];
    int total_weight;
    int transaction_left; /* commands to come before the transaction ends, and the end itself */
};

/* ---- dice ---- */

static uint64_t roll(generator *g) {
    /* splitmix64 */
    uint64_t z = (g->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to n - 1. */
static int dice(generator *g, int n) { return (int)(roll(g) % (uint64_t)n); }
static bool chance(generator *g, int percent) { return dice(g, 100) < percent; }

#define PICK(g, list) ((list)[dice((g), (int)(sizeof(list) / sizeof((list)[0])))])

/* ---- vocabularies ---- */

typedef struct word {
    const char *text;
    size_t len;
} word;

#define W(literal)                                                                                           \
    { literal, sizeof(literal) - 1 }

static const word keys[] = {
    W("a"),
    W("b"),
    W("c"),
    W("key:1"),
    W("key:2"),
    W("key:3"),
    W("longer-key-name-that-does-not-fit-anywhere-small"),
    W(""),
    W("\x00"),
    W("\xff\xfe k"),
    W("a*"),
    W("num"),
};

static void put(bytes *out, word w) { bytes_append(out, w.text, w.len); }

static void make_key(generator *g, bytes *out) { put(out, PICK(g, keys)); }

static void make_random_bytes(generator *g, bytes *out, int len) {
    for (int i = 0; i < len; i++) bytes_put(out, (char)roll(g));
}

/* Integers where things happen: around zero, around powers of two, at the ends of 32 and 64 bits. */
static void make_integer(generator *g, bytes *out) {
    static const long long edges[] = {0,
                                      1,
                                      -1,
                                      2,
                                      10,
                                      -10,
                                      100,
                                      255,
                                      256,
                                      -128,
                                      127,
                                      9999,
                                      10000,
                                      65535,
                                      65536,
                                      INT_MAX,
                                      INT_MIN,
                                      1LL << 32,
                                      LLONG_MAX,
                                      LLONG_MIN,
                                      LLONG_MAX - 1,
                                      LLONG_MIN + 1};
    if (chance(g, 50))
        bytes_format(out, "%d", dice(g, 200) - 100);
    else
        bytes_format(out, "%lld", PICK(g, edges));
}

/* Texts that are nearly numbers. */
static void make_odd_number(generator *g, bytes *out) {
    static const word odd[] = {W(""),
                               W("abc"),
                               W(" 1"),
                               W("1 "),
                               W("+1"),
                               W("01"),
                               W("-0"),
                               W("1.0"),
                               W("0x10"),
                               W("1e3"),
                               W("--1"),
                               W("1\0"),
                               W("inf"),
                               W("nan"),
                               W("9223372036854775808"),
                               W("-9223372036854775809"),
                               W("99999999999999999999999999")};
    put(out, PICK(g, odd));
}

static void make_number(generator *g, bytes *out) {
    if (chance(g, 92))
        make_integer(g, out);
    else
        make_odd_number(g, out);
}

/* Fractions, mostly ones that add without a rest. */
static void make_float(generator *g, bytes *out) {
    static const word floats[] = {W("0.5"),   W("-0.25"), W("1.75"), W("3"),  W("-7"),     W("1e3"),
                                  W("2.5e2"), W("0"),     W("1e17"), W(".5"), W("1000000")};
    if (chance(g, 90))
        put(out, PICK(g, floats));
    else
        make_odd_number(g, out);
}

static void make_value(generator *g, bytes *out) {
    static const word texts[] = {W(""),     W("x"),        W("hello world"),  W("\x00\x01\x02"),
                                 W("\r\n"), W("foobar"),   W("\xff\xff\xff"), W("3.0"),
                                 W("10.5"), W("ohmytext"), W("mynewtext")};
    int kind = dice(g, 100);
    if (kind < 35)
        make_integer(g, out);
    else if (kind < 65)
        put(out, PICK(g, texts));
    else if (kind < 70)
        make_odd_number(g, out);
    else if (kind < 90)
        make_random_bytes(g, out, dice(g, 100));
    else if (kind < 99)
        make_random_bytes(g, out, dice(g, 2000));
    else
        make_random_bytes(g, out, LONG_TEXT_BYTES + dice(g, LONG_TEXT_BYTES));
}

/* Members of sets: few enough that sets have some in common, integers more than others. */
static void make_set_member(generator *g, bytes *out) {
    int kind = dice(g, 100);
    if (kind < 55)
        bytes_format(out, "%d", dice(g, 40) - 20);
    else if (kind < 85)
        bytes_format(out, "member:%d", dice(g, 20));
    else if (kind < 99)
        make_number(g, out);
    else
        bytes_format(out, "%0*d", 64 + dice(g, 2), dice(g, 3)); /* just not, or just, too long to be packed */
}

/* Positions within values; a few far out. */
static void make_position(generator *g, bytes *out) {
    int kind = dice(g, 100);
    if (kind < 60)
        bytes_format(out, "%d", dice(g, 60) - 30);
    else if (kind < 85)
        bytes_format(out, "%d", dice(g, 4000) - 2000);
    else
        make_number(g, out);
}

/* Offsets to write at, kept so small that values stay small. */
static void make_offset(generator *g, bytes *out) {
    static const word far[] = {W("-1"),         W("536870911"),           W("536870912"),
                               W("4294967296"), W("9223372036854775807"), W("-9223372036854775808")};
    int kind = dice(g, 100);
    if (kind < 80)
        bytes_format(out, "%d", dice(g, 50));
    else if (kind < 90)
        bytes_format(out, "%d", dice(g, 20000));
    else if (kind < 95)
        make_odd_number(g, out);
    else
        put(out, PICK(g, far));
}

static void make_bit_offset(generator *g, bytes *out) {
    static const word far[] = {W("-1"), W("4294967296"), W("4294967297"), W("9223372036854775807"),
                               W("-9223372036854775808")};
    int kind = dice(g, 100);
    if (kind < 80)
        bytes_format(out, "%d", dice(g, 300));
    else if (kind < 90)
        bytes_format(out, "%d", dice(g, 100000));
    else if (kind < 95)
        make_odd_number(g, out);
    else
        put(out, PICK(g, far));
}

static void make_bit(generator *g, bytes *out) {
    static const word odd[] = {W("2"), W("-1"), W("x"), W("")};
    if (chance(g, 95))
        bytes_put(out, chance(g, 50) ? '1' : '0');
    else
        put(out, PICK(g, odd));
}

/* Bit field types, mostly right. */
static void make_field_type(generator *g, bytes *out) {
    static const word odd[] = {W("u64"), W("i65"), W("u0"), W("i0"), W("x8"), W("u"), W("8"), W("")};
    if (chance(g, 95))
        bytes_format(out, "%c%d", chance(g, 50) ? 'u' : 'i', 1 + dice(g, 63));
    else
        put(out, PICK(g, odd));
}

static void make_field_offset(generator *g, bytes *out) {
    if (chance(g, 30))
        bytes_format(out, "#%d", dice(g, 20));
    else
        make_bit_offset(g, out);
}

/* Expiries that no clock difference between the servers can turn round. */
static void make_seconds(generator *g, bytes *out) {
    static const word odd[] = {W("9223372036854775807"), W("9223372036854775"), W("-9223372036854775808")};
    int kind = dice(g, 100);
    if (kind < 80)
        bytes_format(out, "%lld", 1000 + 20LL * dice(g, 100000000));
    else if (kind < 87)
        bytes_format(out, "-%d", dice(g, 1000));
    else if (kind < 90)
        bytes_put(out, '0');
    else if (kind < 95)
        put(out, PICK(g, odd));
    else
        make_odd_number(g, out);
}

static void make_milliseconds(generator *g, bytes *out) {
    static const word odd[] = {W("9223372036854775807"), W("-9223372036854775808")};
    int kind = dice(g, 100);
    if (kind < 80)
        bytes_format(out, "%lld", 1000000 + 20000LL * dice(g, 100000000));
    else if (kind < 87)
        bytes_format(out, "-%d", dice(g, 1000000));
    else if (kind < 90)
        bytes_put(out, '0');
    else if (kind < 95)
        put(out, PICK(g, odd));
    else
        make_odd_number(g, out);
}

/* A time to come, or an odd one; if may_be_past, one that has passed as well. */
static void put_time(generator *g, bytes *out, long long to_come, bool may_be_past) {
    static const word odd[] = {W("0"), W("-1"), W("9223372036854775807"), W("-9223372036854775808")};
    int kind = dice(g, 100);
    if (kind < 85)
        bytes_format(out, "%lld", to_come);
    else if (kind < 88 && may_be_past)
        bytes_put(out, '1');
    else if (kind < 95)
        put(out, PICK(g, odd));
    else
        make_odd_number(g, out);
}

static void make_at_seconds(generator *g, bytes *out) {
    put_time(g, out, g->now_s + 500 + 20LL * dice(g, 100000000), true);
}

static void make_at_milliseconds(generator *g, bytes *out) {
    put_time(g, out, (g->now_s + 510 + 20LL * dice(g, 100000000)) * 1000 + dice(g, 1000), true);
}

/* For SET: until somebody looks, it leaves a key behind whose time has passed, which Redis deletes in more
 * than one way. */
static void make_later_seconds(generator *g, bytes *out) {
    put_time(g, out, g->now_s + 505 + 20LL * dice(g, 100000000), false);
}

static void make_later_milliseconds(generator *g, bytes *out) {
    put_time(g, out, (g->now_s + 515 + 20LL * dice(g, 100000000)) * 1000 + dice(g, 1000), false);
}

static void make_database(generator *g, bytes *out) {
    static const word odd[] = {W("16"), W("-1"), W("abc"), W("99999999999999999999")};
    if (chance(g, 92))
        bytes_format(out, "%d", dice(g, 3));
    else
        put(out, PICK(g, odd));
}

static void make_pattern(generator *g, bytes *out) {
    static const word patterns[] = {W("*"),   W("key:*"), W("key:?"),  W("key:[12]"), W("key:[^1]"), W("?"),
                                    W("a"),   W(""),      W("\\a\\*"), W("[a-c]"),    W("[c-a]"),    W("[a"),
                                    W("a\\"), W("*k*"),   W("**"),     W("\xff*")};
    put(out, PICK(g, patterns));
}

static void make_count(generator *g, bytes *out) {
    static const word odd[] = {W("0"), W("-1"), W("abc"), W("")};
    if (chance(g, 92))
        bytes_text(out, "10000");
    else
        put(out, PICK(g, odd));
}

/* Members, few of them so that they meet again; some too long to be packed. */
static void make_member(generator *g, bytes *out) {
    int kind = dice(g, 100);
    if (kind < 70)
        bytes_format(out, "m%d", dice(g, 30));
    else if (kind < 80)
        bytes_format(out, "%d", dice(g, 20));
    else if (kind < 97)
        make_key(g, out);
    else
        make_random_bytes(g, out, dice(g, 100));
}

/* Scores, often equal ones. None is just beyond those that are places on a map: what is there is a matter of
 * the server. */
static void put_score(generator *g, bytes *out) {
    static const word scores[] = {W("0"),   W("1"),    W("1"),  W("1"),   W("2"),
                                  W("inf"), W("-inf"), W(".5"), W("1e3"), W("-0.25")};
    static const word uneven[] = {W("0.1"),  W("3.3"),    W("-1e-7"),        W("123456.789"),
                                  W("1e17"), W("1.1e21"), W("-5.000000001"), W("4503599627370495")};
    if (chance(g, 60))
        put(out, PICK(g, scores));
    else if (chance(g, 10))
        put(out, PICK(g, uneven));
    else
        bytes_format(out, "%d", dice(g, 20) - 5);
}

static void make_score(generator *g, bytes *out) {
    static const word odd[] = {W(""), W("abc"), W(" 1"), W("1 "), W("nan"), W("1.0"), W("0x10"), W("1e999")};
    if (chance(g, 97))
        put_score(g, out);
    else
        put(out, PICK(g, odd));
}

/* An end of a range by score, and one by member. */
static void make_score_edge(generator *g, bytes *out) {
    static const word odd[] = {W("nan"), W("abc"), W("((1"), W("1.x"), W("[1")};
    if (chance(g, 3)) {
        put(out, PICK(g, odd));
        return;
    }
    if (chance(g, 30)) bytes_put(out, '(');
    put_score(g, out);
}

static void make_member_edge(generator *g, bytes *out) {
    static const word ends[] = {W("-"), W("+"), W("["), W("("), W("m"), W("")};
    if (chance(g, 40)) {
        put(out, PICK(g, ends));
        return;
    }
    bytes_put(out, chance(g, 50) ? '[' : '(');
    make_member(g, out);
}

/* Positions that are nowhere near the edges of the map, where the oracle may miss some, and no two of which
 * are equally far from a third: the order of such members is nobody's business. */
static void make_longitude(generator *g, bytes *out) {
    bytes_format(out, "%d.%06d", dice(g, 60) - 20, 1 + dice(g, 999999));
}

static void make_latitude(generator *g, bytes *out) {
    bytes_format(out, "%d.%06d", dice(g, 46) + 18, 1 + dice(g, 999999));
}

static void make_position_name(generator *g, bytes *out) { bytes_format(out, "at:%d", dice(g, 1000000)); }

/* How many to pass over. */
static void make_skip(generator *g, bytes *out) { bytes_format(out, "%d", dice(g, 12)); }

/* A sparse HyperLogLog, written as nobody would: runs of all forms in any order, some of them longer than
 * they need be, and equal ones side by side. */
static void make_hyperloglog(generator *g, bytes *out) {
    int left = 16384, values = 1 + dice(g, 32), longest = 1 + dice(g, 16384);
    bytes_append(out, "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80", 16);
    while (left > 0) {
        int kind = dice(g, 3), len = 1 + dice(g, kind == 0 ? 4 : kind == 1 ? 64 : longest);
        if (len > left) len = left;
        if (kind == 0)
            bytes_put(out, (char)(0x80 | dice(g, values) << 2 | (len - 1)));
        else if (kind == 1)
            bytes_put(out, (char)(len - 1));
        else
            bytes_put(out, (char)(0x40 | (len - 1) >> 8));
        if (kind == 2) bytes_put(out, (char)(len - 1));
        left -= len;
    }
}

/* The same for reading, where fewer than none are allowed. */
static void make_offset_to_read(generator *g, bytes *out) {
    bytes_format(out, "%d", chance(g, 90) ? dice(g, 12) : -1 - dice(g, 5));
}

/* Indexes to write at: of 32 bits, as 8.0 takes larger ones for others in a packed list. */
static void make_index(generator *g, bytes *out) {
    static const word far[] = {W("2147483647"), W("-2147483648")};
    int kind = dice(g, 100);
    if (kind < 60)
        bytes_format(out, "%d", dice(g, 60) - 30);
    else if (kind < 95)
        bytes_format(out, "%d", dice(g, 4000) - 2000);
    else if (kind < 98)
        put(out, PICK(g, far));
    else
        make_odd_number(g, out);
}

/* Small whole numbers: elements to be sorted, and counts that ask for no huge replies. */
static void make_small(generator *g, bytes *out) { bytes_format(out, "%d", dice(g, 40) - 10); }

/* The values of other keys that SORT orders by, and the names of those keys. Whole numbers only: 7.0 takes
 * any other for out of range if one was that any command has read before. */
static void make_weight(generator *g, bytes *out) {
    if (chance(g, 98))
        make_small(g, out);
    else
        bytes_text(out, "abc");
}

static void make_weight_key(generator *g, bytes *out) {
    bytes_text(out, "w_");
    make_small(g, out);
}

static void make_weight_hash(generator *g, bytes *out) {
    bytes_text(out, "wh_");
    make_small(g, out);
}

static void make_nonsense(generator *g, bytes *out) {
    static const word words[] = {W("nonsense"), W("NX"),  W("GET"),  W(""),      W("EX"),
                                 W("KEEPTTL"),  W("BIT"), W("\r\n"), W("COUNT"), W("LEN")};
    put(out, PICK(g, words));
}

static const struct {
    const char *name;
    void (*make)(generator *g, bytes *out);
} vocabularies[] = {
    {"key", make_key},
    {"value", make_value},
    {"setmember", make_set_member},
    {"integer", make_number},
    {"float", make_float},
    {"position", make_position},
    {"offset", make_offset},
    {"bitoffset", make_bit_offset},
    {"bit", make_bit},
    {"type", make_field_type},
    {"fieldoffset", make_field_offset},
    {"s", make_seconds},
    {"ms", make_milliseconds},
    {"at", make_at_seconds},
    {"atms", make_at_milliseconds},
    {"later", make_later_seconds},
    {"laterms", make_later_milliseconds},
    {"db", make_database},
    {"pattern", make_pattern},
    {"count", make_count},
    {"member", make_member},
    {"score", make_score},
    {"scoreedge", make_score_edge},
    {"memberedge", make_member_edge},
    {"longitude", make_longitude},
    {"latitude", make_latitude},
    {"positionname", make_position_name},
    {"skip", make_skip},
    {"hyperloglog", make_hyperloglog},
    {"start", make_offset_to_read},
    {"index", make_index},
    {"small", make_small},
    {"weight", make_weight},
    {"nonsense", make_nonsense},
    /* names of keys that nothing else should be written to */
    {"weightkey", make_weight_key},
    {"weighthash", make_weight_hash},
};

#define VOCABULARIES     (int)(sizeof(vocabularies) / sizeof(vocabularies[0]))
#define ODD_VOCABULARIES (VOCABULARIES - 2) /* what commands are spoiled with; {nonsense} is the last */

/* ---- commands ---- */

typedef struct shape {
    const char *syntax;
    int weight;
    comparison comparison;
} shape;

/* Places with names; no two names have the same place, whichever they are at. */
#define PLACE                                                                                                \
    "( 13.361389 38.115556 palermo | 15.087269 37.502669 catania | 12.758489 38.788135 edge1 | "             \
    "17.241510 38.788135 edge2 | 13.583333 37.316667 agrigento | -0.127758 51.507351 london | "              \
    "2.352222 48.856614 paris | -73.935242 40.730610 7 | 139.691711 35.689487 8 | 151.209290 -33.868820 9 "  \
    "| "                                                                                                     \
    "-58.381592 -34.603722 10 | 13.4 38.2 palermo | 15 37 catania | -0.1 51.5 london | "                     \
    "37.617298 55.755825 a-name-so-long-that-its-sorted-set-can-not-stay-packed-in-a-single-run )"
#define PLACE_NAME                                                                                           \
    "( palermo | catania | edge1 | edge2 | agrigento | london | paris | 7 | 8 | 9 | 10 | {member} )"
#define RADIUS   "( 100 km | 500000 m | 2000 km | 300 mi | 0 m | 1e5 ft | 12 KM | 30000 km )"
#define GEO_FROM "( FROMMEMBER " PLACE_NAME " | FROMLONLAT {longitude} {latitude} | FROMLONLAT 15 37 )"
#define GEO_BY   "( BYRADIUS " RADIUS " | BYBOX 400 400 km | BYBOX 3000 1000 km | BYBOX 5 9000 mi )"
#define GEO_WIDE                                                                                             \
    "( BYRADIUS 700 km | BYRADIUS 1200000 m | BYRADIUS 1250 km | BYRADIUS 620 km | BYBOX 3000 900 mi | "     \
    "BYBOX 900 3000 km )"
#define GEO_LIMIT "[COUNT {skip} [ANY]]"

/* The timeout of commands that wait. */
#define WAIT "0.001"

static const shape shapes[] = {
    /* strings */
    {"SET {key} {value}", 60, COMPARE_EXACT},
    {"SET {key} {value} [( EX {s} | PX {ms} | EXAT {later} | PXAT {laterms} | KEEPTTL )] [( NX | XX )] [GET]",
     40, COMPARE_EXACT},
    {"SET past {value} ( EXAT {at} | PXAT {atms} )", 3, COMPARE_EXACT},
    {"( GET | DEL | EXISTS | INCR | TYPE ) past", 5, COMPARE_EXACT},
    {"SET {key} {value} [( NX | XX | GET | KEEPTTL | EX {s} | PX {ms} | {nonsense} )+]", 8, COMPARE_EXACT},
    {"GET {key}", 40, COMPARE_EXACT},
    {"GETSET {key} {value}", 8, COMPARE_EXACT},
    {"GETDEL {key}", 8, COMPARE_EXACT},
    {"GETEX {key} [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} | PERSIST )]", 12, COMPARE_EXACT},
    {"SETNX {key} {value}", 8, COMPARE_EXACT},
    {"SETEX {key} {s} {value}", 6, COMPARE_EXACT},
    {"PSETEX {key} {ms} {value}", 6, COMPARE_EXACT},
    {"MSET ( {key} {value} )+", 10, COMPARE_EXACT},
    {"MSETNX ( {key} {value} )+", 6, COMPARE_EXACT},
    {"MGET {key}+", 15, COMPARE_EXACT},
    {"APPEND {key} {value}", 20, COMPARE_EXACT},
    {"STRLEN {key}", 15, COMPARE_EXACT},
    {"( GETRANGE | SUBSTR ) {key} {position} {position}", 20, COMPARE_EXACT},
    {"SETRANGE {key} {offset} {value}", 15, COMPARE_EXACT},
    {"( INCR | DECR ) {key}", 20, COMPARE_EXACT},
    {"( INCRBY | DECRBY ) {key} {integer}", 20, COMPARE_EXACT},
    {"SET num {integer}", 10, COMPARE_EXACT},
    {"( INCRBY | DECRBY ) num {integer}", 20, COMPARE_EXACT},
    {"SET num {float}", 4, COMPARE_EXACT},
    {"INCRBYFLOAT num {float}", 10, COMPARE_EXACT},
    {"LCS {key} {key} [LEN] [IDX] [MINMATCHLEN {position}] [WITHMATCHLEN]", 4, COMPARE_EXACT},
    /* bits */
    {"SETBIT {key} {bitoffset} {bit}", 15, COMPARE_EXACT},
    {"GETBIT {key} {bitoffset}", 10, COMPARE_EXACT},
    {"BITCOUNT {key} [{position} {position} [( BYTE | BIT )]]", 15, COMPARE_EXACT},
    {"BITPOS {key} {bit} [{position} [{position} [( BYTE | BIT )]]]", 15, COMPARE_EXACT},
    {"BITOP ( AND | OR | XOR ) {key} {key}+", 10, COMPARE_EXACT},
    {"BITOP NOT {key} {key}", 5, COMPARE_EXACT},
    {"BITFIELD {key} ( GET {type} {fieldoffset} | SET {type} {fieldoffset} {integer} | INCRBY {type} "
     "{fieldoffset} {integer} "
     "| OVERFLOW ( WRAP | SAT | FAIL | {nonsense} ) )+",
     20, COMPARE_EXACT},
    {"BITFIELD_RO {key} ( GET {type} {fieldoffset} )+", 5, COMPARE_EXACT},
    /* sorted sets, kept under few keys so that they grow; all of one score in "lex" */
    {"ZADD ( z | zz | {key} ) ( {score} {member} )+", 60, COMPARE_EXACT},
    {"ZADD ( z | zz ) [( NX | XX )] [( GT | LT )] [CH] ( {score} {member} )+", 30, COMPARE_EXACT},
    {"ZADD ( z | zz ) [( NX | XX | GT | LT | CH | INCR | {nonsense} )+] {score} {member}", 20, COMPARE_EXACT},
    {"ZADD lex ( 0 {member} )+", 15, COMPARE_EXACT},
    {"ZINCRBY ( z | zz | {key} ) {score} {member}", 15, COMPARE_EXACT},
    {"ZREM ( z | zz | lex | {key} ) {member}+", 15, COMPARE_EXACT},
    {"( ZSCORE | ZMSCORE | ZRANK | ZREVRANK ) ( z | zz | {key} ) {member}", 20, COMPARE_EXACT},
    {"ZMSCORE ( z | zz ) {member}+", 6, COMPARE_EXACT},
    {"ZCARD ( z | zz | lex | {key} )", 8, COMPARE_EXACT},
    {"ZCOUNT ( z | zz | {key} ) {scoreedge} {scoreedge}", 10, COMPARE_EXACT},
    {"ZLEXCOUNT lex {memberedge} {memberedge}", 8, COMPARE_EXACT},
    {"( ZRANGE | ZREVRANGE ) ( z | zz | {key} ) {position} {position} [WITHSCORES]", 20, COMPARE_EXACT},
    {"( ZRANGEBYSCORE | ZREVRANGEBYSCORE ) ( z | zz ) {scoreedge} {scoreedge} [WITHSCORES] "
     "[LIMIT {start} {position}]",
     20, COMPARE_EXACT},
    {"( ZRANGEBYLEX | ZREVRANGEBYLEX ) lex {memberedge} {memberedge} [LIMIT {start} {position}]", 15,
     COMPARE_EXACT},
    {"ZRANGE ( z | zz ) {scoreedge} {scoreedge} BYSCORE [REV] [LIMIT {start} {position}] [WITHSCORES]", 15,
     COMPARE_EXACT},
    {"ZRANGE lex {memberedge} {memberedge} BYLEX [REV] [LIMIT {start} {position}]", 8, COMPARE_EXACT},
    {"ZRANGESTORE ( zz | {key} ) ( z | {key} ) {position} {position} [REV]", 5, COMPARE_EXACT},
    {"ZRANGESTORE zz z {scoreedge} {scoreedge} BYSCORE [REV] [LIMIT {skip} {position}]", 5, COMPARE_EXACT},
    {"ZREMRANGEBYRANK ( z | zz | {key} ) {position} {position}", 3, COMPARE_EXACT},
    {"ZREMRANGEBYSCORE ( z | zz ) {scoreedge} {scoreedge}", 3, COMPARE_EXACT},
    {"ZREMRANGEBYLEX lex {memberedge} {memberedge}", 3, COMPARE_EXACT},
    {"( ZPOPMIN | ZPOPMAX ) ( z | zz | {key} ) [{position}]", 6, COMPARE_EXACT},
    {"ZMPOP 2 ( {key} | zz ) z ( MIN | MAX ) [COUNT {position}]", 4, COMPARE_EXACT},
    {"( ZUNION | ZINTER ) 2 ( z | {key} ) zz [WEIGHTS {score} {score}] [AGGREGATE ( SUM | MIN | MAX )] "
     "[WITHSCORES]",
     10, COMPARE_EXACT},
    {"ZDIFF 2 ( z | {key} ) zz [WITHSCORES]", 5, COMPARE_EXACT},
    {"( ZUNIONSTORE | ZINTERSTORE ) ( z | {key} ) 3 z zz ( lex | {key} ) AGGREGATE ( MIN | MAX )", 5,
     COMPARE_EXACT},
    {"ZDIFFSTORE {key} 2 z zz", 3, COMPARE_EXACT},
    {"ZINTERCARD 2 z ( zz | {key} ) [LIMIT {position}]", 5, COMPARE_EXACT},
    {"ZRANDMEMBER ( z | {key} ) [( {small} | 1000 | abc ) [WITHSCORES]]", 4, COMPARE_LENGTH},
    {"ZSCAN ( z | lex | {key} ) 0 COUNT {count} [MATCH {pattern}]", 5, COMPARE_SCAN},
    {"( DEL | TYPE ) ( z | zz | lex )", 3, COMPARE_EXACT},
    {"OBJECT ENCODING ( z | zz | lex )", 5, COMPARE_EXACT},
    {"CONFIG SET zset-max-listpack-entries ( 4 | 16 | 128 )", 1, COMPARE_EXACT},
    {"CONFIG SET zset-max-listpack-value ( 4 | 64 )", 1, COMPARE_EXACT},
    /* geo: "g" has few places, "gg" many; the scores in "gd" are distances, which servers write differently,
     * and those under {key} are places at an edge of the map */
    {"GEOADD g [( NX | XX )] [CH] " PLACE "+", 15, COMPARE_EXACT},
    {"GEOADD gg ( ( {longitude} {latitude} {positionname} )+ )+", 25, COMPARE_EXACT},
    {"GEOADD g [( NX | XX | CH | {nonsense} )+] ( {longitude} | {float} ) {integer} 7", 3, COMPARE_EXACT},
    {"GEOADD {key} [( NX | XX | CH )+] 181 {latitude} 7", 2, COMPARE_EXACT},
    {"( GEOPOS | GEOHASH ) ( g | {key} ) " PLACE_NAME "+", 8, COMPARE_NUMBERS},
    {"GEODIST ( g | {key} ) " PLACE_NAME " " PLACE_NAME " [( M | km | ft | mi | {nonsense} )]", 8,
     COMPARE_EXACT},
    {"GEOSEARCH gg FROMLONLAT {longitude} {latitude} " GEO_WIDE " [( ASC | DESC )] [WITHHASH]", 25,
     COMPARE_EXACT},
    {"GEOSEARCH ( g | l | missing ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] [WITHHASH]", 12, COMPARE_EXACT},
    {"GEOSEARCH ( g | gg ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] " GEO_LIMIT " [WITHDIST] [WITHCOORD]", 20,
     COMPARE_NUMBERS},
    {"GEOSEARCH ( g | l | missing ) [" GEO_FROM "] [" GEO_BY "] [( {nonsense} | WITHDIST | ANY | ASC )+]", 5,
     COMPARE_EXACT},
    {"GEOSEARCHSTORE gs ( g | gg | l | missing ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] [WITHDIST]", 4,
     COMPARE_EXACT},
    {"GEOSEARCHSTORE gs ( g | gg ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] " GEO_LIMIT, 4, COMPARE_EXACT},
    {"GEOSEARCHSTORE gd ( g | gg ) " GEO_FROM " " GEO_BY " " GEO_LIMIT " STOREDIST", 6, COMPARE_EXACT},
    {"( GEORADIUS | GEORADIUS_RO ) ( g | gg ) {longitude} {latitude} " RADIUS " [( ASC | DESC )] " GEO_LIMIT
     " [WITHCOORD]",
     8, COMPARE_NUMBERS},
    {"( GEORADIUSBYMEMBER | GEORADIUSBYMEMBER_RO ) g " PLACE_NAME " " RADIUS " [( ASC | DESC )] " GEO_LIMIT,
     6, COMPARE_EXACT},
    {"GEORADIUS ( g | gg ) {longitude} {latitude} " RADIUS " " GEO_LIMIT " ( STORE gs | STOREDIST gd )", 4,
     COMPARE_EXACT},
    {"GEORADIUSBYMEMBER g " PLACE_NAME " " RADIUS " " GEO_LIMIT " ( STORE gs | STOREDIST gd )", 3,
     COMPARE_EXACT},
    {"( ZRANGE gs 0 -1 WITHSCORES | ZRANGE gd 0 -1 | ZCARD gg | OBJECT ENCODING gs | DEL gs )", 8,
     COMPARE_EXACT},
    {"( ZREM g " PLACE_NAME " | DEL g )", 4, COMPARE_EXACT},
    /* sets; taking members out at random would make the servers go different ways */
    {"SADD {key} {setmember}+", 30, COMPARE_EXACT},
    {"SADD {key} ( {setmember}+ )+", 15, COMPARE_EXACT},
    {"SREM {key} {setmember}+", 20, COMPARE_EXACT},
    {"SMOVE {key} {key} {setmember}", 10, COMPARE_EXACT},
    {"SISMEMBER {key} {setmember}", 10, COMPARE_EXACT},
    {"SMISMEMBER {key} {setmember}+", 6, COMPARE_EXACT},
    {"SCARD {key}", 6, COMPARE_EXACT},
    {"SMEMBERS {key}", 15, COMPARE_UNORDERED},
    {"SSCAN {key} 0 [COUNT {count}] [MATCH {pattern}]", 6, COMPARE_SCAN},
    {"( SINTER | SUNION | SDIFF ) {key}+", 15, COMPARE_UNORDERED},
    {"( SINTERSTORE | SUNIONSTORE | SDIFFSTORE ) {key} {key}+", 15, COMPARE_EXACT},
    {"SRANDMEMBER {key} [( {small} | abc )]", 4, COMPARE_LENGTH},
    {"SPOP {key} ( 1000 | 0 | -1 | abc )", 1, COMPARE_UNORDERED},
    {"CONFIG SET set-max-intset-entries ( 16 | 512 )", 1, COMPARE_EXACT},
    {"@7.2 CONFIG SET set-max-listpack-entries ( 4 | 16 )", 1, COMPARE_EXACT},
    {"@7.2 CONFIG SET set-max-listpack-value ( 8 | 64 )", 1, COMPARE_EXACT},
    {"SINTERCARD ( 1 {key} | 2 {key} {key} | {position} {key}+ ) [LIMIT {position}]", 8, COMPARE_EXACT},
    /* hashes */
    {"HSET ( h | hh | {key} ) ( {member} {member} )+", 40, COMPARE_EXACT},
    {"HSET ( h | {key} ) ( {member} {value} )+", 15, COMPARE_EXACT},
    {"HSET hh ( {member} {integer} )+", 10, COMPARE_EXACT},
    {"HMSET ( hh | {key} ) ( {member} {member} )+", 5, COMPARE_EXACT},
    {"HSETNX ( h | hh | {key} ) {member} {member}", 8, COMPARE_EXACT},
    {"( HGET | HEXISTS | HSTRLEN ) ( h | hh | {key} ) {member}", 30, COMPARE_EXACT},
    {"HMGET ( h | hh | {key} ) {member}+", 10, COMPARE_EXACT},
    {"HLEN ( h | hh | {key} )", 8, COMPARE_EXACT},
    {"HGETALL ( h | hh | {key} )", 8, COMPARE_PAIRS},
    {"( HKEYS | HVALS ) ( h | hh | {key} )", 8, COMPARE_UNORDERED},
    {"HDEL ( h | hh | {key} ) {member}+", 30, COMPARE_EXACT},
    {"HINCRBY ( hh | {key} ) {member} {integer}", 15, COMPARE_EXACT},
    {"HINCRBYFLOAT hh {member} {float}", 8, COMPARE_EXACT},
    {"HSCAN ( h | hh | {key} ) 0 [COUNT {count}] [MATCH {pattern}]", 6, COMPARE_SCAN},
    {"HRANDFIELD ( h | hh | {key} ) [( {small} | abc ) [WITHVALUES]]", 4, COMPARE_LENGTH},
    {"( DEL | TYPE ) ( h | hh )", 3, COMPARE_EXACT},
    {"OBJECT ENCODING ( h | hh )", 5, COMPARE_EXACT},
    {"CONFIG SET hash-max-listpack-entries ( 4 | 16 | 128 )", 1, COMPARE_EXACT},
    {"CONFIG SET hash-max-listpack-value ( 4 | 64 )", 1, COMPARE_EXACT},
    {"@7.4 HSCAN ( h | hh ) 0 COUNT 10000 NOVALUES", 3, COMPARE_SCAN},
    {"@7.4 HEXPIRE ( h | hh | {key} ) {s} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | 2 {member} {member} "
     ")",
     10, COMPARE_EXACT},
    {"@7.4 HPEXPIRE ( h | hh ) {ms} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | 2 {member} {member} )", 6,
     COMPARE_EXACT},
    {"@7.4 HEXPIREAT ( h | hh ) {at} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | {skip} {member}+ )", 6,
     COMPARE_EXACT},
    {"@7.4 HPEXPIREAT ( h | hh ) {atms} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | {skip} {member}+ )", 6,
     COMPARE_EXACT},
    {"@7.4 ( HTTL | HEXPIRETIME ) ( h | hh | {key} ) FIELDS ( 1 {member} | 2 {member} {member} )", 8,
     COMPARE_SECONDS},
    {"@7.4 ( HPTTL | HPEXPIRETIME ) ( h | hh | {key} ) FIELDS ( 1 {member} | {skip} {member}+ )", 8,
     COMPARE_MS},
    {"@7.4 HPERSIST ( h | hh | {key} ) FIELDS ( 1 {member} | 2 {member} {member} )", 6, COMPARE_EXACT},
    {"@8.0 HSETEX ( h | hh | {key} ) [( FNX | FXX | {skip} )] [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} "
     "| KEEPTTL "
     ")] "
     "FIELDS ( 1 {member} {member} | 2 {member} {value} {member} {member} )",
     12, COMPARE_EXACT},
    {"@8.0 HGETEX ( h | hh | {key} ) [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} | PERSIST )] "
     "FIELDS ( 1 {member} | 2 {member} {member} )",
     10, COMPARE_EXACT},
    {"@8.0 HGETDEL ( h | hh | {key} ) FIELDS ( 1 {member} | {skip} {member}+ )", 6, COMPARE_EXACT},
    /* lists; counts that 7.0 takes for others are left out */
    {"( LPUSH | RPUSH ) {key} {value}+", 40, COMPARE_EXACT},
    {"( LPUSH | RPUSH ) l ( {value}+ )+", 20, COMPARE_EXACT},
    {"( LPUSHX | RPUSHX ) ( l | {key} ) {value}+", 8, COMPARE_EXACT},
    {"( LPOP | RPOP ) ( l | {key} )", 15, COMPARE_EXACT},
    {"( LPOP | RPOP ) ( l | {key} ) {position}", 6, COMPARE_EXACT},
    {"LLEN ( l | {key} )", 6, COMPARE_EXACT},
    {"LINDEX ( l | {key} ) {position}", 10, COMPARE_EXACT},
    {"LRANGE ( l | {key} ) {position} {position}", 15, COMPARE_EXACT},
    {"LSET ( l | {key} ) {index} {value}", 15, COMPARE_EXACT},
    {"LINSERT ( l | {key} ) ( BEFORE | AFTER | {nonsense} ) {value} {value}", 10, COMPARE_EXACT},
    {"LREM ( l | {key} ) ( 0 | -1 | -2 | {skip} ) {value}", 10, COMPARE_EXACT},
    {"LTRIM {key} {position} {position}", 6, COMPARE_EXACT},
    {"LTRIM l {skip} ( -1 | -2 | {position} )", 4, COMPARE_EXACT},
    {"LPOS ( l | {key} ) {value} [RANK ( -1 | -2 | {skip} )] [COUNT {position}] [MAXLEN {position}]", 15,
     COMPARE_EXACT},
    {"LMOVE ( l | {key} ) ( l | {key} ) ( LEFT | RIGHT | {nonsense} ) ( LEFT | RIGHT )", 12, COMPARE_EXACT},
    {"RPOPLPUSH ( l | {key} ) ( l | {key} )", 6, COMPARE_EXACT},
    {"LMPOP ( 1 l | 2 {key} l | {position} {key}+ ) ( LEFT | RIGHT ) [COUNT {position}]", 8, COMPARE_EXACT},
    {"@7.2 OBJECT ENCODING l", 5, COMPARE_EXACT},
    /* HyperLogLogs; what other commands have made corrupt gets one element at a time, since 7.0 keeps those
     * that come before the one that fails */
    {"PFADD ( hll | hll2 | hll3 ) {setmember}+", 20, COMPARE_EXACT},
    {"PFADD ( hll | hll2 | hll3 ) ( {integer}+ {value}+ {value}+ {setmember}+ )+", 20, COMPARE_EXACT},
    {"PFADD {key} [{value}]", 8, COMPARE_EXACT},
    {"SET ( hll | hll2 | hll3 ) {hyperloglog}", 2, COMPARE_EXACT},
    {"PFCOUNT ( hll | hll2 | hll3 | {key} )", 15, COMPARE_EXACT},
    {"PFCOUNT ( hll | hll2 | hll3 | {key} )+", 10, COMPARE_EXACT},
    {"PFMERGE ( hll | hll3 | {key} ) ( hll | hll2 | hll3 | {key} )+", 8, COMPARE_EXACT},
    {"GET ( hll | hll2 | hll3 )", 15, COMPARE_EXACT},
    {"PFDEBUG ( ENCODING | DECODE | TODENSE | GETREG | {nonsense} ) ( hll | hll2 | hll3 )", 2, COMPARE_EXACT},
    {"( DEL | OBJECT ENCODING | STRLEN ) ( hll | hll2 | hll3 )", 6, COMPARE_EXACT},
    {"CONFIG SET hll-sparse-max-bytes ( 0 | 40 | 300 | 3000 | 3000 | 16000 )", 4, COMPARE_EXACT},
    /* what waits if there is nothing, for so short a time that nobody else is served */
    {"( BLPOP | BRPOP ) ( l | {key} ) ( l | {key} ) " WAIT, 6, COMPARE_EXACT},
    {"( BLPOP | BRPOP | BZPOPMIN ) {key} ( abc | -1 | nan )", 2, COMPARE_EXACT},
    {"BLMOVE ( l | {key} ) ( l | {key} ) ( LEFT | RIGHT | {nonsense} ) ( LEFT | RIGHT ) " WAIT, 5,
     COMPARE_EXACT},
    {"BRPOPLPUSH ( l | {key} ) ( l | {key} ) " WAIT, 4, COMPARE_EXACT},
    {"BLMPOP " WAIT " ( 1 l | 2 {key} l | {position} {key}+ ) ( LEFT | RIGHT ) [COUNT {position}]", 5,
     COMPARE_EXACT},
    {"( BZPOPMIN | BZPOPMAX ) ( z | zz | {key} ) ( z | {key} ) " WAIT, 5, COMPARE_EXACT},
    {"BZMPOP " WAIT " ( 1 z | 2 {key} zz | {position} {key}+ ) ( MIN | MAX ) [COUNT {position}]", 4,
     COMPARE_EXACT},
    /* transactions; MULTI, and what belongs to it, come apart from the shapes */
    {"WATCH {key}+", 12, COMPARE_EXACT},
    {"UNWATCH", 2, COMPARE_EXACT},
    {"DISCARD [abc]", 1, COMPARE_EXACT},
    {"EXEC [abc]", 1, COMPARE_QUEUED},
    /* sorting of whole numbers (see {weight}); only lists have an order that equal texts could keep */
    {"( LPUSH | RPUSH ) sl {small}+", 8, COMPARE_EXACT},
    {"LTRIM sl -40 -1", 2, COMPARE_EXACT},
    {"SADD ss {small}+", 6, COMPARE_EXACT},
    {"ZADD sz ( {score} {small} )+", 6, COMPARE_EXACT},
    {"SET {weightkey} {weight}", 10, COMPARE_EXACT},
    {"HSET {weighthash} f {weight}", 8, COMPARE_EXACT},
    {"DEL ( sl | ss | sz | {weightkey}+ | {weighthash}+ )", 3, COMPARE_EXACT},
    {"( SORT | SORT_RO ) ( sl | sl BY ( w_* | nosort ) | ( ss | sz ) BY ( w_* | wh_*->f | none_* ) | "
     "sz BY nosort ) [LIMIT {start} {position}] [GET ( # | w_* | wh_*->f | {pattern} )] [GET ( # | w_* )] "
     "[( ASC | DESC )]",
     25, COMPARE_EXACT},
    {"( SORT | SORT_RO ) sl ALPHA [BY ( w_* | wh_*->f | none_* )] [DESC] [GET {pattern}]", 5, COMPARE_EXACT},
    {"SORT ( sl | ( sl | ss | sz ) BY ( w_* | wh_*->f | nosort ) ) [LIMIT {start} {position}] "
     "[GET ( # | w_* )] [DESC] STORE sd",
     8, COMPARE_EXACT},
    {"SORT ( sl | ss | sz | l | {key} ) ALPHA [LIMIT {start} {position}] [DESC] STORE ( sd | {key} )", 5,
     COMPARE_EXACT},
    {"( SORT | SORT_RO ) ( sl | missing ) "
     "( ALPHA | DESC | ASC | BY | GET | LIMIT | STORE | {start} | {nonsense} )+",
     4, COMPARE_EXACT},
    {"LRANGE sd 0 -1", 5, COMPARE_EXACT},
    /* the keyspace */
    {"( DEL | UNLINK | EXISTS | TOUCH ) {key}+", 25, COMPARE_EXACT},
    {"TYPE {key}", 5, COMPARE_EXACT},
    {"( RENAME | RENAMENX ) {key} {key}", 12, COMPARE_EXACT},
    {"COPY {key} {key} [DB {db}] [REPLACE]", 10, COMPARE_EXACT},
    {"MOVE {key} {db}", 8, COMPARE_EXACT},
    {"SELECT {db}", 10, COMPARE_EXACT},
    {"SWAPDB {db} {db}", 3, COMPARE_EXACT},
    {"DBSIZE", 5, COMPARE_SHAPE}, /* expired keys count until someone removes them; KEYS is exact */
    {"FLUSHDB [( SYNC | ASYNC | {nonsense} )]", 1, COMPARE_EXACT},
    {"RANDOMKEY", 3, COMPARE_SHAPE},
    {"KEYS {pattern}", 8, COMPARE_UNORDERED},
    {"SCAN 0 COUNT {count} [MATCH {pattern}] [TYPE ( string | list | set )]", 8, COMPARE_SCAN},
    {"OBJECT ENCODING {key}", 20, COMPARE_ENCODING},
    {"OBJECT ( FREQ {key} | nonsense | ENCODING | REFCOUNT missing )", 3, COMPARE_EXACT},
    {"OBJECT IDLETIME {key}", 3, COMPARE_SHAPE},
    /* expiry */
    {"EXPIRE {key} {s} [( NX | XX | GT | LT | {nonsense} )+]", 12, COMPARE_EXACT},
    {"PEXPIRE {key} {ms} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"EXPIREAT {key} {at} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"PEXPIREAT {key} {atms} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"( TTL | EXPIRETIME ) {key}", 12, COMPARE_SECONDS},
    {"( PTTL | PEXPIRETIME ) {key}", 12, COMPARE_MS},
    {"PERSIST {key}", 8, COMPARE_EXACT},
    /* the connection and what is no command */
    {"PING [{value}]", 3, COMPARE_EXACT},
    {"ECHO {value}", 3, COMPARE_EXACT},
    {"{nonsense} {key}+", 3, COMPARE_EXACT},
    {"COMMAND ( GETKEYS | GETKEYSANDFLAGS ) ( SET {key} {value} | MGET {key}+ | BITOP AND {key} {key} | "
     "RENAME {key} {key} )",
     2, COMPARE_EXACT},
};

#define SHAPES (int)(sizeof(shapes) / sizeof(shapes[0]))

/* ---- from shape to request ---- */

static void add_arg(request *r, bytes *arg) {
    if (r->argc < REQUEST_ARGS_MAX)
        r->args[r->argc++] = *arg;
    else
        bytes_free(arg);
}

static void add_text(request *r, const char *text, size_t len) {
    bytes arg = {0};
    bytes_append(&arg, text, len);
    add_arg(r, &arg);
}

static void add_from_vocabulary(generator *g, request *r, int which) {
    bytes arg = {0};
    bytes_reserve(&arg, 0);
    arg.data[0] = '\0';
    vocabularies[which].make(g, &arg);
    add_arg(r, &arg);
}

static void add_vocabulary(generator *g, request *r, const char *name, size_t len) {
    for (int i = 0; i < VOCABULARIES; i++) {
        if (strlen(vocabularies[i].name) != len || memcmp(vocabularies[i].name, name, len) != 0) continue;
        add_from_vocabulary(g, r, i);
        return;
    }
    die("no vocabulary {%.*s}", (int)len, name);
}

/* The end of the item that begins at `at`: behind its closing bracket, or behind the word. */
static const char *item_end(const char *at) {
    int depth = 0;
    do {
        if (*at == '\0') die("a bracket is not closed in a shape");
        if (*at == '(' || *at == '[' || *at == '{') depth++;
        if (*at == ')' || *at == ']' || *at == '}') depth--;
        at++;
    } while (depth > 0 || (*at != '\0' && strchr(" +]|)", *at) == NULL));
    return at;
}

static const char *skip_blanks(const char *at) { return at + strspn(at, " "); }

static void expand(generator *g, request *r, const char *at, const char *end);

/* Finds the alternatives of a group and expands one of them. */
static void expand_choice(generator *g, request *r, const char *at, const char *end) {
    const char *starts[32], *ends[32];
    int count = 0;
    starts[0] = at;
    while (at < end) {
        at = skip_blanks(at);
        if (at >= end) break;
        if (*at == '|') {
            ends[count++] = at;
            if (count == 32) die("too many alternatives in a shape");
            starts[count] = ++at;
        } else {
            at = *at == '+' ? at + 1 : item_end(at);
        }
    }
    ends[count++] = end;
    int chosen = dice(g, count);
    expand(g, r, starts[chosen], ends[chosen]);
}

static void expand_item(generator *g, request *r, const char *at, const char *end) {
    if (*at == '(')
        expand_choice(g, r, at + 1, end - 1);
    else if (*at == '{')
        add_vocabulary(g, r, at + 1, (size_t)(end - at) - 2);
    else if (*at != '[')
        add_text(r, at, (size_t)(end - at));
    else if (chance(g, 50))
        expand(g, r, at + 1, end - 1);
}

static void expand(generator *g, request *r, const char *at, const char *end) {
    for (at = skip_blanks(at); at < end; at = skip_blanks(at)) {
        const char *stop = item_end(at);
        int times = *stop == '+' ? 1 + dice(g, REPEAT_MAX) : 1;
        for (int i = 0; i < times; i++) expand_item(g, r, at, stop);
        at = *stop == '+' ? stop + 1 : stop;
    }
}

static void remove_arg(request *r, int at) {
    bytes_free(&r->args[at]);
    memmove(&r->args[at], &r->args[at + 1], (size_t)(r->argc - at - 1) * sizeof(bytes));
    r->argc--;
}

/* Whether a number in a wrong place could become an expiry that passes during the run. */
static bool sets_expiry(const shape *s) {
    return strstr(s->syntax, "{s}") || strstr(s->syntax, "{ms}") || strstr(s->syntax, "{at}") ||
           strstr(s->syntax, "{atms}") || strstr(s->syntax, "{later}");
}

static int odd_vocabulary(generator *g, const shape *s) {
    return sets_expiry(s) ? ODD_VOCABULARIES - 1 : dice(g, ODD_VOCABULARIES);
}

/* Whether a command must stay as its shape makes it. Something from elsewhere could leave a sorted set
 * without the order by member that other commands expect, ask for a huge reply, be stored where the versions
 * differ (see known differences), take members out at random, ask for an order that there is none of, be
 * equally far away, or wait without end; and in a transaction whether a command is queued must not depend on
 * the version. */
static bool must_stay(const generator *g, const shape *s) {
    static const char *const parts[] = {
        "ZADD lex", "{small}", "{weight", "SPOP",        "ZRANGESTORE",       "ZREMRANGEBYSCORE",
        "HSETEX",   "LSET",    "SORT ",   "ENCODING ( ", "| OBJECT ENCODING", "| ENCODING |",
        "-1 | nan", "GEOADD",  GEO_LIMIT, WAIT};
    if (g->transaction_left > 0 || s->comparison == COMPARE_QUEUED) return true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(s->syntax, parts[i])) return true;
    return false;
}

/* Makes a command wrong, in most cases. */
static void spoil(generator *g, request *r, const shape *s) {
    int which = odd_vocabulary(g, s);
    int at = r->argc > 1 ? 1 + dice(g, r->argc - 1) : 0;
    int how = dice(g, 3);
    if (how == 0 || at == 0) {
        add_from_vocabulary(g, r, which);
    } else if (how == 1) {
        remove_arg(r, at);
    } else {
        bytes_free(&r->args[at]);
        bytes_reserve(&r->args[at], 0);
        r->args[at].data[0] = '\0';
        vocabularies[which].make(g, &r->args[at]);
    }
}

/* The syntax without the version at its beginning, NULL if the oracle is older than that. */
static const char *syntax_for(const generator *g, const shape *s) {
    int major, minor, len;
    if (s->syntax[0] != '@') return s->syntax;
    if (sscanf(s->syntax, "@%d.%d %n", &major, &minor, &len) != 2) die("a bad version in a shape");
    const int *oracle = g->oracle_version;
    bool knows_it = oracle[0] > major || (oracle[0] == major && oracle[1] >= minor);
    return knows_it ? s->syntax + len : NULL;
}

static const shape *pick_shape(generator *g) {
    int at = dice(g, g->total_weight);
    for (int i = 0; i < SHAPES; i++) {
        if (syntax_for(g, &shapes[i]) == NULL) continue;
        if (at < shapes[i].weight) return &shapes[i];
        at -= shapes[i].weight;
    }
    die("the weights of the shapes do not add up");
}

/* ---- the interface ---- */

generator *generator_new(uint64_t seed, long long now_s, const int oracle_version[2]) {
    generator *g = must_alloc(sizeof(*g));
    g->state = seed;
    g->state = roll(g); /* seeds next to each other would otherwise give the same sequence, shifted */
    g->now_s = now_s;
    memcpy(g->oracle_version, oracle_version, sizeof(g->oracle_version));
    for (int i = 0; i < SHAPES; i++)
        if (syntax_for(g, &shapes[i]) != NULL) g->total_weight += shapes[i].weight;
    return g;
}

void generator_free(generator *g) { free(g); }

static void make_command(request *r, const char *name, comparison how) {
    request_free(r);
    add_text(r, name, strlen(name));
    r->comparison = how;
}

static void make_from_shape(generator *g, request *r) {
    const shape *s = pick_shape(g);
    request_free(r);
    const char *syntax = syntax_for(g, s);
    expand(g, r, syntax, syntax + strlen(syntax));
    if (chance(g, SPOIL_PERCENT) && !must_stay(g, s)) spoil(g, r, s);
    r->comparison = s->comparison;
}

void generator_next(generator *g, request *r) {
    if (g->transaction_left > 0 && --g->transaction_left == 0) {
        bool run = !chance(g, DISCARD_PERCENT);
        make_command(r, run ? "EXEC" : "DISCARD", run ? COMPARE_QUEUED : COMPARE_EXACT);
    } else if (g->transaction_left == 0 && dice(g, 1000) < MULTI_PERMILLE) {
        g->transaction_left = 1 + dice(g, QUEUED_MAX);
        make_command(r, "MULTI", COMPARE_EXACT);
    } else {
        make_from_shape(g, r);
    }
}

bool generator_in_transaction(const generator *g) { return g->transaction_left > 0; }

bool generator_is_key(const bytes *arg) {
    static const char *const of_shapes[] = {"z", "zz", "lex", "h", "hh", "l", "sl", "ss", "sz", "sd", "past"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].len == arg->len && memcmp(keys[i].text, arg->data, arg->len) == 0) return true;
    for (size_t i = 0; i < sizeof(of_shapes) / sizeof(of_shapes[0]); i++)
        if (strcmp(of_shapes[i], arg->data) == 0) return true;
    return strncmp(arg->data, "w_", 2) == 0 || strncmp(arg->data, "wh_", 3) == 0;
}

void request_free(request *r) {
    for (int i = 0; i < r->argc; i++) bytes_free(&r->args[i]);
    r->argc = 0;
}

void request_print(bytes *out, const request *r) {
    for (int i = 0; i < r->argc; i++) {
        const bytes *arg = &r->args[i];
        bool plain = arg->len > 0;
        for (size_t j = 0; j < arg->len && plain; j++)
            plain = arg->data[j] > ' ' && arg->data[j] < 0x7f && arg->data[j] != '"';
        if (i > 0) bytes_put(out, ' ');
        if (plain && arg->len <= SHOWN_BYTES)
            bytes_append(out, arg->data, arg->len);
        else
            bytes_quote(out, arg->data, arg->len, SHOWN_BYTES);
    }
}
