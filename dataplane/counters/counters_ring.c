// Theory of operation
//
// A slot holds one tick with arrays of its own, which grow to what the busiest tick needed and are
// kept: in a steady state a put copies and allocates nothing. `put` and `taken` count up without
// end; each is written by one thread only, released after the slot's contents, acquired by the
// other.
//
// When all slots are taken the tick becomes, or is added to, the tick in hand: both are sorted, so
// that adding is one merge, and only the worker's thread sees it. The sum of two ticks bears the
// later one's time and says in `merged` how many ticks before it are in it: a fact may then be seen
// later than it was known, never twice and never not at all.
#include "dataplane/counters/counters_ring.h"

#include "dataplane/counters/counters_sum.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct counters_ring {
    _Alignas(64) atomic_size_t put;
    _Alignas(64) atomic_size_t taken;
    _Alignas(64) atomic_bool closed;
    struct counters_sum hand, sum; // `sum` is where the two are added
    bool has_hand;
    size_t slot_count;
    struct counters_sum slots[];
};

struct counters_ring *counters_ring_new(size_t slots)
{
    size_t size = sizeof(struct counters_ring) + slots * sizeof(struct counters_sum);
    struct counters_ring *ring = aligned_alloc(64, (size + 63) / 64 * 64);
    if (ring != NULL) {
        memset(ring, 0, size);
        ring->slot_count = slots;
    }
    return ring;
}

void counters_ring_free(struct counters_ring *ring)
{
    if (ring == NULL) {
        return;
    }
    for (size_t i = 0; i < ring->slot_count; i++) {
        counters_sum_done(&ring->slots[i]);
    }
    counters_sum_done(&ring->hand);
    counters_sum_done(&ring->sum);
    free(ring);
}

static void hand_add(struct counters_ring *ring, const struct counters *counters)
{
    const struct counters *hand = &ring->hand.counters;
    if (!ring->has_hand) {
        counters_sum_copy(&ring->hand, counters);
        ring->has_hand = true;
        return;
    }
    counters_sum_of(&ring->sum, hand, counters);
    ring->sum.counters.merged += hand->merged + 1;
    struct counters_sum added = ring->sum;
    ring->sum = ring->hand;
    ring->hand = added;
}

// ---- the worker's end

bool counters_ring_is_full(const struct counters_ring *ring)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return atomic_load_explicit(&ring->put, memory_order_relaxed) - taken == ring->slot_count;
}

static bool ring_add(struct counters_ring *ring, const struct counters *counters)
{
    if (counters_ring_is_full(ring)) {
        return false;
    }
    size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    counters_sum_copy(&ring->slots[put % ring->slot_count], counters);
    atomic_store_explicit(&ring->put, put + 1, memory_order_release);
    return true;
}

bool counters_ring_flush(struct counters_ring *ring)
{
    if (ring->has_hand && ring_add(ring, &ring->hand.counters)) {
        ring->has_hand = false;
    }
    return !ring->has_hand;
}

void counters_ring_put(struct counters_ring *ring, const struct counters *counters)
{
    if (!counters_ring_flush(ring) || !ring_add(ring, counters)) {
        hand_add(ring, counters);
    }
}

void counters_ring_close(struct counters_ring *ring)
{
    atomic_store_explicit(&ring->closed, true, memory_order_release);
}

// ---- the detectors' end

const struct counters *counters_ring_head(struct counters_ring *ring)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    if (atomic_load_explicit(&ring->put, memory_order_acquire) == taken) {
        return NULL;
    }
    return &ring->slots[taken % ring->slot_count].counters;
}

void counters_ring_pop(struct counters_ring *ring)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
}

bool counters_ring_is_over(struct counters_ring *ring)
{
    return atomic_load_explicit(&ring->closed, memory_order_acquire) &&
           counters_ring_head(ring) == NULL;
}
