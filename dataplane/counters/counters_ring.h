// Ticks on their way from the worker's thread to the detectors': a bounded ring with one thread at
// each end, neither of which ever waits for the other unless it asks to.
#pragma once

#include "dataplane/counters/counters.h"

#include <stdbool.h>

struct counters_ring;

// NULL when there is no memory.
struct counters_ring *counters_ring_new(size_t slots);
void counters_ring_free(struct counters_ring *ring);

// The worker's end. A copy of the tick goes in; when the ring is full it is added to the tick in
// hand, which goes in as soon as there is room. Sums are never lost.
void counters_ring_put(struct counters_ring *ring, const struct counters *counters);
// Puts the tick in hand in, if there is one. False when there is no room.
bool counters_ring_flush(struct counters_ring *ring);
bool counters_ring_is_full(const struct counters_ring *ring);
// Nothing more will come.
void counters_ring_close(struct counters_ring *ring);

// The detectors' end. The oldest tick, NULL when there is none; it stays until it is popped.
const struct counters *counters_ring_head(struct counters_ring *ring);
void counters_ring_pop(struct counters_ring *ring);
// Closed and empty.
bool counters_ring_is_over(struct counters_ring *ring);
