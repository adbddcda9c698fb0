/* B+ tree: checked against a naive model (an array in order) through random histories, with the tree's own
 * check of its invariants along the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/types/btree.h"

#define MODEL_MAX 6000

/* The elements in order. */
struct model {
    scored *elements[MODEL_MAX];
    size_t count;
};

static bool comes_before(const scored *a, double score, slice member) {
    if (a->score != score) return a->score < score;
    return slice_compare(scored_member(a), member) < 0;
}

static size_t model_rank(const struct model *m, double score, slice member) {
    size_t rank = 0;
    while (rank < m->count && comes_before(m->elements[rank], score, member)) rank++;
    return rank;
}

static bool model_has(const struct model *m, double score, slice member) {
    size_t rank = model_rank(m, score, member);
    return rank < m->count && m->elements[rank]->score == score &&
           slice_equal(scored_member(m->elements[rank]), member);
}

static void model_insert(struct model *m, scored *e) {
    size_t rank = model_rank(m, e->score, scored_member(e));
    assert_true(m->count < MODEL_MAX);
    memmove(m->elements + rank + 1, m->elements + rank, (m->count - rank) * sizeof(*m->elements));
    m->elements[rank] = e;
    m->count++;
}

static void model_remove(struct model *m, size_t rank) {
    m->count--;
    memmove(m->elements + rank, m->elements + rank + 1, (m->count - rank) * sizeof(*m->elements));
}

static void assert_same_order(const btree *t, const struct model *m) {
    assert_true(btree_valid(t));
    assert_int_equal(btree_count(t), m->count);
    btree_cursor forward = btree_at(t, 0), backward = btree_at(t, m->count);
    for (size_t i = 0; i < m->count; i++) {
        assert_ptr_equal(btree_next(&forward), m->elements[i]);
        assert_ptr_equal(btree_previous(&backward), m->elements[m->count - 1 - i]);
    }
    assert_null(btree_next(&forward));
    assert_null(btree_previous(&backward));
}

static void assert_ranks(const btree *t, const struct model *m, size_t rank) {
    assert_int_equal(btree_rank(t, m->elements[rank]), rank);
    btree_cursor cursor = btree_at(t, rank);
    assert_ptr_equal(btree_next(&cursor), m->elements[rank]);
}

static void assert_bounds(const btree *t, const struct model *m, double score, slice member) {
    size_t below = 0, not_above = 0;
    while (below < m->count && m->elements[below]->score < score) below++;
    for (not_above = below; not_above < m->count && m->elements[not_above]->score == score;) not_above++;
    struct btree_bound bound = {.has_score = true, .score = score};
    assert_int_equal(btree_rank_of_bound(t, &bound), below);
    bound.after = true;
    assert_int_equal(btree_rank_of_bound(t, &bound), not_above);

    bound = (struct btree_bound){.has_score = true, .has_member = true, .score = score, .member = member};
    size_t rank = model_rank(m, score, member);
    assert_int_equal(btree_rank_of_bound(t, &bound), rank);
    bound.after = true;
    assert_int_equal(btree_rank_of_bound(t, &bound), rank + model_has(m, score, member));
}

/* --- Kinds of scores --- */

static double score_uniform(void) { return (double)(random_u64() >> 11) * 0x1p-53; }
static double score_few(void) { return (double)random_below(5) - 2; }
static double score_equal(void) { return 0; }

static double score_any(void) {
    static const double edges[] = {0.0,     -0.0,     1.0,       -1.0,    5e-324,
                                   -5e-324, INFINITY, -INFINITY, 1.7e308, -1.7e308};
    if (random_below(2)) return edges[random_below(sizeof(edges) / sizeof(*edges))];
    uint64_t bits = random_u64();
    double score;
    memcpy(&score, &bits, sizeof(score));
    return isnan(score) ? 0 : score;
}

static double ascending_score;
static double score_ascending(void) { return ascending_score += 1; }
static double score_descending(void) { return ascending_score -= 0.5; }

static slice random_member(char buf[32]) {
    size_t len = random_below(16);
    for (size_t i = 0; i < len; i++) buf[i] = (char)random_below(i < 2 ? 4 : 256);
    return (slice){buf, len};
}

/* --- Histories --- */

struct history {
    btree *t;
    struct model m;
    double (*score)(void);
};

static struct history *new_history(double (*score)(void)) {
    struct history *h = calloc(1, sizeof(*h));
    assert_non_null(h);
    h->t = btree_new();
    h->score = score;
    return h;
}

static void end_history(struct history *h) {
    btree_free(h->t);
    for (size_t i = 0; i < h->m.count; i++) scored_free(h->m.elements[i]);
    free(h);
}

static void add_one(struct history *h) {
    char buf[32];
    slice member = random_member(buf);
    double score = h->score();
    if (model_has(&h->m, score, member)) return;
    scored *e = scored_new(member, score);
    btree_insert(h->t, e);
    model_insert(&h->m, e);
}

static void remove_at(struct history *h, size_t rank) {
    scored *e = h->m.elements[rank];
    btree_remove(h->t, e);
    model_remove(&h->m, rank);
    scored_free(e);
}

static void rescore_at(struct history *h, size_t rank, double score) {
    scored *e = h->m.elements[rank];
    if (model_has(&h->m, score, scored_member(e))) return;
    model_remove(&h->m, rank);
    btree_rescore(h->t, e, score);
    model_insert(&h->m, e);
}

static void look(struct history *h) {
    char buf[32];
    if (h->m.count > 0) assert_ranks(h->t, &h->m, random_below(h->m.count));
    assert_bounds(h->t, &h->m, h->score(), random_member(buf));
    if (h->m.count == 0) return;
    const scored *e = h->m.elements[random_below(h->m.count)];
    assert_bounds(h->t, &h->m, e->score, scored_member(e));
}

/* Grows to that many elements, then shrinks to none; a share of the steps goes the other way. */
static void grow_and_shrink(double (*score)(void), size_t most) {
    struct history *h = new_history(score);
    for (size_t step = 0; h->m.count < most && step < 4 * most; step++) {
        if (h->m.count > 0 && random_below(5) == 0)
            remove_at(h, random_below(h->m.count));
        else
            add_one(h);
        if (h->m.count > 0 && random_below(4) == 0) rescore_at(h, random_below(h->m.count), h->score());
        if (step % 16 == 0) look(h);
        if (step % 512 == 0) assert_same_order(h->t, &h->m);
    }
    assert_same_order(h->t, &h->m);
    for (size_t step = 0; h->m.count > 0; step++) {
        if (random_below(8) == 0)
            add_one(h);
        else
            remove_at(h, random_below(h->m.count));
        if (step % 16 == 0) look(h);
        if (step % 512 == 0) assert_same_order(h->t, &h->m);
    }
    assert_same_order(h->t, &h->m);
    assert_true(btree_memory_bytes(h->t) <= 128);
    end_history(h);
}

static void elements_are_kept_in_order_whatever_their_scores(void **state) {
    (void)state;
    grow_and_shrink(score_uniform, 5000);
    grow_and_shrink(score_any, 3000);
    grow_and_shrink(score_few, 3000);
    grow_and_shrink(score_ascending, 3000);
    grow_and_shrink(score_descending, 3000);
}

static void elements_of_equal_scores_are_in_the_order_of_their_members(void **state) {
    (void)state;
    grow_and_shrink(score_equal, 3000);
}

static void bounds_by_member_alone_find_ranks_among_equal_scores(void **state) {
    (void)state;
    struct history *h = new_history(score_equal);
    for (int i = 0; i < 2000; i++) add_one(h);
    for (int i = 0; i < 200; i++) {
        char buf[32];
        slice member = random_member(buf);
        struct btree_bound bound = {.has_member = true, .member = member};
        size_t rank = model_rank(&h->m, 0, member);
        assert_int_equal(btree_rank_of_bound(h->t, &bound), rank);
        bound.after = true;
        assert_int_equal(btree_rank_of_bound(h->t, &bound), rank + model_has(&h->m, 0, member));
    }
    end_history(h);
}

/* Removes everything from one end. */
static void drain(bool from_front) {
    struct history *h = new_history(score_uniform);
    for (int i = 0; i < 5000; i++) add_one(h);
    while (h->m.count > 0) {
        remove_at(h, from_front ? 0 : h->m.count - 1);
        if (h->m.count % 256 == 0) assert_same_order(h->t, &h->m);
    }
    end_history(h);
}

static void a_tree_drained_from_either_end_stays_valid(void **state) {
    (void)state;
    drain(true);
    drain(false);
}

static void members_of_any_length_come_back_whole(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 253, 254, 255, 256, 70000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        char *bytes = malloc(lengths[i] + 1);
        assert_non_null(bytes);
        memset(bytes, 'm', lengths[i]);
        scored *e = scored_new((slice){bytes, lengths[i]}, 2.5);
        assert_true(slice_equal(scored_member(e), (slice){bytes, lengths[i]}));
        assert_true(e->score == 2.5);
        assert_true(scored_bytes(lengths[i]) >= lengths[i] + sizeof(double) + 1);
        scored_free(e);
        free(bytes);
    }
}

/* Bytes of the tree for each of count elements inserted in the order of that kind. */
static double bytes_per_element(double (*score)(void), size_t count) {
    scored **all = malloc(count * sizeof(*all));
    assert_non_null(all);
    btree *t = btree_new();
    for (size_t i = 0; i < count; i++) {
        char buf[24];
        int len = snprintf(buf, sizeof(buf), "%zu", i);
        all[i] = scored_new((slice){buf, (size_t)len}, score());
        btree_insert(t, all[i]);
    }
    assert_true(btree_valid(t));
    double bytes = (double)btree_memory_bytes(t) / (double)count;
    btree_free(t);
    for (size_t i = 0; i < count; i++) scored_free(all[i]);
    free(all);
    return bytes;
}

static void an_element_costs_little_more_than_its_pointer(void **state) {
    (void)state;
    double shuffled = bytes_per_element(score_uniform, 50000);
    double in_order = bytes_per_element(score_ascending, 50000);
    double backwards = bytes_per_element(score_descending, 50000);
    print_message("bytes of tree per element: %.2f shuffled, %.2f in order, %.2f backwards\n", shuffled,
                  in_order, backwards);
    assert_true(shuffled < 10.5);
    assert_true(in_order < 9);
    assert_true(backwards < 10.5);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_kept_in_order_whatever_their_scores),
        cmocka_unit_test(elements_of_equal_scores_are_in_the_order_of_their_members),
        cmocka_unit_test(bounds_by_member_alone_find_ranks_among_equal_scores),
        cmocka_unit_test(a_tree_drained_from_either_end_stays_valid),
        cmocka_unit_test(members_of_any_length_come_back_whole),
        cmocka_unit_test(an_element_costs_little_more_than_its_pointer),
    };
    /* the same histories in every run, others with a number as the argument */
    random_seed(argc > 1 ? strtoull(argv[1], NULL, 10) : 20);
    return cmocka_run_group_tests_name("btree", tests, NULL, NULL);
}
