// The reference: dpdk-testpmd that receives and throws away.
#pragma once

#include "tools/bench/device.h"
#include "tools/bench/process.h"

#include <stdint.h>

struct testpmd_result {
    double packets_per_s;         // as testpmd's own statistics say, over the stretch
    double packets_per_cpu_s;     // of the thread that polls: other work on its core does not count
    struct process_memory memory; // at the stretch's end
};

// Runs it over a stretch of `stretch_ns` after `warm_up_ns`. False with one sentence.
bool testpmd_run(const struct device *device, int64_t warm_up_ns, int64_t stretch_ns,
    struct testpmd_result *ret, char *error, size_t error_size);
