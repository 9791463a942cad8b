// A segment that is not simply the next one: what of it is read, what is held. When it can be
// neither, for want of room, what is missing in front of it is given up.
#include "dataplane/transactions/segments.h"

void segment_skip(struct segment *segment, uint32_t length)
{
    uint32_t captured = length < segment->length ? length : segment->length;
    segment->bytes += captured;
    segment->length -= captured;
    segment->cut -= length - captured;
    segment->sequence += length;
}

void segment_shorten(struct segment *segment, uint32_t length)
{
    uint32_t cut = length < segment->cut ? length : segment->cut;
    segment->cut -= cut;
    segment->length -= length - cut;
}

// The segment begins at `next` or before. Reads it up to what is held already, then that, and on.
static void segment_read(struct streams *streams, struct connection *connection, enum side sender,
    struct segment *segment)
{
    uint32_t end = segment->sequence + segment->length + segment->cut;
    position_set(
        streams, connection, sender, segment->at, segment->ordinal, segment_index(segment));
    while (ahead_of(connection->next[sender], end) > 0) {
        uint32_t known = connection->next[sender] - segment->sequence;
        streams->counts.overlap_bytes += known;
        segment_skip(segment, known);
        uint32_t length = segment->length;
        uint32_t first = held_first(&streams->pool, connection, sender);
        if (first != NONE) {
            uint32_t room = streams->pool.blocks[first].sequence - segment->sequence;
            length = room < length ? room : length;
        }
        stream_read(streams, connection, sender, segment->bytes, length);
        if (length == segment->length) {
            gap_give_up_cut(streams, connection, sender, end);
        }
        segment_skip(segment, length);
        held_read(streams, connection, sender);
    }
}

static bool held_in_front(const struct streams *streams, const struct connection *connection,
    enum side sender, const struct segment *segment)
{
    uint32_t first = held_first(&streams->pool, connection, sender);
    return first != NONE && ahead_of(streams->pool.blocks[first].sequence, segment->sequence) >= 0;
}

void segment_put(struct streams *streams, struct connection *connection, enum side sender,
    struct segment *segment)
{
    uint32_t owner = direction_id(streams, connection, sender);
    struct held held = {0};
    while (ahead_of(connection->next[sender], segment->sequence) > 0) {
        bool stored = held_insert(&streams->pool, connection, sender, owner, segment, &held);
        held_note(streams, segment->at);
        if (stored) {
            streams->counts.reordered_segments += held.stored > 0;
            *(held.stored > 0 ? &streams->counts.overlap_bytes
                              : &streams->counts.retransmitted_bytes) += held.overlapped;
            return;
        }
        streams->counts.held_over_limit++;
        if (held_in_front(streams, connection, sender, segment)) {
            gap_give_up_held(streams, connection, sender);
        } else {
            position_set(
                streams, connection, sender, segment->at, segment->ordinal, segment_index(segment));
            gap_give_up(streams, connection, sender, segment->sequence);
        }
    }
    streams->counts.overlap_bytes += held.overlapped;
    segment_read(streams, connection, sender, segment);
}
