// Packets from the worker that received them to the one that owns their connection: a ring of bytes
// with one thread at each end, for copies of decoded packets with their payload. Neither end waits
// here. Private to dataplane/.
#pragma once

#include "dataplane/packets/packets.h"

#define PACKET_RING_LEAST (1 << 18) // bytes: some packets of the longest payload, 65535

struct packet_ring;

// Room for `bytes`, at least PACKET_RING_LEAST, rounded up to a power of two. NULL when there is no
// memory.
struct packet_ring *packet_ring_new(size_t bytes);
void packet_ring_free(struct packet_ring *ring);

// Producer. A copy goes in, payload and all, seen by the other end once it is published; false when
// there is no room.
bool packet_ring_put(struct packet_ring *ring, const struct packet *packet);
void packet_ring_publish(struct packet_ring *ring);

// Consumer. The next packet, NULL when there is none. packet_ring_step goes on behind it; views
// stay valid until packet_ring_release, which gives back all that was stepped over.
const struct packet *packet_ring_next(struct packet_ring *ring);
void packet_ring_step(struct packet_ring *ring);
void packet_ring_release(struct packet_ring *ring);
