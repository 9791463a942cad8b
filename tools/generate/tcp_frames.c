// Connections as the tap sees them. A write is laid out as segments at once: the first at the
// write's instant (or behind what the same side sent before), each further one some microseconds
// later, so a direction's segments are always in order on the wire, whatever the tap makes of it
// afterwards.
//
// The receiver acknowledges everything that had reached it: a share of the segments at once by a
// bare ACK, the rest by its next data or by a delayed ACK after 40 ms. It acknowledges lost
// segments too, for only the tap lost them. No window is kept: a payment link never fills one.
#include "tools/generate/tcp_frames.h"

#include "config/memory.h"

#include "tools/generate/events.h"
#include "tools/generate/tcp.h"

#include <stdlib.h>
#include <string.h>

#define CUT_NS         20000 // between the segments of one write, at most
#define DELAYED_ACK_NS (40 * NS_PER_MS)
#define CUTS_MAX       3

static struct direction *other(const struct direction *direction)
{
    return &direction->connection->from[!direction->side];
}

struct tap_view tcp_segment(struct tcp *tcp, struct direction *direction, int64_t at_ns,
    uint8_t flags, const uint8_t *payload, uint32_t length)
{
    struct connection *connection = direction->connection;
    struct direction *peer = other(direction);
    if ((flags & FRAME_ACK) != 0 && peer->last_ns <= at_ns) {
        direction->acknowledged = peer->sequence;
    }
    struct frame_facts facts = {
        .source = &connection->end[direction->side],
        .destination = &connection->end[!direction->side],
        .sequence = direction->sequence,
        .acknowledgement = direction->acknowledged,
        .flags = flags,
        .identification = direction->identification++,
        .vlan = (uint16_t)tcp->scenario->tap.vlan,
        .payload = payload,
        .payload_length = length,
    };
    uint32_t frame_length = frame_write(tap_frame(tcp->tap), &facts);
    direction->sequence += length + ((flags & (FRAME_SYN | FRAME_FIN)) != 0);
    direction->last_ns = at_ns;
    bool is_client = (connection->group == GROUP_REQUESTS) == (direction->side == SIDE_OPENER);
    bool is_dark = tap_is_dark(tcp->scenario, connection->link, is_client, at_ns);
    struct tap_view view = tap_pass(tcp->tap, at_ns, frame_length, is_dark);
    if (length > 0) { // nothing waits for bytes that never come: behind a gap order begins anew
        direction->passed_ns = view.seen ? later(direction->passed_ns, view.at_ns) : 0;
    }
    return view;
}

// ---- writes
// ---------------------------------------------------------------------------------------

struct segment {
    uint32_t end; // offset behind its last byte
    int64_t at_ns;
    struct tap_view view;
};

#define SEGMENTS_MAX (CUTS_MAX + 2 + 50 * SCENARIO_MESSAGE_BYTES_MAX / FRAME_PAYLOAD_BYTES_MAX)

static int compare_cuts(const void *a, const void *b)
{
    return (int)*(const uint32_t *)a - (int)*(const uint32_t *)b;
}

// Where the write is cut: at random bytes, and wherever a segment would be too long.
static size_t cut_write(struct tcp *tcp, uint32_t length, struct segment segments[SEGMENTS_MAX])
{
    uint32_t cuts[CUTS_MAX + 1] = {length, length, length, length};
    size_t cut_count = 0, count = 0;
    if (length > 1 && random_hits(&tcp->random, tcp->scenario->tap.split_ppm)) {
        cut_count = 1 + random_below(&tcp->random, CUTS_MAX);
        for (size_t i = 0; i < cut_count; i++) {
            cuts[i] = 1 + (uint32_t)random_below(&tcp->random, length - 1);
        }
        qsort(cuts, cut_count, sizeof(cuts[0]), compare_cuts);
        cuts[cut_count] = length;
        tcp->counts.splits++;
    }
    uint32_t start = 0;
    for (size_t i = 0; i <= cut_count; i++) {
        while (start < cuts[i]) {
            uint32_t part = cuts[i] - start;
            start += part > FRAME_PAYLOAD_BYTES_MAX ? FRAME_PAYLOAD_BYTES_MAX : part;
            segments[count++].end = start;
        }
    }
    return count;
}

static void schedule_ack(struct tcp *tcp, struct direction *receiver, int64_t at_ns)
{
    if (random_hits(&tcp->random, tcp->scenario->tap.bare_ack_ppm)) {
        heap_add(tcp->events, at_ns + 2 * CROSSING_NS, EVENT_ACK, receiver, 0);
    } else if (!receiver->ack_waits) {
        receiver->ack_waits = true;
        heap_add(tcp->events, at_ns + DELAYED_ACK_NS, EVENT_DELAYED_ACK, receiver, 0);
    }
}

// Tells the sink of each message of the write: when its last byte passed, and whether all of it was
// seen.
static void tell(struct tcp *tcp, const struct direction *direction, const struct batch *batch,
    const struct segment *segments)
{
    const struct connection *connection = direction->connection;
    size_t s = 0;
    for (uint32_t m = 0; m < batch->count; m++) {
        const struct batched *message = &batch->messages[m];
        bool seen = segments[s].view.seen;
        while (segments[s].end < message->end) {
            seen &= segments[++s].view.seen;
        }
        struct sent sent = {segments[s].at_ns, {segments[s].view.at_ns, seen},
            &connection->end[direction->side], &connection->end[!direction->side]};
        tcp->sink(tcp->context, message->subject, message->role, &sent);
        s += segments[s].end == message->end;
    }
}

static bool is_between_messages(const struct batch *batch, uint32_t offset)
{
    bool is = offset == 0;
    for (uint32_t m = 0; m < batch->count && !is; m++) {
        is = batch->messages[m].end == offset;
    }
    return is;
}

static void flush(struct tcp *tcp, struct direction *direction, struct batch *batch, int64_t at_ns)
{
    struct segment segments[SEGMENTS_MAX];
    size_t count = cut_write(tcp, batch->length, segments);
    uint32_t start = 0;
    at_ns = later(at_ns, direction->last_ns + SEGMENT_NS);
    for (size_t i = 0; i < count; i++) {
        struct segment *segment = &segments[i];
        segment->at_ns = at_ns;
        uint8_t flags = i + 1 == count ? FRAME_PSH | FRAME_ACK : FRAME_ACK;
        segment->view =
            tcp_segment(tcp, direction, at_ns, flags, batch->bytes + start, segment->end - start);
        if (segment->view.seen &&
            !(is_between_messages(batch, start) && is_between_messages(batch, segment->end))) {
            segment->view.at_ns = direction->passed_ns; // only in order is it known what it brings
        }
        start = segment->end;
        at_ns += SEGMENT_NS + (int64_t)random_below(&tcp->random, CUT_NS);
    }
    tcp->counts.data_segments += count;
    schedule_ack(tcp, other(direction), direction->last_ns);
    tell(tcp, direction, batch, segments);
    batch->count = 0;
    batch->length = 0;
}

void batch_init(struct batch *batch, int64_t messages)
{
    batch->messages = memory_zeroed((size_t)messages, sizeof(*batch->messages));
    batch->bytes = memory_zeroed((size_t)messages, SCENARIO_MESSAGE_BYTES_MAX);
}

void tcp_send(struct tcp *tcp, struct connection *connection, enum side side, int64_t at_ns,
    const uint8_t *bytes, uint32_t length, void *subject, uint32_t role)
{
    const struct tap_scenario *settings = &tcp->scenario->tap;
    struct direction *direction = &connection->from[side];
    if (settings->coalesce > 1 && direction->batch == NULL) {
        direction->batch = memory_zeroed(1, sizeof(*direction->batch));
        batch_init(direction->batch, settings->coalesce);
    }
    struct batch *batch = direction->batch == NULL ? &tcp->alone : direction->batch;
    memcpy(batch->bytes + batch->length, bytes, length);
    batch->length += length;
    batch->messages[batch->count++] = (struct batched){subject, role, batch->length};
    if (batch->count >= settings->coalesce) {
        flush(tcp, direction, batch, at_ns);
    } else if (batch->count == 1) {
        heap_add(tcp->events, at_ns + settings->coalesce_ns, EVENT_FLUSH, direction, 0);
    }
}

void tcp_flush_waiting(struct tcp *tcp, struct connection *connection, int64_t at_ns)
{
    for (int side = 0; side < 2; side++) {
        struct direction *direction = &connection->from[side];
        if (direction->batch != NULL && direction->batch->count > 0) {
            flush(tcp, direction, direction->batch, at_ns);
        }
    }
}

// ---- events
// ---------------------------------------------------------------------------------------

static void acknowledge(struct tcp *tcp, struct direction *direction, int64_t at_ns)
{
    const struct direction *peer = other(direction);
    at_ns = later(at_ns, later(direction->last_ns + SEGMENT_NS, peer->last_ns + CROSSING_NS));
    if (direction->connection->is_open && peer->sequence != direction->acknowledged) {
        tcp_segment(tcp, direction, at_ns, FRAME_ACK, NULL, 0);
    }
}

void tcp_event(struct tcp *tcp, const struct heap_item *event)
{
    struct direction *direction = event->subject;
    switch (event->kind) {
    case EVENT_FLUSH:
        if (direction->batch->count > 0 && direction->connection->is_open) {
            flush(tcp, direction, direction->batch, event->at_ns);
        }
        break;
    case EVENT_ACK: acknowledge(tcp, direction, event->at_ns); break;
    case EVENT_DELAYED_ACK:
        direction->ack_waits = false;
        acknowledge(tcp, direction, event->at_ns);
        break;
    case EVENT_KNOCK: tcp_knock(tcp, event->subject, event->at_ns, event->value); break;
    }
}
