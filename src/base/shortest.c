/* Shortest: the fewest decimal digits that identify a double, by the Grisu2 algorithm.
 *
 * Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", PLDI 2010.
 *
 * A double stands for all real numbers that round to it: an interval that reaches halfway to both neighbours.
 * Any decimal number inside reads back as this double, so the digits may stop as soon as what is left undone
 * fits in the interval. The interval is scaled by a cached power of ten until its exponent lies in a window
 * where the integer part fits in 32 bits; then digits fall out by integer division and multiplication alone.
 *
 *         lower           value           upper
 *     ------[===============+===============]------
 *               ^ the digits stop here, then step down towards the value while that comes nearer
 *
 * The cached powers are rounded to 64 bits, so the interval is narrowed by one unit at both ends to stay
 * inside the true one. The price: in about one case of a thousand the result has a digit more than needed, or
 * is not the nearest of the shortest ones. It always reads back exactly. That is accepted on purpose, for
 * these are the very digits that clients see from other servers of this protocol. */
#include "base/shortest.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* mantissa * 2^exponent. */
typedef struct scaled {
    uint64_t mantissa;
    int exponent;
} scaled;

#define FRACTION_BITS 52
#define HIDDEN_BIT    (UINT64_C(1) << FRACTION_BITS)
#define EXPONENT_MASK 0x7ff
#define EXPONENT_BIAS (1023 + FRACTION_BITS)

/* The window for the exponent of a scaled value: at most -32 so that the integer part fits 32 bits, at least
 * -60 so that a multiplication by ten cannot overflow. */
#define WINDOW_LOW  (-60)
#define WINDOW_HIGH (-32)

/* 10^(POWER_FIRST + i * POWER_STEP), to the nearest 64-bit mantissa. */
#define POWER_FIRST (-348)
#define POWER_STEP  8
static const scaled powers[] = {
    {UINT64_C(0xfa8fd5a0081c0288), -1220}, {UINT64_C(0xbaaee17fa23ebf76), -1193},
    {UINT64_C(0x8b16fb203055ac76), -1166}, {UINT64_C(0xcf42894a5dce35ea), -1140},
    {UINT64_C(0x9a6bb0aa55653b2d), -1113}, {UINT64_C(0xe61acf033d1a45df), -1087},
    {UINT64_C(0xab70fe17c79ac6ca), -1060}, {UINT64_C(0xff77b1fcbebcdc4f), -1034},
    {UINT64_C(0xbe5691ef416bd60c), -1007}, {UINT64_C(0x8dd01fad907ffc3c), -980},
    {UINT64_C(0xd3515c2831559a83), -954},  {UINT64_C(0x9d71ac8fada6c9b5), -927},
    {UINT64_C(0xea9c227723ee8bcb), -901},  {UINT64_C(0xaecc49914078536d), -874},
    {UINT64_C(0x823c12795db6ce57), -847},  {UINT64_C(0xc21094364dfb5637), -821},
    {UINT64_C(0x9096ea6f3848984f), -794},  {UINT64_C(0xd77485cb25823ac7), -768},
    {UINT64_C(0xa086cfcd97bf97f4), -741},  {UINT64_C(0xef340a98172aace5), -715},
    {UINT64_C(0xb23867fb2a35b28e), -688},  {UINT64_C(0x84c8d4dfd2c63f3b), -661},
    {UINT64_C(0xc5dd44271ad3cdba), -635},  {UINT64_C(0x936b9fcebb25c996), -608},
    {UINT64_C(0xdbac6c247d62a584), -582},  {UINT64_C(0xa3ab66580d5fdaf6), -555},
    {UINT64_C(0xf3e2f893dec3f126), -529},  {UINT64_C(0xb5b5ada8aaff80b8), -502},
    {UINT64_C(0x87625f056c7c4a8b), -475},  {UINT64_C(0xc9bcff6034c13053), -449},
    {UINT64_C(0x964e858c91ba2655), -422},  {UINT64_C(0xdff9772470297ebd), -396},
    {UINT64_C(0xa6dfbd9fb8e5b88f), -369},  {UINT64_C(0xf8a95fcf88747d94), -343},
    {UINT64_C(0xb94470938fa89bcf), -316},  {UINT64_C(0x8a08f0f8bf0f156b), -289},
    {UINT64_C(0xcdb02555653131b6), -263},  {UINT64_C(0x993fe2c6d07b7fac), -236},
    {UINT64_C(0xe45c10c42a2b3b06), -210},  {UINT64_C(0xaa242499697392d3), -183},
    {UINT64_C(0xfd87b5f28300ca0e), -157},  {UINT64_C(0xbce5086492111aeb), -130},
    {UINT64_C(0x8cbccc096f5088cc), -103},  {UINT64_C(0xd1b71758e219652c), -77},
    {UINT64_C(0x9c40000000000000), -50},   {UINT64_C(0xe8d4a51000000000), -24},
    {UINT64_C(0xad78ebc5ac620000), 3},     {UINT64_C(0x813f3978f8940984), 30},
    {UINT64_C(0xc097ce7bc90715b3), 56},    {UINT64_C(0x8f7e32ce7bea5c70), 83},
    {UINT64_C(0xd5d238a4abe98068), 109},   {UINT64_C(0x9f4f2726179a2245), 136},
    {UINT64_C(0xed63a231d4c4fb27), 162},   {UINT64_C(0xb0de65388cc8ada8), 189},
    {UINT64_C(0x83c7088e1aab65db), 216},   {UINT64_C(0xc45d1df942711d9a), 242},
    {UINT64_C(0x924d692ca61be758), 269},   {UINT64_C(0xda01ee641a708dea), 295},
    {UINT64_C(0xa26da3999aef774a), 322},   {UINT64_C(0xf209787bb47d6b85), 348},
    {UINT64_C(0xb454e4a179dd1877), 375},   {UINT64_C(0x865b86925b9bc5c2), 402},
    {UINT64_C(0xc83553c5c8965d3d), 428},   {UINT64_C(0x952ab45cfa97a0b3), 455},
    {UINT64_C(0xde469fbd99a05fe3), 481},   {UINT64_C(0xa59bc234db398c25), 508},
    {UINT64_C(0xf6c69a72a3989f5c), 534},   {UINT64_C(0xb7dcbf5354e9bece), 561},
    {UINT64_C(0x88fcf317f22241e2), 588},   {UINT64_C(0xcc20ce9bd35c78a5), 614},
    {UINT64_C(0x98165af37b2153df), 641},   {UINT64_C(0xe2a0b5dc971f303a), 667},
    {UINT64_C(0xa8d9d1535ce3b396), 694},   {UINT64_C(0xfb9b7cd9a4a7443c), 720},
    {UINT64_C(0xbb764c4ca7a44410), 747},   {UINT64_C(0x8bab8eefb6409c1a), 774},
    {UINT64_C(0xd01fef10a657842c), 800},   {UINT64_C(0x9b10a4e5e9913129), 827},
    {UINT64_C(0xe7109bfba19c0c9d), 853},   {UINT64_C(0xac2820d9623bf429), 880},
    {UINT64_C(0x80444b5e7aa7cf85), 907},   {UINT64_C(0xbf21e44003acdd2d), 933},
    {UINT64_C(0x8e679c2f5e44ff8f), 960},   {UINT64_C(0xd433179d9c8cb841), 986},
    {UINT64_C(0x9e19db92b4e31ba9), 1013},  {UINT64_C(0xeb96bf6ebadf77d9), 1039},
    {UINT64_C(0xaf87023b9bf0ee6b), 1066},
};
#define POWER_COUNT ((int)(sizeof(powers) / sizeof(powers[0])))

static const uint32_t small_powers[] = {1,      10,      100,      1000,      10000,
                                        100000, 1000000, 10000000, 100000000, 1000000000};

static scaled normalized(scaled x) {
    int shift = __builtin_clzll(x.mantissa);
    return (scaled){x.mantissa << shift, x.exponent - shift};
}

/* The product's upper 64 bits, rounded. */
static scaled product(scaled x, scaled y) {
    unsigned __int128 full = (unsigned __int128)x.mantissa * y.mantissa + (UINT64_C(1) << 63);
    return (scaled){(uint64_t)(full >> 64), x.exponent + y.exponent + 64};
}

/* The cached power of ten that brings a normalized value with that exponent into the window; *decimal is its
 * decimal exponent. Powers are 26.6 binary digits apart, the window is 29 wide: there is always one. */
static scaled power_for(int exponent, int *decimal) {
    /* log10(2) = 0.30103: the estimate is at most one entry too low. */
    int estimate = (int)((WINDOW_LOW - exponent - 1) * 0.30102999566398114);
    int i = (estimate - POWER_FIRST) / POWER_STEP;
    if (i < 0) i = 0;
    while (exponent + powers[i].exponent + 64 < WINDOW_LOW) i++;
    assert(i < POWER_COUNT && exponent + powers[i].exponent + 64 <= WINDOW_HIGH);
    *decimal = POWER_FIRST + i * POWER_STEP;
    return powers[i];
}

/* Steps the last digit down while that stays in the interval and comes nearer to the value. All are distances
 * below the upper end: `rest` of the digits so far, `target` of the value, `width` of the lower end; `unit`
 * is what one step of the last digit is worth. */
static void approach(char *last, uint64_t rest, uint64_t target, uint64_t width, uint64_t unit) {
    while (rest < target && width - rest >= unit &&
           (rest + unit < target || target - rest > rest + unit - target)) {
        --*last;
        rest += unit;
    }
}

/* The digits of upper until they lie in the interval of that width, then as near as may be to the value,
 * which is `target` below upper. *exponent is the decimal weight of the last digit. */
static int generate(scaled upper, uint64_t width, uint64_t target, char *digits, int *exponent) {
    int shift = -upper.exponent;
    uint64_t one = UINT64_C(1) << shift;
    uint32_t whole = (uint32_t)(upper.mantissa >> shift);
    uint64_t part = upper.mantissa & (one - 1);
    int len = 0;

    int weight = 9;
    while (weight > 0 && whole < small_powers[weight]) weight--;
    for (; weight >= 0; weight--) {
        digits[len++] = (char)('0' + whole / small_powers[weight]);
        whole %= small_powers[weight];
        uint64_t rest = ((uint64_t)whole << shift) + part;
        if (rest <= width) {
            *exponent = weight;
            approach(&digits[len - 1], rest, target, width, (uint64_t)small_powers[weight] << shift);
            return len;
        }
    }
    for (weight = -1;; weight--) {
        part *= 10;
        width *= 10;
        target *= 10;
        assert(len < SHORTEST_DIGITS_MAX);
        digits[len++] = (char)('0' + (part >> shift));
        part &= one - 1;
        if (part < width) {
            *exponent = weight;
            approach(&digits[len - 1], part, target, width, one);
            return len;
        }
    }
}

int shortest_digits(double value, char *digits, int *exponent) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int biased = (int)(bits >> FRACTION_BITS);
    assert(bits != 0 && biased < EXPONENT_MASK); /* positive and finite: no sign bit is set either */

    scaled v = biased != 0 ? (scaled){fraction | HIDDEN_BIT, biased - EXPONENT_BIAS}
                           : (scaled){fraction, 1 - EXPONENT_BIAS};
    scaled upper = normalized((scaled){(v.mantissa << 1) + 1, v.exponent - 1});
    /* Below a power of two the neighbours are twice as dense. */
    scaled lower = v.mantissa == HIDDEN_BIT ? (scaled){(v.mantissa << 2) - 1, v.exponent - 2}
                                            : (scaled){(v.mantissa << 1) - 1, v.exponent - 1};
    lower.mantissa <<= lower.exponent - upper.exponent;
    lower.exponent = upper.exponent;

    int decimal;
    scaled power = power_for(upper.exponent, &decimal);
    v = product(normalized(v), power);
    upper = product(upper, power);
    lower = product(lower, power);
    upper.mantissa--;
    lower.mantissa++;

    int len = generate(upper, upper.mantissa - lower.mantissa, upper.mantissa - v.mantissa, digits, exponent);
    *exponent -= decimal;
    return len;
}
