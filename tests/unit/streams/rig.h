// What the tests of streams stand on: settings in memory, the shipped CUPS dialect, messages that
// know their number (field 4), packets made by hand, and the output as one line of text.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/tally.h"
#include "dataplane/packets/packets.h"
#include "dataplane/transactions/dialects.h"
#include "dataplane/transactions/transactions.h"

#define RIG_BASE_S 1773108000LL // 2026-03-10T10:00:00+08:00

struct rig {
    struct settings settings;
    struct network_settings network;
    struct link_settings links[2]; // 0: 10.1/16 and 10.2/16; 1: 10.1/16 and 10.3/16 port 9000
    struct address_range ranges[3];
    struct dialects *dialects;
    struct tally *tally;
    struct link_facts facts;
    struct streams *streams;
    uint64_t ordinal; // of the last packet
    struct messages out;
    struct message batch[16];
    struct message *messages; // all that came out
    size_t count, capacity;
};

// The settings may be changed before rig_start, and dialects given that were made of them.
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_done(struct rig *rig);

struct instant rig_at(int64_t ns);

// One business request or answer (0200, 0210) of exactly `length` bytes on the stream, 119 to 600,
// whose field 4 is `number`. Its filler is digits by `seed`, or letters when it is 0. Behind it
// comes a fixed field when `seed` is even, nothing when it is odd.
void rig_message_write(
    uint8_t *bytes, uint32_t length, bool answer, uint64_t number, uint32_t seed);
#define RIG_MESSAGE_SHORTEST 119

// A TCP packet of connection number `connection` of link 0, sent by our or by their side.
struct packet rig_packet(unsigned connection, bool from_ours, int64_t at_ns, uint32_t sequence,
    const uint8_t *bytes, uint32_t length);
// Gives it to the streams as the next packet of the capture.
void rig_send(struct rig *rig, struct packet packet);
// The same for a burst, which is numbered on.
void rig_send_burst(struct rig *rig, struct packet *packets, size_t count);
void rig_advance(struct rig *rig, struct instant now);

// Adds up what the tally has of a link.
struct link_counts rig_link(struct rig *rig, uint16_t link);
