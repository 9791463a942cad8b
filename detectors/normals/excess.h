// How many intents usually fail, and what is more than that: 业务无法正常开展 and 已实际影响 speak
// of what failures add to every day's (arts. 7-10, T-N5, T-L3). Pure functions, in
// integers.
#pragma once

#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

// Of so many intents whose outcome was known, so many failed: processed and failed ones, over days
// without excess. `known` is at most USUAL_MOST, and never 0 once it is given out.
#define USUAL_MOST (1 << 20)
struct usual {
    int64_t known, failed;
    bool learned; // else the settings' share: the cell has not shown enough yet
};

// The settings' share, for a cell of which too little was seen.
struct usual usual_from_settings(const struct outages_settings *settings);

// Failures beyond the usual share of so many known intents, rounded down; 0 when there are none.
int64_t excess_of(const struct usual *usual, int64_t known, int64_t failed);
// Whether the share of failures is at least so many percent points above the usual one. At 100 %
// usual failures nothing can be.
bool excess_reaches(
    const struct usual *usual, int64_t known, int64_t failed, int64_t percent_points);
// A significant excess: at least `fewest` failures, twice the usual share or more, and further
// above it than three standard deviations of so many intents and of what the share was learned
// from.
bool excess_is_significant(
    const struct usual *usual, int64_t known, int64_t failed, int64_t fewest);
