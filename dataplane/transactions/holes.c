// Reading on behind what is missing.
//
// Where packets are lost, a connection nearly always waits for bytes that will not come, and what
// stands behind them would wait with it. It need not when it is known to begin with a message: a
// segment behind `next` that is nothing but whole messages, sound to their last field, is read at
// once, as of its own packet, and `next` goes on behind it. What was jumped over is a hole.
//
// A hole is a stream of its own that ends where the segment began. It takes along what the
// direction had at that place: `next`, the message that had begun there, the acknowledgement that
// is waited for. At its end stands a mark, an empty held block with the segment's instant and
// ordinal (as a FIN leaves one behind missing bytes), and the hole's state is kept in that block:
// there is no other memory for it, and limits and time limits of held blocks are those of holes.
// Where a hole is parted, its front ends at the new mark and waits as of that one's instant.
// For as long as a hole is in hand its state stands in the connection (hole_enter, hole_leave), so
// that bytes in it are read, held, acknowledged and given up by the same functions, under the same
// names, at the same instants as if nothing had been read behind it. What is left of a message that
// would go on behind a hole's end is missing, and a gap of 0 bytes says so.
//
// Nothing is read ahead where that could be wrong: while a message is still searched for
// (SEARCHING; its bytes may be anything), inside a message whose beginning is kept, or whose length
// is not known yet, where bytes of the segment are held already, when the snap length cut it, or
// further than AHEAD_MOST behind the first missing byte.
// Then it is held. In a hole the same is done: the bytes in front become a hole of their own. So a
// segment of whole messages is read as of its own instant, whatever is missing around it, and one
// that is not as of the packet that brings the last of all bytes in front of it.
//
// The holes of a direction are a ring by sequence; the connection knows the last one.
// DIRECTION_AHEAD says that an acknowledgement has still to be looked at for them: until one has
// passed the last hole's end, packets of the other side go the long way.
#include "dataplane/transactions/holes.h"

#include "dataplane/transactions/segments.h"

#define KEPT                                                                                       \
    (DIRECTION_KNOWN | DIRECTION_STARTED | DIRECTION_PARTIAL | DIRECTION_HELD | DIRECTION_PENDING)
#define NEVER_AHEAD (DIRECTION_SEARCHING | DIRECTION_BAD)
#define AHEAD_MOST  (4 * 1024 * 1024) // more than a window holds, and far below JUMP_BYTES

static struct block *block_of(struct streams *streams, uint32_t block)
{
    return &streams->pool.blocks[block];
}

static uint32_t earlier_of(uint32_t a, uint32_t b)
{
    return ahead_of(a, b) > 0 ? a : b;
}

static uint32_t later_of(uint32_t a, uint32_t b)
{
    return ahead_of(a, b) > 0 ? b : a;
}

// ---- in hand

struct hole_visit hole_enter(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t mark)
{
    struct hole_visit visit = {.mark = mark};
    if (mark != NONE) {
        const struct block *hole = block_of(streams, mark);
        visit.next = connection->next[sender];
        visit.flags = connection->flags[sender];
        visit.direction = connection->direction[sender];
        connection->next[sender] = hole->from;
        connection->flags[sender] = hole->flags;
        connection->direction[sender] = hole->direction;
    }
    return visit;
}

static void unlink_from_ring(struct streams *streams, struct connection *connection,
    enum side sender, const struct hole_visit *visit)
{
    uint32_t *last = &connection->holes[sender], before = *last;
    streams->pool.hole_count--;
    uint32_t next = block_of(streams, visit->mark)->later; // nothing was taken since it was given
    if (next == visit->mark) {
        *last = NONE;
        return;
    }
    while (block_of(streams, before)->later != visit->mark) {
        before = block_of(streams, before)->later;
    }
    block_of(streams, before)->later = next;
    *last = *last == visit->mark ? before : *last;
}

// A message that would go on behind the end was cut off, and was perhaps an answer.
static void hole_end(struct streams *streams, struct connection *connection, enum side sender)
{
    if (connection->flags[sender] & DIRECTION_PARTIAL) {
        struct instant at = streams->position.at;
        stream_cut(streams, connection, sender, at);
        gap_put(streams, connection, sender, 0, at, position_ordinal_next(streams));
    }
}

void hole_leave(struct streams *streams, struct connection *connection, enum side sender,
    const struct hole_visit *visit)
{
    if (visit->mark == NONE) {
        return;
    }
    if (connection->flags[sender] & DIRECTION_HELD) { // the mark is, or more
        struct block *hole = block_of(streams, visit->mark);
        hole->from = connection->next[sender];
        hole->flags = connection->flags[sender];
        hole->direction = connection->direction[sender];
    } else {
        hole_end(streams, connection, sender);
        unlink_from_ring(streams, connection, sender, visit);
    }
    connection->next[sender] = visit->next;
    connection->direction[sender] = visit->direction;
    connection->flags[sender] = visit->flags;
    if (connection->holes[sender] == NONE) {
        connection->flags[sender] &= (uint16_t)~DIRECTION_AHEAD;
    }
}

// ---- a hole begins

// Whether the kept beginning of a message ends in front of `sequence`.
static bool partial_ends(const struct streams *streams, const struct connection *connection,
    enum side sender, uint32_t sequence)
{
    if (!(connection->flags[sender] & DIRECTION_PARTIAL)) {
        return true;
    }
    const struct direction *direction = direction_of(&streams->pool, connection, sender);
    uint32_t begin = connection->next[sender] - direction->partial_length;
    return direction->needed > 0 && ahead_of(begin + direction->needed, sequence) >= 0;
}

// Holes move `next` on, from which a jump is told: what they span together has a bound.
static bool is_near(const struct streams *streams, const struct connection *connection,
    enum side sender, const struct segment *segment)
{
    uint32_t first = hole_first(streams, connection, sender);
    uint32_t oldest = first == NONE ? connection->next[sender] : streams->pool.blocks[first].from;
    return ahead_of(oldest, segment->sequence + segment->length) <= AHEAD_MOST;
}

static bool is_readable_ahead(const struct streams *streams, const struct connection *connection,
    enum side sender, const struct segment *segment)
{
    const struct dialect *dialect = streams->dialects->parsers[connection->link].dialect;
    return !(connection->flags[sender] & NEVER_AHEAD) && segment->cut == 0 &&
           is_near(streams, connection, sender, segment) &&
           partial_ends(streams, connection, sender, segment->sequence) &&
           framing_is_sound(dialect, segment->bytes, segment->length);
}

// In front of the hole `in`, or as the last one.
static void link_to_ring(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t in, uint32_t mark)
{
    uint32_t *last = &connection->holes[sender], before = *last;
    while (in != NONE && block_of(streams, before)->later != in) {
        before = block_of(streams, before)->later;
    }
    block_of(streams, mark)->later = before == NONE ? mark : block_of(streams, before)->later;
    if (before != NONE) {
        block_of(streams, before)->later = mark;
    }
    *last = in == NONE ? mark : *last;
    streams->pool.hole_count++;
}

// The hole waits for what is acknowledged of it. Returns how far the acknowledgement goes.
static uint32_t pending_part(struct streams *streams, const struct block *hole)
{
    if (!(hole->flags & DIRECTION_PENDING)) {
        return hole->sequence;
    }
    struct direction *direction = &streams->pool.directions[hole->direction];
    uint32_t acknowledged = direction->acknowledged;
    direction->pending = earlier_of(direction->pending, hole->sequence);
    direction->acknowledged = earlier_of(acknowledged, hole->sequence);
    return acknowledged;
}

static bool hole_has_room(struct streams *streams)
{
    bool has = streams->pool.hole_count < streams->pool.holes_most;
    streams->counts.held_over_limit += !has;
    return has;
}

// The segment is read; what is missing in front of it becomes a hole.
static bool hole_open(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t in, const struct segment *segment)
{
    uint32_t mark =
        is_readable_ahead(streams, connection, sender, segment) && hole_has_room(streams)
            ? held_part(&streams->pool, connection, sender,
                  direction_id(streams, connection, sender), segment)
            : NONE;
    if (mark == NONE) {
        return false;
    }
    struct block *hole = block_of(streams, mark);
    hole->from = connection->next[sender];
    hole->flags &= KEPT;
    link_to_ring(streams, connection, sender, in, mark);
    connection->next[sender] = segment->sequence;
    connection->flags[sender] |= in == NONE ? DIRECTION_AHEAD : 0;
    held_note(streams, segment->at);
    uint32_t acknowledged = pending_part(streams, hole);
    streams->counts.reordered_segments++;
    position_set(streams, connection, sender, segment->at, segment->ordinal, hole->index);
    (void)position_ordinal_next(streams); // the gap's, should the hole be given up
    stream_read(streams, connection, sender, segment->bytes, segment->length);
    held_read(streams, connection, sender);
    if (ahead_of(connection->next[sender], acknowledged) > 0) {
        pending_note(streams, connection, sender, acknowledged, segment->at, segment->ordinal);
    }
    return true;
}

void segment_take(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t in, struct segment *segment)
{
    bool is_behind = ahead_of(connection->next[sender], segment->sequence) > 0;
    if (!is_behind || !hole_open(streams, connection, sender, in, segment)) {
        segment_put(streams, connection, sender, segment);
    }
}

// ---- bytes and acknowledgements of holes

static uint32_t hole_fill(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t mark, const struct segment *segment)
{
    const struct block *hole = block_of(streams, mark);
    uint32_t end = segment->sequence + segment->length + segment->cut;
    uint32_t from = later_of(segment->sequence, hole->from), to = earlier_of(end, hole->sequence);
    if (ahead_of(from, to) <= 0) {
        return 0;
    }
    struct segment part = *segment;
    segment_skip(&part, from - part.sequence);
    segment_shorten(&part, end - to);
    struct hole_visit visit = hole_enter(streams, connection, sender, mark);
    segment_take(streams, connection, sender, mark, &part);
    pending_review(streams, connection, sender, segment->at, segment->ordinal);
    hole_leave(streams, connection, sender, &visit);
    return to - from;
}

uint32_t holes_fill(struct streams *streams, struct connection *connection, enum side sender,
    const struct segment *segment)
{
    uint32_t filled = 0, last = connection->holes[sender];
    uint32_t mark = hole_first(streams, connection, sender);
    uint32_t end = segment->sequence + segment->length + segment->cut;
    if (mark == NONE || ahead_of(block_of(streams, last)->sequence, segment->sequence) >= 0) {
        return 0; // behind all of them, as a retransmission of what came is
    }
    for (bool more = true; more && ahead_of(block_of(streams, mark)->from, end) > 0;) {
        uint32_t next = block_of(streams, mark)->later;
        more = mark != last;
        filled += hole_fill(streams, connection, sender, mark, segment);
        mark = next;
    }
    return filled;
}

static bool hole_is_acknowledged(const struct streams *streams, uint32_t mark, uint32_t to)
{
    const struct block *hole = &streams->pool.blocks[mark];
    const struct direction *direction = &streams->pool.directions[hole->direction];
    return hole->flags & DIRECTION_PENDING && ahead_of(direction->acknowledged, to) <= 0;
}

void holes_acknowledge(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t to, struct instant at, uint64_t ordinal)
{
    uint32_t last = connection->holes[sender], mark = hole_first(streams, connection, sender);
    for (; mark != NONE && ahead_of(block_of(streams, mark)->from, to) > 0;
         mark = mark == last ? NONE : block_of(streams, mark)->later) {
        uint32_t part = earlier_of(to, block_of(streams, mark)->sequence);
        if (!hole_is_acknowledged(streams, mark, part)) {
            struct hole_visit visit = hole_enter(streams, connection, sender, mark);
            pending_note(streams, connection, sender, part, at, ordinal);
            hole_leave(streams, connection, sender, &visit);
        }
    }
    if (ahead_of(block_of(streams, last)->sequence, to) >= 0) {
        connection->flags[sender] &= (uint16_t)~DIRECTION_AHEAD;
    }
}
