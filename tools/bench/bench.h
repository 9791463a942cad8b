// Speed as ratios of interleaved runs: a row compares tapgrade with a reference in the same minute
// on the same machine, and is void unless both did the whole work.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BENCH_RUNS 5

// One row's result. `void_reason` is empty when the row stands.
struct measurement {
    double figure;
    double ours_s[BENCH_RUNS], reference_s[BENCH_RUNS];
    unsigned runs;
    char reference[512];
    char void_reason[512];
};

struct row {
    const char *name, *unit, *what;
    double goal;
    void (*measure)(const char *folder, struct measurement *ret); // in a folder of its own
};

extern const struct row replay_tshark_row;

// Runs a command to its end with standard output in `out_path`; seconds of the wall clock, or -1
// when it cannot be started or fails.
double bench_run(const char *const argv[], const char *out_path);
double bench_median(const double *values, unsigned count);
