// What ethernet.c, ip.c, tunnel.c and fragments.c hand to each other. Private to packets/.
#pragma once

#include "dataplane/packets/bytes.h"
#include "dataplane/packets/hash.h"
#include "dataplane/packets/packets.h"

// What is left of a frame behind a header: `captured` bytes at `at`, `length` on the wire.
struct rest {
    const uint8_t *at;
    uint32_t captured, length;
};

static inline void rest_advance(struct rest *rest, uint32_t bytes)
{
    rest->at += bytes;
    rest->captured -= bytes;
    rest->length -= bytes;
}

// The header of `bytes` is not whole in `rest`: either the snap length cut it, or it is wrong.
static inline void header_missing(
    const struct rest *rest, uint32_t bytes, uint64_t *bad, struct packet_counts *counts)
{
    if (rest->length >= bytes) {
        counts->snap_cut++;
    } else {
        (*bad)++;
    }
}

// IPv4 as ::ffff:a.b.c.d, in two stores that the hash's two loads can be served from.
static inline void address_store(uint8_t address[static 16], uint32_t ipv4)
{
    const uint64_t high = 0, low = htobe64(0x0000ffff00000000u | ipv4);
    memcpy(address, &high, sizeof(high));
    memcpy(address + 8, &low, sizeof(low));
}

static inline void address_from_ipv4(uint8_t address[static 16], const uint8_t *ipv4)
{
    address_store(address, be32_load(ipv4));
}

// packet_decode by the general decoders alone.
void packet_decode_generally(
    struct rest rest, int link_type, struct packet *ret, struct packet_counts *counts);

// They set kind, addresses, ports, hash and payload of *ret, which is zeroed, and count.
void ethernet_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
void ether_type_decode(
    uint16_t type, struct rest rest, struct packet *ret, struct packet_counts *counts);
void raw_ip_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
void ipv4_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
void ipv6_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
void mpls_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);

// What an IP packet carries, behind its own header. The addresses of *ret are set.
void payload_decode(uint8_t protocol, bool is_ipv6, struct rest rest, struct packet *ret,
    struct packet_counts *counts);
// False, and nothing done, when it is no tunnel.
bool tunnel_decode(
    uint8_t protocol, struct rest rest, struct packet *ret, struct packet_counts *counts);

enum ether_type {
    ETHER_IPV4 = 0x0800,
    ETHER_ARP = 0x0806,
    ETHER_BRIDGED = 0x6558, // Ethernet in Ethernet's place
    ETHER_VLAN = 0x8100,
    ETHER_IPV6 = 0x86dd,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_UPSTREAM = 0x8848,
    ETHER_SERVICE_VLAN = 0x88a8,
    ETHER_OLD_SERVICE_VLAN = 0x9100,
};

static inline bool is_tag(uint16_t type)
{
    return type == ETHER_VLAN || type == ETHER_SERVICE_VLAN || type == ETHER_OLD_SERVICE_VLAN;
}

// ---- fragments: ip.c → fragments.c

struct fragment {
    struct rest rest; // of the datagram, behind all headers that every fragment has
    uint32_t id, offset;
    uint8_t protocol;
    bool is_ipv6, more;
};

// A fragment travels in the fields that a TCP packet would use.
static inline void fragment_store(const struct fragment *fragment, struct packet *ret)
{
    ret->is_fragment = true;
    ret->payload = fragment->rest.at;
    ret->payload_captured = fragment->rest.captured;
    ret->payload_length = fragment->rest.length;
    ret->sequence = fragment->id;
    ret->acknowledgement = fragment->offset;
    ret->source_port = fragment->protocol;
    ret->destination_port = fragment->is_ipv6;
    ret->tcp_flags = fragment->more;
}

// Takes it out again: the hosts are left.
static inline struct fragment fragment_take(struct packet *packet)
{
    struct fragment fragment = {
        .rest = {packet->payload, packet->payload_captured, packet->payload_length},
        .id = packet->sequence,
        .offset = packet->acknowledgement,
        .protocol = (uint8_t)packet->source_port,
        .is_ipv6 = packet->destination_port != 0,
        .more = packet->tcp_flags != 0};
    packet->is_fragment = false;
    packet->payload = NULL;
    packet->payload_captured = packet->payload_length = 0;
    packet->sequence = packet->acknowledgement = 0;
    packet->source_port = packet->destination_port = 0;
    packet->tcp_flags = 0;
    return fragment;
}
