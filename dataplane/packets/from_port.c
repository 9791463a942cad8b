// Packets out of DPDK ports: each worker has a reader of its own queues, which shares nothing with
// the others.
//
// Views. A burst's buffers are given back at the next call. A packet in several buffers is copied
// into its place in `scratch`, one place of ports.frame_bytes for each of a burst; what is longer
// is cut there, as a snap length would.
//
// Order. By the wall clock, and with one queue, a burst is what one queue gave. By packets several
// queues are merged: each one's burst is held until it is used up, the earliest packet of all goes
// first, and a queue that ran empty is asked again before anything later goes. A queue that has
// nothing then is not waited for: it is at its end (`plays_file`), or idle.
//
// Time. Drivers whose stamps count from 1970 are known by name (port_start.c). The stamps of a port
// that has a clock to read are its ticks (device_clock.h), observed once a second by each queue. Of
// every other port the packets of a burst have one read of the machine's clock. With CLOCK_WALL a
// stamp that is further from the clock than STAMP_TRUST_NS is not believed: a capture that a device
// plays comes now, and a broken stamp moves nothing.
//
// Nothing here allocates, locks, logs or calls the kernel (the clock is the vDSO's).
#include "dataplane/packets/port_reader.h"

#include <stdlib.h>

#define STAMP_TRUST_NS   (10 * NS_PER_S)
#define OBSERVE_NS       NS_PER_S          // between two looks at a device's clock
#define OBSERVE_FIRST_NS (100 * NS_PER_MS) // as long as it has no rate
#define PREFETCH         4                 // packets ahead

// ---- a packet

static bool stamp_convert(const struct queue *queue, uint64_t stamp, struct instant *ret)
{
    uint64_t ns;
    if (queue->has_clock) {
        return device_clock_convert(&queue->clock, stamp, ret);
    }
    bool fits = !__builtin_mul_overflow(stamp, queue->ns_per_stamp, &ns) && ns <= INT64_MAX;
    *ret = (struct instant){fits ? (int64_t)ns : 0};
    return fits;
}

static struct instant stamp_of(struct port_reader *reader, const struct queue *queue,
    const struct rte_mbuf *mbuf, struct instant now)
{
    const struct ports *ports = reader->ports;
    bool stamped = queue->ns_per_stamp != 0 || queue->has_clock;
    if (!stamped || (mbuf->ol_flags & ports->stamp_flag) == 0) {
        return now;
    }
    struct instant at;
    uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, ports->stamp_offset, const rte_mbuf_timestamp_t *);
    bool fits = stamp_convert(queue, stamp, &at);
    bool near = fits && llabs(at.ns - now.ns) <= STAMP_TRUST_NS;
    if (!fits || (ports->clock == CLOCK_WALL && !near)) {
        reader->counts.restamped++;
        return now;
    }
    return at;
}

// Once a second, a register's worth.
static void clock_observe(struct queue *queue, struct instant now)
{
    uint64_t ticks;
    int64_t patience_ns = queue->clock.ns_per_tick != 0 ? OBSERVE_NS : OBSERVE_FIRST_NS;
    if (now.ns >= queue->clock.at.ns && now.ns - queue->clock.at.ns < patience_ns) {
        return;
    }
    if (port_ticks(queue->port, &ticks) == 0) {
        device_clock_observe(&queue->clock, ticks, event_clock_read());
    }
}

// The frame in one piece.
static const uint8_t *frame_of(struct port_reader *reader, const struct queue *queue,
    const struct rte_mbuf *mbuf, size_t place, uint32_t *captured)
{
    uint32_t frame_bytes = reader->ports->frame_bytes;
    *captured = mbuf->pkt_len;
    if (__builtin_expect(mbuf->nb_segs == 1, 1)) {
        return rte_pktmbuf_mtod(mbuf, const uint8_t *);
    }
    if (*captured > frame_bytes) {
        *captured = frame_bytes;
        reader->counts.cut++;
    }
    return rte_pktmbuf_read(mbuf, 0, *captured, queue->scratch + place * frame_bytes);
}

static void packet_make(struct port_reader *reader, struct queue *queue, size_t place,
    struct instant now, struct packet *ret)
{
    const uint64_t positions = (1ULL << POSITION_BITS) - 1; // after them only ties are affected
    const struct rte_mbuf *mbuf = queue->held[place];
    uint32_t captured;
    const uint8_t *frame = frame_of(reader, queue, mbuf, place, &captured);
    packet_decode(frame, captured, mbuf->pkt_len, LINK_ETHERNET, ret, &reader->counts.packets);
    if ((mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && ret->vlan == 0) {
        ret->vlan = mbuf->vlan_tci & 0x0fff; // the port took the tag off
    }
    ret->at = stamp_of(reader, queue, mbuf, now);
    ret->ordinal = queue->ordinal_base | (queue->position++ & positions);
    ret->tap_port = queue->port;
    if (reader->frames != NULL) {
        frame_ring_add(reader->frames, frame, captured, ret);
    }
}

// ---- a burst

// The queue's next burst into `packets`.
static size_t queue_receive(
    struct port_reader *reader, struct queue *queue, struct packet *packets, uint16_t max)
{
    size_t count = 0;
    if (__builtin_expect(!reader->is_stopped, 1)) {
        count = rte_eth_rx_burst(queue->port, queue->number, queue->held, max);
    }
    queue->held_count = (uint16_t)count;
    if (count == 0) {
        queue->is_over = queue->plays_file;
        return 0;
    }
    struct instant now = event_clock_read();
    if (queue->has_clock) {
        clock_observe(queue, now);
    }
    for (size_t i = 0; i < count && i < PREFETCH; i++) {
        rte_prefetch0(rte_pktmbuf_mtod(queue->held[i], const void *));
    }
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH < count) {
            rte_prefetch0(rte_pktmbuf_mtod(queue->held[i + PREFETCH], const void *));
        }
        packet_make(reader, queue, i, now, &packets[i]);
    }
    return count;
}

static size_t receive_in_turn(struct port_reader *reader, struct packet *burst, uint16_t max)
{
    if (reader->last != NULL) {
        queue_give_back(reader->last);
    }
    for (size_t tried = 0; tried < reader->queue_count; tried++) {
        struct queue *queue = &reader->queues[reader->queue_next];
        reader->queue_next =
            reader->queue_next + 1 == reader->queue_count ? 0 : reader->queue_next + 1;
        size_t count = queue_receive(reader, queue, burst, max);
        if (count > 0) {
            reader->last = queue;
            return count;
        }
    }
    return 0;
}

static void queues_refill(struct port_reader *reader)
{
    for (size_t i = 0; i < reader->queue_count; i++) {
        struct queue *queue = &reader->queues[i];
        if (queue->next == queue->held_count) {
            queue_give_back(queue);
            queue->next = 0;
            (void)queue_receive(reader, queue, queue->packets, PORT_BURST_MAX);
        }
    }
}

static bool packet_is_before(const struct packet *one, const struct packet *other)
{
    return one->at.ns != other->at.ns ? one->at.ns < other->at.ns : one->ordinal < other->ordinal;
}

static struct queue *queue_earliest(struct port_reader *reader)
{
    struct queue *earliest = NULL;
    for (size_t i = 0; i < reader->queue_count; i++) {
        struct queue *queue = &reader->queues[i];
        if (queue->next < queue->held_count &&
            (earliest == NULL || packet_is_before(&queue->packets[queue->next],
                                     &earliest->packets[earliest->next]))) {
            earliest = queue;
        }
    }
    return earliest;
}

// Up to where the first queue is used up.
static size_t receive_merged(struct port_reader *reader, struct packet *burst, size_t max)
{
    size_t count = 0;
    struct queue *queue;
    queues_refill(reader);
    while (count < max && (queue = queue_earliest(reader)) != NULL) {
        burst[count++] = queue->packets[queue->next++];
        if (queue->next == queue->held_count) {
            break;
        }
    }
    return count;
}

size_t packets_from_port(struct port_reader *reader, struct packet *burst, size_t max)
{
    max = max < PORT_BURST_MAX ? max : PORT_BURST_MAX;
    size_t count = reader->merges ? receive_merged(reader, burst, max)
                                  : receive_in_turn(reader, burst, (uint16_t)max);
    packets_join(reader->fragments, burst, count, &reader->counts.packets);
    return count;
}

void port_reader_keep(struct port_reader *reader, struct frame_ring *frames)
{
    reader->frames = frames;
}

void port_reader_stop(struct port_reader *reader)
{
    reader->is_stopped = true;
}

bool port_reader_is_over(const struct port_reader *reader)
{
    for (size_t i = 0; i < reader->queue_count; i++) {
        const struct queue *queue = &reader->queues[i];
        if (!queue->is_over || queue->next < queue->held_count) {
            return false;
        }
    }
    return true;
}

const struct packet_counts *port_reader_packets(const struct port_reader *reader)
{
    return &reader->counts.packets;
}
