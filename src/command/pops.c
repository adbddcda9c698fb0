/* Pops: a blocking command does what its plain form does. Only where that finds nothing it waits instead of
 * saying so; it is run again, from the start, when one of its keys may have come (server/blocking.h). */
#include "command/pops.h"

#include "command/support.h"
#include "server/blocking.h"

bool pop_first(client *c, const args *a, const struct pop *p) {
    for (int i = p->first; i < p->first + p->keys; i++) {
        key k = args_key(a, i);
        entry *e;
        if (!write_typed(c, &k, p->type, &e)) return true;
        if (!e) continue;
        p->take(c, &k, e, p);
        return true;
    }
    return false;
}

void pop_first_or_wait(client *c, const args *a, const struct pop *p, slice timeout) {
    int64_t timeout_ms;
    if (!arg_timeout(c, timeout, &timeout_ms) || pop_first(c, a, p)) return;
    blocking_wait(c, a->argv + p->first, p->keys, p->type, timeout_ms, reply_null_array);
}

/* Reads [COUNT count] at argv[at], the rest of the request; 1 if it is not there. */
static bool read_count(client *c, const args *a, int at, int64_t *count) {
    *count = 1;
    if (at == a->argc) return true;
    if (at + 1 < a->argc && slice_is(a->argv[at], "COUNT")) {
        if (!arg_integer_between(c, a->argv[at + 1], 1, INT64_MAX, "ERR count should be greater than 0",
                                 count))
            return false;
        if (at + 2 == a->argc) return true;
    }
    reply_syntax_error(c);
    return false;
}

bool pop_read(client *c, const args *a, int at, const char *near, const char *far, struct pop *p) {
    int64_t keys;
    if (!arg_integer_between(c, a->argv[at], 1, INT64_MAX, "ERR numkeys should be greater than 0", &keys))
        return false;
    p->first = at + 1;
    if (keys >= a->argc - p->first) {
        reply_syntax_error(c);
        return false;
    }
    p->keys = (int)keys;
    slice end = a->argv[p->first + p->keys];
    p->last = slice_is(end, far);
    if (!p->last && !slice_is(end, near)) {
        reply_syntax_error(c);
        return false;
    }
    return read_count(c, a, p->first + p->keys + 1, &p->most);
}
