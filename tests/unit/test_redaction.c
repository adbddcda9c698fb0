/* Redaction: secrets are hidden wherever they stand, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/words.h"
#include "command/table.h"
#include "server/insight/redaction.h"
#include "server/request/registry.h"

#define WORDS_MAX 16

/* Checks that of the first line others see the second. */
static void check(const char *line, const char *shown) {
    char scratch[256];
    slice words[WORDS_MAX], expected[WORDS_MAX];
    int count = words_split(slice_of(line), scratch, words, WORDS_MAX);
    assert_int_equal(words_split(slice_of(shown), scratch, expected, WORDS_MAX), count);
    const command *row = registry_resolve(words, count);
    for (int i = 0; i < count; i++) {
        slice word = redaction_show(row, words, i);
        if (!slice_equal(word, expected[i]))
            fail_msg("%s: shows %.*s instead of %.*s", line, (int)word.len, word.data, (int)expected[i].len,
                     expected[i].data);
    }
}

static void passwords_and_users_are_hidden(void **state) {
    (void)state;
    check("AUTH secret", "AUTH (redacted)");
    check("auth user secret", "auth (redacted) (redacted)");
    check("AUTH a b c", "AUTH (redacted) (redacted) (redacted)");
    check("HELLO 3 AUTH user secret SETNAME x", "HELLO 3 AUTH (redacted) (redacted) SETNAME x");
    check("HELLO 3 SETNAME x auth user secret", "HELLO 3 SETNAME x auth (redacted) (redacted)");
}

static void they_are_hidden_in_wrong_requests_too(void **state) {
    (void)state;
    check("HELLO 9 AUTH user secret more", "HELLO 9 AUTH (redacted) (redacted) more");
    check("HELLO 3 AUTH user", "HELLO 3 AUTH (redacted)");
    check("HELLO AUTH user secret", "HELLO AUTH (redacted) (redacted)");
    check("HELLO 3 SETNAME AUTH AUTH user secret", "HELLO 3 SETNAME AUTH (redacted) (redacted) (redacted)");
}

static void values_of_secret_settings_are_hidden(void **state) {
    (void)state;
    check("CONFIG SET requirepass secret", "CONFIG SET requirepass (redacted)");
    check("CONFIG SET maxmemory 1 PRIMARYAUTH secret", "CONFIG SET maxmemory 1 PRIMARYAUTH (redacted)");
    check("CONFIG SET maxmemory requirepass", "CONFIG SET maxmemory requirepass");
    check("CONFIG SET nonsense x requirepass secret", "CONFIG SET nonsense x requirepass (redacted)");
    check("CONFIG SET maxmemory 1 requirepass", "CONFIG SET maxmemory 1 requirepass");
    check("CONFIG GET requirepass", "CONFIG GET requirepass");
}

static void all_else_is_shown(void **state) {
    (void)state;
    check("SET AUTH value", "SET AUTH value");
    check("HELLO 3 SETNAME x", "HELLO 3 SETNAME x");
    check("HELLO", "HELLO");
    check("PING", "PING");
}

static int load_commands(void **state) {
    (void)state;
    registry_load(command_table());
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_and_users_are_hidden),
        cmocka_unit_test(they_are_hidden_in_wrong_requests_too),
        cmocka_unit_test(values_of_secret_settings_are_hidden),
        cmocka_unit_test(all_else_is_shown),
    };
    return cmocka_run_group_tests_name("redaction", tests, load_commands, NULL);
}
