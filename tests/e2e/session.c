/* Session: the requests that are cut into pieces. What is in it aims at the places where a parser keeps
 * state: every kind of line, empty and binary arguments, lengths of several digits, inline requests with
 * quotes, empty requests, and errors that must not end the session. */
#include "session.h"

#include <stdarg.h>
#include <string.h>

#define MEDIUM_BYTES 300

void session_add(bytes *session, ...) {
    const char *argv[16];
    int argc = 0;
    va_list args;
    va_start(args, session);
    for (const char *arg = va_arg(args, const char *); arg != NULL; arg = va_arg(args, const char *)) {
        if (argc == 16) die("too many arguments in a session");
        argv[argc++] = arg;
    }
    va_end(args);
    bytes_format(session, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) bytes_format(session, "$%zu\r\n%s\r\n", strlen(argv[i]), argv[i]);
}

static void add_raw(bytes *session, const char *data, size_t len) { bytes_append(session, data, len); }

#define ADD(session, literal) add_raw(session, literal, sizeof(literal) - 1)

static void add_medium_value(bytes *session) {
    char value[MEDIUM_BYTES + 1];
    memset(value, 'm', MEDIUM_BYTES);
    value[MEDIUM_BYTES] = '\0';
    session_add(session, "SET", "medium", value, NULL);
    session_add(session, "STRLEN", "medium", NULL);
    session_add(session, "GETRANGE", "medium", "290", "-1", NULL);
}

void session_add_mixed(bytes *session) {
    session_add(session, "SET", "key", "value", NULL);
    session_add(session, "GET", "key", NULL);
    ADD(session, "PING\r\n");
    ADD(session, "SET inline \"two words \\x41\\n\"\r\n");
    ADD(session, "GET inline\n");
    ADD(session, "\r\n\n*0\r\n*-1\r\n");
    ADD(session, "  ECHO   'it\\'s'  \r\n");
    ADD(session, "*3\r\n$3\r\nSET\r\n$4\r\n\x00\r\n\xff\r\n$6\r\n*1\r\n$4\r\n");
    ADD(session, "*2\r\n$3\r\nGET\r\n$4\r\n\x00\r\n\xff\r\n");
    ADD(session, "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n");
    ADD(session, "*2\r\n$6\r\nSTRLEN\r\n$0\r\n\r\n");
    session_add(session, "MSET", "a", "1", "b", "2", "c", "3", NULL);
    session_add(session, "MGET", "a", "b", "missing", "c", NULL);
    session_add(session, "INCRBY", "a", "41", NULL);
    session_add(session, "INCR", "key", NULL);
    session_add(session, "NONSENSE", "x", "y", NULL);
    ADD(session, "GET\r\n");
    session_add(session, "SETRANGE", "key", "10", "end", NULL);
    session_add(session, "GET", "key", NULL);
    session_add(session, "SETBIT", "bits", "77", "1", NULL);
    session_add(session, "BITFIELD", "bits", "GET", "u8", "72", "SET", "i5", "#2", "-3", NULL);
    add_medium_value(session);
    session_add(session, "EXPIRE", "a", "100", "GT", NULL);
    session_add(session, "SELECT", "3", NULL);
    session_add(session, "DBSIZE", NULL);
    session_add(session, "SELECT", "0", NULL);
    session_add(session, "DBSIZE", NULL);
    session_add(session, "DEL", "a", "b", "c", "key", "medium", NULL);
    ADD(session, "PING last\r\n");
}
