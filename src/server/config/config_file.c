/* Config file: the reader of settings.
 *
 *     # a comment, which has a line of its own
 *     timeout 300
 *     maxmemory 100mb
 *     requirepass "with spaces, \"quotes\" and \x41"
 *     include /etc/stint.d/?*.conf
 *
 * A line is a name and words, split as inline commands are. A later line has its way over an earlier one, but
 * for options that say otherwise. The words of a command line are options too: a word that begins with --
 * starts one, up to the next such word. The first word after a name is always its value, so that a password
 * may begin with --.
 *
 * An error ends the load, and names the place, the line and the reason. The values of sensitive options are
 * not repeated there, since it ends in logs and on screens. */
#include "server/config/config_file.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/words.h"

/* A value that CONFIG SET takes can be written to a file and read back. */
static_assert(WORDS_QUOTED_MAX(CONFIG_TEXT_MAX) + 64 < CONFIG_LINE_MAX, "a text option fits a line");

/* How much of a bad line an error shows. */
#define SHOWN_LINE_MAX 256

static void set_dir(config_loader *loader, const char *directory) {
    alloc_free_unsized(loader->into->dir);
    loader->into->dir = alloc_text(directory);
}

void config_loader_init(config_loader *loader, struct config *into, const char *directory) {
    assert(directory[0] == '/' && strlen(directory) < sizeof(loader->directory));
    memset(loader, 0, sizeof(*loader));
    loader->into = into;
    loader->include_depth_max = CONFIG_INCLUDE_DEPTH_MAX;
    strcpy(loader->directory, directory);
    set_dir(loader, directory);
}

/* --- Errors --- */

/* Whether a line, well-formed or not, is about an option whose value must not be shown. */
static bool is_sensitive(slice line) {
    while (line.len > 0 && (*line.data == '"' || *line.data == '\'' || *line.data == '-'))
        line = (slice){line.data + 1, line.len - 1};
    size_t len = 0;
    while (len < line.len && !isspace((unsigned char)line.data[len]) && line.data[len] != '"' &&
           line.data[len] != '\'')
        len++;
    const config_option *o = option_find((slice){line.data, len});
    return o && (o->flags & SENSITIVE);
}

static bool fail(config_loader *loader, slice line, const char *reason) {
    char shown[SHOWN_LINE_MAX + 1], place[32] = "";
    size_t len = line.len < SHOWN_LINE_MAX ? line.len : SHOWN_LINE_MAX;
    for (size_t i = 0; i < len; i++) shown[i] = isprint((unsigned char)line.data[i]) ? line.data[i] : '?';
    shown[len] = '\0';
    if (loader->line > 0) snprintf(place, sizeof(place), ", line %d", loader->line);
    bool hidden = is_sensitive(line);
    snprintf(loader->error, sizeof(loader->error),
             "*** The configuration is not valid ***\n%s%s:\n>>> '%s'\n%s\n", loader->source, place,
             hidden ? "(not shown: the line may hold a secret)" : shown, reason);
    return false;
}

/* --- Lines --- */

static slice trimmed(slice line) {
    while (line.len > 0 && isspace((unsigned char)line.data[0])) line = (slice){line.data + 1, line.len - 1};
    while (line.len > 0 && isspace((unsigned char)line.data[line.len - 1])) line.len--;
    return line;
}

bool config_next_line(slice *text, slice *line) {
    if (text->len == 0) return false;
    const char *end = memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    *line = (slice){text->data, len};
    if (end) len++;
    *text = (slice){text->data + len, text->len - len};
    return true;
}

/* Writes the absolute form of a path. False if it is too long. */
static bool make_absolute(const config_loader *loader, slice path, char absolute[PATH_MAX]) {
    bool relative = path.len == 0 || path.data[0] != '/';
    int len = snprintf(absolute, PATH_MAX, "%s%s%.*s", relative ? loader->directory : "", relative ? "/" : "",
                       (int)path.len, path.data);
    return len < PATH_MAX && !memchr(path.data, '\0', path.len);
}

/* The real path of a directory that the process may enter, to be freed with free; else NULL with errno set.
 */
static char *resolve_directory(const config_loader *loader, slice path) {
    char absolute[PATH_MAX], *resolved = NULL;
    struct stat status;
    int error = 0;
    if (path.len == 0)
        error = ENOENT;
    else if (!make_absolute(loader, path, absolute))
        error = ENAMETOOLONG;
    else if (!(resolved = realpath(absolute, NULL)) || stat(resolved, &status) != 0)
        error = errno;
    else if (!S_ISDIR(status.st_mode))
        error = ENOTDIR;
    else if (faccessat(AT_FDCWD, resolved, X_OK, AT_EACCESS) != 0)
        error = errno;
    else if (strlen(resolved) >= sizeof(loader->directory))
        error = ENAMETOOLONG;
    if (!error) return resolved;
    free(resolved);
    errno = error;
    return NULL;
}

/* Follows the option dir. The directory must be there at once, or the server would start and work elsewhere.
 */
static bool enter_directory(config_loader *loader, char *reason) {
    char *directory = resolve_directory(loader, slice_of(loader->into->dir));
    bool valid = directory != NULL;
    if (valid)
        strcpy(loader->directory, directory);
    else
        option_refuse(reason, "%s", strerror(errno));
    set_dir(loader, loader->directory);
    free(directory);
    return valid;
}

/* Reads the files that a pattern names; a plain path must exist. */
static bool include(config_loader *loader, slice pattern, slice line) {
    char path[PATH_MAX], reason[CONFIG_REASON_MAX];
    if (loader->depth >= loader->include_depth_max) {
        option_refuse(reason, "files include each other more than %d deep", loader->include_depth_max);
        return fail(loader, line, reason);
    }
    if (!make_absolute(loader, pattern, path)) return fail(loader, line, strerror(ENAMETOOLONG));
    glob_t found;
    int result = glob(path, GLOB_NOMAGIC, NULL, &found);
    if (result == GLOB_NOMATCH) return true;
    if (result != 0) return fail(loader, line, "the files to include can't be listed");

    const char *source = loader->source;
    int number = loader->line;
    bool valid = true;
    for (size_t i = 0; valid && i < found.gl_pathc; i++) valid = config_load_file(loader, found.gl_pathv[i]);
    globfree(&found);
    loader->source = source;
    loader->line = number;
    return valid;
}

static bool apply_words(config_loader *loader, const slice *words, int count, slice line) {
    char reason[CONFIG_REASON_MAX];
    if (slice_is(words[0], "include") && count == 2) return include(loader, words[1], line);
    const config_option *o = option_find(words[0]);
    if (!o) return fail(loader, line, "Bad directive or wrong number of arguments");
    int *where = &loader->where[o - option_table];
    if (!option_read(o, loader->into, words + 1, count - 1, *where != CONFIG_NOT_SET, reason))
        return fail(loader, line, reason);
    if (strcmp(o->name, "dir") == 0 && !enter_directory(loader, reason)) return fail(loader, line, reason);
    *where = loader->depth == 0 && loader->line > 0 ? loader->line : CONFIG_SET_ELSEWHERE;
    return true;
}

static bool apply_line(config_loader *loader, slice line) {
    slice words[OPTION_WORDS_MAX];
    line = trimmed(line);
    if (line.len == 0 || line.data[0] == '#') return true;
    if (line.len > CONFIG_LINE_MAX) return fail(loader, line, "the line is too long");
    if (memchr(line.data, '\0', line.len)) return fail(loader, line, "the line holds a zero byte");
    int count = words_split(line, loader->scratch, words, OPTION_WORDS_MAX);
    if (count == WORDS_UNBALANCED) return fail(loader, line, "Unbalanced quotes in configuration line");
    if (count == WORDS_TOO_MANY) return fail(loader, line, "too many arguments");
    return count == 0 || apply_words(loader, words, count, line);
}

bool config_load_text(config_loader *loader, slice text, const char *source) {
    slice line;
    loader->source = source;
    loader->line = 0;
    while (config_next_line(&text, &line)) {
        loader->line++;
        if (!apply_line(loader, line) && !loader->tolerant) return false;
    }
    return true;
}

/* --- Files --- */

bool config_read_all(int fd, slice *text) {
    size_t len = 0, room = 16 * 1024;
    char *data = alloc(room);
    for (;;) {
        if (len == room) data = alloc_resize(data, room *= 2);
        ssize_t got = read(fd, data + len, room - len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || (len += (size_t)got) > CONFIG_FILE_MAX) {
            int error = got < 0 ? errno : got > 0 ? EFBIG : 0;
            *text = (slice){data, len};
            if (error) alloc_free_unsized(data);
            errno = error;
            return !error;
        }
    }
}

bool config_load_stream(config_loader *loader, int fd, const char *source) {
    slice text;
    if (!config_read_all(fd, &text)) {
        snprintf(loader->error, sizeof(loader->error), "Can't read the configuration file %s: %s\n", source,
                 strerror(errno));
        return false;
    }
    bool valid = config_load_text(loader, text, source);
    alloc_free_unsized((char *)text.data);
    return valid;
}

bool config_load_file(config_loader *loader, const char *path) {
    char absolute[PATH_MAX];
    int fd = -1;
    if (++loader->files > CONFIG_INCLUDE_FILES_MAX)
        errno = EMFILE;
    else if (!make_absolute(loader, slice_of(path), absolute))
        errno = ENAMETOOLONG;
    else
        fd = open(absolute, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(loader->error, sizeof(loader->error), "Can't open the configuration file %s: %s\n", path,
                 strerror(errno));
        return false;
    }
    loader->depth++;
    bool valid = config_load_stream(loader, fd, path);
    loader->depth--;
    close(fd);
    return valid;
}

/* --- Command line --- */

/* Shows an option of the command line as it was given, for an error. */
static slice join_words(const slice *words, int count) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) abort();
    fputs("--", out);
    for (int i = 0; i < count; i++) {
        if (i > 0) fputc(' ', out);
        option_write_word(words[i], out);
    }
    if (fclose(out) != 0) abort();
    return (slice){text, len};
}

static bool starts_option(const char *word) { return word[0] == '-' && word[1] == '-'; }

/* save is the one option that may stand without a value: people switch saving off that way. */
static bool takes_next_word(slice name, const char *next) {
    return !slice_is(name, "save") || !starts_option(next);
}

/* Applies the option that argv[0] begins. Returns how many words it took, 0 after an error. */
static int apply_argument(config_loader *loader, int argc, char **argv) {
    slice words[OPTION_WORDS_MAX], name = slice_of(argv[0]);
    if (!starts_option(argv[0])) {
        fail(loader, name, "Bad directive or wrong number of arguments");
        return 0;
    }
    name = (slice){name.data + 2, name.len - 2};
    if (name.len > CONFIG_LINE_MAX) {
        fail(loader, name, "the argument is too long");
        return 0;
    }
    /* "--port 0" may be one argument: it is split as a line is. */
    int count = words_split(name, loader->scratch, words, OPTION_WORDS_MAX), taken = 1;
    if (count < 0) {
        fail(loader, name, "Unbalanced quotes in configuration line");
        return 0;
    }
    if (count == 0) return taken;
    if (count == 1 && argc > 1 && takes_next_word(words[0], argv[1]))
        words[count++] = slice_of(argv[taken++]);
    while (taken < argc && !starts_option(argv[taken]) && count < OPTION_WORDS_MAX)
        words[count++] = slice_of(argv[taken++]);
    slice line = join_words(words, count);
    bool valid = apply_words(loader, words, count, line);
    alloc_free_unsized((char *)line.data);
    return valid ? taken : 0;
}

bool config_load_arguments(config_loader *loader, int argc, char **argv) {
    loader->source = "The command line";
    loader->line = 0;
    while (argc > 0) {
        int taken = apply_argument(loader, argc, argv);
        if (taken == 0) return false;
        argc -= taken;
        argv += taken;
    }
    return true;
}
