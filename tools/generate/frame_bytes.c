#include "tools/generate/frame_bytes.h"

#include <string.h>

#define ETHERNET_BYTES_MIN 60
#define TCP_BYTES          20
#define PROTOCOL_TCP       6
#define TIME_TO_LIVE       64
#define WINDOW             0xfaf0

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value & 0xffff);
}

// The sum of 16-bit words, in the machine's own order: folding makes it right in either (RFC 1071).
static uint64_t sum_words(const uint8_t *bytes, uint32_t length, uint64_t sum)
{
    for (; length >= 4; bytes += 4, length -= 4) {
        uint32_t word;
        memcpy(&word, bytes, 4);
        sum += word;
    }
    if (length > 0) {
        uint8_t last[4] = {0};
        uint32_t word;
        memcpy(last, bytes, length);
        memcpy(&word, last, 4);
        sum += word;
    }
    return sum;
}

static void put_checksum(uint8_t *at, uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    uint16_t folded = (uint16_t)~sum;
    memcpy(at, &folded, 2);
}

// A locally administered address made of the host's own.
static uint8_t *put_mac(uint8_t *at, const struct end_address *end)
{
    at[0] = 0x02;
    at[1] = 0x00;
    memcpy(at + 2, end->address + 12, 4);
    return at + 6;
}

static uint8_t *put_ethernet(uint8_t *at, const struct frame_facts *facts)
{
    at = put_mac(put_mac(at, facts->destination), facts->source);
    if (facts->vlan != 0) {
        at = put16(put16(at, 0x8100), facts->vlan);
    }
    return put16(at, facts->source->is_ipv4 ? 0x0800 : 0x86dd);
}

static uint8_t *put_ipv4(uint8_t *at, const struct frame_facts *facts, uint32_t tcp_length)
{
    uint8_t *start = at;
    at = put16(at, 0x4500);
    at = put16(at, 20 + tcp_length);
    at = put16(at, facts->identification);
    at = put16(at, 0x4000); // do not fragment
    *at++ = TIME_TO_LIVE;
    *at++ = PROTOCOL_TCP;
    at = put16(at, 0);
    memcpy(at, facts->source->address + 12, 4);
    memcpy(at + 4, facts->destination->address + 12, 4);
    put_checksum(start + 10, sum_words(start, 20, 0));
    return at + 8;
}

static uint8_t *put_ipv6(uint8_t *at, const struct frame_facts *facts, uint32_t tcp_length)
{
    at = put32(at, 0x60000000);
    at = put16(at, tcp_length);
    *at++ = PROTOCOL_TCP;
    *at++ = TIME_TO_LIVE;
    memcpy(at, facts->source->address, 16);
    memcpy(at + 16, facts->destination->address, 16);
    return at + 32;
}

static uint64_t pseudo_header_sum(const struct frame_facts *facts, uint32_t tcp_length)
{
    uint8_t rest[8] = {0};
    put32(rest, tcp_length);
    put32(rest + 4, PROTOCOL_TCP);
    uint32_t skip = facts->source->is_ipv4 ? 12 : 0;
    uint64_t sum = sum_words(rest, 8, 0);
    sum = sum_words(facts->source->address + skip, 16 - skip, sum);
    return sum_words(facts->destination->address + skip, 16 - skip, sum);
}

static uint8_t *put_tcp(uint8_t *at, const struct frame_facts *facts)
{
    uint8_t *start = at;
    uint32_t length = TCP_BYTES + facts->payload_length;
    at = put16(put16(at, facts->source->port), facts->destination->port);
    at = put32(at, facts->sequence);
    at = put32(at, facts->flags & FRAME_ACK ? facts->acknowledgement : 0);
    at = put16(at, 0x5000u | facts->flags);
    at = put16(at, facts->flags & FRAME_RST ? 0 : WINDOW);
    at = put32(at, 0); // checksum, no urgent data
    if (facts->payload_length > 0) {
        memcpy(at, facts->payload, facts->payload_length);
    }
    put_checksum(start + 16, sum_words(start, length, pseudo_header_sum(facts, length)));
    return at + facts->payload_length;
}

uint32_t frame_write(uint8_t *frame, const struct frame_facts *facts)
{
    uint32_t tcp_length = TCP_BYTES + facts->payload_length;
    uint8_t *at = put_ethernet(frame, facts);
    at = facts->source->is_ipv4 ? put_ipv4(at, facts, tcp_length) : put_ipv6(at, facts, tcp_length);
    at = put_tcp(at, facts);
    while (at - frame < ETHERNET_BYTES_MIN) {
        *at++ = 0;
    }
    return (uint32_t)(at - frame);
}
