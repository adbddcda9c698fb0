/* Rows of the connection group: what a client says about itself and its connection. */
#include "command/handlers.h"
#include "command/table/rows.h"

static const command client_subcommands[] = {
    {
        .name = "id",
        .handler = command_client_id,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "5.0.0",
        .summary = "Returns the number that identifies the connection.",
        .complexity = "O(1)",
    },
    {
        .name = "getname",
        .handler = command_client_getname,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "2.6.9",
        .summary = "Returns the name of the connection.",
        .complexity = "O(1)",
    },
    {
        .name = "setname",
        .handler = command_client_setname,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "2.6.9",
        .summary = "Names the connection.",
        .complexity = "O(1)",
        .syntax = "connection-name",
        .tips = TEXTS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "setinfo",
        .handler = command_client_setinfo,
        .arity = 4,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "7.2.0",
        .summary = "Records the name or version of the client library behind the connection.",
        .complexity = "O(1)",
        .syntax = "attr=(LIB-NAME libname|LIB-VER libver)",
        .tips = TEXTS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "info",
        .handler = command_client_info,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .categories = CATEGORY_CONNECTION,
        .since = "6.2.0",
        .summary = "Describes the connection.",
        .complexity = "O(1)",
        .tips = TEXTS("nondeterministic_output"),
    },
    {
        .name = "list",
        .handler = command_client_list,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .categories = CATEGORY_CONNECTION,
        .since = "2.4.0",
        .summary = "Describes the open connections.",
        .complexity = "O(N) in the number of connections",
        .syntax = "[client-type=TYPE (NORMAL|MASTER|REPLICA|PUBSUB)@5.0.0] [ID client-id:integer...@6.2.0] "
                  "[USER username@8.1.0] [ADDR addr<ip:port>@8.1.0] [LADDR laddr<ip:port>@8.1.0] "
                  "[skipme=SKIPME (YES|NO)@8.1.0] [MAXAGE maxage:integer@8.1.0] [NAME name@9.0.0] "
                  "[IDLE idle:integer@9.0.0] [FLAGS flags@9.0.0] [LIB-NAME lib-name@9.0.0] "
                  "[LIB-VER lib-ver@9.0.0] [DB db:integer@9.0.0] [CAPA capa@9.0.0] [IP ip@9.0.0] "
                  "[not-client-type=NOT-TYPE (NORMAL|MASTER|REPLICA|PUBSUB)@9.0.0] "
                  "[NOT-ID not-client-id:integer...@9.0.0] [NOT-USER not-username@9.0.0] "
                  "[NOT-ADDR not-addr<ip:port>@9.0.0] [NOT-LADDR not-laddr<ip:port>@9.0.0] "
                  "[NOT-NAME not-name@9.0.0] [NOT-FLAGS not-flags@9.0.0] [NOT-LIB-NAME not-lib-name@9.0.0] "
                  "[NOT-LIB-VER not-lib-ver@9.0.0] [NOT-DB not-db:integer@9.0.0] [NOT-CAPA not-capa@9.0.0] "
                  "[NOT-IP not-ip@9.0.0]",
        .tips = TEXTS("nondeterministic_output"),
        .history = TEXTS(
            CHANGE("2.8.12", "Shows the field `id`."), CHANGE("5.0.0", "Accepts `TYPE`."),
            CHANGE("6.0.0", "Shows the field `user`."),
            CHANGE("6.2.0", "Accepts `ID`; shows the fields `argv-mem`, `tot-mem`, `laddr` and `redir`."),
            CHANGE("7.0.0", "Shows the fields `resp`, `multi-mem`, `rbs` and `rbp`."),
            CHANGE("7.0.3", "Shows the field `ssub`."),
            CHANGE("7.2.0", "Shows the fields `lib-name` and `lib-ver`."),
            CHANGE("7.4.0", "Shows the field `watch`."), CHANGE("8.0.0", "Shows the field `io-thread`."),
            CHANGE("8.1.0", "Accepts `USER`, `ADDR`, `LADDR`, `SKIPME` and `MAXAGE`."),
            CHANGE("9.0.0", "Accepts `NAME`, `IDLE`, `FLAGS`, `LIB-NAME`, `LIB-VER`, `DB`, `CAPA`, `IP` and "
                            "the filters that begin with `NOT-`.")),
    },
    {
        .name = "kill",
        .handler = command_client_kill,
        .arity = -3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .categories = CATEGORY_CONNECTION,
        .since = "2.4.0",
        .summary = "Closes connections chosen by address or by filters.",
        .complexity = "O(N) in the number of connections",
        .syntax = "filter=(old-format<ip:port>!2.8.12|new-format=([ID client-id:integer...@2.8.12]|"
                  "[client-type=TYPE (NORMAL|MASTER@3.2.0|PRIMARY@8.0.0|SLAVE|REPLICA@5.0.0|"
                  "PUBSUB)@2.8.12]|[USER username]|[ADDR addr<ip:port>]|[LADDR laddr<ip:port>@6.2.0]|"
                  "[skipme=SKIPME (YES|NO)]|[MAXAGE maxage:integer@7.4.0]|[NAME name@9.0.0]|"
                  "[IDLE idle:integer@9.0.0]|[FLAGS flags@9.0.0]|[LIB-NAME lib-name@9.0.0]|"
                  "[LIB-VER lib-ver@9.0.0]|[DB db:integer@9.0.0]|[CAPA capa@9.0.0]|[IP ip@9.0.0]|"
                  "[not-client-type=NOT-TYPE (NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB)@9.0.0]|"
                  "[NOT-ID not-client-id:integer...@9.0.0]|[NOT-USER not-username@9.0.0]|"
                  "[NOT-ADDR not-addr<ip:port>@9.0.0]|[NOT-LADDR not-laddr<ip:port>@9.0.0]|"
                  "[NOT-NAME not-name@9.0.0]|[NOT-FLAGS not-flags@9.0.0]|[NOT-LIB-NAME not-lib-name@9.0.0]|"
                  "[NOT-LIB-VER not-lib-ver@9.0.0]|[NOT-DB not-db:integer@9.0.0]|[NOT-CAPA not-capa@9.0.0]|"
                  "[NOT-IP not-ip@9.0.0])...)",
        .history = TEXTS(CHANGE("2.8.12", "Accepts filters, `ID` among them."),
                         CHANGE("3.2.0", "`TYPE` accepts `master`."),
                         CHANGE("5.0.0", "`TYPE` accepts `replica`, the new word for `slave`."),
                         CHANGE("6.2.0", "Accepts `LADDR`."), CHANGE("7.4.0", "Accepts `MAXAGE`."),
                         CHANGE("8.0.0", "`TYPE` accepts `primary`, the new word for `master`."),
                         CHANGE("8.1.0", "`ID` accepts several numbers."),
                         CHANGE("9.0.0", "Accepts `NAME`, `IDLE`, `FLAGS`, `LIB-NAME`, `LIB-VER`, `DB`, "
                                         "`CAPA`, `IP` and the filters that begin with `NOT-`.")),
    },
    {
        .name = "reply",
        .handler = command_client_reply,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_NO_MULTI | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "3.2.0",
        .summary = "Switches the replies of the connection on or off, or skips the next one.",
        .complexity = "O(1)",
        .syntax = "action=(ON|OFF|SKIP)",
    },
    {
        .name = "unblock",
        .handler = command_client_unblock,
        .arity = -3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .categories = CATEGORY_CONNECTION,
        .since = "5.0.0",
        .summary = "Ends another connection's wait for keys.",
        .complexity = "O(N) in the number of connections",
        .syntax = "client-id:integer [unblock-type=(TIMEOUT|ERROR)]",
    },
    {
        .name = "no-evict",
        .handler = command_client_no_evict,
        .arity = 3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "7.0.0",
        .summary = "Exempts the connection from client eviction, or ends that.",
        .complexity = "O(1)",
        .syntax = "enabled=(ON|OFF)",
    },
    {
        .name = "no-touch",
        .handler = command_client_no_touch,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "7.2.0",
        .summary = "Keeps the connection's reads from counting as use of the keys, or ends that.",
        .complexity = "O(1)",
        .syntax = "enabled=(ON|OFF)",
    },
    HELP_ROW(command_client_help, CATEGORY_CONNECTION, "5.0.0"),
    {.name = NULL},
};

const command connection_commands[] = {
    {
        .name = "ping",
        .handler = command_ping,
        .arity = -1,
        .flags = COMMAND_FAST | COMMAND_SUBSCRIBER,
        .categories = CATEGORY_CONNECTION,
        .since = "1.0.0",
        .summary = "Answers PONG, or the message it was given.",
        .complexity = "O(1)",
        .syntax = "[message]",
        .tips = TEXTS("request_policy:all_shards", "response_policy:all_succeeded"),
    },
    {
        .name = "echo",
        .handler = command_echo,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .categories = CATEGORY_CONNECTION,
        .since = "1.0.0",
        .summary = "Returns the message.",
        .complexity = "O(1)",
        .syntax = "message",
    },
    {
        .name = "select",
        .handler = command_select,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "1.0.0",
        .summary = "Chooses the database that the following commands of this connection use.",
        .complexity = "O(1)",
        .syntax = "index:integer",
    },
    {
        .name = "quit",
        .handler = command_quit,
        .arity = -1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY | COMMAND_SUBSCRIBER,
        .categories = CATEGORY_CONNECTION,
        .unqueued = true,
        .since = "1.0.0",
        .summary = "Answers OK and closes the connection.",
        .complexity = "O(1)",
        .replaced_by = "closing the connection",
        .deprecated_since = "7.2.0",
    },
    {
        .name = "reset",
        .handler = command_reset,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY | COMMAND_SUBSCRIBER,
        .categories = CATEGORY_CONNECTION,
        .unqueued = true,
        .since = "6.2.0",
        .summary = "Brings the connection back to the state of a new one.",
        .complexity = "O(1)",
    },
    {
        .name = "hello",
        .handler = command_hello,
        .secrets = SECRETS_AFTER_AUTH,
        .arity = -1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "6.0.0",
        .summary =
            "Chooses the protocol version, may log in and name the connection, and describes the server.",
        .complexity = "O(1)",
        .syntax = "[arguments={protover:integer [auth=AUTH {username password}] [SETNAME clientname]}]",
        .history = TEXTS(
            CHANGE("6.2.0", "The protocol version may be left out; the connection is then only described.")),
    },
    {
        .name = "auth",
        .handler = command_auth,
        .secrets = SECRETS_ALL,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_CONNECTION,
        .since = "1.0.0",
        .summary = "Logs the connection in.",
        .complexity = "O(N) in the number of passwords of the user",
        .syntax = "[username@6.0.0] password",
        .history = TEXTS(CHANGE("6.0.0", "Accepts a user name.")),
    },
    {
        .name = "client",
        .arity = -2,
        .since = "2.4.0",
        .summary = "Groups the commands about client connections.",
        .complexity = "Depends on the subcommand",
        .subcommands = client_subcommands,
    },
    {.name = NULL},
};
