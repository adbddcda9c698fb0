/* Key rules: for the commands whose options change what is done with a key.
 *
 * A rule looks for the option only. Whether the request is valid is for the command to say, and a request
 * that it will refuse may get flags that are too wide, never too narrow. */
#include "command/key_rules.h"

bool key_rule_set(const slice *argv, int argc, int spec, key_position *key) {
    (void)spec;
    key->flags = KEY_OW | KEY_UPDATE;
    for (int i = 3; i < argc; i++)
        if (slice_is(argv[i], "get")) key->flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    return true;
}

bool key_rule_bitfield(const slice *argv, int argc, int spec, key_position *key) {
    (void)spec;
    key->flags = KEY_RO | KEY_ACCESS;
    for (int i = 2; i < argc;) {
        if (slice_is(argv[i], "get") && argc - i > 2) {
            i += 3;
        } else if (slice_is(argv[i], "overflow") && argc - i > 1) {
            i += 2;
        } else {
            key->flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
            break;
        }
    }
    return true;
}

/* How many arguments the option takes. */
static int sort_option_arguments(slice option) {
    if (slice_is(option, "limit")) return 2;
    return slice_is(option, "by") || slice_is(option, "get") || slice_is(option, "store");
}

bool key_rule_sort(const slice *argv, int argc, int spec, key_position *key) {
    enum { SOURCE, PATTERNS, DESTINATION };
    if (spec != DESTINATION) return spec == SOURCE;
    key->index = 0;
    for (int i = 2; i < argc; i += 1 + sort_option_arguments(argv[i]))
        if (slice_is(argv[i], "store") && i + 1 < argc) key->index = i + 1;
    return key->index > 0;
}
