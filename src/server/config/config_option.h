/* Option: one row of the configuration and what can be done with its value.
 *
 * Inside of the configuration only: config.c, config_file.c and config_rewrite.c work on any struct config
 * through these functions, so that a file can be read without touching the settings in force. */
#ifndef STINT_SERVER_CONFIG_CONFIG_OPTION_H
#define STINT_SERVER_CONFIG_CONFIG_OPTION_H

#include <stdio.h>

#include "server/config/config.h"

enum option_flag {
    NOW = 0,            /* in effect */
    ONLY = 1 << 0,      /* has only its initial value yet */
    LATER = 1 << 1,     /* accepted, without effect yet */
    FIXED = 1 << 2,     /* can't be set at run time */
    PROTECTED = 1 << 3, /* set at run time only as enable-protected-configs says */
    SENSITIVE = 1 << 4, /* never shown in an error or the log */
    FILE_ONLY = 1 << 5, /* not known to CONFIG */
    WORDS = 1 << 6,     /* the value has several words; a single one is split at its spaces */
};

enum option_kind {
    OPTION_BOOL,
    OPTION_INTEGER,
    OPTION_OCTAL,
    OPTION_MEMORY,
    OPTION_SHARE,
    OPTION_CHOICE,
    OPTION_CHOICES,
    OPTION_TEXT,
    OPTION_SPECIAL,
    OPTION_UNREAD,
};

/* Most words of one line. */
#define OPTION_WORDS_MAX 1024

/* How a value is written: as CONFIG GET shows it, or so that it can be read back from a file. */
enum option_form { FORM_SHOWN, FORM_FILE };

/* A name that an option's value may have. */
struct option_name {
    const char *name; /* NULL at the end */
    int value;
};

/* Reading and writing of a type that no other option has. */
struct option_rules {
    /* Changes the field as the words say. again: another line of the same file has set it before. False with
     * the reason; the field may be changed then. */
    bool (*read)(void *field, const slice *words, int count, bool again, char reason[CONFIG_REASON_MAX]);
    void (*write)(const void *field, enum option_form form, FILE *out);
};

typedef struct config_option {
    const char *name;  /* lower case */
    const char *alias; /* or NULL */
    const char *initial;
    uint8_t kind;  /* enum option_kind */
    uint8_t flags; /* enum option_flag */
    size_t offset; /* of the field in struct config */
    size_t size;   /* of the field; 0: no field */
    union {
        struct {
            int64_t least, most;
        } number;
        struct {
            uint64_t least, most;
        } memory;
        struct {
            const struct option_name *names;
            bool (*check)(int value, char reason[CONFIG_REASON_MAX]); /* or NULL */
        } choice;
        bool (*check)(const char *value, char reason[CONFIG_REASON_MAX]); /* of text; or NULL */
        const struct option_rules *rules;
        int words; /* OPTION_UNREAD: at least */
    };
} config_option;

/* The number of rows. */
enum {
    OPTION_COUNT = 0
#define BOOL(...)    +1
#define INTEGER(...) +1
#define OCTAL(...)   +1
#define MEMORY(...)  +1
#define SHARE(...)   +1
#define CHOICE(...)  +1
#define CHOICES(...) +1
#define TEXT(...)    +1
#define SPECIAL(...) +1
#define UNREAD(...)  +1
#include "server/config/config_options.h"
};

/* All rows, in the order of config_options.h. */
extern const config_option option_table[OPTION_COUNT];

/* The option of that name or alias, in any case; NULL if there is none. */
const config_option *option_find(slice name);

/* Whether CONFIG GET and CONFIG SET know the option. */
static inline bool option_is_public(const config_option *o) { return !(o->flags & (LATER | FILE_ONLY)); }

/* Whether CONFIG REWRITE knows it: what has no effect yet stays in a file as it is. */
static inline bool option_is_rewritten(const config_option *o) {
    return option_is_public(o) && !(o->flags & ONLY);
}

/* Sets the option in a struct config from the words of its value. again: see option_rules. False, with the
 * reason and with c as it was, if the value is not one. */
bool option_read(const config_option *o, struct config *c, const slice *words, int count, bool again,
                 char reason[CONFIG_REASON_MAX]);

/* Writes the option's value. */
void option_write(const config_option *o, const struct config *c, enum option_form form, FILE *out);

/* The same as a text; free with alloc_free_unsized. */
char *option_text(const config_option *o, const struct config *c, enum option_form form);

/* Whether the option has the same value in both. */
bool option_equal(const config_option *o, const struct config *a, const struct config *b);

/* Gives the option in `to` the value it has in `from`. */
void option_copy(const config_option *o, const struct config *from, struct config *to);

/* Exchanges the option's values. */
void option_swap(const config_option *o, struct config *a, struct config *b);

/* Sets every option to its default; c is zeroed or was set before. */
void option_set_defaults(struct config *c);

/* Frees what the fields own and zeroes them. */
void option_free_all(struct config *c);

/* Writes a reason, printf style, and returns false. */
bool option_refuse(char reason[CONFIG_REASON_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes one word of a file's line, in quotes if it needs them. */
void option_write_word(slice word, FILE *out);

/* Rules and checks of config_special.c that rows refer to. */
extern const struct option_rules config_bind_rules, config_output_limit_rules, config_rename_rules,
    config_oom_values_rules, config_hz_rules, config_notify_rules, config_save_rules, config_primary_rules,
    config_percentiles_rules;
bool config_check_title_template(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_dbfilename(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_appendfilename(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_appenddirname(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_hostname(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_node_name(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_ipv4(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_ipv6(const char *value, char reason[CONFIG_REASON_MAX]);
bool config_check_shutdown(int value, char reason[CONFIG_REASON_MAX]);

#endif
