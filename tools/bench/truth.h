// What `run` says of itself against what is true of the frames that it was given.
#pragma once

#include "tools/bench/bench.h"
#include "tools/bench/traffic.h"

#include <jansson.h>

// False with the row void, naming the counts that differ.
// `is_floor`: of the few counts that floor.h has.
bool truth_check(
    const struct traffic_sums *sums, const json_t *summary, bool is_floor, struct measurement *row);
