// A record of a ring has no link, which the packet loop does not know where it fills the ring. So
// its headers are decoded again, once frames are asked for.
#include "dataplane/evidence/whose.h"

#include "config/memory.h"

#include "dataplane/transactions/link_find.h"

#include <stdlib.h>

struct whose {
    const struct settings *settings;
    uint16_t institution;
    struct link_finder *links; // NULL: no memory, then no frame is its own
};

struct whose *whose_new(const struct settings *settings, uint16_t network)
{
    if (settings->institution_count <= 1) {
        return NULL;
    }
    struct whose *whose = memory_zeroed(1, sizeof(*whose));
    whose->settings = settings;
    whose->institution = settings->networks[network].institution;
    whose->links = link_finder_new(settings);
    return whose;
}

void whose_free(struct whose *whose)
{
    if (whose != NULL) {
        link_finder_free(whose->links);
        free(whose);
    }
}

bool whose_has(const struct whose *whose, const struct frame_record *record)
{
    struct packet packet;
    struct packet_counts counts = {0};
    enum side sender;
    if (whose == NULL || whose->links == NULL) {
        return whose == NULL;
    }
    packet_decode((const uint8_t *)(record + 1), record->captured, record->frame_length,
        LINK_ETHERNET, &packet, &counts);
    packet.vlan = packet.vlan == 0 ? record->vlan : packet.vlan; // the port took the tag off
    uint16_t link =
        packet.kind == PACKET_TCP ? link_find(whose->links, &packet, &sender) : LINK_NONE;
    if (link == LINK_NONE) {
        return false;
    }
    uint16_t network = whose->settings->links[link].network;
    return whose->settings->networks[network].institution == whose->institution;
}
