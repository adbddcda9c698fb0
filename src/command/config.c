/* CONFIG: shows, changes and saves the settings. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "command/handlers.h"
#include "command/help.h"
#include "net/reply.h"
#include "server/config/config.h"
#include "server/insight/statistics.h"

/* Whether the pattern is a plain name: here a backslash alone makes no pattern. */
static bool is_plain_name(slice pattern) {
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.data[i] == '*' || pattern.data[i] == '?' || pattern.data[i] == '[') return false;
    return true;
}

/* Whether a pattern asks for the option of that name. If so, *shown is what to call it: a plain name is given
 * back as it was written, for clients look it up so. */
static bool is_wanted(const args *a, const char *name, slice *shown) {
    for (int i = 2; i < a->argc; i++) {
        bool plain = is_plain_name(a->argv[i]);
        *shown = plain ? a->argv[i] : slice_of(name);
        if (plain ? slice_is(a->argv[i], name) : glob_match(a->argv[i], *shown, true)) return true;
    }
    return false;
}

/* CONFIG GET pattern [pattern ...] */
void command_config_get(client *c, const args *a) {
    size_t found = 0;
    reply_mark mark = reply_begin(c);
    for (int i = 0; i < config_name_count(); i++) {
        slice shown;
        if (!is_wanted(a, config_name(i), &shown)) continue;
        char *value = config_value(i);
        reply_slice(c, shown);
        reply_text(c, value);
        alloc_free_unsized(value);
        found++;
    }
    reply_finish_map(c, mark, found);
}

/* CONFIG SET name value [name value ...] */
void command_config_set(client *c, const args *a) {
    struct config_refusal refusal;
    if (a->argc % 2 != 0) {
        reply_syntax_error(c);
        return;
    }
    if (config_set(a->argv + 2, (a->argc - 2) / 2, client_is_local(c), &refusal)) {
        reply_ok(c);
        return;
    }
    int len = (int)refusal.name.len;
    const char *name = refusal.name.data;
    if (refusal.unknown)
        reply_error(c, "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'", len, name);
    else
        reply_error(c, "ERR CONFIG SET failed (possibly related to argument '%.*s') - %s", len, name,
                    refusal.reason);
}

/* CONFIG REWRITE */
void command_config_rewrite(client *c, const args *a) {
    (void)a;
    if (!config_file_path()[0])
        reply_error(c, "ERR The server is running without a config file");
    else if (config_rewrite())
        reply_ok(c);
    else
        reply_error(c, "ERR Rewriting config file: %s", strerror(errno));
}

/* CONFIG RESETSTAT */
void command_config_resetstat(client *c, const args *a) {
    (void)a;
    statistics_reset();
    reply_ok(c);
}

/* CONFIG HELP */
void command_config_help(client *c, const args *a) {
    static const char *const lines[] = {
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.",
        NULL,
    };
    (void)a;
    help_reply(c, "CONFIG", lines);
}
