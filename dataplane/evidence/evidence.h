// Evidence (art. 13: 留存证据, 存证溯源): the frames around an incident's beginning and end, as
// pcapng files with their hashes. What is asked for and what is said of it is declared in
// counters.h.
#pragma once

#include "dataplane/counters/counters.h"
#include "dataplane/evidence/frame_ring.h"

struct evidence_keeper;

// Starts the thread that writes, into `folder`, from these rings, which outlive it. NULL with one
// sentence.
struct evidence_keeper *evidence_keeper_start(const struct settings *settings, const char *folder,
    struct frame_ring *const rings[], size_t count, char *error, size_t error_size);

// The calls below are of the detectors' thread; none waits for a disk.

// A tick with its tries as the workers gave them, not yet grouped into intents.
void evidence_keeper_tick(struct evidence_keeper *keeper, const struct counters *counters);
// Freezes what the rings hold. The file is written once every exchange that had begun by then is
// known to have failed or not.
void evidence_keeper_freeze(struct evidence_keeper *keeper, const struct evidence_request *request);
// What became of the next request that is done with; false: none so far.
bool evidence_keeper_next(struct evidence_keeper *keeper, struct evidence *ret);

// No tick will come: what waits is written as far as it is known, and the thread ends.
void evidence_keeper_end(struct evidence_keeper *keeper);
void evidence_keeper_free(struct evidence_keeper *keeper);
