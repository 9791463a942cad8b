// What the devices say of themselves, for the ticks (counters.h). Asked by the detectors' thread,
// once a tick: never by a worker.
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port.h"

size_t ports_facts(struct port_facts *ret, size_t max)
{
    size_t count = 0;
    uint16_t number;
    RTE_ETH_FOREACH_DEV(number)
    {
        struct rte_eth_stats stats;
        struct rte_eth_link link = {0};
        if (count == max || rte_eth_stats_get(number, &stats) != 0) {
            continue;
        }
        bool known = rte_eth_link_get_nowait(number, &link) == 0;
        bool up = link.link_status == RTE_ETH_LINK_UP;
        ret[count++] = (struct port_facts){.port = number,
            .link = !known ? PORT_LINK_UNKNOWN
                    : up   ? PORT_LINK_UP
                           : PORT_LINK_DOWN,
            .frames = (int64_t)stats.ipackets,
            .missed = (int64_t)stats.imissed,
            .without_buffer = (int64_t)stats.rx_nombuf,
            .errors = (int64_t)stats.ierrors};
    }
    return count;
}
