#include "dataplane/transactions/link_find.h"

#include <stdlib.h>
#include <string.h>

static bool link_accepts_vlan(const struct link_settings *link, uint16_t vlan)
{
    bool found = link->vlan_count == 0;
    for (size_t i = 0; i < link->vlan_count && !found; i++) {
        found = link->vlans[i] == vlan;
    }
    return found;
}

static bool vlans_are_alike(const struct settings *settings, uint16_t a, uint16_t b)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        if (link_accepts_vlan(link, a) != link_accepts_vlan(link, b)) {
            return false;
        }
    }
    return true;
}

static bool vlan_is_named(const struct settings *settings, uint16_t vlan)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        for (size_t j = 0; j < link->vlan_count; j++) {
            if (link->vlans[j] == vlan) {
                return true;
            }
        }
    }
    return false;
}

// A VLAN that no link names is of class 0; the others share the class of the first one like them.
static void classes_make(struct link_finder *finder)
{
    uint16_t unnamed = 0, classes = 1;
    uint16_t first[VLAN_IDS]; // by class
    while (unnamed < VLAN_IDS - 1 && vlan_is_named(finder->settings, unnamed)) {
        unnamed++;
    }
    first[0] = unnamed;
    for (uint16_t vlan = 0; vlan < VLAN_IDS; vlan++) {
        uint16_t class = 0;
        if (vlan_is_named(finder->settings, vlan)) {
            while (class < classes && !vlans_are_alike(finder->settings, first[class], vlan)) {
                class ++;
            }
            if (class == classes) {
                first[classes++] = vlan;
            }
        }
        finder->vlan_class[vlan] = class;
    }
}

struct link_finder *link_finder_new(const struct settings *settings)
{
    struct link_finder *finder = calloc(1, sizeof(*finder));
    if (finder != NULL) {
        finder->settings = settings;
        classes_make(finder);
    }
    return finder;
}

void link_finder_free(struct link_finder *finder)
{
    free(finder);
}

static bool address_is_in(const struct address_range *range, const uint8_t address[16])
{
    size_t bytes = range->prefix_bits / 8, bits = range->prefix_bits % 8;
    if (bytes >= 16) {
        return memcmp(range->address, address, 16) == 0;
    }
    uint8_t mask = (uint8_t)(0xff00 >> bits);
    return memcmp(range->address, address, bytes) == 0 &&
           ((range->address[bytes] ^ address[bytes]) & mask) == 0;
}

// Port -1: any.
static bool end_is_in(
    const struct address_range *ranges, size_t count, const uint8_t address[16], int port)
{
    for (size_t i = 0; i < count; i++) {
        if (address_is_in(&ranges[i], address) &&
            (port < 0 || ranges[i].port == 0 || ranges[i].port == port)) {
            return true;
        }
    }
    return false;
}

struct ends {
    const uint8_t *source, *destination;
    int source_port, destination_port; // -1: any
};

static bool link_has(const struct link_settings *link, const struct ends *ends, enum side sender)
{
    const struct address_range *ours = link->ours, *theirs = link->theirs;
    return sender == OURS
               ? end_is_in(ours, link->ours_count, ends->source, ends->source_port) &&
                     end_is_in(
                         theirs, link->theirs_count, ends->destination, ends->destination_port)
               : end_is_in(ours, link->ours_count, ends->destination, ends->destination_port) &&
                     end_is_in(theirs, link->theirs_count, ends->source, ends->source_port);
}

// Ranges that overlap may fit both ways round: then the lower end is ours, so that it is the same
// for every packet of the connection.
static enum side lower_end(const struct ends *ends)
{
    int order = memcmp(ends->source, ends->destination, 16);
    return order < 0 || (order == 0 && ends->source_port <= ends->destination_port) ? OURS : THEIRS;
}

static uint16_t link_with_both(
    const struct link_finder *finder, const struct ends *ends, uint16_t vlan, enum side *sender)
{
    for (size_t i = 0; i < finder->settings->link_count; i++) {
        const struct link_settings *link = &finder->settings->links[i];
        if (!link_accepts_vlan(link, vlan)) {
            continue;
        }
        bool from_ours = link_has(link, ends, OURS), from_theirs = link_has(link, ends, THEIRS);
        if (from_ours || from_theirs) {
            *sender = from_ours && from_theirs ? lower_end(ends) : from_ours ? OURS : THEIRS;
            return (uint16_t)i;
        }
    }
    return LINK_NONE;
}

uint16_t link_find(const struct link_finder *finder, const struct packet *packet, enum side *sender)
{
    struct ends ends = {
        packet->source, packet->destination, packet->source_port, packet->destination_port};
    return link_with_both(finder, &ends, packet->vlan, sender);
}

static uint16_t link_with_one(
    const struct link_finder *finder, const struct ends *ends, uint16_t vlan)
{
    const uint8_t *addresses[] = {ends->source, ends->destination};
    for (size_t i = 0; i < finder->settings->link_count; i++) {
        const struct link_settings *link = &finder->settings->links[i];
        for (size_t j = 0; j < 2 && link_accepts_vlan(link, vlan); j++) {
            if (end_is_in(link->ours, link->ours_count, addresses[j], -1) ||
                end_is_in(link->theirs, link->theirs_count, addresses[j], -1)) {
                return (uint16_t)i;
            }
        }
    }
    return LINK_NONE;
}

static uint64_t word(const uint8_t *bytes)
{
    uint64_t ret;
    memcpy(&ret, bytes, sizeof(ret));
    return ret;
}

static size_t cache_place(const struct packet *packet)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t sum = word(packet->source) * odd + word(packet->source + 8);
    sum = (sum ^ sum >> 29) * odd + word(packet->destination);
    sum = (sum ^ sum >> 29) * odd + word(packet->destination + 8);
    sum = (sum ^ sum >> 29) * odd +
          ((uint64_t)packet->source_port << 16 | (uint64_t)packet->destination_port);
    return (sum * odd) >> 54 & (LINK_CACHE - 1);
}

static bool cached_is(
    const struct link_finder *finder, const struct link_cached *cached, const struct packet *packet)
{
    return cached->used && memcmp(cached->source, packet->source, 16) == 0 &&
           memcmp(cached->destination, packet->destination, 16) == 0 &&
           cached->source_port == packet->source_port &&
           cached->destination_port == packet->destination_port &&
           cached->vlan_class == link_vlan_class(finder, packet->vlan);
}

bool link_cache_find(
    const struct link_finder *finder, const struct packet *packet, uint16_t *hosts_link)
{
    const struct link_cached *cached = &finder->cache[cache_place(packet)];
    if (!cached_is(finder, cached, packet)) {
        return false;
    }
    *hosts_link = cached->hosts_link;
    return true;
}

uint16_t link_find_hosts(struct link_finder *finder, const struct packet *packet)
{
    struct link_cached *cached = &finder->cache[cache_place(packet)];
    if (cached_is(finder, cached, packet)) {
        return cached->hosts_link;
    }
    struct ends ends = {packet->source, packet->destination, -1, -1};
    enum side sender;
    uint16_t link = link_with_both(finder, &ends, packet->vlan, &sender);
    if (link == LINK_NONE) {
        link = link_with_one(finder, &ends, packet->vlan);
    }
    memcpy(cached->source, packet->source, 16);
    memcpy(cached->destination, packet->destination, 16);
    cached->source_port = packet->source_port;
    cached->destination_port = packet->destination_port;
    cached->vlan_class = link_vlan_class(finder, packet->vlan);
    cached->hosts_link = link;
    cached->used = true;
    return link;
}
