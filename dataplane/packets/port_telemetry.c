// /tapgrade/ports: what the devices say of themselves. Asked in the
// telemetry's thread, as DPDK's own /ethdev/stats is.
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port.h"
#include "dataplane/packets/telemetry.h"

#include <stdlib.h>

static bool port_find(const char *parameter, uint16_t *ret)
{
    char *end;
    unsigned long number = strtoul(parameter, &end, 10);
    bool good = *parameter >= '0' && *parameter <= '9' && *end == '\0' &&
                number < RTE_MAX_ETHPORTS && rte_eth_dev_is_valid_port((uint16_t)number);
    if (good) {
        *ret = (uint16_t)number;
    }
    return good;
}

static bool ports_list(struct telemetry_answer *answer)
{
    uint16_t number;
    RTE_ETH_FOREACH_DEV(number)
    {
        char text[8];
        snprintf(text, sizeof(text), "%u", number);
        telemetry_item(answer, text);
    }
    return true;
}

static void stats_add(uint16_t number, struct telemetry_answer *answer)
{
    struct rte_eth_stats stats;
    if (rte_eth_stats_get(number, &stats) == 0) {
        telemetry_number(answer, "packets", stats.ipackets);
        telemetry_number(answer, "bytes", stats.ibytes);
        telemetry_number(answer, "missed", stats.imissed);
        telemetry_number(answer, "without_buffer", stats.rx_nombuf);
        telemetry_number(answer, "errors", stats.ierrors);
    }
}

static bool port_answer(uint16_t number, struct telemetry_answer *answer)
{
    struct rte_eth_dev_info info;
    struct rte_eth_link link = {0};
    char name[RTE_ETH_NAME_MAX_LEN] = "";
    if (rte_eth_dev_info_get(number, &info) != 0) {
        return false;
    }
    rte_eth_dev_get_name_by_port(number, name);
    telemetry_text(answer, "name", name);
    telemetry_text(answer, "driver", info.driver_name);
    telemetry_number(answer, "queues", info.nb_rx_queues);
    rte_eth_link_get_nowait(number, &link);
    telemetry_text(answer, "link", link.link_status == RTE_ETH_LINK_UP ? "up" : "down");
    telemetry_number(answer, "megabits_per_s", link.link_speed);
    stats_add(number, answer);
    return true;
}

static bool on_ports(void *context, const char *parameter, struct telemetry_answer *answer)
{
    uint16_t number;
    (void)context;
    if (parameter == NULL) {
        return ports_list(answer);
    }
    return port_find(parameter, &number) && port_answer(number, answer);
}

void port_name(uint16_t port, char ret[static PORT_NAME_MAX])
{
    _Static_assert(PORT_NAME_MAX >= RTE_ETH_NAME_MAX_LEN, "room for every name");
    ret[0] = '\0';
    rte_eth_dev_get_name_by_port(port, ret);
}

bool ports_telemetry(void)
{
    return telemetry_register(
        "/tapgrade/ports", "Numbers of the ports; with one: what it says.", on_ports, NULL);
}
