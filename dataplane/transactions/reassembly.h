// What cannot be read yet: segments behind a gap and the first bytes of a message, in one pool of
// blocks of fixed size per worker. Private to dataplane/.
#pragma once

#include "dataplane/transactions/connections.h"

#include <string.h>

#define BLOCK_BYTES 512

struct block {
    _Alignas(64) struct instant at; // of its packet
    uint64_t ordinal;               // of its packet
    uint32_t sequence;
    uint32_t length;
    uint32_t cut;            // bytes that followed but were cut off by the snap length
    uint32_t next;           // of the same direction, by sequence
    uint32_t older, younger; // of all held blocks, by arrival
    uint32_t owner;          // connection index * 2 + sender
    uint32_t hole;           // that it lies in: the block that marks its end (holes.c), or NONE
    // Of such a mark: the hole's part of its connection's state while it is not in hand.
    uint32_t from;      // `next`
    uint32_t direction; // of the pool
    uint32_t later;     // the next hole's mark; behind the last one the first one's
    uint16_t flags;
    uint16_t index; // of its packet's messages and gaps, the first that may be its own
};

_Static_assert(sizeof(struct block) == 64, "one cache line");

struct reassembly {
    struct block *blocks;
    uint8_t *bytes; // kept out of core dumps: there may be card data
    uint8_t *scratch;
    uint32_t count, used, free;
    uint32_t per_connection; // most blocks of one connection
    uint32_t scratch_size;
    size_t mapped;
    uint32_t oldest, youngest; // held blocks by arrival
    struct direction *directions;
    uint32_t direction_count, directions_used, direction_free;
    uint32_t hole_count, holes_most; // in use; directions are there for
};

// A segment, or what is left of it.
struct segment {
    const uint8_t *bytes;
    uint32_t length; // captured
    uint32_t cut;
    uint32_t sequence;
    uint32_t begin; // of the packet's payload
    struct instant at;
    uint64_t ordinal;
};

#define INDEX_LAST (UINT16_MAX - 2) // of a packet's messages; behind it gaps that it acknowledged

// What lies apart in a packet is numbered apart: a message is longer than the numbers it takes.
static inline uint16_t segment_index(const struct segment *segment)
{
    uint32_t offset = segment->sequence - segment->begin;
    return (uint16_t)(offset < INDEX_LAST ? offset : INDEX_LAST);
}

// Room for both directions of each connection and for as many holes as there may be; what was never
// needed of it takes no memory.
bool reassembly_init(
    struct reassembly *pool, int64_t pool_bytes, int64_t held_bytes, uint32_t connections);
void reassembly_done(struct reassembly *pool);

static inline const uint8_t *block_bytes(const struct reassembly *pool, uint32_t block)
{
    return pool->bytes + (size_t)block * BLOCK_BYTES;
}

// What the direction keeps: only while its flags are HELD, PARTIAL or PENDING.
static inline struct direction *direction_of(
    const struct reassembly *pool, const struct connection *connection, enum side sender)
{
    return &pool->directions[connection->direction[sender]];
}

// The same, out of the pool when it keeps nothing yet.
struct direction *direction_take(
    struct reassembly *pool, struct connection *connection, enum side sender);
// Back to the pool when none of the flags is left.
void direction_release(struct reassembly *pool, struct connection *connection, enum side sender);

// The first block that is held, or NONE.
static inline uint32_t held_first(
    const struct reassembly *pool, const struct connection *connection, enum side sender)
{
    return connection->flags[sender] & DIRECTION_HELD
               ? direction_of(pool, connection, sender)->held_first
               : NONE;
}

static inline uint32_t partial_length(
    const struct reassembly *pool, const struct connection *connection, enum side sender)
{
    return connection->flags[sender] & DIRECTION_PARTIAL
               ? direction_of(pool, connection, sender)->partial_length
               : 0;
}

struct held {
    uint32_t stored;     // new bytes
    uint32_t overlapped; // bytes that are held already: the first copy wins
};

// Holds a segment that begins behind `next`; a segment of no bytes marks a place that must come.
// The segment is left with what did not find room: false then.
bool held_insert(struct reassembly *pool, struct connection *connection, enum side sender,
    uint32_t owner, struct segment *segment, struct held *ret);
// Parts what the direction holds: what lies in front of the segment leaves it, together with what
// else its struct direction keeps and with a mark at its end that holds the segment's place. That
// mark; NONE, and nothing done, without room or when something is held of the segment's bytes.
uint32_t held_part(struct reassembly *pool, struct connection *connection, enum side sender,
    uint32_t owner, const struct segment *segment);
// Takes the first block out of both lists. Its bytes stay until block_free.
uint32_t held_take(struct reassembly *pool, struct connection *connection, enum side sender);
void block_free(struct reassembly *pool, struct connection *connection, uint32_t block);

// memcpy by the library: where a compiler knows that there are 512 bytes at most it copies by
// `rep movs` instead, which takes longer to begin than a message to be copied.
static inline void block_copy(uint8_t *to, const uint8_t *from, size_t length)
{
    __asm__("" : "+r"(length));
    memcpy(to, from, length);
}

// Adds to the direction's partial message. False, and nothing kept, when there is no room.
bool partial_add(struct reassembly *pool, struct connection *connection, enum side sender,
    const uint8_t *bytes, uint32_t length);
// Copies the partial message to the scratch buffer and lets go of its blocks. Returns its length.
uint32_t partial_take(struct reassembly *pool, struct connection *connection, enum side sender);
// Lets go of it. Returns its length.
uint32_t partial_drop(struct reassembly *pool, struct connection *connection, enum side sender);
