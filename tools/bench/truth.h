// What `run` says of itself against what is true of the frames that it was given.
#pragma once

#include "tools/bench/bench.h"
#include "tools/bench/traffic.h"

#include <jansson.h>

// False with the row void, naming the counts that differ.
bool truth_check(const struct traffic_sums *sums, const json_t *summary, struct measurement *row);
