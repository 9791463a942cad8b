// What a row's traffic is made of: tools/bench/*.yaml, read and checked. A capture is one loop of
// it, which the device repeats and move_on.h makes new each time.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdint.h>

struct recipe {
    int64_t seed;
    int64_t connections;
    int64_t requests;          // in one loop, each with its answer
    int64_t answered_after;    // requests later, in the mean: so many are open at every moment
    int64_t shuffled;          // answers come in another order within stretches of so many
    int64_t bare_ack_percent;  // of frames
    int64_t acked_after;       // messages later
    int64_t declined_percent;  // of answers
    int64_t lost_percent;      // of frames
    int64_t reordered_percent; // of frames, ...
    int64_t reordered_frames;  // ... which come up to so many frames later
    int64_t *provinces;        // GB/T 2260, in turn
    size_t province_count;
    // of the settings
    int64_t time_limit_ns, disorder_ns, open, connection_entries;
    int64_t evidence_bytes; // of a ring of frames; 0: none
};

// The YAML of that name under tools/bench/, everything in it `shrink` times smaller. False after
// mistakes.
bool recipe_read(const char *name, unsigned shrink, struct recipe *ret, struct mistakes *mistakes);
void recipe_free(struct recipe *recipe);
