/* Config: the settings in force, how they come to be and how they change.
 *
 * A start reads all sources into config at once. CONFIG SET works on a second struct config: the new values
 * are read into it, then exchanged with those in force, and the hooks are called; if one refuses, the values
 * are exchanged back and the hooks that had agreed are called once more. So nobody ever sees half of a change
 * that was not to be, except the hooks themselves. */
#include "server/config/config.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "server/config/config_file.h"
#include "server/config/config_option.h"
#include "server/config/config_rewrite.h"

struct config config;

static config_hook hooks[OPTION_COUNT];
static bool pending[OPTION_COUNT];     /* set at the start, without effect yet */
static char start_directory[PATH_MAX]; /* what paths of the configuration file are relative to */
static char file_path[PATH_MAX];

/* --- Hooks --- */

/* The value becomes the directory's real path. */
static bool change_directory(char reason[CONFIG_REASON_MAX]) {
    if (chdir(config.dir) != 0) return option_refuse(reason, "%s", strerror(errno));
    char *directory = getcwd(NULL, 0);
    if (!directory) return option_refuse(reason, "%s", strerror(errno));
    alloc_free_unsized(config.dir);
    config.dir = alloc_text(directory);
    free(directory);
    return true;
}

void config_on_change(const char *name, config_hook hook) {
    const config_option *o = option_find(slice_of(name));
    assert(o && o->size > 0);
    assert(!hooks[o - option_table]);
    hooks[o - option_table] = hook;
}

/* --- Start --- */

static bool load_sources(config_loader *loader, const char *file, bool from_stdin, int argc, char **argv) {
    if (file && !config_load_file(loader, file)) return false;
    if (from_stdin && !config_load_stream(loader, STDIN_FILENO, "The standard input")) return false;
    return config_load_arguments(loader, argc, argv);
}

/* Puts back the values of options that have only their initial one; notes which had another, and which
 * options without effect were set. */
static void find_pending(const config_loader *loader) {
    struct config *initial = alloc_zeroed(sizeof(*initial));
    option_set_defaults(initial);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        bool set = loader->where[i] != CONFIG_NOT_SET;
        pending[i] = set && (o->flags & LATER || (o->flags & ONLY && !option_equal(o, &config, initial)));
        if (o->flags & ONLY) option_copy(o, initial, &config);
    }
    option_free_all(initial);
    alloc_free(initial, sizeof(*initial));
}

static enum config_action load(int argc, char **argv, const char *file, bool from_stdin, char *error) {
    char reason[CONFIG_REASON_MAX];
    config_loader *loader = alloc(sizeof(*loader));
    config_loader_init(loader, &config, start_directory);
    bool valid = load_sources(loader, file, from_stdin, argc, argv);
    if (!valid) snprintf(error, CONFIG_ERROR_MAX, "%s", loader->error);
    find_pending(loader);
    alloc_free(loader, sizeof(*loader));
    if (valid && !change_directory(reason)) {
        snprintf(error, CONFIG_ERROR_MAX, "Can't change to the directory %s: %s\n", config.dir, reason);
        valid = false;
    }
    return valid ? CONFIG_RUN : CONFIG_INVALID;
}

enum config_action config_start(int argc, char **argv, char error[CONFIG_ERROR_MAX]) {
    memset(hooks, 0, sizeof(hooks));
    config_on_change("dir", change_directory);
    if (!getcwd(start_directory, sizeof(start_directory))) {
        snprintf(error, CONFIG_ERROR_MAX, "The working directory can't be told: %s\n", strerror(errno));
        return CONFIG_INVALID;
    }
    option_set_defaults(&config);
    file_path[0] = '\0';

    argc--;
    argv++;
    if (argc > 0 && (strcmp(argv[0], "-v") == 0 || strcmp(argv[0], "--version") == 0))
        return CONFIG_SHOW_VERSION;
    if (argc > 0 && (strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "--help") == 0)) return CONFIG_SHOW_HELP;

    const char *file = argc > 0 && argv[0][0] != '-' ? argv[0] : NULL;
    bool from_stdin = argc > 0 && strcmp(argv[0], "-") == 0;
    if (file || from_stdin) {
        argc--;
        argv++;
    }
    if (argc > 0 && strcmp(argv[argc - 1], "-") == 0) {
        from_stdin = true;
        argc--;
    }
    if (file) {
        bool relative = file[0] != '/';
        int len = snprintf(file_path, sizeof(file_path), "%s%s%s", relative ? start_directory : "",
                           relative ? "/" : "", file);
        if (len >= (int)sizeof(file_path)) {
            snprintf(error, CONFIG_ERROR_MAX, "The path of the configuration file is too long\n");
            return CONFIG_INVALID;
        }
    }
    return load(argc, argv, file, from_stdin, error);
}

const char *config_file_path(void) { return file_path; }

void config_log_pending(void) {
    char names[LOG_MESSAGE_MAX - 128];
    size_t len = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (!pending[i]) continue;
        if (len + strlen(o->name) + 2 >= sizeof(names)) {
            log_notice("Options without effect yet, among others: %s", names);
            len = 0;
        }
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len > 0 ? ", " : "", o->name);
    }
    if (len > 0) log_notice("Options without effect yet: %s", names);
}

/* --- CONFIG SET --- */

/* What one CONFIG SET is about. */
struct setting {
    const config_option *option;
    slice name; /* as given */
    slice value;
};

static const char *may_not_set(const config_option *o, bool from_local) {
    if (o->flags & FIXED) return "can't set immutable config";
    if ((o->flags & PROTECTED) && (config.enable_protected_configs == PERMISSION_NO ||
                                   (config.enable_protected_configs == PERMISSION_LOCAL && !from_local)))
        return "can't set protected config";
    return NULL;
}

/* An alias is another name: it may stand beside the name itself, and the later one counts. */
static bool is_repeated(const struct setting *settings, int index) {
    const config_option *o = settings[index].option;
    bool by_alias = !slice_is(settings[index].name, o->name);
    for (int i = 0; i < index; i++)
        if (settings[i].option == o && by_alias == !slice_is(settings[i].name, o->name)) return true;
    return false;
}

/* Finds the options and whether they may be set. */
static bool find_settings(const slice *pairs, int count, bool from_local, struct setting *settings,
                          struct config_refusal *refusal) {
    for (int i = 0; i < count; i++) {
        const config_option *o = option_find(pairs[2 * i]);
        settings[i] = (struct setting){o, pairs[2 * i], pairs[2 * i + 1]};
        refusal->name = pairs[2 * i];
        refusal->unknown = !o || !option_is_public(o);
        if (refusal->unknown) return false;
        const char *reason = may_not_set(o, from_local);
        if (!reason && is_repeated(settings, i)) reason = "duplicate parameter";
        if (reason) return option_refuse(refusal->reason, "%s", reason);
    }
    return true;
}

static bool refuse_pending(const config_option *o, char *reason) {
    char *initial = option_text(o, &config, FORM_SHOWN);
    option_refuse(reason, "any value but '%s' is not supported yet", initial);
    alloc_free_unsized(initial);
    return false;
}

/* Reads the new values into changed, which gets the present ones first. */
static bool read_settings(const struct setting *settings, int count, struct config *changed,
                          struct config_refusal *refusal) {
    for (int i = 0; i < count; i++) option_copy(settings[i].option, &config, changed);
    for (int i = 0; i < count; i++) {
        const config_option *o = settings[i].option;
        refusal->name = settings[i].name;
        if (!option_read(o, changed, &settings[i].value, 1, false, refusal->reason)) return false;
        if (o->flags & ONLY && !option_equal(o, &config, changed)) return refuse_pending(o, refusal->reason);
    }
    return true;
}

/* The options that get another value, each once, in the order given. */
static int find_changes(const struct setting *settings, int count, const struct config *changed,
                        const struct setting **changes) {
    bool seen[OPTION_COUNT] = {false};
    int found = 0;
    for (int i = 0; i < count; i++) {
        const config_option *o = settings[i].option;
        if (seen[o - option_table] || option_equal(o, &config, changed)) continue;
        seen[o - option_table] = true;
        changes[found++] = &settings[i];
    }
    return found;
}

static void exchange(const struct setting *const *changes, int count, struct config *changed) {
    for (int i = 0; i < count; i++) option_swap(changes[i]->option, &config, changed);
}

/* The hook of a change, NULL if an earlier change has the same. */
static config_hook hook_of(const struct setting *const *changes, int index) {
    config_hook hook = hooks[changes[index]->option - option_table];
    for (int i = 0; i < index; i++)
        if (hooks[changes[i]->option - option_table] == hook) return NULL;
    return hook;
}

/* Puts the changed values in force; on a refusal the former ones are back. */
static bool apply(const struct setting *const *changes, int count, struct config *changed,
                  struct config_refusal *refusal) {
    exchange(changes, count, changed);
    for (int i = 0; i < count; i++) {
        config_hook hook = hook_of(changes, i);
        if (!hook || hook(refusal->reason)) continue;
        refusal->name = changes[i]->name;
        exchange(changes, count, changed);
        for (int undo = 0; undo <= i; undo++) {
            char reason[CONFIG_REASON_MAX];
            hook = hook_of(changes, undo);
            if (hook && !hook(reason))
                log_warning("The former value of %s could not be restored: %s", changes[undo]->option->name,
                            reason);
        }
        return false;
    }
    return true;
}

bool config_set(const slice *pairs, int count, bool from_local, struct config_refusal *refusal) {
    assert(count > 0);
    struct config *changed = alloc_zeroed(sizeof(*changed));
    size_t settings_size = (size_t)count * sizeof(struct setting);
    struct setting *settings = alloc(settings_size);
    const struct setting *changes[OPTION_COUNT];
    refusal->reason[0] = '\0';
    refusal->unknown = false;
    bool set = find_settings(pairs, count, from_local, settings, refusal) &&
               read_settings(settings, count, changed, refusal);
    if (set) {
        int change_count = find_changes(settings, count, changed, changes);
        set = apply(changes, change_count, changed, refusal);
    }
    option_free_all(changed);
    alloc_free(changed, sizeof(*changed));
    alloc_free(settings, settings_size);
    return set;
}

/* --- CONFIG REWRITE --- */

bool config_rewrite(void) {
    assert(file_path[0]);
    bool rewritten = config_rewrite_file(file_path, start_directory, &config);
    int error = errno;
    if (rewritten)
        log_notice("The configuration file %s holds the settings in force now", file_path);
    else
        log_warning("The configuration file %s could not be rewritten: %s", file_path, strerror(error));
    errno = error;
    return rewritten;
}

/* --- CONFIG GET --- */

/* The index-th public name's option; *name is set to it. NULL if there are not so many. */
static const config_option *public_name(int index, const char **name) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (!option_is_public(o)) continue;
        *name = o->name;
        if (index-- == 0) return o;
        *name = o->alias;
        if (o->alias && index-- == 0) return o;
    }
    return NULL;
}

bool config_is_secret(slice name) {
    const config_option *o = option_find(name);
    return o && o->flags & SENSITIVE;
}

int config_name_count(void) {
    int count = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_is_public(&option_table[i])) count += option_table[i].alias ? 2 : 1;
    return count;
}

const char *config_name(int index) {
    const char *name;
    const config_option *o = public_name(index, &name);
    assert(o);
    return name;
}

char *config_value(int index) {
    const char *name;
    const config_option *o = public_name(index, &name);
    assert(o);
    return option_text(o, &config, FORM_SHOWN);
}
