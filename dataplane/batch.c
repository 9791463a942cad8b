#include "dataplane/batch.h"

#include <pthread.h>
#include <stdlib.h>

#define BATCHES 64 // a power of two
#define GROUP   16 // that change hands at once

struct batch_ring {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t filled, taken; // under the mutex: how many so far, as the other side may know
    bool stopped;           // under the mutex
    // Producer.
    uint32_t next_fill, seen_taken;
    // Consumer.
    uint32_t next_take, seen_filled;
    struct batch batches[BATCHES];
};

void batch_done(struct batch *batch)
{
    free(batch->link_ticks);
    batch->link_ticks = NULL;
}

struct batch_ring *batch_ring_new(void)
{
    struct batch_ring *ring = calloc(1, sizeof(*ring));
    if (ring != NULL) {
        pthread_mutex_init(&ring->mutex, NULL);
        pthread_cond_init(&ring->changed, NULL);
    }
    return ring;
}

void batch_ring_free(struct batch_ring *ring)
{
    if (ring == NULL) {
        return;
    }
    for (size_t i = 0; i < BATCHES; i++) {
        batch_done(&ring->batches[i]);
    }
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->mutex);
    free(ring);
}

static struct batch *batch_at(struct batch_ring *ring, uint32_t number)
{
    return &ring->batches[number % BATCHES];
}

// ---- producer

struct batch *batch_ring_first(struct batch_ring *ring)
{
    return batch_at(ring, ring->next_fill);
}

// Tells the consumer of all that is filled, and waits until one more can be.
static void ring_hand_over(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    ring->filled = ring->next_fill;
    pthread_cond_signal(&ring->changed);
    while (ring->next_fill - ring->taken == BATCHES && !ring->stopped) {
        pthread_cond_wait(&ring->changed, &ring->mutex);
    }
    ring->seen_taken = ring->taken;
    pthread_mutex_unlock(&ring->mutex);
}

struct batch *batch_ring_push(void *context, struct batch *filled)
{
    struct batch_ring *ring = context;
    ring->next_fill++;
    bool full = ring->next_fill - ring->seen_taken == BATCHES;
    if (full || ring->next_fill % GROUP == 0 || (filled->complete && filled->reach.ends)) {
        ring_hand_over(ring);
    }
    return batch_at(ring, ring->next_fill);
}

bool batch_ring_is_stopped(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    bool stopped = ring->stopped;
    pthread_mutex_unlock(&ring->mutex);
    return stopped;
}

// ---- consumer

// Gives back all that was taken, and waits until there is one more.
static void ring_give_back(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    ring->taken = ring->next_take;
    pthread_cond_signal(&ring->changed);
    while (ring->filled == ring->next_take) {
        pthread_cond_wait(&ring->changed, &ring->mutex);
    }
    ring->seen_filled = ring->filled;
    pthread_mutex_unlock(&ring->mutex);
}

struct batch *batch_ring_take(struct batch_ring *ring)
{
    if (ring->next_take == ring->seen_filled || ring->next_take % GROUP == 0) {
        ring_give_back(ring);
    }
    return batch_at(ring, ring->next_take++);
}

void batch_ring_stop(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    ring->stopped = true;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->mutex);
}
