// One worker of a crew: its streams, the keys it owns, its sums. All of it belongs to one thread;
// the mesh is all that it shares with the others. Private to dataplane/.
#pragma once

#include "dataplane/mesh.h"
#include "dataplane/worker.h"

struct member;

// `blocks`: who finds a ring full waits; else the message is lost, and counted. `wait` is called
// again and again while this worker waits for another. Dialects and mesh outlive it. NULL after
// mistakes.
struct member_options {
    const struct dialects *dialects;
    struct mesh *mesh;
    size_t number;
    bool blocks;
    void (*wait)(void *context, size_t number);
    void *context;
};
struct member *member_new(const struct settings *settings, const struct member_options *options,
    struct mistakes *mistakes);
void member_free(struct member *member);

// As dataplane_packets and dataplane_advance, of this worker's connections.
void member_packets(struct member *member, const struct packet *packets, size_t count);
void member_advance(struct member *member, struct instant now);
// Takes what the others sent and pairs as far as all of them have come. True once all have ended.
bool member_pass(struct member *member);
// This worker's packets are over. Returns when all workers' are.
void member_end(struct member *member);

// As dataplane_tick: this worker's part of it. Every worker has the same ticks.
bool member_tick(struct member *member, struct counters *ret);

// What it remembers of processed transactions (counters/processed.h), for the grouping of intents.
struct processed;
const struct processed *member_processed(const struct member *member);

// Sums, to be added to. Messages that found no room are not in them.
void member_counts(const struct member *member, struct dataplane_counts *ret);
uint64_t member_lost(const struct member *member);
