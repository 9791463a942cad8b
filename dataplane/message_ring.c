// Theory of operation
//
// `filled` and `emptied` count up without end. Each is written by one side only, released behind
// the messages it speaks of, and lies in a cache line of its own. Each side keeps its own position
// and the last it saw of the other's, and looks anew only when that is used up: in a steady state a
// burst costs one read of the other side's line. What is put is published by the burst.
#include "dataplane/message_ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64

struct message_ring {
    _Alignas(LINE) atomic_size_t filled;
    _Alignas(LINE) atomic_size_t emptied;
    _Alignas(LINE) size_t put, seen_emptied;  // the producer's
    _Alignas(LINE) size_t taken, seen_filled; // the consumer's
    _Alignas(LINE) size_t mask;
    size_t mapped;
    _Alignas(LINE) struct message messages[];
};

struct message_ring *message_ring_new(size_t messages)
{
    size_t capacity = 1;
    while (capacity < messages) {
        capacity *= 2;
    }
    size_t size = sizeof(struct message_ring) + capacity * sizeof(struct message);
    struct message_ring *ring =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) {
        return NULL;
    }
    ring->mask = capacity - 1;
    ring->mapped = size;
    return ring;
}

void message_ring_free(struct message_ring *ring)
{
    if (ring != NULL) {
        munmap(ring, ring->mapped);
    }
}

// ---- producer

bool message_ring_put(struct message_ring *ring, const struct message *message)
{
    if (ring->put - ring->seen_emptied > ring->mask) {
        ring->seen_emptied = atomic_load_explicit(&ring->emptied, memory_order_acquire);
        if (ring->put - ring->seen_emptied > ring->mask) {
            return false;
        }
    }
    ring->messages[ring->put++ & ring->mask] = *message;
    return true;
}

void message_ring_publish(struct message_ring *ring)
{
    if (atomic_load_explicit(&ring->filled, memory_order_relaxed) != ring->put) {
        atomic_store_explicit(&ring->filled, ring->put, memory_order_release);
    }
}

// ---- consumer

size_t message_ring_read(struct message_ring *ring, const struct message **ret)
{
    if (ring->taken == ring->seen_filled) {
        ring->seen_filled = atomic_load_explicit(&ring->filled, memory_order_acquire);
    }
    size_t from = ring->taken & ring->mask, to_end = ring->mask + 1 - from;
    size_t count = ring->seen_filled - ring->taken;
    *ret = &ring->messages[from];
    return count < to_end ? count : to_end;
}

void message_ring_release(struct message_ring *ring, size_t count)
{
    ring->taken += count;
    atomic_store_explicit(&ring->emptied, ring->taken, memory_order_release);
}
