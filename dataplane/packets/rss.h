// The worker of a connection, by the hash that a NIC spreads connections with: Toeplitz over
// addresses and ports under the key 0x6d5a repeated, which is the same for both directions.
//
// That key repeats every 16 bits, so all 16-bit words of the input meet the same part of it: the
// hash is that of their exclusive or alone. IPv4 in its IPv6 form gives the IPv4 hash, as the two
// prefixes cancel out.
#pragma once

#include "dataplane/packets/packets.h"

#include <string.h>

#define RSS_KEY_WORD 0x6d5a
#define RSS_PLACES   128 // of the table that the hash's low bits choose from, in ports and here

static inline uint32_t rss_fold(const struct packet *packet)
{
    uint64_t words[4];
    memcpy(&words[0], packet->source, 16);
    memcpy(&words[2], packet->destination, 16);
    uint64_t folded = words[0] ^ words[1] ^ words[2] ^ words[3];
    folded ^= folded >> 32;
    folded ^= folded >> 16;
    uint16_t bytes = (uint16_t)folded; // as they lie in memory: network order
    return (uint32_t)__builtin_bswap16(bytes) ^ packet->source_port ^ packet->destination_port;
}

// Of the words' exclusive or, the first bit being the highest one.
static inline uint32_t rss_hash_of(uint32_t fold)
{
    const uint32_t key = (uint32_t)RSS_KEY_WORD << 16 | RSS_KEY_WORD;
    uint32_t hash = 0;
    for (uint32_t bit = 0; bit < 16; bit++) {
        uint32_t turned = bit == 0 ? key : key << bit | key >> (32 - bit);
        hash ^= turned & -(fold >> (15 - bit) & 1);
    }
    return hash;
}

static inline uint32_t rss_hash(const struct packet *packet)
{
    return rss_hash_of(rss_fold(packet) & 0xffff);
}
