// The life of every attempt, from intent to answer, retry or reversal.
#pragma once

#include "tools/generate/pcap_write.h"
#include "tools/generate/scenario.h"
#include "tools/generate/tap.h"
#include "tools/generate/tcp_frames.h"
#include "tools/generate/truth.h"

#include <stdio.h>

struct traffic_counts {
    struct truth_counts truth;
    struct tcp_counts tcp;
    struct tap_counts tap;
    uint64_t messages;
};

// Runs the scenario into the capture, and into `truth` when it is not NULL. `progress` is told now
// and then how much is done, in percent; it may be NULL.
struct traffic_counts traffic_run(const struct scenario *scenario, struct pcap_writer *writer,
    FILE *truth, void (*progress)(int percent));
