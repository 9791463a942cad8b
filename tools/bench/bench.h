// Speed as ratios of interleaved runs: a row compares tapgrade with a reference in the same minute
// on the same machine, and is void unless both did the whole work.
#pragma once

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_RUNS_MAX 15

// How to measure, from the command line.
struct bench_options {
    unsigned runs;      // pairs
    int64_t stretch_ns; // of a run, behind its warm-up; rows of whole processes do not look
    int64_t warm_up_ns;
    bool wants_hugepages;
    unsigned shrink; // captures and tables are so many times smaller: for tests
};

// One row's result. `void_reason` is empty when the row stands; `skipped` says why it was not
// measured at all.
struct measurement {
    double figure;
    unsigned runs;
    json_t *details; // more keys of the row's object; may be NULL
    char reference[512];
    char void_reason[512];
    char skipped[256];
};

struct row {
    const char *name, *unit, *what;
    double goal;     // 0: none, the row is evidence
    bool is_at_most; // the goal is a limit from above
    // In a folder of its own.
    void (*measure)(const struct row *row, const struct bench_options *options, const char *folder,
        struct measurement *ret);
};

extern const struct row pipeline_512_row, pipeline_1m_row, pipeline_floor_row, pipeline_loss1_row,
    pipeline_loss5_row, pipeline_evidence_row, pipeline_reorder5_row, memory_1m_row,
    replay_tshark_row, scale_2_row, detectors_cost_row, detectors_memory_row;

// Runs a command to its end with standard output in `out_path`; seconds of the wall clock, or -1
// when it cannot be started or fails.
double bench_run(const char *const argv[], const char *out_path);
void bench_remove(const char *path); // a file, or a folder with all in it; absent is fine
double bench_median(const double *values, unsigned count);
json_t *bench_list(const double *values, unsigned count);
// The first reason stays.
void bench_void(struct measurement *measurement, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A line of progress on standard error, when that is a terminal.
void bench_says(const char *format, ...) __attribute__((format(printf, 1, 2)));
