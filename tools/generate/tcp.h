// The connections and how their segments are sent. Private to tcp_frames.c and connections.c.
#pragma once

#include "tools/generate/frame_bytes.h"
#include "tools/generate/random.h"
#include "tools/generate/tcp_frames.h"

#define CROSSING_NS 40000 // from one end to the other
#define SEGMENT_NS  1000  // between two segments of one side, at least

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

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// Sends one segment of the direction. Payload may be NULL.
struct tap_view tcp_segment(struct tcp *tcp, struct direction *direction, int64_t at_ns,
    uint8_t flags, const uint8_t *payload, uint32_t length);
// Writes out messages that wait for company.
void tcp_flush_waiting(struct tcp *tcp, struct connection *connection, int64_t at_ns);
void batch_init(struct batch *batch, int64_t messages);
// EVENT_KNOCK is due.
void tcp_knock(struct tcp *tcp, struct connection *connection, int64_t at_ns, enum knock knock);
