/* Config rewrite: changes as little of the file as it can.
 *
 * The text is loaded into settings of its own, which notes where each option was set last. Only options whose
 * value there differs from the current one are touched: the line that had the last say is replaced, or, where
 * that line is not in this file (the option has its default, or comes from an included file), a line is
 * appended, where it has the last say itself. Comments, order, lines without effect yet and lines that are
 * not understood stay.
 *
 * The new text goes to a temporary file beside the old one, is synced and renamed over it, so that a crash
 * leaves one or the other. A symbolic link stays one. */
#include "server/config/config_rewrite.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "server/config/config_file.h"

static const slice appended_comment = SLICE("# Written by CONFIG REWRITE");

/* What has to change in a text. */
struct changes {
    const config_option **replaced; /* by line, from 1; NULL: the line stays */
    const config_option *appended[OPTION_COUNT];
    int appended_count;
};

static int count_lines(slice text) {
    slice line;
    int count = 0;
    while (config_next_line(&text, &line)) count++;
    return count;
}

static void find_changes(slice text, const char *directory, const struct config *current,
                         struct changes *changes) {
    struct config *loaded = alloc_zeroed(sizeof(*loaded));
    config_loader *loader = alloc(sizeof(*loader));
    option_set_defaults(loaded);
    config_loader_init(loader, loaded, directory);
    loader->tolerant = true;
    config_load_text(loader, text, "");

    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (!option_is_rewritten(o) || option_equal(o, loaded, current)) continue;
        if (loader->where[i] > 0)
            changes->replaced[loader->where[i]] = o;
        else
            changes->appended[changes->appended_count++] = o;
    }
    option_free_all(loaded);
    alloc_free(loaded, sizeof(*loaded));
    alloc_free(loader, sizeof(*loader));
}

static void write_setting(const config_option *o, const char *name, const struct config *current, FILE *out) {
    fprintf(out, "%s ", name);
    option_write(o, current, FORM_FILE, out);
    fputc('\n', out);
}

/* The name that a line uses, so that a replaced line keeps the alias. */
static const char *name_in(slice line, const config_option *o) {
    while (line.len > 0 && (isspace((unsigned char)*line.data) || *line.data == '"' || *line.data == '\''))
        line = (slice){line.data + 1, line.len - 1};
    size_t alias_len = o->alias ? strlen(o->alias) : 0;
    bool is_alias =
        alias_len > 0 && line.len > alias_len && slice_is((slice){line.data, alias_len}, o->alias);
    return is_alias ? o->alias : o->name;
}

static void write_text(slice text, const struct changes *changes, const struct config *current, FILE *out) {
    slice line;
    bool has_comment = false;
    for (int number = 1; config_next_line(&text, &line); number++) {
        const config_option *o = changes->replaced[number];
        has_comment = has_comment || slice_equal(line, appended_comment);
        if (o) {
            write_setting(o, name_in(line, o), current, out);
            continue;
        }
        fwrite(line.data, 1, line.len, out);
        /* the last line may lack its end, and keeps lacking it unless more follows */
        if (line.data + line.len < text.data || changes->appended_count > 0) fputc('\n', out);
    }
    if (changes->appended_count > 0 && !has_comment)
        fprintf(out, "\n%.*s\n", (int)appended_comment.len, appended_comment.data);
    for (int i = 0; i < changes->appended_count; i++)
        write_setting(changes->appended[i], changes->appended[i]->name, current, out);
}

slice config_rewritten(slice text, const char *directory, const struct config *current) {
    int lines = count_lines(text);
    size_t replaced_size = ((size_t)lines + 1) * sizeof(config_option *);
    struct changes *changes = alloc_zeroed(sizeof(*changes));
    changes->replaced = alloc_zeroed(replaced_size);
    find_changes(text, directory, current, changes);

    char *data = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&data, &len);
    if (out) write_text(text, changes, current, out);
    if (!out || fclose(out) != 0) abort(); /* memory is all that it can lack */
    alloc_free(changes->replaced, replaced_size);
    alloc_free(changes, sizeof(*changes));
    return (slice){data, len};
}

/* --- The file --- */

static bool write_all(int fd, slice text) {
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.data, text.len);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return false;
        text = (slice){text.data + wrote, text.len - (size_t)wrote};
    }
    return true;
}

/* Makes a rename last. The file is right in any case, so that errors don't count. */
static void sync_directory_of(const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash == path ? 1 : (int)(slash - path);
    snprintf(directory, sizeof(directory), "%.*s", len, path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* Puts the text in the place of the file. like: whose mode and owner the file gets; NULL: only the owner may
 * read it, for it may hold a password. */
static bool replace_file(const char *path, const struct stat *like, slice text) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write_all(fd, text);
    if (written && like) {
        /* giving the file away takes a privilege; without it the file is the server's own */
        int ignored = fchown(fd, like->st_uid, like->st_gid);
        (void)ignored;
        written = fchmod(fd, like->st_mode & 07777) == 0;
    }
    written = written && fsync(fd) == 0 && rename(temporary, path) == 0;
    int error = errno;
    close(fd);
    if (written)
        sync_directory_of(path);
    else
        unlink(temporary);
    errno = error;
    return written;
}

static bool rewrite_open_file(int fd, const char *path, const char *directory, const struct config *current) {
    struct stat status;
    slice text = {"", 0};
    if (fd >= 0 && (fstat(fd, &status) != 0 || !config_read_all(fd, &text))) return false;
    slice rewritten = config_rewritten(text, directory, current);
    bool replaced = replace_file(path, fd >= 0 ? &status : NULL, rewritten);
    int error = errno;
    alloc_free_unsized((char *)rewritten.data);
    if (fd >= 0) alloc_free_unsized((char *)text.data);
    errno = error;
    return replaced;
}

bool config_rewrite_file(const char *path, const char *directory, const struct config *current) {
    char *target = realpath(path, NULL); /* where a symbolic link leads */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool missing = fd < 0 && errno == ENOENT;
    bool rewritten =
        (fd >= 0 || missing) && rewrite_open_file(fd, target ? target : path, directory, current);
    int error = errno;
    if (fd >= 0) close(fd);
    free(target);
    errno = error;
    return rewritten;
}
