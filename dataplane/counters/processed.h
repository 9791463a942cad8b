// What one pairing remembers of the transactions that were processed, for the case that an earlier
// try of the same intent turns out to have failed. One thread adds, another one may read. Private
// to dataplane/.
//
// Theory of operation
//
// A time-out is known a time limit after its request, when a retry may have been processed long
// ago. So every processed transaction leaves three words here, one after the other, and nobody
// looks at them while nothing fails. When something did, all that was known since the failed
// request is searched at once (intents.c): pairings conclude in the order of known_at, so the part
// is found by bisection.
//
// The oldest are overwritten. A reader copies an entry and looks afterwards whether `end` has come
// round to its place meanwhile; then it is lost, and the verdict is flagged.
#pragma once

#include "config/instant.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct processed_times {
    _Atomic(int64_t) requested_ns, known_ns;
};

struct processed {
    uint64_t capacity; // a power of two
    _Atomic(uint64_t) *keys;
    struct processed_times *times;
    _Alignas(64) _Atomic(uint64_t) end; // so many were added
};

// Room for `capacity` transactions, rounded up. NULL when there is no memory.
struct processed *processed_new(size_t capacity);
void processed_free(struct processed *processed);

// `known_at` does not fall from one to the next.
static inline void processed_add(
    struct processed *processed, uint64_t key, struct instant requested_at, struct instant known_at)
{
    uint64_t end = atomic_load_explicit(&processed->end, memory_order_relaxed);
    uint64_t place = end & (processed->capacity - 1);
    atomic_thread_fence(memory_order_release); // `end` is seen before what is overwritten
    atomic_store_explicit(&processed->keys[place], key, memory_order_relaxed);
    struct processed_times *times = &processed->times[place];
    atomic_store_explicit(&times->requested_ns, requested_at.ns, memory_order_relaxed);
    atomic_store_explicit(&times->known_ns, known_at.ns, memory_order_relaxed);
    atomic_store_explicit(&processed->end, end + 1, memory_order_release);
}

// ---- reading

// Entries [from, to) that were known in (after, until].
struct processed_part {
    uint64_t from, to;
    bool whole; // else older ones of it have been overwritten
};
struct processed_part processed_known(
    const struct processed *processed, struct instant after, struct instant until);

static inline uint64_t processed_key(const struct processed *processed, uint64_t at)
{
    return atomic_load_explicit(
        &processed->keys[at & (processed->capacity - 1)], memory_order_relaxed);
}
// False when it was overwritten.
bool processed_read(const struct processed *processed, uint64_t at, struct instant *requested_at,
    struct instant *known_at);
// Whether nothing from here on was overwritten until now.
bool processed_is_there(const struct processed *processed, uint64_t at);
