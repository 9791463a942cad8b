// The one JSON object that a run ends with.
#pragma once

#include "dataplane/crew.h"
#include "dataplane/packets/port.h"

#include "detectors/health/health.h"
#include "detectors/kafka/kafka.h"

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
    bool publishes;
    struct sender_status sent; // of what is published
};

// Name and value of each figure, for who shows them; ends with a NULL name.
struct sent_figure {
    const char *name;
    uint64_t value;
};
#define SENT_FIGURES 11
void sent_figures(const struct sender_status *sent, struct sent_figure ret[static SENT_FIGURES]);

void run_summary_print(FILE *out, const struct run_summary *summary);
