// What is missing in front of what was read already. Private to dataplane/.
#pragma once

#include "dataplane/transactions/streams.h"

// Takes a segment that ends behind `next`: reads it, if it can be at once, else holds it. `in` is
// the mark of the hole in hand, or NONE. The segment is not what it was afterwards.
void segment_take(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t in, struct segment *segment);
// Takes what of the segment lies in holes. Returns how many bytes of them it covers.
uint32_t holes_fill(struct streams *streams, struct connection *connection, enum side sender,
    const struct segment *segment);
// The receiver has acknowledged bytes up to `to`.
void holes_acknowledge(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at, uint64_t ordinal);

// The first hole's mark, or NONE.
static inline uint32_t hole_first(
    const struct streams *streams, const struct connection *connection, enum side sender)
{
    uint32_t last = connection->holes[sender];
    return last == NONE ? NONE : streams->pool.blocks[last].later;
}

// The direction's own state while that of a hole is in its place.
struct hole_visit {
    uint32_t mark; // NONE: none is in hand
    uint32_t next, direction;
    uint16_t flags;
};

// From here to hole_leave the direction is the hole: what reads, holds and gives up bytes does so
// there, and no further than to the hole's end. NONE: the direction stays itself.
struct hole_visit hole_enter(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t mark);
// The hole is gone when nothing is missing in it any more.
void hole_leave(struct streams *streams, struct connection *connection, enum side sender,
    const struct hole_visit *visit);
