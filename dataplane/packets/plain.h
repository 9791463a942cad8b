// The frame that nearly all are: Ethernet, at most one VLAN tag, IPv4 without options, no fragment,
// TCP, captured whole. Decoded in one straight line that writes every field once; what it says is
// what the general decoders would say (tests/unit/packets/test_plain.c). Private to packets/.
#pragma once

#include "dataplane/packets/decode.h"

#define PLAIN_HEADERS 54 // Ethernet, IPv4 and TCP without options

static inline uint64_t be64_load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return be64toh(value);
}

// Everything of *ret but `at`, `ordinal`, `tap_port` and the frame's lengths. False, and nothing
// done, when it is another frame.
static inline bool plain_decode(const uint8_t *frame, uint32_t captured, struct packet *ret)
{
    if (captured < PLAIN_HEADERS) {
        return false;
    }
    const uint8_t *ip = frame + 14;
    uint16_t type = be16_load(frame + 12), vlan = 0;
    uint32_t left = captured - 14;
    if (type == ETHER_VLAN) {
        vlan = be16_load(frame + 14) & 0x0fff;
        type = be16_load(frame + 16);
        ip += 4;
        left -= 4;
    }
    if (type != ETHER_IPV4 || left < PLAIN_HEADERS - 14) {
        return false;
    }
    // Version and header length, total length, fragment | protocol, source | destination, ports.
    uint64_t first = be64_load(ip), second = be64_load(ip + 8), third = be64_load(ip + 16);
    uint32_t total_bytes = (uint32_t)(first >> 32) & 0xffff, header_bytes = (ip[32] >> 4) * 4u;
    if ((first & 0xff00000000003fffu) != 0x4500000000000000u || (second >> 48 & 0xff) != 6 ||
        header_bytes < 20 || 20 + header_bytes > total_bytes || total_bytes > left) {
        return false;
    }
    uint32_t source = (uint32_t)second, destination = (uint32_t)(third >> 32);
    uint16_t source_port = (uint16_t)(third >> 16), destination_port = (uint16_t)third;
    ret->payload = ip + 20 + header_bytes;
    ret->payload_length = ret->payload_captured = total_bytes - 20 - header_bytes;
    ret->sequence = be32_load(ip + 24);
    ret->acknowledgement = be32_load(ip + 28);
    ret->source_port = source_port;
    ret->destination_port = destination_port;
    ret->tcp_flags = ip[33];
    ret->kind = PACKET_TCP;
    ret->vlan = vlan;
    ret->tunnels = 0;
    ret->is_fragment = false;
    ret->hash = hash_of_ends(
        hash_end_of_ipv4(source, source_port), hash_end_of_ipv4(destination, destination_port));
    address_store(ret->source, source);
    address_store(ret->destination, destination);
    return true;
}
