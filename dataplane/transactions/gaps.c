// What was not seen.
//
// Bytes of a direction are missing when
//
//   (a) the receiver has acknowledged them, and they have not come `packets.disorder` later: the
//       tap lost them (or never sees this direction);
//   (b) bytes behind them have been held for `packets.hold`, acknowledged or not;
//   (c) there is no room to hold what is behind them (held_over_limit);
//   (d) the snap length cut them off: known at once.
//
// Then their number goes to the link's facts and to a MESSAGE_GAP, whatever partial message they
// cut is dropped, and reading goes on behind them, SEARCHING. What is dropped or jumped over in
// that search came, but can no more be read than what did not: it counts as missing, or coverage
// would be the share of bytes, and whole messages would be the loss. The gap's instant is that of
// the first segment behind it, or of the acknowledgement when nothing came behind it; messages
// behind it keep the instants of their own packets. When the bytes come after all (a retransmission
// that the tap did see), their messages have its instant. So has what was held behind them, for
// only now it can be read; whole messages behind them were read as they came (holes.c), at their
// own instants, which a retransmission does not change: then a gap is a hole, waited for and given
// up like any other.
//
// (a) waits in the list of pending directions, (b) in the list of held blocks. Both have a constant
// time limit, so they are in the order of their deadlines, and the next deadline is at their heads.
// A direction that is acknowledged further while it waits is queued anew when its turn is over, at
// the instant of that deadline: so a one-way mirror costs one gap per `disorder`, and the order of
// the list holds. Deadlines are worked off in event time before each packet, so that the result is
// the same in whatever bursts the packets come.
//
// Whose bytes: facts are kept for requests and answers. A direction counts as what most of its own
// business messages were; before the first one, as the opposite of what the other direction's were;
// before that by the link's role: an acquirer's requests come from our side, an issuer's from
// theirs, a switch's or participant's from the side that opened the connection, else from ours.
#include "dataplane/transactions/holes.h"

#include <string.h>

bool direction_asks_by_role(
    const struct streams *streams, const struct connection *connection, enum side sender)
{
    enum link_role role = streams->settings->links[connection->link].role;
    if (role == ROLE_ISSUER) {
        return sender == THEIRS;
    }
    bool by_theirs = connection->state & CONNECTION_CLIENT &&
                     connection->state & CONNECTION_BY_THEIRS && role != ROLE_ACQUIRER;
    return sender == (by_theirs ? THEIRS : OURS);
}

void gap_put(struct streams *streams, const struct connection *connection, enum side sender,
    uint32_t amount, struct instant at, uint64_t ordinal)
{
    bytes_count(streams, connection, sender, at, 0, amount);
    struct message *message = streams_reserve(streams);
    *message = (struct message){
        .at = at,
        .ordinal = ordinal,
        .amount = amount,
        .link = connection->link,
        .code = -1,
        .flags = (uint8_t)(MESSAGE_GAP | (sender == OURS ? MESSAGE_FROM_OURS : 0)),
        .source.port = connection->port[sender],
        .destination.port = connection->port[!sender],
    };
    memcpy(message->source.address, connection->address[sender], 16);
    memcpy(message->destination.address, connection->address[!sender], 16);
    messages_commit(streams->out);
}

// Moves `next` over missing bytes.
static uint32_t skip_to(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at)
{
    uint32_t missing = to - connection->next[sender];
    stream_cut(streams, connection, sender, at);
    connection->next[sender] = to;
    connection->flags[sender] |= DIRECTION_SEARCHING | DIRECTION_STARTED;
    connection->flags[sender] &= (uint16_t)~DIRECTION_BAD;
    streams->counts.gaps++;
    streams->counts.missing_bytes += missing;
    return missing;
}

void gap_give_up(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t to)
{
    struct instant at = streams->position.at;
    uint32_t missing = skip_to(streams, connection, sender, to, at);
    gap_put(streams, connection, sender, missing, at, position_ordinal_next(streams));
}

void gap_give_up_cut(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t end)
{
    uint32_t first = held_first(&streams->pool, connection, sender);
    if (first != NONE && ahead_of(streams->pool.blocks[first].sequence, end) > 0) {
        end = streams->pool.blocks[first].sequence;
    }
    if (ahead_of(connection->next[sender], end) > 0) {
        streams->counts.snap_cut_bytes += end - connection->next[sender];
        gap_give_up(streams, connection, sender, end);
    }
}

// A block is let go before its bytes are read, so that there is room for a message that goes on
// behind it even when everything else is taken.
void held_read(struct streams *streams, struct connection *connection, enum side sender)
{
    struct reassembly *pool = &streams->pool;
    for (uint32_t first; (first = held_first(pool, connection, sender)) != NONE &&
                         ahead_of(connection->next[sender], pool->blocks[first].sequence) <= 0;) {
        uint8_t bytes[BLOCK_BYTES];
        uint32_t index = held_take(pool, connection, sender);
        const struct block block = pool->blocks[index];
        uint32_t known = connection->next[sender] - block.sequence;
        block_copy(bytes, block_bytes(pool, index), block.length);
        block_free(pool, connection, index);
        position_raise(streams, &block);
        if (known < block.length) {
            stream_read(streams, connection, sender, bytes + known, block.length - known);
        }
        if (block.cut > 0) {
            gap_give_up_cut(streams, connection, sender, block.sequence + block.length + block.cut);
        }
    }
}

void gap_give_up_held(struct streams *streams, struct connection *connection, enum side sender)
{
    const struct block *block =
        &streams->pool.blocks[held_first(&streams->pool, connection, sender)];
    position_set(streams, connection, sender, block->at, block->ordinal, block->index);
    if (ahead_of(connection->next[sender], block->sequence) > 0) {
        gap_give_up(streams, connection, sender, block->sequence);
    }
    held_read(streams, connection, sender);
}

void held_note(struct streams *streams, struct instant at)
{
    streams->deadline =
        instant_min(streams->deadline, instant_add(at, streams->settings->packets.hold_ns));
}

// ---- acknowledged bytes that were not seen

static struct direction *waiting(const struct streams *streams, uint32_t index)
{
    return &streams->pool.directions[index];
}

static void pending_unlink(struct streams *streams, struct connection *connection, enum side sender)
{
    const struct direction *direction = direction_of(&streams->pool, connection, sender);
    uint32_t older = direction->pending_older, newer = direction->pending_newer;
    *(older == NONE ? &streams->pending_oldest : &waiting(streams, older)->pending_newer) = newer;
    *(newer == NONE ? &streams->pending_newest : &waiting(streams, newer)->pending_older) = older;
    connection->flags[sender] &= (uint16_t)~DIRECTION_PENDING;
    direction_release(&streams->pool, connection, sender);
}

static void pending_link(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at, uint64_t ordinal)
{
    struct direction *direction = direction_take(&streams->pool, connection, sender);
    uint32_t index = connection->direction[sender];
    direction->owner = direction_id(streams, connection, sender);
    direction->pending = direction->acknowledged = to;
    direction->pending_at = at;
    direction->pending_ordinal = ordinal;
    direction->pending_older = streams->pending_newest;
    direction->pending_newer = NONE;
    *(streams->pending_newest == NONE ? &streams->pending_oldest
                                      : &waiting(streams, streams->pending_newest)->pending_newer) =
        index;
    streams->pending_newest = index;
    connection->flags[sender] |= DIRECTION_PENDING;
    streams->deadline =
        instant_min(streams->deadline, instant_add(at, streams->settings->packets.disorder_ns));
}

void pending_note(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at, uint64_t ordinal)
{
    if (!(connection->flags[sender] & DIRECTION_PENDING)) {
        pending_link(streams, connection, sender, to, at, ordinal);
        return;
    }
    struct direction *direction = direction_of(&streams->pool, connection, sender);
    if (ahead_of(direction->acknowledged, to) > 0) {
        direction->acknowledged = to;
    }
}

void pending_review(struct streams *streams, struct connection *connection, enum side sender,
    struct instant at, uint64_t ordinal)
{
    if (!(connection->flags[sender] & DIRECTION_PENDING)) {
        return;
    }
    const struct direction *direction = direction_of(&streams->pool, connection, sender);
    uint32_t next = connection->next[sender], acknowledged = direction->acknowledged;
    if (ahead_of(next, direction->pending) > 0) {
        return;
    }
    pending_unlink(streams, connection, sender);
    if (ahead_of(next, acknowledged) > 0) {
        pending_link(streams, connection, sender, acknowledged, at, ordinal);
    }
}

// Gives up everything up to `to`: first what has something held behind it.
static void pending_give_up(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t to)
{
    const struct direction *direction = direction_of(&streams->pool, connection, sender);
    while (ahead_of(connection->next[sender], to) > 0) {
        uint32_t first = held_first(&streams->pool, connection, sender);
        if (first != NONE && ahead_of(streams->pool.blocks[first].sequence, to) >= 0) {
            gap_give_up_held(streams, connection, sender);
        } else {
            struct instant at = direction->pending_at;
            uint32_t missing = skip_to(streams, connection, sender, to, at);
            gap_put(streams, connection, sender, missing, at,
                gap_ordinal(direction->pending_ordinal, sender));
        }
    }
}

static void pending_expire(struct streams *streams, uint32_t index, struct instant deadline)
{
    const struct direction *direction = waiting(streams, index);
    struct connection *connection = &streams->connections.entries[direction->owner / 2];
    enum side sender = direction->owner % 2;
    struct hole_visit visit = hole_enter(streams, connection, sender, direction->hole);
    pending_give_up(streams, connection, sender, direction->pending);
    pending_review(streams, connection, sender, deadline, direction->pending_ordinal);
    hole_leave(streams, connection, sender, &visit);
}

static void held_expire(struct streams *streams, uint32_t block, struct instant deadline)
{
    uint32_t id = streams->pool.blocks[block].owner;
    uint64_t ordinal = streams->pool.blocks[block].ordinal;
    struct connection *connection = &streams->connections.entries[id / 2];
    struct hole_visit visit =
        hole_enter(streams, connection, id % 2, streams->pool.blocks[block].hole);
    while (streams->pool.oldest == block) {
        gap_give_up_held(streams, connection, id % 2);
    }
    pending_review(streams, connection, id % 2, deadline, ordinal);
    hole_leave(streams, connection, id % 2, &visit);
}

static void flush(struct streams *streams, struct connection *connection, enum side sender)
{
    if (connection->flags[sender] & DIRECTION_PENDING) {
        const struct direction *direction = direction_of(&streams->pool, connection, sender);
        pending_give_up(streams, connection, sender, direction->acknowledged);
        pending_unlink(streams, connection, sender);
    }
    while (connection->flags[sender] & DIRECTION_HELD) {
        gap_give_up_held(streams, connection, sender);
    }
}

void gaps_flush(struct streams *streams, struct connection *connection, enum side sender)
{
    uint32_t mark;
    while ((mark = hole_first(streams, connection, sender)) != NONE) {
        struct hole_visit visit = hole_enter(streams, connection, sender, mark);
        flush(streams, connection, sender);
        hole_leave(streams, connection, sender, &visit);
    }
    flush(streams, connection, sender);
    stream_end(streams, connection, sender);
}

static struct instant pending_deadline(const struct streams *streams)
{
    return streams->pending_oldest == NONE
               ? INSTANT_NEVER
               : instant_add(waiting(streams, streams->pending_oldest)->pending_at,
                     streams->settings->packets.disorder_ns);
}

static struct instant held_deadline(const struct streams *streams)
{
    return streams->pool.oldest == NONE ? INSTANT_NEVER
                                        : instant_add(streams->pool.blocks[streams->pool.oldest].at,
                                              streams->settings->packets.hold_ns);
}

void gaps_expire(struct streams *streams, struct instant now)
{
    for (;;) {
        struct instant pending = pending_deadline(streams), held = held_deadline(streams);
        streams->deadline = instant_min(pending, held);
        if (streams->deadline.ns >= now.ns) {
            return;
        }
        streams->position.owner = NONE; // numbers must not depend on what was read before
        if (pending.ns <= held.ns) {
            pending_expire(streams, streams->pending_oldest, pending);
        } else {
            held_expire(streams, streams->pool.oldest, held);
        }
    }
}

struct instant gaps_oldest(const struct streams *streams)
{
    struct instant oldest = INSTANT_NEVER;
    if (streams->pending_oldest != NONE) {
        oldest = waiting(streams, streams->pending_oldest)->pending_at;
    }
    if (streams->pool.oldest != NONE) {
        oldest = instant_min(oldest, streams->pool.blocks[streams->pool.oldest].at);
    }
    return oldest;
}
