// A tick with arrays of its own, which grow to what the busiest tick needed and are kept. Private
// to dataplane/counters/.
#pragma once

#include "dataplane/counters/counters.h"

struct counters_sum {
    struct counters counters;
    size_t cell_capacity, link_capacity, counterparty_capacity, code_capacity, affected_capacity;
    size_t try_capacity;
};

void counters_sum_done(struct counters_sum *sum);
void counters_sum_copy(struct counters_sum *sum, const struct counters *counters);
// The two added together, neither of them in *sum; both are sorted, and so is the sum. Tick,
// evicted and merged are those of `two`.
void counters_sum_of(
    struct counters_sum *sum, const struct counters *one, const struct counters *two);
