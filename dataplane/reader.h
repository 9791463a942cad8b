// The packet side in a thread of its own: captures → batches. Private to dataplane/.
#pragma once

#include "dataplane/intake.h"
#include "dataplane/worker.h"

// How the captures' stamps went on so far.
struct stamps {
    bool started; // there was one: also 1970 is a stamp
    bool ended;   // at `far`
    struct instant reached;
    struct far_packet far;
};

// One burst of the captures into the intake. False at their end, or in front of a packet that is
// far from those before it; the intake was told.
bool captures_take(struct captures *captures, struct intake *intake, struct stamps *stamps);

struct reader;
// From here on captures, intake and stamps belong to the thread. NULL when none is to be had: then
// they are untouched.
struct reader *reader_start(
    struct captures *captures, struct intake *intake, struct stamps *stamps);
// The next batch, in order, up to the one that ends. Valid until the next call.
const struct batch *reader_next(struct reader *reader);
// Waits for the thread's end, also before the captures'. Then all of them are the caller's
// again.
void reader_stop(struct reader *reader);
