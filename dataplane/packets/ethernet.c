// From the start of a frame to IP: Ethernet II with up to four VLAN tags, Linux cooked captures,
// raw IP, MPLS; ARP for the addresses it names.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/decode.h"
#include "dataplane/packets/packets.h"
#include "dataplane/packets/plain.h"

#define ETHERNET_BYTES 14
#define TAG_BYTES      4
#define TAGS_MAX       4
#define ARP_BYTES      28
#define COOKED_BYTES   16
#define COOKED2_BYTES  20

enum link_type_private { // more LINKTYPE_ values for raw IP
    LINK_RAW_IP_BSD = 12,
    LINK_RAW_IP_OPENBSD = 14,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
};

static void arp_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    static const uint8_t ipv4_over_ethernet[] = {0, 1, 0x08, 0, 6, 4};
    counts->not_ip++;
    if (rest.captured < ARP_BYTES || memcmp(rest.at, ipv4_over_ethernet, 6) != 0) {
        return;
    }
    ret->kind = PACKET_HOSTS;
    address_from_ipv4(ret->source, rest.at + 14);
    address_from_ipv4(ret->destination, rest.at + 24);
    ret->hash = hash_of_addresses(ret);
}

void ether_type_decode(
    uint16_t type, struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    for (int tags = 0; is_tag(type); tags++) {
        if (tags == TAGS_MAX) {
            counts->bad_link_header++;
            return;
        }
        if (rest.captured < TAG_BYTES) {
            header_missing(&rest, TAG_BYTES, &counts->bad_link_header, counts);
            return;
        }
        ret->vlan = be16_load(rest.at) & 0x0fff;
        type = be16_load(rest.at + 2);
        rest_advance(&rest, TAG_BYTES);
    }
    switch (type) {
    case ETHER_IPV4: ipv4_decode(rest, ret, counts); return;
    case ETHER_IPV6: ipv6_decode(rest, ret, counts); return;
    case ETHER_ARP: arp_decode(rest, ret, counts); return;
    case ETHER_MPLS:
    case ETHER_MPLS_UPSTREAM: mpls_decode(rest, ret, counts); return;
    default: counts->not_ip++; return;
    }
}

void ethernet_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    if (rest.captured < ETHERNET_BYTES) {
        header_missing(&rest, ETHERNET_BYTES, &counts->bad_link_header, counts);
        return;
    }
    uint16_t type = be16_load(rest.at + 12);
    rest_advance(&rest, ETHERNET_BYTES);
    ether_type_decode(type, rest, ret, counts);
}

// Of these devices the protocol field is no EtherType.
static bool is_foreign_device(uint16_t arp_hardware)
{
    return arp_hardware == 770 || arp_hardware == 778 || arp_hardware == 803 ||
           arp_hardware == 824; // frame relay, GRE, radiotap, netlink
}

static void cooked_decode(struct rest rest, uint32_t header_bytes, uint32_t protocol_at,
    uint32_t device_at, struct packet *ret, struct packet_counts *counts)
{
    if (rest.captured < header_bytes) {
        header_missing(&rest, header_bytes, &counts->bad_link_header, counts);
        return;
    }
    uint16_t type = be16_load(rest.at + protocol_at);
    if (is_foreign_device(be16_load(rest.at + device_at))) {
        counts->not_ip++;
        return;
    }
    rest_advance(&rest, header_bytes);
    ether_type_decode(type, rest, ret, counts);
}

void raw_ip_decode(struct rest rest, struct packet *ret, struct packet_counts *counts)
{
    uint8_t version = rest.captured == 0 ? 0 : rest.at[0] >> 4;
    if (version == 4) {
        ipv4_decode(rest, ret, counts);
    } else if (version == 6) {
        ipv6_decode(rest, ret, counts);
    } else {
        header_missing(&rest, rest.captured + 1, &counts->bad_ip_header, counts);
    }
}

// Field by field: as one assignment gcc makes it a `rep stos`, half of the decoder's time.
static inline void clear(struct packet *ret)
{
    static const uint8_t zeros[16];
    ret->payload = NULL;
    ret->payload_length = ret->payload_captured = 0;
    ret->sequence = ret->acknowledgement = 0;
    ret->source_port = ret->destination_port = 0;
    ret->tcp_flags = 0;
    ret->kind = PACKET_OTHER;
    ret->vlan = 0;
    ret->hash = 0;
    memcpy(ret->source, zeros, sizeof(zeros));
    memcpy(ret->destination, zeros, sizeof(zeros));
    ret->tunnels = 0;
    ret->is_fragment = false;
}

void packet_decode_generally(
    struct rest rest, int link_type, struct packet *ret, struct packet_counts *counts)
{
    clear(ret);
    switch (link_type) {
    case LINK_ETHERNET: ethernet_decode(rest, ret, counts); return;
    case LINK_LINUX_COOKED: cooked_decode(rest, COOKED_BYTES, 14, 2, ret, counts); return;
    case LINK_LINUX_COOKED2: cooked_decode(rest, COOKED2_BYTES, 0, 8, ret, counts); return;
    case LINK_RAW_IP:
    case LINK_RAW_IP_BSD:
    case LINK_RAW_IP_OPENBSD: raw_ip_decode(rest, ret, counts); return;
    case LINK_IPV4: ipv4_decode(rest, ret, counts); return;
    case LINK_IPV6: ipv6_decode(rest, ret, counts); return;
    default: counts->unknown_link_type++; return;
    }
}

void packet_decode(const uint8_t *frame, uint32_t captured, uint32_t length, int link_type,
    struct packet *ret, struct packet_counts *counts)
{
    uint32_t on_wire = length < captured ? captured : length;
    ret->frame_captured = captured;
    ret->frame_length = on_wire;
    counts->frames++;
    counts->bytes += on_wire;
    if (__builtin_expect(link_type != LINK_ETHERNET || !plain_decode(frame, captured, ret), 0)) {
        packet_decode_generally((struct rest){frame, captured, on_wire}, link_type, ret, counts);
    }
}
