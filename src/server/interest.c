/* Interest: a table of keys for each database, each key with a doubly linked list of links. */
#include "server/interest.h"

#include <string.h>

#include "base/alloc.h"

static slice name_of(const void *element) {
    const interest_key *k = element;
    return (slice){k->name, k->len};
}

static const struct table_kind kind = {.key = name_of};

static table *table_for(struct interest *in, const database *db) {
    if (!in->databases) in->databases = alloc_zeroed((size_t)keyspace_databases() * sizeof(table *));
    table **t = &in->databases[db->id];
    if (!*t) *t = table_new(&kind);
    return *t;
}

interest_key *interest_find(const struct interest *in, const database *db, const key *k) {
    if (!in->databases || !in->databases[db->id]) return NULL;
    return table_find(in->databases[db->id], k->name, k->hash);
}

static interest_key *find_or_add(struct interest *in, database *db, const key *k) {
    interest_key *found = interest_find(in, db, k);
    if (found) return found;
    interest_key *fresh = alloc(sizeof(*fresh) + k->name.len);
    *fresh = (interest_key){.db = db, .hash = k->hash, .len = k->name.len};
    memcpy(fresh->name, k->name.data, k->name.len);
    table_insert(table_for(in, db), fresh, k->hash);
    in->keys++;
    return fresh;
}

/* Looks for the link in the key's list and in the client's at once. */
static bool is_linked(const interest_key *k, const struct client *c, const interest_link *of_client) {
    const interest_link *of_key = k->first;
    for (; of_key && of_client; of_key = of_key->next, of_client = of_client->next_of_client)
        if (of_key->client == c || of_client->key == k) return true;
    return false;
}

static void add_link(struct interest *in, interest_key *at, struct client *c, interest_link **of_client) {
    interest_link *link = alloc(sizeof(*link));
    *link = (interest_link){.key = at, .client = c, .previous = at->last, .next_of_client = *of_client};
    if (at->last)
        at->last->next = link;
    else
        at->first = link;
    at->last = link;
    *of_client = link;
    in->links++;
}

bool interest_add(struct interest *in, database *db, const key *k, struct client *c,
                  interest_link **of_client) {
    interest_key *at = find_or_add(in, db, k);
    if (is_linked(at, c, *of_client)) return false;
    add_link(in, at, c, of_client);
    return true;
}

bool interest_add_in_row(struct interest *in, database *db, const key *k, struct client *c,
                         interest_link **of_client) {
    interest_key *at = find_or_add(in, db, k);
    if (at->last && at->last->client == c) return false;
    add_link(in, at, c, of_client);
    return true;
}

static void drop_if_unused(struct interest *in, interest_key *k) {
    if (k->first || k->held) return;
    table_remove(in->databases[k->db->id], (slice){k->name, k->len}, k->hash);
    in->keys--;
    alloc_free(k, sizeof(*k) + k->len);
}

static void unlink_from_key(interest_link *link) {
    interest_key *k = link->key;
    if (link->previous)
        link->previous->next = link->next;
    else
        k->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
    else
        k->last = link->previous;
}

void interest_remove_all(struct interest *in, interest_link **of_client) {
    for (interest_link *link = *of_client, *next; link; link = next) {
        next = link->next_of_client;
        unlink_from_key(link);
        drop_if_unused(in, link->key);
        alloc_free(link, sizeof(*link));
        in->links--;
    }
    *of_client = NULL;
}

void interest_release(struct interest *in, interest_key *k) {
    k->held = false;
    drop_if_unused(in, k);
}

struct each {
    void (*visit)(interest_key *k);
};

static void visit_key(void *context, void *element) {
    const struct each *each = context;
    each->visit(element);
}

void interest_each(const struct interest *in, const database *db, void (*visit)(interest_key *k)) {
    struct each each = {visit};
    for (int id = 0; in->databases && id < keyspace_databases(); id++) {
        if ((db && db->id != id) || !in->databases[id]) continue;
        table_scan(in->databases[id], 0, SIZE_MAX, visit_key, &each);
    }
}
