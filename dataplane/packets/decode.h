// What ethernet.c and ip.c hand to each other. Private to packets/.
#pragma once

#include "dataplane/packets/bytes.h"
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
static inline void address_from_ipv4(uint8_t address[static 16], const uint8_t *ipv4)
{
    const uint64_t high = 0, low = htobe64(0x0000ffff00000000u | be32_load(ipv4));
    memcpy(address, &high, sizeof(high));
    memcpy(address + 8, &low, sizeof(low));
}

// The same for both directions.
uint32_t hash_of_addresses(const struct packet *packet);

// They set kind, addresses, ports, hash and payload of *ret, which is zeroed, and count.
void ipv4_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
void ipv6_decode(struct rest rest, struct packet *ret, struct packet_counts *counts);
