/* Engine: the load generator's loops.
 *
 * Each thread owns its connections, an epoll set and a histogram, and runs the phases (fill, warm-up,
 * measurement) one after the other. A phase starts and ends with nothing under way, and the threads meet
 * between phases, so the CPU time and the clock read there belong to exactly the requests counted.
 *
 * In a phase requests are sent in one of two ways:
 *
 *     closed   a connection sends `pipeline` requests with one write, waits for all their replies, and sends
 * the next. Latency is counted from the write. This measures capacity. at rate  request k is due at start + k
 * / rate, whatever became of those before it, and goes to the next connection with room. Latency is counted
 * from when it was due, so that a stall of the server costs every request that it held up, not only the few
 * that were under way (no coordinated omission).
 *
 * Nothing is allocated within a phase, and a reply is scanned but not built: at depth 128 a request costs the
 * generator a few dozen nanoseconds, most of them the kernel's. */
#include "bench/engine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/process.h"

enum {
    RECEIVE_BYTES = 256 * 1024,
    EVENTS_MAX = 1024,
    WAIT_MS = 100, /* how often deadlines are looked at when nothing comes */
    SPIN_US = 200, /* a request due sooner than this is waited for awake: sleeping is not that exact */
    FILL_CONNECTIONS = 16, /* per thread; more would not fill faster */
    FILL_BATCH_BYTES = 256 * 1024,
};

typedef struct connection {
    int fd;
    bool awaits_room; /* EPOLLOUT is registered: the socket did not take everything */
    unsigned outstanding;
    unsigned first_stamp;
    uint64_t *stamps; /* ring of `pipeline` times: when the outstanding requests were sent or due */
    char *out;        /* requests not yet taken by the socket */
    size_t out_len;
    reply_scanner scanner;
    uint64_t replies; /* of the oldest outstanding request, which gets more */
} connection;

/* What all threads share. */
typedef struct run {
    const engine_plan *plan;
    workload *fill;
    workload *measured;
    pthread_barrier_t barrier;
    atomic_bool failed;
    pthread_mutex_t problem_lock;
    char *problem;
    uint64_t cpu_ns, wait_ns; /* of the server, at the start of the measurement */
    engine_result *result;
} run;

typedef struct phase {
    const workload *requests;
    unsigned replies_per_request;
    chooser keys;
    unsigned connections;
    unsigned pipeline;
    uint64_t budget;      /* requests still to be sent */
    uint64_t deadline_ns; /* after which none is sent */
    double rate;          /* this thread's share; 0: closed */
    uint64_t start_ns;
    uint64_t dispatched; /* at rate: requests sent so far */
    bool measured;
} phase;

typedef struct worker {
    run *run;
    unsigned index;
    pthread_t thread;
    int epoll;
    unsigned connection_count;
    connection *connections;
    connection **unsent; /* at rate: connections with requests to be sent at the end of the turn */
    unsigned next_connection;
    uint64_t outstanding;
    phase phase;
    char *receive;
    uint64_t fill_requests;
    uint64_t requests;
    uint64_t sent_bytes, received_bytes;
    uint64_t cpu_ns;
    uint64_t longest_stall_ns;
    reply_counts replies;
    uint64_t turn_cpu_ns; /* of the server, when the last batch was complete */
    latencies latency;
    latencies turns;
} worker;

static void explain(char *problem, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(problem, ENGINE_PROBLEM_MAX, format, args);
    va_end(args);
}

/* Notes why the run fails, if it is the first reason; every thread stops at its next turn. Returns false. */
static bool fail(worker *w, const char *reason) {
    run *r = w->run;
    pthread_mutex_lock(&r->problem_lock);
    if (!atomic_exchange(&r->failed, true)) explain(r->problem, "%s", reason);
    pthread_mutex_unlock(&r->problem_lock);
    return false;
}

static bool fail_errno(worker *w, const char *doing) {
    char reason[ENGINE_PROBLEM_MAX];
    explain(reason, "%s: %s", doing, strerror(errno));
    return fail(w, reason);
}

static bool watch(worker *w, connection *c, int operation, bool for_room) {
    struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(w->epoll, operation, c->fd, &event) != 0) return fail_errno(w, "epoll_ctl");
    c->awaits_room = for_room;
    return true;
}

static bool connection_open(worker *w, connection *c) {
    const engine_plan *plan = w->run->plan;
    c->fd = endpoint_connect(&plan->target);
    if (c->fd < 0) return fail_errno(w, "connect");
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0) return fail_errno(w, "fcntl");
    return watch(w, c, EPOLL_CTL_ADD, false);
}

/* Gives the connection what a phase needs. */
static bool connection_prepare(worker *w, connection *c) {
    const phase *p = &w->phase;
    c->outstanding = c->first_stamp = 0;
    c->out_len = 0;
    c->stamps = malloc(p->pipeline * sizeof *c->stamps);
    c->out = malloc(p->pipeline * workload_request_max(p->requests));
    c->replies = 0;
    reply_scanner_init(&c->scanner, w->run->plan->workload.protocol, workload_keys_per_request(p->requests));
    return c->stamps && c->out ? true : fail(w, "not enough memory for so many requests under way");
}

static void connection_release(connection *c) {
    free(c->stamps);
    free(c->out);
    c->stamps = NULL;
    c->out = NULL;
}

/* Writes one more request into the connection's buffer. */
static inline void connection_append(worker *w, connection *c, uint64_t stamp_ns) {
    phase *p = &w->phase;
    unsigned at = c->first_stamp + c->outstanding;
    c->stamps[at < p->pipeline ? at : at - p->pipeline] = stamp_ns;
    c->outstanding++;
    c->out_len += workload_append(p->requests, &p->keys, c->out + c->out_len);
    w->outstanding++;
    p->budget--;
}

/* Sends what the socket takes of the buffer, and keeps the rest for when there is room. */
static bool connection_send(worker *w, connection *c) {
    ssize_t sent = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) return fail_errno(w, "send");
        sent = 0;
    }
    w->sent_bytes += (uint64_t)sent;
    c->out_len -= (size_t)sent;
    if (c->out_len) memmove(c->out, c->out + sent, c->out_len);
    bool for_room = c->out_len > 0;
    return for_room == c->awaits_room || watch(w, c, EPOLL_CTL_MOD, for_room);
}

/* Takes the stamps of the `completed` oldest requests; equal ones, as a batch has, are counted at once. */
static void record(worker *w, connection *c, uint64_t completed, uint64_t now_ns) {
    const phase *p = &w->phase;
    c->outstanding -= (unsigned)completed;
    w->outstanding -= completed;
    while (completed > 0) {
        uint64_t stamp_ns = c->stamps[c->first_stamp];
        uint64_t run_length = 0;
        do {
            run_length++;
            if (++c->first_stamp == p->pipeline) c->first_stamp = 0;
        } while (run_length < completed && c->stamps[c->first_stamp] == stamp_ns);
        if (p->measured) latency_record(&w->latency, now_ns - stamp_ns, run_length);
        completed -= run_length;
    }
}

static bool connection_receive(worker *w, connection *c, uint64_t *now_ns) {
    ssize_t received = recv(c->fd, w->receive, RECEIVE_BYTES, MSG_DONTWAIT);
    if (received == 0) return fail(w, "the server closed a connection");
    if (received < 0) return errno == EAGAIN || errno == EINTR ? true : fail_errno(w, "recv");
    *now_ns = clock_now_ns();
    w->received_bytes += (uint64_t)received;
    if (!reply_scan(&c->scanner, w->receive, (size_t)received, &w->replies, &c->replies))
        return fail(w, "the server sent something that is no reply");
    uint64_t completed = c->replies / w->phase.replies_per_request;
    c->replies %= w->phase.replies_per_request;
    if (completed > c->outstanding) return fail(w, "the server sent more replies than there were requests");
    record(w, c, completed, *now_ns);
    return true;
}

/* Closed: fills an idle connection's pipeline, unless the phase is over. */
static bool send_batch(worker *w, connection *c, uint64_t now_ns) {
    phase *p = &w->phase;
    if (now_ns >= p->deadline_ns) p->budget = 0;
    if (p->budget == 0) return true;
    while (c->outstanding < p->pipeline && p->budget > 0) connection_append(w, c, now_ns);
    return connection_send(w, c);
}

/* The server's CPU time as it counts for turns. */
static uint64_t turn_cpu_ns(const worker *w) {
    const engine_plan *plan = w->run->plan;
    return plan->turns == TURNS_OF_PROCESS ? process_cpu_ns(plan->server_pid)
                                           : process_main_thread_cpu_ns(plan->server_pid);
}

/* Notes the CPU time that the server spent since the last batch. A server that had to wait for its CPU did
 * not spend any, so that unlike a latency this shows the server's own doing alone. */
static void record_turn(worker *w) {
    uint64_t cpu_ns = turn_cpu_ns(w);
    latency_record(&w->turns, cpu_ns - w->turn_cpu_ns, 1);
    w->turn_cpu_ns = cpu_ns;
}

static uint64_t due_ns(const phase *p) {
    return p->start_ns + (uint64_t)((double)p->dispatched * (double)CLOCK_NS_PER_S / p->rate);
}

static bool has_room(const worker *w) {
    return w->outstanding < (uint64_t)w->phase.connections * w->phase.pipeline;
}

/* The next connection in turn that can take a request; there must be one. */
static connection *take_turn(worker *w) {
    for (;;) {
        connection *c = &w->connections[w->next_connection];
        w->next_connection = (w->next_connection + 1) % w->phase.connections;
        if (c->outstanding < w->phase.pipeline) return c;
    }
}

/* At rate: sends every request that is due and for which there is room. */
static bool send_due(worker *w, uint64_t now_ns) {
    phase *p = &w->phase;
    unsigned unsent = 0;
    for (; p->budget > 0 && has_room(w); p->dispatched++) {
        uint64_t stamp_ns = due_ns(p);
        if (stamp_ns > now_ns) break;
        connection *c = take_turn(w);
        if (c->out_len == 0) w->unsent[unsent++] = c;
        connection_append(w, c, stamp_ns);
    }
    for (unsigned i = 0; i < unsent; i++)
        if (!connection_send(w, w->unsent[i])) return false;
    return true;
}

/* How long the next turn may wait for replies. */
static uint64_t patience_ns(const worker *w, uint64_t now_ns) {
    const phase *p = &w->phase;
    uint64_t longest = WAIT_MS * CLOCK_NS_PER_MS;
    if (p->rate == 0 || p->budget == 0 || !has_room(w)) return longest;
    uint64_t due = due_ns(p);
    if (due < now_ns + SPIN_US * CLOCK_NS_PER_US) return 0;
    uint64_t left = due - now_ns - SPIN_US / 2 * CLOCK_NS_PER_US;
    return left < longest ? left : longest;
}

static bool handle_event(worker *w, const struct epoll_event *event, uint64_t *now_ns) {
    connection *c = event->data.ptr;
    if ((event->events & EPOLLOUT) && c->out_len && !connection_send(w, c)) return false;
    if (!(event->events & ~(uint32_t)EPOLLOUT)) return true;
    if (!connection_receive(w, c, now_ns)) return false;
    bool at_rate = w->phase.rate > 0;
    if (!at_rate && c->outstanding > 0) return true;
    if (w->run->plan->turns != TURNS_NONE && w->phase.measured) record_turn(w);
    return at_rate || send_batch(w, c, *now_ns);
}

/* At rate: notes if the generator came round later than it meant to, which its latencies then include. */
static void note_stall(worker *w, uint64_t meant_to_wake_ns, uint64_t now_ns) {
    if (now_ns < meant_to_wake_ns) return;
    uint64_t late_ns = now_ns - meant_to_wake_ns;
    if (late_ns > w->longest_stall_ns) w->longest_stall_ns = late_ns;
}

static bool phase_loop(worker *w) {
    phase *p = &w->phase;
    struct epoll_event events[EVENTS_MAX];
    uint64_t now_ns = p->start_ns, last_reply_ns = now_ns;
    while (p->budget > 0 || w->outstanding > 0) {
        if (atomic_load_explicit(&w->run->failed, memory_order_relaxed)) return false;
        uint64_t wait_ns = patience_ns(w, now_ns);
        uint64_t meant_to_wake_ns = now_ns + wait_ns;
        struct timespec timeout = {(time_t)(wait_ns / CLOCK_NS_PER_S), (long)(wait_ns % CLOCK_NS_PER_S)};
        int ready = epoll_pwait2(w->epoll, events, EVENTS_MAX, &timeout, NULL);
        if (ready < 0 && errno != EINTR) return fail_errno(w, "epoll_wait");
        now_ns = clock_now_ns();
        if (p->rate > 0 && p->measured) note_stall(w, meant_to_wake_ns, now_ns);
        if (ready > 0) last_reply_ns = now_ns;
        for (int i = 0; i < ready; i++)
            if (!handle_event(w, &events[i], &now_ns)) return false;
        if (p->rate > 0 && !send_due(w, now_ns)) return false;
        if (now_ns >= p->deadline_ns) p->budget = 0;
        if (w->outstanding > 0 && now_ns - last_reply_ns > ENGINE_SILENCE_MAX_S * CLOCK_NS_PER_S)
            return fail(w, "the server did not answer any more");
    }
    return true;
}

/* Runs w->phase. */
static bool phase_run(worker *w) {
    phase *p = &w->phase;
    if (p->connections > w->connection_count) p->connections = w->connection_count;
    bool good = true;
    for (unsigned i = 0; good && i < p->connections; i++) good = connection_prepare(w, &w->connections[i]);
    w->next_connection = 0;
    p->start_ns = clock_now_ns();
    for (unsigned i = 0; good && p->rate == 0 && i < p->connections; i++)
        good = send_batch(w, &w->connections[i], clock_now_ns());
    good = good && phase_loop(w);
    for (unsigned i = 0; i < p->connections; i++) connection_release(&w->connections[i]);
    return good;
}

/* The part of `total` that falls to this thread: the parts add up, and differ by one at most. */
static uint64_t share(const worker *w, uint64_t total) {
    uint64_t threads = w->run->plan->threads;
    return total * (w->index + 1) / threads - total * w->index / threads;
}

/* A choice of keys for this thread; in sequence, each thread has its own part of them. */
static chooser choose_keys(const worker *w, chooser_kind kind) {
    const engine_plan *plan = w->run->plan;
    uint64_t first = plan->workload.first_key, count = plan->workload.keys;
    if (kind == CHOOSER_SEQUENTIAL && count >= plan->threads) {
        first += count * w->index / plan->threads;
        count = share(w, count);
    }
    chooser keys;
    chooser_init(&keys, kind, first, count, plan->zipf_exponent, plan->seed + w->index * 0x9e3779b97f4a7c15u);
    return keys;
}

static bool run_fill(worker *w) {
    const workload *fill = w->run->fill;
    size_t batch = FILL_BATCH_BYTES / workload_request_max(fill);
    chooser keys = choose_keys(w, CHOOSER_SEQUENTIAL);
    unsigned per_request = workload_keys_per_request(fill);
    w->phase = (phase){.requests = fill,
                       .replies_per_request = workload_replies_per_request(fill),
                       .keys = keys,
                       .connections = FILL_CONNECTIONS,
                       .pipeline = batch < 1                      ? 1
                                   : batch > ENGINE_FILL_PIPELINE ? ENGINE_FILL_PIPELINE
                                                                  : (unsigned)batch,
                       .budget = (keys.count + per_request - 1) / per_request,
                       .deadline_ns = UINT64_MAX};
    w->fill_requests = w->phase.budget;
    return phase_run(w);
}

/* The warm-up or the measurement: `requests` of them, or as many as fit into `duration_s`. */
static bool run_load(worker *w, uint64_t requests, double duration_s, bool measured) {
    const engine_plan *plan = w->run->plan;
    if (plan->rate > 0 && requests == 0) requests = (uint64_t)(plan->rate * duration_s);
    chooser keys = w->phase.requests == w->run->measured ? w->phase.keys : choose_keys(w, plan->keys);
    w->phase = (phase){.requests = w->run->measured,
                       .replies_per_request = workload_replies_per_request(w->run->measured),
                       .keys = keys,
                       .connections = w->connection_count,
                       .pipeline = plan->pipeline,
                       .budget = requests ? share(w, requests) : UINT64_MAX,
                       .deadline_ns =
                           requests ? UINT64_MAX : clock_now_ns() + (uint64_t)(duration_s * CLOCK_NS_PER_S),
                       .rate = plan->rate / plan->threads,
                       .measured = measured};
    w->sent_bytes = w->received_bytes = 0;
    return phase_run(w);
}

/* Lets all threads meet; between the two meetings thread 0 has the run to itself. */
static void meet(worker *w, void (*alone)(run *r)) {
    pthread_barrier_wait(&w->run->barrier);
    if (w->index == 0) alone(w->run);
    pthread_barrier_wait(&w->run->barrier);
}

static void fill_starts(run *r) { r->result->fill_s = (double)clock_now_ns() / CLOCK_NS_PER_S; }

static void fill_ends(run *r) {
    r->result->fill_s = (double)clock_now_ns() / CLOCK_NS_PER_S - r->result->fill_s;
}

static void measurement_starts(run *r) {
    pid_t server = r->plan->server_pid;
    r->result->server_cpu_ns = server ? process_cpu_ns(server) : 0;
    r->result->server_wait_ns = server ? process_wait_ns(server) : 0;
    r->result->elapsed_s = (double)clock_now_ns() / CLOCK_NS_PER_S;
}

static void measurement_ends(run *r) {
    pid_t server = r->plan->server_pid;
    r->result->elapsed_s = (double)clock_now_ns() / CLOCK_NS_PER_S - r->result->elapsed_s;
    r->result->server_cpu_ns = server ? process_cpu_ns(server) - r->result->server_cpu_ns : 0;
    r->result->server_wait_ns = server ? process_wait_ns(server) - r->result->server_wait_ns : 0;
}

static bool worker_open(worker *w) {
    w->connections = calloc(w->connection_count, sizeof *w->connections);
    w->unsent = calloc(w->connection_count, sizeof(connection *));
    w->receive = malloc(RECEIVE_BYTES);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!w->connections || !w->unsent || !w->receive)
        return fail(w, "not enough memory for so many connections");
    for (unsigned i = 0; i < w->connection_count; i++) w->connections[i].fd = -1;
    if (w->epoll < 0) return fail_errno(w, "epoll_create");
    for (unsigned i = 0; i < w->connection_count; i++)
        if (!connection_open(w, &w->connections[i])) return false;
    return true;
}

static void worker_close(worker *w) {
    for (unsigned i = 0; w->connections && i < w->connection_count; i++)
        if (w->connections[i].fd >= 0) close(w->connections[i].fd);
    if (w->epoll >= 0) close(w->epoll);
    free(w->connections);
    free(w->unsent);
    free(w->receive);
}

/* A thread that failed still comes to every meeting, so that the others do not wait for it. */
static void *worker_main(void *argument) {
    worker *w = argument;
    const engine_plan *plan = w->run->plan;
    prctl(PR_SET_TIMERSLACK, 1ul);
    latency_clear(&w->latency);
    latency_clear(&w->turns);
    bool good = worker_open(w);
    meet(w, fill_starts);
    if (good && w->run->fill) good = run_fill(w);
    meet(w, fill_ends);
    if (good && plan->warmup_s > 0) good = run_load(w, 0, plan->warmup_s, false);
    meet(w, measurement_starts);
    if (plan->turns != TURNS_NONE) w->turn_cpu_ns = turn_cpu_ns(w);
    w->cpu_ns = clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
    if (good && (plan->requests || plan->duration_s > 0)) run_load(w, plan->requests, plan->duration_s, true);
    w->cpu_ns = clock_read_ns(CLOCK_THREAD_CPUTIME_ID) - w->cpu_ns;
    meet(w, measurement_ends);
    worker_close(w);
    return NULL;
}

static void collect(const worker *w, engine_result *result) {
    result->fill_requests += w->fill_requests;
    result->requests += w->latency.count;
    result->sent_bytes += w->sent_bytes;
    result->received_bytes += w->received_bytes;
    result->load_cpu_ns += w->cpu_ns;
    if (w->longest_stall_ns > result->longest_stall_ns) result->longest_stall_ns = w->longest_stall_ns;
    if (result->replies.errors == 0 && w->replies.errors > 0)
        memcpy(result->replies.first_error, w->replies.first_error, sizeof w->replies.first_error);
    result->replies.errors += w->replies.errors;
    result->replies.misses += w->replies.misses;
    latency_merge(&result->latency, &w->latency);
    latency_merge(&result->turns, &w->turns);
}

static void run_workers(run *r, worker *workers) {
    const engine_plan *plan = r->plan;
    assert(plan->threads >= 1);
    for (unsigned i = 0; i < plan->threads; i++) {
        worker *w = &workers[i];
        w->run = r;
        w->index = i;
        w->epoll = -1;
        w->connection_count = (unsigned)share(w, plan->connections);
    }
    for (unsigned i = 1; i < plan->threads; i++)
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) abort();
    worker_main(&workers[0]);
    for (unsigned i = 1; i < plan->threads; i++) pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < plan->threads; i++) collect(&workers[i], r->result);
}

/* Compiles the fill and the measured workload. */
static bool compile_workloads(run *r) {
    workload_plan fill_plan = r->plan->workload;
    r->measured = workload_create(&r->plan->workload, r->problem, ENGINE_PROBLEM_MAX);
    if (!r->measured || !r->plan->fill_command) return r->measured != NULL;
    fill_plan.command = r->plan->fill_command;
    fill_plan.alternate = NULL;
    r->fill = workload_create(&fill_plan, r->problem, ENGINE_PROBLEM_MAX);
    if (!r->fill) return false;
    if (workload_keys_per_request(r->fill) > 0) return true;
    explain(r->problem, "the command to fill with names no __key__");
    return false;
}

bool engine_run(const engine_plan *plan, engine_result *result, char *problem) {
    assert(plan->threads >= 1 && plan->threads <= ENGINE_THREADS_MAX && plan->threads <= plan->connections);
    assert(plan->connections <= ENGINE_CONNECTIONS_MAX);
    assert(plan->pipeline >= 1 && plan->pipeline <= ENGINE_PIPELINE_MAX);
    memset(result, 0, sizeof *result);
    assert(plan->turns == TURNS_NONE || (plan->connections == 1 && plan->server_pid));
    assert(plan->turns != TURNS_OF_PROCESS || plan->rate == 0);
    latency_clear(&result->latency);
    latency_clear(&result->turns);
    run r = {.plan = plan, .problem = problem, .result = result};
    worker *workers = calloc(plan->threads, sizeof *workers);
    if (!workers) abort();
    pthread_barrier_init(&r.barrier, NULL, plan->threads);
    pthread_mutex_init(&r.problem_lock, NULL);
    bool compiled = compile_workloads(&r);
    if (compiled) run_workers(&r, workers);
    pthread_mutex_destroy(&r.problem_lock);
    pthread_barrier_destroy(&r.barrier);
    workload_free(r.measured);
    workload_free(r.fill);
    free(workers);
    return compiled && !r.failed;
}
