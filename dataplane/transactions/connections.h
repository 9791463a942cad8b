// One worker's table of TCP connections: fixed memory, found by the packet's hash. Private to
// dataplane/.
#pragma once

#include "dataplane/packets/packets.h"
#include "dataplane/transactions/link_find.h"

#include <stddef.h>
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
    DIRECTION_AHEAD = 0x200,    // has holes that no acknowledgement has passed yet (holes.c)
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

// What a direction keeps while bytes of it are held, kept or waited for (HELD, PARTIAL, PENDING):
// one cache line out of a pool, see reassembly.h.
struct direction {
    uint32_t held_first, held_last;       // blocks behind a gap, by sequence
    uint32_t partial_first, partial_last; // blocks of a message's first bytes
    uint32_t partial_length;
    uint32_t needed;                // bytes of that message in all; 0: not known yet
    uint32_t pending, acknowledged; // the acknowledgement that is waited for; the latest
    struct instant pending_at;
    uint64_t pending_ordinal;
    uint32_t pending_older, pending_newer; // list of waiting directions
    uint32_t owner;                        // connection index * 2 + sender
    union {
        uint32_t next; // of the free ones
        uint32_t hole; // whose it is, see struct block; NONE: its connection's
    };
};

struct connection {
    // Line 1: all that most packets read and write.
    uint8_t address[2][16]; // by enum side
    uint16_t port[2];
    uint16_t link, vlan_class;
    uint32_t next[2]; // sequence of the next byte, by sender
    struct instant last_seen;
    uint16_t flags[2];
    uint8_t state, queue; // read with `minute` as one number, see connection_place
    uint16_t minute;      // in which it was counted last (link_counts.connections); 0: never
    // Line 2: what messages, SYN and FIN move on.
    int32_t balance[2];          // requests less answers so far
    uint32_t initial[2], end[2]; // sequence of SYN and of FIN, when the flags say so
    uint32_t direction[2];       // of the pool, or NONE
    uint32_t hash;
    uint32_t queue_older, queue_newer;
    uint32_t queued_s;
    uint32_t holes[2]; // of the pool: the last one's mark, or NONE
    uint16_t blocks;   // of the pool, both directions
    uint16_t reserved[3];
};

_Static_assert(offsetof(struct connection, state) + 4 == 64, "state, queue, minute");
_Static_assert(
    offsetof(struct packet, source_port) + 2 == offsetof(struct packet, destination_port),
    "both ports are one number");
_Static_assert(sizeof(struct direction) == 64, "one cache line");
_Static_assert(offsetof(struct connection, balance) == 64, "the first cache line");
_Static_assert(sizeof(struct connection) == 128, "two cache lines");

// Where the connection stands, as far as most packets must know: its queue, with payload or not,
// the minute that it was counted in. To be compared only.
static inline uint32_t connection_place(const struct connection *connection)
{
    const uint8_t bits[4] = {CONNECTION_HAS_PAYLOAD, 0xff, 0xff, 0xff};
    uint32_t place, mask;
    memcpy(&place, &connection->state, sizeof(place));
    memcpy(&mask, bits, sizeof(mask));
    return place & mask;
}

static inline uint32_t place_of_main(uint16_t minute)
{
    const struct connection counted = {
        .state = CONNECTION_HAS_PAYLOAD, .queue = QUEUE_MAIN, .minute = minute};
    return connection_place(&counted);
}

struct slot {
    uint32_t hash;
    uint32_t place; // index + 1; 0: free
};

struct queue {
    uint32_t oldest, newest, count, limit;
};

struct connections {
    struct connection *entries; // the first `used` of them were ever in use
    struct slot *slots;
    uint32_t slot_count; // a power of two
    uint32_t entry_count, used, free;
    struct queue queues[QUEUES];
};

// `most` connections with payload, an eighth of it (and a few) without, the same of closed ones.
bool connections_init(struct connections *table, uint32_t most);
void connections_done(struct connections *table);

// The packet's hash is mixed and keyed already.
static inline uint32_t connection_hash(uint32_t packet_hash, uint16_t vlan_class)
{
    return packet_hash + vlan_class * 0x9e3779b1u;
}

// The first entry whose hash fits, or NONE: for prefetching, not yet compared.
static inline uint32_t connections_candidate(const struct connections *table, uint32_t hash)
{
    uint32_t mask = table->slot_count - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        const struct slot *slot = &table->slots[i];
        if (slot->place == 0 || slot->hash == hash) {
            return slot->place - 1;
        }
    }
}

static inline uint64_t bytes_differ(const uint8_t a[16], const uint8_t b[16])
{
    uint64_t x[2], y[2];
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    return (x[0] ^ y[0]) | (x[1] ^ y[1]);
}

static inline bool connection_sends(const struct connection *connection, enum side side,
    const struct packet *packet, uint16_t vlan_class)
{
    uint32_t ports, ours_first;
    memcpy(&ports, &packet->source_port, sizeof(ports));
    memcpy(&ours_first, connection->port, sizeof(ours_first));
    uint32_t expected = side == OURS ? ours_first : ours_first << 16 | ours_first >> 16;
    return (bytes_differ(connection->address[side], packet->source) |
               bytes_differ(connection->address[!side], packet->destination) | (ports ^ expected) |
               (uint64_t)(connection->vlan_class ^ vlan_class)) == 0;
}

// The only side that can have sent the packet, unless hosts of different networks share the lower
// half of their addresses. Found without a branch, for a processor cannot foresee it.
static inline enum side connection_guess(
    const struct connection *connection, const struct packet *packet)
{
    uint64_t ours, source;
    memcpy(&ours, connection->address[OURS] + 8, sizeof(ours));
    memcpy(&source, packet->source + 8, sizeof(source));
    uint64_t differs = (ours ^ source) | (uint64_t)(connection->port[OURS] ^ packet->source_port);
    return differs == 0 ? OURS : THEIRS;
}

// Whether the packet belongs to the connection; *sender is its source's side.
static inline bool connection_is(const struct connection *connection, const struct packet *packet,
    uint16_t vlan_class, enum side *sender)
{
    *sender = connection_guess(connection, packet);
    if (__builtin_expect(connection_sends(connection, *sender, packet, vlan_class), 1)) {
        return true;
    }
    *sender = !*sender;
    return connection_sends(connection, *sender, packet, vlan_class);
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
