// What the packet side of the dataplane hands to its pairing side, and the ring between the two
// when each has a thread of its own. Private to dataplane/.
//
// A burst of packets becomes one batch, or several when it holds many messages: only the last one
// of a burst is complete. The ring has one producer and one consumer. Batches are filled where they
// lie, and change hands in groups, so that a thread is woken seldom; both sides block.
#pragma once

#include "dataplane/counters/counters.h"
#include "dataplane/transactions/message.h"

#include <stdbool.h>

#define BATCH_MESSAGES 256

// What streams say of a link, of one tick that is complete.
struct link_tick {
    int64_t tick_s;
    struct link_counts counts;
};

// How far the packet side has come.
struct reach {
    bool started;               // there was a packet
    bool ends;                  // no packet will come
    struct instant first, last; // of all packets so far
    struct instant watermark;   // no message before it will come
    uint64_t connections_evicted, bytes_read;
};

struct batch {
    struct message items[BATCH_MESSAGES];
    size_t count;
    bool complete; // the burst ends here: what follows is set
    struct reach reach;
    struct link_tick *link_ticks; // those that became complete
    size_t link_tick_count, link_tick_capacity;
};

// No fact of this tick, or of one before it, will come.
static inline bool reach_completes(const struct reach *reach, int64_t tick_s)
{
    if (reach->ends) { // the first whole second that is not before the last packet
        return (reach->last.ns - 1) / NS_PER_S + 1 >= tick_s;
    }
    return instant_from_s(tick_s).ns < reach->watermark.ns; // facts at the tick itself are in
}

void batch_done(struct batch *batch);

// Takes a filled batch over; gives the next one to fill.
typedef struct batch *batch_push(void *context, struct batch *filled);

struct batch_ring;
struct batch_ring *batch_ring_new(void); // NULL when there is no memory
void batch_ring_free(struct batch_ring *ring);

// Producer. A batch_push: `context` is the ring. Waits for room.
struct batch *batch_ring_push(void *context, struct batch *filled);
struct batch *batch_ring_first(struct batch_ring *ring); // to fill
bool batch_ring_is_stopped(struct batch_ring *ring);

// Consumer. The next batch; the one before goes back. Waits for it.
struct batch *batch_ring_take(struct batch_ring *ring);
// Nothing more will be taken: the producer shall come to its end without waiting.
void batch_ring_stop(struct batch_ring *ring);
