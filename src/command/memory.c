/* Memory: the MEMORY family, which tells where memory goes and gives some back. */
#include "command/handlers.h"
#include "command/help.h"
#include "command/memory_figures.h"
#include "command/report.h"
#include "command/support.h"
#include "net/reply.h"

/* Elements looked at if the request does not say how many, as in Redis. */
#define DEFAULT_SAMPLES 5

/* MEMORY USAGE key [SAMPLES count] */
void command_memory_usage(client *c, const args *a) {
    int64_t samples = DEFAULT_SAMPLES;
    for (int i = 3; i < a->argc; i += 2) {
        if (!slice_is(a->argv[i], "SAMPLES") || i + 1 == a->argc) {
            reply_syntax_error(c);
            return;
        }
        if (!arg_integer(c, a->argv[i + 1], &samples)) return;
        if (samples < 0) {
            reply_syntax_error(c);
            return;
        }
    }
    key k = args_key(a, 2);
    const entry *e = keyspace_peek(c->db, &k);
    if (e)
        reply_integer(c, (int64_t)keyspace_memory_bytes(e, (size_t)samples));
    else
        reply_null(c);
}

/* --- MEMORY STATS --- */

static void add_integer(client *c, const char *name, int64_t value, size_t *pairs) {
    reply_text(c, name);
    reply_integer(c, value);
    ++*pairs;
}

static void add_double(client *c, const char *name, double value, size_t *pairs) {
    reply_text(c, name);
    reply_double(c, value);
    ++*pairs;
}

/* A map for each database that holds keys. There is no table of expiries beside that of the keys, and none
 * is ever there twice to be moved, which is what the figures about rehashing are of. */
static void add_databases(client *c, size_t *pairs) {
    for (int i = 0; i < keyspace_databases(); i++) {
        const database *db = keyspace_database(i);
        if (keyspace_size(db) == 0) continue;
        reply_bulk_format(c, "db.%d", i);
        reply_map(c, 2);
        reply_text(c, "overhead.hashtable.main");
        reply_integer(c, (int64_t)table_memory_bytes(db->keys));
        reply_text(c, "overhead.hashtable.expires");
        reply_integer(c, 0);
        ++*pairs;
    }
}

static void add_allocator(client *c, const struct memory_figures *f, size_t *pairs) {
    add_integer(c, "allocator.allocated", (int64_t)f->allocator.allocated_bytes, pairs);
    add_integer(c, "allocator.active", (int64_t)f->allocator.active_bytes, pairs);
    add_integer(c, "allocator.resident", (int64_t)f->allocator.resident_bytes, pairs);
    add_integer(c, "allocator.muzzy", (int64_t)f->allocator.muzzy_bytes, pairs);
    add_double(c, "allocator-fragmentation.ratio", f->fragmentation_ratio, pairs);
    add_integer(c, "allocator-fragmentation.bytes", f->fragmentation_bytes, pairs);
    add_double(c, "allocator-rss.ratio", f->allocator_rss_ratio, pairs);
    add_integer(c, "allocator-rss.bytes", f->allocator_rss_bytes, pairs);
    add_double(c, "rss-overhead.ratio", f->rss_overhead_ratio, pairs);
    add_integer(c, "rss-overhead.bytes", f->rss_overhead_bytes, pairs);
    add_double(c, "fragmentation", f->resident_ratio, pairs);
    add_integer(c, "fragmentation.bytes", f->resident_bytes, pairs);
}

/* MEMORY STATS */
void command_memory_stats(client *c, const args *a) {
    (void)a;
    struct memory_figures f;
    size_t pairs = 0;
    memory_figures(&f);
    reply_mark mark = reply_begin(c);
    add_integer(c, "peak.allocated", (int64_t)f.peak_bytes, &pairs);
    add_integer(c, "total.allocated", (int64_t)f.used_bytes, &pairs);
    add_integer(c, "startup.allocated", (int64_t)f.startup_bytes, &pairs);
    add_integer(c, "replication.backlog", 0, &pairs);
    add_integer(c, "clients.slaves", 0, &pairs);
    add_integer(c, "clients.normal", (int64_t)f.clients.memory_bytes, &pairs);
    add_integer(c, "cluster.links", 0, &pairs);
    add_integer(c, "aof.buffer", 0, &pairs);
    add_databases(c, &pairs);
    add_integer(c, "overhead.db.hashtable.lut", (int64_t)f.tables_bytes, &pairs);
    add_integer(c, "overhead.db.hashtable.rehashing", 0, &pairs);
    add_integer(c, "overhead.statistics", (int64_t)f.watching_bytes, &pairs);
    add_integer(c, "overhead.total", (int64_t)f.overhead_bytes, &pairs);
    add_integer(c, "db.dict.rehashing.count", 0, &pairs);
    add_integer(c, "keys.count", (int64_t)f.keys, &pairs);
    add_integer(c, "keys.bytes-per-key", (int64_t)f.bytes_per_key, &pairs);
    add_integer(c, "dataset.bytes", (int64_t)f.dataset_bytes, &pairs);
    add_double(c, "dataset.percentage", f.dataset_percent, &pairs);
    add_double(c, "peak.percentage", f.peak_percent, &pairs);
    add_allocator(c, &f, &pairs);
    reply_finish_map(c, mark, pairs);
}

/* --- MEMORY DOCTOR --- */

/* Below this the figures say more about the program than about its data. */
#define EXAMINED_FROM_BYTES (5 * 1024 * 1024)
/* A layer that holds so much more than it needs is worth a word if that is this much at least. */
#define WASTE_BYTES         (10 * 1024 * 1024)
#define PEAK_RATIO          1.5
#define FRAGMENTATION_RATIO 1.1
#define RESIDENT_RATIO      1.1
#define PROCESS_RATIO       1.1
/* Unsent replies and unread requests, for each client on average. */
#define CLIENT_BYTES (200 * 1024)

/* Appends what each finding means and what may be done. Returns how many there are. */
static int examine(const struct memory_figures *f, report *r) {
    int findings = 0;
    if ((double)f->peak_bytes > PEAK_RATIO * (double)f->used_bytes) {
        report_add(
            r,
            " * Past peak: at some time %.1f times as much memory was in use as now. Pages between the data "
            "that"
            " stayed may be held although they are mostly empty; MEMORY PURGE gives back what it can.\n",
            (double)f->peak_bytes / (double)f->used_bytes);
        findings++;
    }
    if (f->fragmentation_ratio > FRAGMENTATION_RATIO && f->fragmentation_bytes > WASTE_BYTES) {
        report_add(r,
                   " * Fragmentation: the allocator's pages in use hold %.2f times what was asked for. That "
                   "is common"
                   " after many values changed their size; a restart packs them anew.\n",
                   f->fragmentation_ratio);
        findings++;
    }
    if (f->allocator_rss_ratio > RESIDENT_RATIO && f->allocator_rss_bytes > WASTE_BYTES) {
        report_add(r,
                   " * Unused pages: the allocator holds %.2f times the pages that it uses, most likely "
                   "after much was"
                   " deleted. They are used again for new data; MEMORY PURGE gives them back at once.\n",
                   f->allocator_rss_ratio);
        findings++;
    }
    if (f->rss_overhead_ratio > PROCESS_RATIO && f->rss_overhead_bytes > WASTE_BYTES) {
        report_add(
            r,
            " * Memory beside the allocator: the process takes %.2f times what its allocator does. Look for"
            " transparent huge pages and for libraries that allocate on their own.\n",
            f->rss_overhead_ratio);
        findings++;
    }
    size_t clients = (size_t)client_count();
    if (clients && f->clients.memory_bytes / clients > CLIENT_BYTES) {
        report_add(r,
                   " * Client buffers: each client takes %zu bytes on average. CLIENT LIST shows (omem, "
                   "qbuf) who reads"
                   " its replies too slowly or sends requests that are too large.\n",
                   f->clients.memory_bytes / clients);
        findings++;
    }
    return findings;
}

/* MEMORY DOCTOR */
void command_memory_doctor(client *c, const args *a) {
    (void)a;
    struct memory_figures f;
    report findings = {0}, r = {0};
    memory_figures(&f);
    if (f.used_bytes < EXAMINED_FROM_BYTES) {
        report_add(&r,
                   "Less than 5 MB are in use: too little to tell anything by. Come back with some data.\n");
    } else if (examine(&f, &findings) == 0) {
        report_add(&r, "Nothing looks wrong with the use of memory.\n");
    } else {
        report_add(&r, "This looks worth a thought:\n\n");
        report_add_slice(&r, (slice){findings.bytes, findings.len});
    }
    report_send(&r, c);
    alloc_free_unsized(findings.bytes);
}

/* --- The allocator --- */

/* MEMORY PURGE */
void command_memory_purge(client *c, const args *a) {
    (void)a;
    alloc_purge();
    reply_ok(c);
}

static void add_piece(void *context, const char *text) { report_add_slice(context, slice_of(text)); }

/* MEMORY MALLOC-STATS */
void command_memory_malloc_stats(client *c, const args *a) {
    (void)a;
    report r = {0};
    alloc_report(add_piece, &r);
    report_send(&r, c);
}

/* MEMORY HELP */
void command_memory_help(client *c, const args *a) {
    static const char *const lines[] = {
        "DOCTOR",
        "    What looks wrong with the use of memory, in words.",
        "MALLOC-STATS",
        "    The allocator's own report.",
        "PURGE",
        "    Give unused pages back to the system.",
        "STATS",
        "    Where memory goes, figure by figure.",
        "USAGE <key> [SAMPLES <count>]",
        "    Bytes that a key takes with its value. Of a value with many elements, <count> are",
        "    looked at (5 unless told, 0 for all).",
        NULL,
    };
    (void)a;
    help_reply(c, "MEMORY", lines);
}
