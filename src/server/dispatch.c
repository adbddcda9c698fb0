/* Dispatch: runs a batch of requests.
 *
 * When a request is added its command is looked up and its key hashed. When the batch runs, it goes group by
 * group: prefetch the buckets of the next group, prefetch the entries of this one (whose buckets have come by
 * now), execute this one. Dozens of cache misses overlap, where one request at a time would pay for each in
 * full.
 *
 * A clock reading costs a tenth of a GET. So time is measured per run of requests with the same command and
 * shared among them: in a pipeline of GETs once per batch. */
#include "server/dispatch.h"

#include "base/clock.h"
#include "base/compiler.h"
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

/* Accounts for a run of requests with the same command, which ends now. */
static uint64_t end_run(const command *row, uint64_t calls, uint64_t start) {
    uint64_t now = clock_ticks();
    statistics.loop_command_ticks += now - start;
    if (row) statistics_count_calls(row, calls, now - start);
    return now;
}

void dispatch_run(struct request *requests, int count) {
    const command *running = requests[0].command;
    uint64_t start = clock_ticks(), calls = 0;
    prefetch_buckets(requests, 0, count);
    for (int first = 0; first < count; first += GROUP) {
        prefetch_buckets(requests, first + GROUP, count);
        prefetch_entries(requests, first, count);
        for (int i = first; i < count && i < first + GROUP; i++) {
            if (requests[i].command != running) {
                start = end_run(running, calls, start);
                running = requests[i].command;
                calls = 0;
            }
            calls += execute(&requests[i]);
        }
    }
    end_run(running, calls, start);
    statistics.commands += (uint64_t)count;
}
