// How long connections are known.
//
// A connection is forgotten `transactions.idle` after its last packet, or a little after its FINs
// or RST, exactly: an entry that is older is treated as absent, whenever its memory is taken back.
// When a queue of the table is full, its oldest connection is evicted: what is held of it is read
// first, and the eviction is counted, for it can make a verdict depend on other traffic. One that
// never carried payload takes nothing along but the knowledge of where its bytes begin, and has a
// count of its own: a flood of SYNs leaves the verdict as it is.
//
// The memory of what is over comes back RECLAIM entries a queue and call, from the old end: nothing
// walks through the table.
#include "dataplane/transactions/lifetimes.h"

#include "dataplane/transactions/tcp.h"

#define RECLAIM 2

static int64_t patience_ns(const struct streams *streams, const struct connection *connection)
{
    bool closed = connection->queue == QUEUE_CLOSED ||
                  (connection->queue == QUEUE_BARE && tcp_is_closed(connection));
    return closed ? 2 * streams->settings->packets.hold_ns + streams->settings->packets.disorder_ns
                  : streams->settings->transactions.idle_ns;
}

bool lifetime_is_over(
    const struct streams *streams, const struct connection *connection, struct instant now)
{
    return now.ns - connection->last_seen.ns > patience_ns(streams, connection);
}

static void flush(struct streams *streams, struct connection *connection)
{
    gaps_flush(streams, connection, OURS);
    gaps_flush(streams, connection, THEIRS);
}

static void forget(struct streams *streams, uint32_t index)
{
    flush(streams, &streams->connections.entries[index]);
    connections_remove(&streams->connections, index);
}

// Makes room for one more in the queue: its oldest may have to go.
static void make_room(struct streams *streams, enum connection_queue queue)
{
    uint32_t victim = connections_victim(&streams->connections, queue);
    if (victim == NONE) {
        return;
    }
    const struct connection *oldest = &streams->connections.entries[victim];
    if (!lifetime_is_over(streams, oldest, streams->now)) {
        *(oldest->state & CONNECTION_HAS_PAYLOAD ? &streams->counts.connections_evicted
                                                 : &streams->counts.bare_evicted) += 1;
    }
    forget(streams, victim);
}

void lifetimes_make_room(struct streams *streams)
{
    make_room(streams, QUEUE_BARE);
}

void lifetime_move(struct streams *streams, uint32_t index, enum connection_queue queue)
{
    make_room(streams, queue);
    connections_queue(&streams->connections, index, queue);
}

void lifetime_begin_anew(struct streams *streams, uint32_t index)
{
    struct connection *connection = &streams->connections.entries[index];
    flush(streams, connection);
    connection_renew(connection);
    streams->counts.connections++;
    if (connection->queue == QUEUE_CLOSED) {
        lifetime_move(streams, index, QUEUE_BARE);
    }
}

// Those that were seen since they were queued are queued again.
void lifetimes_reclaim(struct streams *streams)
{
    for (int queue = 0; queue < QUEUES; queue++) {
        for (int i = 0; i < RECLAIM; i++) {
            uint32_t oldest = streams->connections.queues[queue].oldest;
            if (oldest == NONE) {
                break;
            }
            struct connection *connection = &streams->connections.entries[oldest];
            int64_t waited_s = instant_second(streams->now) - connection->queued_s;
            if (lifetime_is_over(streams, connection, streams->now)) {
                forget(streams, oldest);
            } else if (waited_s > patience_ns(streams, connection) / NS_PER_S + 1) {
                connections_queue(&streams->connections, oldest, (enum connection_queue)queue);
            } else {
                break;
            }
        }
    }
}
