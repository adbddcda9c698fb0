/* Information: INFO, the server's figures by section.
 *
 * Names and order of sections and fields are those that clients and exporters know. A figure of something
 * that this server does not have is either left out or, where a reader would take its absence for a fault,
 * the constant that is true of a server without it (no replicas, nothing loading, no cluster). */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/background.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "base/number.h"
#include "command/client_text.h"
#include "command/handlers.h"
#include "command/information_lists.h"
#include "command/memory_figures.h"
#include "command/report.h"
#include "net/listener.h"
#include "net/output.h"
#include "net/query.h"
#include "server/blocking.h"
#include "server/config/config.h"
#include "server/insight/statistics.h"
#include "server/messages/subscriptions.h"
#include "server/messages/tracking.h"
#include "server/pause.h"
#include "server/process.h"
#include "server/request/registry.h"
#include "server/server.h"
#include "server/transaction.h"
#include "server/version.h"
#include "server/waiting.h"
#include "store/recency.h"

/* --- Fields --- */

static void add_count(report *r, const char *name, uint64_t value) {
    report_add(r, "%s:%llu\r\n", name, (unsigned long long)value);
}

static void add_difference(report *r, const char *name, int64_t value) {
    report_add(r, "%s:%lld\r\n", name, (long long)value);
}

static void add_ratio(report *r, const char *name, double value) {
    report_add(r, "%s:%.2f\r\n", name, value);
}

static void add_text(report *r, const char *name, const char *value) {
    report_add(r, "%s:%s\r\n", name, value);
}

/* An amount of memory: in bytes, and once more under name_human. */
static void add_bytes(report *r, const char *name, uint64_t bytes) {
    char human[NUMBER_HUMAN_TEXT_MAX];
    int len = (int)number_format_bytes_human(human, bytes);
    report_add(r, "%s:%llu\r\n%s_human:%.*s\r\n", name, (unsigned long long)bytes, name, len, human);
}

/* The value of an option as CONFIG GET shows it. */
static void add_option(report *r, const char *name, const char *option) {
    for (int i = 0; i < config_name_count(); i++) {
        if (strcmp(config_name(i), option) != 0) continue;
        char *value = config_value(i);
        add_text(r, name, value);
        alloc_free_unsized(value);
    }
}

/* --- Server --- */

/* Identifies what the program was made from: the same for the same version and compiler. */
static uint64_t build_id(void) {
    static const char made_from[] = STINT_VERSION " " __VERSION__;
    return checksum_crc64(0, made_from, sizeof(made_from));
}

static void add_listeners(report *r) {
    if (config.port) {
        report_add(r, "listener0:name=tcp");
        for (int i = 0; i < config.bind.count; i++) report_add(r, ",bind=%s", config.bind.address[i]);
        report_add(r, ",port=%lld\r\n", (long long)config.port);
    }
    if (config.unixsocket[0]) report_add(r, "listener1:name=unix,bind=%s\r\n", config.unixsocket);
}

static void add_server(report *r) {
    struct utsname system = {0};
    uname(&system);
    int64_t uptime_s = (clock_unix_ms() - statistics.started_unix_ms) / 1000;
    add_text(r, "redis_version", REDIS_VERSION);
    add_text(r, "server_name", "stint");
    add_text(r, "stint_version", STINT_VERSION);
    add_text(r, "redis_git_sha1", "00000000");
    add_count(r, "redis_git_dirty", 0);
    report_add(r, "redis_build_id:%016llx\r\n", (unsigned long long)build_id());
    add_text(r, "redis_mode", "standalone");
    report_add(r, "os:%s %s %s\r\n", system.sysname, system.release, system.machine);
    add_count(r, "arch_bits", 8 * sizeof(void *));
    add_text(r, "monotonic_clock", "POSIX clock_gettime");
    add_text(r, "multiplexing_api", "epoll");
    add_text(r, "atomicvar_api", "c11-builtin");
    report_add(r, "gcc_version:%d.%d.%d\r\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
    add_count(r, "process_id", (uint64_t)getpid());
    add_text(r, "process_supervised", process_supervisor());
    add_text(r, "run_id", server.run_id);
    add_count(r, "tcp_port", (uint64_t)config.port);
    add_difference(r, "server_time_usec", clock_now_unix_us());
    add_difference(r, "uptime_in_seconds", uptime_s);
    add_difference(r, "uptime_in_days", uptime_s / (24 * 3600));
    add_difference(r, "hz", 1000 / server.cron_interval_ms);
    add_difference(r, "configured_hz", config.hz);
    add_count(r, "lru_clock", recency_clock);
    add_text(r, "executable", process_executable());
    add_text(r, "config_file", config_file_path());
    add_count(r, "io_threads_active", 0);
    add_listeners(r);
}

/* --- Clients --- */

static void add_pause(report *r) {
    static const char *const actions[] = {
        [PAUSE_NONE] = "none", [PAUSE_WRITES] = "write", [PAUSE_ALL] = "all"};
    struct pause_figures f;
    pause_figures(&f);
    add_text(r, "paused_reason", f.mode == PAUSE_NONE ? "none" : "client_pause");
    add_text(r, "paused_actions", actions[f.mode]);
    add_difference(r, "paused_timeout_milliseconds", f.left_ms);
}

static void add_clients(report *r) {
    struct client_totals totals;
    struct blocking_figures blocking;
    struct tracking_figures tracking;
    struct transaction_figures transactions;
    client_totals(&totals);
    blocking_figures(&blocking);
    tracking_figures(&tracking);
    transaction_figures(&transactions);
    add_count(r, "connected_clients", (uint64_t)client_count());
    add_count(r, "cluster_connections", 0);
    add_count(r, "maxclients", (uint64_t)config.maxclients);
    add_count(r, "client_recent_max_input_buffer", totals.query_bytes_max);
    add_count(r, "client_recent_max_output_buffer", totals.reply_bytes_max);
    add_count(r, "blocked_clients", blocking.clients + waiting_paused());
    add_count(r, "tracking_clients", tracking.clients);
    add_count(r, "pubsub_clients", subscriptions_clients());
    add_count(r, "watching_clients", transactions.watching_clients);
    add_count(r, "clients_in_timeout_table", blocking.timed);
    add_count(r, "total_watched_keys", transactions.watched_keys);
    add_count(r, "total_blocking_keys", blocking.keys);
    add_pause(r);
}

/* --- Memory --- */

static void add_allocator(report *r, const struct memory_figures *f) {
    add_count(r, "allocator_allocated", f->allocator.allocated_bytes);
    add_count(r, "allocator_active", f->allocator.active_bytes);
    add_count(r, "allocator_resident", f->allocator.resident_bytes);
    add_count(r, "allocator_muzzy", f->allocator.muzzy_bytes);
}

static void add_fragmentation(report *r, const struct memory_figures *f) {
    add_ratio(r, "allocator_frag_ratio", f->fragmentation_ratio);
    add_difference(r, "allocator_frag_bytes", f->fragmentation_bytes);
    add_ratio(r, "allocator_rss_ratio", f->allocator_rss_ratio);
    add_difference(r, "allocator_rss_bytes", f->allocator_rss_bytes);
    add_ratio(r, "rss_overhead_ratio", f->rss_overhead_ratio);
    add_difference(r, "rss_overhead_bytes", f->rss_overhead_bytes);
    add_ratio(r, "mem_fragmentation_ratio", f->resident_ratio);
    add_difference(r, "mem_fragmentation_bytes", f->resident_bytes);
}

static void add_memory(report *r) {
    struct memory_figures f;
    memory_figures(&f);
    add_bytes(r, "used_memory", f.used_bytes);
    add_bytes(r, "used_memory_rss", f.allocator.process_resident_bytes);
    add_bytes(r, "used_memory_peak", f.peak_bytes);
    report_add(r, "used_memory_peak_perc:%.2f%%\r\n", f.peak_percent);
    add_count(r, "used_memory_overhead", f.overhead_bytes);
    add_count(r, "used_memory_startup", f.startup_bytes);
    add_count(r, "used_memory_dataset", f.dataset_bytes);
    report_add(r, "used_memory_dataset_perc:%.2f%%\r\n", f.dataset_percent);
    add_allocator(r, &f);
    add_bytes(r, "total_system_memory", f.system_bytes);
    add_bytes(r, "maxmemory", config.maxmemory_bytes);
    add_option(r, "maxmemory_policy", "maxmemory-policy");
    add_fragmentation(r, &f);
    add_count(r, "mem_not_counted_for_evict", 0);
    add_count(r, "mem_replication_backlog", 0);
    add_count(r, "mem_total_replication_buffers", 0);
    add_count(r, "mem_clients_slaves", 0);
    add_count(r, "mem_clients_normal", f.clients.memory_bytes);
    add_count(r, "mem_cluster_links", 0);
    add_count(r, "mem_aof_buffer", 0);
    add_text(r, "mem_allocator", alloc_name());
    add_count(r, "mem_overhead_db_hashtable_rehashing", 0); /* tables grow in place */
    add_count(r, "active_defrag_running", 0);
    add_count(r, "lazyfree_pending_objects", background_pending_objects());
    add_count(r, "lazyfreed_objects", background_freed_objects());
}

/* --- Persistence, threads, statistics --- */

static void add_persistence(report *r) {
    add_count(r, "loading", 0);
    add_count(r, "async_loading", 0);
    add_count(r, "rdb_changes_since_last_save", keyspace_statistics.changes);
    add_count(r, "rdb_bgsave_in_progress", 0);
    add_difference(r, "rdb_last_save_time",
                   statistics.started_unix_ms / 1000); /* as clean as a saved one, then */
    add_text(r, "rdb_last_bgsave_status", "ok");
    add_difference(r, "rdb_last_bgsave_time_sec", -1);
    add_difference(r, "rdb_current_bgsave_time_sec", -1);
    add_count(r, "rdb_saves", 0);
    add_count(r, "aof_enabled", 0);
    add_count(r, "aof_rewrite_in_progress", 0);
    add_count(r, "aof_rewrite_scheduled", 0);
    add_text(r, "aof_last_bgrewrite_status", "ok");
    add_text(r, "aof_last_write_status", "ok");
}

static void add_threads(report *r) {
    report_add(r, "io_thread_0:clients=%d,reads=%llu,writes=%llu\r\n", client_count(),
               (unsigned long long)query_statistics.reads, (unsigned long long)output_statistics.sends);
}

static void add_traffic(report *r) {
    add_count(r, "total_connections_received", listener_statistics.accepted);
    add_count(r, "total_commands_processed", statistics.commands);
    add_count(r, "instantaneous_ops_per_sec", (uint64_t)(statistics.commands_per_second + 0.5));
    add_count(r, "total_net_input_bytes", query_statistics.bytes_received);
    add_count(r, "total_net_output_bytes", output_statistics.bytes_sent);
    add_count(r, "total_net_repl_input_bytes", 0);
    add_count(r, "total_net_repl_output_bytes", 0);
    add_ratio(r, "instantaneous_input_kbps", statistics.input_kb_per_second);
    add_ratio(r, "instantaneous_output_kbps", statistics.output_kb_per_second);
    add_ratio(r, "instantaneous_input_repl_kbps", 0);
    add_ratio(r, "instantaneous_output_repl_kbps", 0);
    add_count(r, "rejected_connections", listener_statistics.rejected);
    add_count(r, "sync_full", 0);
    add_count(r, "sync_partial_ok", 0);
    add_count(r, "sync_partial_err", 0);
}

static void add_key_traffic(report *r) {
    add_count(r, "expired_subkeys", keyspace_statistics.expired_elements);
    add_count(r, "expired_keys", keyspace_statistics.expired);
    add_count(r, "expired_time_cap_reached_count", keyspace_statistics.expire_slices_full);
    add_count(r, "expire_cycle_cpu_milliseconds", keyspace_statistics.expire_cycle_us / 1000);
    add_count(r, "evicted_keys", 0);
    add_count(r, "evicted_clients", 0);
    add_count(r, "keyspace_hits", keyspace_statistics.hits);
    add_count(r, "keyspace_misses", keyspace_statistics.misses);
    add_count(r, "pubsub_channels", topic_count(TOPIC_CHANNEL));
    add_count(r, "pubsub_patterns", topic_count(TOPIC_PATTERN));
    add_count(r, "pubsubshard_channels", topic_count(TOPIC_SHARD_CHANNEL));
    add_count(r, "latest_fork_usec", 0);
    add_count(r, "total_forks", 0);
    struct tracking_figures tracking;
    tracking_figures(&tracking);
    add_count(r, "tracking_total_keys", tracking.keys);
    add_count(r, "tracking_total_items", tracking.items);
    add_count(r, "tracking_total_prefixes", tracking.prefixes);
}

static void add_errors_and_turns(report *r) {
    add_count(r, "unexpected_error_replies", statistics.unexpected_error_replies);
    add_count(r, "total_error_replies", statistics.error_replies);
    add_count(r, "total_reads_processed", query_statistics.reads);
    add_count(r, "total_writes_processed", output_statistics.sends);
    add_count(r, "io_threaded_reads_processed", 0);
    add_count(r, "io_threaded_writes_processed", 0);
    add_count(r, "client_query_buffer_limit_disconnections", query_statistics.limit_disconnections);
    add_count(r, "client_output_buffer_limit_disconnections", output_statistics.limit_disconnections);
    add_count(r, "eventloop_cycles", statistics.loop_turns);
    add_count(r, "eventloop_duration_sum", statistics_us(statistics.loop_ticks));
    add_count(r, "eventloop_duration_cmd_sum", statistics_us(statistics.loop_command_ticks));
    add_count(r, "instantaneous_eventloop_cycles_per_sec", (uint64_t)(statistics.turns_per_second + 0.5));
    add_count(r, "instantaneous_eventloop_duration_usec", (uint64_t)(statistics.turn_us + 0.5));
    add_count(r, "acl_access_denied_auth", statistics.auth_denied);
}

/* The allocator keeps fragmentation low by itself, and nothing is moved to undo it. */
static void add_defragmentation(report *r) {
    static const char *const names[] = {"active_defrag_hits",       "active_defrag_misses",
                                        "active_defrag_key_hits",   "active_defrag_key_misses",
                                        "total_active_defrag_time", "current_active_defrag_time"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) add_count(r, names[i], 0);
}

static void add_statistics(report *r) {
    add_traffic(r);
    add_key_traffic(r);
    add_defragmentation(r);
    add_errors_and_turns(r);
}

static void add_replication(report *r) {
    add_text(r, "role", "master");
    add_count(r, "connected_slaves", 0);
    add_text(r, "master_failover_state", "no-failover");
    add_text(r, "master_replid", server.run_id); /* the data's history is this process's */
    add_text(r, "master_replid2", "0000000000000000000000000000000000000000");
    add_count(r, "master_repl_offset", 0);
    add_difference(r, "second_repl_offset", -1);
    add_count(r, "repl_backlog_active", 0);
}

/* --- Processor --- */

static void add_time(report *r, const char *name, struct timeval t) {
    report_add(r, "%s:%lld.%06lld\r\n", name, (long long)t.tv_sec, (long long)t.tv_usec);
}

static void add_processor(report *r) {
    struct rusage process, children, thread;
    getrusage(RUSAGE_SELF, &process);
    getrusage(RUSAGE_CHILDREN, &children);
    getrusage(RUSAGE_THREAD, &thread);
    add_time(r, "used_cpu_sys", process.ru_stime);
    add_time(r, "used_cpu_user", process.ru_utime);
    add_time(r, "used_cpu_sys_children", children.ru_stime);
    add_time(r, "used_cpu_user_children", children.ru_utime);
    add_time(r, "used_cpu_sys_main_thread", thread.ru_stime);
    add_time(r, "used_cpu_user_main_thread", thread.ru_utime);
}

static void add_cluster(report *r) { add_count(r, "cluster_enabled", 0); }

/* --- Sections --- */

static const struct section {
    const char *name, *title;
    void (*add)(report *r); /* NULL: there is nothing to tell yet */
    bool by_default;
} sections[] = {
    {"server", "Server", add_server, true},
    {"clients", "Clients", add_clients, true},
    {"memory", "Memory", add_memory, true},
    {"persistence", "Persistence", add_persistence, true},
    {"threads", "Threads", add_threads, true},
    {"stats", "Stats", add_statistics, true},
    {"replication", "Replication", add_replication, true},
    {"cpu", "CPU", add_processor, true},
    {"modules", "Modules", NULL, true},
    {"commandstats", "Commandstats", information_add_commands, false},
    {"errorstats", "Errorstats", information_add_errors, true},
    {"latencystats", "Latencystats", information_add_latencies, false},
    {"cluster", "Cluster", add_cluster, true},
    {"keyspace", "Keyspace", information_add_keyspace, true},
    {"keysizes", "Keysizes", information_add_key_sizes, true},
};

#define SECTION_COUNT (sizeof(sections) / sizeof(*sections))

static bool is_asked_for(const struct section *s, const args *a) {
    if (a->argc == 1) return s->by_default;
    for (int i = 1; i < a->argc; i++) {
        if (slice_is(a->argv[i], s->name)) return true;
        if (slice_is(a->argv[i], "all") || slice_is(a->argv[i], "everything")) return true;
        if (s->by_default && slice_is(a->argv[i], "default")) return true;
    }
    return false;
}

/* INFO [section [section ...]] */
void command_info(client *c, const args *a) {
    report r = {0};
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *s = &sections[i];
        if (!is_asked_for(s, a)) continue;
        report_add(&r, "%s# %s\r\n", r.len ? "\r\n" : "", s->title);
        if (s->add) s->add(&r);
    }
    report_send(&r, c);
}
