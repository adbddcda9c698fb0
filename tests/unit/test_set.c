/* Set: every form checked against a naive model through random histories, in a database and outside, and the
 * limits at which forms change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/keyspace.h"
#include "store/types/set.h"
#include "store/value.h"

/* The texts that members are made of, by number: integers of all widths, then texts, the longest too long to
 * be packed. */
#define INTEGERS 700
#define TEXTS    300
#define UNIVERSE (INTEGERS + TEXTS)
#define LONGEST  80

static slice text_of(size_t number, char text[LONGEST + 1]) {
    int64_t integer = (int64_t)number - INTEGERS / 2;
    if (number < INTEGERS) {
        if (number % 50 == 1) integer *= 100000;
        if (number % 50 == 2) integer *= 10000000000;
        return (slice){text, number_format_i64(text, integer)};
    }
    int len = snprintf(text, LONGEST + 1, "member-%zu", number);
    if (number % 100 == 99) {
        memset(text + len, 'x', (size_t)(LONGEST - len));
        len = LONGEST;
    }
    return (slice){text, (size_t)len};
}

static size_t number_of(slice text) {
    char other[LONGEST + 1];
    for (size_t i = 0; i < UNIVERSE; i++)
        if (slice_equal(text_of(i, other), text)) return i;
    fail_msg("no such member: %.*s", (int)text.len, text.data);
    return 0;
}

/* A set with the members that the model says, in database db, or outside if that is NULL. */
struct subject {
    database *db;
    key k;
    entry *e;
    size_t count;
    bool in[UNIVERSE];
};

static struct subject begin(database *db) {
    struct subject s = {.db = db, .k = key_of(SLICE("some key"))};
    return s;
}

static void end(struct subject *s) {
    if (s->db)
        keyspace_delete(s->db, &s->k);
    else
        set_discard(s->e);
}

static void add(struct subject *s, size_t number) {
    char text[LONGEST + 1];
    struct set_member m;
    bool added;
    set_member_from_text(&m, text_of(number, text));
    s->e = set_add(s->db, &s->k, s->e, &m, &added);
    assert_int_equal(added, !s->in[number]);
    s->count += added;
    s->in[number] = true;
}

static void take(struct subject *s, size_t number) {
    if (!s->e) return;
    char text[LONGEST + 1];
    struct set_member m;
    bool removed;
    set_member_from_text(&m, text_of(number, text));
    s->e = set_remove(s->db, &s->k, s->e, &m, &removed);
    assert_int_equal(removed, s->in[number]);
    s->count -= removed;
    s->in[number] = false;
    if (s->count > 0) return;
    end(s); /* as handlers do */
    s->e = NULL;
}

static void check_walk(const struct subject *s) {
    bool seen[UNIVERSE] = {0};
    size_t count = 0;
    struct set_walk w;
    struct set_member group[SET_GROUP_MAX];
    set_walk_begin(&w, s->e);
    for (size_t n; (n = set_walk_next(&w, group)) > 0;) {
        assert_true(n <= SET_GROUP_MAX);
        for (size_t i = 0; i < n; i++) {
            size_t number = number_of(set_member_text(&group[i]));
            assert_true(s->in[number]);
            assert_false(seen[number]);
            seen[number] = true;
            count++;
        }
    }
    set_walk_end(&w);
    assert_int_equal(count, s->count);
}

static void check_lookups(const struct subject *s) {
    char texts[SET_GROUP_MAX][LONGEST + 1];
    struct set_member group[SET_GROUP_MAX], *members[SET_GROUP_MAX];
    bool found[SET_GROUP_MAX];
    size_t first = random_below(UNIVERSE - SET_GROUP_MAX);
    for (size_t i = 0; i < SET_GROUP_MAX; i++) {
        members[i] = &group[i];
        set_member_from_text(members[i], text_of(first + i, texts[i]));
    }
    set_contains_each(s->e, members, SET_GROUP_MAX, found);
    for (size_t i = 0; i < SET_GROUP_MAX; i++) {
        assert_int_equal(found[i], s->in[first + i]);
        assert_int_equal(set_contains(s->e, members[i]), s->in[first + i]);
    }
}

static void check(const struct subject *s) {
    assert_int_equal(set_count(s->e), s->count);
    if (s->db) assert_ptr_equal(keyspace_peek(s->db, &s->k), s->e);
    check_walk(s);
    check_lookups(s);
}

struct visited {
    struct subject *s;
    size_t count;
    bool seen[UNIVERSE];
};

static void note_visit(void *context, struct set_member *m) {
    struct visited *v = context;
    size_t number = number_of(set_member_text(m));
    assert_true(v->s->in[number]);
    assert_false(v->seen[number]);
    v->seen[number] = true;
    v->count++;
}

static void pop(struct subject *s, size_t count) {
    struct visited v = {.s = s};
    s->e = set_pop(s->db, &s->k, s->e, count, note_visit, &v);
    assert_int_equal(v.count, count);
    s->count -= count;
    for (size_t i = 0; i < UNIVERSE; i++) s->in[i] = s->in[i] && !v.seen[i];
}

/* Steps of adding and removing members with numbers in [from, to), more of one than of the other by turns. */
static void play(struct subject *s, size_t from, size_t to, int steps) {
    for (int step = 0; step < steps; step++) {
        bool growing = step / 1500 % 2 == 0;
        size_t number = from + random_below(to - from);
        if (random_below(10) < (growing ? 7 : 3))
            add(s, number);
        else
            take(s, number);
        if (step % 500 == 0 && s->count > 3) pop(s, 1 + random_below(s->count / 2));
        if (step % 97 == 0) check(s);
    }
    check(s);
}

static void play_everywhere(size_t from, size_t to, int steps) {
    database *homes[] = {keyspace_database(0), NULL};
    for (size_t i = 0; i < 2; i++) {
        struct subject s = begin(homes[i]);
        play(&s, from, to, steps);
        if (s.e) end(&s);
    }
}

static void a_set_of_integers_is_what_a_model_says(void **state) {
    (void)state;
    play_everywhere(0, INTEGERS / 2, 6000);
}

static void a_packed_set_is_what_a_model_says(void **state) {
    (void)state;
    play_everywhere(INTEGERS - 50, INTEGERS + 70, 6000);
}

static void a_large_set_is_what_a_model_says(void **state) {
    (void)state;
    play_everywhere(0, UNIVERSE, 12000);
}

/* Adds integers (or texts) until there are count members. */
static void fill(struct subject *s, size_t from, size_t count) {
    for (size_t i = 0; i < count; i++) add(s, from + i);
}

static void integers_stay_integers_up_to_the_limit(void **state) {
    (void)state;
    struct subject s = begin(keyspace_database(0));
    fill(&s, 0, 512);
    assert_int_equal(set_form_of(s.e), SET_INTEGERS);
    add(&s, 512);
    assert_int_equal(set_form_of(s.e), SET_TABLE);
    check(&s);
    end(&s);
}

static void integers_become_packed_with_the_first_text_if_they_are_few(void **state) {
    (void)state;
    for (size_t integers = 127; integers <= 128; integers++) {
        struct subject s = begin(keyspace_database(0));
        fill(&s, 0, integers);
        add(&s, INTEGERS);
        assert_int_equal(set_form_of(s.e), integers == 127 ? SET_PACKED : SET_TABLE);
        check(&s);
        end(&s);
    }
}

static void a_packed_set_becomes_a_table_when_it_has_too_many_members_or_too_long_ones(void **state) {
    (void)state;
    struct subject s = begin(keyspace_database(0));
    fill(&s, INTEGERS, 99);
    fill(&s, 0, 29);
    assert_int_equal(set_form_of(s.e), SET_PACKED);
    add(&s, 29);
    assert_int_equal(set_form_of(s.e), SET_TABLE);
    check(&s);
    end(&s);

    s = begin(keyspace_database(0));
    add(&s, INTEGERS);
    assert_int_equal(set_form_of(s.e), SET_PACKED);
    add(&s, INTEGERS + 99);
    assert_int_equal(set_form_of(s.e), SET_TABLE);
    check(&s);
    end(&s);
}

static void the_form_follows_how_many_members_a_request_brings(void **state) {
    (void)state;
    const struct {
        const char *text;
        size_t count;
        enum set_form form;
    } requests[] = {
        {"1", 512, SET_INTEGERS},
        {"1", 513, SET_TABLE},
        {"a", 128, SET_PACKED},
        {"a", 129, SET_TABLE},
    };
    database *db = keyspace_database(0);
    key k = key_of(SLICE("some key"));
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        slice texts[513];
        size_t added;
        for (size_t j = 0; j < requests[i].count; j++) texts[j] = slice_of(requests[i].text);
        entry *e = set_add_texts(db, &k, NULL, texts, requests[i].count, &added);
        assert_int_equal(added, 1);
        assert_int_equal(set_form_of(e), requests[i].form);
        e = set_add_texts(db, &k, e, texts, requests[i].count, &added);
        assert_int_equal(added, 0);
        assert_int_equal(set_count(e), 1);
        keyspace_delete(db, &k);
    }
}

static void a_small_rest_of_a_table_is_packed_again(void **state) {
    (void)state;
    for (int packs = 0; packs < 2; packs++) {
        struct subject s = begin(keyspace_database(0));
        fill(&s, 0, 600);
        pop(&s, packs ? 500 : 499);
        assert_int_equal(set_form_of(s.e), packs ? SET_PACKED : SET_TABLE);
        check(&s);
        end(&s);
    }
}

static void a_copy_has_the_same_members_and_a_life_of_its_own(void **state) {
    (void)state;
    const size_t counts[] = {100, 600};
    for (size_t i = 0; i < 2; i++) {
        struct subject s = begin(keyspace_database(0));
        fill(&s, 0, counts[i]);
        key other = key_of(SLICE("the copy"));
        keyspace_copy(s.e, s.db, &other);
        struct subject copy = s;
        copy.k = other;
        copy.e = keyspace_peek(s.db, &other);
        end(&s);
        check(&copy);
        end(&copy);
    }
}

static void a_scan_meets_every_member(void **state) {
    (void)state;
    struct subject s = begin(keyspace_database(0));
    fill(&s, 0, 650);
    struct visited v = {.s = &s};
    uint64_t cursor = 0;
    do {
        size_t before = v.count;
        cursor = set_scan(s.e, cursor, 10, note_visit, &v);
        assert_true(v.count - before < 100);
    } while (cursor != 0);
    assert_int_equal(v.count, 650);
    end(&s);
}

static void distinct_random_members_are_distinct(void **state) {
    (void)state;
    const size_t counts[] = {20, 100, 650};
    for (size_t i = 0; i < 3; i++) {
        struct subject s = begin(keyspace_database(0));
        fill(&s, INTEGERS - counts[i], counts[i]);
        if (i == 1) add(&s, INTEGERS);
        for (size_t wanted = 0; wanted <= s.count + 1; wanted += 1 + s.count / 20) {
            struct visited v = {.s = &s};
            set_random_distinct(s.e, wanted, note_visit, &v);
            assert_int_equal(v.count, wanted < s.count ? wanted : s.count);
        }
        end(&s);
    }
}

/* --- Fairness: over many draws each member comes about as often as any other --- */

#define DRAWS_PER_MEMBER 200
/* Six standard deviations of a binomial distribution, about. */
#define FAIR_DEVIATION (6 * 14.2)

static void assert_fair(const size_t *drawn, size_t members) {
    for (size_t i = 0; i < members; i++) {
        double off = (double)drawn[i] - DRAWS_PER_MEMBER;
        if (off > FAIR_DEVIATION || off < -FAIR_DEVIATION)
            fail_msg("member %zu was drawn %zu times, not about %d", i, drawn[i], DRAWS_PER_MEMBER);
    }
}

static void count_draw(void *context, struct set_member *m) {
    size_t *drawn = context;
    drawn[number_of(set_member_text(m))]++;
}

static void random_members_are_drawn_fairly(void **state) {
    (void)state;
    const struct { size_t from, count; } sets[] = {{0, 40}, {INTEGERS - 20, 40}, {0, 600}};
    for (size_t i = 0; i < 3; i++) {
        struct subject s = begin(keyspace_database(0));
        size_t one[UNIVERSE] = {0}, several[UNIVERSE] = {0};
        fill(&s, sets[i].from, sets[i].count);
        for (size_t j = 0; j < sets[i].count * DRAWS_PER_MEMBER; j++) {
            struct set_member m;
            set_random(s.e, &m);
            count_draw(one, &m);
        }
        size_t group = sets[i].count / 4;
        for (size_t j = 0; j < 4 * DRAWS_PER_MEMBER; j++)
            set_random_distinct(s.e, group, count_draw, several);
        assert_fair(one + sets[i].from, sets[i].count);
        assert_fair(several + sets[i].from, sets[i].count);
        end(&s);
    }
}

static void members_are_popped_fairly(void **state) {
    (void)state;
    size_t drawn[UNIVERSE] = {0};
    for (size_t j = 0; j < 4 * DRAWS_PER_MEMBER; j++) {
        struct subject s = begin(NULL);
        fill(&s, INTEGERS - 20, 40);
        s.e = set_pop(NULL, &s.k, s.e, 10, count_draw, drawn);
        end(&s);
    }
    assert_fair(drawn + INTEGERS - 20, 40);
}

static void memory_of_short_members_is_bounded(void **state) {
    (void)state;
    enum { MEMBERS = 100000 };
    key k = key_of(SLICE("some key"));
    entry *e = NULL;
    for (int i = 0; i < MEMBERS; i++) {
        char text[32];
        struct set_member m;
        bool added;
        set_member_from_text(&m, (slice){text, (size_t)snprintf(text, sizeof(text), "member%06d", i)});
        e = set_add(NULL, &k, e, &m, &added);
    }
    size_t exact = value_memory_bytes(e, 0), sampled = value_memory_bytes(e, 5);
    assert_true(exact / MEMBERS <= 28);
    assert_int_equal(exact, sampled); /* all members have the same size */
    set_discard(e);
}

static int prepare(void **state) {
    (void)state;
    alloc_register_thread();
    clock_refresh();
    random_seed(20);
    for (int i = 0; i < HASH_SECRET_BYTES; i++) hash_secret[i] = (unsigned char)random_u64();
    keyspace_open(1);
    return 0;
}

static int release(void **state) {
    (void)state;
    table_free(keyspace_database(0)->keys, NULL);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_of_integers_is_what_a_model_says),
        cmocka_unit_test(a_packed_set_is_what_a_model_says),
        cmocka_unit_test(a_large_set_is_what_a_model_says),
        cmocka_unit_test(integers_stay_integers_up_to_the_limit),
        cmocka_unit_test(integers_become_packed_with_the_first_text_if_they_are_few),
        cmocka_unit_test(a_packed_set_becomes_a_table_when_it_has_too_many_members_or_too_long_ones),
        cmocka_unit_test(the_form_follows_how_many_members_a_request_brings),
        cmocka_unit_test(a_small_rest_of_a_table_is_packed_again),
        cmocka_unit_test(a_copy_has_the_same_members_and_a_life_of_its_own),
        cmocka_unit_test(a_scan_meets_every_member),
        cmocka_unit_test(distinct_random_members_are_distinct),
        cmocka_unit_test(random_members_are_drawn_fairly),
        cmocka_unit_test(members_are_popped_fairly),
        cmocka_unit_test(memory_of_short_members_is_bounded),
    };
    return cmocka_run_group_tests_name("set", tests, prepare, release);
}
