// One worker's table of TCP connections: fixed memory, found by the packet's hash. Private to
// dataplane/.
#pragma once

#include "dataplane/packets/packets.h"
#include "dataplane/transactions/link_find.h"

#include <string.h>

#define NONE UINT32_MAX

// Of one direction, which is named by its sender.
enum direction_flag {
    DIRECTION_KNOWN = 0x01,     // `next` is set
    DIRECTION_STARTED = 0x02,   // payload was seen, or given up
    DIRECTION_SYN = 0x04,       // its SYN was seen: `initial` is set
    DIRECTION_FIN = 0x08,       // its FIN was seen: `end` is set
    DIRECTION_SEARCHING = 0x10, // at `next` no message begins: the framing is looked for
    DIRECTION_BAD = 0x20,       // searching because bytes were no message
    DIRECTION_PARTIAL = 0x40,   // the first bytes of a message are kept
    DIRECTION_HELD = 0x80,      // bytes are held behind a gap
    DIRECTION_PENDING = 0x100,  // the receiver has acknowledged bytes that were not seen
};

enum connection_state {
    CONNECTION_RESET = 0x01,       // RST was seen
    CONNECTION_MIDSTREAM = 0x02,   // its begin was not seen
    CONNECTION_CLIENT = 0x04,      // the opener is known ...
    CONNECTION_BY_THEIRS = 0x08,   // ... and is their side
    CONNECTION_ANSWERED = 0x10,    // SYN-ACK was seen
    CONNECTION_HAS_PAYLOAD = 0x20, // in either direction
};

// Connections wait in three queues, so that those without payload and those that are over never
// push out the others.
enum connection_queue { QUEUE_MAIN, QUEUE_BARE, QUEUE_CLOSED, QUEUES, QUEUE_FREE = QUEUES };

// What a direction keeps beside its place in the stream: one cache line, for the slow paths.
struct direction {
    uint32_t held_first, held_last;       // blocks behind a gap, by sequence
    uint32_t partial_first, partial_last; // blocks of a message's first bytes
    uint32_t partial_length;
    uint32_t needed;                       // bytes of that message in all; 0: not known yet
    uint32_t initial, end;                 // sequence of SYN and of FIN
    uint32_t pending, acknowledged;        // the acknowledgement that is waited for; the latest
    uint32_t pending_older, pending_newer; // list of waiting directions
    struct instant pending_at;
    uint64_t pending_ordinal;
};

struct connection {
    // Line 1: what every packet compares.
    uint8_t address[2][16]; // by enum side
    uint16_t port[2];
    uint32_t next[2]; // sequence of the next byte, by sender
    uint16_t flags[2];
    uint16_t link, vlan_class;
    uint32_t hash;
    uint16_t blocks; // of the pool, both directions
    uint8_t state, queue;
    uint32_t minute; // in which it was counted last (link_counts.connections)
    // Line 2: what every message moves on.
    struct instant last_seen;
    struct instant position_at[2]; // of the packet whose bytes are being read
    uint64_t position_ordinal[2];
    int32_t balance[2];         // requests less answers so far
    uint16_t position_index[2]; // messages of that packet so far
    uint32_t queue_older, queue_newer;
    uint32_t queued_s;
    // Lines 3 and 4.
    struct direction directions[2];
};

_Static_assert(sizeof(struct direction) == 64, "one cache line");
_Static_assert(sizeof(struct connection) == 256, "four cache lines");

struct slot {
    uint32_t hash, index; // index NONE: free
};

struct queue {
    uint32_t oldest, newest, count, limit;
};

struct connections {
    struct connection *entries;
    struct slot *slots;
    uint32_t slot_count; // a power of two
    uint32_t entry_count, used, free;
    struct queue queues[QUEUES];
};

// `most` connections with payload, an eighth of it (and a few) without, the same of closed ones.
bool connections_init(struct connections *table, uint32_t most);
void connections_done(struct connections *table);

static inline uint32_t connection_hash(uint32_t packet_hash, uint16_t vlan_class)
{
    uint32_t hash = packet_hash + vlan_class * 0x9e3779b1u;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

// The first entry whose hash fits, or NONE: for prefetching, not yet compared.
static inline uint32_t connections_candidate(const struct connections *table, uint32_t hash)
{
    uint32_t mask = table->slot_count - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        const struct slot *slot = &table->slots[i];
        if (slot->index == NONE || slot->hash == hash) {
            return slot->index;
        }
    }
}

static inline bool addresses_are(const uint8_t a[16], const uint8_t b[16])
{
    uint64_t x[2], y[2];
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline bool connection_sends(const struct connection *connection, enum side side,
    const struct packet *packet, uint16_t vlan_class)
{
    return connection->port[side] == packet->source_port &&
           connection->port[!side] == packet->destination_port &&
           connection->vlan_class == vlan_class &&
           addresses_are(connection->address[side], packet->source) &&
           addresses_are(connection->address[!side], packet->destination);
}

// Whether the packet belongs to the connection; *sender is its source's side.
static inline bool connection_is(const struct connection *connection, const struct packet *packet,
    uint16_t vlan_class, enum side *sender)
{
    if (connection_sends(connection, OURS, packet, vlan_class)) {
        *sender = OURS;
        return true;
    }
    bool found = connection_sends(connection, THEIRS, packet, vlan_class);
    if (found) {
        *sender = THEIRS;
    }
    return found;
}

// NONE when there is none.
uint32_t connections_find(const struct connections *table, const struct packet *packet,
    uint32_t hash, uint16_t vlan_class, enum side *sender);

// The queue's oldest entry that was not touched since it was queued, as far as a few looks tell;
// NONE when the queue has room.
uint32_t connections_victim(struct connections *table, enum connection_queue queue);
// A new entry in QUEUE_BARE, which has room; zeroed but for its key.
uint32_t connections_add(struct connections *table, const struct packet *packet, uint32_t hash,
    uint16_t vlan_class, uint16_t link, enum side sender, struct instant at);
// Puts the entry at the young end of a queue, which has room.
void connections_queue(struct connections *table, uint32_t index, enum connection_queue queue);
void connections_remove(struct connections *table, uint32_t index);
// Forgets everything of the entry but its key and places: as after connections_add.
void connection_renew(struct connection *connection);
