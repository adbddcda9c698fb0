/* Script: a transcript file, read into cases and steps. The language is described in
 * tests/transcripts/README.md. */
#ifndef STINT_E2E_SCRIPT_H
#define STINT_E2E_SCRIPT_H

#include <stdbool.h>

#include "server.h"

/* A line of expectation. */
typedef struct expected {
    char *text;
    int line;
    int protocol; /* 2 or 3: only in that version; 0: in both */
} expected;

typedef enum step_kind {
    STEP_COMMAND,    /* NAME> words */
    STEP_RAW,        /* NAME raw> "bytes" */
    STEP_WAIT,       /* NAME wait> words, repeated until the reply is the expected one */
    STEP_RECEIVE,    /* NAME<, only reads */
    STEP_DISCONNECT, /* disconnect NAME */
    STEP_RESTART,    /* server restarts */
    STEP_EXIT,       /* server exits STATUS */
} step_kind;

typedef struct step {
    step_kind kind;
    char client[16]; /* empty for the client without a name */
    char *text;      /* what stands behind the > */
    int line;
    expected *expected;
    int expected_count;
    int exit_status;
} step;

/* From which version of a server on a case holds. */
typedef struct since {
    bool valkey;
    int major, minor;
} since;

#define SINCE_MAX 4

typedef struct script_case {
    char *title;
    int line;
    since since[SINCE_MAX]; /* any of them suffices */
    int since_count;
    bool only_stint;    /* no other server answers like this */
    bool except_valkey; /* Valkey answers otherwise */
    int protocol;       /* 2 or 3: only in that version; 0: in both */
    step *steps;
    int step_count;
} script_case;

typedef struct script {
    const char *path;
    int protocol; /* as of a case, for all of them */
    bool own_server;
    server_setup
        setup; /* options and whether a configuration file is wanted; the program's path is not set */
    script_case *cases;
    int case_count;
    char **lines; /* the file's lines as they are, for filling in replies */
    int line_count;
} script;

/* Reads a file. Ends the program with file and line if it is not a transcript. Free with script_free(). */
script *script_read(const char *path);
void script_free(script *s);

#endif
