// Bytes of one direction in order → messages.
//
// A message that lies whole in the bytes given is parsed where it is. The first bytes of one that
// does not are kept in blocks of the pool; when its last byte comes they are put together in the
// worker's scratch buffer and parsed there, and reading goes on in place.
//
// Where no message begins (midstream start, behind a gap, after bytes that were no message) the
// direction is SEARCHING: framing_resync looks at everything that is there, again with every
// segment, until a whole message was found. What it jumps over is counted as `jumped_bytes`, or as
// `bad_bytes` when bytes that were no message were the reason. For coverage the former are missing
// and the latter seen; bytes count once their fate is known, when their message is whole. A message
// that only seems to begin there is kept like any other partial one, so that nothing is lost when
// it proves real.
//
// A message longer than `held_bytes` cannot be kept: its bytes are bad. When the pool is used up by
// other connections, what could not be kept is put out as a gap: to us it is as good as missing.
//
// Position: `at` and `ordinal` of a message are those of the packet that completed it. The packet
// behind the bytes in hand is the direction's position; who reads sets it: tcp.c,
// segments.c, holes.c, gaps.c.
#include "dataplane/transactions/streams.h"

#include <string.h>

void stream_cut(
    struct streams *streams, struct connection *connection, enum side sender, struct instant at)
{
    if (connection->flags[sender] & DIRECTION_PARTIAL) {
        uint32_t dropped = partial_drop(&streams->pool, connection, sender);
        streams->counts.jumped_bytes += dropped;
        bytes_count(streams, connection, sender, at, 0, dropped);
    }
}

void stream_end(struct streams *streams, struct connection *connection, enum side sender)
{
    if (connection->flags[sender] & DIRECTION_PARTIAL) {
        streams->counts.cut_short_bytes += partial_drop(&streams->pool, connection, sender);
    }
}

static void count_role(
    struct connection *connection, enum side sender, const struct message *message)
{
    int32_t balance = connection->balance[sender];
    if (message->kind == KIND_MANAGEMENT) {
        return; // both sides send echoes: they say nothing of who asks for business
    }
    if (message->flags & MESSAGE_ANSWER) {
        connection->balance[sender] = balance > INT32_MIN ? balance - 1 : balance;
    } else {
        connection->balance[sender] = balance < INT32_MAX ? balance + 1 : balance;
    }
}

// A reversal is a transaction of its own; its original may be known to another worker.
static __attribute__((noinline)) void original_tell(
    struct streams *streams, const struct message *message)
{
    struct message word = *message;
    word.ordinal = position_ordinal_next(streams);
    word.key[0] = word.original[0];
    word.key[1] = word.original[1];
    word.account = 0; // it may still have to be hashed
    word.length = 0;
    word.flags = (uint8_t)(MESSAGE_REVERSES | (word.flags & MESSAGE_FROM_OURS));
    *streams_reserve(streams) = word;
    messages_commit(streams->out);
}

// What the bytes do not tell.
static inline void message_finish(struct streams *streams, struct connection *connection,
    enum side sender, struct message *message, const struct framed *framed)
{
    message->at = streams->position.at;
    message->ordinal = position_ordinal_next(streams);
    message->length = framed->consumed < UINT16_MAX ? (uint16_t)framed->consumed : UINT16_MAX;
    memcpy(message->source.address, connection->address[sender], 16);
    memcpy(message->destination.address, connection->address[!sender], 16);
    message->source.port = connection->port[sender];
    message->destination.port = connection->port[!sender];
    count_role(connection, sender, message);
    messages_commit(streams->out);
    if (__builtin_expect(message->kind == KIND_REVERSAL, 0) && // of others it is the merchant
        !(message->flags & (MESSAGE_ANSWER | MESSAGE_NOTICE)) &&
        (message->original[0] | message->original[1]) != 0) {
        original_tell(streams, message);
    }
}

static void message_put(struct streams *streams, struct connection *connection, enum side sender,
    const uint8_t *bytes, const struct framed *framed)
{
    struct message *message = streams_reserve(streams);
    message->flags = sender == OURS ? MESSAGE_FROM_OURS : 0;
    const struct parser *parser = &streams->dialects->parsers[connection->link];
    if (message_from_bytes(parser, streams->plans, bytes + framed->offset, framed->length, message,
            &streams->parse_counts)) {
        message_finish(streams, connection, sender, message, framed);
    }
}

// Returns how many of them count as missing: bytes that were no message were seen all the same.
static size_t count_skipped(struct streams *streams, uint16_t flags, size_t bytes)
{
    bool bad = flags & DIRECTION_BAD;
    *(bad ? &streams->counts.bad_bytes : &streams->counts.jumped_bytes) += bytes;
    return bad ? 0 : bytes;
}

// Whether the framing's answer keeps to what is there. One that does not is no answer.
static bool framed_fits(const struct framed *framed, size_t length)
{
    return framed->consumed > 0 && framed->consumed <= length && framed->offset <= length &&
           framed->length <= length - framed->offset;
}

// Reads whole messages from the front. Returns how many bytes were used up; the others are the
// beginning of a message that needs *needed bytes in all (0: not known).
static size_t run_read(struct streams *streams, struct connection *connection, enum side sender,
    const uint8_t *bytes, size_t length, uint32_t *needed)
{
    const struct dialect *dialect = streams->dialects->parsers[connection->link].dialect;
    uint16_t *flags = &connection->flags[sender];
    size_t used = 0, missing = 0;
    while (used < length) {
        struct framed framed = {0};
        if (*flags & DIRECTION_SEARCHING) {
            size_t jumped = framing_resync(dialect, bytes + used, length - used);
            jumped = jumped < length - used ? jumped : length - used;
            missing += count_skipped(streams, *flags, jumped);
            used += jumped;
            if (used == length) {
                break;
            }
        }
        enum framing_result result = framing_next(dialect, bytes + used, length - used, &framed);
        if (result == FRAMING_PARTIAL) {
            *needed = framed.consumed > length - used ? framed.consumed : 0;
            break;
        }
        if (result == FRAMING_BAD || !framed_fits(&framed, length - used)) {
            *flags |= *flags & DIRECTION_SEARCHING ? 0 : DIRECTION_SEARCHING | DIRECTION_BAD;
            missing += count_skipped(streams, *flags, 1);
            used++;
            continue;
        }
        if (result == FRAMING_WHOLE) {
            *flags &= (uint16_t) ~(DIRECTION_SEARCHING | DIRECTION_BAD);
            message_put(streams, connection, sender, bytes + used, &framed);
        } else {
            streams->counts.keepalives++;
        }
        used += framed.consumed;
    }
    bytes_count(streams, connection, sender, streams->position.at, used - missing, missing);
    return used;
}

// Bytes could not be kept. Too long for this connection's share: they are bad. Otherwise the
// memory is used up, and they count as not seen.
static void lose(struct streams *streams, struct connection *connection, enum side sender,
    uint32_t length, bool too_long)
{
    uint16_t *flags = &connection->flags[sender];
    *flags |= DIRECTION_SEARCHING;
    if (too_long) {
        *flags |= DIRECTION_BAD;
        streams->counts.bad_bytes += length;
        bytes_count(streams, connection, sender, streams->position.at, length, 0);
        return;
    }
    streams->counts.held_over_limit++;
    streams->counts.jumped_bytes += length;
    gap_put(
        streams, connection, sender, length, streams->position.at, position_ordinal_next(streams));
}

static void keep(struct streams *streams, struct connection *connection, enum side sender,
    const uint8_t *bytes, uint32_t length, uint32_t needed)
{
    struct reassembly *pool = &streams->pool;
    uint32_t limit = pool->per_connection * BLOCK_BYTES;
    uint32_t before = partial_length(pool, connection, sender);
    bool too_long = needed > limit || before + length > limit;
    if (too_long) {
        partial_drop(pool, connection, sender);
    }
    if (too_long || !partial_add(pool, connection, sender, bytes, length)) {
        lose(streams, connection, sender, before + length, too_long);
        return;
    }
    direction_of(pool, connection, sender)->needed = needed;
}

// Puts the partial message and the next bytes together and reads them. Returns how many of the
// bytes were taken: all of the message when its length is known, else all that are there.
static uint32_t partial_read(struct streams *streams, struct connection *connection,
    enum side sender, const uint8_t *bytes, uint32_t length)
{
    struct reassembly *pool = &streams->pool;
    const struct direction *direction = direction_of(pool, connection, sender);
    uint32_t before = direction->partial_length, needed = direction->needed;
    bool searching = connection->flags[sender] & DIRECTION_SEARCHING;
    uint32_t taken = !searching && needed > before ? needed - before : length;
    if (taken > length) { // not yet: no need to look
        keep(streams, connection, sender, bytes, length, needed);
        return length;
    }
    partial_take(pool, connection, sender);
    taken = taken < pool->scratch_size - before ? taken : pool->scratch_size - before;
    memcpy(pool->scratch + before, bytes, taken);
    uint32_t all = before + taken;
    size_t used = run_read(streams, connection, sender, pool->scratch, all, &needed);
    if (used < all) {
        keep(streams, connection, sender, pool->scratch + used, all - (uint32_t)used, needed);
    }
    return taken;
}

#define NOT_BETWEEN (DIRECTION_SEARCHING | DIRECTION_BAD | DIRECTION_PARTIAL)

void stream_read(struct streams *streams, struct connection *connection, enum side sender,
    const uint8_t *bytes, uint32_t length)
{
    connection->next[sender] += length;
    while (length > 0 && connection->flags[sender] & DIRECTION_PARTIAL) {
        uint32_t taken = partial_read(streams, connection, sender, bytes, length);
        bytes += taken;
        length -= taken;
    }
    if (length > 0) {
        uint32_t needed = 0;
        size_t used = run_read(streams, connection, sender, bytes, length, &needed);
        if (used < length) {
            keep(streams, connection, sender, bytes + used, length - (uint32_t)used, needed);
        }
    }
}

void stream_read_packet(struct streams *streams, struct connection *connection, enum side sender,
    const struct packet *packet, struct instant at, struct link_counts *facts)
{
    const struct parser *parser = &streams->dialects->parsers[connection->link];
    uint32_t length = packet->payload_length;
    struct framed framed;
    streams->position =
        (struct position){at, packet->ordinal, direction_id(streams, connection, sender), 0};
    if (__builtin_expect(connection->flags[sender] & NOT_BETWEEN, 0) ||
        !framing_is_one(parser->dialect, packet->payload, length, &framed)) {
        stream_read(streams, connection, sender, packet->payload, length);
        return;
    }
    connection->next[sender] += length;
    struct message *message = streams_reserve(streams);
    message->flags = sender == OURS ? MESSAGE_FROM_OURS : 0;
    if (message_from_bytes_waiting(parser, streams->plans, packet->payload + framed.offset,
            framed.length, message, &streams->parse_counts, &streams->accounts)) {
        message_finish(streams, connection, sender, message, &framed);
    }
    bool requests = direction_sends_requests(streams, connection, sender);
    *(requests ? &facts->seen_request_bytes : &facts->seen_answer_bytes) += length;
}
