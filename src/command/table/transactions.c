/* Rows of the transactions group. */
#include "command/handlers.h"
#include "command/table/rows.h"

const command transactions_commands[] = {
    {
        .name = "multi",
        .handler = command_multi,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_MULTI |
                 COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_TRANSACTION,
        .unqueued = true,
        .since = "1.2.0",
        .summary = "Begins a transaction: what follows is queued.",
        .complexity = "O(1)",
    },
    {
        .name = "exec",
        .handler = command_exec,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_SKIP_SLOWLOG,
        .categories = CATEGORY_TRANSACTION,
        .unqueued = true,
        .since = "1.2.0",
        .summary = "Runs what the transaction has queued.",
        .complexity = "that of the queued commands",
    },
    {
        .name = "discard",
        .handler = command_discard,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_TRANSACTION,
        .unqueued = true,
        .since = "2.0.0",
        .summary = "Ends the transaction without running what it has queued.",
        .complexity = "O(N) for N queued commands",
    },
    {
        .name = "watch",
        .handler = command_watch,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_MULTI |
                 COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_TRANSACTION,
        .unqueued = true,
        .keys = {KEYS_FROM(1, KEY_RO)},
        .since = "2.2.0",
        .summary = "Watches keys: the next transaction does nothing if one of them changes before.",
        .complexity = "O(1) for each key given",
        .syntax = "key...",
    },
    {
        .name = "unwatch",
        .handler = command_unwatch,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY,
        .categories = CATEGORY_TRANSACTION,
        .since = "2.2.0",
        .summary = "Watches no key any more.",
        .complexity = "O(N) for N watched keys",
    },
    {0},
};
