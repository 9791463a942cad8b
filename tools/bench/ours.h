// Our side of a row: `tapgrade run` as it is, in a process of its own, with frames that move on.
#pragma once

#include "tools/bench/device.h"
#include "tools/bench/recipe.h"
#include "tools/bench/traffic.h"

#include <jansson.h>

#include <stdint.h>

struct ours_plan {
    const struct device *device;
    const struct recipe *recipe;
    const struct traffic *traffic; // of every queue
    const char *folder;
    int64_t warm_up_ns, stretch_ns;
    size_t warm_up_loops;
};

struct ours_result {
    double packets_per_s; // over the stretch
    uint64_t bytes;       // of memory, at the stretch's end
    json_t *summary;      // that `run` printed; the caller's
};

bool ours_run(
    const struct ours_plan *plan, struct ours_result *ret, char *error, size_t error_size);
