// RSS as rss.h counts it: both directions of a connection on one queue, the same one on every port.
// What a port cannot do is no fault: workers hand over what came to the wrong one.
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port_start.h"
#include "dataplane/packets/rss.h"

#define KEY_BYTES   64 // the longest of any driver is 52
#define KEY_DEFAULT 40
#define TABLE_MAX   512

void port_rss_ask(const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
    static uint8_t key[KEY_BYTES]; // read by the driver during rte_eth_dev_configure
    uint64_t spread = info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP);
    if (spread == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(key); i += 2) {
        key[i] = RSS_KEY_WORD >> 8;
        key[i + 1] = RSS_KEY_WORD & 0xff;
    }
    uint8_t length = info->hash_key_size == 0 ? KEY_DEFAULT : info->hash_key_size;
    conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){.rss_key = key,
        .rss_key_len = length < sizeof(key) ? length : sizeof(key),
        .rss_hf = spread};
}

void port_rss_place(const struct port *port)
{
    struct rte_eth_rss_reta_entry64 table[TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE] = {0};
    if (port->reta_size == 0 || port->reta_size > TABLE_MAX) {
        return;
    }
    for (size_t i = 0; i < port->reta_size; i++) {
        struct rte_eth_rss_reta_entry64 *group = &table[i / RTE_ETH_RETA_GROUP_SIZE];
        group->mask |= 1ULL << i % RTE_ETH_RETA_GROUP_SIZE;
        group->reta[i % RTE_ETH_RETA_GROUP_SIZE] = (uint16_t)(i % RSS_PLACES % port->queue_count);
    }
    (void)rte_eth_dev_rss_reta_update(port->number, table, port->reta_size);
}
