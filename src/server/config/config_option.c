/* Option: the table of options and the types that most of them share.
 *
 * The table is made from the rows of config_options.h. A value always comes in as words, whether from a file,
 * the command line or CONFIG SET, and goes out as text; in between it is a plain field of a struct config.
 * Only text fields own memory, all others are copied and compared as bytes, for which they have no padding
 * that differs.
 *
 * The reasons of refusals are part of the protocol: clients get to see them. */
#include "server/config/config_option.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>
#include <syslog.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/number.h"
#include "base/words.h"

/* --- Names of values --- */

static const struct option_name config_permission_names[] = {
    {"no", PERMISSION_NO}, {"yes", PERMISSION_YES}, {"local", PERMISSION_LOCAL}, {NULL, 0}};

static const struct option_name config_supervised_names[] = {{"upstart", SUPERVISED_UPSTART},
                                                             {"systemd", SUPERVISED_SYSTEMD},
                                                             {"auto", SUPERVISED_AUTO},
                                                             {"no", SUPERVISED_NO},
                                                             {NULL, 0}};

static const struct option_name config_shutdown_names[] = {
    {"default", 0},        {"save", SHUTDOWN_SAVE},   {"nosave", SHUTDOWN_NOSAVE},
    {"now", SHUTDOWN_NOW}, {"force", SHUTDOWN_FORCE}, {NULL, 0}};

/* The first name of a value is the one it is shown by. */
static const struct option_name config_oom_names[] = {{"no", OOM_ADJUST_NO},
                                                      {"yes", OOM_ADJUST_RELATIVE},
                                                      {"relative", OOM_ADJUST_RELATIVE},
                                                      {"absolute", OOM_ADJUST_ABSOLUTE},
                                                      {NULL, 0}};

static const struct option_name config_loglevel_names[] = {
    {"debug", LOG_LEVEL_DEBUG},     {"verbose", LOG_LEVEL_VERBOSE}, {"notice", LOG_LEVEL_NOTICE},
    {"warning", LOG_LEVEL_WARNING}, {"nothing", LOG_LEVEL_NOTHING}, {NULL, 0}};

static const struct option_name config_facility_names[] = {{"user", LOG_USER},     {"local0", LOG_LOCAL0},
                                                           {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
                                                           {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
                                                           {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
                                                           {"local7", LOG_LOCAL7}, {NULL, 0}};

static const struct option_name config_policy_names[] = {{"volatile-lru", POLICY_VOLATILE_LRU},
                                                         {"volatile-lfu", POLICY_VOLATILE_LFU},
                                                         {"volatile-random", POLICY_VOLATILE_RANDOM},
                                                         {"volatile-ttl", POLICY_VOLATILE_TTL},
                                                         {"allkeys-lru", POLICY_ALLKEYS_LRU},
                                                         {"allkeys-lfu", POLICY_ALLKEYS_LFU},
                                                         {"allkeys-random", POLICY_ALLKEYS_RANDOM},
                                                         {"noeviction", POLICY_NOEVICTION},
                                                         {NULL, 0}};

/* Of options without effect yet: whoever brings one into effect gives its values a name in config.h. */
static const struct option_name config_log_format_names[] = {
    {"legacy", 0}, {"logfmt", 1}, {"json", 2}, {NULL, 0}};
static const struct option_name config_log_timestamp_names[] = {
    {"legacy", 0}, {"iso8601", 1}, {"milliseconds", 2}, {NULL, 0}};
static const struct option_name config_version_check_names[] = {{"strict", 0}, {"relaxed", 1}, {NULL, 0}};
static const struct option_name config_sanitize_names[] = {{"no", 0}, {"yes", 1}, {"clients", 2}, {NULL, 0}};
static const struct option_name config_fsync_names[] = {{"everysec", 0}, {"always", 1}, {"no", 2}, {NULL, 0}};
static const struct option_name config_diskless_load_names[] = {
    {"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}, {"flush-before-load", 3}, {NULL, 0}};
static const struct option_name config_propagation_names[] = {
    {"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}, {NULL, 0}};
static const struct option_name config_cluster_save_names[] = {{"sync", 0}, {"best-effort", 1}, {NULL, 0}};
static const struct option_name config_endpoint_names[] = {
    {"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}, {NULL, 0}};
static const struct option_name config_tls_auth_names[] = {{"no", 0}, {"yes", 1}, {"optional", 2}, {NULL, 0}};
static const struct option_name config_tls_user_names[] = {{"CN", 0}, {"URI", 1}, {"off", 2}, {NULL, 0}};
static const struct option_name config_acl_pubsub_names[] = {
    {"allchannels", 0}, {"resetchannels", 1}, {NULL, 0}};

/* --- The table --- */

#define FIELD(field) .offset = offsetof(struct config, field), .size = sizeof(config.field)

/* clang-format off */
const config_option option_table[OPTION_COUNT] = {
#define BOOL(field, names, other, text, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_BOOL, .flags = options, FIELD(field)},
#define INTEGER(field, names, other, text, low, high, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_INTEGER, .flags = options, FIELD(field), \
     .number = {low, high}},
#define OCTAL(field, names, other, text, low, high, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_OCTAL, .flags = options, FIELD(field), \
     .number = {low, high}},
#define MEMORY(field, names, other, text, low, high, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_MEMORY, .flags = options, FIELD(field), \
     .memory = {low, high}},
#define SHARE(field, names, other, text, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_SHARE, .flags = options, FIELD(field)},
#define CHOICE(field, names, other, text, values, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_CHOICE, .flags = options, FIELD(field), \
     .choice = {values, NULL}},
#define CHOICES(field, names, other, text, values, checker, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_CHOICES, .flags = options, FIELD(field), \
     .choice = {values, checker}},
#define TEXT(field, names, other, text, checker, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_TEXT, .flags = options, FIELD(field), \
     .check = checker},
#define SPECIAL(field, type, names, other, text, own, options, ...) \
    {.name = names, .alias = other, .initial = text, .kind = OPTION_SPECIAL, .flags = options, FIELD(field), \
     .rules = own},
#define UNREAD(names, count, options, ...) \
    {.name = names, .initial = "", .kind = OPTION_UNREAD, .flags = options, .words = count},
#include "server/config/config_options.h"
};
/* clang-format on */

/* A walk over all rows: names are looked up by people and at the start, not by requests of the data path. */
const config_option *option_find(slice name) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (slice_is(name, o->name) || (o->alias && slice_is(name, o->alias))) return o;
    }
    return NULL;
}

/* --- Reading --- */

static void *field_of(const config_option *o, struct config *c) { return (char *)c + o->offset; }
static const void *field_in(const config_option *o, const struct config *c) {
    return (const char *)c + o->offset;
}

bool option_refuse(char reason[CONFIG_REASON_MAX], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, CONFIG_REASON_MAX, format, arguments);
    va_end(arguments);
    return false;
}

static bool read_bool(bool *field, slice word, char *reason) {
    if (!slice_is(word, "yes") && !slice_is(word, "no"))
        return option_refuse(reason, "argument must be 'yes' or 'no'");
    *field = slice_is(word, "yes");
    return true;
}

static bool read_integer(const config_option *o, int64_t *field, slice word, char *reason) {
    int64_t value;
    if (!number_parse_i64(word, &value))
        return option_refuse(reason, "argument couldn't be parsed into an integer");
    if (value < o->number.least || value > o->number.most)
        return option_refuse(reason, "argument must be between %" PRIi64 " and %" PRIi64 " inclusive",
                             o->number.least, o->number.most);
    *field = value;
    return true;
}

static bool read_octal(const config_option *o, int64_t *field, slice word, char *reason) {
    char text[24] = "", *end = text;
    long long value = -1;
    if (word.len > 0 && word.len < sizeof(text) && !memchr(word.data, '\0', word.len)) {
        memcpy(text, word.data, word.len);
        text[word.len] = '\0';
        value = strtoll(text, &end, 8);
    }
    if (end == text || *end != '\0')
        return option_refuse(reason, "argument couldn't be parsed as an octal number");
    if (value < o->number.least || value > o->number.most)
        return option_refuse(reason, "argument must be between %" PRIo64 " and %" PRIo64 " inclusive",
                             (uint64_t)o->number.least, (uint64_t)o->number.most);
    *field = value;
    return true;
}

/* An empty word is no memory, as clients are used to. */
static bool read_memory(const config_option *o, uint64_t *field, slice word, char *reason) {
    uint64_t value = 0;
    if (word.len > 0 && !number_parse_memory(word, &value))
        return option_refuse(reason, "argument must be a memory value");
    if (value < o->memory.least || value > o->memory.most)
        return option_refuse(reason, "argument must be between %" PRIu64 " and %" PRIu64 " inclusive",
                             o->memory.least, o->memory.most);
    *field = value;
    return true;
}

/* Bytes, or with % at the end a share that is kept as a negative number. */
static bool read_share(int64_t *field, slice word, char *reason) {
    uint64_t value = 0;
    if (word.len > 0 && word.data[word.len - 1] == '%') {
        if (!number_parse_u64((slice){word.data, word.len - 1}, &value))
            return option_refuse(reason, "argument must be a memory or percent value");
        if (value > 100) return option_refuse(reason, "percentage argument must be less or equal to 100");
        *field = -(int64_t)value;
        return true;
    }
    if ((word.len > 0 && !number_parse_memory(word, &value)) || value > INT64_MAX)
        return option_refuse(reason, "argument must be a memory or percent value");
    *field = (int64_t)value;
    return true;
}

static bool refuse_choice(const struct option_name *names, char *reason) {
    size_t len = (size_t)snprintf(reason, CONFIG_REASON_MAX, "argument(s) must be one of the following: ");
    for (const struct option_name *n = names; n->name && len < CONFIG_REASON_MAX; n++)
        len +=
            (size_t)snprintf(reason + len, CONFIG_REASON_MAX - len, "%s%s", n == names ? "" : ", ", n->name);
    return false;
}

static const struct option_name *find_choice(const struct option_name *names, slice word) {
    for (const struct option_name *n = names; n->name; n++)
        if (slice_is(word, n->name)) return n;
    return NULL;
}

static bool read_choices(const config_option *o, int *field, const slice *words, int count, char *reason) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        const struct option_name *n = find_choice(o->choice.names, words[i]);
        if (!n) return refuse_choice(o->choice.names, reason);
        value |= n->value;
    }
    if (count == 0) return refuse_choice(o->choice.names, reason);
    if (o->choice.check && !o->choice.check(value, reason)) return false;
    *field = value;
    return true;
}

static bool read_text(const config_option *o, char **field, slice word, char *reason) {
    if (word.len > CONFIG_TEXT_MAX)
        return option_refuse(reason, "argument is longer than %d bytes", CONFIG_TEXT_MAX);
    if (memchr(word.data, '\0', word.len)) return option_refuse(reason, "argument must not hold a zero byte");
    char *text = alloc_text_of(word.data, word.len);
    if (o->check && !o->check(text, reason)) {
        alloc_free_unsized(text);
        return false;
    }
    alloc_free_unsized(*field);
    *field = text;
    return true;
}

/* Splits at every single space, so that two in a row have an empty word between them. Empty text has no
 * words. -1 if there are more than OPTION_WORDS_MAX. */
static int split_at_spaces(slice text, slice words[OPTION_WORDS_MAX]) {
    int count = 0;
    while (text.len > 0) {
        if (count == OPTION_WORDS_MAX) return -1;
        const char *space = memchr(text.data, ' ', text.len);
        size_t len = space ? (size_t)(space - text.data) : text.len;
        words[count++] = (slice){text.data, len};
        if (!space) break;
        text = (slice){space + 1, text.len - len - 1};
        if (text.len == 0 && count < OPTION_WORDS_MAX) words[count++] = text;
    }
    return count;
}

/* Rules may change a field before they find what is wrong. */
static bool read_special(const config_option *o, void *field, const slice *words, int count, bool again,
                         char *reason) {
    void *former = alloc(o->size);
    memcpy(former, field, o->size);
    bool valid = o->rules->read(field, words, count, again, reason);
    if (!valid) memcpy(field, former, o->size);
    alloc_free(former, o->size);
    return valid;
}

bool option_read(const config_option *o, struct config *c, const slice *words, int count, bool again,
                 char reason[CONFIG_REASON_MAX]) {
    slice split[OPTION_WORDS_MAX];
    if (!(o->flags & WORDS) && o->kind != OPTION_UNREAD && count != 1)
        return option_refuse(reason, "wrong number of arguments");
    slice word = count > 0 ? words[0] : SLICE(""); /* all there is for the kinds without WORDS */
    if ((o->flags & WORDS) && count == 1) {
        count = split_at_spaces(word, split);
        words = split;
        if (count < 0) return option_refuse(reason, "too many arguments");
    }
    void *field = field_of(o, c);
    switch (o->kind) {
    case OPTION_BOOL: return read_bool(field, word, reason);
    case OPTION_INTEGER: return read_integer(o, field, word, reason);
    case OPTION_OCTAL: return read_octal(o, field, word, reason);
    case OPTION_MEMORY: return read_memory(o, field, word, reason);
    case OPTION_SHARE: return read_share(field, word, reason);
    case OPTION_CHOICE:
    case OPTION_CHOICES: return read_choices(o, field, words, count, reason);
    case OPTION_TEXT: return read_text(o, field, word, reason);
    case OPTION_SPECIAL: return read_special(o, field, words, count, again, reason);
    default: return count >= o->words || option_refuse(reason, "wrong number of arguments");
    }
}

/* --- Writing --- */

void option_write_word(slice word, FILE *out) {
    bool plain = word.len > 0;
    for (size_t i = 0; plain && i < word.len; i++) {
        char b = word.data[i];
        plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
                (b && strchr("-_./:*@%+,=", b));
    }
    if (plain) {
        fwrite(word.data, 1, word.len, out);
        return;
    }
    char *quoted = alloc(WORDS_QUOTED_MAX(word.len));
    fwrite(quoted, 1, words_quote(quoted, word), out);
    alloc_free_unsized(quoted);
}

/* A file gets the largest unit that leaves a whole number. */
static void write_memory(uint64_t bytes, enum option_form form, FILE *out) {
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"gb", 1024 * 1024 * 1024}, {"mb", 1024 * 1024}, {"kb", 1024}};
    for (int i = 0; form == FORM_FILE && bytes > 0 && i < 3; i++) {
        if (bytes % units[i].bytes != 0) continue;
        fprintf(out, "%" PRIu64 "%s", bytes / units[i].bytes, units[i].unit);
        return;
    }
    fprintf(out, "%" PRIu64, bytes);
}

static void write_choices(const config_option *o, int value, FILE *out) {
    bool first = true;
    for (const struct option_name *n = o->choice.names; n->name; n++) {
        bool named = o->kind == OPTION_CHOICE || n->value == 0 ? n->value == value : (value & n->value) != 0;
        if (!named) continue;
        fprintf(out, "%s%s", first ? "" : " ", n->name);
        first = false;
        if (o->kind == OPTION_CHOICE) return;
    }
}

void option_write(const config_option *o, const struct config *c, enum option_form form, FILE *out) {
    const void *field = field_in(o, c);
    switch (o->kind) {
    case OPTION_BOOL: fputs(*(const bool *)field ? "yes" : "no", out); break;
    case OPTION_INTEGER: fprintf(out, "%" PRIi64, *(const int64_t *)field); break;
    case OPTION_OCTAL: fprintf(out, "%" PRIo64, *(const uint64_t *)field); break;
    case OPTION_MEMORY: write_memory(*(const uint64_t *)field, form, out); break;
    case OPTION_SHARE: {
        int64_t value = *(const int64_t *)field;
        if (value < 0)
            fprintf(out, "%" PRIi64 "%%", -value);
        else
            write_memory((uint64_t)value, form, out);
        break;
    }
    case OPTION_CHOICE:
    case OPTION_CHOICES: write_choices(o, *(const int *)field, out); break;
    case OPTION_TEXT: {
        const char *text = *(char *const *)field;
        if (form == FORM_FILE)
            option_write_word(slice_of(text), out);
        else
            fputs(text, out);
        break;
    }
    case OPTION_SPECIAL: o->rules->write(field, form, out); break;
    default: break;
    }
}

char *option_text(const config_option *o, const struct config *c, enum option_form form) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out) option_write(o, c, form, out);
    /* memory is all that a stream into memory can lack */
    if (!out || fclose(out) != 0) abort();
    return text;
}

/* --- Fields --- */

bool option_equal(const config_option *o, const struct config *a, const struct config *b) {
    const void *left = field_in(o, a), *right = field_in(o, b);
    if (o->kind == OPTION_TEXT) return strcmp(*(char *const *)left, *(char *const *)right) == 0;
    return memcmp(left, right, o->size) == 0;
}

void option_copy(const config_option *o, const struct config *from, struct config *to) {
    if (o->kind != OPTION_TEXT) {
        memcpy(field_of(o, to), field_in(o, from), o->size);
        return;
    }
    char **field = field_of(o, to);
    char *text = alloc_text(*(char *const *)field_in(o, from));
    alloc_free_unsized(*field);
    *field = text;
}

void option_swap(const config_option *o, struct config *a, struct config *b) {
    char *left = field_of(o, a), *right = field_of(o, b);
    for (size_t i = 0; i < o->size; i++) {
        char byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}

void option_set_defaults(struct config *c) {
    char reason[CONFIG_REASON_MAX];
    option_free_all(c);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (o->kind == OPTION_UNREAD) continue;
        slice initial = slice_of(o->initial);
        bool valid = option_read(o, c, &initial, 1, false, reason);
        assert(valid);
        (void)valid;
    }
}

void option_free_all(struct config *c) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        const config_option *o = &option_table[i];
        if (o->kind == OPTION_TEXT) alloc_free_unsized(*(char **)field_of(o, c));
        memset(field_of(o, c), 0, o->size);
    }
}
