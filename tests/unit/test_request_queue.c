/* Request queue: what comes out is what went in, wherever the arguments lay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "net/batch.h"
#include "server/request/request_queue.h"

#define ARGUMENTS_MAX 20

static client someone;

/* Memory that is used again for every request, as the batch's is. */
static char arena[1 << 16];
static slice arguments[ARGUMENTS_MAX];

/* A request whose arguments follow from its number. */
static struct request make(uint64_t number) {
    int argc = 1 + (int)(number % ARGUMENTS_MAX);
    char *at = arena;
    for (int i = 0; i < argc; i++) {
        size_t len = (number * 37 + (uint64_t)i * 11) % (number % 50 == 0 ? 3000 : 40);
        memset(at, (char)('a' + (number + (uint64_t)i) % 26), len);
        arguments[i] = (slice){at, len};
        at += len;
    }
    return (struct request){.client = &someone,
                            .argv = arguments,
                            .argc = argc,
                            .bytes = (size_t)(at - arena),
                            .command = &arguments,
                            .key_hash = number,
                            .key_index = argc > 1,
                            .together = (uint32_t)number + 7};
}

/* Compares with the request of that number, which is made again. */
static void assert_request(const struct request *got, uint64_t number) {
    assert_non_null(got);
    struct request wanted = make(number);
    assert_ptr_equal(got->client, wanted.client);
    assert_ptr_equal(got->command, wanted.command);
    assert_int_equal(got->argc, wanted.argc);
    assert_int_equal(got->bytes, wanted.bytes);
    assert_int_equal(got->key_hash, wanted.key_hash);
    assert_int_equal(got->key_index, wanted.key_index);
    assert_int_equal(got->together, wanted.together);
    for (int i = 0; i < wanted.argc; i++) {
        assert_true(got->argv[i].data < arena || got->argv[i].data >= arena + sizeof(arena));
        assert_true(slice_equal(got->argv[i], wanted.argv[i]));
    }
}

static void add(struct request_queue *q, uint64_t number) {
    struct request r = make(number);
    request_queue_add(q, &r);
    memset(arena, '?', sizeof(arena));
}

/* --- Order --- */

static void an_empty_queue_has_no_first_request(void **state) {
    (void)state;
    struct request_queue q = {0};
    assert_null(request_queue_first(&q));
    request_queue_clear(&q);
    assert_int_equal(q.memory_bytes, 0);
}

static void requests_come_out_in_the_order_in_which_they_went_in(void **state) {
    (void)state;
    struct request_queue q = {0};
    for (uint64_t i = 0; i < 200; i++) add(&q, i);
    assert_int_equal(q.count, 200);
    for (uint64_t i = 0; i < 200; i++) {
        assert_request(request_queue_first(&q), i);
        request_queue_pop(&q);
    }
    assert_null(request_queue_first(&q));
    assert_int_equal(q.count, 0);
    assert_int_equal(q.memory_bytes, 0);
}

static void a_queue_can_be_walked_through_without_taking_anything_out(void **state) {
    (void)state;
    struct request_queue q = {0};
    for (uint64_t i = 0; i < 100; i++) add(&q, i);
    uint64_t number = 0;
    for (const struct request *r = request_queue_first(&q); r; r = request_queue_after(r))
        assert_request(r, number++);
    assert_int_equal(number, 100);
    assert_int_equal(q.count, 100);
    request_queue_clear(&q);
    assert_null(request_queue_first(&q));
}

static void random_histories_agree_with_a_model(void **state) {
    (void)state;
    struct request_queue q = {0};
    uint64_t first = 0, next = 0; /* the model: the numbers in between are in the queue */
    random_seed(3);
    size_t before = alloc_used_bytes();
    for (int i = 0; i < 20000; i++) {
        bool fills = i / 500 % 2 == 0;
        if (random_below(10) < (fills ? 7u : 3u)) {
            add(&q, next++);
        } else if (first < next) {
            assert_request(request_queue_first(&q), first++);
            request_queue_pop(&q);
        }
        assert_int_equal(q.count, next - first);
        if (first == next) {
            assert_int_equal(q.memory_bytes, 0);
            assert_int_equal(alloc_used_bytes(), before);
        }
    }
    request_queue_clear(&q);
    assert_int_equal(alloc_used_bytes(), before);
}

static void the_text_of_a_protocol_error_is_copied(void **state) {
    (void)state;
    struct request_queue q = {0};
    char text[] = "invalid bulk length";
    struct request r = {.client = &someone, .error = text};
    request_queue_add(&q, &r);
    memset(text, '?', sizeof(text) - 1);
    assert_string_equal(request_queue_first(&q)->error, "invalid bulk length");
    assert_int_equal(request_queue_first(&q)->argc, 0);
    request_queue_clear(&q);
}

/* --- Memory --- */

static void one_small_request_takes_little_memory(void **state) {
    (void)state;
    struct request_queue q = {0};
    size_t before = alloc_used_bytes();
    add(&q, 2);
    assert_true(q.memory_bytes < 512);
    assert_true(alloc_used_bytes() - before < 512);
    request_queue_clear(&q);
}

static void the_memory_is_told_as_it_is(void **state) {
    (void)state;
    struct request_queue q = {0};
    size_t before = alloc_used_bytes();
    for (uint64_t i = 0; i < 1000; i++) {
        add(&q, i);
        size_t used = alloc_used_bytes() - before;
        assert_true(q.memory_bytes <= used);
        assert_true(q.memory_bytes >= used / 10 * 7); /* the rest is what allocation classes round up to */
    }
    request_queue_clear(&q);
    assert_int_equal(q.memory_bytes, 0);
    assert_int_equal(alloc_used_bytes(), before);
}

/* --- Blobs --- */

#define LARGE_BYTES (BATCH_BLOB_MIN_BYTES + 1000)

/* A blob that the batch owns, as a large argument's is. */
static blob *receive_blob(char fill) {
    blob *b = blob_new(LARGE_BYTES);
    memset(b->data, fill, b->len);
    batch_retire_blob(b);
    return b;
}

/* SET key <blob> */
static void add_blob(struct request_queue *q, const blob *b) {
    slice argv[] = {SLICE("SET"), SLICE("key"), {b->data, b->len}};
    struct request r = {.client = &someone, .argv = argv, .argc = 3};
    request_queue_add(q, &r);
}

static void a_large_argument_is_held_where_it_is(void **state) {
    (void)state;
    struct request_queue q = {0};
    blob *b = receive_blob('b');
    add_blob(&q, b);
    batch_run(); /* which lets go what it owns */
    const struct request *r = request_queue_first(&q);
    assert_ptr_equal(r->argv[2].data, b->data);
    assert_int_equal(r->argv[2].len, LARGE_BYTES);
    assert_int_equal(r->argv[2].data[LARGE_BYTES - 1], 'b');
    assert_true(slice_equal(r->argv[1], SLICE("key")));
    assert_true(q.memory_bytes >= LARGE_BYTES);
    request_queue_pop(&q);
    assert_int_equal(q.memory_bytes, 0);
}

static void a_long_argument_that_is_not_in_a_blob_is_copied(void **state) {
    (void)state;
    struct request_queue q = {0};
    slice argv[] = {{arena, LARGE_BYTES}, SLICE("x")};
    memset(arena, 'l', LARGE_BYTES);
    struct request r = {.client = &someone, .argv = argv, .argc = 2};
    request_queue_add(&q, &r);
    memset(arena, '?', LARGE_BYTES);
    const struct request *queued = request_queue_first(&q);
    assert_int_equal(queued->argv[0].data[LARGE_BYTES - 1], 'l');
    assert_true(slice_equal(queued->argv[1], SLICE("x")));
    request_queue_clear(&q);
}

static void a_lent_blob_can_be_adopted(void **state) {
    (void)state;
    struct request_queue q = {0};
    blob *b = receive_blob('b');
    add_blob(&q, b);
    batch_run();
    const struct request *r = request_queue_first(&q);
    assert_false(batch_is_blob(r->argv[2]));
    request_queue_lend(&q, r);
    assert_true(q.memory_bytes < LARGE_BYTES);
    assert_true(batch_is_blob(r->argv[2]));
    blob *adopted = batch_take_blob(r->argv[2]);
    assert_ptr_equal(adopted, b);
    request_queue_clear(&q);
    batch_run();
    assert_int_equal(adopted->data[LARGE_BYTES - 1], 'b');
    blob_release(adopted);
}

static void a_cleared_queue_lets_its_blobs_go(void **state) {
    (void)state;
    struct request_queue q = {0};
    batch_retire_block(alloc(1)); /* so that the batch has room for what it owns */
    batch_run();
    size_t before = alloc_used_bytes();
    add_blob(&q, receive_blob('b'));
    add_blob(&q, receive_blob('c'));
    batch_run();
    assert_true(alloc_used_bytes() >= before + 2 * LARGE_BYTES);
    request_queue_clear(&q);
    assert_int_equal(alloc_used_bytes(), before);
}

int main(void) {
    alloc_register_thread();
    batch_open();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_has_no_first_request),
        cmocka_unit_test(requests_come_out_in_the_order_in_which_they_went_in),
        cmocka_unit_test(a_queue_can_be_walked_through_without_taking_anything_out),
        cmocka_unit_test(random_histories_agree_with_a_model),
        cmocka_unit_test(the_text_of_a_protocol_error_is_copied),
        cmocka_unit_test(one_small_request_takes_little_memory),
        cmocka_unit_test(the_memory_is_told_as_it_is),
        cmocka_unit_test(a_large_argument_is_held_where_it_is),
        cmocka_unit_test(a_long_argument_that_is_not_in_a_blob_is_copied),
        cmocka_unit_test(a_lent_blob_can_be_adopted),
        cmocka_unit_test(a_cleared_queue_lets_its_blobs_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
