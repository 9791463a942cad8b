// Theory of operation
//
// A record is a packet and its payload behind it, in one piece, its size a multiple of RECORD_UNIT.
// Where the rest of the ring is too short for one, a record of that size without a packet (`skip`)
// fills it. Positions count bytes up without end; for who writes them see message_ring.c, which
// does the same with messages of one size.
//
// There may be card data in it: it is kept out of core dumps.
#include "dataplane/packet_ring.h"

#include "config/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE        64
#define RECORD_UNIT 32

struct record {
    uint32_t size; // of all of it
    bool skip;
    struct packet packet;
    uint8_t payload[];
};

struct packet_ring {
    _Alignas(LINE) atomic_size_t filled;
    _Alignas(LINE) atomic_size_t emptied;
    _Alignas(LINE) size_t put, seen_emptied;  // the producer's
    _Alignas(LINE) size_t taken, seen_filled; // the consumer's
    _Alignas(LINE) size_t mask;
    size_t mapped;
    _Alignas(LINE) uint8_t bytes[];
};

struct packet_ring *packet_ring_new(size_t bytes)
{
    size_t capacity = PACKET_RING_LEAST;
    while (capacity < bytes) {
        capacity *= 2;
    }
    size_t size = sizeof(struct packet_ring) + capacity;
    struct packet_ring *ring =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) {
        return NULL;
    }
    memory_leave_out_of_dumps(ring, size);
    ring->mask = capacity - 1;
    ring->mapped = size;
    return ring;
}

void packet_ring_free(struct packet_ring *ring)
{
    if (ring != NULL) {
        munmap(ring, ring->mapped);
    }
}

static struct record *record_at(struct packet_ring *ring, size_t position)
{
    return (struct record *)&ring->bytes[position & ring->mask];
}

// ---- producer

static bool has_room(struct packet_ring *ring, size_t size)
{
    if (ring->put + size - ring->seen_emptied > ring->mask + 1) {
        ring->seen_emptied = atomic_load_explicit(&ring->emptied, memory_order_acquire);
    }
    return ring->put + size - ring->seen_emptied <= ring->mask + 1;
}

// Of a skipping record no more than this may have room.
static struct record *record_begin(struct packet_ring *ring, size_t size, bool skip)
{
    struct record *record = record_at(ring, ring->put);
    record->size = (uint32_t)size;
    record->skip = skip;
    ring->put += size;
    return record;
}

static struct record *record_new(struct packet_ring *ring, size_t size)
{
    size_t to_end = ring->mask + 1 - (ring->put & ring->mask);
    size_t skipped = to_end < size ? to_end : 0;
    if (!has_room(ring, skipped + size)) {
        return NULL;
    }
    if (skipped > 0) {
        record_begin(ring, skipped, true);
    }
    return record_begin(ring, size, false);
}

bool packet_ring_put(struct packet_ring *ring, const struct packet *packet)
{
    size_t length = packet->kind == PACKET_TCP ? packet->payload_captured : 0;
    size_t size = sizeof(struct record) + length;
    struct record *record = record_new(ring, (size + RECORD_UNIT - 1) / RECORD_UNIT * RECORD_UNIT);
    if (record == NULL) {
        return false;
    }
    record->packet = *packet;
    record->packet.payload = record->payload;
    if (length > 0) {
        memcpy(record->payload, packet->payload, length);
    }
    return true;
}

void packet_ring_publish(struct packet_ring *ring)
{
    if (atomic_load_explicit(&ring->filled, memory_order_relaxed) != ring->put) {
        atomic_store_explicit(&ring->filled, ring->put, memory_order_release);
    }
}

// ---- consumer

const struct packet *packet_ring_next(struct packet_ring *ring)
{
    if (ring->taken == ring->seen_filled) {
        ring->seen_filled = atomic_load_explicit(&ring->filled, memory_order_acquire);
        if (ring->taken == ring->seen_filled) {
            return NULL;
        }
    }
    const struct record *record = record_at(ring, ring->taken);
    if (record->skip) { // a record follows: both were published at once
        ring->taken += record->size;
        record = record_at(ring, ring->taken);
    }
    return &record->packet;
}

void packet_ring_step(struct packet_ring *ring)
{
    ring->taken += record_at(ring, ring->taken)->size;
}

void packet_ring_release(struct packet_ring *ring)
{
    if (atomic_load_explicit(&ring->emptied, memory_order_relaxed) != ring->taken) {
        atomic_store_explicit(&ring->emptied, ring->taken, memory_order_release);
    }
}
