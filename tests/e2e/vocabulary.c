/* Vocabulary: a function for each kind of word, and the table of their names.
 *
 * Words are such as meet each other: few keys, few members, numbers where things happen.
 *
 * Two servers do not run a command at the same millisecond. So relative expiries are either long, and spread
 * so widely that no two of them come close to each other, or in the past; nothing expires while the test
 * runs. */
#include "vocabulary.h"

#include <limits.h>
#include <string.h>

#define LONG_TEXT_BYTES 20000

/* 0 to n - 1. */
static int roll(word_source *s, int n) { return dice_roll(&s->dice, n); }
static bool chance(word_source *s, int percent) { return dice_chance(&s->dice, percent); }

#define PICK(s, list) ((list)[roll((s), (int)(sizeof(list) / sizeof((list)[0])))])

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

static void make_key(word_source *s, bytes *out) { put(out, PICK(s, keys)); }

static void make_random_bytes(word_source *s, bytes *out, int len) {
    for (int i = 0; i < len; i++) bytes_put(out, (char)dice_bits(&s->dice));
}

/* Integers where things happen: around zero, around powers of two, at the ends of 32 and 64 bits. */
static void make_integer(word_source *s, bytes *out) {
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
    if (chance(s, 50))
        bytes_format(out, "%d", roll(s, 200) - 100);
    else
        bytes_format(out, "%lld", PICK(s, edges));
}

/* Texts that are nearly numbers. */
static void make_odd_number(word_source *s, bytes *out) {
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
    put(out, PICK(s, odd));
}

static void make_number(word_source *s, bytes *out) {
    if (chance(s, 92))
        make_integer(s, out);
    else
        make_odd_number(s, out);
}

/* Fractions, mostly ones that add without a rest. */
static void make_float(word_source *s, bytes *out) {
    static const word floats[] = {W("0.5"),   W("-0.25"), W("1.75"), W("3"),  W("-7"),     W("1e3"),
                                  W("2.5e2"), W("0"),     W("1e17"), W(".5"), W("1000000")};
    if (chance(s, 90))
        put(out, PICK(s, floats));
    else
        make_odd_number(s, out);
}

static void make_value(word_source *s, bytes *out) {
    static const word texts[] = {W(""),     W("x"),        W("hello world"),  W("\x00\x01\x02"),
                                 W("\r\n"), W("foobar"),   W("\xff\xff\xff"), W("3.0"),
                                 W("10.5"), W("ohmytext"), W("mynewtext")};
    int kind = roll(s, 100);
    if (kind < 35)
        make_integer(s, out);
    else if (kind < 65)
        put(out, PICK(s, texts));
    else if (kind < 70)
        make_odd_number(s, out);
    else if (kind < 90)
        make_random_bytes(s, out, roll(s, 100));
    else if (kind < 99)
        make_random_bytes(s, out, roll(s, 2000));
    else
        make_random_bytes(s, out, LONG_TEXT_BYTES + roll(s, LONG_TEXT_BYTES));
}

/* Members of sets: few enough that sets have some in common, integers more than others. */
static void make_set_member(word_source *s, bytes *out) {
    int kind = roll(s, 100);
    if (kind < 55)
        bytes_format(out, "%d", roll(s, 40) - 20);
    else if (kind < 85)
        bytes_format(out, "member:%d", roll(s, 20));
    else if (kind < 99)
        make_number(s, out);
    else
        bytes_format(out, "%0*d", 64 + roll(s, 2), roll(s, 3)); /* just not, or just, too long to be packed */
}

/* Positions within values; a few far out. */
static void make_position(word_source *s, bytes *out) {
    int kind = roll(s, 100);
    if (kind < 60)
        bytes_format(out, "%d", roll(s, 60) - 30);
    else if (kind < 85)
        bytes_format(out, "%d", roll(s, 4000) - 2000);
    else
        make_number(s, out);
}

/* Offsets to write at, kept so small that values stay small. */
static void make_offset(word_source *s, bytes *out) {
    static const word far[] = {W("-1"),         W("536870911"),           W("536870912"),
                               W("4294967296"), W("9223372036854775807"), W("-9223372036854775808")};
    int kind = roll(s, 100);
    if (kind < 80)
        bytes_format(out, "%d", roll(s, 50));
    else if (kind < 90)
        bytes_format(out, "%d", roll(s, 20000));
    else if (kind < 95)
        make_odd_number(s, out);
    else
        put(out, PICK(s, far));
}

static void make_bit_offset(word_source *s, bytes *out) {
    static const word far[] = {W("-1"), W("4294967296"), W("4294967297"), W("9223372036854775807"),
                               W("-9223372036854775808")};
    int kind = roll(s, 100);
    if (kind < 80)
        bytes_format(out, "%d", roll(s, 300));
    else if (kind < 90)
        bytes_format(out, "%d", roll(s, 100000));
    else if (kind < 95)
        make_odd_number(s, out);
    else
        put(out, PICK(s, far));
}

static void make_bit(word_source *s, bytes *out) {
    static const word odd[] = {W("2"), W("-1"), W("x"), W("")};
    if (chance(s, 95))
        bytes_put(out, chance(s, 50) ? '1' : '0');
    else
        put(out, PICK(s, odd));
}

/* Bit field types, mostly right. */
static void make_field_type(word_source *s, bytes *out) {
    static const word odd[] = {W("u64"), W("i65"), W("u0"), W("i0"), W("x8"), W("u"), W("8"), W("")};
    if (chance(s, 95))
        bytes_format(out, "%c%d", chance(s, 50) ? 'u' : 'i', 1 + roll(s, 63));
    else
        put(out, PICK(s, odd));
}

static void make_field_offset(word_source *s, bytes *out) {
    if (chance(s, 30))
        bytes_format(out, "#%d", roll(s, 20));
    else
        make_bit_offset(s, out);
}

/* Expiries that no clock difference between the servers can turn round. */
static void make_seconds(word_source *s, bytes *out) {
    static const word odd[] = {W("9223372036854775807"), W("9223372036854775"), W("-9223372036854775808")};
    int kind = roll(s, 100);
    if (kind < 80)
        bytes_format(out, "%lld", 1000 + 20LL * roll(s, 100000000));
    else if (kind < 87)
        bytes_format(out, "-%d", roll(s, 1000));
    else if (kind < 90)
        bytes_put(out, '0');
    else if (kind < 95)
        put(out, PICK(s, odd));
    else
        make_odd_number(s, out);
}

static void make_milliseconds(word_source *s, bytes *out) {
    static const word odd[] = {W("9223372036854775807"), W("-9223372036854775808")};
    int kind = roll(s, 100);
    if (kind < 80)
        bytes_format(out, "%lld", 1000000 + 20000LL * roll(s, 100000000));
    else if (kind < 87)
        bytes_format(out, "-%d", roll(s, 1000000));
    else if (kind < 90)
        bytes_put(out, '0');
    else if (kind < 95)
        put(out, PICK(s, odd));
    else
        make_odd_number(s, out);
}

/* A time to come, or an odd one; if may_be_past, one that has passed as well. */
static void put_time(word_source *s, bytes *out, long long to_come, bool may_be_past) {
    static const word odd[] = {W("0"), W("-1"), W("9223372036854775807"), W("-9223372036854775808")};
    int kind = roll(s, 100);
    if (kind < 85)
        bytes_format(out, "%lld", to_come);
    else if (kind < 88 && may_be_past)
        bytes_put(out, '1');
    else if (kind < 95)
        put(out, PICK(s, odd));
    else
        make_odd_number(s, out);
}

static void make_at_seconds(word_source *s, bytes *out) {
    put_time(s, out, s->now_s + 500 + 20LL * roll(s, 100000000), true);
}

static void make_at_milliseconds(word_source *s, bytes *out) {
    put_time(s, out, (s->now_s + 510 + 20LL * roll(s, 100000000)) * 1000 + roll(s, 1000), true);
}

/* For SET: until somebody looks, it leaves a key behind whose time has passed, which Redis deletes in more
 * than one way. */
static void make_later_seconds(word_source *s, bytes *out) {
    put_time(s, out, s->now_s + 505 + 20LL * roll(s, 100000000), false);
}

static void make_later_milliseconds(word_source *s, bytes *out) {
    put_time(s, out, (s->now_s + 515 + 20LL * roll(s, 100000000)) * 1000 + roll(s, 1000), false);
}

static void make_database(word_source *s, bytes *out) {
    static const word odd[] = {W("16"), W("-1"), W("abc"), W("99999999999999999999")};
    if (chance(s, 92))
        bytes_format(out, "%d", roll(s, 3));
    else
        put(out, PICK(s, odd));
}

static void make_pattern(word_source *s, bytes *out) {
    static const word patterns[] = {W("*"),   W("key:*"), W("key:?"),  W("key:[12]"), W("key:[^1]"), W("?"),
                                    W("a"),   W(""),      W("\\a\\*"), W("[a-c]"),    W("[c-a]"),    W("[a"),
                                    W("a\\"), W("*k*"),   W("**"),     W("\xff*")};
    put(out, PICK(s, patterns));
}

static void make_count(word_source *s, bytes *out) {
    static const word odd[] = {W("0"), W("-1"), W("abc"), W("")};
    if (chance(s, 92))
        bytes_text(out, "10000");
    else
        put(out, PICK(s, odd));
}

/* Members, few of them so that they meet again; some too long to be packed. */
static void make_member(word_source *s, bytes *out) {
    int kind = roll(s, 100);
    if (kind < 70)
        bytes_format(out, "m%d", roll(s, 30));
    else if (kind < 80)
        bytes_format(out, "%d", roll(s, 20));
    else if (kind < 97)
        make_key(s, out);
    else
        make_random_bytes(s, out, roll(s, 100));
}

/* Scores, often equal ones. None is just beyond those that are places on a map: what is there is a matter of
 * the server. */
static void put_score(word_source *s, bytes *out) {
    static const word scores[] = {W("0"),   W("1"),    W("1"),  W("1"),   W("2"),
                                  W("inf"), W("-inf"), W(".5"), W("1e3"), W("-0.25")};
    static const word uneven[] = {W("0.1"),  W("3.3"),    W("-1e-7"),        W("123456.789"),
                                  W("1e17"), W("1.1e21"), W("-5.000000001"), W("4503599627370495")};
    if (chance(s, 60))
        put(out, PICK(s, scores));
    else if (chance(s, 10))
        put(out, PICK(s, uneven));
    else
        bytes_format(out, "%d", roll(s, 20) - 5);
}

static void make_score(word_source *s, bytes *out) {
    static const word odd[] = {W(""), W("abc"), W(" 1"), W("1 "), W("nan"), W("1.0"), W("0x10"), W("1e999")};
    if (chance(s, 97))
        put_score(s, out);
    else
        put(out, PICK(s, odd));
}

/* An end of a range by score, and one by member. */
static void make_score_edge(word_source *s, bytes *out) {
    static const word odd[] = {W("nan"), W("abc"), W("((1"), W("1.x"), W("[1")};
    if (chance(s, 3)) {
        put(out, PICK(s, odd));
        return;
    }
    if (chance(s, 30)) bytes_put(out, '(');
    put_score(s, out);
}

static void make_member_edge(word_source *s, bytes *out) {
    static const word ends[] = {W("-"), W("+"), W("["), W("("), W("m"), W("")};
    if (chance(s, 40)) {
        put(out, PICK(s, ends));
        return;
    }
    bytes_put(out, chance(s, 50) ? '[' : '(');
    make_member(s, out);
}

/* Positions that are nowhere near the edges of the map, where the oracle may miss some, and no two of which
 * are equally far from a third: the order of such members is nobody's business. */
static void make_longitude(word_source *s, bytes *out) {
    bytes_format(out, "%d.%06d", roll(s, 60) - 20, 1 + roll(s, 999999));
}

static void make_latitude(word_source *s, bytes *out) {
    bytes_format(out, "%d.%06d", roll(s, 46) + 18, 1 + roll(s, 999999));
}

static void make_position_name(word_source *s, bytes *out) { bytes_format(out, "at:%d", roll(s, 1000000)); }

/* How many to pass over. */
static void make_skip(word_source *s, bytes *out) { bytes_format(out, "%d", roll(s, 12)); }

/* A sparse HyperLogLog, written as nobody would: runs of all forms in any order, some of them longer than
 * they need be, and equal ones side by side. */
static void make_hyperloglog(word_source *s, bytes *out) {
    int left = 16384, values = 1 + roll(s, 32), longest = 1 + roll(s, 16384);
    bytes_append(out, "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80", 16);
    while (left > 0) {
        int kind = roll(s, 3), len = 1 + roll(s, kind == 0 ? 4 : kind == 1 ? 64 : longest);
        if (len > left) len = left;
        if (kind == 0)
            bytes_put(out, (char)(0x80 | roll(s, values) << 2 | (len - 1)));
        else if (kind == 1)
            bytes_put(out, (char)(len - 1));
        else
            bytes_put(out, (char)(0x40 | (len - 1) >> 8));
        if (kind == 2) bytes_put(out, (char)(len - 1));
        left -= len;
    }
}

/* The same for reading, where fewer than none are allowed. */
static void make_offset_to_read(word_source *s, bytes *out) {
    bytes_format(out, "%d", chance(s, 90) ? roll(s, 12) : -1 - roll(s, 5));
}

/* Indexes to write at: of 32 bits, as 8.0 takes larger ones for others in a packed list. */
static void make_index(word_source *s, bytes *out) {
    static const word far[] = {W("2147483647"), W("-2147483648")};
    int kind = roll(s, 100);
    if (kind < 60)
        bytes_format(out, "%d", roll(s, 60) - 30);
    else if (kind < 95)
        bytes_format(out, "%d", roll(s, 4000) - 2000);
    else if (kind < 98)
        put(out, PICK(s, far));
    else
        make_odd_number(s, out);
}

/* Small whole numbers: elements to be sorted, and counts that ask for no huge replies. */
static void make_small(word_source *s, bytes *out) { bytes_format(out, "%d", roll(s, 40) - 10); }

/* The values of other keys that SORT orders by, and the names of those keys. Whole numbers only: 7.0 takes
 * any other for out of range if one was that any command has read before. */
static void make_weight(word_source *s, bytes *out) {
    if (chance(s, 98))
        make_small(s, out);
    else
        bytes_text(out, "abc");
}

static void make_weight_key(word_source *s, bytes *out) {
    bytes_text(out, "w_");
    make_small(s, out);
}

static void make_weight_hash(word_source *s, bytes *out) {
    bytes_text(out, "wh_");
    make_small(s, out);
}

static void make_nonsense(word_source *s, bytes *out) {
    static const word words[] = {W("nonsense"), W("NX"),  W("GET"),  W(""),      W("EX"),
                                 W("KEEPTTL"),  W("BIT"), W("\r\n"), W("COUNT"), W("LEN")};
    put(out, PICK(s, words));
}

static const struct {
    const char *name;
    void (*make)(word_source *s, bytes *out);
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

#define VOCABULARIES (int)(sizeof(vocabularies) / sizeof(vocabularies[0]))

const int vocabulary_odd_count = VOCABULARIES - 2;

int vocabulary_find(const char *name, size_t len) {
    for (int i = 0; i < VOCABULARIES; i++)
        if (strlen(vocabularies[i].name) == len && memcmp(vocabularies[i].name, name, len) == 0) return i;
    die("no vocabulary {%.*s}", (int)len, name);
}

void vocabulary_say(word_source *s, int which, bytes *out) {
    bytes_reserve(out, 0);
    out->data[0] = '\0';
    vocabularies[which].make(s, out);
}

bool vocabulary_is_key(const bytes *text) {
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].len == text->len && memcmp(keys[i].text, text->data, text->len) == 0) return true;
    return strncmp(text->data, "w_", 2) == 0 || strncmp(text->data, "wh_", 3) == 0;
}
