// How long connections are known, and which goes when there is no room. Private to dataplane/.
#pragma once

#include "dataplane/transactions/streams.h"

// Whether the connection's time was over before `now`: it is as good as absent.
bool lifetime_is_over(
    const struct streams *streams, const struct connection *connection, struct instant now);
// Gives up what is held of it and forgets what is known, but for its ends.
void lifetime_begin_anew(struct streams *streams, uint32_t index);
// Puts it into another queue, whose oldest may have to go for it.
void lifetime_move(struct streams *streams, uint32_t index, enum connection_queue queue);
// The same for one that is about to be added.
void lifetimes_make_room(struct streams *streams);
// Takes back the memory of a few entries that are over.
void lifetimes_reclaim(struct streams *streams);
