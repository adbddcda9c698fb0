/* Special options: the ones whose type no other option has.
 *
 * Each type has a function that reads it from words and one that writes it. The types are flat: fixed arrays,
 * no pointers, so that they can be copied and compared as bytes. What an array has room for is its limit. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <strings.h>

#include "base/number.h"
#include "server/config/config_option.h"

/* Copies a word into a fixed array and fills the rest with zeros. False if it does not fit. */
static bool copy_word(char *to, size_t room, slice word) {
    if (word.len >= room || memchr(word.data, '\0', word.len)) return false;
    memset(to, 0, room);
    memcpy(to, word.data, word.len);
    return true;
}

/* --- bind --- */

static bool read_bind(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_bind *bind = field;
    (void)again;
    memset(bind, 0, sizeof(*bind));
    for (int i = 0; i < count; i++) {
        if (words[i].len == 0) continue;
        if (bind->count == CONFIG_BIND_MAX)
            return option_refuse(reason, "Too many bind addresses specified.");
        if (!copy_word(bind->address[bind->count], CONFIG_ADDRESS_MAX, words[i]))
            return option_refuse(reason, "Invalid bind address.");
        bind->count++;
    }
    return true;
}

static void write_bind(const void *field, enum option_form form, FILE *out) {
    const struct config_bind *bind = field;
    for (int i = 0; i < bind->count; i++) {
        if (i > 0) fputc(' ', out);
        if (form == FORM_FILE)
            option_write_word(slice_of(bind->address[i]), out);
        else
            fputs(bind->address[i], out);
    }
    if (form == FORM_FILE && bind->count == 0) fputs("\"\"", out);
}

const struct option_rules config_bind_rules = {read_bind, write_bind};

/* --- client-output-buffer-limit --- */

static const char *const output_classes[OUTPUT_LIMIT_CLASSES] = {"normal", "slave", "pubsub"};

static int find_output_class(slice word) {
    for (int i = 0; i < OUTPUT_LIMIT_CLASSES; i++)
        if (slice_is(word, output_classes[i])) return i;
    return slice_is(word, "replica") ? OUTPUT_LIMIT_REPLICA : -1;
}

/* Classes that the words do not name keep their limits. */
static bool read_output_limits(void *field, const slice *words, int count, bool again, char *reason) {
    struct output_limit *limits = field;
    (void)again;
    if (count % 4 != 0)
        return option_refuse(reason, "Wrong number of arguments in buffer limit configuration.");
    for (int i = 0; i < count; i += 4) {
        int class = find_output_class(words[i]);
        if (class < 0)
            return option_refuse(reason, "Invalid client class specified in buffer limit configuration.");
        struct output_limit limit;
        if (!number_parse_memory(words[i + 1], &limit.hard_bytes) ||
            !number_parse_memory(words[i + 2], &limit.soft_bytes) ||
            !number_parse_i64(words[i + 3], &limit.soft_seconds) || limit.soft_seconds < 0)
            return option_refuse(
                reason, "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        limits[class] = limit;
    }
    return true;
}

/* A file gets all classes in one line: whatever single classes the lines before it set, this one decides. */
static void write_output_limits(const void *field, enum option_form form, FILE *out) {
    const struct output_limit *limits = field;
    (void)form;
    for (int i = 0; i < OUTPUT_LIMIT_CLASSES; i++)
        fprintf(out, "%s%s %" PRIu64 " %" PRIu64 " %" PRIi64, i > 0 ? " " : "", output_classes[i],
                limits[i].hard_bytes, limits[i].soft_bytes, limits[i].soft_seconds);
}

const struct option_rules config_output_limit_rules = {read_output_limits, write_output_limits};

/* --- rename-command --- */

bool (*config_command_exists)(slice name);

/* Whether a command has that name after the renamings so far. */
static bool names_command(const struct config_renames *renames, slice name) {
    if (name.len == 0) return false;
    bool found = config_command_exists(name);
    for (int i = 0; i < renames->count; i++) {
        if (slice_is(name, renames->command[i].from)) found = false;
        if (slice_is(name, renames->command[i].to)) found = true;
    }
    return found;
}

/* Gives the reason why the renaming makes no sense, or NULL. */
static const char *wrong_with_renaming(const struct config_renames *renames, slice from, slice to) {
    bool same = from.len == to.len && strncasecmp(from.data, to.data, to.len) == 0;
    if (!config_command_exists) return NULL;
    if (!names_command(renames, from)) return "No such command in rename-command";
    if (!same && names_command(renames, to)) return "Target command name already exists";
    return NULL;
}

static bool read_renames(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_renames *renames = field;
    if (!again) memset(renames, 0, sizeof(*renames));
    if (count == 0) return true; /* the default */
    if (count != 2) return option_refuse(reason, "wrong number of arguments");
    if (renames->count == CONFIG_RENAMES_MAX)
        return option_refuse(reason, "more than %d commands to rename", CONFIG_RENAMES_MAX);
    const char *wrong = wrong_with_renaming(renames, words[0], words[1]);
    if (wrong) return option_refuse(reason, "%s", wrong);
    if (!copy_word(renames->command[renames->count].from, CONFIG_COMMAND_NAME_MAX, words[0]) ||
        !copy_word(renames->command[renames->count].to, CONFIG_COMMAND_NAME_MAX, words[1]))
        return option_refuse(reason, "a command's name has at most %d bytes", CONFIG_COMMAND_NAME_MAX - 1);
    renames->count++;
    return true;
}

/* One setting per line of the file, all of which stay: the option can't be changed at run time. */
static void write_renames(const void *field, enum option_form form, FILE *out) {
    const struct config_renames *renames = field;
    (void)form;
    for (int i = 0; i < renames->count; i++)
        fprintf(out, "%s%s %s", i > 0 ? ", " : "", renames->command[i].from, renames->command[i].to);
}

const struct option_rules config_rename_rules = {read_renames, write_renames};

/* --- oom-score-adj-values --- */

static bool read_oom_values(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_oom_values *values = field;
    (void)again;
    if (count != OOM_ROLES) return option_refuse(reason, "wrong number of arguments");
    for (int i = 0; i < OOM_ROLES; i++) {
        int64_t score;
        if (!number_parse_i64(words[i], &score) || score < -2000 || score > 2000)
            return option_refuse(reason,
                                 "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
        values->score[i] = (int)score;
    }
    return true;
}

static void write_oom_values(const void *field, enum option_form form, FILE *out) {
    const struct config_oom_values *values = field;
    (void)form;
    for (int i = 0; i < OOM_ROLES; i++) fprintf(out, "%s%d", i > 0 ? " " : "", values->score[i]);
}

const struct option_rules config_oom_values_rules = {read_oom_values, write_oom_values};

/* --- hz --- */

#define HZ_LEAST 1
#define HZ_MOST  500

static bool read_hz(void *field, const slice *words, int count, bool again, char *reason) {
    config_hz *hz = field;
    int64_t value;
    (void)count;
    (void)again;
    if (!number_parse_i64(words[0], &value))
        return option_refuse(reason, "argument couldn't be parsed into an integer");
    if (value < 0 || value > INT_MAX)
        return option_refuse(reason, "argument must be between 0 and %d inclusive", INT_MAX);
    *hz = value < HZ_LEAST ? HZ_LEAST : value > HZ_MOST ? HZ_MOST : value;
    return true;
}

static void write_hz(const void *field, enum option_form form, FILE *out) {
    (void)form;
    fprintf(out, "%" PRIi64, *(const config_hz *)field);
}

const struct option_rules config_hz_rules = {read_hz, write_hz};

/* --- notify-keyspace-events --- */

static const struct {
    char letter;
    uint32_t class;
} notify_letters[] = {
    {'g', NOTIFY_GENERIC},  {'$', NOTIFY_STRING}, {'l', NOTIFY_LIST},    {'s', NOTIFY_SET},
    {'h', NOTIFY_HASH},     {'z', NOTIFY_ZSET},   {'x', NOTIFY_EXPIRED}, {'e', NOTIFY_EVICTED},
    {'t', NOTIFY_STREAM},   {'d', NOTIFY_MODULE}, {'n', NOTIFY_NEW},     {'K', NOTIFY_KEYSPACE},
    {'E', NOTIFY_KEYEVENT}, {'m', NOTIFY_MISS},
};
#define NOTIFY_LETTERS ((int)(sizeof(notify_letters) / sizeof(notify_letters[0])))

static uint32_t notify_class_of(char letter) {
    if (letter == 'A') return NOTIFY_ALL;
    for (int i = 0; i < NOTIFY_LETTERS; i++)
        if (notify_letters[i].letter == letter) return notify_letters[i].class;
    return 0;
}

static bool read_notify(void *field, const slice *words, int count, bool again, char *reason) {
    config_notify_classes *classes = field;
    config_notify_classes value = 0;
    (void)count;
    (void)again;
    for (size_t i = 0; i < words[0].len; i++) {
        uint32_t class = notify_class_of(words[0].data[i]);
        if (!class) return option_refuse(reason, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        value |= class;
    }
    *classes = value;
    return true;
}

/* Clients expect A alone where n comes with it; a file must tell the two. */
static void write_notify(const void *field, enum option_form form, FILE *out) {
    config_notify_classes classes = *(const config_notify_classes *)field;
    if (form == FORM_FILE) fputc('"', out);
    if ((classes & NOTIFY_ALL) == NOTIFY_ALL) {
        fputc('A', out);
        classes &= ~(config_notify_classes)NOTIFY_ALL;
        if (form == FORM_SHOWN) classes &= ~(config_notify_classes)NOTIFY_NEW;
    }
    for (int i = 0; i < NOTIFY_LETTERS; i++)
        if (classes & notify_letters[i].class) fputc(notify_letters[i].letter, out);
    if (form == FORM_FILE) fputc('"', out);
}

const struct option_rules config_notify_rules = {read_notify, write_notify};

/* --- save --- */

/* The first line of a file replaces the default, later ones add to it; one without points forgets those
 * before. */
static bool read_save(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_save *save = field;
    if (!again || count == 0) memset(save, 0, sizeof(*save));
    if (count % 2 != 0) return option_refuse(reason, "Invalid save parameters");
    for (int i = 0; i < count; i += 2) {
        int64_t seconds, changes;
        if (!number_parse_i64(words[i], &seconds) || !number_parse_i64(words[i + 1], &changes) ||
            seconds < 1 || changes < 0 || save->count == CONFIG_SAVE_POINTS_MAX)
            return option_refuse(reason, "Invalid save parameters");
        save->point[save->count].seconds = seconds;
        save->point[save->count].changes = changes;
        save->count++;
    }
    return true;
}

/* In a file, a line that forgets the points of other lines comes first. */
static void write_save(const void *field, enum option_form form, FILE *out) {
    const struct config_save *save = field;
    if (form == FORM_FILE) fputs(save->count > 0 ? "\"\"\nsave " : "\"\"", out);
    for (int i = 0; i < save->count; i++)
        fprintf(out, "%s%" PRIi64 " %" PRIi64, i > 0 ? " " : "", save->point[i].seconds,
                save->point[i].changes);
}

const struct option_rules config_save_rules = {read_save, write_save};

/* --- replicaof --- */

static bool read_primary(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_primary *primary = field;
    int64_t port;
    (void)again;
    if (count != 2) return option_refuse(reason, "wrong number of arguments");
    memset(primary, 0, sizeof(*primary));
    if (slice_is(words[0], "no") && slice_is(words[1], "one")) return true;
    if (!number_parse_i64(words[1], &port) || port < 0 || port > 65535 || words[0].len == 0 ||
        !copy_word(primary->host, sizeof(primary->host), words[0]))
        return option_refuse(reason, "Invalid master port");
    primary->port = (int)port;
    return true;
}

static void write_primary(const void *field, enum option_form form, FILE *out) {
    const struct config_primary *primary = field;
    if (primary->host[0])
        fprintf(out, "%s %d", primary->host, primary->port);
    else if (form == FORM_FILE)
        fputs("no one", out);
}

const struct option_rules config_primary_rules = {read_primary, write_primary};

/* --- latency-tracking-info-percentiles --- */

static bool read_percentiles(void *field, const slice *words, int count, bool again, char *reason) {
    struct config_percentiles *percentiles = field;
    (void)again;
    memset(percentiles, 0, sizeof(*percentiles));
    if (count > CONFIG_PERCENTILES_MAX)
        return option_refuse(reason, "Invalid latency-tracking-info-percentiles parameters");
    for (int i = 0; i < count; i++) {
        double value;
        if (!number_parse_double(words[i], &value))
            return option_refuse(reason, "Invalid latency-tracking-info-percentiles parameters");
        if (value < 0 || value > 100)
            return option_refuse(
                reason, "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        percentiles->value[percentiles->count++] = value;
    }
    return true;
}

static void write_percentiles(const void *field, enum option_form form, FILE *out) {
    const struct config_percentiles *percentiles = field;
    for (int i = 0; i < percentiles->count; i++) {
        char text[NUMBER_DOUBLE_TEXT_MAX];
        /* shown with at most six digits after the point */
        double value = form == FORM_SHOWN ? round(percentiles->value[i] * 1e6) / 1e6 : percentiles->value[i];
        size_t len = number_format_double(text, value);
        fprintf(out, "%s%.*s", i > 0 ? " " : "", (int)len, text);
    }
    if (form == FORM_FILE && percentiles->count == 0) fputs("\"\"", out);
}

const struct option_rules config_percentiles_rules = {read_percentiles, write_percentiles};

/* --- Checks of text and unions --- */

/* Length of the variable that the text begins with, 0 if there is none. */
static size_t title_variable_len(const char *text) {
    static const char *const variables[] = {"{title}",    "{listen-addr}", "{server-mode}", "{port}",
                                            "{tls-port}", "{unixsocket}",  "{config-file}"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        if (strncmp(text, variables[i], strlen(variables[i])) == 0) return strlen(variables[i]);
    return 0;
}

/* Every { begins a variable, but for {{, which stands for a brace. Some text must remain if all variables are
 * empty. */
bool config_check_title_template(const char *value, char reason[CONFIG_REASON_MAX]) {
    size_t text_len = 0;
    while (*value) {
        size_t len = title_variable_len(value);
        if (len == 0) {
            if (value[0] == '{' && value[1] != '{') break;
            len = value[0] == '{' ? 2 : 1;
            text_len++;
        }
        value += len;
    }
    if (*value || text_len == 0)
        return option_refuse(reason, "template format is invalid or contains unknown variables");
    return true;
}

static bool check_file_name(const char *value, const char *option, const char *what, char *reason) {
    if (strchr(value, '/')) return option_refuse(reason, "%s can't be a path, just a %s", option, what);
    return true;
}

bool config_check_dbfilename(const char *value, char reason[CONFIG_REASON_MAX]) {
    return check_file_name(value, "dbfilename", "filename", reason);
}

bool config_check_appendfilename(const char *value, char reason[CONFIG_REASON_MAX]) {
    if (!value[0]) return option_refuse(reason, "appendfilename can't be empty");
    return check_file_name(value, "appendfilename", "filename", reason);
}

bool config_check_appenddirname(const char *value, char reason[CONFIG_REASON_MAX]) {
    if (!value[0]) return option_refuse(reason, "appenddirname can't be empty");
    return check_file_name(value, "appenddirname", "dirname", reason);
}

bool config_check_hostname(const char *value, char reason[CONFIG_REASON_MAX]) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    if (strlen(value) >= CONFIG_ADDRESS_MAX)
        return option_refuse(reason, "Hostnames must be less than %d characters", CONFIG_ADDRESS_MAX);
    if (value[strspn(value, allowed)] == '\0') return true;
    return option_refuse(reason, "Hostnames may only contain alphanumeric characters, hyphens or dots");
}

bool config_check_node_name(const char *value, char reason[CONFIG_REASON_MAX]) {
    if (!strpbrk(value, "!#$%&()*+:;<>?@[]^{|}~")) return true;
    return option_refuse(reason, "Announced human node name contained invalid character");
}

bool config_check_ipv4(const char *value, char reason[CONFIG_REASON_MAX]) {
    struct in_addr address;
    if (!value[0] || inet_pton(AF_INET, value, &address) == 1) return true;
    return option_refuse(reason, "Invalid IPv4 address");
}

bool config_check_ipv6(const char *value, char reason[CONFIG_REASON_MAX]) {
    struct in6_addr address;
    if (!value[0] || inet_pton(AF_INET6, value, &address) == 1) return true;
    return option_refuse(reason, "Invalid IPv6 address");
}

bool config_check_shutdown(int value, char reason[CONFIG_REASON_MAX]) {
    if ((value & SHUTDOWN_SAVE) && (value & SHUTDOWN_NOSAVE))
        return option_refuse(reason, "shutdown options SAVE and NOSAVE can't be used simultaneously");
    return true;
}
