/* Client tracking: the commands of the CLIENT family about client-side caching. Options are read and checked
 * first; only then does anything change. */
#include "base/alloc.h"
#include "command/handlers.h"
#include "command/support.h"
#include "net/reply.h"
#include "server/messages/tracking.h"

/* --- CLIENT TRACKING --- */

struct options {
    uint32_t modes;
    client *target; /* or NULL */
    const slice **prefixes;
    int prefix_count;
};

static bool refuse(client *c, const char *error) {
    reply_error_text(c, slice_of(error));
    return false;
}

static bool read_target(client *c, slice arg, struct options *o) {
    int64_t id;
    if (o->target) return refuse(c, "ERR A client can only redirect to a single other client");
    if (!arg_integer(c, arg, &id)) return false;
    o->target = id > 0 ? client_by_id((uint64_t)id) : NULL;
    if (o->target && !(o->target->flags & CLIENT_CLOSE_NOW)) return true;
    return refuse(c, "ERR The client ID you want redirect to does not exist");
}

static uint32_t mode_of(slice word) {
    static const struct {
        const char *word;
        uint32_t mode;
    } words[] = {{"BCAST", TRACKING_BCAST},
                 {"OPTIN", TRACKING_OPTIN},
                 {"OPTOUT", TRACKING_OPTOUT},
                 {"NOLOOP", TRACKING_NOLOOP}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (slice_is(word, words[i].word)) return words[i].mode;
    return 0;
}

static bool read_options(client *c, const args *a, struct options *o) {
    for (int i = 3; i < a->argc; i++) {
        slice word = a->argv[i];
        bool has_value = i + 1 < a->argc;
        uint32_t mode = mode_of(word);
        if (mode) {
            o->modes |= mode;
        } else if (slice_is(word, "REDIRECT") && has_value) {
            if (!read_target(c, a->argv[++i], o)) return false;
        } else if (slice_is(word, "PREFIX") && has_value) {
            o->prefixes[o->prefix_count++] = &a->argv[++i];
        } else {
            reply_syntax_error(c);
            return false;
        }
    }
    return true;
}

/* Whether the modes fit each other, and those that the client has. */
static bool check_modes(client *c, const struct options *o) {
    uint32_t wanted = o->modes, present = tracking_modes(c);
    uint32_t opt = wanted & (TRACKING_OPTIN | TRACKING_OPTOUT);
    if (o->prefix_count > 0 && !(wanted & TRACKING_BCAST))
        return refuse(c, "ERR PREFIX option requires BCAST mode to be enabled");
    if (tracking_is_on(c) && (wanted ^ present) & TRACKING_BCAST)
        return refuse(c, "ERR You can't switch BCAST mode on/off before disabling tracking for this client, "
                         "and then re-enabling it with a different mode.");
    if (wanted & TRACKING_BCAST && opt)
        return refuse(c, "ERR OPTIN and OPTOUT are not compatible with BCAST");
    if (opt == (TRACKING_OPTIN | TRACKING_OPTOUT))
        return refuse(c, "ERR You can't specify both OPTIN mode and OPTOUT mode");
    if ((opt == TRACKING_OPTIN && present & TRACKING_OPTOUT) ||
        (opt == TRACKING_OPTOUT && present & TRACKING_OPTIN))
        return refuse(c, "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, "
                         "and then re-enabling it with a different mode.");
    return true;
}

static bool refuse_overlap(client *c, slice prefix, const char *other, slice found) {
    reply_error(c,
                "ERR Prefix '%.*s' overlaps with %s prefix '%.*s'. Prefixes for a single client must not "
                "overlap.",
                (int)prefix.len, prefix.data, other, (int)found.len, found.data);
    return false;
}

static bool overlap(slice a, slice b) { return memcmp(a.data, b.data, a.len < b.len ? a.len : b.len) == 0; }

/* The first of the prefixes that overlaps with one of those after it; their number if none does. */
static int find_overlapping(const struct options *o) {
    prefix_tree behind = {0};
    prefix_node *nodes = alloc((size_t)o->prefix_count * sizeof(*nodes));
    int found = o->prefix_count;
    for (int i = o->prefix_count - 1; i >= 0; i--) {
        slice prefix = *o->prefixes[i];
        nodes[i].text = prefix;
        if (prefix_tree_overlap(&behind, prefix)) found = i;
        if (!prefix_tree_find(&behind, prefix)) prefix_tree_add(&behind, &nodes[i]);
    }
    for (prefix_node *node; (node = prefix_tree_first(&behind));) prefix_tree_remove(&behind, node);
    alloc_free(nodes, (size_t)o->prefix_count * sizeof(*nodes));
    return found;
}

/* Whether no two prefixes of the client would overlap: of the new ones the first that does is shown. */
static bool check_prefixes(client *c, const struct options *o) {
    if (o->prefix_count == 0) return true;
    const prefix_tree *present = tracking_prefixes(c);
    int overlapping = find_overlapping(o);
    for (int i = 0; i < o->prefix_count; i++) {
        slice prefix = *o->prefixes[i];
        const prefix_node *found = present ? prefix_tree_overlap(present, prefix) : NULL;
        if (found) return refuse_overlap(c, prefix, "an existing", found->text);
        if (i < overlapping) continue;
        int other = i + 1;
        while (!overlap(prefix, *o->prefixes[other])) other++;
        return refuse_overlap(c, prefix, "another provided", *o->prefixes[other]);
    }
    return true;
}

static void start(client *c, const struct options *o) {
    if (!check_modes(c, o) || !check_prefixes(c, o)) return;
    tracking_start(c, o->modes, o->target);
    for (int i = 0; i < o->prefix_count; i++) tracking_add_prefix(c, *o->prefixes[i]);
    bool wants_all = o->modes & TRACKING_BCAST && o->prefix_count == 0;
    if (wants_all && !prefix_tree_find(tracking_prefixes(c), SLICE(""))) tracking_add_prefix(c, SLICE(""));
    reply_ok(c);
}

static void switch_tracking(client *c, slice state, const struct options *o) {
    if (slice_is(state, "ON")) {
        start(c, o);
    } else if (slice_is(state, "OFF")) {
        tracking_stop(c);
        reply_ok(c);
    } else {
        reply_syntax_error(c);
    }
}

/* CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP] */
void command_client_tracking(client *c, const args *a) {
    struct options o = {.prefixes = alloc((size_t)a->argc * sizeof(*o.prefixes))};
    if (read_options(c, a, &o)) switch_tracking(c, a->argv[2], &o);
    alloc_free(o.prefixes, (size_t)a->argc * sizeof(*o.prefixes));
}

/* --- The others --- */

/* CLIENT CACHING <YES | NO> */
void command_client_caching(client *c, const args *a) {
    uint32_t modes = tracking_modes(c);
    bool yes = slice_is(a->argv[2], "YES"), no = slice_is(a->argv[2], "NO");
    if (!tracking_is_on(c)) {
        refuse(c, "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                  "OPTOUT mode enabled");
    } else if (yes && !(modes & TRACKING_OPTIN)) {
        refuse(c, "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    } else if (no && !(modes & TRACKING_OPTOUT)) {
        refuse(c, "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    } else if (!yes && !no) {
        reply_syntax_error(c);
    } else {
        tracking_set_caching(c);
        reply_ok(c);
    }
}

/* CLIENT GETREDIR */
void command_client_getredir(client *c, const args *a) {
    (void)a;
    reply_integer(c, tracking_redirection(c));
}

static void reply_modes(client *c) {
    static const struct {
        uint32_t modes; /* all of them */
        const char *name;
    } shown[] = {{TRACKING_BCAST, "bcast"},
                 {TRACKING_OPTIN, "optin"},
                 {TRACKING_OPTIN | TRACKING_CACHING, "caching-yes"},
                 {TRACKING_OPTOUT, "optout"},
                 {TRACKING_OPTOUT | TRACKING_CACHING, "caching-no"},
                 {TRACKING_NOLOOP, "noloop"},
                 {TRACKING_BROKEN, "broken_redirect"}};
    uint32_t modes = tracking_modes(c);
    reply_mark mark = reply_begin(c);
    size_t count = 1;
    reply_text(c, tracking_is_on(c) ? "on" : "off");
    for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
        if ((modes & shown[i].modes) != shown[i].modes) continue;
        reply_text(c, shown[i].name);
        count++;
    }
    reply_finish_set(c, mark, count);
}

static void reply_prefixes(client *c) {
    const prefix_tree *prefixes = tracking_prefixes(c);
    reply_array(c, prefixes ? prefixes->count : 0);
    if (!prefixes) return;
    for (const prefix_node *node = prefix_tree_first(prefixes); node; node = prefix_tree_next(node))
        reply_slice(c, node->text);
}

/* CLIENT TRACKINGINFO */
void command_client_trackinginfo(client *c, const args *a) {
    (void)a;
    reply_map(c, 3);
    reply_text(c, "flags");
    reply_modes(c);
    reply_text(c, "redirect");
    reply_integer(c, tracking_redirection(c));
    reply_text(c, "prefixes");
    reply_prefixes(c);
}
