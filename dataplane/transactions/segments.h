// Private to dataplane/.
#pragma once

#include "dataplane/transactions/streams.h"

// Takes bytes off the front of what was on the wire.
void segment_skip(struct segment *segment, uint32_t length);
// Takes bytes off the end.
void segment_shorten(struct segment *segment, uint32_t length);
// Reads the segment, which ends behind `next`, or holds it; unlike segment_take it reads nothing
// ahead. The segment is not what it was afterwards.
void segment_put(struct streams *streams, struct connection *connection, enum side sender,
    struct segment *segment);
