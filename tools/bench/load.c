/* stint-load: the load generator's command line.
 *
 * Turns options into a plan, runs it and prints the result, as text or as JSON. Exits with 0 if all replies
 * were good, with 1 if the run failed or any reply was an error, with 2 if the options make no sense. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/engine.h"
#include "bench/option.h"

typedef enum option_id {
    OPTION_HELP = 256,
    OPTION_HOST,
    OPTION_PORT,
    OPTION_UNIX_SOCKET,
    OPTION_PROTOCOL,
    OPTION_THREADS,
    OPTION_CONNECTIONS,
    OPTION_PIPELINE,
    OPTION_REQUESTS,
    OPTION_SECONDS,
    OPTION_WARMUP,
    OPTION_RATE,
    OPTION_WORKLOAD,
    OPTION_READ_RATIO,
    OPTION_COMMAND,
    OPTION_FILL,
    OPTION_FILL_COMMAND,
    OPTION_KEYS,
    OPTION_KEY_DISTRIBUTION,
    OPTION_ZIPF_EXPONENT,
    OPTION_KEY_SIZE,
    OPTION_KEY_PREFIX,
    OPTION_VALUE_SIZE,
    OPTION_SEED,
    OPTION_SERVER_PID,
    OPTION_JSON,
} option_id;

static const struct option option_table[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {"host", required_argument, NULL, OPTION_HOST},
    {"port", required_argument, NULL, OPTION_PORT},
    {"unix-socket", required_argument, NULL, OPTION_UNIX_SOCKET},
    {"protocol", required_argument, NULL, OPTION_PROTOCOL},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"pipeline", required_argument, NULL, OPTION_PIPELINE},
    {"requests", required_argument, NULL, OPTION_REQUESTS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"warmup", required_argument, NULL, OPTION_WARMUP},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"workload", required_argument, NULL, OPTION_WORKLOAD},
    {"read-ratio", required_argument, NULL, OPTION_READ_RATIO},
    {"command", required_argument, NULL, OPTION_COMMAND},
    {"fill", no_argument, NULL, OPTION_FILL},
    {"fill-command", required_argument, NULL, OPTION_FILL_COMMAND},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"key-distribution", required_argument, NULL, OPTION_KEY_DISTRIBUTION},
    {"zipf-exponent", required_argument, NULL, OPTION_ZIPF_EXPONENT},
    {"key-size", required_argument, NULL, OPTION_KEY_SIZE},
    {"key-prefix", required_argument, NULL, OPTION_KEY_PREFIX},
    {"value-size", required_argument, NULL, OPTION_VALUE_SIZE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"server-pid", required_argument, NULL, OPTION_SERVER_PID},
    {"json", no_argument, NULL, OPTION_JSON},
    {0},
};

static const char usage[] =
    "Usage: stint-load [options]\n"
    "\n"
    "Where to:\n"
    "  --host HOST            default 127.0.0.1\n"
    "  --port PORT            default 6379\n"
    "  --unix-socket PATH     instead of host and port\n"
    "  --protocol NAME        resp (default) or memcached (text)\n"
    "  --threads N            default 1\n"
    "  --connections N        default 50\n"
    "\n"
    "How much:\n"
    "  --pipeline N           requests under way on a connection, default 1\n"
    "  --requests N           to measure; or\n"
    "  --seconds S            how long to measure, default 5; 0 with --fill: fill only\n"
    "  --warmup S             seconds of the same load before the measurement, default 0.5\n"
    "  --rate R               requests per second, sent on schedule, latency counted from when each was "
    "due;\n"
    "                         without it each connection sends as soon as all its replies are there\n"
    "\n"
    "What:\n"
    "  --workload NAME        ping, get (default), set, setint, setex, incr, mset10, mget10 or mixed\n"
    "  --read-ratio R         share of GET among GET and SET in mixed, 0 to 1, default 0.9\n"
    "  --command TEXT         instead of a workload, a command with __key__, __value__, __integer__ and "
    "__digit__ in "
    "it\n"
    "  --fill                 create every key once before all else\n"
    "  --fill-command TEXT    the command to fill with; default: what the workload needs, or --command "
    "itself\n"
    "  --keys N               different keys, default 1000000\n"
    "  --key-distribution D   uniform (default), zipf or sequential\n"
    "  --zipf-exponent X      default 0.99\n"
    "  --key-size BYTES       prefix included, default 16\n"
    "  --key-prefix TEXT      default key:\n"
    "  --value-size BYTES     default 64\n"
    "  --seed N               of the random choices, default 1\n"
    "\n"
    "Results:\n"
    "  --server-pid PID       also measure the CPU time of that process\n"
    "  --json                 one JSON object instead of text\n";

static const double percentiles[] = {50, 90, 99, 99.9, 99.99};

/* The command line beyond what goes straight into the plan. */
typedef struct options {
    engine_plan plan;
    const char *host;
    int port;
    const char *unix_socket;
    const char *workload;
    double read_ratio;
    bool fill;
    bool duration_given;
    bool json;
} options;

static chooser_kind key_distribution(const char *name) {
    if (strcmp(name, "uniform") == 0) return CHOOSER_UNIFORM;
    if (strcmp(name, "zipf") == 0) return CHOOSER_ZIPF;
    if (strcmp(name, "sequential") == 0) return CHOOSER_SEQUENTIAL;
    option_refuse("--key-distribution must be uniform, zipf or sequential");
}

static workload_protocol protocol(const char *name) {
    if (strcmp(name, "resp") == 0) return PROTOCOL_RESP;
    if (strcmp(name, "memcached") == 0) return PROTOCOL_MEMCACHED;
    option_refuse("--protocol must be resp or memcached");
}

static void take_option(options *o, int id, const char *name, const char *text) {
    engine_plan *plan = &o->plan;
    workload_plan *sent = &plan->workload;
    switch ((option_id)id) {
    case OPTION_HELP: fputs(usage, stdout); exit(0);
    case OPTION_HOST: o->host = text; break;
    case OPTION_PORT: o->port = (int)option_whole_number(name, text, 1, 65535); break;
    case OPTION_UNIX_SOCKET: o->unix_socket = text; break;
    case OPTION_PROTOCOL: sent->protocol = protocol(text); break;
    case OPTION_THREADS:
        plan->threads = (unsigned)option_whole_number(name, text, 1, ENGINE_THREADS_MAX);
        break;
    case OPTION_CONNECTIONS:
        plan->connections = (unsigned)option_whole_number(name, text, 1, ENGINE_CONNECTIONS_MAX);
        break;
    case OPTION_PIPELINE:
        plan->pipeline = (unsigned)option_whole_number(name, text, 1, ENGINE_PIPELINE_MAX);
        break;
    case OPTION_REQUESTS: plan->requests = option_whole_number(name, text, 1, UINT64_MAX / 2); break;
    case OPTION_SECONDS:
        plan->duration_s = option_number(name, text, 0, 1e6);
        o->duration_given = true;
        break;
    case OPTION_WARMUP: plan->warmup_s = option_number(name, text, 0, 1e6); break;
    case OPTION_RATE: plan->rate = option_number(name, text, 1, 1e9); break;
    case OPTION_WORKLOAD: o->workload = text; break;
    case OPTION_READ_RATIO: o->read_ratio = option_number(name, text, 0, 1); break;
    case OPTION_COMMAND: sent->command = text; break;
    case OPTION_FILL: o->fill = true; break;
    case OPTION_FILL_COMMAND: plan->fill_command = text; break;
    case OPTION_KEYS: sent->keys = option_whole_number(name, text, 1, 1000000000000); break;
    case OPTION_KEY_DISTRIBUTION: plan->keys = key_distribution(text); break;
    case OPTION_ZIPF_EXPONENT: plan->zipf_exponent = option_number(name, text, 0.01, 10); break;
    case OPTION_KEY_SIZE: sent->key_size = (unsigned)option_whole_number(name, text, 1, 65536); break;
    case OPTION_KEY_PREFIX: sent->key_prefix = text; break;
    case OPTION_VALUE_SIZE: sent->value_size = (unsigned)option_whole_number(name, text, 1, 64 << 20); break;
    case OPTION_SEED: plan->seed = option_whole_number(name, text, 0, UINT64_MAX); break;
    case OPTION_SERVER_PID: plan->server_pid = (pid_t)option_whole_number(name, text, 1, INT32_MAX); break;
    case OPTION_JSON: o->json = true; break;
    }
}

/* The workload's templates go into the plan; a command given as text stands for itself. */
static void take_workload(options *o) {
    workload_plan *sent = &o->plan.workload;
    bool memcached = sent->protocol == PROTOCOL_MEMCACHED;
    const char *fill = sent->command;
    if (!sent->command) {
        bool mixed = strcmp(o->workload, "mixed") == 0;
        const workload_recipe *recipe = workload_recipe_find(mixed ? "get" : o->workload);
        if (!recipe) option_refuse("there is no workload '%s'", o->workload);
        sent->command = memcached ? recipe->memcached_command : recipe->command;
        fill = memcached ? recipe->memcached_fill : recipe->fill;
        if (!sent->command) option_refuse("memcached has no command for the workload '%s'", o->workload);
        if (mixed) {
            sent->alternate = fill;
            sent->alternate_ratio = 1 - o->read_ratio;
        }
    }
    if (!o->fill)
        o->plan.fill_command = NULL;
    else if (!o->plan.fill_command)
        o->plan.fill_command = fill;
    if (o->fill && !o->plan.fill_command)
        option_refuse("the workload '%s' uses no keys to fill", o->workload);
}

static options parse_options(int argc, char **argv) {
    options o = {
        .plan = {.workload = {.key_prefix = "key:", .key_size = 16, .value_size = 64, .keys = 1000000},
                 .zipf_exponent = 0.99,
                 .seed = 1,
                 .threads = 1,
                 .connections = 50,
                 .pipeline = 1,
                 .warmup_s = 0.5},
        .host = "127.0.0.1",
        .port = 6379,
        .workload = "get",
        .read_ratio = 0.9,
    };
    int id, index = 0;
    while ((id = getopt_long(argc, argv, "", option_table, &index)) != -1) {
        if (id == '?') option_refuse("the command line was not understood");
        take_option(&o, id, option_table[index].name, optarg);
    }
    if (optind < argc) option_refuse("'%s' is no option", argv[optind]);
    if (o.plan.requests && o.duration_given) option_refuse("--requests and --seconds exclude each other");
    if (!o.plan.requests && !o.duration_given) o.plan.duration_s = 5;
    if (!o.plan.requests && o.plan.duration_s == 0) o.plan.warmup_s = 0;
    if (o.plan.threads > o.plan.connections)
        option_refuse("there must be at least as many connections as threads");
    take_workload(&o);
    bool found = o.unix_socket ? endpoint_unix(&o.plan.target, o.unix_socket)
                               : endpoint_tcp(&o.plan.target, o.host, o.port);
    if (!found) option_refuse("'%s' is no address", o.unix_socket ? o.unix_socket : o.host);
    return o;
}

static double per_request_us(const engine_result *r, uint64_t total_ns) {
    return r->requests ? (double)total_ns / (double)r->requests / CLOCK_NS_PER_US : 0;
}

static double requests_per_second(const engine_result *r) {
    return r->elapsed_s > 0 ? (double)r->requests / r->elapsed_s : 0;
}

static double microseconds(uint64_t duration_ns) { return (double)duration_ns / CLOCK_NS_PER_US; }

static void print_text(const options *o, const engine_result *r) {
    if (r->fill_requests)
        printf("filled           %llu requests in %.3f s\n", (unsigned long long)r->fill_requests, r->fill_s);
    if (r->requests) {
        printf("requests         %llu in %.3f s, %.0f per second\n", (unsigned long long)r->requests,
               r->elapsed_s, requests_per_second(r));
        printf("bytes            %.1f sent, %.1f received per request\n",
               (double)r->sent_bytes / (double)r->requests, (double)r->received_bytes / (double)r->requests);
        if (o->plan.server_pid)
            printf("server CPU       %.4f us per request, waited %.1f ms for a CPU\n",
                   per_request_us(r, r->server_cpu_ns), (double)r->server_wait_ns / CLOCK_NS_PER_MS);
        printf("own CPU          %.4f us per request\n", per_request_us(r, r->load_cpu_ns));
        if (o->plan.rate > 0) printf("own stall        %.1f us at most\n", microseconds(r->longest_stall_ns));
        printf("latency          %.1f us mean, %.1f us least\n", latency_mean(&r->latency) / CLOCK_NS_PER_US,
               microseconds(r->latency.min_ns));
        for (unsigned i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
            printf("  %6g %%       %.1f us\n", percentiles[i],
                   microseconds(latency_percentile(&r->latency, percentiles[i])));
        printf("     max         %.1f us\n", microseconds(r->latency.max_ns));
    }
    printf("misses           %llu\n", (unsigned long long)r->replies.misses);
    printf("error replies    %llu\n", (unsigned long long)r->replies.errors);
}

static void print_json(const engine_result *r) {
    printf("{\"fill_requests\":%llu,\"fill_seconds\":%.6f,", (unsigned long long)r->fill_requests, r->fill_s);
    printf("\"requests\":%llu,\"seconds\":%.6f,\"requests_per_second\":%.1f,",
           (unsigned long long)r->requests, r->elapsed_s, requests_per_second(r));
    printf("\"sent_bytes\":%llu,\"received_bytes\":%llu,", (unsigned long long)r->sent_bytes,
           (unsigned long long)r->received_bytes);
    printf("\"server_cpu_us_per_request\":%.5f,\"server_wait_ms\":%.3f,\"load_cpu_us_per_request\":%.5f,",
           per_request_us(r, r->server_cpu_ns), (double)r->server_wait_ns / CLOCK_NS_PER_MS,
           per_request_us(r, r->load_cpu_ns));
    printf("\"longest_stall_us\":%.3f,\"latency_us\":{\"min\":%.3f,\"mean\":%.3f,",
           microseconds(r->longest_stall_ns), microseconds(r->requests ? r->latency.min_ns : 0),
           latency_mean(&r->latency) / CLOCK_NS_PER_US);
    for (unsigned i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        printf("\"p%g\":%.3f,", percentiles[i],
               microseconds(latency_percentile(&r->latency, percentiles[i])));
    printf("\"max\":%.3f},\"misses\":%llu,\"errors\":%llu}\n", microseconds(r->latency.max_ns),
           (unsigned long long)r->replies.misses, (unsigned long long)r->replies.errors);
}

int main(int argc, char **argv) {
    options o = parse_options(argc, argv);
    static engine_result result;
    char problem[ENGINE_PROBLEM_MAX];
    if (!engine_run(&o.plan, &result, problem)) {
        fprintf(stderr, "stint-load: %s\n", problem);
        return 1;
    }
    if (o.json)
        print_json(&result);
    else
        print_text(&o, &result);
    if (result.replies.errors == 0) return 0;
    fprintf(stderr, "stint-load: %llu error replies; the first: %s\n",
            (unsigned long long)result.replies.errors, result.replies.first_error);
    return 1;
}
