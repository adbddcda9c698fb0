/* Client selection: filters are read into a table of tests, one for each thing that can be asked and one for
 * its opposite (NOT-...); of two filters with the same word the last one counts. A client is chosen if all
 * tests that were given hold. Ids are the exception: they add up, and one that no client has finds nobody.
 *
 * Ids are looked up in arrays sorted by id, so that n ids among m clients cost (n + m) log m. */
#include "command/client_selection.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "command/client_text.h"
#include "net/reply.h"
#include "server/messages/pubsub.h"
#include "server/request/session.h"
#include "store/keyspace.h"

/* What a filter asks for. */
struct test {
    bool given;
    slice text;
    int64_t number;
};

/* A filter being read; the client is the one that asks. */
struct reading {
    client *client;
    const char *word;
    bool negated;
};

static const char *prefix(const struct reading *r) { return r->negated ? "NOT-" : ""; }

/* --- Values of filters: these return false with the error written --- */

/* Shows the value in an error. */
static bool refuse(const struct reading *r, const char *format, slice value) {
    reply_error(r->client, format, (int)value.len, value.data);
    return false;
}

enum { CLIENT_TYPE_NORMAL, CLIENT_TYPE_PUBSUB, CLIENT_TYPE_PRIMARY, CLIENT_TYPE_REPLICA };

static bool read_type(const struct reading *r, struct test *t) {
    static const struct {
        const char *name;
        int type;
    } types[] = {{"normal", CLIENT_TYPE_NORMAL},  {"pubsub", CLIENT_TYPE_PUBSUB},
                 {"master", CLIENT_TYPE_PRIMARY}, {"primary", CLIENT_TYPE_PRIMARY},
                 {"slave", CLIENT_TYPE_REPLICA},  {"replica", CLIENT_TYPE_REPLICA}};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (!slice_is(t->text, types[i].name)) continue;
        t->number = types[i].type;
        return true;
    }
    return refuse(r, "ERR Unknown client type '%.*s'", t->text);
}

static bool read_user(const struct reading *r, struct test *t) {
    return slice_equal(t->text, SLICE("default")) || refuse(r, "ERR No such user '%.*s'", t->text);
}

static bool read_letters(const struct reading *r, const struct test *t, const char *known, const char *what) {
    for (size_t i = 0; i < t->text.len; i++) {
        if (memchr(known, t->text.data[i], strlen(known))) continue;
        const char *which = r->negated ? r->word : "provided";
        reply_error(r->client, "ERR Unknown %s found in the %s%s filter: %.*s", what, prefix(r), which,
                    (int)t->text.len, t->text.data);
        return false;
    }
    return true;
}

static bool read_flags(const struct reading *r, struct test *t) {
    return read_letters(r, t, CLIENT_LETTERS_KNOWN, "flags");
}

/* Capabilities are what CLIENT CAPA claims: "r", redirection. */
static bool read_capabilities(const struct reading *r, struct test *t) {
    return read_letters(r, t, "r", "capa");
}

static bool read_number(const struct reading *r, struct test *t) {
    if (number_parse_i64(t->text, &t->number) && t->number >= INT_MIN && t->number <= INT_MAX) return true;
    reply_error(r->client, "ERR %s%s is not an integer or out of range", prefix(r), r->word);
    return false;
}

static bool read_database(const struct reading *r, struct test *t) {
    if (!read_number(r, t)) return false;
    int last = keyspace_databases() - 1;
    if (t->number >= 0 && t->number <= last) return true;
    reply_error(r->client, "ERR %s%s number should be between 0 and %d", prefix(r), r->word, last);
    return false;
}

static bool read_seconds(const struct reading *r, struct test *t) {
    if (!read_number(r, t)) return false;
    if (t->number > 0) return true;
    reply_error(r->client, "ERR %s should be greater than 0", r->word);
    return false;
}

/* --- Tests of clients --- */

/* None of the clients is one of replication. */
static bool has_type(const struct test *t, const client *c) {
    return t->number == (pubsub_is_subscribed(c) ? CLIENT_TYPE_PUBSUB : CLIENT_TYPE_NORMAL);
}

static bool has_user(const struct test *t, const client *c) {
    (void)t, (void)c;
    return true;
}

static bool has_address(const struct test *t, const client *c) {
    char text[CLIENT_ADDRESS_BYTES];
    client_peer_text(c, text);
    return slice_equal(t->text, slice_of(text));
}

static bool has_local_address(const struct test *t, const client *c) {
    char text[CLIENT_ADDRESS_BYTES];
    client_local_text(c, text);
    return slice_equal(t->text, slice_of(text));
}

/* The address without port, and without the brackets of IPv6. */
static bool has_ip(const struct test *t, const client *c) {
    char text[CLIENT_ADDRESS_BYTES];
    client_peer_text(c, text);
    slice ip = {text, (size_t)(strrchr(text, ':') - text)};
    if (ip.data[0] == '[') ip = (slice){ip.data + 1, ip.len - 2};
    return slice_equal(t->text, ip);
}

static bool has_text(const struct test *t, const char *text) {
    return text && slice_equal(t->text, slice_of(text));
}
static bool has_name(const struct test *t, const client *c) { return has_text(t, c->session->name); }
static bool has_library_name(const struct test *t, const client *c) {
    return has_text(t, c->session->library_name);
}
static bool has_library_version(const struct test *t, const client *c) {
    return has_text(t, c->session->library_version);
}

static bool has_flags(const struct test *t, const client *c) {
    char letters[CLIENT_LETTERS_MAX];
    size_t count = client_letters(c, letters);
    for (size_t i = 0; i < t->text.len; i++)
        if (!memchr(letters, t->text.data[i], count)) return false;
    return true;
}

static bool has_capabilities(const struct test *t, const client *c) {
    return t->text.len == 0 || c->flags & CLIENT_CAN_REDIRECT;
}

static bool has_database(const struct test *t, const client *c) { return c->db->id == t->number; }

static bool is_aged(const struct test *t, const client *c) {
    return (clock_monotonic_ms() - c->created_ms) / 1000 >= t->number;
}

static bool is_idle(const struct test *t, const client *c) {
    return (clock_monotonic_ms() - c->last_activity_ms) / 1000 >= t->number;
}

/* --- The filters --- */

enum { FILTER_ID, FILTER_SKIP_ME, FILTERS_PLAIN };

static const struct filter {
    const char *word; /* as errors show it */
    bool negatable;
    bool (*read)(const struct reading *r, struct test *t); /* NULL: any text */
    bool (*holds)(const struct test *t, const client *c);
} filters[] = {
    [FILTER_ID] = {"ID", true, NULL, NULL},
    [FILTER_SKIP_ME] = {"SKIPME", false, NULL, NULL},
    [FILTERS_PLAIN] = {"TYPE", true, read_type, has_type},
    {"USER", true, read_user, has_user},
    {"ADDR", true, NULL, has_address},
    {"LADDR", true, NULL, has_local_address},
    {"IP", true, NULL, has_ip},
    {"NAME", true, NULL, has_name},
    {"LIB-NAME", true, NULL, has_library_name},
    {"LIB-VER", true, NULL, has_library_version},
    {"FLAGS", true, read_flags, has_flags},
    {"CAPA", true, read_capabilities, has_capabilities},
    {"DB", true, read_database, has_database},
    {"maxage", false, read_seconds, is_aged},
    {"idle", false, read_seconds, is_idle},
};

#define FILTER_COUNT (sizeof(filters) / sizeof(*filters))

/* The filter of that word, or NULL. */
static const struct filter *find_filter(slice word, bool *negated) {
    static const slice not = {"NOT-", 4};
    *negated = word.len > not .len && strncasecmp(word.data, not .data, not .len) == 0;
    if (*negated) word = (slice){word.data + not .len, word.len - not .len};
    for (size_t i = 0; i < FILTER_COUNT; i++)
        if (slice_is(word, filters[i].word)) return *negated && !filters[i].negatable ? NULL : &filters[i];
    return NULL;
}

struct id_list {
    bool given;
    uint64_t *ids;
    size_t count, capacity;
};

/* All that was asked for. Index 1 is what must not be. */
struct wish {
    enum selection_purpose purpose;
    const client *skipped; /* or NULL */
    struct id_list ids[2];
    struct test tests[FILTER_COUNT][2];
};

static void add_id(struct id_list *list, int64_t id) {
    alloc_make_room(list->ids, list->count, list->capacity);
    list->ids[list->count++] = (uint64_t)id;
}

/* What is said where no id is, at a filter's first value or behind it. */
static bool refuse_id(client *c, const struct wish *w, bool negated, bool is_first) {
    if (negated)
        reply_syntax_error(c);
    else if (w->purpose == SELECT_TO_LIST)
        reply_error_text(c, SLICE("ERR Invalid client ID"));
    else if (is_first)
        reply_error_text(c, SLICE("ERR client-id should be greater than 0"));
    else
        reply_syntax_error(c);
    return false;
}

/* Reads the ids from argv[*at] on, up to the next filter. */
static bool read_ids(client *c, const args *a, int *at, bool negated, struct wish *w) {
    struct id_list *list = &w->ids[negated];
    int first = *at;
    list->given = true;
    for (bool unused; *at < a->argc; ++*at) {
        int64_t id;
        if (!number_parse_i64(a->argv[*at], &id)) {
            if (*at > first && find_filter(a->argv[*at], &unused)) return true;
            return refuse_id(c, w, negated, *at == first);
        }
        if (id > 0) {
            add_id(list, id);
        } else if (negated || w->purpose == SELECT_TO_KILL) {
            reply_error_text(c, SLICE("ERR client-id should be greater than 0"));
            return false;
        }
    }
    return true;
}

static bool read_skip_me(client *c, slice value, struct wish *w) {
    if (slice_is(value, "yes"))
        w->skipped = c;
    else if (slice_is(value, "no"))
        w->skipped = NULL;
    else {
        reply_syntax_error(c);
        return false;
    }
    return true;
}

static bool read_wish(client *c, const args *a, int at, struct wish *w) {
    while (at < a->argc) {
        bool negated;
        const struct filter *f = find_filter(a->argv[at], &negated);
        if (!f || at + 1 == a->argc) {
            reply_syntax_error(c);
            return false;
        }
        at++;
        if (f == &filters[FILTER_ID]) {
            if (!read_ids(c, a, &at, negated, w)) return false;
            continue;
        }
        slice value = a->argv[at++];
        if (f == &filters[FILTER_SKIP_ME]) {
            if (!read_skip_me(c, value, w)) return false;
            continue;
        }
        struct test *t = &w->tests[f - filters][negated];
        *t = (struct test){.given = true, .text = value};
        if (f->read && !f->read(&(struct reading){c, f->word, negated}, t)) return false;
    }
    return true;
}

/* --- Choosing --- */

static int compare_ids(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int compare_clients(const void *a, const void *b) {
    return compare_ids(&(*(client *const *)a)->id, &(*(client *const *)b)->id);
}

static bool all_tests_hold(const struct wish *w, const client *c) {
    if (c == w->skipped || c->flags & CLIENT_CLOSE_NOW) return false;
    const struct id_list *unwanted = &w->ids[1];
    if (unwanted->count &&
        bsearch(&c->id, unwanted->ids, unwanted->count, sizeof(*unwanted->ids), compare_ids))
        return false;
    for (size_t i = FILTERS_PLAIN; i < FILTER_COUNT; i++)
        for (int negated = 0; negated <= 1; negated++) {
            const struct test *t = &w->tests[i][negated];
            if (t->given && filters[i].holds(t, c) == (bool)negated) return false;
        }
    return true;
}

static void choose_if_wished(const struct wish *w, client *c, struct client_selection *s) {
    if (c && all_tests_hold(w, c)) s->clients[s->count++] = c;
}

/* All clients by id; free with alloc_free_unsized. */
static client **sorted_clients(int count) {
    client **sorted = alloc((size_t)count * sizeof(*sorted));
    for (int i = 0; i < count; i++) sorted[i] = client_at(i);
    qsort(sorted, (size_t)count, sizeof(*sorted), compare_clients);
    return sorted;
}

static client *find_sorted(client *const *sorted, int count, uint64_t id) {
    client like = {.id = id}, *wanted = &like;
    client *const *found = bsearch(&wanted, sorted, (size_t)count, sizeof(*sorted), compare_clients);
    return found ? *found : NULL;
}

static void choose(struct wish *w, struct client_selection *s) {
    const struct id_list *wanted = &w->ids[0];
    int total = client_count();
    size_t most = wanted->given ? wanted->count : (size_t)total;
    *s = (struct client_selection){alloc((most ? most : 1) * sizeof(*s->clients)), 0};
    if (w->ids[1].count) qsort(w->ids[1].ids, w->ids[1].count, sizeof(*w->ids[1].ids), compare_ids);

    if (wanted->count == 1) {
        choose_if_wished(w, client_by_id(wanted->ids[0]), s); /* spares sorting for what is asked most */
        return;
    }
    client **sorted = sorted_clients(total);
    if (wanted->given)
        for (size_t i = 0; i < wanted->count; i++)
            choose_if_wished(w, find_sorted(sorted, total, wanted->ids[i]), s);
    else
        for (int i = 0; i < total; i++) choose_if_wished(w, sorted[i], s);
    alloc_free_unsized(sorted);
}

bool client_select(client *c, const args *a, int first, enum selection_purpose purpose,
                   struct client_selection *s) {
    struct wish w = {.purpose = purpose, .skipped = purpose == SELECT_TO_KILL ? c : NULL};
    bool is_right = read_wish(c, a, first, &w);
    if (is_right) choose(&w, s);
    alloc_free_unsized(w.ids[0].ids);
    alloc_free_unsized(w.ids[1].ids);
    return is_right;
}

void client_selection_free(struct client_selection *s) {
    alloc_free_unsized(s->clients);
    *s = (struct client_selection){0};
}
