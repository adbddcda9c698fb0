/* Sorted set: both of its forms beside a naive model (an array of pairs in order), through random histories
 * in a database of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/keyspace.h"
#include "store/recency.h"
#include "store/types/bytes.h"
#include "store/types/packed.h"
#include "store/types/zset.h"

#define MODEL_MAX  1000
#define MEMBER_MAX 80

static database *db;

/* --- The model --- */

struct pair {
    char member[MEMBER_MAX];
    size_t len;
    double score;
};

struct model {
    struct pair pairs[MODEL_MAX];
    size_t count;
};

static slice pair_member(const struct pair *p) { return (slice){p->member, p->len}; }

static size_t model_find(const struct model *m, slice member) {
    size_t i = 0;
    while (i < m->count && !slice_equal(pair_member(&m->pairs[i]), member)) i++;
    return i;
}

static void model_remove(struct model *m, size_t from, size_t count) {
    memmove(m->pairs + from, m->pairs + from + count, (m->count - from - count) * sizeof(*m->pairs));
    m->count -= count;
}

static void model_put(struct model *m, slice member, double score) {
    size_t at = model_find(m, member);
    if (at < m->count) model_remove(m, at, 1);
    for (at = 0; at < m->count; at++) {
        const struct pair *p = &m->pairs[at];
        if (p->score > score || (p->score == score && slice_compare(pair_member(p), member) > 0)) break;
    }
    assert_true(m->count < MODEL_MAX && member.len <= MEMBER_MAX);
    memmove(m->pairs + at + 1, m->pairs + at, (m->count - at) * sizeof(*m->pairs));
    m->count++;
    m->pairs[at] = (struct pair){.len = member.len, .score = score};
    memcpy(m->pairs[at].member, member.data, member.len);
}

/* --- The sorted set under test --- */

struct subject {
    key k;
    entry *e;
    struct model m;
};

static struct subject *new_subject(const char *name) {
    struct subject *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->k = key_of(slice_of(name));
    return s;
}

static void end_subject(struct subject *s) {
    keyspace_delete(db, &s->k);
    free(s);
}

static void put(struct subject *s, slice member, double score) {
    struct zset_place p;
    if (!s->e) s->e = zset_create(db, &s->k, 1, member.len);
    zset_find(s->e, member, &p);
    s->e = zset_put(db, &s->k, s->e, member, &p, score);
    model_put(&s->m, member, score);
}

static void take(struct subject *s, slice member) {
    struct zset_place p;
    zset_find(s->e, member, &p);
    size_t at = model_find(&s->m, member);
    assert_int_equal(p.found, at < s->m.count);
    if (!p.found) return;
    s->e = zset_remove(db, &s->k, s->e, &p);
    model_remove(&s->m, at, 1);
}

static void assert_item(const struct zset_item *item, const struct pair *p) {
    assert_true(slice_equal(item->member, pair_member(p)));
    assert_true(item->score == p->score);
}

static void assert_holds(const entry *e, const struct model *m) {
    assert_int_equal(zset_count(e), m->count);
    zset_cursor forward = zset_at(e, 0), backward = zset_at(e, m->count);
    struct zset_item item;
    for (size_t i = 0; i < m->count; i++) {
        assert_true(zset_next(&forward, &item));
        assert_item(&item, &m->pairs[i]);
        assert_true(zset_previous(&backward, &item));
        assert_item(&item, &m->pairs[m->count - 1 - i]);
        struct zset_place p;
        zset_find(e, pair_member(&m->pairs[i]), &p);
        assert_true(p.found && p.score == m->pairs[i].score);
        assert_int_equal(zset_rank(e, &p), i);
    }
    assert_false(zset_next(&forward, &item));
    assert_false(zset_previous(&backward, &item));
    if (e && zset_is_packed(e)) assert_true(packed_valid(bytes_view(e)));
}

static size_t pairs_before(const struct model *m, double score, bool or_at) {
    size_t count = 0;
    while (count < m->count && (m->pairs[count].score < score || (or_at && m->pairs[count].score == score)))
        count++;
    return count;
}

static void assert_bounds(const struct subject *s, double score) {
    struct btree_bound bound = {.has_score = true, .score = score};
    assert_int_equal(zset_rank_of_bound(s->e, &bound), pairs_before(&s->m, score, false));
    bound.after = true;
    assert_int_equal(zset_rank_of_bound(s->e, &bound), pairs_before(&s->m, score, true));
}

/* Members that are integers, texts and now and then too long to be packed. */
static slice random_member(char buf[MEMBER_MAX], bool may_be_long) {
    if (may_be_long && random_below(50) == 0) {
        size_t len = 60 + random_below(MEMBER_MAX - 60);
        memset(buf, 'a' + (int)random_below(26), len);
        return (slice){buf, len};
    }
    const char *format = random_below(2) ? "%d" : "member:%d";
    return (slice){buf, (size_t)snprintf(buf, MEMBER_MAX, format, (int)random_below(300) - 20)};
}

static double random_score(void) {
    static const double odd[] = {0.0,    0.1,    -0.5,    1e300,    -1e-300,
                                 0x1p62, 0x1p63, -0x1p63, INFINITY, -INFINITY};
    if (random_below(2)) return odd[random_below(sizeof(odd) / sizeof(*odd))];
    return (double)random_below(40) - 10;
}

static void live(struct subject *s, size_t steps, size_t most, bool may_be_long) {
    for (size_t step = 0; step < steps; step++) {
        char buf[MEMBER_MAX];
        slice member = random_member(buf, may_be_long);
        if (s->m.count < most && random_below(5) < 3)
            put(s, member, random_score());
        else if (s->e)
            take(s, member);
        if (step % 8 == 0) assert_bounds(s, random_score());
        if (step % 64 == 0) assert_holds(s->e, &s->m);
    }
    assert_holds(s->e, &s->m);
}

/* --- Tests --- */

static void a_small_sorted_set_stays_packed_and_in_order(void **state) {
    (void)state;
    struct subject *s = new_subject("small");
    live(s, 4000, 60, false);
    assert_true(zset_is_packed(s->e));
    end_subject(s);
}

static void a_sorted_set_becomes_a_structure_and_stays_in_order(void **state) {
    (void)state;
    struct subject *s = new_subject("large");
    live(s, 6000, 600, true);
    assert_false(zset_is_packed(s->e));
    end_subject(s);
}

static void one_member_more_than_the_limit_ends_packing(void **state) {
    (void)state;
    struct subject *s = new_subject("limit");
    for (size_t i = 0; i < zset_limits.packed_members_max; i++) {
        char buf[MEMBER_MAX];
        put(s, (slice){buf, (size_t)snprintf(buf, sizeof(buf), "%zu", i)}, 1);
    }
    put(s, SLICE("0"), 2);
    assert_true(zset_is_packed(s->e));
    put(s, SLICE("more"), 1);
    assert_false(zset_is_packed(s->e));
    assert_holds(s->e, &s->m);
    end_subject(s);
}

static void a_member_longer_than_the_limit_ends_packing(void **state) {
    (void)state;
    struct subject *s = new_subject("limit");
    char member[MEMBER_MAX] = {0};
    put(s, (slice){member, zset_limits.packed_member_bytes_max}, 1);
    assert_true(zset_is_packed(s->e));
    put(s, (slice){member, zset_limits.packed_member_bytes_max + 1}, 1);
    assert_false(zset_is_packed(s->e));
    assert_holds(s->e, &s->m);
    end_subject(s);
}

static void ranges_of_ranks_are_removed(void **state) {
    (void)state;
    static const size_t sizes[] = {50, 500};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct subject *s = new_subject("ranges");
        live(s, 4 * sizes[i], sizes[i], false);
        while (s->m.count > 0) {
            size_t from = random_below(s->m.count), count = 1 + random_below(s->m.count - from);
            s->e = zset_remove_range(db, &s->k, s->e, (struct zset_range){from, from + count});
            model_remove(&s->m, from, count);
            assert_holds(s->e, &s->m);
        }
        end_subject(s);
    }
}

static void a_copy_is_independent(void **state) {
    (void)state;
    struct subject *s = new_subject("original");
    live(s, 2000, 400, true);
    key copy = key_of(SLICE("copy"));
    keyspace_copy(s->e, db, &copy);
    struct model *before = malloc(sizeof(*before));
    assert_non_null(before);
    *before = s->m;
    live(s, 500, 400, true);
    assert_holds(keyspace_peek(db, &copy), before);
    free(before);
    keyspace_delete(db, &copy);
    end_subject(s);
}

static void sorted_elements_become_whichever_form_suits_them(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 128, 129, 900};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct subject *s = new_subject("sorted");
        scored *elements[MODEL_MAX];
        for (size_t j = 0; j < sizes[i]; j++) {
            char buf[MEMBER_MAX];
            slice member = {buf, (size_t)snprintf(buf, sizeof(buf), "m%zu", j)};
            elements[j] = scored_new(member, random_score());
            model_put(&s->m, member, elements[j]->score);
        }
        zset_sort(elements, sizes[i]);
        zset_put_sorted(db, &s->k, elements, sizes[i]);
        s->e = keyspace_peek(db, &s->k);
        assert_int_equal(zset_is_packed(s->e), sizes[i] <= zset_limits.packed_members_max);
        assert_holds(s->e, &s->m);
        end_subject(s);
    }
}

static void count_visit(void *context, const struct zset_item *item) {
    (void)item;
    ++*(size_t *)context;
}

static void a_scan_visits_every_member(void **state) {
    (void)state;
    static const size_t sizes[] = {40, 800};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct subject *s = new_subject("scanned");
        live(s, 4 * sizes[i], sizes[i], false);
        size_t visited = 0;
        uint64_t cursor = 0;
        do cursor = zset_scan(s->e, cursor, 10, count_visit, &visited);
        while (cursor);
        assert_int_equal(visited, s->m.count);
        end_subject(s);
    }
}

/* 12 bytes of member, in a table, a tree and an element. */
static void a_member_of_a_large_sorted_set_costs_at_most_54_bytes(void **state) {
    (void)state;
    enum { MEMBERS = 200000 };
    key k = key_of(SLICE("huge"));
    entry *e = NULL;
    for (int i = 0; i < MEMBERS; i++) {
        char buf[MEMBER_MAX];
        slice member = {buf, (size_t)snprintf(buf, sizeof(buf), "member%06d", i)};
        struct zset_place p;
        zset_find(e, member, &p);
        if (!e) e = zset_create(db, &k, 1, member.len);
        e = zset_put(db, &k, e, member, &p, (double)random_below(1u << 30));
    }
    double bytes = (double)keyspace_memory_bytes(e, 0) / MEMBERS;
    print_message("bytes per member: %.2f\n", bytes);
    assert_true(bytes <= 54);
    keyspace_delete(db, &k);
}

static int begin(void **state) {
    (void)state;
    zset_limits = (struct zset_limits){128, 64};
    clock_refresh();
    recency_tick();
    return 0;
}

/* The words of tables hold pointers in disguise: a leak checker would miss what is still in them at the end.
 */
static int free_tables(void **state) {
    (void)state;
    keyspace_flush(db);
    table_free(db->keys, NULL);
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_small_sorted_set_stays_packed_and_in_order, begin),
        cmocka_unit_test_setup(a_sorted_set_becomes_a_structure_and_stays_in_order, begin),
        cmocka_unit_test_setup(one_member_more_than_the_limit_ends_packing, begin),
        cmocka_unit_test_setup(a_member_longer_than_the_limit_ends_packing, begin),
        cmocka_unit_test_setup(ranges_of_ranks_are_removed, begin),
        cmocka_unit_test_setup(a_copy_is_independent, begin),
        cmocka_unit_test_setup(sorted_elements_become_whichever_form_suits_them, begin),
        cmocka_unit_test_setup(a_scan_visits_every_member, begin),
        cmocka_unit_test_setup(a_member_of_a_large_sorted_set_costs_at_most_54_bytes, begin),
    };
    alloc_register_thread();
    clock_refresh();
    /* the same histories in every run, others with a number as the argument */
    random_seed(argc > 1 ? strtoull(argv[1], NULL, 10) : 21);
    hash_open();
    keyspace_open(1);
    db = keyspace_database(0);
    return cmocka_run_group_tests_name("zset", tests, NULL, free_tables);
}
