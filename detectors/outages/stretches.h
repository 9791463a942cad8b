// Where interruptions begin and end: a pure function over items of equal length in time. Private to
// detectors/outages/.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A stretch is over the share when the sum of its `over_normal` or of its `over_demand` is
// positive, or 0 where the share itself is enough (`at_least`): with P = processed, (N - P) * 100 >
// p * N is (100 - p) * N - 100 * P > 0, which grows with N, so that N = max(sum of B, sum of D)
// passes when one of the two does.
struct stretch_item {
    bool bad;     // a stretch begins and ends with one
    bool unknown; // counts as bad time inside a stretch
    bool idle;    // nothing was asked, or nothing came of it: no recovery begins here
    int64_t over_normal, over_demand;
    uint8_t assumes; // set of enum assumption, carried along
};

struct stretch {
    size_t first, last; // items, both included
};

// Every start is considered; the longest stretch that is over the share as a whole and has no run
// of more than `merge` items of recovery (neither bad nor unknown, from the first one on that is
// not idle) is taken (the earliest of equals), then again on what is left before and behind it. The
// first item is as long as `weight` others. `ret` has room for `count`; in order.
size_t stretches_find(const struct stretch_item *items, size_t count, size_t merge, size_t weight,
    bool at_least, struct stretch *ret);

// The first item behind the chain that starts at `from`: where a run of more than `merge` items of
// recovery begins; `count` when there is none. *ret_run_end: where it ends.
size_t chain_end(
    const struct stretch_item *items, size_t from, size_t count, size_t merge, size_t *ret_run_end);
