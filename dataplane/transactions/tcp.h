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

// What the flags, the acknowledgement and the payload say of the connection's two directions.
void tcp_take(struct streams *streams, const struct arrival *arrival);

// Whether a SYN begins the connection anew, because it is not part of the one that is known.
bool tcp_begins_anew(
    const struct connection *connection, const struct packet *packet, enum side sender);
// Whether the connection was closed by FINs or a RST.
bool tcp_is_closed(const struct connection *connection);
