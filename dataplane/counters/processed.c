#include "dataplane/counters/processed.h"

#include "config/memory.h"

#include <stdlib.h>

#define FEWEST 16

static uint64_t capacity_of(size_t wanted)
{
    uint64_t capacity = FEWEST;
    while (capacity < wanted) {
        capacity *= 2;
    }
    return capacity;
}

struct processed *processed_new(size_t capacity)
{
    struct processed *processed = aligned_alloc(64, sizeof(*processed));
    if (processed == NULL) {
        return NULL;
    }
    *processed = (struct processed){.capacity = capacity_of(capacity)};
    processed->keys = memory_map(processed->capacity * sizeof(*processed->keys));
    processed->times = memory_map(processed->capacity * sizeof(*processed->times));
    if (processed->keys == NULL || processed->times == NULL) {
        processed_free(processed);
        return NULL;
    }
    return processed;
}

void processed_free(struct processed *processed)
{
    if (processed != NULL) {
        memory_unmap(processed->keys, processed->capacity * sizeof(*processed->keys));
        memory_unmap(processed->times, processed->capacity * sizeof(*processed->times));
        free(processed);
    }
}

static int64_t known_ns(const struct processed *processed, uint64_t at)
{
    return atomic_load_explicit(
        &processed->times[at & (processed->capacity - 1)].known_ns, memory_order_relaxed);
}

// The first of [from, to) that was known later than `at`.
static uint64_t first_later(
    const struct processed *processed, uint64_t from, uint64_t to, struct instant at)
{
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        if (known_ns(processed, middle) > at.ns) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return from;
}

// The oldest ones are about to be overwritten while somebody adds: they are left alone.
struct processed_part processed_known(
    const struct processed *processed, struct instant after, struct instant until)
{
    uint64_t end = atomic_load_explicit(&processed->end, memory_order_acquire);
    uint64_t kept = processed->capacity - 1;
    uint64_t oldest = end > kept ? end - kept : 0;
    uint64_t from = first_later(processed, oldest, end, after);
    return (struct processed_part){.from = from,
        .to = first_later(processed, from, end, until),
        .whole = from > oldest || oldest == 0};
}

bool processed_is_there(const struct processed *processed, uint64_t at)
{
    atomic_thread_fence(memory_order_acquire);
    uint64_t end = atomic_load_explicit(&processed->end, memory_order_relaxed);
    return end - at < processed->capacity;
}

bool processed_read(const struct processed *processed, uint64_t at, struct instant *requested_at,
    struct instant *known_at)
{
    const struct processed_times *times = &processed->times[at & (processed->capacity - 1)];
    requested_at->ns = atomic_load_explicit(&times->requested_ns, memory_order_relaxed);
    known_at->ns = atomic_load_explicit(&times->known_ns, memory_order_relaxed);
    return processed_is_there(processed, at);
}
