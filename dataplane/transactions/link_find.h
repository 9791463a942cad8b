// Addresses, ports and VLAN of a packet → the link that it belongs to. Asked when a connection is
// made, and for frames without one; the answer for those is remembered in a small cache.
#pragma once

#include "config/settings.h"

#include "dataplane/packets/packets.h"

#define LINK_NONE  UINT16_MAX
#define VLAN_IDS   4096
#define LINK_CACHE 1024 // entries; a power of two

enum side { OURS, THEIRS }; // of a link; also a direction, by its sender

// What is known of a pair of addresses and ports that has no connection.
struct link_cached {
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint16_t vlan_class;
    uint16_t hosts_link; // the link that the two hosts belong to, whatever their ports
    bool used;
};

struct link_finder {
    const struct settings *settings;
    uint16_t vlan_class[VLAN_IDS]; // VLANs that the same links accept share a class
    struct link_cached cache[LINK_CACHE];
};

// Makes the finder. NULL when there is no memory.
struct link_finder *link_finder_new(const struct settings *settings);
void link_finder_free(struct link_finder *finder);

static inline uint16_t link_vlan_class(const struct link_finder *finder, uint16_t vlan)
{
    return finder->vlan_class[vlan % VLAN_IDS];
}

// The first link with one end in `ours`, the other in `theirs`, that accepts the VLAN; *sender is
// the packet's source. LINK_NONE, and *sender untouched, when there is none.
uint16_t link_find(
    const struct link_finder *finder, const struct packet *packet, enum side *sender);

// The cached answer for a TCP packet that is known to have no link: true, with the link of its
// hosts (or LINK_NONE).
bool link_cache_find(
    const struct link_finder *finder, const struct packet *packet, uint16_t *hosts_link);
// The link that the packet's hosts belong to, ports ignored: both ends first, else one of them.
// Remembered.
uint16_t link_find_hosts(struct link_finder *finder, const struct packet *packet);
