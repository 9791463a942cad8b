// The one JSON object that a run ends with.
#pragma once

#include "dataplane/crew.h"
#include "dataplane/packets/port.h"

#include "detectors/health/health.h"

#include <stdio.h>

struct run_summary {
    struct port_facts devices[PORTS_MAX];
    size_t device_count;
    struct port_counts ports;
    struct crew_counts crew;
    size_t workers;
    uint64_t ticks_merged;
    int64_t elapsed_ns;
    const struct health_change *unseen; // alarms that stand
    size_t unseen_count;
    uint64_t alarms; // raised in all
};

void run_summary_print(FILE *out, const struct run_summary *summary);
