/* CONFIG: shows, changes and saves the settings. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/glob.h"
#include "command/handlers.h"
#include "command/help.h"
#include "net/reply.h"
#include "server/config.h"
#include "server/statistics.h"

/* The name to show a setting by: NULL if no pattern asks for it. A pattern that is the plain name is given
 * back as it was written, for clients look it up so. */
static const slice *wanted_as(const args *a, const slice *name) {
    for (int i = 2; i < a->argc; i++) {
        const slice *pattern = &a->argv[i];
        if (glob_is_literal(*pattern)) {
            if (pattern->len == name->len && strncasecmp(pattern->data, name->data, name->len) == 0)
                return pattern;
        } else if (glob_match(*pattern, *name, true)) {
            return name;
        }
    }
    return NULL;
}

/* CONFIG GET pattern [pattern ...] */
void command_config_get(client *c, const args *a) {
    size_t found = 0;
    reply_mark mark = reply_begin(c);
    for (int i = 0; i < config_name_count(); i++) {
        slice name = slice_of(config_name(i));
        const slice *shown = wanted_as(a, &name);
        if (!shown) continue;
        char *value = config_value(i);
        reply_slice(c, *shown);
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
