// Ports and the queues of each worker, as ports.c opens and from_port.c reads them. Private to
// packets/.
#pragma once

#include "dataplane/evidence/frame_ring.h"
#include "dataplane/packets/device_clock.h"
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/event_clock.h"
#include "dataplane/packets/port.h"
#include "dataplane/packets/port_start.h"

#include <time.h>

#define POSITION_BITS 37 // of an ordinal, below the queue's 11

struct queue {
    uint64_t ns_per_stamp;
    uint64_t ordinal_base, position;
    uint16_t port, number;
    bool plays_file, is_over;
    bool has_clock; // stamps are ticks of the device, by `clock`
    struct device_clock clock;
    uint8_t *scratch;
    uint16_t held_count, next; // merged: packets[next..held_count) are still to go
    struct rte_mbuf *held[PORT_BURST_MAX];
    struct packet *packets; // of the burst, where queues are merged
};

struct port_reader {
    const struct ports *ports;
    struct fragments *fragments;
    struct frame_ring *frames; // NULL: none are kept
    struct port_counts counts;
    struct queue *last; // whose burst is out; in turn only
    bool merges, is_stopped;
    size_t queue_next, queue_count;
    struct queue queues[];
};

struct ports {
    struct started_ports started;
    enum port_clock clock;
    int64_t lag_ns; // of ports_now
    int stamp_offset;
    uint64_t stamp_flag;
    uint32_t frame_bytes;
    struct port_reader *readers[RTE_MAX_LCORE];
};

static inline void queue_give_back(struct queue *queue)
{
    if (queue->held_count > 0) {
        rte_pktmbuf_free_bulk(queue->held, queue->held_count);
        queue->held_count = 0;
    }
}
