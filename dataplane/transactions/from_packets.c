// One worker's packets → messages: finds each packet's connection, lets time pass.
//
// A burst is walked in groups of GROUP packets, three times each: the first walk asks for the cache
// lines of the payloads and of the hash table, the second for those of the connections, the third
// takes the packets. Of these most need segment_goes_on alone.
// Before a packet is taken, everything whose time was over before its instant is given up, so that
// the messages depend on the packets alone and not on the bursts they come in.
//
// Instants never go back here: a packet that is stamped earlier than the one in front of it is
// taken as of that one's instant. The reader (or whoever spreads packets over workers) has to do
// the same over all packets, or the instants would depend on the number of workers.
#include "dataplane/transactions/lifetimes.h"
#include "dataplane/transactions/tcp.h"

#include <stdlib.h>
#include <string.h>

#define GROUP 32

struct streams *streams_new(
    const struct settings *settings, const struct dialects *dialects, struct link_facts *facts)
{
    const struct transactions_settings *limits = &settings->transactions;
    struct streams *streams = calloc(1, sizeof(*streams));
    if (streams == NULL) {
        return NULL;
    }
    streams->settings = settings;
    streams->dialects = dialects;
    streams->facts = facts;
    streams->pending_oldest = streams->pending_newest = NONE;
    streams->deadline = INSTANT_NEVER;
    streams->links = link_finder_new(settings);
    streams->plans = plans_new();
    if (streams->links == NULL || streams->plans == NULL ||
        !connections_init(&streams->connections, (uint32_t)limits->connections) ||
        !reassembly_init(&streams->pool, limits->pool_bytes, limits->held_bytes,
            streams->connections.entry_count)) {
        streams_free(streams);
        return NULL;
    }
    return streams;
}

void streams_free(struct streams *streams)
{
    if (streams != NULL) {
        connections_done(&streams->connections);
        reassembly_done(&streams->pool);
        link_finder_free(streams->links);
        plans_free(streams->plans);
        free(streams);
    }
}

// ---- connections begin

// A second SYN before any answer is a retry, also when its number is new; behind an answer it is
// another connection between the same ports.
static void syn_check(struct streams *streams, uint32_t index, const struct packet *packet,
    enum side sender, struct link_counts *facts)
{
    struct connection *connection = &streams->connections.entries[index];
    if (!tcp_begins_anew(connection, packet, sender)) {
        return;
    }
    bool opening = !(connection->state & (CONNECTION_ANSWERED | CONNECTION_HAS_PAYLOAD));
    if (!tcp_is_closed(connection)) {
        bool retry =
            opening && !(packet->tcp_flags & TCP_ACK) && connection->flags[sender] & DIRECTION_SYN;
        facts->syn_retries += retry;
        streams->counts.connections_reused += !opening;
    }
    lifetime_begin_anew(streams, index);
}

static uint32_t connection_new(
    struct streams *streams, const struct packet *packet, uint32_t hash, struct instant at)
{
    enum side sender;
    uint16_t hosts_link = LINK_NONE, link = LINK_NONE;
    if (!link_cache_find(streams->links, packet, &hosts_link)) {
        link = link_find(streams->links, packet, &sender);
    }
    if (link == LINK_NONE) {
        streams->counts.no_link++;
        hosts_link = link_find_hosts(streams->links, packet);
        if (hosts_link != LINK_NONE) {
            link_facts_at(streams->facts, hosts_link, at)->frames++;
        }
        return NONE;
    }
    lifetimes_make_room(streams);
    streams->counts.connections++;
    return connections_add(&streams->connections, packet, hash,
        link_vlan_class(streams->links, packet->vlan), link, sender, at);
}

// ---- one packet

// 1 to 65535: so that 0 is none.
static uint16_t minute_of(int64_t second)
{
    return (uint16_t)(second / 60 % UINT16_MAX + 1);
}

// A connection that never carried payload is no place where business could stop.
static void minute_count(
    struct streams *streams, struct connection *connection, struct link_counts *facts)
{
    uint16_t minute = minute_of(facts->second);
    if (facts->second != streams->second) {
        streams->second = facts->second;
        streams->place = place_of_main(minute);
    }
    if (connection->minute != minute && connection->state & CONNECTION_HAS_PAYLOAD) {
        connection->minute = minute;
        facts->connections++;
    }
}

static inline void segment_count(struct streams *streams, const struct packet *packet,
    enum side sender, struct link_counts *facts)
{
    facts->frames++;
    facts->our_frames += sender == OURS; // without a branch that cannot be foreseen
    facts->their_frames += sender == THEIRS;
    streams->counts.segments++;
    streams->counts.payload_bytes += packet->payload_length;
}

static void segment_arrived(struct streams *streams, const struct packet *packet, uint32_t index,
    enum side sender, struct instant at)
{
    struct connection *connection = &streams->connections.entries[index];
    struct link_counts *facts = link_facts_at(streams->facts, connection->link, at);
    if (lifetime_is_over(streams, connection, at)) {
        lifetime_begin_anew(streams, index);
    }
    struct instant before = connection->last_seen;
    connection->last_seen = at;
    if (packet->tcp_flags & TCP_SYN) {
        syn_check(streams, index, packet, sender, facts);
    }
    segment_count(streams, packet, sender, facts);
    if (packet->payload_length > 0 && !(connection->state & CONNECTION_HAS_PAYLOAD)) {
        connection->state |= CONNECTION_HAS_PAYLOAD;
        if (connection->queue == QUEUE_BARE) {
            lifetime_move(streams, index, tcp_is_closed(connection) ? QUEUE_CLOSED : QUEUE_MAIN);
        }
    }
    minute_count(streams, connection, facts);
    struct arrival arrival = {packet, connection, sender, at, before, facts};
    tcp_take(streams, &arrival);
    if (packet->tcp_flags & (TCP_FIN | TCP_RST) && connection->queue == QUEUE_MAIN &&
        tcp_is_closed(connection)) {
        lifetime_move(streams, index, QUEUE_CLOSED);
    }
}

// Where to look first; what was seen there may be gone when the packet's turn comes.
struct hint {
    uint32_t hash, candidate;
};

// The short way for most packets of a connection in the main queue, which does what tcp_arrived
// would. False, and nothing done, when there may be more to do.
static inline bool segment_goes_on(
    struct streams *streams, const struct packet *packet, uint32_t candidate, struct instant at)
{
    struct connection *connection = &streams->connections.entries[candidate];
    enum side sender = connection_guess(connection, packet);
    uint16_t class = link_vlan_class(streams->links, packet->vlan);
    if (connection_place(connection) != streams->place ||
        !connection_sends(connection, sender, packet, class) ||
        at.ns - connection->last_seen.ns > streams->settings->transactions.idle_ns ||
        !tcp_goes_on(connection, packet, sender)) {
        return false;
    }
    struct link_counts *facts = link_facts_at(streams->facts, connection->link, at);
    if (__builtin_expect(facts->second != streams->second, 0)) {
        return false;
    }
    connection->last_seen = at;
    segment_count(streams, packet, sender, facts);
    if (packet->payload_length > 0) {
        stream_read_packet(streams, connection, sender, packet, at, facts);
    }
    return true;
}

static void tcp_arrived(struct streams *streams, const struct packet *packet,
    const struct hint *hint, struct instant at)
{
    uint16_t class = link_vlan_class(streams->links, packet->vlan);
    enum side sender;
    uint32_t index = hint->candidate;
    if (index == NONE || streams->connections.entries[index].queue == QUEUE_FREE ||
        !connection_is(&streams->connections.entries[index], packet, class, &sender)) {
        index = connections_find(&streams->connections, packet, hint->hash, class, &sender);
    }
    if (index == NONE) {
        index = connection_new(streams, packet, hint->hash, at);
        if (index == NONE) {
            return;
        }
        connection_is(&streams->connections.entries[index], packet, class, &sender);
    }
    segment_arrived(streams, packet, index, sender, at);
}

static void packet_arrived(
    struct streams *streams, const struct packet *packet, const struct hint *hint)
{
    struct instant at = instant_max(streams->now, instant_min(packet->at, INSTANT_LATEST));
    if (at.ns > streams->deadline.ns) {
        gaps_expire(streams, at);
    }
    streams->now = at;
    if (hint->candidate != NONE && segment_goes_on(streams, packet, hint->candidate, at)) {
        return;
    }
    if (packet->kind == PACKET_TCP) {
        tcp_arrived(streams, packet, hint, at);
    } else if (packet->kind == PACKET_HOSTS) {
        uint16_t link = link_find_hosts(streams->links, packet);
        if (link != LINK_NONE) {
            link_facts_at(streams->facts, link, at)->frames++;
        }
    }
}

// Without a branch: whether a packet has payload is what a processor cannot foresee.
static inline __attribute__((always_inline)) void payload_fetch(const struct packet *packet)
{
    const uint32_t end = packet->payload_captured;
    __builtin_prefetch(packet->payload);
    __builtin_prefetch(packet->payload + (end < 64 ? end : 64));
    __builtin_prefetch(packet->payload + (end < 128 ? end : 128));
    __builtin_prefetch(packet->payload + (end < 192 ? end : 192)); // most messages are shorter
}

static void look_ahead(
    struct streams *streams, const struct packet *packets, size_t count, struct hint *hints)
{
    const struct connections *table = &streams->connections;
    for (size_t i = 0; i < count; i++) {
        uint16_t class = link_vlan_class(streams->links, packets[i].vlan);
        hints[i].hash = connection_hash(packets[i].hash, class);
        payload_fetch(&packets[i]);
        __builtin_prefetch(&table->slots[hints[i].hash & (table->slot_count - 1)]);
    }
    for (size_t i = 0; i < count; i++) {
        hints[i].candidate =
            packets[i].kind == PACKET_TCP ? connections_candidate(table, hints[i].hash) : NONE;
        if (hints[i].candidate != NONE) {
            const char *entry = (const char *)&table->entries[hints[i].candidate];
            __builtin_prefetch(entry, 1);
            __builtin_prefetch(entry + 64, 1);
        }
    }
}

// ---- bursts and time

void messages_from_packets(
    struct streams *streams, const struct packet *packets, size_t count, struct messages *out)
{
    struct hint hints[GROUP];
    streams->out = out;
    for (size_t done = 0; done < count;) {
        size_t group = count - done < GROUP ? count - done : GROUP;
        look_ahead(streams, packets + done, group, hints);
        for (size_t i = 0; i < group; i++) {
            packet_arrived(streams, &packets[done + i], &hints[i]);
        }
        done += group;
    }
    accounts_hash(&streams->accounts);
    lifetimes_reclaim(streams);
}

void streams_advance(struct streams *streams, struct instant now, struct messages *out)
{
    streams->out = out;
    streams->now = instant_max(streams->now, instant_min(now, INSTANT_LATEST));
    gaps_expire(streams, streams->now);
    lifetimes_reclaim(streams);
}

struct instant streams_watermark(const struct streams *streams)
{
    struct instant now = streams->now.ns < INSTANT_LATEST.ns ? streams->now : INSTANT_NEVER;
    return instant_min(now, gaps_oldest(streams));
}

const struct stream_counts *streams_counts(const struct streams *streams)
{
    return &streams->counts;
}

const struct parse_counts *streams_parse_counts(const struct streams *streams)
{
    return &streams->parse_counts;
}
