#include "dataplane/evidence/frame_ring.h"

#include "config/memory.h"

#include <stdlib.h>

struct frame_snapshot {
    struct frame_block *blocks; // copies
    size_t mapped_bytes;
    const struct frame_record **frames;
    size_t count, capacity;
};

struct frame_ring *frame_ring_new(size_t bytes, bool payload)
{
    struct frame_ring *ring = calloc(1, sizeof(*ring));
    size_t count = bytes / sizeof(struct frame_block);
    if (ring == NULL || count == 0) {
        free(ring);
        return NULL;
    }
    ring->blocks = memory_map(count * sizeof(struct frame_block));
    ring->count = count;
    ring->payload = payload;
    if (ring->blocks == NULL) {
        free(ring);
        return NULL;
    }
    frame_ring_turn(ring);
    return ring;
}

void frame_ring_free(struct frame_ring *ring)
{
    if (ring != NULL) {
        memory_unmap(ring->blocks, ring->count * sizeof(struct frame_block));
        free(ring);
    }
}

void frame_ring_turn(struct frame_ring *ring)
{
    struct frame_block *block = &ring->blocks[ring->number++ % ring->count];
    atomic_store_explicit(&block->number, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&block->used, 0, memory_order_relaxed);
    atomic_store_explicit(&block->number, ring->number, memory_order_release);
    ring->in_hand = block;
    ring->used = 0;
}

// ---- copies

// False when its worker began it anew meanwhile, or never did.
__attribute__((no_sanitize("thread"))) static bool block_copy(
    const struct frame_block *block, struct frame_block *ret)
{
    uint64_t number = atomic_load_explicit(&block->number, memory_order_acquire);
    uint32_t used = atomic_load_explicit(&block->used, memory_order_acquire);
    if (number == 0 || used > sizeof(block->bytes)) {
        return false;
    }
    memcpy(ret->bytes, block->bytes, used);
    atomic_thread_fence(memory_order_acquire);
    atomic_init(&ret->number, number);
    atomic_init(&ret->used, used);
    return atomic_load_explicit(&block->number, memory_order_relaxed) == number;
}

// Only its own thread wrote it, but a length is checked all the same.
static void block_index(struct frame_snapshot *snapshot, const struct frame_block *block)
{
    uint32_t used = atomic_load_explicit(&block->used, memory_order_relaxed);
    for (uint32_t at = 0; at + sizeof(struct frame_record) <= used;) {
        const struct frame_record *record =
            (const struct frame_record *)(const void *)(block->bytes + at);
        size_t size = frame_record_size(record->captured);
        if (record->captured == 0 || size > used - at) {
            return;
        }
        snapshot->frames = memory_grow(
            snapshot->frames, snapshot->count, &snapshot->capacity, sizeof(snapshot->frames[0]));
        snapshot->frames[snapshot->count++] = record;
        at += (uint32_t)size;
    }
}

// Of one instant: as they lie in the copy, a worker's in their order.
static int time_order(const void *left, const void *right)
{
    const struct frame_record *one = *(const struct frame_record *const *)left;
    const struct frame_record *other = *(const struct frame_record *const *)right;
    return one->at_ns != other->at_ns ? (one->at_ns < other->at_ns ? -1 : 1)
           : one < other              ? -1
                                      : one > other;
}

struct frame_snapshot *frame_snapshot_take(struct frame_ring *const rings[], size_t count)
{
    struct frame_snapshot *snapshot = memory_zeroed(1, sizeof(*snapshot));
    size_t blocks = 0, copied = 0;
    for (size_t i = 0; i < count; i++) {
        blocks += rings[i]->count;
    }
    snapshot->mapped_bytes = blocks * sizeof(struct frame_block);
    snapshot->blocks = memory_map_as_needed(snapshot->mapped_bytes);
    if (snapshot->blocks == NULL) {
        free(snapshot);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rings[i]->count; j++) {
            copied += block_copy(&rings[i]->blocks[j], &snapshot->blocks[copied]);
        }
    }
    for (size_t i = 0; i < copied; i++) {
        block_index(snapshot, &snapshot->blocks[i]);
    }
    if (snapshot->count > 0) {
        qsort(snapshot->frames, snapshot->count, sizeof(snapshot->frames[0]), time_order);
    }
    return snapshot;
}

void frame_snapshot_free(struct frame_snapshot *snapshot)
{
    if (snapshot != NULL) {
        memory_unmap(snapshot->blocks, snapshot->mapped_bytes);
        free(snapshot->frames);
        free(snapshot);
    }
}

size_t frame_snapshot_count(const struct frame_snapshot *snapshot)
{
    return snapshot->count;
}

const struct frame_record *frame_snapshot_at(const struct frame_snapshot *snapshot, size_t index)
{
    return snapshot->frames[index];
}
