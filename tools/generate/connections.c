// A connection that is reset and opened again takes a new port of the opener's, unless the link
// reuses ports; then the same 4-tuple begins again with new sequence numbers. While a link is down
// the openers knock in vain: a SYN that is refused by RST, or two that nobody answers.
#include "config/memory.h"

#include "tools/generate/events.h"
#include "tools/generate/tcp.h"

#include <stdlib.h>

#define KNOCK_NS          (2 * NS_PER_S)
#define KNOCK_AGAIN_NS    (1 * NS_PER_S) // the first retransmission of a SYN
#define HANDSHAKE_LEAD_NS (500 * NS_PER_MS)
#define PORT_FIRST        32768
#define PORTS_PER_ADDRESS 16000 // of connections; the next 12000 are for those opened again

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
    struct tcp *tcp = memory_zeroed(1, sizeof(*tcp));
    *tcp = (struct tcp){
        scenario, tap, events, sink, context, random_init(scenario->seed, RANDOM_CONNECTIONS)};
    tcp->links = memory_zeroed(scenario->link_count, sizeof(*tcp->links));
    batch_init(&tcp->alone, 1);
    for (size_t i = 0; i < scenario->link_count; i++) {
        const struct link_scenario *link = &scenario->links[i];
        for (int group = 0; group <= (link->mode == MODE_SPLIT); group++) {
            uint32_t count = (uint32_t)link->connections;
            struct connection *connections = memory_zeroed(count, sizeof(*connections));
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
    tcp_segment(tcp, opener, at_ns, FRAME_SYN, NULL, 0);
    tcp_segment(tcp, listener, at_ns + 2 * CROSSING_NS, FRAME_SYN | FRAME_ACK, NULL, 0);
    tcp_segment(tcp, opener, at_ns + 3 * CROSSING_NS, FRAME_ACK, NULL, 0);
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
        tcp_flush_waiting(tcp, connection, at_ns);
        int64_t end_ns = after_all(connection, at_ns);
        struct direction *opener = &connection->from[SIDE_OPENER];
        struct direction *listener = &connection->from[SIDE_LISTENER];
        tcp_segment(tcp, opener, end_ns, FRAME_FIN | FRAME_ACK, NULL, 0);
        tcp_segment(tcp, listener, end_ns + 2 * CROSSING_NS, FRAME_FIN | FRAME_ACK, NULL, 0);
        tcp_segment(tcp, opener, end_ns + 3 * CROSSING_NS, FRAME_ACK, NULL, 0);
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
    tcp_flush_waiting(tcp, connection, at_ns);
    tcp_segment(tcp, &connection->from[SIDE_LISTENER], after_all(connection, at_ns),
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

void tcp_knock(struct tcp *tcp, struct connection *connection, int64_t at_ns, enum knock how)
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
    tcp_segment(tcp, opener, at_ns, FRAME_SYN, NULL, 0);
    if (how == KNOCK_REFUSED) {
        listener->sequence = 0;
        tcp_segment(tcp, listener, at_ns + 2 * CROSSING_NS, FRAME_RST | FRAME_ACK, NULL, 0);
        heap_add(tcp->events, at_ns + KNOCK_NS, EVENT_KNOCK, connection, KNOCK_REFUSED);
    } else if (how == KNOCK_UNANSWERED) {
        heap_add(tcp->events, at_ns + KNOCK_AGAIN_NS, EVENT_KNOCK, connection, KNOCK_AGAIN);
        heap_add(tcp->events, at_ns + 2 * KNOCK_NS, EVENT_KNOCK, connection, KNOCK_UNANSWERED);
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
