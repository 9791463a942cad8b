// Ports from their start to their end: which worker reads which queue, and on which lcore it runs.
#include "dataplane/packets/port_reader.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

// ---- open and close

static bool queue_make(
    struct port_reader *reader, const struct port *port, size_t port_place, uint16_t number)
{
    struct queue *queue = &reader->queues[reader->queue_count++];
    uint64_t place = port_place * port->queue_count + number;
    *queue = (struct queue){.ns_per_stamp = port->ns_per_stamp,
        .ordinal_base = place << POSITION_BITS,
        .port = port->number,
        .number = number,
        .plays_file = port->plays_file,
        .has_clock = port->has_clock};
    uint64_t ticks;
    if (queue->has_clock && port_ticks(port->number, &ticks) == 0) {
        device_clock_begin(&queue->clock, ticks, event_clock_read());
    }
    if (!reader->merges && reader->queue_count > 1) {
        queue->scratch = reader->queues[0].scratch;
        return true;
    }
    queue->scratch = calloc(PORT_BURST_MAX, reader->ports->frame_bytes);
    if (reader->merges) {
        queue->packets = calloc(PORT_BURST_MAX, sizeof(*queue->packets));
    }
    return queue->scratch != NULL && (!reader->merges || queue->packets != NULL);
}

static bool queues_make(struct port_reader *reader, size_t worker)
{
    const struct started_ports *started = &reader->ports->started;
    bool made = true;
    for (size_t i = 0; i < started->count; i++) {
        const struct port *port = &started->ports[i];
        for (size_t number = worker; made && number < port->queue_count;
             number += started->workers) {
            made = queue_make(reader, port, i, (uint16_t)number);
        }
    }
    return made;
}

static bool reader_make(struct ports *ports, size_t worker)
{
    size_t queues = 0;
    for (size_t i = 0; i < ports->started.count; i++) {
        size_t of_port = ports->started.ports[i].queue_count;
        queues += worker < of_port ? (of_port - worker - 1) / ports->started.workers + 1 : 0;
    }
    size_t size = sizeof(struct port_reader) + queues * sizeof(struct queue);
    struct port_reader *reader = aligned_alloc(64, (size + 63) / 64 * 64);
    ports->readers[worker] = reader;
    if (reader == NULL) {
        return false;
    }
    memset(reader, 0, size);
    reader->ports = ports;
    reader->merges = ports->clock == CLOCK_PACKETS && queues > 1;
    reader->fragments = fragments_new();
    return reader->fragments != NULL && queues_make(reader, worker);
}

static bool readers_make(struct ports *ports, const struct settings *settings)
{
    bool made = true;
    for (size_t i = 0; i < ports->started.count; i++) {
        if (ports->started.ports[i].ns_per_stamp != 0 || ports->started.ports[i].has_clock) {
            ports->lag_ns = settings->packets.disorder_ns;
        }
    }
    for (size_t worker = 0; made && worker < ports->started.workers; worker++) {
        made = reader_make(ports, worker);
    }
    return made;
}

struct ports *ports_open(const struct settings *settings, char *const options[], size_t count,
    enum port_clock clock, char *error, size_t error_size)
{
    struct ports *ports = calloc(1, sizeof(*ports));
    if (ports == NULL) {
        snprintf(error, error_size, "no memory for ports");
        return NULL;
    }
    event_clock_begin();
    ports->clock = clock;
    ports->frame_bytes = (uint32_t)settings->ports.frame_bytes;
    if (!ports_start(settings, options, count, &ports->started, error, error_size)) {
        ports_close(ports);
        return NULL;
    }
    if (rte_mbuf_dyn_rx_timestamp_register(&ports->stamp_offset, &ports->stamp_flag) != 0) {
        snprintf(error, error_size, "packet buffers have no room for a time stamp");
        ports_close(ports);
        return NULL;
    }
    if (!readers_make(ports, settings)) {
        snprintf(error, error_size, "no memory for queues: lower ports.queues or frame_bytes");
        ports_close(ports);
        return NULL;
    }
    return ports;
}

static void reader_free(struct port_reader *reader)
{
    for (size_t i = 0; reader != NULL && i < reader->queue_count; i++) {
        struct queue *queue = &reader->queues[i];
        queue_give_back(queue);
        free(queue->packets);
        if (i == 0 || reader->merges) {
            free(queue->scratch);
        }
    }
    if (reader != NULL) {
        fragments_free(reader->fragments);
    }
    free(reader);
}

void ports_close(struct ports *ports)
{
    if (ports == NULL) {
        return;
    }
    for (size_t i = 0; i < ports->started.workers; i++) {
        reader_free(ports->readers[i]);
    }
    ports_stop(&ports->started);
    free(ports);
}

// ---- workers

size_t ports_workers(const struct ports *ports)
{
    return ports->started.workers;
}

struct port_reader *ports_reader(struct ports *ports, size_t worker)
{
    return ports->readers[worker];
}

static unsigned lcore_of(size_t worker)
{
    unsigned lcore = rte_get_main_lcore();
    for (unsigned next = UINT_MAX; worker > 0; worker--) {
        lcore = next = rte_get_next_lcore(next, 1, 0);
    }
    return lcore;
}

bool ports_use_core(const struct ports *ports, int core)
{
    for (size_t worker = 0; worker < ports->started.workers; worker++) {
        rte_cpuset_t cores = rte_lcore_cpuset(lcore_of(worker));
        if (CPU_ISSET(core, &cores)) {
            return true;
        }
    }
    return false;
}

struct launch {
    port_work *work;
    void *context;
    size_t worker;
    atomic_bool
        ended; // what the worker wrote is seen by who sees this; sanitizers do not see the EAL's
};

static int launch_main(void *context)
{
    struct launch *launch = context;
    launch->work(launch->context, launch->worker);
    atomic_store_explicit(&launch->ended, true, memory_order_release);
    return 0;
}

bool ports_run(struct ports *ports, port_work *work, void *context)
{
    struct launch launches[RTE_MAX_LCORE];
    for (size_t worker = 1; worker < ports->started.workers; worker++) {
        if (rte_eal_get_lcore_state(lcore_of(worker)) != WAIT) {
            return false;
        }
    }
    for (size_t worker = 1; worker < ports->started.workers; worker++) {
        launches[worker] = (struct launch){.work = work, .context = context, .worker = worker};
        (void)rte_eal_remote_launch(launch_main, &launches[worker], lcore_of(worker));
    }
    work(context, 0);
    rte_eal_mp_wait_lcore();
    bool ended = true;
    for (size_t worker = 1; worker < ports->started.workers; worker++) {
        ended &= atomic_load_explicit(&launches[worker].ended, memory_order_acquire);
    }
    return ended;
}

// ---- what is known about them

uint64_t ports_capabilities(const struct ports *ports)
{
    uint64_t capabilities = 0;
    for (size_t i = 0; i < ports->started.count; i++) {
        capabilities |= ports->started.ports[i].capabilities;
    }
    return capabilities;
}

struct instant ports_now(const struct ports *ports)
{
    return instant_add(event_clock_read(), -ports->lag_ns);
}

// Of nothing but uint64_t.
static void counts_add(struct port_counts *sums, const struct port_counts *counts)
{
    uint64_t *to = (uint64_t *)sums;
    const uint64_t *from = (const uint64_t *)counts;
    for (size_t i = 0; i < sizeof(*sums) / sizeof(uint64_t); i++) {
        to[i] += from[i];
    }
}

void ports_counts(const struct ports *ports, struct port_counts *ret)
{
    *ret = (struct port_counts){0};
    for (size_t i = 0; i < ports->started.workers; i++) {
        counts_add(ret, &ports->readers[i]->counts);
    }
    for (size_t i = 0; i < ports->started.count; i++) {
        struct rte_eth_stats stats;
        if (rte_eth_stats_get(ports->started.ports[i].number, &stats) == 0) {
            ret->missed += stats.imissed;
            ret->without_buffer += stats.rx_nombuf;
            ret->errors += stats.ierrors;
        }
    }
}
