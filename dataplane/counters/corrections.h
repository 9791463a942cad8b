// What grouping changes of a tick: deltas of cells and persons, put together until the tick is.
// Private to dataplane/counters/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters_sum.h"
#include "dataplane/counters/tries.h"

struct corrections {
    const struct settings *settings;
    struct counters_sum deltas; // in any order, until they are added
    struct counters_sum sum;
};

void corrections_done(struct corrections *corrections);
void corrections_begin(struct corrections *corrections);

// The try is (+1), or is after all no (-1), retry of another one, which counts for both.
void correct_retry(struct corrections *corrections, const struct intent_try *try, int32_t sign);
// There was no room to find out whether it is.
void correct_ungrouped(struct corrections *corrections, const struct intent_try *try);
// Its intent failed and was not served in time; `served`: it got through later.
void correct_affected(struct corrections *corrections, const struct intent_try *try, bool served);

// The tick with all of it, and so many evictions more: itself when there is none of either.
const struct counters *corrections_add(
    struct corrections *corrections, const struct counters *counters, uint64_t evicted);
