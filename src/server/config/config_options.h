/* Config options: every option, one row each. No include guard: this file is expanded several times.
 *
 * Whoever includes it defines the row macros it needs; the others expand to nothing, and all are undefined
 * again at the end. config.h makes the fields of struct config from the rows, config_option.c the table that
 * reads, writes and checks them, the unit test the tables of docs/configuration.md.
 *
 *   SECTION(title)                                                        a heading of the documentation
 *   BOOL   (field, name, alias, initial,               flags, summary)    bool
 *   INTEGER(field, name, alias, initial, least, most,  flags, summary)    int64_t
 *   OCTAL  (field, name, alias, initial, least, most,  flags, summary)    int64_t, written in octal
 *   MEMORY (field, name, alias, initial, least, most,  flags, summary)    uint64_t, bytes
 *   SHARE  (field, name, alias, initial,               flags, summary)    int64_t, bytes; negative: per cent
 *   CHOICE (field, name, alias, initial, names,        flags, summary)    int, one of the names
 *   CHOICES(field, name, alias, initial, names, check, flags, summary)    int, a union of the names
 *   TEXT   (field, name, alias, initial, check,        flags, summary)    char *, never NULL
 *   SPECIAL(field, type, name, alias, initial, rules,  flags, summary)    a type with rules of its own
 *   UNREAD (name, words,                               flags, summary)    no field: at least so many words
 *
 * A field has its option's name with _ for -, and ends in the unit if there is one. The initial value is
 * text, read as a line of a file would be.
 *
 * A row's flags begin with one of three words, and an option comes into effect by exchanging it.
 *   NOW    the option does what its summary says.
 *   ONLY   the initial value is all there is yet, and it is the truth about the server. CONFIG shows it and
 *          refuses any other. Elsewhere another one is accepted, as with LATER. Where that truth is not what
 *          people expect for a default, the initial value has to be exchanged too.
 *   LATER  name and value are checked, a notice at the start names the option, and nothing follows from it
 *          yet; CONFIG does not know it.
 * The other flags are in config_option.h. */
/* clang-format off */

#ifndef SECTION
#define SECTION(...)
#endif
#ifndef BOOL
#define BOOL(...)
#endif
#ifndef INTEGER
#define INTEGER(...)
#endif
#ifndef OCTAL
#define OCTAL(...)
#endif
#ifndef MEMORY
#define MEMORY(...)
#endif
#ifndef SHARE
#define SHARE(...)
#endif
#ifndef CHOICE
#define CHOICE(...)
#endif
#ifndef CHOICES
#define CHOICES(...)
#endif
#ifndef TEXT
#define TEXT(...)
#endif
#ifndef SPECIAL
#define SPECIAL(...)
#endif
#ifndef UNREAD
#define UNREAD(...)
#endif

SECTION("Network")
SPECIAL(bind, struct config_bind, "bind", NULL, "* -::*", &config_bind_rules, NOW | WORDS,
        "Addresses to listen at. With `-` in front, an address that is not available is skipped; `*` is any "
        "IPv4 address and `::*` any IPv6 address. No address: no TCP.")
INTEGER(port, "port", NULL, "6379", 0, 65535, NOW,
        "TCP port to listen at; 0 for no TCP.")
INTEGER(tcp_backlog, "tcp-backlog", NULL, "511", 0, INT_MAX, NOW | FIXED,
        "How many connections may wait to be accepted. The kernel's `net.core.somaxconn` limits it too.")
TEXT   (unixsocket, "unixsocket", NULL, "", NULL, NOW | FIXED,
        "Path of a unix socket to listen at as well; empty for none.")
OCTAL  (unixsocketperm, "unixsocketperm", NULL, "0", 0, 0777, NOW | FIXED,
        "Access mode of the unix socket, in octal; 0 leaves it to the umask.")
TEXT   (unixsocketgroup, "unixsocketgroup", NULL, "", NULL, NOW | FIXED,
        "Group that the unix socket is given to; empty for the process's own.")
BOOL   (protected_mode, "protected-mode", NULL, "yes", NOW,
        "Refuses clients from other machines while there is no password.")
INTEGER(tcp_keepalive_s, "tcp-keepalive", NULL, "300", 0, INT_MAX, NOW,
        "Seconds of silence after which the kernel probes whether a TCP client still lives; 0 for never.")
INTEGER(socket_mark_id, "socket-mark-id", NULL, "0", 0, UINT_MAX, NOW | FIXED,
        "Mark (SO_MARK) on the TCP sockets, for packet filters and routing; 0 for none. Setting one takes "
        "the privilege CAP_NET_ADMIN.")
INTEGER(max_new_connections_per_cycle, "max-new-connections-per-cycle", NULL, "10", 1, 1000, NOW,
        "How many new connections one turn of the loop accepts at each listening socket.")
BOOL   (mptcp, "mptcp", NULL, "no", ONLY | FIXED,
        "Listens with Multipath TCP where the kernel has it.")

SECTION("Clients and limits")
INTEGER(maxclients, "maxclients", NULL, "10000", 1, UINT_MAX, NOW,
        "How many clients may be connected at once. The limit on open files limits it too.")
INTEGER(timeout_s, "timeout", NULL, "0", 0, INT_MAX, NOW,
        "Closes a client that has been idle for this many seconds; 0 for never.")
SPECIAL(client_output_buffer_limit, config_output_limits, "client-output-buffer-limit", NULL,
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", &config_output_limit_rules,
        NOW | WORDS,
        "`class hard soft seconds`, once or more: closes a client of the class (`normal`, `replica` or "
        "`pubsub`) when its unsent replies exceed the hard limit, or the soft limit for that many seconds; 0 "
        "for no limit. No client is a replica yet.")
MEMORY (client_query_buffer_limit_bytes, "client-query-buffer-limit", NULL, "1gb", 1024 * 1024, INT64_MAX,
        NOW,
        "The most memory that the unread requests of one client may take; a client above it is closed.")
MEMORY (proto_max_bulk_len_bytes, "proto-max-bulk-len", NULL, "512mb", 1024 * 1024, INT64_MAX, NOW,
        "The longest single argument of a request, which is 4 GB at most whatever this says, and the longest "
        "string value.")

SECTION("Security")
TEXT   (requirepass, "requirepass", NULL, "", NULL, NOW | SENSITIVE,
        "Password that clients must give with AUTH or HELLO; empty for none.")
SPECIAL(rename_command, struct config_renames, "rename-command", NULL, "", &config_rename_rules,
        NOW | FIXED | FILE_ONLY | WORDS,
        "`old new`: the command is known by the new name only; an empty new name takes it away. May be "
        "repeated.")
CHOICE (enable_debug_command, "enable-debug-command", NULL, "no", config_permission_names, NOW | FIXED,
        "Whether DEBUG may be used: `no`, `yes`, or `local` for clients on this machine.")
CHOICE (enable_protected_configs, "enable-protected-configs", NULL, "no", config_permission_names,
        NOW | FIXED,
        "Whether CONFIG SET may change `dir`: `no`, `yes`, or `local` for clients on this machine.")
CHOICE (enable_module_command, "enable-module-command", NULL, "no", config_permission_names, ONLY | FIXED,
        "Whether MODULE may be used: `no`, `yes`, or `local` for clients on this machine.")

SECTION("Process")
BOOL   (daemonize, "daemonize", NULL, "no", NOW | FIXED,
        "Runs in the background.")
TEXT   (pidfile, "pidfile", NULL, "", NULL, NOW | FIXED,
        "File that holds the process id while the server runs; empty for none.")
CHOICE (supervised, "supervised", NULL, "no", config_supervised_names, NOW | FIXED,
        "Tells a supervisor that the server is ready: `no`, `systemd`, `upstart`, or `auto` to find out.")
TEXT   (dir, "dir", NULL, "./", NULL, NOW | PROTECTED,
        "Working directory: where files with relative paths are. As a default, the one the server is started "
        "in.")
BOOL   (set_proc_title, "set-proc-title", NULL, "yes", NOW | FIXED,
        "Shows what the server is in the list of processes.")
TEXT   (proc_title_template, "proc-title-template", NULL, "{title} {listen-addr} {server-mode}",
        config_check_title_template, NOW,
        "What the list of processes shows. Filled in: `{title}`, `{listen-addr}`, `{server-mode}`, `{port}`, "
        "`{tls-port}`, `{unixsocket}`, `{config-file}`.")
BOOL   (always_show_logo, "always-show-logo", NULL, "no", NOW | FIXED,
        "Logs the logo at the start even if the log does not go to a terminal.")
CHOICES(shutdown_on_sigint, "shutdown-on-sigint", NULL, "default", config_shutdown_names,
        config_check_shutdown, NOW | WORDS,
        "How SIGINT stops the server: `default`, or any of `save` or `nosave`, `now`, `force`, as SHUTDOWN "
        "has them. With `save` and without `force` it goes on, since there is no way to save yet.")
CHOICES(shutdown_on_sigterm, "shutdown-on-sigterm", NULL, "default", config_shutdown_names,
        config_check_shutdown, NOW | WORDS,
        "The same for SIGTERM.")
INTEGER(shutdown_timeout_s, "shutdown-timeout", NULL, "0", 0, INT_MAX, ONLY,
        "The most seconds that stopping waits for replicas that lag behind.")
BOOL   (disable_thp, "disable-thp", NULL, "yes", NOW | FIXED,
        "Takes the process out of transparent huge pages, whose first touch can take milliseconds.")
CHOICE (oom_score_adj, "oom-score-adj", NULL, "no", config_oom_names, NOW,
        "Whether to tell the kernel whom to end first when memory runs out: `no`, `yes` or `relative` (to "
        "the score at the start), `absolute`.")
SPECIAL(oom_score_adj_values, struct config_oom_values, "oom-score-adj-values", NULL, "0 200 800",
        &config_oom_values_rules, NOW | WORDS,
        "The scores for a primary, a replica and a background child, each -2000 to 2000; what the kernel "
        "does not know is set to the nearer end, -1000 or 1000. There are only primaries yet.")
SPECIAL(hz, config_hz, "hz", NULL, "10", &config_hz_rules, NOW,
        "How often a second background work is done, 1 to 500; what is outside is set to the nearer end.")
BOOL   (dynamic_hz, "dynamic-hz", NULL, "no", ONLY,
        "Raises hz while many clients are connected.")
BOOL   (crash_log_enabled, "crash-log-enabled", NULL, "no", ONLY,
        "Writes a report to the log when the server crashes.")
BOOL   (crash_memcheck_enabled, "crash-memcheck-enabled", NULL, "no", ONLY,
        "Tests the memory after a crash.")
TEXT   (ignore_warnings, "ignore-warnings", NULL, "", NULL, ONLY,
        "Warnings about the system that do not keep the server from starting.")
TEXT   (server_cpulist, "server-cpulist", "server_cpulist", "", NULL, ONLY | FIXED,
        "Processors that the loop may use.")
TEXT   (bio_cpulist, "bio-cpulist", "bio_cpulist", "", NULL, ONLY | FIXED,
        "Processors that the background threads may use.")
TEXT   (aof_rewrite_cpulist, "aof-rewrite-cpulist", "aof_rewrite_cpulist", "", NULL, ONLY | FIXED,
        "Processors that rewriting the append-only log may use.")
TEXT   (bgsave_cpulist, "bgsave-cpulist", "bgsave_cpulist", "", NULL, ONLY | FIXED,
        "Processors that saving in the background may use.")
INTEGER(io_threads, "io-threads", NULL, "1", 1, 256, ONLY | FIXED,
        "How many threads read requests and write replies.")
UNREAD ("io-threads-do-reads", 1, LATER | FILE_ONLY,
        "Of older versions; see io-threads.")
INTEGER(prefetch_batch_max_size, "prefetch-batch-max-size", NULL, "16", 0, 128, LATER,
        "How many requests are looked ahead to fetch their keys into the processor's cache.")
TEXT   (availability_zone, "availability-zone", NULL, "", NULL, ONLY,
        "Name of the place that the server runs in, for clients that choose by it.")
TEXT   (locale_collate, "locale-collate", NULL, "", NULL, LATER,
        "Locale by which texts are compared.")
UNREAD ("loadmodule", 1, LATER | FILE_ONLY,
        "A module to load, with its arguments.")

SECTION("Logging")
CHOICE (loglevel, "loglevel", NULL, "notice", config_loglevel_names, NOW,
        "What is worth a line: `debug`, `verbose`, `notice`, `warning` and above, or `nothing`.")
TEXT   (logfile, "logfile", NULL, "", NULL, NOW | FIXED,
        "File to append the log to; empty for the standard output.")
BOOL   (syslog_enabled, "syslog-enabled", NULL, "no", NOW | FIXED,
        "Sends the log to syslog as well.")
TEXT   (syslog_ident, "syslog-ident", NULL, "stint", NULL, NOW | FIXED,
        "Name that the lines have in syslog.")
CHOICE (syslog_facility, "syslog-facility", NULL, "local0", config_facility_names, NOW | FIXED,
        "Facility in syslog: `user` or `local0` to `local7`.")
BOOL   (hide_user_data_from_log, "hide-user-data-from-log", NULL, "no", ONLY,
        "Keeps keys and values out of the log.")
CHOICE (log_format, "log-format", NULL, "legacy", config_log_format_names, ONLY,
        "Form of a line: `legacy`, `logfmt` or `json`.")
CHOICE (log_timestamp_format, "log-timestamp-format", NULL, "legacy", config_log_timestamp_names, ONLY,
        "Form of a line's time: `legacy`, `iso8601` or `milliseconds`.")

SECTION("Memory")
MEMORY (maxmemory_bytes, "maxmemory", NULL, "0", 0, UINT64_MAX, NOW,
        "The most memory that data may take; 0 for no limit.")
CHOICE (maxmemory_policy, "maxmemory-policy", NULL, "noeviction", config_policy_names, NOW,
        "What happens at that limit: writes are refused, which is `noeviction`; with any other policy as "
        "well, since no keys are evicted yet. A policy with `lfu` keeps how often a key is used, any other "
        "how lately.")
INTEGER(lfu_log_factor, "lfu-log-factor", NULL, "10", 0, INT_MAX, NOW,
        "How slowly the frequency counter of an LFU policy rises.")
INTEGER(lfu_decay_time_minutes, "lfu-decay-time", NULL, "1", 0, INT_MAX, NOW,
        "Minutes after which that counter falls by one; 0 for never.")
INTEGER(maxmemory_samples, "maxmemory-samples", NULL, "5", 1, 64, LATER,
        "How many keys are looked at for each one that goes.")
INTEGER(maxmemory_eviction_tenacity, "maxmemory-eviction-tenacity", NULL, "10", 0, 100, LATER,
        "How much time eviction may take from clients.")
SHARE  (maxmemory_clients, "maxmemory-clients", NULL, "0", ONLY,
        "The most memory that all clients together may take, in bytes or per cent of maxmemory.")
BOOL   (activerehashing, "activerehashing", NULL, "no", ONLY,
        "Spends spare time on moving tables to their new size.")
BOOL   (activedefrag, "activedefrag", NULL, "no", ONLY,
        "Moves values together when memory is fragmented.")
MEMORY (active_defrag_ignore_bytes, "active-defrag-ignore-bytes", NULL, "100mb", 1, INT64_MAX, LATER,
        "Waste below which nothing is moved.")
INTEGER(active_defrag_threshold_lower, "active-defrag-threshold-lower", NULL, "10", 0, 1000, LATER,
        "Per cent of waste at which moving begins.")
INTEGER(active_defrag_threshold_upper, "active-defrag-threshold-upper", NULL, "100", 0, 1000, LATER,
        "Per cent of waste at which moving takes its most time.")
INTEGER(active_defrag_cycle_min, "active-defrag-cycle-min", NULL, "1", 1, 99, LATER,
        "The least per cent of time that moving takes.")
INTEGER(active_defrag_cycle_max, "active-defrag-cycle-max", NULL, "25", 1, 99, LATER,
        "The most per cent of time that moving takes.")
INTEGER(active_defrag_cycle_us, "active-defrag-cycle-us", NULL, "500", 0, 100000, LATER,
        "Microseconds that one step of moving takes.")
INTEGER(active_defrag_max_scan_fields, "active-defrag-max-scan-fields", NULL, "1000", 1, INT64_MAX, LATER,
        "The most elements of a value that one step looks at.")
BOOL   (jemalloc_bg_thread, "jemalloc-bg-thread", NULL, "yes", ONLY,
        "Lets jemalloc give memory back in a thread of its own.")

SECTION("Databases, expiry and freeing")
INTEGER(databases, "databases", NULL, "16", 1, INT_MAX, NOW | FIXED,
        "How many databases there are.")
INTEGER(active_expire_effort, "active-expire-effort", NULL, "1", 1, 10, NOW,
        "How hard to look for expired keys that nobody asks for: while there are any, a turn of the loop "
        "spends half a millisecond on them for each step, 1 to 10.")
BOOL   (lazyfree_lazy_eviction, "lazyfree-lazy-eviction", NULL, "yes", ONLY,
        "Frees evicted values in the background if they are large.")
BOOL   (lazyfree_lazy_expire, "lazyfree-lazy-expire", NULL, "yes", ONLY,
        "Frees expired values in the background if they are large.")
BOOL   (lazyfree_lazy_server_del, "lazyfree-lazy-server-del", NULL, "yes", ONLY,
        "Frees values that a command replaces in the background if they are large.")
BOOL   (lazyfree_lazy_user_del, "lazyfree-lazy-user-del", NULL, "yes", ONLY,
        "Makes DEL free large values in the background, as UNLINK does.")
BOOL   (lazyfree_lazy_user_flush, "lazyfree-lazy-user-flush", NULL, "yes", ONLY,
        "Makes FLUSHDB and FLUSHALL free in the background, whatever they say of it.")
SPECIAL(notify_keyspace_events, config_notify_classes, "notify-keyspace-events", NULL, "",
        &config_notify_rules, NOW,
        "Which events of keys are published: `K` by key, `E` by event, and the classes `g` generic, `$` "
        "string, `l` list, `s` set, `h` hash, `z` sorted set, `x` expired, `e` evicted, `t` stream, `d` "
        "module, `m` miss, `n` new key, `A` for `g$lshzxetd`. Empty for none.")
BOOL   (import_mode, "import-mode", NULL, "no", ONLY,
        "Takes in data of another server without expiring keys.")
TEXT   (hash_seed, "hash-seed", NULL, "", NULL, ONLY | FIXED | SENSITIVE,
        "Seed of the hash function, so that servers scan in the same order.")

SECTION("Encodings")
INTEGER(hash_max_listpack_entries, "hash-max-listpack-entries", "hash-max-ziplist-entries", "512", 0,
        INT64_MAX, NOW,
        "The most fields of a hash that is kept packed.")
MEMORY (hash_max_listpack_value_bytes, "hash-max-listpack-value", "hash-max-ziplist-value", "64", 0,
        INT64_MAX, NOW,
        "The longest field or value of a hash that is kept packed, in bytes.")
INTEGER(list_max_listpack_size, "list-max-listpack-size", "list-max-ziplist-size", "-2", INT_MIN, INT_MAX,
        NOW,
        "Size of a list's packed blocks: elements if positive; -1 to -5 for 4, 8, 16, 32 or 64 KiB.")
INTEGER(list_compress_depth, "list-compress-depth", NULL, "0", 0, INT_MAX, LATER,
        "How many blocks at each end of a list stay uncompressed; 0 compresses none.")
INTEGER(set_max_intset_entries, "set-max-intset-entries", NULL, "512", 0, INT64_MAX, NOW,
        "The most members of a set of integers that is kept packed.")
INTEGER(set_max_listpack_entries, "set-max-listpack-entries", NULL, "128", 0, INT64_MAX, NOW,
        "The most members of any other set that is kept packed.")
INTEGER(set_max_listpack_value_bytes, "set-max-listpack-value", NULL, "64", 0, INT64_MAX, NOW,
        "The longest member of a set that is kept packed, in bytes.")
INTEGER(zset_max_listpack_entries, "zset-max-listpack-entries", "zset-max-ziplist-entries", "128", 0,
        INT64_MAX, NOW,
        "The most members of a sorted set that is kept packed.")
MEMORY (zset_max_listpack_value_bytes, "zset-max-listpack-value", "zset-max-ziplist-value", "64", 0,
        INT64_MAX, NOW,
        "The longest member of a sorted set that is kept packed, in bytes.")
MEMORY (hll_sparse_max_bytes, "hll-sparse-max-bytes", NULL, "3000", 0, INT64_MAX, NOW,
        "The size up to which a HyperLogLog is kept sparse.")
MEMORY (stream_node_max_bytes, "stream-node-max-bytes", NULL, "4096", 0, INT64_MAX, LATER,
        "The size of a stream's packed blocks; 0 for no limit.")
INTEGER(stream_node_max_entries, "stream-node-max-entries", NULL, "100", 0, INT64_MAX, LATER,
        "The most entries of a stream's packed block; 0 for no limit.")
UNREAD ("list-max-ziplist-entries", 1, LATER | FILE_ONLY,
        "Of older versions; see list-max-listpack-size.")
UNREAD ("list-max-ziplist-value", 1, LATER | FILE_ONLY,
        "Of older versions; see list-max-listpack-size.")

SECTION("Persistence")
SPECIAL(save, struct config_save, "save", NULL, "", &config_save_rules, ONLY | WORDS,
        "`seconds changes`, once or more: saves after that long if there were that many changes; empty for "
        "never.")
TEXT   (dbfilename, "dbfilename", NULL, "dump.rdb", config_check_dbfilename, LATER | PROTECTED,
        "Name of the snapshot file.")
BOOL   (rdbcompression, "rdbcompression", NULL, "yes", LATER,
        "Compresses strings in the snapshot.")
BOOL   (rdbchecksum, "rdbchecksum", NULL, "yes", LATER | FIXED,
        "Ends the snapshot with a checksum.")
CHOICE (rdb_version_check, "rdb-version-check", NULL, "strict", config_version_check_names, LATER,
        "Whether a snapshot of a newer version is refused.")
BOOL   (rdb_del_sync_files, "rdb-del-sync-files", NULL, "no", LATER,
        "Removes snapshot files that replication made.")
BOOL   (rdb_save_incremental_fsync, "rdb-save-incremental-fsync", NULL, "yes", LATER,
        "Syncs the snapshot bit by bit while it is written.")
CHOICE (sanitize_dump_payload, "sanitize-dump-payload", NULL, "no", config_sanitize_names, LATER,
        "Whether the payload of RESTORE and of snapshots is checked in depth.")
BOOL   (stop_writes_on_bgsave_error, "stop-writes-on-bgsave-error", NULL, "yes", LATER,
        "Refuses writes while saving fails.")
BOOL   (appendonly, "appendonly", NULL, "no", ONLY,
        "Keeps the append-only log.")
TEXT   (appendfilename, "appendfilename", NULL, "appendonly.aof", config_check_appendfilename, LATER | FIXED,
        "Base name of the log's files.")
TEXT   (appenddirname, "appenddirname", NULL, "appendonlydir", config_check_appenddirname, LATER | FIXED,
        "Directory of the log's files.")
CHOICE (appendfsync, "appendfsync", NULL, "everysec", config_fsync_names, LATER,
        "When the log is synced: `always`, `everysec` or `no`.")
BOOL   (no_appendfsync_on_rewrite, "no-appendfsync-on-rewrite", NULL, "no", LATER,
        "Does not sync the log while it is being rewritten.")
INTEGER(auto_aof_rewrite_percentage, "auto-aof-rewrite-percentage", NULL, "100", 0, INT_MAX, LATER,
        "Growth of the log, in per cent, at which it is rewritten; 0 for never.")
MEMORY (auto_aof_rewrite_min_size_bytes, "auto-aof-rewrite-min-size", NULL, "64mb", 0, INT64_MAX, LATER,
        "Size below which the log is not rewritten.")
BOOL   (aof_load_truncated, "aof-load-truncated", NULL, "yes", LATER,
        "Starts even if the end of the log is missing.")
BOOL   (aof_use_rdb_preamble, "aof-use-rdb-preamble", NULL, "yes", LATER,
        "Begins a rewritten log with a snapshot.")
BOOL   (aof_timestamp_enabled, "aof-timestamp-enabled", NULL, "no", LATER,
        "Notes the time in the log.")
BOOL   (aof_rewrite_incremental_fsync, "aof-rewrite-incremental-fsync", NULL, "yes", LATER,
        "Syncs a rewritten log bit by bit while it is written.")
BOOL   (aof_disable_auto_gc, "aof-disable-auto-gc", NULL, "no", LATER,
        "Keeps the log's old files.")

SECTION("Replication")
SPECIAL(replicaof, struct config_primary, "replicaof", "slaveof", "no one", &config_primary_rules,
        ONLY | FIXED | WORDS,
        "`host port` of the primary to copy; `no one` for none.")
TEXT   (masterauth, "masterauth", "primaryauth", "", NULL, ONLY | SENSITIVE,
        "Password to give the primary.")
TEXT   (masteruser, "masteruser", "primaryuser", "", NULL, ONLY | SENSITIVE,
        "User to give the primary.")
BOOL   (replica_serve_stale_data, "replica-serve-stale-data", "slave-serve-stale-data", "yes", LATER,
        "Answers while the primary is out of reach.")
BOOL   (replica_read_only, "replica-read-only", "slave-read-only", "yes", LATER,
        "Refuses writes of clients on a replica.")
BOOL   (replica_ignore_maxmemory, "replica-ignore-maxmemory", "slave-ignore-maxmemory", "yes", LATER,
        "Leaves eviction to the primary.")
BOOL   (replica_ignore_disk_write_errors, "replica-ignore-disk-write-errors", NULL, "no", LATER,
        "Whether a replica goes on when it can not write to disk.")
BOOL   (replica_lazy_flush, "replica-lazy-flush", "slave-lazy-flush", "no", LATER,
        "Frees a replica's old data in the background.")
BOOL   (replica_announced, "replica-announced", NULL, "yes", LATER,
        "Whether sentinels are told of the replica.")
INTEGER(replica_priority, "replica-priority", "slave-priority", "100", 0, INT_MAX, LATER,
        "Rank for becoming primary.")
TEXT   (replica_announce_ip, "replica-announce-ip", "slave-announce-ip", "", NULL, LATER,
        "Address that a replica says it has.")
INTEGER(replica_announce_port, "replica-announce-port", "slave-announce-port", "0", 0, 65535, LATER,
        "Port that a replica says it has.")
MEMORY (replica_full_sync_buffer_limit_bytes, "replica-full-sync-buffer-limit", NULL, "0", 0, INT64_MAX,
        LATER,
        "The most that a replica buffers during a full synchronisation.")
BOOL   (repl_diskless_sync, "repl-diskless-sync", NULL, "yes", LATER,
        "Sends the snapshot to replicas without a file.")
INTEGER(repl_diskless_sync_delay_s, "repl-diskless-sync-delay", NULL, "5", 0, INT_MAX, LATER,
        "Seconds to wait for more replicas before that.")
INTEGER(repl_diskless_sync_max_replicas, "repl-diskless-sync-max-replicas", NULL, "0", 0, INT_MAX, LATER,
        "How many replicas end that wait early.")
CHOICE (repl_diskless_load, "repl-diskless-load", NULL, "disabled", config_diskless_load_names, LATER,
        "Whether a replica loads the snapshot from the connection.")
BOOL   (repl_disable_tcp_nodelay, "repl-disable-tcp-nodelay", NULL, "no", LATER,
        "Sends to replicas in fewer, later packets.")
BOOL   (repl_mptcp, "repl-mptcp", NULL, "no", LATER | FIXED,
        "Connects to the primary with Multipath TCP.")
BOOL   (dual_channel_replication_enabled, "dual-channel-replication-enabled", NULL, "no", LATER,
        "Sends snapshot and changes over two connections.")
INTEGER(repl_ping_replica_period_s, "repl-ping-replica-period", "repl-ping-slave-period", "10", 1, INT_MAX,
        LATER,
        "Seconds between a primary's pings.")
INTEGER(repl_timeout_s, "repl-timeout", NULL, "60", 1, INT_MAX, LATER,
        "Seconds of silence that end the connection.")
MEMORY (repl_backlog_size_bytes, "repl-backlog-size", NULL, "1mb", 1, INT64_MAX, LATER,
        "How many changes are kept for replicas that reconnect.")
INTEGER(repl_backlog_ttl_s, "repl-backlog-ttl", NULL, "3600", 0, INT64_MAX, LATER,
        "Seconds without replicas after which they are freed.")
INTEGER(min_replicas_to_write, "min-replicas-to-write", "min-slaves-to-write", "0", 0, INT_MAX, ONLY,
        "Refuses writes while fewer replicas are connected.")
INTEGER(min_replicas_max_lag_s, "min-replicas-max-lag", "min-slaves-max-lag", "10", 0, INT_MAX, LATER,
        "Seconds after which a replica counts as not connected.")
CHOICE (propagation_error_behavior, "propagation-error-behavior", NULL, "ignore", config_propagation_names,
        LATER,
        "What follows when a replicated command fails.")
TEXT   (bind_source_addr, "bind-source-addr", NULL, "", NULL, LATER,
        "Address that outgoing connections come from.")

SECTION("Cluster")
BOOL   (cluster_enabled, "cluster-enabled", NULL, "no", ONLY | FIXED,
        "Runs as a node of a cluster.")
TEXT   (cluster_config_file, "cluster-config-file", NULL, "nodes.conf", NULL, LATER | FIXED,
        "File that the node keeps its view in.")
CHOICE (cluster_config_save_behavior, "cluster-config-save-behavior", NULL, "sync", config_cluster_save_names,
        LATER,
        "Whether the node stops when that file can not be written.")
INTEGER(cluster_node_timeout_ms, "cluster-node-timeout", NULL, "15000", 0, INT64_MAX, LATER,
        "Milliseconds of silence after which a node is suspected.")
INTEGER(cluster_port, "cluster-port", NULL, "0", 0, 65535, LATER | FIXED,
        "Port of the cluster's bus; 0 for port plus 10000.")
INTEGER(cluster_databases, "cluster-databases", NULL, "1", 1, INT_MAX, LATER | FIXED,
        "How many databases a node has.")
INTEGER(cluster_migration_barrier, "cluster-migration-barrier", NULL, "1", 0, INT_MAX, LATER,
        "Replicas that a primary keeps when one moves to another.")
BOOL   (cluster_allow_replica_migration, "cluster-allow-replica-migration", NULL, "yes", LATER,
        "Lets replicas move to primaries without any.")
INTEGER(cluster_replica_validity_factor, "cluster-replica-validity-factor", "cluster-slave-validity-factor",
        "10", 0, INT_MAX, LATER,
        "How old a replica's data may be when it takes over.")
BOOL   (cluster_replica_no_failover, "cluster-replica-no-failover", "cluster-slave-no-failover", "no", LATER,
        "Keeps a replica from taking over.")
BOOL   (cluster_require_full_coverage, "cluster-require-full-coverage", NULL, "yes", LATER,
        "Refuses requests while slots have no node.")
BOOL   (cluster_allow_reads_when_down, "cluster-allow-reads-when-down", NULL, "no", LATER,
        "Answers reads nevertheless.")
BOOL   (cluster_allow_pubsubshard_when_down, "cluster-allow-pubsubshard-when-down", NULL, "yes", LATER,
        "Passes sharded messages nevertheless.")
MEMORY (cluster_link_sendbuf_limit_bytes, "cluster-link-sendbuf-limit", NULL, "0", 0, UINT64_MAX, LATER,
        "The most unsent data of a link between nodes.")
INTEGER(cluster_blacklist_ttl_s, "cluster-blacklist-ttl", NULL, "60", INT64_MIN, INT64_MAX, LATER,
        "Seconds for which a forgotten node stays forgotten.")
INTEGER(cluster_manual_failover_timeout_ms, "cluster-manual-failover-timeout", NULL, "5000", 1, INT_MAX,
        LATER,
        "Milliseconds that a failover by hand may take.")
TEXT   (cluster_announce_ip, "cluster-announce-ip", NULL, "", NULL, LATER,
        "Address that a node says it has.")
TEXT   (cluster_announce_hostname, "cluster-announce-hostname", NULL, "", config_check_hostname, LATER,
        "Host name that a node says it has.")
TEXT   (cluster_announce_human_nodename, "cluster-announce-human-nodename", NULL, "", config_check_node_name,
        LATER,
        "Name of the node in the log.")
INTEGER(cluster_announce_port, "cluster-announce-port", NULL, "0", 0, 65535, LATER,
        "Port that a node says it has.")
INTEGER(cluster_announce_tls_port, "cluster-announce-tls-port", NULL, "0", 0, 65535, LATER,
        "TLS port that a node says it has.")
INTEGER(cluster_announce_bus_port, "cluster-announce-bus-port", NULL, "0", 0, 65535, LATER,
        "Bus port that a node says it has.")
TEXT   (cluster_announce_client_ipv4, "cluster-announce-client-ipv4", NULL, "", config_check_ipv4, LATER,
        "IPv4 address that clients are told.")
TEXT   (cluster_announce_client_ipv6, "cluster-announce-client-ipv6", NULL, "", config_check_ipv6, LATER,
        "IPv6 address that clients are told.")
INTEGER(cluster_announce_client_port, "cluster-announce-client-port", NULL, "0", 0, 65535, LATER,
        "Port that clients are told.")
INTEGER(cluster_announce_client_tls_port, "cluster-announce-client-tls-port", NULL, "0", 0, 65535, LATER,
        "TLS port that clients are told.")
CHOICE (cluster_preferred_endpoint_type, "cluster-preferred-endpoint-type", NULL, "ip", config_endpoint_names,
        LATER,
        "What redirections name: `ip`, `hostname` or `unknown-endpoint`.")
INTEGER(cluster_compatibility_sample_ratio, "cluster-compatibility-sample-ratio", NULL, "0", 0, 100, LATER,
        "Per cent of commands that are checked for working in a cluster.")
BOOL   (cluster_slot_stats_enabled, "cluster-slot-stats-enabled", NULL, "no", LATER,
        "Keeps statistics by slot.")
INTEGER(cluster_slot_migration_log_max_len, "cluster-slot-migration-log-max-len", NULL, "1000", 0, INT64_MAX,
        LATER,
        "How many finished migrations are remembered.")
MEMORY (slot_migration_max_failover_repl_bytes, "slot-migration-max-failover-repl-bytes", NULL, "0", 0,
        INT64_MAX, LATER,
        "How much may be unsent when a slot changes hands.")

SECTION("TLS and RDMA")
INTEGER(tls_port, "tls-port", NULL, "0", 0, 65535, ONLY,
        "Port for TLS; 0 for none.")
TEXT   (tls_cert_file, "tls-cert-file", NULL, "", NULL, LATER,
        "Certificate.")
TEXT   (tls_key_file, "tls-key-file", NULL, "", NULL, LATER,
        "Its private key.")
TEXT   (tls_key_file_pass, "tls-key-file-pass", NULL, "", NULL, LATER | SENSITIVE,
        "That key's passphrase.")
TEXT   (tls_client_cert_file, "tls-client-cert-file", NULL, "", NULL, LATER,
        "Certificate for outgoing connections.")
TEXT   (tls_client_key_file, "tls-client-key-file", NULL, "", NULL, LATER,
        "Its private key.")
TEXT   (tls_client_key_file_pass, "tls-client-key-file-pass", NULL, "", NULL, LATER | SENSITIVE,
        "That key's passphrase.")
TEXT   (tls_dh_params_file, "tls-dh-params-file", NULL, "", NULL, LATER,
        "Diffie-Hellman parameters.")
TEXT   (tls_ca_cert_file, "tls-ca-cert-file", NULL, "", NULL, LATER,
        "Authorities that are trusted.")
TEXT   (tls_ca_cert_dir, "tls-ca-cert-dir", NULL, "", NULL, LATER,
        "Directory of such authorities.")
CHOICE (tls_auth_clients, "tls-auth-clients", NULL, "yes", config_tls_auth_names, LATER,
        "Whether clients must show a certificate.")
CHOICE (tls_auth_clients_user, "tls-auth-clients-user", NULL, "off", config_tls_user_names, LATER,
        "Field of that certificate that names the user.")
INTEGER(tls_auto_reload_interval_s, "tls-auto-reload-interval", NULL, "0", 0, INT_MAX, LATER,
        "Seconds after which certificates are read again.")
BOOL   (tls_replication, "tls-replication", NULL, "no", LATER,
        "Uses TLS to the primary.")
BOOL   (tls_cluster, "tls-cluster", NULL, "no", LATER,
        "Uses TLS between nodes.")
TEXT   (tls_protocols, "tls-protocols", NULL, "", NULL, LATER,
        "Versions of TLS that are allowed.")
TEXT   (tls_ciphers, "tls-ciphers", NULL, "", NULL, LATER,
        "Ciphers up to TLS 1.2.")
TEXT   (tls_ciphersuites, "tls-ciphersuites", NULL, "", NULL, LATER,
        "Ciphers of TLS 1.3.")
BOOL   (tls_prefer_server_ciphers, "tls-prefer-server-ciphers", NULL, "no", LATER,
        "Whether the server's order of ciphers counts.")
BOOL   (tls_session_caching, "tls-session-caching", NULL, "yes", LATER,
        "Lets sessions be resumed.")
INTEGER(tls_session_cache_size, "tls-session-cache-size", NULL, "20480", 0, INT_MAX, LATER,
        "How many sessions are kept for that.")
INTEGER(tls_session_cache_timeout_s, "tls-session-cache-timeout", NULL, "300", 0, INT_MAX, LATER,
        "Seconds for which they are kept.")
INTEGER(max_new_tls_connections_per_cycle, "max-new-tls-connections-per-cycle", NULL, "1", 1, 1000, LATER,
        "How many new TLS connections one turn accepts.")
TEXT   (rdma_bind, "rdma-bind", NULL, "", NULL, LATER,
        "Addresses to listen at for RDMA.")
INTEGER(rdma_port, "rdma-port", NULL, "0", 0, 65535, ONLY,
        "Port for RDMA; 0 for none.")
INTEGER(rdma_rx_size_bytes, "rdma-rx-size", NULL, "1048576", 0, INT_MAX, LATER | FIXED,
        "Receive buffer of an RDMA connection.")
INTEGER(rdma_completion_vector, "rdma-completion-vector", NULL, "-1", -1, INT_MAX, LATER | FIXED,
        "Interrupt that RDMA completions use.")

SECTION("Access control lists")
TEXT   (aclfile, "aclfile", NULL, "", NULL, ONLY | FIXED,
        "File of users.")
CHOICE (acl_pubsub_default, "acl-pubsub-default", NULL, "resetchannels", config_acl_pubsub_names, LATER,
        "Whether new users may use every channel.")
INTEGER(acllog_max_len, "acllog-max-len", NULL, "128", 0, INT64_MAX, LATER,
        "How many refusals are remembered.")
UNREAD ("user", 1, LATER | FILE_ONLY | SENSITIVE,
        "A user and the rules for it.")

SECTION("Scripts")
INTEGER(busy_reply_threshold_ms, "busy-reply-threshold", "lua-time-limit", "5000", 0, INT64_MAX, LATER,
        "Milliseconds after which a running script may be stopped by others.")

SECTION("Slow log, latency and tracking")
INTEGER(slowlog_log_slower_than_us, "slowlog-log-slower-than", "commandlog-execution-slower-than",
        "10000", -1, INT64_MAX, NOW,
        "Microseconds from which a command is noted; 0 for all, -1 for none.")
INTEGER(slowlog_max_len, "slowlog-max-len", "commandlog-slow-execution-max-len", "128", 0, INT64_MAX, NOW,
        "How many of them are remembered.")
INTEGER(commandlog_request_larger_than_bytes, "commandlog-request-larger-than", NULL, "-1", -1,
        INT64_MAX, ONLY,
        "Size from which a request is noted; -1 for none.")
INTEGER(commandlog_large_request_max_len, "commandlog-large-request-max-len", NULL, "0", 0, INT64_MAX,
        ONLY,
        "How many of them are remembered.")
INTEGER(commandlog_reply_larger_than_bytes, "commandlog-reply-larger-than", NULL, "-1", -1, INT64_MAX,
        ONLY,
        "Size from which a reply is noted; -1 for none.")
INTEGER(commandlog_large_reply_max_len, "commandlog-large-reply-max-len", NULL, "0", 0, INT64_MAX, ONLY,
        "How many of them are remembered.")
INTEGER(latency_monitor_threshold_ms, "latency-monitor-threshold", NULL, "0", 0, INT64_MAX, NOW,
        "Milliseconds from which an event is noted; 0 for none.")
BOOL   (latency_tracking, "latency-tracking", NULL, "yes", NOW,
        "Keeps the distribution of each command's time.")
SPECIAL(latency_tracking_info_percentiles, struct config_percentiles, "latency-tracking-info-percentiles",
        NULL, "50 99 99.9", &config_percentiles_rules, NOW | WORDS,
        "Which points of it INFO shows.")
INTEGER(tracking_table_max_keys, "tracking-table-max-keys", NULL, "1000000", 0, INT64_MAX, NOW,
        "How many keys client-side caching keeps track of; 0 for no limit.")
BOOL   (extended_redis_compatibility, "extended-redis-compatibility", NULL, "no", ONLY,
        "Makes more replies name Redis.")

#undef SECTION
#undef BOOL
#undef INTEGER
#undef OCTAL
#undef MEMORY
#undef SHARE
#undef CHOICE
#undef CHOICES
#undef TEXT
#undef SPECIAL
#undef UNREAD
/* clang-format on */
