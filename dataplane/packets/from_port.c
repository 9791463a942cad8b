// Packets out of DPDK ports: one burst of one queue at a time, the queues in turn.
//
// Views. A burst's buffers are given back at the next call. A packet in several buffers is copied
// into its place in `scratch`, one place of ports.frame_bytes for each of a burst; what is longer
// is cut there, as a snap length would.
//
// Time. Drivers whose stamps count from 1970 are known by name (port_start.c); of every other port
// the packets of a burst have one read of the machine's clock. With CLOCK_WALL a stamp that is
// further from the clock than STAMP_TRUST_NS is not believed: a capture that a device plays comes
// now, and a broken stamp moves nothing.
//
// Nothing here allocates, locks, logs or calls the kernel (the clock is the vDSO's).
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port.h"
#include "dataplane/packets/port_start.h"

#include <stdlib.h>
#include <time.h>

#define STAMP_TRUST_NS (10 * NS_PER_S)
#define PREFETCH       4 // packets ahead

struct queue {
    uint64_t ns_per_stamp;
    uint16_t port, number;
};

struct ports {
    struct started_ports started;
    struct rte_mbuf *held[PORT_BURST_MAX]; // of the last burst
    uint16_t held_count;
    enum port_clock clock;
    int64_t lag_ns; // of ports_now
    int stamp_offset;
    uint64_t stamp_flag;
    uint32_t frame_bytes;
    uint8_t *scratch;
    struct fragments *fragments;
    uint64_t ordinal;
    struct port_counts counts;
    size_t queue_next, queue_count;
    struct queue queues[];
};

static struct instant clock_read(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct instant){now.tv_sec * NS_PER_S + now.tv_nsec};
}

// ---- open and close

static void queues_list(struct ports *ports, const struct settings *settings)
{
    for (size_t i = 0; i < ports->started.count; i++) {
        const struct port *port = &ports->started.ports[i];
        for (uint16_t number = 0; number < port->queue_count; number++) {
            ports->queues[ports->queue_count++] =
                (struct queue){port->ns_per_stamp, port->number, number};
        }
        if (port->ns_per_stamp != 0) {
            ports->lag_ns = settings->packets.disorder_ns;
        }
    }
}

struct ports *ports_open(const struct settings *settings, char *const options[], size_t count,
    enum port_clock clock, char *error, size_t error_size)
{
    size_t queues = RTE_MAX_ETHPORTS * (size_t)settings->ports.queues;
    struct ports *ports = calloc(1, sizeof(*ports) + queues * sizeof(ports->queues[0]));
    uint8_t *scratch = calloc(PORT_BURST_MAX, (size_t)settings->ports.frame_bytes);
    struct fragments *fragments = fragments_new();
    if (ports == NULL || scratch == NULL || fragments == NULL) {
        free(ports);
        free(scratch);
        fragments_free(fragments);
        snprintf(error, error_size, "no memory for ports: lower ports.frame_bytes");
        return NULL;
    }
    ports->scratch = scratch;
    ports->fragments = fragments;
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
    queues_list(ports, settings);
    return ports;
}

void ports_close(struct ports *ports)
{
    if (ports == NULL) {
        return;
    }
    if (ports->held_count > 0) {
        rte_pktmbuf_free_bulk(ports->held, ports->held_count);
    }
    ports_stop(&ports->started);
    free(ports->scratch);
    fragments_free(ports->fragments);
    free(ports);
}

// ---- a burst

static const struct queue *burst_receive(struct ports *ports, uint16_t max)
{
    ports->held_count = 0;
    for (size_t tried = 0; tried < ports->queue_count; tried++) {
        const struct queue *queue = &ports->queues[ports->queue_next];
        ports->queue_next = ports->queue_next + 1 == ports->queue_count ? 0 : ports->queue_next + 1;
        ports->held_count = rte_eth_rx_burst(queue->port, queue->number, ports->held, max);
        if (ports->held_count > 0) {
            return queue;
        }
    }
    return NULL;
}

static struct instant stamp_of(
    struct ports *ports, const struct queue *queue, const struct rte_mbuf *mbuf, struct instant now)
{
    if (queue->ns_per_stamp == 0 || (mbuf->ol_flags & ports->stamp_flag) == 0) {
        return now;
    }
    uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, ports->stamp_offset, const rte_mbuf_timestamp_t *);
    uint64_t ns;
    bool fits = !__builtin_mul_overflow(stamp, queue->ns_per_stamp, &ns) && ns <= INT64_MAX;
    bool near = fits && llabs((int64_t)ns - now.ns) <= STAMP_TRUST_NS;
    if (!fits || (ports->clock == CLOCK_WALL && !near)) {
        ports->counts.restamped++;
        return now;
    }
    return (struct instant){(int64_t)ns};
}

// The frame in one piece.
static const uint8_t *frame_of(
    struct ports *ports, const struct rte_mbuf *mbuf, size_t place, uint32_t *captured)
{
    *captured = mbuf->pkt_len;
    if (__builtin_expect(mbuf->nb_segs == 1, 1)) {
        return rte_pktmbuf_mtod(mbuf, const uint8_t *);
    }
    if (*captured > ports->frame_bytes) {
        *captured = ports->frame_bytes;
        ports->counts.cut++;
    }
    return rte_pktmbuf_read(mbuf, 0, *captured, ports->scratch + place * ports->frame_bytes);
}

static void packet_make(struct ports *ports, const struct queue *queue, size_t place,
    struct instant now, struct packet *ret)
{
    const struct rte_mbuf *mbuf = ports->held[place];
    uint32_t captured;
    const uint8_t *frame = frame_of(ports, mbuf, place, &captured);
    packet_decode(frame, captured, mbuf->pkt_len, LINK_ETHERNET, ret, &ports->counts.packets);
    if ((mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && ret->vlan == 0) {
        ret->vlan = mbuf->vlan_tci & 0x0fff; // the port took the tag off
    }
    ret->at = stamp_of(ports, queue, mbuf, now);
    ret->ordinal = ports->ordinal++;
    ret->tap_port = queue->port;
}

size_t packets_from_port(struct ports *ports, struct packet *burst, size_t max)
{
    if (ports->held_count > 0) {
        rte_pktmbuf_free_bulk(ports->held, ports->held_count);
    }
    const struct queue *queue =
        burst_receive(ports, (uint16_t)(max < PORT_BURST_MAX ? max : PORT_BURST_MAX));
    if (queue == NULL) {
        return 0;
    }
    struct instant now = clock_read();
    size_t count = ports->held_count;
    for (size_t i = 0; i < count && i < PREFETCH; i++) {
        rte_prefetch0(rte_pktmbuf_mtod(ports->held[i], const void *));
    }
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH < count) {
            rte_prefetch0(rte_pktmbuf_mtod(ports->held[i + PREFETCH], const void *));
        }
        packet_make(ports, queue, i, now, &burst[i]);
    }
    packets_join(ports->fragments, burst, count, &ports->counts.packets);
    return count;
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
    return instant_add(clock_read(), -ports->lag_ns);
}

void ports_counts(const struct ports *ports, struct port_counts *ret)
{
    *ret = ports->counts;
    for (size_t i = 0; i < ports->started.count; i++) {
        struct rte_eth_stats stats;
        if (rte_eth_stats_get(ports->started.ports[i].number, &stats) == 0) {
            ret->missed += stats.imissed;
            ret->without_buffer += stats.rx_nombuf;
            ret->errors += stats.ierrors;
        }
    }
}
