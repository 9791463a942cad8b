// Groups the tries of one intent, so that demand counts what customers wanted, once (art. 31(4)),
// and tells whose intent failed and was not served (art. 7(2) 已实际影响). Private to dataplane/;
// for whoever puts the ticks of all workers together.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/counters/processed.h"

struct intents;

// NULL when there is no memory.
struct intents *intents_new(const struct settings *settings);
void intents_free(struct intents *intents);

// What one of the pairings remembers of processed transactions; it outlives the intents.
void intents_add_source(struct intents *intents, const struct processed *processed);

// The tick as it is when the intents known by it are grouped: `counters` itself when that changes
// nothing, else a sum that lives until the next call. Ticks in their order, those of all workers
// added together, with all that the sources know by then.
const struct counters *intents_group(struct intents *intents, const struct counters *counters);
