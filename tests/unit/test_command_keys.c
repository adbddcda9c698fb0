/* Keys of requests, by every kind of key specification, and the rules of single commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command/key_rules.h"
#include "server/request/command_keys.h"

#define ARGUMENTS_MAX 32

/* The keys of a request as "key=flags ...", flags in the order of their names; "invalid" if the walk says so.
 */
static const char *keys_of(const command *row, const char *request) {
    static char text[512];
    char words[512];
    slice argv[ARGUMENTS_MAX];
    int argc = 0;
    snprintf(words, sizeof words, "%s", request);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = slice_of(word);

    size_t len = 0;
    text[0] = '\0';
    key_position key;
    key_walk walk = key_walk_begin(row, argv, argc);
    while (key_walk_next(&walk, &key)) {
        assert_true(key.index > 0 && key.index < argc);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s=", len ? " " : "",
                                (int)argv[key.index].len, argv[key.index].data);
        for (const command_flag_name *n = key_flag_names; n->flag; n++)
            if (key.flags & n->flag) len += (size_t)snprintf(text + len, sizeof text - len, "%c", n->name[1]);
    }
    if (walk.invalid) len += (size_t)snprintf(text + len, sizeof text - len, "%sinvalid", len ? " " : "");
    assert_true(len < sizeof text);
    assert_false(key_walk_next(&walk, &key)); /* the end stays the end */
    return text;
}

/* Second letters of RO RW OW access update insert delete: O W W c p n e. */

static void a_fixed_index_gives_one_key(void **state) {
    (void)state;
    command row = {.arity = -2,
                   .keys = {{.flags = KEY_RO | KEY_ACCESS,
                             .begin = KEY_BEGIN_INDEX,
                             .index = 1,
                             .find = KEY_FIND_RANGE,
                             .range = {0, 1, 0}}}};
    assert_string_equal(keys_of(&row, "get a"), "a=Oc");
    assert_string_equal(keys_of(&row, "get a b"), "a=Oc");
    assert_true(command_has_keys(&row));
}

static void a_range_runs_to_an_index_or_to_the_end(void **state) {
    (void)state;
    command row = {.arity = -2,
                   .keys = {{.flags = KEY_RO,
                             .begin = KEY_BEGIN_INDEX,
                             .index = 1,
                             .find = KEY_FIND_RANGE,
                             .range = {-1, 1, 0}}}};
    assert_string_equal(keys_of(&row, "del a b c"), "a=O b=O c=O");
    row.keys[0].range.step = 2;
    assert_string_equal(keys_of(&row, "mset a 1 b 2"), "a=O b=O");
    assert_string_equal(keys_of(&row, "mset a 1 b"), "a=O b=O");
    row.keys[0].range.step = 1;
    row.keys[0].range.last_key = -2;
    assert_string_equal(keys_of(&row, "blpop a b 0"), "a=O b=O");
    assert_string_equal(keys_of(&row, "blpop 0"), "");
    row.keys[0].range.last_key = 1;
    assert_string_equal(keys_of(&row, "lcs a b c"), "a=O b=O");
    assert_string_equal(keys_of(&row, "lcs a"), "a=O");
}

static void several_specifications_follow_one_another(void **state) {
    (void)state;
    command row = {.arity = -4,
                   .keys = {{.flags = KEY_OW,
                             .begin = KEY_BEGIN_INDEX,
                             .index = 2,
                             .find = KEY_FIND_RANGE,
                             .range = {0, 1, 0}},
                            {.flags = KEY_RO,
                             .begin = KEY_BEGIN_INDEX,
                             .index = 3,
                             .find = KEY_FIND_RANGE,
                             .range = {-1, 1, 0}}}};
    assert_string_equal(keys_of(&row, "bitop and d a b"), "d=W a=O b=O");
}

static void a_keyword_marks_the_first_key(void **state) {
    (void)state;
    command row = {.arity = -4,
                   .keys = {{.flags = KEY_RO,
                             .begin = KEY_BEGIN_KEYWORD,
                             .keyword = {"STREAMS", 1},
                             .find = KEY_FIND_RANGE,
                             .range = {-1, 1, 2}}}};
    assert_string_equal(keys_of(&row, "xread streams a b 0 0"), "a=O b=O");
    assert_string_equal(keys_of(&row, "xread count 1 Streams a 0"), "a=O");
    assert_string_equal(keys_of(&row, "xread streams a b 0"), "a=O");
    assert_string_equal(keys_of(&row, "xread count 1 block 0"), "");
    assert_string_equal(keys_of(&row, "xread count 1 streams"), "");
}

static void a_keyword_may_be_searched_from_the_end(void **state) {
    (void)state;
    command row = {.arity = -2,
                   .keys = {{.flags = KEY_RW,
                             .begin = KEY_BEGIN_KEYWORD,
                             .keyword = {"KEYS", -2},
                             .find = KEY_FIND_RANGE,
                             .range = {-1, 1, 0}}}};
    assert_string_equal(keys_of(&row, "migrate keys x keys a b"), "a=W b=W");
    assert_string_equal(keys_of(&row, "migrate keys"), "");
    assert_string_equal(keys_of(&row, "migrate a keys"), "");
    assert_string_equal(keys_of(&row, "keys a b"), "");
}

static command counted(void) {
    return (command){.arity = -3,
                     .keys = {{.flags = KEY_OW,
                               .begin = KEY_BEGIN_INDEX,
                               .index = 1,
                               .find = KEY_FIND_RANGE,
                               .range = {0, 1, 0}},
                              {.flags = KEY_RO,
                               .begin = KEY_BEGIN_INDEX,
                               .index = 2,
                               .find = KEY_FIND_KEYNUM,
                               .keynum = {0, 1, 1}}}};
}

static void a_number_tells_how_many_keys_follow(void **state) {
    (void)state;
    command row = counted();
    assert_string_equal(keys_of(&row, "zunionstore d 2 a b weights 1 2"), "d=W a=O b=O");
    assert_string_equal(keys_of(&row, "zunionstore d 1 a b"), "d=W a=O");
    row.keys[1].keynum.step = 2;
    assert_string_equal(keys_of(&row, "msetex d 2 a 1 b 2"), "d=W a=O b=O");
    assert_string_equal(keys_of(&row, "msetex d 2 a 1 b"), "d=W a=O b=O");
    assert_string_equal(keys_of(&row, "msetex d 3 a 1 b 2"), "d=W invalid");
}

static void a_number_of_keys_that_can_not_be_is_invalid(void **state) {
    (void)state;
    command row = counted();
    assert_string_equal(keys_of(&row, "zunionstore d 3 a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d 0 a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d -1 a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d x a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d 9223372036854775807 a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d 4294967297 a b"), "d=W invalid");
    assert_string_equal(keys_of(&row, "zunionstore d 1"), "d=W invalid");
}

static void what_only_looks_like_a_key_is_passed_over(void **state) {
    (void)state;
    command row = {.arity = 3,
                   .keys = {{.flags = KEY_NOT_KEY,
                             .begin = KEY_BEGIN_INDEX,
                             .index = 1,
                             .find = KEY_FIND_RANGE,
                             .range = {0, 1, 0}}}};
    assert_string_equal(keys_of(&row, "spublish channel message"), "");
    assert_false(command_has_keys(&row));
}

static void a_command_without_specifications_has_no_keys(void **state) {
    (void)state;
    command row = {.arity = -1};
    assert_string_equal(keys_of(&row, "ping a"), "");
    assert_false(command_has_keys(&row));
}

static bool last_argument(const slice *argv, int argc, int spec, key_position *key) {
    (void)argv;
    if (spec == 0) return true;
    assert_int_equal(key->index, 0);
    key->index = argc - 1;
    return argc > 2;
}

static void a_rule_finds_keys_whose_place_is_unknown(void **state) {
    (void)state;
    command row = {
        .arity = -2,
        .key_rule = last_argument,
        .keys = {{.flags = KEY_RO,
                  .begin = KEY_BEGIN_INDEX,
                  .index = 1,
                  .find = KEY_FIND_RANGE,
                  .range = {0, 1, 0}},
                 {.flags = KEY_OW | KEY_INCOMPLETE, .begin = KEY_BEGIN_UNKNOWN, .find = KEY_FIND_UNKNOWN}}};
    assert_string_equal(keys_of(&row, "sort a store b"), "a=O b=W");
    assert_string_equal(keys_of(&row, "sort a"), "a=O");
    row.key_rule = NULL;
    assert_string_equal(keys_of(&row, "sort a store b"), "a=O");
}

static command ruled(command_key_rule *rule) {
    return (command){.arity = -2,
                     .key_rule = rule,
                     .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS,
                               .begin = KEY_BEGIN_INDEX,
                               .index = 1,
                               .find = KEY_FIND_RANGE,
                               .range = {0, 1, 0}}}};
}

static void set_reads_the_old_value_only_with_get(void **state) {
    (void)state;
    command row = ruled(key_rule_set);
    assert_string_equal(keys_of(&row, "set a b"), "a=Wp");
    assert_string_equal(keys_of(&row, "set a get"), "a=Wp");
    assert_string_equal(keys_of(&row, "set a b ex 10 nx"), "a=Wp");
    assert_string_equal(keys_of(&row, "set a b nx GET ex 10"), "a=Wcp");
}

static void bitfield_reads_only_if_every_operation_is_get(void **state) {
    (void)state;
    command row = ruled(key_rule_bitfield);
    assert_string_equal(keys_of(&row, "bitfield k"), "k=Oc");
    assert_string_equal(keys_of(&row, "bitfield k GET u8 0 get u8 8"), "k=Oc");
    assert_string_equal(keys_of(&row, "bitfield k overflow wrap get u8 0"), "k=Oc");
    assert_string_equal(keys_of(&row, "bitfield k get u8 0 set u8 0 1"), "k=Wcp");
    assert_string_equal(keys_of(&row, "bitfield k incrby u8 0 1"), "k=Wcp");
    assert_string_equal(keys_of(&row, "bitfield k get u8"), "k=Wcp");
    assert_string_equal(keys_of(&row, "bitfield k overflow"), "k=Wcp");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_index_gives_one_key),
        cmocka_unit_test(a_range_runs_to_an_index_or_to_the_end),
        cmocka_unit_test(several_specifications_follow_one_another),
        cmocka_unit_test(a_keyword_marks_the_first_key),
        cmocka_unit_test(a_keyword_may_be_searched_from_the_end),
        cmocka_unit_test(a_number_tells_how_many_keys_follow),
        cmocka_unit_test(a_number_of_keys_that_can_not_be_is_invalid),
        cmocka_unit_test(what_only_looks_like_a_key_is_passed_over),
        cmocka_unit_test(a_command_without_specifications_has_no_keys),
        cmocka_unit_test(a_rule_finds_keys_whose_place_is_unknown),
        cmocka_unit_test(set_reads_the_old_value_only_with_get),
        cmocka_unit_test(bitfield_reads_only_if_every_operation_is_get),
    };
    return cmocka_run_group_tests_name("command keys", tests, NULL, NULL);
}
