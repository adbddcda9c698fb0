/* Lolwut: a picture that is never the same twice: stints on a beach.
 *
 * Waves come in over wet sand, birds stand where the water ends, a few fly. The picture is drawn from the
 * back to the front into a grid of characters. */
#include "base/alloc.h"
#include "base/random.h"
#include "command/handlers.h"
#include "command/report.h"
#include "command/support.h"
#include "server/version.h"

#include <math.h>
#include <string.h>

#define COLUMNS       66
#define COLUMNS_LEAST 24
#define COLUMNS_MOST  200
#define ROWS          18
#define SKY_ROWS      5
#define SHORE_ROW     10 /* where the water ends, on average */
#define FLYING        5
#define STANDING      3
#define STANDING_MOST 12

struct picture {
    int columns;
    char cell[ROWS][COLUMNS_MOST];
};

#define BIRD_ROWS    5
#define BIRD_COLUMNS 12

/* A bird: what lies behind shows through the blanks; * is a blank that covers it. */
struct bird {
    const char *line[BIRD_ROWS];
};

static const struct bird birds[] = {
    {{"   __       ", "--(o*)____  ", "   \\**,,,,\\_", "    `-..--' ", "     | |    "}},
    {{"       __   ", "  ____(*o)--", "_/,,,,**/   ", " '--..-'    ", "    | |     "}},
    {{"            ", "    ____    ", "  _/,,,*\\__ ", " (o*`-..--' ", " /   | |    "}},
    {{"            ", "    ____    ", " __/*,,,\\_  ", " '--..-'*o) ", "    | |   \\ "}},
};

static int random_between(int least, int most) {
    return least + (int)random_below((uint64_t)(most - least) + 1);
}

static void put(struct picture *p, int row, int column, char c) {
    if (row >= 0 && row < ROWS && column >= 0 && column < p->columns) p->cell[row][column] = c;
}

/* Two waves of random length and place, added: how far the water has come at each column. */
struct tide {
    double length[2], phase[2];
};

static struct tide random_tide(void) {
    struct tide t;
    for (int i = 0; i < 2; i++) {
        t.length[i] = random_between(9, 30);
        t.phase[i] = random_between(0, 628) / 100.0;
    }
    return t;
}

static double height_at(const struct tide *t, int column) {
    return sin(column / t->length[0] + t->phase[0]) + 0.6 * sin(column / t->length[1] * 2 + t->phase[1]);
}

static void draw_water_and_sand(struct picture *p) {
    struct tide edge = random_tide();
    for (int column = 0; column < p->columns; column++) {
        int shore = SHORE_ROW + (int)lround(height_at(&edge, column));
        for (int row = SKY_ROWS; row < ROWS; row++) {
            char c = ' ';
            if (row < shore)
                c = random_below(4) ? '~' : ' ';
            else if (row == shore)
                c = '_';
            else if (random_below(22) == 0)
                c = ".:,o"[random_below(4)];
            put(p, row, column, c);
        }
    }
}

static void draw_flock(struct picture *p) {
    int row = random_between(0, SKY_ROWS - 2), column = random_between(0, p->columns - 4);
    for (int i = 0; i < FLYING; i++) {
        put(p, row, column, '\\');
        put(p, row, column + 1, 'v');
        put(p, row, column + 2, '/');
        row = (row + random_between(0, 2)) % (SKY_ROWS - 1);
        column = (column + random_between(4, 9)) % p->columns;
    }
}

static void draw_bird(struct picture *p, const struct bird *b, int row, int column) {
    for (int i = 0; i < BIRD_ROWS; i++)
        for (int j = 0; j < BIRD_COLUMNS; j++) {
            char c = b->line[i][j];
            if (c != ' ') put(p, row + i, column + j, c == '*' ? ' ' : c);
        }
}

/* Birds side by side, each somewhere in a share of the beach, none in another's place. */
static void draw_birds(struct picture *p, int count) {
    int share = p->columns / count;
    for (int i = 0; i < count; i++) {
        const struct bird *b = &birds[random_below(sizeof(birds) / sizeof(*birds))];
        int slack = share > BIRD_COLUMNS ? share - BIRD_COLUMNS : 0;
        draw_bird(p, b, random_between(SHORE_ROW - 1, ROWS - BIRD_ROWS),
                  i * share + random_between(0, slack));
    }
}

static void add_picture(report *r, const struct picture *p) {
    for (int row = 0; row < ROWS; row++) {
        size_t len = (size_t)p->columns;
        while (len > 0 && p->cell[row][len - 1] == ' ') len--;
        report_add_slice(r, (slice){p->cell[row], len});
        report_add_slice(r, SLICE("\n"));
    }
}

/* The optional number at argv[i], moved to the nearer end where it is out of range. */
static bool read_number(client *c, const args *a, int i, int least, int most, int *value) {
    int64_t given;
    if (i >= a->argc) return true;
    if (!arg_integer(c, a->argv[i], &given)) return false;
    *value = given < least ? least : given > most ? most : (int)given;
    return true;
}

/* LOLWUT [VERSION version] [columns [birds]]: every version draws the same. */
void command_lolwut(client *c, const args *a) {
    int first = 1, columns = COLUMNS, standing = STANDING;
    int64_t version;
    if (a->argc > 1 && slice_is(a->argv[1], "VERSION")) {
        if (a->argc > 2 && !arg_integer(c, a->argv[2], &version)) return;
        first = 3;
    }
    if (!read_number(c, a, first, COLUMNS_LEAST, COLUMNS_MOST, &columns)) return;
    if (!read_number(c, a, first + 1, 1, STANDING_MOST, &standing)) return;

    struct picture p = {.columns = columns};
    memset(p.cell, ' ', sizeof(p.cell));
    draw_flock(&p);
    draw_water_and_sand(&p);
    draw_birds(&p, standing);
    report r = {0};
    add_picture(&r, &p);
    report_add(&r, "\nStints at the water's edge. Stint ver. %s, speaks as Redis ver. %s\n", STINT_VERSION,
               REDIS_VERSION);
    report_send(&r, c);
}
