// The dataplane as workers that are threads: each takes packets from its own receive queues, and
// they hand each other what belongs together. The verdict does not depend on how many there are.
// For one thread that emulates workers (replay) see worker.h.
#pragma once

#include "dataplane/worker.h"

struct crew;

// How receive queues and workers go together.
struct crew_spread {
    size_t workers;
    size_t queues; // of a port, spread by rss.h's hash: queue q is read by worker q % workers
};

enum crew_time {
    CREW_WALL,    // nothing waits: what finds no room is lost, counted, and unobserved
    CREW_PACKETS, // everything waits: the result depends on the packets alone
};

// `wait(context, worker)` is called again and again while a worker waits for another one: it must
// let that worker's complete ticks leave, and rest a little. NULL after mistakes.
struct crew *crew_new(const struct settings *settings, const struct crew_spread *spread,
    enum crew_time time, void (*wait)(void *context, size_t worker), void *context,
    struct mistakes *mistakes);
void crew_free(struct crew *crew);

// The calls below with `worker` are for that worker's thread alone.

// A burst in order of (at, ordinal) from the worker's own queues, which may be empty; the array is
// used. `over`: nothing will come from them any more.
void crew_packets(
    struct crew *crew, size_t worker, struct packet *packets, size_t count, bool over);
// CREW_WALL: no packet for a while, time is `now` all the same.
void crew_advance(struct crew *crew, size_t worker, struct instant now);
// Takes messages of the others and pairs, while the worker waits for something else.
void crew_pass(struct crew *crew, size_t worker);
// The worker receives no more. Returns once all workers have come so far, and everything is ended.
void crew_end(struct crew *crew, size_t worker);

// The worker's part of the next tick, when it is complete: the same ticks for every worker, to be
// added together. Arrays live until the next call.
bool crew_tick(struct crew *crew, size_t worker, struct counters *ret);

// Groups the tries of one intent once the workers' ticks are added together: for who adds them.
struct intents;
struct intents *crew_intents(struct crew *crew);

struct crew_counts {
    struct dataplane_counts dataplane;
    uint64_t handed_over;   // packets of connections that another worker owns
    uint64_t lost_packets;  // of these, for want of room
    uint64_t lost_messages; // to the owners of their keys, for want of room
};
// Of one worker, for its own thread.
void crew_worker_counts(const struct crew *crew, size_t worker, struct crew_counts *ret);
// Sources of provinces whose codes fit the other system better: at most `most`. For any thread.
size_t crew_misfits(const struct crew *crew, struct region_misfit *ret, size_t most);
// Of all, once they have ended.
void crew_counts(const struct crew *crew, struct crew_counts *ret);
