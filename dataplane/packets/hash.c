#include "dataplane/packets/hash.h"

#include <sodium.h>

// The bits of pi, until a key is drawn.
struct hash_key hash_key = {
    {0x243f6a8885a308d3u, 0x13198a2e03707344u}, {0xa4093822299f31d0u, 0x082efa98ec4e6c89u}};

void packet_hash_draw(void)
{
    randombytes_buf(&hash_key, sizeof(hash_key));
}

static inline uint64_t mix(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15u;
    value ^= value >> 32;
    return value * 0xd6e8feb86659fd93u;
}

static uint64_t mix_end(const uint8_t *address, uint16_t port)
{
    uint64_t high, low;
    memcpy(&high, address, sizeof(high));
    memcpy(&low, address + 8, sizeof(low));
    return mix(mix(high + port * 0xc2b2ae3d27d4eb4fu) ^ low);
}

uint32_t packet_spread(const struct packet *packet)
{
    uint64_t sum = mix_end(packet->source, packet->source_port) +
                   mix_end(packet->destination, packet->destination_port);
    return (uint32_t)((sum ^ sum >> 29) * 0x9e3779b97f4a7c15u >> 32);
}
