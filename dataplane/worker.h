// The dataplane as one object: N workers, each with its streams and its pairing, the exchange
// between them, and the tally that the ticks are taken from. The verdict does not depend on N.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/region_codes.h"
#include "dataplane/transactions/transactions.h"

struct dataplane;

// `sink` sees every transaction in the order of (known_at, ordinal), or is NULL. NULL after
// mistakes.
struct dataplane *dataplane_new(const struct settings *settings, size_t workers,
    transaction_sink *sink, void *context, struct mistakes *mistakes);
void dataplane_free(struct dataplane *dataplane);

// A burst in order of time: each packet goes to the worker of its connection.
void dataplane_packets(struct dataplane *dataplane, const struct packet *packets, size_t count);
// No packet for a while: time is `now` all the same, from the first call on also before any packet.
// Packets that are stamped earlier then count as seen at `now`.
void dataplane_advance(struct dataplane *dataplane, struct instant now);
// The capture is over: everything held is given up, everything open ends.
void dataplane_end(struct dataplane *dataplane);

// In place of the two above: the captures to their end, read ahead of the caller in a thread of its
// own where one is to be had. They belong to the dataplane until dataplane_next was false.
void dataplane_read(struct dataplane *dataplane, struct captures *captures);
// Their next burst; false when all of it was taken, and the end too.
bool dataplane_next(struct dataplane *dataplane);
// One corrupt stamp must not make hours of empty ticks, nor put all that follows at one instant: a
// packet (or tick) this far from those before it ends the reading in front of it.
#define APART_MOST_DAYS 31
bool is_far(struct instant before, struct instant at);
struct far_packet {
    struct instant at, before;
    uint64_t ordinal;
    uint16_t tap_port;
};
// Once dataplane_next was false; NULL when there was none.
const struct far_packet *dataplane_far_packet(const struct dataplane *dataplane);
// Of the captures, as far as dataplane_next has come.
uint64_t dataplane_bytes_read(const struct dataplane *dataplane);

// The next tick that is complete: every worker's watermark is past it. None is skipped, from the
// second of the first packet on. False when the next one is not complete yet. Arrays live until the
// next call.
bool dataplane_tick(struct dataplane *dataplane, struct counters *ret);

struct dataplane_counts {
    struct stream_counts streams;
    struct parse_counts parse;
    struct transaction_counts transactions;
    uint64_t by_outcome[16];
    uint64_t
        disordered_packets; // stamped earlier than the packet before them: counted as seen then
};
// Sources of provinces whose codes fit the other system better: at most `most`.
size_t dataplane_misfits(const struct dataplane *dataplane, struct region_misfit *ret, size_t most);
void dataplane_counts(const struct dataplane *dataplane, struct dataplane_counts *ret);
