/* Dispatch: runs a batch of requests.
 *
 * When a request is added its command is looked up and its key hashed. When the batch runs, it goes group by
 * group: prefetch the buckets of the next group, prefetch the entries of this one (whose buckets have come by
 * now), execute this one. Dozens of cache misses overlap, where one request at a time would pay for each in
 * full. Of collections that are structures, the bucket and the element that a request is about are prefetched
 * as well.
 *
 * The clock is read between runs of requests that are timed together (accounting.h). */
#include "server/dispatch.h"

#include "base/compiler.h"
#include "server/execute.h"
#include "server/insight/accounting.h"
#include "server/insight/hot_keys.h"
#include "server/insight/statistics.h"
#include "server/request/registry.h"
#include "store/keyspace.h"
#include "store/value.h"

/* Requests whose misses are overlapped with each other. */
#define GROUP 32

/* Groups of commands whose values may be structures. */
#define COLLECTIONS                                                                                          \
    (1u << GROUP_LIST | 1u << GROUP_SET | 1u << GROUP_SORTED_SET | 1u << GROUP_HASH | 1u << GROUP_GEO)

/* The groups of commands in the batch that waits, as bits. */
static uint32_t groups_waiting;

void dispatch_prepare(struct request *r) {
    const command *row = registry_find(r->argv[0]);
    if (row && unlikely(row->subcommands != NULL)) row = registry_resolve(r->argv, r->argc);
    r->command = row;
    r->together = accounting_together(row, r->argc);
    if (!row || row->simple_first == 0 || r->argc <= row->simple_first) return;
    groups_waiting |= 1u << row->group;
    r->key_index = row->simple_first;
    r->key_hash = hash_bytes(r->argv[r->key_index]);
}

/* --- Batches --- */

/* The hints of a group are given in one go: each waits for an address translation, and only neighbours
 * overlap. */
static void prefetch_buckets(const struct request *requests, int first, int count) {
    int end = first + GROUP < count ? first + GROUP : count;
    for (int i = first; i < end; i++)
        if (requests[i].key_index) keyspace_prefetch_bucket(requests[i].client->db, requests[i].key_hash);
}

/* Sets entries to what is probably each request's, NULL if it has none. */
static void prefetch_entries(const struct request *requests, int first, int count, const entry **entries) {
    int end = first + GROUP < count ? first + GROUP : count;
    for (int i = first; i < end; i++) {
        const struct request *r = &requests[i];
        entries[i - first] = r->key_index ? keyspace_prefetch_entry(r->client->db, r->key_hash) : NULL;
    }
}

/* The member or field that the request is about, NULL if it is about none. */
static const slice *element_of(const struct request *r) {
    const command *row = r->command;
    int at = r->key_index + row->element;
    return row->element && at < r->argc ? &r->argv[at] : NULL;
}

/* Hints for what is behind the entries, which have come by now. */
static void prefetch_values(const struct request *requests, int first, int count, const entry **entries) {
    const table *tables[GROUP];
    uint64_t hashes[GROUP];
    int end = first + GROUP < count ? first + GROUP : count, found = 0;
    for (int i = first; i < end; i++) {
        const table *elements = entries[i - first] ? value_approach(entries[i - first]) : NULL;
        const slice *element = elements ? element_of(&requests[i]) : NULL;
        if (!element) continue;
        tables[found] = elements;
        hashes[found] = hash_bytes(*element);
        table_prefetch_bucket(elements, hashes[found++]);
    }
    for (int i = 0; i < found; i++) table_prefetch_element(tables[i], hashes[i]);
}

/* Requests that are timed together. */
struct run {
    const struct request *first;
    uint64_t calls; /* of handlers */
    uint64_t start_ticks;
};

/* Accounts for a run, which ends before that request; another may begin there. Returns the time it took. */
static uint64_t end_run(struct run *run, const struct request *end) {
    uint64_t now = accounting_ticks(), ticks = now - run->start_ticks;
    accounting_add_run(run->first, (size_t)(end - run->first), run->calls, ticks);
    *run = (struct run){end, 0, now};
    return ticks;
}

/* Does what follows from a request, which is timed on its own. */
static void follow_up(struct run *run, const struct request *r) {
    uint64_t ticks = end_run(run, r + 1);
    execute_follow_up(r, ticks);
    run->start_ticks = accounting_ticks();
}

/* Marks the requests that are to be sampled. */
static void choose_samples(struct request *requests, int count) {
    if (!ACCOUNTING_IS_ON) return;
    for (int at = hot_keys_pass_over(count); unlikely(at < count);) {
        accounting_sample(&requests[at++]);
        at += hot_keys_pass_over(count - at);
    }
}

void dispatch_run(struct request *requests, int count) {
    choose_samples(requests, count);
    struct run run = {requests, 0, accounting_ticks()};
    uint32_t together = requests[0].together;
    prefetch_buckets(requests, 0, count);
    for (int first = 0; first < count; first += GROUP) {
        prefetch_buckets(requests, first + GROUP, count);
        const entry *entries[GROUP]; /* nothing is written, so that they stay, until the group is executed */
        prefetch_entries(requests, first, count, entries);
        if (groups_waiting & COLLECTIONS) prefetch_values(requests, first, count, entries);
        for (int i = first; i < count && i < first + GROUP; i++) {
            const struct request *r = &requests[i];
            if (r->together != together) {
                end_run(&run, r);
                together = r->together;
            }
            run.calls += execute(r);
            if (unlikely(execute_has_follow_up(r))) follow_up(&run, r);
        }
    }
    groups_waiting = 0;
    end_run(&run, requests + count);
}
