// The newest frames of one worker, headers only unless asked for more, in a ring of blocks that its
// worker fills and another thread may copy at any time.
//
// The worker waits for nobody and never knows that it is read: a block that is begun anew has
// number 0 first, and its new number once nothing of the old one is left to be taken for it. Who
// copies a block looks at its number before and after; when they differ the copy is thrown away.
// Within a block frames are only added, so what was `used` when it was looked at stays.
#pragma once

#include "dataplane/packets/packets.h"

#include <stdatomic.h>
#include <string.h>

#define FRAME_BLOCK_BYTES (64 << 10)
#define FRAME_BYTES_MAX   16384 // of one frame
#define FRAME_AHEAD       1024  // how far in front of what is written the ring is asked for

struct frame_block {
    _Atomic uint64_t number; // of the blocks that were begun before it, and 1; 0: being begun
    _Atomic uint32_t used;
    uint32_t unused;
    uint8_t bytes[FRAME_BLOCK_BYTES - 16];
};

// Followed by `captured` bytes of the frame, and by what is missing to a multiple of eight.
struct frame_record {
    int64_t at_ns;
    uint32_t hash; // packet.hash: of its connection, both directions
    uint32_t frame_length;
    uint16_t captured, port;
    uint8_t tcp_flags, unused;
    uint16_t vlan; // packet.vlan: the port may have taken the tag off the frame
};

struct frame_ring {
    struct frame_block *blocks;
    size_t count;
    struct frame_block *in_hand;
    uint64_t number; // of the block in hand
    uint32_t used;   // of it
    bool payload;
};

// `bytes` are rounded down to whole blocks. NULL when there is no memory.
struct frame_ring *frame_ring_new(size_t bytes, bool payload);
void frame_ring_free(struct frame_ring *ring);
// Begins the next block.
void frame_ring_turn(struct frame_ring *ring);

static inline size_t frame_record_size(size_t captured)
{
    return (sizeof(struct frame_record) + captured + 7) & ~(size_t)7;
}

// How much of a frame is kept: up to its payload, which is none of a packet that was put together
// elsewhere, or is no TCP.
static inline size_t frame_kept(const struct frame_ring *ring, const uint8_t *frame,
    uint32_t captured, const struct packet *packet)
{
    size_t headers = (size_t)(packet->payload - frame);
    if (packet->kind != PACKET_TCP || headers > captured) {
        return 0;
    }
    size_t kept = ring->payload ? captured : headers;
    return kept < FRAME_BYTES_MAX ? kept : FRAME_BYTES_MAX;
}

// Headers have nearly always between 32 and 64 bytes: no call for these.
__attribute__((no_sanitize("thread"))) static inline void frame_copy(
    uint8_t *to, const uint8_t *frame, size_t count)
{
    if (__builtin_expect(count >= 32 && count <= 64, 1)) {
        memcpy(to, frame, 32);
        memcpy(to + count - 32, frame + count - 32, 32);
    } else {
        memcpy(to, frame, count);
    }
}

// By the worker, once a frame is decoded and has its instant.
__attribute__((no_sanitize("thread"))) static inline void frame_ring_add(
    struct frame_ring *ring, const uint8_t *frame, uint32_t captured, const struct packet *packet)
{
    size_t kept = frame_kept(ring, frame, captured, packet), size = frame_record_size(kept);
    if (kept == 0) {
        return;
    }
    if (ring->used + size > sizeof(ring->in_hand->bytes)) {
        frame_ring_turn(ring);
    }
    uint8_t *to = ring->in_hand->bytes + ring->used;
    __builtin_prefetch(to + FRAME_AHEAD, 1); // behind the ring's end too: it fetches nothing then
    const struct frame_record record = {.at_ns = packet->at.ns,
        .hash = packet->hash,
        .frame_length = packet->frame_length,
        .captured = (uint16_t)kept,
        .port = packet->tap_port,
        .tcp_flags = packet->tcp_flags,
        .vlan = packet->vlan};
    memcpy(to, &record, sizeof(record));
    frame_copy(to + sizeof(record), frame, kept);
    ring->used += (uint32_t)size;
    atomic_store_explicit(&ring->in_hand->used, ring->used, memory_order_release);
}

// A copy of what rings hold at one moment, and its frames in the order of time.
struct frame_snapshot;
// NULL when there is no memory.
struct frame_snapshot *frame_snapshot_take(struct frame_ring *const rings[], size_t count);
void frame_snapshot_free(struct frame_snapshot *snapshot);
size_t frame_snapshot_count(const struct frame_snapshot *snapshot);
// Its bytes follow it.
const struct frame_record *frame_snapshot_at(const struct frame_snapshot *snapshot, size_t index);
