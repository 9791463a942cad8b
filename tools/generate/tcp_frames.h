// TCP connections between the two ends of the links: messages → frames that pass the tap.
#pragma once

#include "tools/generate/heap.h"
#include "tools/generate/scenario.h"
#include "tools/generate/tap.h"

#include <stdbool.h>
#include <stdint.h>

enum side { SIDE_OPENER, SIDE_LISTENER };
enum group { GROUP_REQUESTS, GROUP_ANSWERS }; // split links have connections for each
enum knock { KNOCK_REFUSED, KNOCK_UNANSWERED, KNOCK_AGAIN };

struct batch;
struct connection;

struct direction {
    struct connection *connection;
    struct batch *batch; // messages that wait for company; NULL when none ever do
    int64_t last_ns;     // of its last segment
    int64_t passed_ns;   // in the capture: the latest instant of what was seen since the last gap
    uint32_t sequence;   // of its next byte
    uint32_t acknowledged;
    uint16_t identification;
    uint8_t side;
    bool ack_waits; // a delayed ACK is due
};

struct connection {
    struct end_address end[2]; // by enum side
    struct direction from[2];
    uint32_t index;  // among its link's and group's
    uint32_t opened; // how often
    uint16_t link;
    uint8_t group;
    bool is_open;
};

// A message has been laid out on the wire.
struct sent {
    int64_t at_ns;        // of the segment with its last byte, on the wire
    struct tap_view view; // in order: when all that was seen up to that byte had passed the tap;
                          // seen: all of the message's segments were
    const struct end_address *from, *to;
};

typedef void sent_sink(void *context, void *subject, uint32_t role, const struct sent *sent);

struct tcp_counts {
    uint64_t data_segments, splits, opened, resets;
};

struct tcp;

struct tcp *tcp_new(const struct scenario *scenario, struct tap *tap, struct heap *events,
    sent_sink *sink, void *context);
void tcp_free(struct tcp *tcp);

// Opens all connections so that they are open at `ready_ns`; without handshakes when midstream.
void tcp_open_all(struct tcp *tcp, int64_t ready_ns);
void tcp_close_all(struct tcp *tcp, int64_t at_ns);

// The next open connection of the link's group in turn, or NULL. A link that is not split has only
// GROUP_REQUESTS.
struct connection *tcp_connection(struct tcp *tcp, uint16_t link, enum group group);
// The connection of that number over all links, NULL past the last.
struct connection *tcp_connection_at(struct tcp *tcp, size_t number);

// Writes a message. `sink` is told when it is laid out, perhaps before this returns.
void tcp_send(struct tcp *tcp, struct connection *connection, enum side side, int64_t at_ns,
    const uint8_t *bytes, uint32_t length, void *subject, uint32_t role);

// Resets all connections of the link; when `reopen`, they are opened again at once.
void tcp_reset_link(struct tcp *tcp, uint16_t link, int64_t at_ns, bool reopen);
// The opener's vain attempts to open the link's connections again, until tcp_reopen_link.
void tcp_knock_link(struct tcp *tcp, uint16_t link, int64_t at_ns, enum knock knock);
void tcp_reopen_link(struct tcp *tcp, uint16_t link, int64_t at_ns);

// An event of this file is due.
void tcp_event(struct tcp *tcp, const struct heap_item *event);
const struct tcp_counts *tcp_counts(const struct tcp *tcp);
