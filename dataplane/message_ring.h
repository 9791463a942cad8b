// Messages from one worker to another: a ring of fixed size with one thread at each end. Neither
// waits here; who finds no room or no message decides what to do. Private to dataplane/.
#pragma once

#include "dataplane/transactions/message.h"

#include <stdbool.h>

struct message_ring;

// Room for `messages`, rounded up to a power of two. NULL when there is no memory.
struct message_ring *message_ring_new(size_t messages);
void message_ring_free(struct message_ring *ring);

// Producer. A copy goes in, seen by the other end once it is published; false when there is no
// room.
bool message_ring_put(struct message_ring *ring, const struct message *message);
void message_ring_publish(struct message_ring *ring);

// Consumer. How many can be read in one piece, the oldest first; they stay until they are released.
size_t message_ring_read(struct message_ring *ring, const struct message **ret);
void message_ring_release(struct message_ring *ring, size_t count);
