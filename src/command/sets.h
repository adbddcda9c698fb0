/* Sets: what the handlers of one set and of several have in common. */
#ifndef STINT_COMMAND_SETS_H
#define STINT_COMMAND_SETS_H

#include "command/support.h"
#include "net/client.h"
#include "store/types/set.h"

/* Replies with a member, as a bulk string. */
static inline void reply_member(client *c, const struct set_member *m) {
    struct packed_value v = set_member_as_value(m);
    reply_packed(c, &v);
}

/* Replies with all members of a set, after the header that the caller has written. e may be NULL. */
void reply_members(client *c, const entry *e);

#endif
