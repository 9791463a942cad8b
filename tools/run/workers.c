// Theory of operation
//
// A worker polls its queues, gives each burst to the crew (dataplane/crew.h), and puts the ticks
// that became complete into its ring. By the wall clock it waits for nothing: a full ring adds
// ticks together, and an idle worker moves time on every ADVANCE_NS. By packets a burst begins once
// all ticks of the one before are in the ring; while a worker waits for its ring, or for another
// worker, it takes what the others send it and lets its own ticks leave, so that no two wait for
// each other.
//
// At the end every worker stops receiving, and they end together (crew_end).
#include "tools/run/workers.h"

#include "config/clock.h"
#include "config/log.h"

#include "tools/run/notify.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define ADVANCE_NS (10 * NS_PER_MS)
#define REST_NS    50000 // of who waits by packets, once yielding was in vain
#define YIELDS     64

struct worker {
    _Alignas(64) struct port_reader *reader;
    struct counters_ring *ring;
    struct worker_status *status;
    struct instant advanced;
    struct instant reached; // by packets; INT64_MIN before the first one
    bool met_far;           // a packet that is_far: it and what follows is not taken
    unsigned waited;        // in a row
};

struct workers {
    struct ports *ports;
    enum port_clock clock;
    const atomic_bool *is_stopped;
    struct crew *crew;
    struct counters_merge *merge;
    int64_t elapsed_ns;
    size_t count;
    struct worker workers[];
};

// By packets, and at the end. Who yields for long is the last one to run on a busy machine.
static void rest(struct worker *worker)
{
    if (worker->waited++ < YIELDS) {
        sched_yield();
    } else {
        nanosleep(&(struct timespec){.tv_nsec = REST_NS}, NULL);
    }
}

// ---- ticks

// False when there is no room for all.
static bool ticks_put_some(struct workers *workers, size_t number)
{
    struct worker *worker = &workers->workers[number];
    struct counters counters;
    bool any = false, all = false;
    while (workers->clock == CLOCK_WALL || !counters_ring_is_full(worker->ring)) {
        if (!crew_tick(workers->crew, number, &counters)) {
            all = true;
            break;
        }
        any = true;
        counters_ring_put(worker->ring, &counters);
    }
    if (any) {
        struct crew_counts counts;
        crew_worker_counts(workers->crew, number, &counts);
        status_publish(worker->status, port_reader_packets(worker->reader), &counts.dataplane);
    }
    return all;
}

static void ticks_put(struct workers *workers, size_t number)
{
    struct worker *worker = &workers->workers[number];
    while (!ticks_put_some(workers, number)) {
        pulse(worker->status);
        crew_pass(workers->crew, number);
        rest(worker);
    }
    (void)counters_ring_flush(worker->ring);
}

// Of the crew: while the worker waits for another one.
static void on_wait(void *context, size_t number)
{
    struct workers *workers = context;
    struct worker *worker = &workers->workers[number];
    pulse(worker->status);
    (void)ticks_put_some(workers, number);
    rest(worker);
}

// ---- a worker

static void idle(struct workers *workers, size_t number)
{
    struct worker *worker = &workers->workers[number];
    if (workers->clock == CLOCK_PACKETS) {
        rest(worker);
        return;
    }
    struct instant now = ports_now(workers->ports);
    if (now.ns - worker->advanced.ns >= ADVANCE_NS || now.ns < worker->advanced.ns) {
        worker->advanced = now;
        crew_advance(workers->crew, number, now);
    }
}

// By packets, once: a stamp that would make years of ticks.
static void far_tell(const struct worker *worker, const struct packet *packet)
{
    char text[2][INSTANT_TEXT_MAX];
    log_error("port %u: a packet is stamped %s, more than %d days away from %s, which was reached "
              "before it: nothing is read from there on",
        packet->tap_port, instant_format(packet->at, 9, text[0]), APART_MOST_DAYS,
        instant_format(worker->reached, 9, text[1]));
}

// How many of the burst come before a far one, as a replay would take them.
static size_t stamps_check(struct worker *worker, const struct packet *burst, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool first = worker->reached.ns == INT64_MIN;
        if (!first && is_far(worker->reached, burst[i].at)) {
            far_tell(worker, &burst[i]);
            worker->met_far = true;
            return i;
        }
        worker->reached = instant_max(worker->reached, burst[i].at);
    }
    return count;
}

static size_t receive(struct workers *workers, struct worker *worker, struct packet *burst)
{
    if (worker->met_far) {
        return 0;
    }
    size_t count = packets_from_port(worker->reader, burst, PORT_BURST_MAX);
    return workers->clock == CLOCK_PACKETS ? stamps_check(worker, burst, count) : count;
}

// False when no packet came.
static bool work_once(struct workers *workers, size_t number)
{
    struct worker *worker = &workers->workers[number];
    struct packet burst[PORT_BURST_MAX];
    pulse(worker->status);
    size_t count = receive(workers, worker, burst);
    bool over = count == 0 && (worker->met_far || port_reader_is_over(worker->reader));
    crew_packets(workers->crew, number, burst, count, over);
    if (count == 0) {
        idle(workers, number);
    } else {
        worker->waited = 0;
    }
    ticks_put(workers, number);
    return count > 0;
}

static void work_until_stopped(struct workers *workers, size_t number)
{
    while (!atomic_load_explicit(workers->is_stopped, memory_order_relaxed)) {
        (void)work_once(workers, number);
    }
    port_reader_stop(workers->workers[number].reader);
    while (work_once(workers, number)) {
    }
}

// A port_work.
static void work(void *context, size_t number)
{
    struct workers *workers = context;
    struct counters_ring *ring = workers->workers[number].ring;
    int64_t started_ns = monotonic_ns();
    work_until_stopped(workers, number);
    if (number == 0) {
        workers->elapsed_ns = monotonic_ns() - started_ns;
        notify("STOPPING=1");
    }
    crew_end(workers->crew, number);
    ticks_put(workers, number);
    while (!counters_ring_flush(ring)) {
        rest(&workers->workers[number]);
    }
    counters_ring_close(ring);
}

bool workers_run(struct workers *workers)
{
    return ports_run(workers->ports, work, workers);
}

void workers_close(struct workers *workers)
{
    for (size_t i = 0; i < workers->count; i++) {
        counters_ring_close(workers->workers[i].ring);
    }
}

// ---- what they did

struct counters_merge *workers_ticks(struct workers *workers)
{
    return workers->merge;
}

int64_t workers_elapsed_ns(const struct workers *workers)
{
    return workers->elapsed_ns;
}

size_t workers_misfits(const struct workers *workers, struct region_misfit *ret, size_t most)
{
    return crew_misfits(workers->crew, ret, most);
}

void workers_counts(const struct workers *workers, struct crew_counts *ret)
{
    crew_counts(workers->crew, ret);
}

// ---- start and end

static bool rings_make(struct workers *workers, const struct settings *settings)
{
    struct counters_ring *rings[64];
    bool made = workers->count <= sizeof(rings) / sizeof(rings[0]);
    for (size_t i = 0; made && i < workers->count; i++) {
        rings[i] = workers->workers[i].ring = counters_ring_new((size_t)settings->ports.ticks);
        made = rings[i] != NULL;
    }
    workers->merge =
        made ? counters_merge_new(rings, workers->count, crew_intents(workers->crew)) : NULL;
    return workers->merge != NULL;
}

struct workers *workers_new(const struct settings *settings, struct ports *ports,
    enum port_clock clock, struct status *status, const atomic_bool *is_stopped,
    struct mistakes *mistakes)
{
    struct crew_spread spread = {
        .workers = ports_workers(ports), .queues = (size_t)settings->ports.queues};
    size_t size = sizeof(struct workers) + spread.workers * sizeof(struct worker);
    struct workers *workers = aligned_alloc(64, size);
    if (workers == NULL) {
        return NULL;
    }
    memset(workers, 0, size);
    workers->ports = ports;
    workers->clock = clock;
    workers->is_stopped = is_stopped;
    workers->count = spread.workers;
    for (size_t i = 0; i < workers->count; i++) {
        workers->workers[i].reader = ports_reader(ports, i);
        workers->workers[i].status = status_worker(status, i);
        workers->workers[i].reached = (struct instant){INT64_MIN};
    }
    workers->crew = crew_new(settings, &spread, clock == CLOCK_WALL ? CREW_WALL : CREW_PACKETS,
        on_wait, workers, mistakes);
    if (workers->crew == NULL || !rings_make(workers, settings)) {
        workers_free(workers);
        return NULL;
    }
    return workers;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    for (size_t i = 0; i < workers->count; i++) {
        counters_ring_free(workers->workers[i].ring);
    }
    counters_merge_free(workers->merge);
    crew_free(workers->crew);
    free(workers);
}
