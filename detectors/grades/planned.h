// Approved maintenance windows and planned cut-overs cut out of an interruption. Private to
// detectors/grades/.
#pragma once

#include "detectors/grades/cutovers.h"
#include "detectors/outages/outages.h"

// The parts of an interruption, as far as it has come at the tick, that lie in no window: each a
// copy with its own from, to, ongoing, in_peak_ms, and whole_from, whole_to of the interruption
// when something was cut out of it. An interruption without a window is its only part, unchanged.
// `ret` has room for one more than there are windows and cut-overs. Returns how many; 0: all is
// planned.
size_t interruption_unplanned(const struct settings *settings, const struct cutovers *cutovers,
    const struct interruption *whole, struct instant tick, struct interruption *ret);
