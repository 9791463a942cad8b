// Our side of a row: `tapgrade run` as it is, in a process of its own, with frames that move on.
#pragma once

#include "tools/bench/device.h"
#include "tools/bench/process.h"
#include "tools/bench/recipe.h"
#include "tools/bench/traffic.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

struct ours_plan {
    const struct device *device;
    const struct recipe *recipe;
    const struct traffic *traffic; // one a queue
    const char *folder;
    int64_t warm_up_ns, stretch_ns;
    size_t warm_up_loops;
    bool is_floor; // floor.h in the place of `run`
};

struct ours_result {
    double packets_per_s;         // over the stretch
    double packets_per_cpu_s;     // of the thread that polls: other work on its core does not count
    struct process_memory memory; // at the stretch's end
    uint64_t received[DEVICE_QUEUES_MAX]; // frames in all, by queue
    json_t *summary;                      // that `run` printed; the caller's
};

// False with one sentence; `summary` may be there all the same.
bool ours_run(
    const struct ours_plan *plan, struct ours_result *ret, char *error, size_t error_size);
