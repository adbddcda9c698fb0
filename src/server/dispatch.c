/* Dispatch: runs a batch of requests.
 *
 * When a request is added its command is looked up and its key hashed. When the batch runs, it goes group by
 * group: prefetch the buckets of the next group, prefetch the entries of this one (whose buckets have come by
 * now), execute this one. Dozens of cache misses overlap, where one request at a time would pay for each in
 * full.
 *
 * The clock is read between runs of requests that are timed together (accounting.h). */
#include "server/dispatch.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "server/accounting.h"
#include "server/execute.h"
#include "server/registry.h"
#include "server/statistics.h"
#include "store/keyspace.h"

/* Requests whose misses are overlapped with each other. */
#define GROUP 32

void dispatch_prepare(struct request *r) {
    const command *row = registry_find(r->argv[0]);
    if (row && unlikely(row->subcommands != NULL)) row = registry_resolve(r->argv, r->argc);
    r->command = row;
    r->together = accounting_together(row, r->argc);
    if (!row || row->simple_first == 0 || r->argc <= row->simple_first) return;
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

static void prefetch_entries(const struct request *requests, int first, int count) {
    int end = first + GROUP < count ? first + GROUP : count;
    for (int i = first; i < end; i++)
        if (requests[i].key_index) keyspace_prefetch_entry(requests[i].client->db, requests[i].key_hash);
}

/* Requests that are timed together. */
struct run {
    const struct request *first;
    uint64_t calls; /* of handlers */
    uint64_t start_ticks;
};

/* Accounts for a run, which ends before that request; another may begin there. Returns the time it took. */
static uint64_t end_run(struct run *run, const struct request *end) {
    uint64_t now = clock_ticks(), ticks = now - run->start_ticks;
    accounting_add_run(run->first, (size_t)(end - run->first), run->calls, ticks);
    *run = (struct run){end, 0, now};
    return ticks;
}

/* Does what follows from a request, which is timed on its own. */
static void follow_up(struct run *run, const struct request *r) {
    uint64_t ticks = end_run(run, r + 1);
    execute_follow_up(r, ticks);
    run->start_ticks = clock_ticks();
}

void dispatch_run(struct request *requests, int count) {
    struct run run = {requests, 0, clock_ticks()};
    uint32_t together = requests[0].together;
    prefetch_buckets(requests, 0, count);
    for (int first = 0; first < count; first += GROUP) {
        prefetch_buckets(requests, first + GROUP, count);
        prefetch_entries(requests, first, count);
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
    end_run(&run, requests + count);
}
