// Sets of time intervals [from, to), as arrays sorted by time without overlaps. Pure functions.
// Private to detectors/grades/.
#pragma once

#include "config/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    struct instant from, to;
};

// An interval in which one province is down.
struct province_interval {
    struct interval interval;
    uint8_t province;
};

// When at least `least` distinct provinces were down at once; the set may change. `ret` has room
// for 2 * count. Intervals that touch are joined.
size_t intervals_at_once(
    const struct province_interval *down, size_t count, size_t least, struct interval *ret);

// Joins intervals over gaps of up to merge_ns where more than `percent` of the joined time is
// covered: every start is considered, the longest join is taken (the earliest of equals), then
// again on what is left. `ret` has room for `count`.
size_t intervals_join(const struct interval *intervals, size_t count, int64_t merge_ns,
    int64_t percent, struct interval *ret);
