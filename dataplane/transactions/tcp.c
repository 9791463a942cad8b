// TCP of one connection, seen from the side.
//
// Each direction has `next`, the sequence of the first byte not seen yet. It becomes known by the
// direction's SYN, by its first payload, or by what the other side acknowledges (which may be seen
// first: then payload in front of it still counts, until something was given up). A direction whose
// SYN was not seen is SEARCHING: its first byte may lie inside a message.
//
//   segment at `next`       read in place
//   segment before `next`   what lies in a hole is read there (holes.c), what goes beyond `next` is
//                           new; the rest is a retransmission, keep-alive or zero-window probe:
//                           counted, dropped
//   segment behind `next`   read at once when it is nothing but whole messages (holes.c), else held
//                           (reassembly.c) until the gap closes or is given up (gaps.c)
//
// The first copy of a byte wins. A sequence or acknowledgement number further than JUMP_BYTES from
// where it should be is no gap: the tap was blind for long, or the connection is another one whose
// SYN was not seen. The direction is begun anew there, and a gap of 0 bytes says that an unknown
// number is missing.
//
// FIN ends a direction where it stands; payload behind it is ignored, and while bytes in front of
// it are missing an empty block is held in its place, so that they are given up like others. RST
// ends nothing here but the connection's stay in the main queue: what was captured a little late is
// still read. A SYN that is not a second copy of the one that was seen begins the connection anew.
//
// A mirror of both ports of a switch shows every frame twice, µs to ms apart, perhaps with another
// VLAN or TTL. Second copies of bytes are old by their numbers. Second copies of SYN and RST must
// not be traces of a stop: a SYN again is a retry only when COPY_NS have passed since the
// connection's last packet (a stack waits 200 ms or more), and a connection is reset once a try.
// The packet's identification would not do: IPv6 has none, and stacks send 0 with a SYN.
#include "dataplane/transactions/tcp.h"

#include "dataplane/transactions/holes.h"
#include "dataplane/transactions/segments.h"

#define COPY_NS (100 * NS_PER_MS)

static bool is_jump(int32_t ahead)
{
    return ahead > JUMP_BYTES || ahead < -JUMP_BYTES;
}

// Begins the direction anew at `next`.
static void jump(struct streams *streams, const struct arrival *arrival, enum side sender,
    uint32_t next, uint64_t ordinal)
{
    struct connection *connection = arrival->connection;
    gaps_flush(streams, connection, sender);
    connection->next[sender] = next;
    connection->flags[sender] = DIRECTION_KNOWN | DIRECTION_SEARCHING;
    streams->counts.sequence_jumps++;
    gap_put(streams, connection, sender, 0, arrival->at, ordinal);
}

// ---- SYN, FIN, RST

bool tcp_is_closed(const struct connection *connection)
{
    return connection->state & CONNECTION_RESET ||
           (connection->flags[OURS] & connection->flags[THEIRS] & DIRECTION_FIN) != 0;
}

static bool syn_is_repeated(
    const struct connection *connection, const struct packet *packet, enum side sender)
{
    return connection->flags[sender] & DIRECTION_SYN &&
           connection->initial[sender] == packet->sequence;
}

// The other direction's SYN or acknowledgements may have been captured first.
static bool syn_joins(
    const struct connection *connection, const struct packet *packet, enum side sender)
{
    uint16_t flags = connection->flags[sender];
    bool fits = !(flags & (DIRECTION_SYN | DIRECTION_STARTED)) &&
                (!(flags & DIRECTION_KNOWN) || connection->next[sender] == packet->sequence + 1);
    bool other_began = connection->flags[!sender] & DIRECTION_SYN;
    return fits && !tcp_is_closed(connection) &&
           (other_began || !(connection->state & CONNECTION_HAS_PAYLOAD));
}

bool tcp_begins_anew(
    const struct connection *connection, const struct packet *packet, enum side sender)
{
    return !syn_is_repeated(connection, packet, sender) && !syn_joins(connection, packet, sender);
}

static void syn_take(const struct arrival *arrival)
{
    struct connection *connection = arrival->connection;
    enum side sender = arrival->sender;
    bool answer = arrival->packet->tcp_flags & TCP_ACK, copy = false;
    enum side client = answer ? !sender : sender;
    if (!syn_is_repeated(connection, arrival->packet, sender)) {
        connection->flags[sender] |= DIRECTION_KNOWN | DIRECTION_SYN;
        connection->flags[sender] &= (uint16_t)~DIRECTION_SEARCHING;
        connection->initial[sender] = arrival->packet->sequence;
        connection->next[sender] = arrival->packet->sequence + 1;
    } else if (!answer) {
        copy = arrival->at.ns - arrival->before.ns < COPY_NS;
        arrival->facts->syn_retries += !copy;
        connection->state &= (uint8_t)(copy ? ~0 : ~CONNECTION_RESET); // it may be refused again
    }
    arrival->facts->syns += !answer && !copy;
    connection->state |= CONNECTION_CLIENT;
    connection->state |= answer ? CONNECTION_ANSWERED : 0;
    connection->state |= client == THEIRS ? CONNECTION_BY_THEIRS : 0;
}

static void fin_take(struct streams *streams, const struct arrival *arrival, uint32_t end)
{
    struct connection *connection = arrival->connection;
    enum side sender = arrival->sender;
    uint16_t *flags = &connection->flags[sender];
    if (!(*flags & DIRECTION_KNOWN)) {
        *flags |= DIRECTION_KNOWN | DIRECTION_SEARCHING;
        connection->next[sender] = end;
    }
    int32_t ahead = ahead_of(connection->next[sender], end);
    if (*flags & DIRECTION_FIN || ahead < 0 || is_jump(ahead)) {
        return;
    }
    *flags |= DIRECTION_FIN;
    connection->end[sender] = end;
    arrival->facts->fins++;
    if (ahead > 0) {
        struct segment mark = {
            .sequence = end, .begin = end, .at = arrival->at, .ordinal = arrival->packet->ordinal};
        struct held held = {0};
        held_insert(&streams->pool, connection, sender, direction_id(streams, connection, sender),
            &mark, &held);
        held_note(streams, arrival->at);
    }
}

static void rst_take(const struct arrival *arrival)
{
    struct connection *connection = arrival->connection;
    enum side sender = arrival->sender;
    arrival->facts->resets += !(connection->state & CONNECTION_RESET);
    if (!(connection->flags[sender] & DIRECTION_KNOWN) ||
        !is_jump(ahead_of(connection->next[sender], arrival->packet->sequence)) ||
        arrival->packet->sequence == 0) { // the answer to a SYN has no sequence of its own
        connection->state |= CONNECTION_RESET;
    }
}

// ---- acknowledgement and payload

static void ack_take(struct streams *streams, const struct arrival *arrival)
{
    struct connection *connection = arrival->connection;
    enum side sender = !arrival->sender; // of the bytes
    uint16_t flags = connection->flags[sender];
    uint32_t to = arrival->packet->acknowledgement;
    if (!(flags & DIRECTION_KNOWN)) {
        connection->flags[sender] |= DIRECTION_KNOWN | DIRECTION_SEARCHING;
        connection->next[sender] = to;
        return;
    }
    if (flags & DIRECTION_FIN && to == connection->end[sender] + 1) {
        to--; // the FIN takes a number, but is no byte
    }
    int32_t ahead = ahead_of(connection->next[sender], to);
    uint64_t ordinal = arrival->packet->ordinal;
    if (is_jump(ahead)) {
        jump(streams, arrival, sender, to, gap_ordinal(ordinal, sender));
        return;
    }
    if (flags & DIRECTION_AHEAD) {
        holes_acknowledge(streams, connection, sender, to, arrival->at, ordinal);
    }
    if (ahead > 0) {
        pending_note(streams, connection, sender, to, arrival->at, ordinal);
    }
}

// The direction's first payload, in whatever way its place is known so far.
static void direction_start(
    struct streams *streams, struct connection *connection, enum side sender, uint32_t sequence)
{
    uint16_t *flags = &connection->flags[sender];
    int32_t ahead = ahead_of(connection->next[sender], sequence);
    if (!(*flags & DIRECTION_KNOWN) ||
        (!(*flags & DIRECTION_SYN) && ahead < 0 && !is_jump(ahead))) {
        connection->next[sender] = sequence;
    }
    if (!(*flags & DIRECTION_SYN)) {
        *flags |= DIRECTION_SEARCHING;
        streams->counts.midstream += !(connection->state & CONNECTION_MIDSTREAM);
        connection->state |= CONNECTION_MIDSTREAM;
    }
    *flags |= DIRECTION_KNOWN | DIRECTION_STARTED;
}

// Takes what lies in holes, drops what was read before and what lies behind the FIN. False when
// nothing is left.
static bool segment_trim(struct streams *streams, struct connection *connection, enum side sender,
    struct segment *segment)
{
    uint32_t length = segment->length + segment->cut;
    int32_t ahead = ahead_of(connection->next[sender], segment->sequence);
    if (ahead < 0) {
        uint32_t known = (uint32_t)-ahead;
        uint32_t filled = holes_fill(streams, connection, sender, segment);
        if (known >= length) {
            *(filled > 0 ? &streams->counts.overlap_bytes : &streams->counts.retransmitted_bytes) +=
                length - filled;
            return false;
        }
        streams->counts.overlap_bytes += known - filled;
        segment_skip(segment, known);
        length -= known;
    }
    if (connection->flags[sender] & DIRECTION_FIN) {
        int32_t room = ahead_of(segment->sequence, connection->end[sender]);
        uint32_t kept = room < 0 ? 0 : (uint32_t)room < length ? (uint32_t)room : length;
        streams->counts.after_end_bytes += length - kept;
        segment_shorten(segment, length - kept);
        length = kept;
    }
    return length > 0;
}

static void payload_take_slowly(
    struct streams *streams, const struct arrival *arrival, uint32_t sequence)
{
    const struct packet *packet = arrival->packet;
    struct connection *connection = arrival->connection;
    enum side sender = arrival->sender;
    uint32_t captured = packet->payload_captured;
    captured = captured < packet->payload_length ? captured : packet->payload_length;
    struct segment segment = {.bytes = packet->payload,
        .length = captured,
        .cut = packet->payload_length - captured,
        .sequence = sequence,
        .begin = sequence,
        .at = arrival->at,
        .ordinal = packet->ordinal};
    if (!(connection->flags[sender] & DIRECTION_STARTED)) {
        direction_start(streams, connection, sender, sequence);
    }
    if (is_jump(ahead_of(connection->next[sender], sequence))) {
        gaps_flush(streams, connection, sender); // at positions of its own
        position_set(streams, connection, sender, arrival->at, packet->ordinal, 0);
        jump(streams, arrival, sender, sequence, position_ordinal_next(streams));
        connection->flags[sender] |= DIRECTION_STARTED;
    }
    if (segment_trim(streams, connection, sender, &segment)) {
        segment_take(streams, connection, sender, NONE, &segment);
    }
    pending_review(streams, connection, sender, arrival->at, packet->ordinal);
}

static void payload_take(struct streams *streams, const struct arrival *arrival, uint32_t sequence)
{
    const struct packet *packet = arrival->packet;
    struct connection *connection = arrival->connection;
    enum side sender = arrival->sender;
    if (sequence == packet->sequence && tcp_is_next(connection, packet, sender)) {
        position_set(streams, connection, sender, arrival->at, packet->ordinal, 0);
        stream_read(streams, connection, sender, packet->payload, packet->payload_length);
    } else {
        payload_take_slowly(streams, arrival, sequence);
    }
}

void tcp_take(struct streams *streams, const struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    uint32_t sequence = packet->sequence;
    if (packet->tcp_flags & TCP_SYN) {
        syn_take(arrival);
        sequence++;
    }
    if (packet->payload_length > 0 && !(packet->tcp_flags & TCP_RST)) {
        payload_take(streams, arrival, sequence);
    }
    if (packet->tcp_flags & (TCP_FIN | TCP_RST)) {
        if (packet->tcp_flags & TCP_RST) {
            rst_take(arrival);
            return; // its acknowledgement says nothing of what was received
        }
        fin_take(streams, arrival, sequence + packet->payload_length);
    }
    if (packet->tcp_flags & TCP_ACK) {
        ack_take(streams, arrival);
    }
}
