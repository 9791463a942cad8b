// The worker threads of a run: packets from the ports through the dataplane, and every worker's
// part of each tick into a ring of its own.
#pragma once

#include "dataplane/counters/counters_merge.h"
#include "dataplane/crew.h"
#include "dataplane/packets/port.h"

#include "tools/run/status.h"

#include <stdatomic.h>

struct workers;

// As many as the ports have. They read until `is_stopped`. All arguments outlive it. NULL after
// mistakes.
struct workers *workers_new(const struct settings *settings, struct ports *ports,
    enum port_clock clock, struct status *status, const atomic_bool *is_stopped,
    struct mistakes *mistakes);
void workers_free(struct workers *workers);

// Runs them, the first one in the calling thread, and returns when all have ended: every tick is in
// the rings then, and these are closed. False when a thread cannot be had.
bool workers_run(struct workers *workers);
// Closes the rings of workers that were never run.
void workers_close(struct workers *workers);

// The detectors' end: ticks of all workers added together.
struct counters_merge *workers_ticks(struct workers *workers);
// Nanoseconds from the start of workers_run to the end of receiving.
int64_t workers_elapsed_ns(const struct workers *workers);
// Sources of provinces whose codes fit the other system better: at most `most`. For any thread.
size_t workers_misfits(const struct workers *workers, struct region_misfit *ret, size_t most);
// Once they have ended.
void workers_counts(const struct workers *workers, struct crew_counts *ret);
