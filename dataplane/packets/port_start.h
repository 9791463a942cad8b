// The start and the end of DPDK ports, apart from the flow. Private to packets/.
#pragma once

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_mempool;

struct port {
    struct rte_mempool *pool;
    uint64_t capabilities; // that its driver needs after the start
    uint64_t ns_per_stamp; // 0: its packets carry no stamp that we understand
    uint16_t number, queue_count;
    uint16_t unused_count; // queues to send from, which the driver insists on
    uint16_t reta_size;    // places of its RSS table
    bool has_clock;        // its stamps are ticks of a clock that can be read
    bool plays_file;       // an empty queue of it is at its end
    bool started;
};

struct started_ports {
    struct port *ports;
    size_t count;
    size_t workers; // lcores, the main one first
    FILE *said;     // by the EAL while it started
    char *said_text;
    size_t said_size;
    bool initialised;
};

// False with one sentence. started_ports_stop takes what it left, in any state.
bool ports_start(const struct settings *settings, char *const options[], size_t count,
    struct started_ports *ret, char *error, size_t error_size);
void ports_stop(struct started_ports *started);

// port_hook.c: what ports_hook asked for, on every queue. False when the port cannot.
bool port_hook_install(const struct port *port);

// port_none.c: how many ports the options name at least, and why one of them is not there: true
// with one sentence.
size_t ports_named(char *const options[], size_t count);
bool port_missing_refuse(char *const options[], size_t count, char *error, size_t size);

// port_rss.c: connections spread over queues, before and after the port is started.
void port_rss_ask(const struct rte_eth_dev_info *info, struct rte_eth_conf *conf);
void port_rss_place(const struct port *port);

// port_ticks.c: what the port's clock shows. -ENOTSUP when it has none that can be read.
int port_ticks(uint16_t number, uint64_t *ret);
