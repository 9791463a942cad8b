// The one call that DPDK 22.11 still calls experimental.
#define ALLOW_EXPERIMENTAL_API
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port_start.h"

int port_ticks(uint16_t number, uint64_t *ret)
{
    return rte_eth_read_clock(number, ret);
}
