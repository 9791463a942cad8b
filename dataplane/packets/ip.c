// IPv4, IPv6 and TCP headers. Lengths come from the IP header, so that the padding of a short
// Ethernet frame and a check sequence behind it are no payload. Checksums are not looked at: a
// sender's offload leaves them wrong in captures of its own host.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/decode.h"

#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define TCP_BYTES      20
#define FRAGMENT_BYTES 8 // the header of IPv6
#define EXTENSIONS_MAX 8

enum ip_protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140,
};

// ---- TCP

// `rest` is what the IP header calls its payload. False when it does not hold a TCP packet.
static inline bool tcp_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (__builtin_expect(rest.captured < TCP_BYTES, 0)) {
        header_missing(&rest, TCP_BYTES, &counts->bad_tcp_header, counts);
        return false;
    }
    const uint8_t *tcp = rest.at;
    uint32_t header_bytes = (tcp[12] >> 4) * 4u;
    if (__builtin_expect(header_bytes < TCP_BYTES || header_bytes > rest.length, 0)) {
        counts->bad_tcp_header++;
        return false;
    }
    ret->kind = PACKET_TCP;
    ret->source_port = be16_load(tcp);
    ret->destination_port = be16_load(tcp + 2);
    ret->sequence = be32_load(tcp + 4);
    ret->acknowledgement = be32_load(tcp + 8);
    ret->tcp_flags = tcp[13];
    uint32_t whole_bytes = header_bytes < rest.captured ? header_bytes : rest.captured;
    ret->payload = tcp + whole_bytes;
    ret->payload_captured = rest.captured - whole_bytes;
    ret->payload_length = rest.length - header_bytes;
    counts->snap_cut += rest.captured < rest.length;
    return true;
}

// Not TCP, or not whole: the addresses alone.
static void hosts_decode(struct packet *ret)
{
    ret->kind = PACKET_HOSTS;
    ret->hash = hash_of_addresses(ret);
}

static inline void tcp_or_hosts(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (__builtin_expect(!tcp_decode(rest, ret, counts), 0)) {
        hosts_decode(ret);
        return;
    }
    ret->hash = hash_of_addresses(ret);
}

// Cuts `rest` down to the `bytes` that the IP header claims. It may claim more than the frame had
// when the capture cut it without saying so: then the claim stands, and the rest was not captured.
static inline struct rest claimed(struct rest rest, uint32_t bytes)
{
    return (struct rest){rest.at, rest.captured < bytes ? rest.captured : bytes, bytes};
}

// ---- what the rest of this file shares

static void carried_decode(
    uint8_t protocol, struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (protocol == PROTOCOL_TCP) {
        tcp_or_hosts(rest, ret, counts);
    } else if (!tunnel_decode(protocol, rest, ret, counts)) {
        counts->not_tcp++;
        hosts_decode(ret);
    }
}

static void fragment_decode(
    const struct fragment *fragment, struct packet *ret, struct packet_counts *counts)
{
    counts->fragments++;
    hosts_decode(ret);
    fragment_store(fragment, ret);
}

// ---- IPv4

#define FRAGMENT_BITS 0x3fff // more to come, or not the first

// A fragment, or not TCP. The header is good.
static __attribute__((noinline)) void ipv4_odd_decode(
    struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    const uint8_t *ip = rest.at;
    uint32_t header_bytes = (ip[0] & 0x0f) * 4u, total_bytes = be16_load(ip + 2);
    if (rest.captured < header_bytes) {
        counts->snap_cut++;
        hosts_decode(ret);
        return;
    }
    rest = claimed(rest, total_bytes == 0 ? rest.length : total_bytes);
    rest_advance(&rest, header_bytes);
    if ((be16_load(ip + 6) & FRAGMENT_BITS) == 0) {
        carried_decode(ip[9], rest, ret, counts);
        return;
    }
    struct fragment fragment = {.rest = rest,
        .id = be16_load(ip + 4),
        .offset = (be16_load(ip + 6) & 0x1fffu) * 8,
        .protocol = ip[9],
        .more = (ip[6] & 0x20) != 0};
    fragment_decode(&fragment, ret, counts);
}

void ipv4_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (rest.captured < IPV4_BYTES) {
        header_missing(&rest, IPV4_BYTES, &counts->bad_ip_header, counts);
        return;
    }
    const uint8_t *ip = rest.at;
    uint32_t header_bytes = (ip[0] & 0x0f) * 4u;
    uint32_t total_bytes = be16_load(ip + 2);
    if (total_bytes == 0) { // segmentation offload: longer than the field can say
        total_bytes = rest.length;
    }
    if (ip[0] >> 4 != 4 || header_bytes < IPV4_BYTES || header_bytes > total_bytes) {
        counts->bad_ip_header++;
        return;
    }
    address_from_ipv4(ret->source, ip + 12);
    address_from_ipv4(ret->destination, ip + 16);
    if (__builtin_expect((be16_load(ip + 6) & FRAGMENT_BITS) != 0 || ip[9] != PROTOCOL_TCP, 0)) {
        ipv4_odd_decode(rest, ret, counts);
        return;
    }
    if (rest.captured < header_bytes) { // the options are cut
        counts->snap_cut++;
        hosts_decode(ret);
        return;
    }
    rest = claimed(rest, total_bytes);
    rest_advance(&rest, header_bytes);
    tcp_or_hosts(rest, ret, counts);
}

// ---- IPv6

static bool is_extension(uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_FRAGMENT:
    case PROTOCOL_AUTHENTICATION:
    case PROTOCOL_DESTINATION:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6: return true;
    default: return false;
    }
}

static uint32_t extension_bytes(uint8_t protocol, const uint8_t *extension)
{
    switch (protocol) {
    case PROTOCOL_FRAGMENT: return 8;
    case PROTOCOL_AUTHENTICATION: return (extension[1] + 2u) * 4;
    default: return (extension[1] + 1u) * 8;
    }
}

// Steps over the extension headers to what they carry; stops at the header of a real fragment. One
// that says "first and last" carries a whole packet (RFC 6946). False, and counted, when they are
// wrong or cut.
static bool extensions_decode(struct rest *rest, uint8_t *protocol, struct packet_counts *counts)
{
    for (int extensions = 0; is_extension(*protocol); extensions++) {
        if (extensions == EXTENSIONS_MAX) {
            counts->bad_ip_header++;
            return false;
        }
        uint32_t bytes = rest->captured < 8 ? 8 : extension_bytes(*protocol, rest->at);
        if (rest->captured < bytes) {
            header_missing(rest, bytes, &counts->bad_ip_header, counts);
            return false;
        }
        if (*protocol == PROTOCOL_FRAGMENT && (be16_load(rest->at + 2) & 0xfff9) != 0) {
            return true;
        }
        *protocol = rest->at[0];
        rest_advance(rest, bytes);
    }
    return true;
}

static void ipv6_fragment_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    struct fragment fragment = {.id = be32_load(rest.at + 4),
        .offset = be16_load(rest.at + 2) & 0xfff8u,
        .protocol = rest.at[0],
        .is_ipv6 = true,
        .more = (rest.at[3] & 1) != 0};
    rest_advance(&rest, FRAGMENT_BYTES);
    fragment.rest = rest;
    fragment_decode(&fragment, ret, counts);
}

static void ipv6_payload_decode(
    uint8_t protocol, struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (!extensions_decode(&rest, &protocol, counts)) {
        hosts_decode(ret);
    } else if (protocol == PROTOCOL_FRAGMENT) {
        ipv6_fragment_decode(rest, ret, counts);
    } else {
        carried_decode(protocol, rest, ret, counts);
    }
}

void ipv6_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (rest.captured < IPV6_BYTES) {
        header_missing(&rest, IPV6_BYTES, &counts->bad_ip_header, counts);
        return;
    }
    const uint8_t *ip = rest.at;
    uint32_t payload_bytes = be16_load(ip + 4);
    uint8_t protocol = ip[6];
    if (ip[0] >> 4 != 6) {
        counts->bad_ip_header++;
        return;
    }
    memcpy(ret->source, ip + 8, sizeof(ret->source));
    memcpy(ret->destination, ip + 24, sizeof(ret->destination));
    rest_advance(&rest, IPV6_BYTES);
    if (payload_bytes != 0) { // 0: a jumbogram, or segmentation offload
        rest = claimed(rest, payload_bytes);
    }
    ipv6_payload_decode(protocol, rest, ret, counts);
}

void payload_decode(uint8_t protocol, bool is_ipv6, struct rest rest, struct packet *ret,
    struct packet_counts *counts)
{
    if (is_ipv6) {
        ipv6_payload_decode(protocol, rest, ret, counts);
    } else {
        carried_decode(protocol, rest, ret, counts);
    }
}
