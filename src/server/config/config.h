/* Config: what the server was told to be.
 *
 * One struct with a plain field for every option; whoever needs a setting reads the field. The fields come
 * from the rows of config_options.h, where each option's name, range, default and meaning are found; their
 * names are those of the options with _ for -, ending in the unit where there is one.
 *
 * At the start the values are the defaults, changed by the configuration file, the standard input and the
 * command line. Later CONFIG SET changes them: modules that must follow a change register a hook. Not
 * thread-safe: the loop's thread owns it. */
#ifndef STINT_SERVER_CONFIG_CONFIG_H
#define STINT_SERVER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/output.h"

/* Longest value of a text option, in bytes. */
#define CONFIG_TEXT_MAX 8192

/* Longest address or host name, with its NUL. */
#define CONFIG_ADDRESS_MAX 256

#define CONFIG_BIND_MAX 16
struct config_bind {
    int count;
    char address[CONFIG_BIND_MAX][CONFIG_ADDRESS_MAX]; /* "-" in front: may be missing */
};

enum output_limit_class {
    OUTPUT_LIMIT_NORMAL,
    OUTPUT_LIMIT_REPLICA,
    OUTPUT_LIMIT_PUBSUB,
    OUTPUT_LIMIT_CLASSES
};
typedef struct output_limit config_output_limits[OUTPUT_LIMIT_CLASSES];

#define CONFIG_RENAMES_MAX      64
#define CONFIG_COMMAND_NAME_MAX 128 /* with its NUL */
struct config_renames {
    int count;
    struct {
        char from[CONFIG_COMMAND_NAME_MAX];
        char to[CONFIG_COMMAND_NAME_MAX]; /* "": the command is taken away */
    } command[CONFIG_RENAMES_MAX];        /* in the order of the file */
};

enum config_oom_role { OOM_PRIMARY, OOM_REPLICA, OOM_CHILD, OOM_ROLES };
struct config_oom_values {
    int score[OOM_ROLES];
};

typedef int64_t config_hz; /* 1..500 */

/* Classes of keyspace events and where they are published. */
enum notify_class {
    NOTIFY_KEYSPACE = 1 << 0, /* K: in the key's channel */
    NOTIFY_KEYEVENT = 1 << 1, /* E: in the event's channel */
    NOTIFY_GENERIC = 1 << 2,  /* g */
    NOTIFY_STRING = 1 << 3,   /* $ */
    NOTIFY_LIST = 1 << 4,     /* l */
    NOTIFY_SET = 1 << 5,      /* s */
    NOTIFY_HASH = 1 << 6,     /* h */
    NOTIFY_ZSET = 1 << 7,     /* z */
    NOTIFY_EXPIRED = 1 << 8,  /* x */
    NOTIFY_EVICTED = 1 << 9,  /* e */
    NOTIFY_STREAM = 1 << 10,  /* t */
    NOTIFY_MODULE = 1 << 11,  /* d */
    NOTIFY_NEW = 1 << 12,     /* n */
    NOTIFY_MISS = 1 << 13,    /* m */
    NOTIFY_ALL = NOTIFY_GENERIC | NOTIFY_STRING | NOTIFY_LIST | NOTIFY_SET | NOTIFY_HASH | NOTIFY_ZSET |
                 NOTIFY_EXPIRED | NOTIFY_EVICTED | NOTIFY_STREAM | NOTIFY_MODULE, /* A */
};
typedef uint32_t config_notify_classes; /* enum notify_class */

#define CONFIG_SAVE_POINTS_MAX 64
struct config_save {
    int count;
    struct {
        int64_t seconds, changes;
    } point[CONFIG_SAVE_POINTS_MAX];
};

struct config_primary {
    char host[CONFIG_ADDRESS_MAX]; /* "": none */
    int port;
};

#define CONFIG_PERCENTILES_MAX 64
struct config_percentiles {
    int count;
    double value[CONFIG_PERCENTILES_MAX];
};

/* Values of the options that are one of several names. loglevel holds an enum log_level, syslog-facility a
 * LOG_* of <syslog.h>. */
enum config_permission { PERMISSION_NO, PERMISSION_YES, PERMISSION_LOCAL };
enum config_supervised { SUPERVISED_NO, SUPERVISED_SYSTEMD, SUPERVISED_UPSTART, SUPERVISED_AUTO };
enum config_oom { OOM_ADJUST_NO, OOM_ADJUST_RELATIVE, OOM_ADJUST_ABSOLUTE };
/* A union; 0 is the default behaviour. */
enum config_shutdown {
    SHUTDOWN_SAVE = 1 << 0,
    SHUTDOWN_NOSAVE = 1 << 1,
    SHUTDOWN_NOW = 1 << 2,
    SHUTDOWN_FORCE = 1 << 3,
};
enum config_policy {
    POLICY_NOEVICTION,
    POLICY_ALLKEYS_LRU,
    POLICY_ALLKEYS_LFU,
    POLICY_ALLKEYS_RANDOM,
    POLICY_VOLATILE_LRU,
    POLICY_VOLATILE_LFU,
    POLICY_VOLATILE_RANDOM,
    POLICY_VOLATILE_TTL,
};

struct config {
#define BOOL(field, ...)          bool field;
#define INTEGER(field, ...)       int64_t field;
#define OCTAL(field, ...)         int64_t field;
#define MEMORY(field, ...)        uint64_t field;
#define SHARE(field, ...)         int64_t field;
#define CHOICE(field, ...)        int field;
#define CHOICES(field, ...)       int field;
#define TEXT(field, ...)          char *field;
#define SPECIAL(field, type, ...) type field;
#include "server/config/config_options.h"
};

/* The settings in force. Written by this module only. */
extern struct config config;

/* --- Start --- */

enum config_action {
    CONFIG_RUN,          /* config is filled, the working directory is set */
    CONFIG_SHOW_VERSION, /* -v or --version was asked for */
    CONFIG_SHOW_HELP,    /* -h or --help was asked for */
    CONFIG_INVALID,      /* error says what is wrong, in lines that end with \n */
};

/* Room for the text about a bad configuration. */
#define CONFIG_ERROR_MAX 8192

/* Reads the command line of the program, with the file and the standard input if it names them:
 *
 *     stint [file] [-] [--option value ...]... [-]
 *
 * A setting of the file gives way to one of the standard input, that to one of the command line. Nothing is
 * logged yet, since the log's own settings are among those read. */
enum config_action config_start(int argc, char **argv, char error[CONFIG_ERROR_MAX]);

/* Tells whether a command has that name. If set, config_start refuses rename-command lines that it makes
 * nonsense of; to be unset afterwards, when renaming has begun. */
extern bool (*config_command_exists)(slice name);

/* Logs which of the options given, or of their values, have no effect yet, if any. To be called when the log
 * is open. */
void config_log_pending(void);

/* The absolute path of the configuration file, "" if the server runs without. */
const char *config_file_path(void);

/* --- Changes --- */

/* Room for the reason of a refusal. */
#define CONFIG_REASON_MAX 512

/* Makes a change take effect; config holds the new value. False, with the reason written as a NUL-terminated
 * text of at most CONFIG_REASON_MAX bytes, if that can't be: the former values come back, and the hook is
 * called again for them. */
typedef bool (*config_hook)(char reason[CONFIG_REASON_MAX]);

/* Has the hook called whenever CONFIG SET changes that option, which has no hook yet. To be called after
 * config_start; that does not call hooks. The same hook may serve several options: it runs once per CONFIG
 * SET. */
void config_on_change(const char *name, config_hook hook);

/* Why config_set changed nothing. */
struct config_refusal {
    slice name;                     /* as it was given */
    bool unknown;                   /* there is no such option; reason is empty */
    char reason[CONFIG_REASON_MAX]; /* else what is wrong with the name or value */
};

/* Sets options, all or none. pairs holds name, value, name, value ...; count is the number of pairs. Options
 * that have only their initial value yet refuse any other.
 * from_local tells that who asks is on this machine. */
bool config_set(const slice *pairs, int count, bool from_local, struct config_refusal *refusal);

/* Makes the configuration file hold the settings in force: lines whose setting has changed are replaced,
 * settings that the file lacks are appended, all other lines stay as they are. The file is replaced at once
 * or not at all. False with errno set if that fails. Only with a configuration file. */
bool config_rewrite(void);

/* --- For CONFIG GET --- */

/* How many names there are, aliases included; options that have no effect yet are left out. */
int config_name_count(void);
/* Name of that index, 0 to config_name_count() - 1, in lower case. */
const char *config_name(int index);
/* Whether the value of that option is a secret; the name may be any text. */
bool config_is_secret(slice name);
/* The value of that name as CONFIG GET shows it; free with alloc_free_unsized. */
char *config_value(int index);

#endif
