// The ticks of several workers as one: what each of them put into its ring (counters_ring.h), added
// together once all have it. For the detectors' thread.
#pragma once

#include "dataplane/counters/counters_ring.h"

struct counters_merge;

struct intents;

// `intents` group the tries in the whole ticks (intents.h); NULL: nobody does. They and the rings
// outlive it. NULL when there is no memory.
struct counters_merge *counters_merge_new(
    struct counters_ring *const rings[], size_t count, struct intents *intents);
void counters_merge_free(struct counters_merge *merge);
// Every whole tick is shown once, before its tries are grouped.
void counters_merge_watch(struct counters_merge *merge,
    void (*watch)(void *context, const struct counters *counters), void *context);

// As of one ring: the next tick that all workers have, NULL when there is none yet; it stays until
// it is popped.
const struct counters *counters_merge_head(struct counters_merge *merge);
void counters_merge_pop(struct counters_merge *merge);
// All rings are closed and empty.
bool counters_merge_is_over(struct counters_merge *merge);
