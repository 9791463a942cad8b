// The packet side in a thread of its own: captures → batches. Private to dataplane/.
#pragma once

#include "dataplane/intake.h"

// One burst of the captures into the intake. False at their end, which the intake was told.
bool captures_take(struct captures *captures, struct intake *intake);

struct reader;
// From here on captures and intake belong to the thread. NULL when none is to be had: then they are
// untouched.
struct reader *reader_start(struct captures *captures, struct intake *intake);
// The next batch, in order, up to the one that ends. Valid until the next call.
const struct batch *reader_next(struct reader *reader);
// Waits for the thread's end, also before the captures'. Then captures and intake are the caller's
// again.
void reader_stop(struct reader *reader);
