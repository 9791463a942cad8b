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

#include "config/log.h"

#include "dataplane/counters/counters_fields.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct counters counters;
    size_t cell_capacity, link_capacity;
};

struct counters_ring {
    _Alignas(64) atomic_size_t put;
    _Alignas(64) atomic_size_t taken;
    _Alignas(64) atomic_bool closed;
    struct slot hand, sum; // `sum` is where the two are added
    bool has_hand;
    size_t slot_count;
    struct slot slots[];
};

struct counters_ring *counters_ring_new(size_t slots)
{
    size_t size = sizeof(struct counters_ring) + slots * sizeof(struct slot);
    struct counters_ring *ring = aligned_alloc(64, (size + 63) / 64 * 64);
    if (ring != NULL) {
        memset(ring, 0, size);
        ring->slot_count = slots;
    }
    return ring;
}

static void slot_done(struct slot *slot)
{
    free(slot->counters.cells);
    free(slot->counters.links);
}

void counters_ring_free(struct counters_ring *ring)
{
    if (ring == NULL) {
        return;
    }
    for (size_t i = 0; i < ring->slot_count; i++) {
        slot_done(&ring->slots[i]);
    }
    slot_done(&ring->hand);
    slot_done(&ring->sum);
    free(ring);
}

// ---- a slot's own copy

static void *room(void *array, size_t wanted, size_t *capacity, size_t size)
{
    if (wanted <= *capacity) {
        return array;
    }
    void *larger = reallocarray(array, 2 * wanted, size);
    if (larger == NULL) {
        log_error("no memory for the %zu counters of a tick", wanted);
        abort();
    }
    *capacity = 2 * wanted;
    return larger;
}

// Empty, at the time of `counters`, with room for so many.
static void slot_begin(
    struct slot *slot, const struct counters *counters, size_t cells, size_t links)
{
    struct counters *own = &slot->counters;
    own->cells = room(own->cells, cells, &slot->cell_capacity, sizeof(*own->cells));
    own->links = room(own->links, links, &slot->link_capacity, sizeof(*own->links));
    own->tick = counters->tick;
    own->evicted = counters->evicted;
    own->merged = counters->merged;
    own->cell_count = own->link_count = 0;
}

static void slot_copy(struct slot *slot, const struct counters *counters)
{
    struct counters *own = &slot->counters;
    slot_begin(slot, counters, counters->cell_count, counters->link_count);
    own->cell_count = counters->cell_count;
    own->link_count = counters->link_count;
    if (own->cell_count > 0) {
        memcpy(own->cells, counters->cells, own->cell_count * sizeof(*own->cells));
    }
    if (own->link_count > 0) {
        memcpy(own->links, counters->links, own->link_count * sizeof(*own->links));
    }
}

// ---- adding two ticks

static void cell_add(struct cell_counts *to, struct cell_counts *from)
{
    for (size_t i = 0; i < CELL_SUMS; i++) {
        *sum_small(to, &cell_sums[i]) += *sum_small(from, &cell_sums[i]);
    }
}

static int32_t shorter(int32_t one, int32_t other) // 0: none
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

static void link_add(struct link_counts *to, struct link_counts *from)
{
    int32_t shortest = shorter(to->shortest_answer_bytes, from->shortest_answer_bytes);
    for (size_t i = 0; i < LINK_BYTES; i++) {
        *sum_large(to, &link_bytes[i]) += *sum_large(from, &link_bytes[i]);
    }
    for (size_t i = 0; i < LINK_EVENTS; i++) {
        *sum_small(to, &link_events[i]) += *sum_small(from, &link_events[i]);
    }
    for (size_t i = 0; i < LATENCY_CLASSES; i++) {
        to->latency[i] += from->latency[i];
    }
    to->shortest_answer_bytes = shortest;
}

static void cells_add(struct counters *sum, const struct counters *one, const struct counters *two)
{
    for (size_t i = 0, j = 0; i < one->cell_count || j < two->cell_count;) {
        int order = i == one->cell_count   ? 1
                    : j == two->cell_count ? -1
                                           : cell_counts_compare(&one->cells[i], &two->cells[j]);
        struct cell_counts *cell = &sum->cells[sum->cell_count++];
        *cell = order <= 0 ? one->cells[i++] : two->cells[j++];
        if (order == 0) {
            cell_add(cell, &two->cells[j++]);
        }
    }
}

static void links_add(struct counters *sum, const struct counters *one, const struct counters *two)
{
    for (size_t i = 0, j = 0; i < one->link_count || j < two->link_count;) {
        int order = i == one->link_count   ? 1
                    : j == two->link_count ? -1
                                           : link_counts_compare(&one->links[i], &two->links[j]);
        struct link_counts *link = &sum->links[sum->link_count++];
        *link = order <= 0 ? one->links[i++] : two->links[j++];
        if (order == 0) {
            link_add(link, &two->links[j++]);
        }
    }
}

static void hand_add(struct counters_ring *ring, const struct counters *counters)
{
    const struct counters *hand = &ring->hand.counters;
    if (!ring->has_hand) {
        slot_copy(&ring->hand, counters);
        ring->has_hand = true;
        return;
    }
    slot_begin(&ring->sum, counters, hand->cell_count + counters->cell_count,
        hand->link_count + counters->link_count);
    cells_add(&ring->sum.counters, hand, counters);
    links_add(&ring->sum.counters, hand, counters);
    ring->sum.counters.merged += hand->merged + 1;
    struct slot added = ring->sum;
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
    slot_copy(&ring->slots[put % ring->slot_count], counters);
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
