/* The syntax language: every construct, every error, and the readable form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command/syntax.h"

static syntax parsed(const char *text) {
    syntax s;
    if (!syntax_parse(&s, text)) fail_msg("%s: %s at %zu", text, s.error, s.error_at);
    return s;
}

/* The first argument of a syntax of one. */
static syntax_argument only(const char *text) {
    syntax s = parsed(text);
    assert_int_equal(syntax_length(&s, s.first), 1);
    return s.arguments[s.first];
}

static void assert_slice(slice s, const char *text) {
    assert_non_null(s.data);
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.data, text, s.len);
}

static void assert_error(const char *text, const char *error, size_t at) {
    syntax s;
    assert_false(syntax_parse(&s, text));
    assert_string_equal(s.error, error);
    assert_int_equal(s.error_at, at);
}

static void assert_reads(const char *text, const char *readable) {
    syntax s = parsed(text);
    char buf[256];
    assert_int_equal(syntax_describe(&s, buf, sizeof buf), strlen(readable));
    assert_string_equal(buf, readable);
}

static void an_empty_text_has_no_arguments(void **state) {
    (void)state;
    syntax s = parsed("");
    assert_int_equal(s.count, 0);
    assert_int_equal(s.first, SYNTAX_NONE);
    assert_int_equal(syntax_length(&s, s.first), 0);
}

static void a_name_is_a_string_value(void **state) {
    (void)state;
    syntax_argument a = only("value");
    assert_string_equal(a.name, "value");
    assert_int_equal(a.type, SYNTAX_STRING);
    assert_int_equal(a.flags, 0);
    assert_int_equal(a.key_spec, SYNTAX_NONE);
    assert_int_equal(a.first, SYNTAX_NONE);
    assert_null(a.token.data);
    assert_null(a.since.data);
    assert_null(a.deprecated_since.data);
    assert_slice(syntax_shown(&a), "value");
}

static void a_type_follows_a_colon(void **state) {
    (void)state;
    assert_int_equal(only("n:integer").type, SYNTAX_INTEGER);
    assert_int_equal(only("n:double").type, SYNTAX_DOUBLE);
    assert_int_equal(only("n:pattern").type, SYNTAX_PATTERN);
    assert_int_equal(only("n:unix-time").type, SYNTAX_UNIX_TIME);
    assert_int_equal(only("n:string").type, SYNTAX_STRING);
}

static void the_word_key_is_the_first_key(void **state) {
    (void)state;
    syntax_argument a = only("key");
    assert_int_equal(a.type, SYNTAX_KEY);
    assert_int_equal(a.key_spec, 0);
    a = only("key:string");
    assert_int_equal(a.type, SYNTAX_STRING);
    assert_int_equal(a.key_spec, SYNTAX_NONE);
}

static void a_number_sign_makes_a_key_unless_there_is_a_type(void **state) {
    (void)state;
    syntax_argument a = only("destination#1");
    assert_int_equal(a.type, SYNTAX_KEY);
    assert_int_equal(a.key_spec, 1);
    a = only("key#2");
    assert_int_equal(a.type, SYNTAX_KEY);
    assert_int_equal(a.key_spec, 2);
    a = only("by-pattern:pattern#1");
    assert_int_equal(a.type, SYNTAX_PATTERN);
    assert_int_equal(a.key_spec, 1);
}

static void a_lone_token_is_a_pure_token_named_after_itself(void **state) {
    (void)state;
    syntax_argument a = only("KEEP-TTL2");
    assert_int_equal(a.type, SYNTAX_PURE_TOKEN);
    assert_string_equal(a.name, "keep-ttl2");
    assert_slice(a.token, "KEEP-TTL2");
    assert_slice(syntax_shown(&a), "keep-ttl2");
}

static void a_given_name_replaces_the_tokens(void **state) {
    (void)state;
    syntax_argument a = only("change=CH");
    assert_int_equal(a.type, SYNTAX_PURE_TOKEN);
    assert_string_equal(a.name, "change");
    assert_slice(a.token, "CH");
}

static void quotes_hold_any_token_even_an_empty_one(void **state) {
    (void)state;
    syntax_argument a = only("approximately=\"~\"");
    assert_int_equal(a.type, SYNTAX_PURE_TOKEN);
    assert_slice(a.token, "~");
    a = only("empty=\"\"");
    assert_int_equal(a.type, SYNTAX_PURE_TOKEN);
    assert_slice(a.token, "");
}

static void a_token_takes_the_value_that_follows(void **state) {
    (void)state;
    syntax_argument a = only("EX seconds:integer");
    assert_int_equal(a.type, SYNTAX_INTEGER);
    assert_string_equal(a.name, "seconds");
    assert_slice(a.token, "EX");
    a = only("client-type=TYPE (NORMAL|PUBSUB)");
    assert_int_equal(a.type, SYNTAX_ONEOF);
    assert_string_equal(a.name, "client-type");
    assert_slice(a.token, "TYPE");
}

static void a_comma_keeps_a_token_and_a_value_apart(void **state) {
    (void)state;
    syntax s = parsed("NODE, node-id");
    assert_int_equal(syntax_length(&s, s.first), 2);
    assert_int_equal(s.arguments[0].type, SYNTAX_PURE_TOKEN);
    assert_int_equal(s.arguments[1].type, SYNTAX_STRING);
    assert_null(s.arguments[1].token.data);
}

static void tokens_do_not_take_tokens(void **state) {
    (void)state;
    syntax s = parsed("NO ONE");
    assert_int_equal(syntax_length(&s, s.first), 2);
    assert_int_equal(s.arguments[0].type, SYNTAX_PURE_TOKEN);
    assert_int_equal(s.arguments[1].type, SYNTAX_PURE_TOKEN);
}

static void parentheses_hold_alternatives_and_braces_a_block(void **state) {
    (void)state;
    syntax s = parsed("condition=(NX|XX|IFEQ value) data={key value}");
    assert_int_equal(s.count, 7);
    const syntax_argument *condition = &s.arguments[s.first];
    assert_int_equal(condition->type, SYNTAX_ONEOF);
    assert_int_equal(syntax_length(&s, condition->first), 3);
    const syntax_argument *data = &s.arguments[condition->next];
    assert_int_equal(data->type, SYNTAX_BLOCK);
    assert_int_equal(syntax_length(&s, data->first), 2);
    assert_string_equal(s.arguments[data->first].name, "key");
    assert_int_equal(data->next, SYNTAX_NONE);
}

static void brackets_make_an_argument_optional(void **state) {
    (void)state;
    assert_int_equal(only("[count:integer]").flags, SYNTAX_OPTIONAL);
    assert_int_equal(only("[GET]").flags, SYNTAX_OPTIONAL);
}

static void dots_inside_repeat_the_value_and_outside_the_token_too(void **state) {
    (void)state;
    assert_int_equal(only("key...").flags, SYNTAX_MULTIPLE);
    assert_int_equal(only("[ID id:integer...]").flags, SYNTAX_OPTIONAL | SYNTAX_MULTIPLE);
    assert_int_equal(only("[PREFIX prefix]...").flags,
                     SYNTAX_OPTIONAL | SYNTAX_MULTIPLE | SYNTAX_MULTIPLE_TOKEN);
}

static void marks_give_text_versions_and_all_together(void **state) {
    (void)state;
    syntax_argument a = only("[ADDR addr:string#3<ip:port>...@6.2.0!7.0.0]");
    assert_string_equal(a.name, "addr");
    assert_int_equal(a.type, SYNTAX_STRING);
    assert_int_equal(a.key_spec, 3);
    assert_slice(syntax_shown(&a), "ip:port");
    assert_int_equal(a.flags, SYNTAX_OPTIONAL | SYNTAX_MULTIPLE);
    assert_slice(a.since, "6.2.0");
    assert_slice(a.deprecated_since, "7.0.0");
    assert_slice(only("condition=(NX|XX)@7.0.0").since, "7.0.0");
    assert_slice(only("GET@6.2.0").since, "6.2.0");
}

static void what_is_not_in_the_language_is_refused_with_the_place(void **state) {
    (void)state;
    assert_error(" ", "an argument is missing", 0);
    assert_error("key ", "an argument is missing", 4);
    assert_error("key  value", "an argument is missing", 4);
    assert_error("[key", "a closing bracket is missing", 4);
    assert_error("key]", "unexpected text", 3);
    assert_error("(NX|XX)", "a group needs a name", 0);
    assert_error("a=(NX|XX", "an argument or a closing bracket is missing", 8);
    assert_error("a=(NX XX)", "an argument or a closing bracket is missing", 5);
    assert_error("a={key|value}", "an argument or a closing bracket is missing", 6);
    assert_error("a=()", "an argument is missing", 3);
    assert_error("a=value", "a value has two names", 2);
    assert_error("EXseconds", "unexpected text", 2);
    assert_error("a:number", "no such type for a value", 8);
    assert_error("a:oneof", "no such type for a value", 7);
    assert_error("a:key", "no such type for a value", 5);
    assert_error("GET:integer", "no such type for a value", 11);
    assert_error("a#", "the number of a key specification is missing", 2);
    assert_error("GET#1", "only values are keys", 4);
    assert_error("a<text", "a quote or angle bracket is not closed", 2);
    assert_error("GET<text>", "only values have something to show", 4);
    assert_error("\"~", "a quote or angle bracket is not closed", 1);
    assert_error("a@", "a version is missing", 2);
    assert_error("a!x", "a version is missing", 2);
    assert_error("[key]...", "there is no token to repeat", 8);
    assert_error("[ID id...]...", "there is no token to repeat", 13);
    assert_error("a...:integer", "unexpected text", 4);
}

static void every_limit_is_an_error_of_its_own(void **state) {
    (void)state;
    assert_error("a123456789012345678901234567890x", "a name is too long", 32);
    assert_int_equal(strlen(only("a12345678901234567890123456789x").name), SYNTAX_NAME_MAX - 1);

    char many[4 * (SYNTAX_ARGUMENTS_MAX + 1) + 1] = "";
    for (int i = 0; i < SYNTAX_ARGUMENTS_MAX; i++) strcat(many, i ? " a" : "a");
    assert_int_equal(parsed(many).count, SYNTAX_ARGUMENTS_MAX);
    strcat(many, " a");
    assert_error(many, "too many arguments", strlen(many) - 1);

    char deep[4 * SYNTAX_DEPTH_MAX + 1] = "";
    for (int i = 0; i < SYNTAX_DEPTH_MAX; i++) strcat(deep, "a={");
    assert_error(deep, "arguments are nested too deeply", strlen(deep));
}

static void the_readable_form_is_that_of_the_documentation(void **state) {
    (void)state;
    assert_reads("", "");
    assert_reads("key value:integer", "key value");
    assert_reads("key... [value...]", "key [key ...] [value [value ...]]");
    assert_reads("data={key value}...", "key value [key value ...]");
    assert_reads("[condition=(NX|XX|IFEQ old@8.0.0)] [GET]", "[NX | XX | IFEQ old] [GET]");
    assert_reads("operation=(AND|OR) key", "<AND | OR> key");
    assert_reads("[client-type=TYPE (NORMAL|PUBSUB)]", "[TYPE <NORMAL | PUBSUB>]");
    assert_reads("[ADDR addr<ip:port>]", "[ADDR ip:port]");
    assert_reads("[ID id:integer...]", "[ID id [id ...]]");
    assert_reads("[get=GET {encoding offset}]...", "[GET encoding offset [GET encoding offset ...]]");
    assert_reads("[operator=(equal=\"=\"|approximately=\"~\")]", "[= | ~]");
    assert_reads("none=\"\"", "\"\"");
    assert_reads("a=(x={b c}...|d)", "<b c [b c ...] | d>");
    assert_reads("[o=(a-long-name-of-a-value|another-long-name-of-one)...]",
                 "[<a-long-name-of-a-value | another-long-name-of-one> ...]");
}

static void the_readable_form_is_cut_to_the_buffer(void **state) {
    (void)state;
    syntax s = parsed("key value");
    char buf[6] = "xxxxx";
    assert_int_equal(syntax_describe(&s, buf, sizeof buf), 9);
    assert_string_equal(buf, "key v");
    assert_int_equal(syntax_describe(&s, buf, 1), 9);
    assert_string_equal(buf, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_text_has_no_arguments),
        cmocka_unit_test(a_name_is_a_string_value),
        cmocka_unit_test(a_type_follows_a_colon),
        cmocka_unit_test(the_word_key_is_the_first_key),
        cmocka_unit_test(a_number_sign_makes_a_key_unless_there_is_a_type),
        cmocka_unit_test(a_lone_token_is_a_pure_token_named_after_itself),
        cmocka_unit_test(a_given_name_replaces_the_tokens),
        cmocka_unit_test(quotes_hold_any_token_even_an_empty_one),
        cmocka_unit_test(a_token_takes_the_value_that_follows),
        cmocka_unit_test(a_comma_keeps_a_token_and_a_value_apart),
        cmocka_unit_test(tokens_do_not_take_tokens),
        cmocka_unit_test(parentheses_hold_alternatives_and_braces_a_block),
        cmocka_unit_test(brackets_make_an_argument_optional),
        cmocka_unit_test(dots_inside_repeat_the_value_and_outside_the_token_too),
        cmocka_unit_test(marks_give_text_versions_and_all_together),
        cmocka_unit_test(what_is_not_in_the_language_is_refused_with_the_place),
        cmocka_unit_test(every_limit_is_an_error_of_its_own),
        cmocka_unit_test(the_readable_form_is_that_of_the_documentation),
        cmocka_unit_test(the_readable_form_is_cut_to_the_buffer),
    };
    return cmocka_run_group_tests_name("syntax", tests, NULL, NULL);
}
