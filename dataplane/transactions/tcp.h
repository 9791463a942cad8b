// One TCP packet of a known connection. Private to dataplane/.
#pragma once

#include "dataplane/transactions/streams.h"

// A packet with what was found out about it.
struct arrival {
    const struct packet *packet;
    struct connection *connection;
    enum side sender;
    struct instant at;     // of the packet, never before the one in front of it
    struct instant before; // of the connection's packet in front of it
    struct link_counts *facts;
};

#define JUMP_BYTES (16 * 1024 * 1024) // beyond any window and loss that a gap may tell of

// Flags of a direction whose next bytes can be read where they are; of these it has IN_ORDER.
#define ORDER_FLAGS                                                                                \
    (DIRECTION_SEARCHING | DIRECTION_HELD | DIRECTION_PENDING | DIRECTION_FIN | DIRECTION_KNOWN |  \
        DIRECTION_STARTED)
#define IN_ORDER (DIRECTION_KNOWN | DIRECTION_STARTED)

static inline bool tcp_is_next(
    const struct connection *connection, const struct packet *packet, enum side sender)
{
    return packet->sequence == connection->next[sender] &&
           (connection->flags[sender] & ORDER_FLAGS) == IN_ORDER &&
           packet->payload_captured == packet->payload_length;
}

// What most packets are: no flag but ACK and PSH matters, nothing is acknowledged that was not
// seen, and the payload, if any, is the next. tcp_take would read it and do nothing else.
static inline bool tcp_goes_on(
    const struct connection *connection, const struct packet *packet, enum side sender)
{
    bool nothing_unseen =
        (connection->flags[!sender] & (DIRECTION_KNOWN | DIRECTION_FIN | DIRECTION_AHEAD)) ==
            DIRECTION_KNOWN &&
        connection->next[!sender] - packet->acknowledgement <= JUMP_BYTES;
    return !(packet->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST)) &&
           (nothing_unseen || !(packet->tcp_flags & TCP_ACK)) &&
           (packet->payload_length == 0 || tcp_is_next(connection, packet, sender));
}

// What the flags, the acknowledgement and the payload say of the connection's two directions.
void tcp_take(struct streams *streams, const struct arrival *arrival);

// Whether a SYN begins the connection anew, because it is not part of the one that is known.
bool tcp_begins_anew(
    const struct connection *connection, const struct packet *packet, enum side sender);
// Whether the connection was closed by FINs or a RST.
bool tcp_is_closed(const struct connection *connection);
