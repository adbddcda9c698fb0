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
