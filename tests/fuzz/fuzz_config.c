/* Fuzz target of the configuration: any text is read without harm, as a file and as a command line, and
 * rewriting a text makes it say what it should. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "server/config/config_file.h"
#include "server/config/config_rewrite.h"

#define ARGUMENTS_MAX 64

static config_loader loader;
static struct config loaded, defaults;

static void prepare(bool tolerant) {
    option_set_defaults(&loaded);
    config_loader_init(&loader, &loaded, "/");
    loader.include_depth_max = 0; /* a file may name others, which are not there to be read */
    loader.tolerant = tolerant;
}

static void read_as_file(slice text) {
    prepare(false);
    if (config_load_text(&loader, text, "text")) {
        for (int i = 0; i < OPTION_COUNT; i++)
            alloc_free_unsized(option_text(&option_table[i], &loaded, FORM_SHOWN));
    } else {
        assert(loader.error[0] && strlen(loader.error) < sizeof(loader.error));
    }
}

/* Arguments end with a zero byte. */
static void read_as_arguments(slice text) {
    char *copy = alloc_text_of(text.data, text.len), *argv[ARGUMENTS_MAX];
    int argc = 0;
    for (size_t at = 0; at < text.len && argc < ARGUMENTS_MAX; at += strlen(copy + at) + 1)
        argv[argc++] = copy + at;
    prepare(false);
    config_load_arguments(&loader, argc, argv);
    alloc_free_unsized(copy);
}

static void check_rewritten(slice text) {
    slice rewritten = config_rewritten(text, "/", &defaults);
    prepare(true);
    config_load_text(&loader, rewritten, "rewritten");
    for (int i = 0; i < OPTION_COUNT; i++)
        assert(!option_is_rewritten(&option_table[i]) || option_equal(&option_table[i], &loaded, &defaults));
    slice again = config_rewritten(rewritten, "/", &defaults);
    assert(slice_equal(again, rewritten));
    alloc_free_unsized((char *)rewritten.data);
    alloc_free_unsized((char *)again.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    if (!defaults.dir) {
        prepare(false);
        for (int i = 0; i < OPTION_COUNT; i++) option_copy(&option_table[i], &loaded, &defaults);
    }
    read_as_file(text);
    read_as_arguments(text);
    if (!memmem(data, size, "nclude", 6) && !memmem(data, size, "NCLUDE", 6)) check_rewritten(text);
    return 0;
}
