// One worker's packet side, as the files behind messages_from_packets share it: from_packets.c
// (bursts), tcp.c (one connection), segments.c and holes.c (what is not the next one), gaps.c (what
// was not seen), reading.c (bytes in order → messages). Private to dataplane/.
#pragma once

#include "dataplane/counters/tally.h"
#include "dataplane/transactions/accounts.h"
#include "dataplane/transactions/connections.h"
#include "dataplane/transactions/dialects.h"
#include "dataplane/transactions/reassembly.h"
#include "dataplane/transactions/transactions.h"

// Later than any packet's instant; leaves room for adding time limits.
#define INSTANT_LATEST ((struct instant){INT64_MAX / 2})

// Of the packet whose bytes are being read. Whoever reads sets it first; bytes of one packet that
// are read one after the other go on where they were.
struct position {
    struct instant at;
    uint64_t ordinal;
    uint32_t owner; // direction_id
    uint16_t index; // messages of that packet so far
};

struct streams {
    const struct settings *settings;
    const struct dialects *dialects;
    struct plans *plans;
    struct link_facts *facts;
    struct link_finder *links;
    struct connections connections;
    struct reassembly pool;
    uint32_t pending_oldest, pending_newest; // directions that wait for acknowledged bytes
    struct position position;
    struct instant now;
    struct instant deadline;  // nothing expires before; may be too early, never too late
    int64_t second;           // of the last packet that went the long way ...
    uint32_t place;           // ... where connections stand that can go the short one then
    struct messages *out;     // of the call in hand
    struct accounts accounts; // of messages in `out`
    struct stream_counts counts;
    struct parse_counts parse_counts;
};

// Sequence arithmetic: how far `to` is ahead of `from`; negative when it is behind.
static inline int32_t ahead_of(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

static inline uint32_t direction_id(
    const struct streams *streams, const struct connection *connection, enum side sender)
{
    return (uint32_t)(connection - streams->connections.entries) * 2 + sender;
}

// ---- reading.c: bytes in order → messages

// The bytes that follow came with this packet; what it brings now is numbered from `index` on.
static inline void position_set(struct streams *streams, const struct connection *connection,
    enum side sender, struct instant at, uint64_t ordinal, uint16_t index)
{
    struct position *position = &streams->position;
    uint32_t owner = direction_id(streams, connection, sender);
    if (position->ordinal != ordinal || position->owner != owner || position->at.ns != at.ns) {
        *position = (struct position){at, ordinal, owner, index};
    } else if (position->index < index) {
        position->index = index;
    }
}

// The same of a held block, in the direction in hand, unless a later packet was needed already.
static inline void position_raise(struct streams *streams, const struct block *block)
{
    struct position *position = &streams->position;
    if (block->at.ns > position->at.ns ||
        (block->at.ns == position->at.ns && block->ordinal > position->ordinal)) {
        *position = (struct position){block->at, block->ordinal, position->owner, block->index};
    }
}

// The ordinal of the next message at the position.
static inline uint64_t position_ordinal_next(struct streams *streams)
{
    uint16_t index = streams->position.index;
    if (index < INDEX_LAST) {
        streams->position.index++;
    }
    return streams->position.ordinal * 65536 + index;
}

// Of a gap that an acknowledgement shows: behind the packet's messages, and one number for each
// direction, for one packet may show a gap of both.
static inline uint64_t gap_ordinal(uint64_t ordinal, enum side sender)
{
    return ordinal * 65536 + UINT16_MAX - sender;
}

// The next free place, as messages_reserve. No message leaves before its account is there.
static inline struct message *streams_reserve(struct streams *streams)
{
    if (__builtin_expect(streams->out->count == streams->out->capacity, 0)) {
        accounts_hash(&streams->accounts);
    }
    return messages_reserve(streams->out);
}

// Reads a packet's payload at `next`, nothing of which was read before, and moves `next` on. The
// packet's bytes must stay until accounts_hash; `facts` are those of its link and instant.
void stream_read_packet(struct streams *streams, struct connection *connection, enum side sender,
    const struct packet *packet, struct instant at, struct link_counts *facts);
// Reads the bytes at `next` and moves it on.
void stream_read(struct streams *streams, struct connection *connection, enum side sender,
    const uint8_t *bytes, uint32_t length);
// A partial message will not become whole, because bytes behind it are missing: its own are too.
void stream_cut(
    struct streams *streams, struct connection *connection, enum side sender, struct instant at);
// The same because its direction is over or begins anew: nothing is missing of it.
void stream_end(struct streams *streams, struct connection *connection, enum side sender);

// ---- gaps.c: what was not seen

// By the link's role and who opened the connection.
bool direction_asks_by_role(
    const struct streams *streams, const struct connection *connection, enum side sender);

// Whether this direction's bytes are requests, for what is counted by bytes.
static inline bool direction_sends_requests(
    const struct streams *streams, const struct connection *connection, enum side sender)
{
    if (connection->balance[sender] != 0) {
        return connection->balance[sender] > 0;
    }
    if (connection->balance[!sender] != 0) {
        return connection->balance[!sender] < 0;
    }
    return direction_asks_by_role(streams, connection, sender);
}

// What became of bytes of the direction, for the link's facts: read, or not to be read.
static inline void bytes_count(struct streams *streams, const struct connection *connection,
    enum side sender, struct instant at, size_t seen, size_t missing)
{
    struct link_counts *facts = link_facts_at(streams->facts, connection->link, at);
    bool requests = direction_sends_requests(streams, connection, sender);
    *(requests ? &facts->seen_request_bytes : &facts->seen_answer_bytes) += (int64_t)seen;
    *(requests ? &facts->missing_request_bytes : &facts->missing_answer_bytes) += (int64_t)missing;
}

// Puts out that `amount` bytes of the direction were never seen.
void gap_put(struct streams *streams, const struct connection *connection, enum side sender,
    uint32_t amount, struct instant at, uint64_t ordinal);
// The bytes from `next` to `to` are missing, known at the direction's position.
void gap_give_up(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t to);
// Gives up what is missing in front of the first held block, and reads what is held behind it.
void gap_give_up_held(struct streams *streams, struct connection *connection, enum side sender);
// Reads held blocks that have become the next ones.
void held_read(struct streams *streams, struct connection *connection, enum side sender);
// Bytes were held at `at`: they will be given up in time.
void held_note(struct streams *streams, struct instant at);
// The receiver has acknowledged bytes up to `to`, more than were seen.
void pending_note(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at, uint64_t ordinal);
// `next` has moved on: forget or renew what was waited for.
void pending_review(struct streams *streams, struct connection *connection, enum side sender,
    struct instant at, uint64_t ordinal);
// The snap length cut off what lies between `next` and `end`, as far as no held block has it.
void gap_give_up_cut(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t end);
// Gives up everything that the direction waits for.
void gaps_flush(struct streams *streams, struct connection *connection, enum side sender);
// Gives up what was waited for too long before `now`.
void gaps_expire(struct streams *streams, struct instant now);
// The oldest instant that something waits for; INSTANT_NEVER without.
struct instant gaps_oldest(const struct streams *streams);
