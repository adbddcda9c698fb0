/* Session: its texts, and who it is. */
#include "server/request/session.h"

#include "base/alloc.h"
#include "server/config/config.h"

void session_set_text(char **text, slice value) {
    alloc_free_unsized(*text);
    *text = value.len ? alloc_text_of(value.data, value.len) : NULL;
}

bool session_password_required(void) { return config.requirepass[0] != '\0'; }

/* Whether both are the same; takes as long for any two texts of the given lengths. */
static bool equal_in_constant_time(slice given, slice wanted) {
    unsigned difference = given.len != wanted.len;
    for (size_t i = 0; i < given.len; i++)
        difference |= (unsigned char)(given.data[i] ^ (wanted.len ? wanted.data[i % wanted.len] : 0));
    return difference == 0;
}

bool session_authenticate(client *c, slice user, slice password) {
    bool known = slice_equal(user, SLICE("default"));
    bool right =
        equal_in_constant_time(password, slice_of(config.requirepass)) || !session_password_required();
    if (!(known && right)) return false;
    c->flags |= CLIENT_AUTHENTICATED;
    return true;
}
