// Connections as the tap sees them. A write is laid out as segments at once: the first at the
// write's instant (or behind what the same side sent before), each further one some microseconds
// later, so a direction's segments are always in order on the wire, whatever the tap makes of it
// afterwards.
//
// The receiver acknowledges everything that had reached it: a share of the segments at once by a
// bare ACK, the rest by its next data or by a delayed ACK after 40 ms. It acknowledges lost
// segments too, for only the tap lost them. No window is kept: a payment link never fills one.
//
// A connection that is reset and opened again takes a new port of the opener's, unless the link
// reuses ports; then the same 4-tuple begins again with new sequence numbers.
#include "tools/generate/tcp_frames.h"

#include "tools/generate/events.h"
#include "tools/generate/frame_bytes.h"
#include "tools/generate/memory.h"
#include "tools/generate/random.h"

#include <stdlib.h>
#include <string.h>

#define CROSSING_NS       40000 // from one end to the other
#define SEGMENT_NS        1000  // between two segments of one side, at least
#define CUT_NS            20000 // between the segments of one write, at most
#define DELAYED_ACK_NS    (40 * NS_PER_MS)
#define KNOCK_NS          (2 * NS_PER_S)
#define KNOCK_AGAIN_NS    (1 * NS_PER_S) // the first retransmission of a SYN
#define HANDSHAKE_LEAD_NS (500 * NS_PER_MS)
#define PORT_FIRST        32768
#define PORTS_PER_ADDRESS 16000 // of connections; the next 12000 are for those opened again
#define CUTS_MAX          3

struct batched {
    void *subject;
    uint32_t role;
    uint32_t end; // its last byte + 1
};

struct batch {
    uint32_t count, length;
    struct batched *messages;
    uint8_t *bytes;
};

struct link_connections {
    struct connection *connections[2]; // by enum group
    uint32_t count[2], next[2];
    bool knocked;
};

struct tcp {
    const struct scenario *scenario;
    struct tap *tap;
    struct heap *events;
    sent_sink *sink;
    void *context;
    struct random random;
    struct link_connections *links;
    struct batch alone; // of a message that does not wait for company
    struct tcp_counts counts;
};

static struct direction *other(const struct direction *direction)
{
    return &direction->connection->from[!direction->side];
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct tap_view send_segment(struct tcp *tcp, struct direction *direction, int64_t at_ns,
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
    return tap_pass(tcp->tap, at_ns, frame_length);
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
            send_segment(tcp, direction, at_ns, flags, batch->bytes + start, segment->end - start);
        start = segment->end;
        at_ns += SEGMENT_NS + (int64_t)random_below(&tcp->random, CUT_NS);
    }
    tcp->counts.data_segments += count;
    schedule_ack(tcp, other(direction), direction->last_ns);
    tell(tcp, direction, batch, segments);
    batch->count = 0;
    batch->length = 0;
}

static void batch_init(struct batch *batch, int64_t messages)
{
    batch->messages = memory_new((size_t)messages, sizeof(*batch->messages));
    batch->bytes = memory_new((size_t)messages, SCENARIO_MESSAGE_BYTES_MAX);
}

void tcp_send(struct tcp *tcp, struct connection *connection, enum side side, int64_t at_ns,
    const uint8_t *bytes, uint32_t length, void *subject, uint32_t role)
{
    const struct tap_scenario *settings = &tcp->scenario->tap;
    struct direction *direction = &connection->from[side];
    if (settings->coalesce > 1 && direction->batch == NULL) {
        direction->batch = memory_new(1, sizeof(*direction->batch));
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

// ---- opening and closing
// --------------------------------------------------------------------------

static void step_address(struct end_address *end, uint32_t steps)
{
    for (int i = 15; i >= 12 && steps > 0; i--) {
        uint32_t sum = end->address[i] + (steps & 0xff);
        end->address[i] = (uint8_t)sum;
        steps = (steps >> 8) + (sum >> 8);
    }
}

static void connection_init(
    struct connection *connection, const struct link_scenario *link, enum group group)
{
    bool asks = group == GROUP_REQUESTS;
    connection->group = (uint8_t)group;
    connection->end[SIDE_OPENER] = asks ? link->client : link->server;
    connection->end[SIDE_LISTENER] = asks ? link->server : link->answers_to;
    step_address(&connection->end[SIDE_OPENER], connection->index / PORTS_PER_ADDRESS);
    for (int side = 0; side < 2; side++) {
        connection->from[side].connection = connection;
        connection->from[side].side = (uint8_t)side;
    }
}

struct tcp *tcp_new(const struct scenario *scenario, struct tap *tap, struct heap *events,
    sent_sink *sink, void *context)
{
    struct tcp *tcp = memory_new(1, sizeof(*tcp));
    *tcp = (struct tcp){
        scenario, tap, events, sink, context, random_init(scenario->seed, RANDOM_CONNECTIONS)};
    tcp->links = memory_new(scenario->link_count, sizeof(*tcp->links));
    batch_init(&tcp->alone, 1);
    for (size_t i = 0; i < scenario->link_count; i++) {
        const struct link_scenario *link = &scenario->links[i];
        for (int group = 0; group <= (link->mode == MODE_SPLIT); group++) {
            uint32_t count = (uint32_t)link->connections;
            struct connection *connections = memory_new(count, sizeof(*connections));
            tcp->links[i].connections[group] = connections;
            tcp->links[i].count[group] = count;
            for (uint32_t c = 0; c < count; c++) {
                connections[c].link = (uint16_t)i;
                connections[c].index = c;
                connection_init(&connections[c], link, group);
            }
        }
    }
    return tcp;
}

static uint16_t opener_port(const struct tcp *tcp, const struct connection *connection)
{
    uint32_t first = connection->index % PORTS_PER_ADDRESS;
    if (connection->opened == 0 || tcp->scenario->links[connection->link].reuse_ports) {
        return (uint16_t)(PORT_FIRST + first);
    }
    uint32_t again = first * 7 + (connection->opened - 1);
    return (uint16_t)(PORT_FIRST + PORTS_PER_ADDRESS + again % 12000);
}

// A new start of both directions: port, sequence numbers.
static void begin(struct tcp *tcp, struct connection *connection)
{
    connection->end[SIDE_OPENER].port = opener_port(tcp, connection);
    connection->opened++;
    for (int side = 0; side < 2; side++) {
        connection->from[side].sequence = (uint32_t)random_next(&tcp->random);
        connection->from[side].acknowledged = 0;
    }
}

static void handshake(struct tcp *tcp, struct connection *connection, int64_t at_ns)
{
    struct direction *opener = &connection->from[SIDE_OPENER];
    struct direction *listener = &connection->from[SIDE_LISTENER];
    begin(tcp, connection);
    at_ns = later(at_ns, later(opener->last_ns, listener->last_ns) + SEGMENT_NS);
    send_segment(tcp, opener, at_ns, FRAME_SYN, NULL, 0);
    send_segment(tcp, listener, at_ns + 2 * CROSSING_NS, FRAME_SYN | FRAME_ACK, NULL, 0);
    send_segment(tcp, opener, at_ns + 3 * CROSSING_NS, FRAME_ACK, NULL, 0);
    connection->is_open = true;
    tcp->counts.opened++;
}

// In the middle of a stream: as if the handshake had been before the capture.
static void open_silently(struct tcp *tcp, struct connection *connection)
{
    begin(tcp, connection);
    for (int side = 0; side < 2; side++) {
        connection->from[side].acknowledged = connection->from[!side].sequence;
    }
    connection->is_open = true;
    tcp->counts.opened++;
}

struct connection *tcp_connection_at(struct tcp *tcp, size_t number)
{
    for (size_t i = 0; i < tcp->scenario->link_count; i++) {
        for (int group = 0; group < 2; group++) {
            if (number < tcp->links[i].count[group]) {
                return &tcp->links[i].connections[group][number];
            }
            number -= tcp->links[i].count[group];
        }
    }
    return NULL;
}

void tcp_open_all(struct tcp *tcp, int64_t ready_ns)
{
    size_t count = 0;
    while (tcp_connection_at(tcp, count) != NULL) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        if (tcp->scenario->tap.midstream) {
            open_silently(tcp, tcp_connection_at(tcp, i));
        } else {
            int64_t spread_ns = (HANDSHAKE_LEAD_NS - NS_PER_MS) * (int64_t)i / (int64_t)count;
            handshake(tcp, tcp_connection_at(tcp, i), ready_ns - HANDSHAKE_LEAD_NS + spread_ns);
        }
    }
}

static void flush_waiting(struct tcp *tcp, struct connection *connection, int64_t at_ns)
{
    for (int side = 0; side < 2; side++) {
        struct direction *direction = &connection->from[side];
        if (direction->batch != NULL && direction->batch->count > 0) {
            flush(tcp, direction, direction->batch, at_ns);
        }
    }
}

static int64_t after_all(const struct connection *connection, int64_t at_ns)
{
    int64_t last_ns = later(connection->from[0].last_ns, connection->from[1].last_ns);
    return later(at_ns, last_ns + 2 * CROSSING_NS);
}

void tcp_close_all(struct tcp *tcp, int64_t at_ns)
{
    struct connection *connection = NULL;
    for (size_t i = 0; (connection = tcp_connection_at(tcp, i)) != NULL; i++) {
        if (!connection->is_open) {
            continue;
        }
        flush_waiting(tcp, connection, at_ns);
        int64_t end_ns = after_all(connection, at_ns);
        struct direction *opener = &connection->from[SIDE_OPENER];
        struct direction *listener = &connection->from[SIDE_LISTENER];
        send_segment(tcp, opener, end_ns, FRAME_FIN | FRAME_ACK, NULL, 0);
        send_segment(tcp, listener, end_ns + 2 * CROSSING_NS, FRAME_FIN | FRAME_ACK, NULL, 0);
        send_segment(tcp, opener, end_ns + 3 * CROSSING_NS, FRAME_ACK, NULL, 0);
        connection->is_open = false;
    }
}

struct connection *tcp_connection(struct tcp *tcp, uint16_t link, enum group group)
{
    struct link_connections *of = &tcp->links[link];
    for (uint32_t tried = 0; tried < of->count[group]; tried++) {
        struct connection *connection = &of->connections[group][of->next[group]];
        of->next[group] = (of->next[group] + 1) % of->count[group];
        if (connection->is_open) {
            return connection;
        }
    }
    return NULL;
}

static void reset(struct tcp *tcp, struct connection *connection, int64_t at_ns)
{
    flush_waiting(tcp, connection, at_ns);
    send_segment(tcp, &connection->from[SIDE_LISTENER], after_all(connection, at_ns),
        FRAME_RST | FRAME_ACK, NULL, 0);
    connection->is_open = false;
    tcp->counts.resets++;
}

void tcp_reset_link(struct tcp *tcp, uint16_t link, int64_t at_ns, bool reopen)
{
    for (int group = 0; group < 2; group++) {
        for (uint32_t i = 0; i < tcp->links[link].count[group]; i++) {
            struct connection *connection = &tcp->links[link].connections[group][i];
            if (connection->is_open) {
                reset(tcp, connection, at_ns);
            }
            if (reopen) {
                handshake(tcp, connection, after_all(connection, at_ns));
            }
        }
    }
}

// ---- vain attempts
// --------------------------------------------------------------------------------

void tcp_knock_link(struct tcp *tcp, uint16_t link, int64_t at_ns, enum knock knock)
{
    tcp->links[link].knocked = true;
    for (int group = 0; group < 2; group++) {
        uint32_t count = tcp->links[link].count[group];
        for (uint32_t i = 0; i < count; i++) {
            int64_t spread_ns = KNOCK_NS * (int64_t)i / (int64_t)count;
            heap_add(tcp->events, at_ns + spread_ns + NS_PER_MS, EVENT_KNOCK,
                &tcp->links[link].connections[group][i], knock);
        }
    }
}

void tcp_reopen_link(struct tcp *tcp, uint16_t link, int64_t at_ns)
{
    tcp->links[link].knocked = false;
    for (int group = 0; group < 2; group++) {
        for (uint32_t i = 0; i < tcp->links[link].count[group]; i++) {
            struct connection *connection = &tcp->links[link].connections[group][i];
            if (!connection->is_open) {
                handshake(tcp, connection, at_ns);
            }
        }
    }
}

static void knock(struct tcp *tcp, struct connection *connection, int64_t at_ns, enum knock how)
{
    struct direction *opener = &connection->from[SIDE_OPENER];
    struct direction *listener = &connection->from[SIDE_LISTENER];
    if (connection->is_open || !tcp->links[connection->link].knocked) {
        return;
    }
    if (how == KNOCK_AGAIN) {
        opener->sequence--; // the same SYN
    } else {
        begin(tcp, connection);
    }
    send_segment(tcp, opener, at_ns, FRAME_SYN, NULL, 0);
    if (how == KNOCK_REFUSED) {
        listener->sequence = 0;
        send_segment(tcp, listener, at_ns + 2 * CROSSING_NS, FRAME_RST | FRAME_ACK, NULL, 0);
        heap_add(tcp->events, at_ns + KNOCK_NS, EVENT_KNOCK, connection, KNOCK_REFUSED);
    } else if (how == KNOCK_UNANSWERED) {
        heap_add(tcp->events, at_ns + KNOCK_AGAIN_NS, EVENT_KNOCK, connection, KNOCK_AGAIN);
        heap_add(tcp->events, at_ns + 2 * KNOCK_NS, EVENT_KNOCK, connection, KNOCK_UNANSWERED);
    }
}

// ---- events
// ---------------------------------------------------------------------------------------

static void acknowledge(struct tcp *tcp, struct direction *direction, int64_t at_ns)
{
    const struct direction *peer = other(direction);
    at_ns = later(at_ns, later(direction->last_ns + SEGMENT_NS, peer->last_ns + CROSSING_NS));
    if (direction->connection->is_open && peer->sequence != direction->acknowledged) {
        send_segment(tcp, direction, at_ns, FRAME_ACK, NULL, 0);
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
    case EVENT_KNOCK: knock(tcp, event->subject, event->at_ns, event->value); break;
    }
}

const struct tcp_counts *tcp_counts(const struct tcp *tcp)
{
    return &tcp->counts;
}

void tcp_free(struct tcp *tcp)
{
    if (tcp == NULL) {
        return;
    }
    struct connection *connection = NULL;
    for (size_t i = 0; (connection = tcp_connection_at(tcp, i)) != NULL; i++) {
        for (int side = 0; side < 2; side++) {
            struct batch *batch = connection->from[side].batch;
            if (batch != NULL) {
                free(batch->messages);
                free(batch->bytes);
                free(batch);
            }
        }
    }
    for (size_t i = 0; i < tcp->scenario->link_count; i++) {
        free(tcp->links[i].connections[0]);
        free(tcp->links[i].connections[1]);
    }
    free(tcp->alone.messages);
    free(tcp->alone.bytes);
    free(tcp->links);
    free(tcp);
}
