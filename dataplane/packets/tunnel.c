// What packet brokers, switches and overlays wrap a frame in, undone down to the innermost packet:
//
//   MPLS                 labels, then IPv4, IPv6 or Ethernet, with a control word or without
//   GRE                  IP protocol 47, version 0: IPv4, IPv6, Ethernet (0x6558), MPLS, and
//   ERSPAN I, II, III    GRE 0x88be without and with a sequence number, 0x22eb
//   VXLAN, Geneve        UDP ports 4789 (8472 before it was assigned) and 6081
//   IP in IP             IP protocols 4, 41, and MPLS as 137
//
// Each says nothing about the business: addresses, ports, hash and VLAN of the packet are those of
// the innermost frame. What a tunnel is not undone for is counted by name, and its outer ends, who
// are a broker or a switch, are no hosts of a link. At most TUNNELS_MAX are undone in a frame; a
// stack of labels is one. GTP-U is left alone: a mobile network's subscribers are not our traffic.
//
// A UDP port alone proves nothing: what does not begin like the tunnel is plain UDP.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/decode.h"

#define TUNNELS_MAX    4 // a mirror of a mirror of an overlay, and one to spare
#define LABELS_MAX     16
#define LABEL_BYTES    4
#define TAGS_MAX       4
#define TAG_BYTES      4
#define ETHERNET_BYTES 14
#define GRE_BYTES      4
#define ERSPAN2_BYTES  8
#define ERSPAN3_BYTES  12
#define UDP_BYTES      8
#define OVERLAY_BYTES  8 // VXLAN, and Geneve without its options
#define FITS_BYTES     20

enum tunnel_protocol { // of IP
    PROTOCOL_IPV4 = 4,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    PROTOCOL_MPLS = 137,
};

enum tunnel_port { // of UDP, the receiver's
    PORT_GTP_U = 2152,
    PORT_VXLAN = 4789,
    PORT_GENEVE = 6081,
    PORT_VXLAN_LINUX = 8472,
};

enum gre_flag {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000
};
enum gre_type { GRE_ERSPAN = 0x88be, GRE_ERSPAN3 = 0x22eb };

// Leaves the outer packet behind. False, and counted, when that was done too often.
static bool tunnel_enter(struct packet *ret, struct packet_counts *counts)
{
    memset(ret->source, 0, sizeof(ret->source));
    memset(ret->destination, 0, sizeof(ret->destination));
    ret->kind = PACKET_OTHER;
    ret->hash = 0;
    if (ret->tunnels == TUNNELS_MAX) {
        counts->tunnels_too_deep++;
        return false;
    }
    counts->tunnelled += ret->tunnels == 0;
    ret->tunnels++;
    return true;
}

// Steps over a header of the tunnel. False, and counted, when it is not whole.
static bool header_skip(struct rest *rest, uint32_t bytes, struct packet_counts *counts)
{
    if (rest->captured < bytes) {
        header_missing(rest, bytes, &counts->bad_tunnel_header, counts);
        return false;
    }
    rest_advance(rest, bytes);
    return true;
}

static void inner_ethernet_decode(
    struct rest rest, uint16_t vlan, struct packet *ret, struct packet_counts *counts)
{
    ret->vlan = vlan;
    ethernet_decode(rest, ret, counts);
}

// By the type that GRE and Geneve give.
static void inner_decode(
    uint16_t type, struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    switch (type) {
    case ETHER_BRIDGED: inner_ethernet_decode(rest, 0, ret, counts); return;
    case ETHER_IPV4:
    case ETHER_IPV6:
    case ETHER_MPLS:
    case ETHER_MPLS_UPSTREAM: ether_type_decode(type, rest, ret, counts); return;
    default: counts->unknown_in_tunnel++; return;
    }
}

// ---- MPLS: labels do not say what is behind them

static bool ip_fits(uint16_t type, const struct rest *rest)
{
    const uint8_t *ip = rest->at;
    if (type == ETHER_IPV6) {
        return ip[0] >> 4 == 6;
    }
    uint32_t total_bytes = be16_load(ip + 2);
    return ip[0] >> 4 == 4 && (ip[0] & 0x0f) >= 5 && total_bytes <= rest->length;
}

// An Ethernet header begins here: behind it, tags included, is ARP or a header of the IP version
// that its type says.
static bool ethernet_fits(struct rest rest)
{
    for (uint32_t header = ETHERNET_BYTES; header <= ETHERNET_BYTES + TAGS_MAX * TAG_BYTES;
         header += TAG_BYTES) {
        if (rest.captured < header + FITS_BYTES) {
            return false;
        }
        uint16_t type = be16_load(rest.at + header - 2);
        if (!is_tag(type)) {
            rest_advance(&rest, header);
            return type == ETHER_ARP ||
                   ((type == ETHER_IPV4 || type == ETHER_IPV6) && ip_fits(type, &rest));
        }
    }
    return false;
}

// Ethernet is looked for first: an address that begins with 4 or 6 looks like IP (RFC 4928). A
// control word begins with 0 (RFC 4385), but so do many addresses.
static void labelled_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    uint8_t version = rest.captured == 0 ? 0 : rest.at[0] >> 4;
    struct rest controlled = rest;
    if (version == 0 && rest.captured > LABEL_BYTES) {
        rest_advance(&controlled, LABEL_BYTES);
    }
    if (ethernet_fits(rest)) { // first: with a tag, it also fits 4 bytes further on
        inner_ethernet_decode(rest, 0, ret, counts);
    } else if (ethernet_fits(controlled)) {
        inner_ethernet_decode(controlled, 0, ret, counts);
    } else if (version == 4 || version == 6) {
        raw_ip_decode(rest, ret, counts);
    } else {
        header_missing(&rest, rest.captured + 1, &counts->unknown_in_tunnel, counts);
    }
}

void mpls_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (!tunnel_enter(ret, counts)) {
        return;
    }
    for (int labels = 0; labels < LABELS_MAX; labels++) {
        const uint8_t *label = rest.at;
        if (!header_skip(&rest, LABEL_BYTES, counts)) {
            return;
        }
        if ((label[2] & 1) != 0) { // the bottom of the stack
            labelled_decode(rest, ret, counts);
            return;
        }
    }
    counts->bad_tunnel_header++;
}

// ---- GRE (RFC 2784, 2890) and ERSPAN (draft-foschiano-erspan)

// Type II:  version 4 | VLAN 12 | class 3 | encapsulation 2 | cut 1 | session 10 | index 32
// Encapsulation 1 and 2: the frame had a tag, which the switch took off.
static void erspan2_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    const uint8_t *header = rest.at;
    if (!header_skip(&rest, ERSPAN2_BYTES, counts)) {
        return;
    }
    if (header[0] >> 4 != 1) {
        counts->bad_tunnel_header++;
        return;
    }
    uint8_t encapsulation = header[2] >> 3 & 3;
    bool had_tag = encapsulation == 1 || encapsulation == 2;
    inner_ethernet_decode(rest, had_tag ? be16_load(header) & 0x0fff : 0, ret, counts);
}

// Type III: version 4 | VLAN 12 | class 3 | state 2 | cut 1 | session 10 | time 32 | group 16 |
// Ethernet 1 | frame type 5 | hardware 6 | direction 1 | granularity 2 | sub-header 1, which has
// another 8 bytes.
static void erspan3_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    const uint8_t *header = rest.at;
    if (!header_skip(&rest, ERSPAN3_BYTES, counts)) {
        return;
    }
    if (header[0] >> 4 != 2) {
        counts->bad_tunnel_header++;
        return;
    }
    uint8_t frame_type = header[10] >> 2 & 0x1f;
    if ((header[11] & 1) != 0 && !header_skip(&rest, 8, counts)) {
        return;
    }
    switch (frame_type) {
    case 0: inner_ethernet_decode(rest, 0, ret, counts); return;
    case 2: raw_ip_decode(rest, ret, counts); return;
    default: counts->unknown_in_tunnel++; return;
    }
}

static uint32_t gre_bytes(uint16_t flags)
{
    return GRE_BYTES + ((flags & GRE_CHECKSUM) != 0) * 4 + ((flags & GRE_KEY) != 0) * 4 +
           ((flags & GRE_SEQUENCE) != 0) * 4;
}

static void gre_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (!tunnel_enter(ret, counts)) {
        return;
    }
    if (rest.captured < GRE_BYTES) {
        header_missing(&rest, GRE_BYTES, &counts->bad_tunnel_header, counts);
        return;
    }
    uint16_t flags = be16_load(rest.at), type = be16_load(rest.at + 2);
    if ((flags & 7) != 0 || (flags & GRE_ROUTING) != 0) { // PPTP, or the routing of RFC 1701
        counts->unknown_in_tunnel++;
        return;
    }
    if (!header_skip(&rest, gre_bytes(flags), counts)) {
        return;
    }
    switch (type) {
    case GRE_ERSPAN:
        if ((flags & GRE_SEQUENCE) != 0) {
            erspan2_decode(rest, ret, counts);
        } else {
            inner_ethernet_decode(rest, 0, ret, counts); // type I has no header of its own
        }
        return;
    case GRE_ERSPAN3: erspan3_decode(rest, ret, counts); return;
    default: inner_decode(type, rest, ret, counts); return;
    }
}

// ---- over UDP

// RFC 7348: flags 8, of which 0x08 must and 0x80 (group policy) may be set | ... | network 24 | 0
static bool is_vxlan(const uint8_t *header)
{
    return (header[0] & 0x7f) == 0x08 && header[7] == 0;
}

static void vxlan_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (tunnel_enter(ret, counts)) {
        rest_advance(&rest, OVERLAY_BYTES);
        inner_ethernet_decode(rest, 0, ret, counts);
    }
}

// RFC 8926: version 2 | length of options / 4, 6 | control 1 | critical 1 | 0 | type 16 | network
static bool is_geneve(const uint8_t *header)
{
    return header[0] >> 6 == 0 && header[7] == 0;
}

static void geneve_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    const uint8_t *header = rest.at;
    if (!tunnel_enter(ret, counts) ||
        !header_skip(&rest, OVERLAY_BYTES + (header[0] & 0x3fu) * 4, counts)) {
        return;
    }
    if ((header[1] & 0x80) != 0) { // between the tunnel's ends
        counts->unknown_in_tunnel++;
        return;
    }
    inner_decode(be16_load(header + 2), rest, ret, counts);
}

// Plain UDP all the same: its hosts live.
static bool gtp_u_count(const struct rest *rest, struct packet *ret, struct packet_counts *counts)
{
    if (rest->at[0] >> 5 != 1) {
        return false;
    }
    counts->gtp_u++;
    ret->kind = PACKET_HOSTS;
    ret->hash = hash_of_addresses(ret);
    return true;
}

static bool udp_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (rest.captured < UDP_BYTES + OVERLAY_BYTES) {
        return false;
    }
    uint16_t port = be16_load(rest.at + 2);
    rest_advance(&rest, UDP_BYTES);
    switch (port) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
        if (!is_vxlan(rest.at)) {
            return false;
        }
        vxlan_decode(rest, ret, counts);
        return true;
    case PORT_GENEVE:
        if (!is_geneve(rest.at)) {
            return false;
        }
        geneve_decode(rest, ret, counts);
        return true;
    case PORT_GTP_U: return gtp_u_count(&rest, ret, counts);
    default: return false;
    }
}

bool tunnel_decode(
    uint8_t protocol, struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    switch (protocol) {
    case PROTOCOL_UDP: return udp_decode(rest, ret, counts);
    case PROTOCOL_GRE: gre_decode(rest, ret, counts); return true;
    case PROTOCOL_MPLS: mpls_decode(rest, ret, counts); return true;
    case PROTOCOL_IPV4:
        if (tunnel_enter(ret, counts)) {
            ipv4_decode(rest, ret, counts);
        }
        return true;
    case PROTOCOL_IPV6:
        if (tunnel_enter(ret, counts)) {
            ipv6_decode(rest, ret, counts);
        }
        return true;
    default: return false;
    }
}
