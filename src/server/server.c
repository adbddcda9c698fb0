/* Server: wires the rooms together and turns the loop.
 *
 * A turn: wait; read and parse every client that is ready, running batches as they fill; run the last batch,
 * send the replies; then upkeep in bounded slices. What must happen now and then (statistics, timeouts,
 * expiry) is done by the cron, `hz` times a second. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/number.h"
#include "base/random.h"
#include "net/batch.h"
#include "net/client.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/output.h"
#include "net/query.h"
#include "net/reply.h"
#include "net/timer.h"
#include "server/config/config.h"
#include "server/dispatch.h"
#include "server/execute.h"
#include "server/insight/accounting.h"
#include "server/insight/hot_keys.h"
#include "server/insight/latency_monitor.h"
#include "server/insight/statistics.h"
#include "server/lifecycle.h"
#include "server/logo.h"
#include "server/messages/notifications.h"
#include "server/messages/pubsub.h"
#include "server/messages/tracking.h"
#include "server/process.h"
#include "server/request/session.h"
#include "server/version.h"
#include "store/keyspace.h"
#include "store/recency.h"
#include "store/types/hash.h"
#include "store/types/list.h"
#include "store/types/set.h"
#include "store/types/zset.h"

/* Upkeep per turn and step of active-expire-effort. A backlog is worked off in every turn, so that requests
 * wait for one slice at most. */
#define EXPIRE_STEP_US 500
/* While messages wait for so many clients, more requests are run before any is sent, but none that come after
 * this time (serve). */
#define GATHER_MIN 32
#define GATHER_US  500
/* File descriptors that the process needs beside those of clients. */
#define RESERVED_FDS 32
/* Clients looked at per cron for timeouts and soft limits: each one at least once a second. */
#define CLIENTS_PER_CRON_MIN 64

struct server server;

static volatile sig_atomic_t stop_signal;
static bool stopping;
static bool expiry_backlog;
static bool resumed_backlog;  /* requests that waited are there to be run */
static bool tracking_backlog; /* keys that clients have read are there to be forgotten */
static timer cron_timer;

bool server_stop(int how) {
    stopping = !(how & SHUTDOWN_SAVE) || how & SHUTDOWN_FORCE;
    if (!stopping)
        log_warning(
            "Not stopping: the data is to be saved first, and there is no way to save it yet. NOSAVE stops "
            "without.");
    return stopping;
}

/* --- Following the configuration --- */

static bool follow_limits(char reason[CONFIG_REASON_MAX]) {
    int64_t bulk_bytes = (int64_t)config.proto_max_bulk_len_bytes;
    if (bulk_bytes > UINT32_MAX) bulk_bytes = UINT32_MAX; /* what an entry can say of its key's length */
    query_limits = (struct query_limits){config.client_query_buffer_limit_bytes, bulk_bytes};
    listener_accepts_per_turn = (int)config.max_new_connections_per_cycle;
    listener_keepalive_s = (int)config.tcp_keepalive_s;
    recency_policy.lfu =
        config.maxmemory_policy == POLICY_ALLKEYS_LFU || config.maxmemory_policy == POLICY_VOLATILE_LFU;
    recency_policy.lfu_log_factor = (int)config.lfu_log_factor;
    recency_policy.lfu_decay_minutes = (int)config.lfu_decay_time_minutes;
    server.cron_interval_ms = 1000 / config.hz > 0 ? 1000 / config.hz : 1;
    (void)reason;
    return true;
}

static bool follow_thresholds(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    accounting_follow();
    return true;
}

/* Up to where the types keep collections packed. */
static bool follow_encodings(char reason[CONFIG_REASON_MAX]) {
    hash_limits = (struct hash_limits){(size_t)config.hash_max_listpack_entries,
                                       (size_t)config.hash_max_listpack_value_bytes};
    list_limits = list_limits_of(config.list_max_listpack_size);
    zset_limits = (struct zset_limits){(size_t)config.zset_max_listpack_entries,
                                       (size_t)config.zset_max_listpack_value_bytes};
    set_limits =
        (struct set_limits){(size_t)config.set_max_intset_entries, (size_t)config.set_max_listpack_entries,
                            (size_t)config.set_max_listpack_value_bytes};
    (void)reason;
    return true;
}

/* Raises the limit of open files to what maxclients needs; returns how many clients the limit allows. */
static int64_t raise_file_limit(int64_t clients) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
    rlim_t wanted = (rlim_t)clients + RESERVED_FDS;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {wanted, limit.rlim_max > wanted ? limit.rlim_max : wanted};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return clients;
        raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = limit.rlim_max;
    }
    if (limit.rlim_cur >= wanted) return clients;
    return (int64_t)limit.rlim_cur - RESERVED_FDS;
}

static bool follow_maxclients(char reason[CONFIG_REASON_MAX]) {
    int64_t allowed = raise_file_limit(config.maxclients);
    if (allowed < config.maxclients) {
        snprintf(reason, CONFIG_REASON_MAX,
                 "The operating system is not able to handle the specified number of clients, try with %lld",
                 (long long)allowed);
        return false;
    }
    listener_maxclients = (int)config.maxclients;
    return true;
}

static void lower_maxclients(int64_t allowed) {
    log_warning("The limit of open files allows %lld clients; maxclients is lowered to that",
                (long long)allowed);
    char text[NUMBER_I64_TEXT_MAX];
    slice pair[2] = {SLICE("maxclients"), {text, number_format_i64(text, allowed)}};
    struct config_refusal refusal;
    config_set(pair, 1, true, &refusal);
}

/* Where no password is asked for any more, nobody has to give one. */
static bool follow_password(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    if (session_password_required()) return true;
    for (int i = 0; i < client_count(); i++) client_at(i)->flags |= CLIENT_AUTHENTICATED;
    return true;
}

static bool follow_loglevel(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    log_set_level(config.loglevel);
    return true;
}

static bool follow_notifications(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    notifications_follow();
    return true;
}

/* What the open TCP listeners listen at. */
static struct {
    struct config_bind bind;
    int64_t port;
} listening;

/* Opens the TCP listeners that bind and port ask for, all or none. False, with the reason logged, if that is
 * not possible. */
static bool open_tcp(void) {
    char error[LISTENER_ERROR_BYTES];
    for (int i = 0; config.port != 0 && i < config.bind.count; i++) {
        const char *address = config.bind.address[i];
        if (listener_open_tcp(address, (int)config.port, (int)config.tcp_backlog, error)) continue;
        log_warning("Could not listen at %s:%lld: %s", address, (long long)config.port, error);
        listener_close_tcp();
        listening.port = -1;
        return false;
    }
    listening.bind = config.bind;
    listening.port = config.port;
    return true;
}

/* Listens where bind and port say now. Other listeners close first, since an address may be part of another;
 * clients stay. If that fails, nothing is open until the former settings are followed again. */
static bool move_listeners(void) {
    bool moved =
        listening.port != config.port || memcmp(&listening.bind, &config.bind, sizeof(config.bind)) != 0;
    if (!moved) return true; /* one CONFIG SET may change both */
    listener_close_tcp();
    if (!open_tcp()) return false;
    process_set_title();
    return true;
}

static bool follow_bind(char reason[CONFIG_REASON_MAX]) {
    if (move_listeners()) return true;
    snprintf(reason, CONFIG_REASON_MAX, "Failed to bind to specified addresses.");
    return false;
}

static bool follow_port(char reason[CONFIG_REASON_MAX]) {
    if (move_listeners()) return true;
    snprintf(reason, CONFIG_REASON_MAX, "Unable to listen on this port. Check server logs.");
    return false;
}

static bool follow_oom_score(char reason[CONFIG_REASON_MAX]) {
    if (process_set_oom_score()) return true;
    snprintf(reason, CONFIG_REASON_MAX, "Failed to set current oom_score_adj. Check server logs.");
    return false;
}

static bool follow_title(char reason[CONFIG_REASON_MAX]) {
    (void)reason;
    process_set_title();
    return true;
}

static void register_config_hooks(void) {
    static const char *const limits[] = {"client-query-buffer-limit",
                                         "proto-max-bulk-len",
                                         "max-new-connections-per-cycle",
                                         "tcp-keepalive",
                                         "maxmemory-policy",
                                         "lfu-log-factor",
                                         "lfu-decay-time",
                                         "hz"};
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) config_on_change(limits[i], follow_limits);
    static const char *const encodings[] = {"hash-max-listpack-entries", "hash-max-listpack-value",
                                            "list-max-listpack-size",    "set-max-intset-entries",
                                            "set-max-listpack-entries",  "set-max-listpack-value",
                                            "zset-max-listpack-entries", "zset-max-listpack-value"};
    for (size_t i = 0; i < sizeof(encodings) / sizeof(*encodings); i++)
        config_on_change(encodings[i], follow_encodings);
    static const char *const thresholds[] = {"slowlog-log-slower-than", "slowlog-max-len",
                                             "latency-monitor-threshold"};
    for (size_t i = 0; i < sizeof(thresholds) / sizeof(*thresholds); i++)
        config_on_change(thresholds[i], follow_thresholds);
    config_on_change("maxclients", follow_maxclients);
    config_on_change("requirepass", follow_password);
    config_on_change("loglevel", follow_loglevel);
    config_on_change("notify-keyspace-events", follow_notifications);
    config_on_change("bind", follow_bind);
    config_on_change("port", follow_port);
    config_on_change("proc-title-template", follow_title);
    config_on_change("oom-score-adj", follow_oom_score);
    config_on_change("oom-score-adj-values", follow_oom_score);
}

/* --- Clients --- */

static const struct output_limit *output_limit_for(const client *c) {
    bool subscribed = pubsub_is_subscribed(c); /* replicas will have a class of their own */
    return &config.client_output_buffer_limit[subscribed ? OUTPUT_LIMIT_PUBSUB : OUTPUT_LIMIT_NORMAL];
}

static const char *admission(const client *c) {
    if (!config.protected_mode || session_password_required() || client_is_local(c)) return NULL;
    return "-DENIED Stint runs in protected mode and no password is set, so connections are taken from this "
           "machine "
           "only. To let others in, set a password with 'requirepass', or turn the protection off with "
           "'CONFIG SET protected-mode no' from a connection on this machine, or start with "
           "'--protected-mode no'.\r\n";
}

static void forget_client(client *c) {
    lifecycle_close(c);
    output_discard(c);
    query_discard(c);
}

/* Clients that are made to wait, or that only listen. */
#define MAY_BE_IDLE (CLIENT_BLOCKED | CLIENT_PAUSED | CLIENT_SUBSCRIBED | CLIENT_MONITOR)

/* Closes clients that were idle too long or are over a soft limit; looks at a share of them each time. */
static void check_clients(void) {
    static int next;
    int total = client_count(), share = total / (int)config.hz;
    if (share < CLIENTS_PER_CRON_MIN) share = CLIENTS_PER_CRON_MIN;
    if (share > total) share = total;
    for (int i = 0; i < share; i++) {
        if (next >= total) next = 0;
        client *c = client_at(next++);
        output_check_limit(c);
        int64_t idle_ms = clock_monotonic_ms() - c->last_activity_ms;
        if (config.timeout_s == 0 || idle_ms <= config.timeout_s * 1000 || c->flags & MAY_BE_IDLE) continue;
        char description[CLIENT_DESCRIPTION_BYTES];
        client_describe(c, description);
        log_verbose("Client %s closed: idle for %lld s", description, (long long)idle_ms / 1000);
        client_close_soon(c, CLIENT_CLOSE_NOW);
    }
}

/* --- Turning --- */

static uint64_t turn_start_ticks;

static void after_wait(void) {
    turn_start_ticks = clock_ticks();
    clock_refresh();
    recency_tick();
}

static void expire_slice(void) {
    uint64_t start = clock_ticks();
    expiry_backlog = keyspace_expire_due(EXPIRE_STEP_US * config.active_expire_effort);
    latency_monitor_note(LATENCY_EXPIRE_CYCLE, statistics_us(clock_ticks() - start));
}

static void cron(timer *t) {
    alloc_note_peak();
    check_clients();
    expire_slice();
    timer_set(t, clock_monotonic_ms() + server.cron_interval_ms);
}

static void sample(timer *t) {
    statistics_sample();
    accounting_follow();
    hot_keys_tick();
    timer_set(t, clock_monotonic_ms() + STATISTICS_SAMPLE_MS);
}

/* Runs what comes in. If that leaves messages for many clients (a system call each), what has come meanwhile
 * is run first, for it may bring more messages that can go with them. */
static void serve(int wait_ms) {
    loop_turn(wait_ms);
    batch_run();
    uint64_t start_ticks = turn_start_ticks;
    while (output_put_off_count() >= GATHER_MIN && statistics_us(clock_ticks() - start_ticks) < GATHER_US &&
           loop_turn(0) > 0)
        batch_run();
    turn_start_ticks = start_ticks;
    output_flush_all();
}

static void turn(void) {
    bool is_behind = expiry_backlog || resumed_backlog || tracking_backlog;
    int wait_ms = is_behind ? 0 : timer_wait_ms(clock_monotonic_ms());
    serve(wait_ms);
    if (expiry_backlog) expire_slice();
    timer_run_due(clock_monotonic_ms());
    resumed_backlog = execute_resumed();
    tracking_backlog = tracking_tidy();
    tracking_end_turn();
    batch_run(); /* sends what all of these had to say */
    output_flush_all();
    statistics.loop_turns++;
    statistics.loop_ticks += clock_ticks() - turn_start_ticks;
}

/* --- Start and stop --- */

static void on_stop_signal(int number) {
    if (stop_signal && number == SIGINT) _exit(1); /* asked twice */
    stop_signal = number;
}

static void install_signals(void) {
    struct sigaction stop = {.sa_handler = on_stop_signal}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
}

static void fail_to_start(const char *reason) {
    log_warning("%s", reason);
    exit(1);
}

static void open_listeners(void) {
    char reason[CONFIG_REASON_MAX], error[LISTENER_ERROR_BYTES];
    listener_mark = (unsigned)config.socket_mark_id;
    if (!open_tcp()) exit(1);
    if (config.unixsocket[0] && !listener_open_unix(config.unixsocket, (unsigned)config.unixsocketperm,
                                                    config.unixsocketgroup, (int)config.tcp_backlog, error)) {
        snprintf(reason, sizeof(reason), "Could not listen at %s: %s", config.unixsocket, error);
        fail_to_start(reason);
    }
    if (listener_count() == 0)
        fail_to_start("No address to listen at: bind and port name none, and no unixsocket is set");
}

void server_open_log(void) {
    struct log_options options = {config.logfile, config.loglevel, config.syslog_enabled, config.syslog_ident,
                                  config.syslog_facility};
    if (log_open(&options)) return;
    fprintf(stderr, "Can't open the log file %s: %s\n", config.logfile, strerror(errno));
    exit(1);
}

void server_open(void) {
    char reason[CONFIG_REASON_MAX];
    clock_refresh();
    random_seed_from_os();
    hash_open();
    random_hex(server.run_id, RUN_ID_CHARS);
    statistics.started_unix_ms = clock_unix_ms();
    statistics_open();
    register_config_hooks();
    follow_limits(reason);
    follow_encodings(reason);
    recency_tick();

    int64_t allowed = raise_file_limit(config.maxclients);
    if (allowed < 1) fail_to_start("The limit of open files leaves no room for clients");
    if (allowed < config.maxclients) lower_maxclients(allowed);
    listener_maxclients = (int)config.maxclients;
    process_set_oom_score();

    background_open();
    keyspace_open((int)config.databases);
    notifications_follow();
    loop_open();
    loop_after_wait = after_wait;
    batch_open();
    batch_hooks = (struct batch_hooks){dispatch_prepare, dispatch_run};
    client_hooks = (struct client_hooks){lifecycle_open, forget_client};
    reply_error_hook = statistics_count_error;
    output_limit_of = output_limit_for;
    listener_admission = admission;
    open_listeners();
    install_signals();
}

/* Stops as shutdown-on-sigint or shutdown-on-sigterm has it. */
static void obey_signal(void) {
    bool is_interrupt = stop_signal == SIGINT;
    log_notice("Received %s", is_interrupt ? "SIGINT" : "SIGTERM");
    if (!server_stop(is_interrupt ? config.shutdown_on_sigint : config.shutdown_on_sigterm)) stop_signal = 0;
}

int server_run(void) {
    static timer sample_timer = {.callback = sample};
    cron_timer.callback = cron;
    cron(&cron_timer);
    sample(&sample_timer);
    logo_show();
    log_notice("Stint %s is ready to accept connections", STINT_VERSION);
    process_notify_ready();
    while (!stopping) {
        turn();
        if (stop_signal) obey_signal();
    }
    process_notify_stopping();
    output_flush_all();
    listener_close_all();
    process_remove_files();
    log_notice("Stint is stopped, bye");
    return 0;
}
