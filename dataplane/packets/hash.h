// The hash of a packet's two ends, the same for both directions and keyed: who chooses addresses
// and ports cannot choose which connections share a hash. Private to packets/.
#pragma once

#include "dataplane/packets/bytes.h"
#include "dataplane/packets/packets.h"

struct hash_key {
    uint64_t ends[2], addresses[2];
};

// Of this process; see packet_hash_draw.
extern struct hash_key hash_key;

// A multiplication of two numbers that nobody outside knows, and all of its 128 bits.
static inline uint64_t hash_multiply(uint64_t one, uint64_t other)
{
    unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t hash_of_ends(uint64_t one, uint64_t other)
{
    uint64_t low = one < other ? one : other, high = one < other ? other : one;
    uint64_t hash = hash_multiply(low ^ hash_key.ends[0], high ^ hash_key.ends[1]);
    return (uint32_t)(hash ^ hash >> 32);
}

// An IPv4 end is its 48 bits; an IPv6 end is mixed down to 64.
static inline uint64_t hash_end_of_ipv4(uint32_t address, uint16_t port)
{
    return (uint64_t)address << 16 | port;
}

static inline uint64_t hash_end(const uint8_t address[16], uint16_t port)
{
    uint64_t high, low;
    memcpy(&high, address, sizeof(high));
    memcpy(&low, address + 8, sizeof(low));
    if (high == 0 && be64toh(low) >> 32 == 0xffff) {
        return hash_end_of_ipv4((uint32_t)be64toh(low), port);
    }
    return hash_multiply(high ^ hash_key.addresses[0], low ^ hash_key.addresses[1]) +
           port * 0xc2b2ae3d27d4eb4fu;
}

static inline uint32_t hash_of_addresses(const struct packet *packet)
{
    return hash_of_ends(hash_end(packet->source, packet->source_port),
        hash_end(packet->destination, packet->destination_port));
}
