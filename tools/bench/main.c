/* bench: the benchmark driver.
 *
 * Starts our server, its peers and the bare floor, each on an address of its own, all on one CPU, puts load
 * on them in turns from another CPU, and says what a request and a key cost on each. The parts are works (CPU
 * per request), fanout (CPU per message to a subscriber), memory (bytes per key and per connection), growth
 * and stalls. It ends by itself, and stops what it started.
 *
 * Exits with 0 if everything asked for could be measured, with 1 if something could not, with 2 if the
 * options make no sense. A missed target is no failure: figures are for people to judge. */
#include "bench/bench.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/chart.h"
#include "bench/fanout.h"
#include "bench/growth.h"
#include "bench/memory.h"
#include "bench/option.h"
#include "bench/process.h"
#include "bench/report.h"
#include "bench/stalls.h"
#include "bench/works.h"

/* Options that Redis and what is compatible with it understand, and those of memcached: over TCP and over a
 * unix socket. */
#define COMPATIBLE_OPTIONS      " --save '' --appendonly no --maxclients 15000 --dir {dir}"
#define COMPATIBLE_TCP_OPTIONS  " --port {port} --bind 127.0.0.1" COMPATIBLE_OPTIONS
#define COMPATIBLE_UNIX_OPTIONS " --port 0 --unixsocket {socket}" COMPATIBLE_OPTIONS
#define MEMCACHED               "memcached -t 1 -m 16384 -c 15000 -R 1000 -U 0 -u \"$(id -un)\" "
#define MEMCACHED_TCP           MEMCACHED "-l 127.0.0.1 -p {port}"
#define MEMCACHED_UNIX          MEMCACHED "-s {socket}"

static const char usage[] =
    "Usage: bench [options]\n"
    "\n"
    "  --server COMMAND     our server, default build/stint-server with the usual options; - leaves it out\n"
    "  --peer NAME=COMMAND  another server to compare with; may be repeated\n"
    "                       in commands {port}, {socket} and {dir} are replaced\n"
    "  --without NAME       leave out redis, memcached or floor; may be repeated\n"
    "  --reference NAME     the peer that targets speak of, default redis\n"
    "  --floor PATH         the floor's program, default build/bench-tools/floor\n"
    "  --only PATTERN       measure only items whose name matches, as GET-* or MEM-64; may be repeated\n"
    "  --growth             measure growth too, which takes several minutes and gigabytes\n"
    "  --stalls             measure stalls by large collections too, likewise\n"
    "  --list               show the names of all items and end\n"
    "  --quick              3 rounds of 0.5 s instead of 5 of 2 s\n"
    "  --rounds N           rounds of each work\n"
    "  --seconds S          length of one run\n"
    "  --keys N             default 1000000\n"
    "  --connections N      default 50\n"
    "  --unix               unix sockets instead of TCP; peers' commands must name {socket} then\n"
    "  --server-cpu N       the servers' CPU, default the first this process may use\n"
    "  --load-cpu N         the load generator's CPU, default the second\n"
    "  --output DIR         for results, charts and logs, default build/bench\n";

enum { ROUNDS_MAX = 100, WITHOUT_MAX = 8 };

/* One per process, because what was started must be stopped however the process ends. */
static bench the_bench;

typedef struct options {
    const char *server; /* the command of ours; NULL: the usual one */
    server peers[BENCH_SERVERS_MAX];
    unsigned peer_count;
    const char *without[WITHOUT_MAX];
    unsigned without_count;
    int server_cpu, load_cpu; /* -1: not given */
} options;

static bool left_out(const options *o, const char *name) {
    for (unsigned i = 0; i < o->without_count; i++)
        if (strcmp(o->without[i], name) == 0) return true;
    return false;
}

/* NAME=COMMAND; the name becomes part of file names. */
static void take_peer(options *o, const char *text) {
    size_t name_len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    if (name_len == 0 || text[name_len] != '=') option_refuse("--peer must be NAME=COMMAND");
    if (o->peer_count == BENCH_SERVERS_MAX) option_refuse("there are too many peers");
    const char *name = strndup(text, name_len);
    if (!name) abort();
    o->peers[o->peer_count++] = (server){.name = name, .command = text + name_len + 1, .role = SERVER_PEER};
}

static void list_items(const item *(*item_at)(unsigned index)) {
    const item *of;
    for (unsigned i = 0; (of = item_at(i)); i++) printf("%-17s %s\n", of->name, of->title);
}

static void take_option(bench *b, options *o, int option, const char *name, const char *text) {
    switch (option) {
    case 'h': fputs(usage, stdout); exit(0);
    case 'l':
        list_items(works_item);
        list_items(fanout_item);
        list_items(memory_item);
        list_items(growth_item);
        list_items(stalls_item);
        exit(0);
    case 's': o->server = text; break;
    case 'p': take_peer(o, text); break;
    case 'w':
        if (o->without_count == WITHOUT_MAX) option_refuse("--without was given too often");
        o->without[o->without_count++] = text;
        break;
    case 'o':
        if (b->only_count == BENCH_PATTERNS_MAX) option_refuse("--only was given too often");
        b->only[b->only_count++] = text;
        break;
    case 'r': b->reference = text; break;
    case 'f': b->floor_program = text; break;
    case 'g': b->growth = true; break;
    case 'P': b->stalls = true; break;
    case 'q':
        b->rounds = 3;
        b->run_s = 0.5;
        break;
    case 'n': b->rounds = (unsigned)option_number(name, text, 1, ROUNDS_MAX); break;
    case 't': b->run_s = option_number(name, text, 0.01, 3600); break;
    case 'k': b->keys = (uint64_t)option_number(name, text, 1, 1e9); break;
    case 'c': b->connections = (unsigned)option_number(name, text, 1, ENGINE_CONNECTIONS_MAX); break;
    case 'u': b->setting.unix_sockets = true; break;
    case 'S': o->server_cpu = (int)option_number(name, text, 0, 4095); break;
    case 'L': o->load_cpu = (int)option_number(name, text, 0, 4095); break;
    case 'd': b->setting.directory = text; break;
    default: option_refuse("the command line was not understood");
    }
}

static void parse_options(bench *b, options *o, int argc, char **argv) {
    static const struct option table[] = {{"help", no_argument, NULL, 'h'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"server", required_argument, NULL, 's'},
                                          {"peer", required_argument, NULL, 'p'},
                                          {"without", required_argument, NULL, 'w'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"reference", required_argument, NULL, 'r'},
                                          {"floor", required_argument, NULL, 'f'},
                                          {"growth", no_argument, NULL, 'g'},
                                          {"stalls", no_argument, NULL, 'P'},
                                          {"quick", no_argument, NULL, 'q'},
                                          {"rounds", required_argument, NULL, 'n'},
                                          {"seconds", required_argument, NULL, 't'},
                                          {"keys", required_argument, NULL, 'k'},
                                          {"connections", required_argument, NULL, 'c'},
                                          {"unix", no_argument, NULL, 'u'},
                                          {"server-cpu", required_argument, NULL, 'S'},
                                          {"load-cpu", required_argument, NULL, 'L'},
                                          {"output", required_argument, NULL, 'd'},
                                          {0}};
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "", table, &index)) != -1)
        take_option(b, o, option, table[index].name, optarg);
    if (optind < argc) option_refuse("'%s' is no option", argv[optind]);
}

/* Whether the shell would find that program. */
static bool installed(const char *program) {
    char command[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    return system(command) == 0;
}

static void add_server(bench *b, server s) {
    if (b->server_count == BENCH_SERVERS_MAX)
        option_refuse("there are more than %d servers", BENCH_SERVERS_MAX);
    b->servers[b->server_count++] = s;
}

static void add_servers(bench *b, const options *o) {
    bool over_unix = b->setting.unix_sockets;
    const char *ours = over_unix ? "build/stint-server" COMPATIBLE_UNIX_OPTIONS
                                 : "build/stint-server" COMPATIBLE_TCP_OPTIONS;
    const char *redis =
        over_unix ? "redis-server" COMPATIBLE_UNIX_OPTIONS : "redis-server" COMPATIBLE_TCP_OPTIONS;
    const char *memcached = over_unix ? MEMCACHED_UNIX : MEMCACHED_TCP;
    if (o->server) ours = o->server;
    if (strcmp(ours, "-") != 0)
        add_server(b, (server){.name = "stint", .command = ours, .role = SERVER_OURS});
    if (!left_out(o, "redis") && installed("redis-server"))
        add_server(b, (server){.name = "redis", .command = redis, .role = SERVER_PEER});
    for (unsigned i = 0; i < o->peer_count; i++) add_server(b, o->peers[i]);
    if (!left_out(o, "memcached") && installed("memcached"))
        add_server(b, (server){.name = "memcached",
                               .command = memcached,
                               .role = SERVER_PEER,
                               .protocol = PROTOCOL_MEMCACHED});
    if (!left_out(o, "floor")) b->floor = (server){.name = "floor", .role = SERVER_FLOOR};
    if (b->server_count == 0) option_refuse("there is no server to measure");
    for (unsigned i = 0; !b->reference && i < b->server_count; i++)
        if (b->servers[i].role == SERVER_PEER) b->reference = b->servers[i].name;
}

/* Makes the output directory and those above it. Servers change their own directory: they need its full name.
 */
static void make_output_directory(bench *b) {
    const char *path = b->setting.directory;
    char partial[PATH_MAX];
    if (strlen(path) >= sizeof partial) bench_fail("the name of the output directory is too long");
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(partial, path, i);
        partial[i] = 0;
        if (mkdir(partial, 0755) != 0 && errno != EEXIST) bench_fail("%s: %s", partial, strerror(errno));
    }
    static char full[PATH_MAX];
    if (!realpath(path, full)) bench_fail("%s: %s", path, strerror(errno));
    b->setting.directory = full;
}

/* The servers share one CPU, and the load generator, this process, has another to itself. */
static void choose_cpus(bench *b, const options *o) {
    int server_cpu = o->server_cpu >= 0 ? o->server_cpu : process_allowed_cpu(0);
    int load_cpu = o->load_cpu >= 0 ? o->load_cpu : process_allowed_cpu(1);
    if (load_cpu < 0) bench_fail("two CPUs are needed: one for the servers, one for the load");
    b->setting.cpu = server_cpu;
    if (!process_pin(load_cpu)) bench_fail("CPU %d: %s", load_cpu, strerror(errno));
}

static void allow_many_files(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void stop_at_exit(void) { bench_stop_all(&the_bench); }

int main(int argc, char **argv) {
    bench *b = &the_bench;
    *b = (bench){.floor_program = "build/bench-tools/floor",
                 .setting = {.directory = "build/bench"},
                 .rounds = 5,
                 .run_s = 2,
                 .warmup_s = 0.25,
                 .keys = 1000000,
                 .connections = 50,
                 .results = results_create()};
    options o = {.server_cpu = -1, .load_cpu = -1};
    parse_options(b, &o, argc, argv);
    add_servers(b, &o);
    make_output_directory(b);
    choose_cpus(b, &o);
    allow_many_files();
    atexit(stop_at_exit);

    works_measure(b);
    fanout_measure(b);
    memory_measure(b);
    growth_measure(b);
    stalls_measure(b);
    if (!results_at(b->results, 0) && b->failures == 0) bench_fail("no item has such a name; see --list");
    report_summary(b);
    if (!report_files(b) || !chart_files(b)) bench_fail("%s: %s", b->setting.directory, strerror(errno));
    printf("\n  Figures and charts are in %s.\n", b->setting.directory);
    results_free(b->results);
    return b->failures ? 1 : 0;
}
