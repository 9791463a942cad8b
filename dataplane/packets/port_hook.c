// The door for measurements: DPDK's receive callbacks on every queue, when a hook is set; else
// nothing is installed and nothing is paid. And frames as they come, for who has no use for
// packets.
#include "dataplane/packets/dpdk.h"
#include "dataplane/packets/port_reader.h"

static struct {
    port_hook *hook;
    void *context;
} hooked;

void ports_hook(port_hook *hook, void *context)
{
    hooked.hook = hook;
    hooked.context = context;
}

static uint16_t on_burst(uint16_t port, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t count,
    uint16_t max, void *context)
{
    uint8_t *frames[PORT_BURST_MAX];
    (void)max, (void)context;
    for (uint16_t done = 0; done < count;) {
        uint16_t some = 0;
        for (; some < PORT_BURST_MAX && done < count; some++, done++) {
            frames[some] = rte_pktmbuf_mtod(mbufs[done], uint8_t *);
        }
        hooked.hook(hooked.context, port, queue, frames, some);
    }
    return count;
}

bool port_hook_install(const struct port *port)
{
    for (uint16_t queue = 0; hooked.hook != NULL && queue < port->queue_count; queue++) {
        if (rte_eth_add_rx_callback(port->number, queue, on_burst, NULL) == NULL) {
            return false;
        }
    }
    return true;
}

size_t port_reader_frames(struct port_reader *reader, uint8_t *frames[PORT_BURST_MAX])
{
    struct queue *queue = &reader->queues[0];
    queue_give_back(queue);
    queue->held_count = rte_eth_rx_burst(queue->port, queue->number, queue->held, PORT_BURST_MAX);
    for (uint16_t i = 0; i < queue->held_count; i++) {
        frames[i] = rte_pktmbuf_mtod(queue->held[i], uint8_t *);
    }
    return queue->held_count;
}
