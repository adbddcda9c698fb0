/* Redaction: by the kind of secret that a command's row names (enum command_secrets).
 *
 * It goes by where the words stand and not by whether the request was well formed, so that a password shows
 * in no mistyped request either. */
#include "server/insight/redaction.h"

#include "server/config/config.h"

static bool is_secret(const command *row, const slice *argv, int index) {
    switch ((enum command_secrets)row->secrets) {
    case SECRETS_NONE: return false;
    case SECRETS_ALL: return index >= (row->parent ? 2 : 1);
    case SECRETS_AFTER_AUTH:
        return index >= 2 && (slice_is(argv[index - 1], "AUTH") || slice_is(argv[index - 2], "AUTH"));
    case SECRETS_SETTINGS: return index >= 3 && index % 2 == 1 && config_is_secret(argv[index - 1]);
    }
    return true;
}

slice redaction_show(const command *row, const slice *argv, int index) {
    return is_secret(row, argv, index) ? SLICE("(redacted)") : argv[index];
}
