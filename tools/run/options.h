// The command line of `tapgrade run`.
#pragma once

#include "dataplane/packets/port.h"

#include "detectors/pipeline.h"

struct run_options {
    const char *settings_path;
    int64_t duration_ns; // 0: until a signal
    enum port_clock clock;
    enum stage stop_after;
    bool prints_records, verbose;
    const char *user_name; // NULL: stay who we are
    char **eal_options;    // what stands behind --
    size_t eal_count;
};

// Ends the process with EXIT_USAGE and a sentence when it is wrong. The texts are argv's.
void run_options_parse(int argc, char **argv, struct run_options *ret);
