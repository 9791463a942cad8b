// From EAL options to running ports, in named steps: EAL, ports, then for each port its buffers,
// its queues, its start. Every failure is one sentence that says what to do; what the EAL itself
// says while it starts is kept, and its last line quoted.
//
// Queues. With more than one, a port that can spreads connections by RSS (port_rss.c); the workers
// spread what it does not.
#include "dataplane/packets/port_start.h"

#include "config/memory.h"

#include "dataplane/packets/dpdk.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 128
#define POOL_CACHE  256

// Drivers whose stamp counts from 1970. A stamp of any other is in ticks of the device.
static const struct {
    const char *driver;
    uint64_t ns_per_stamp;
} stamping[] = {
    {"net_pcap", 1000},
};

// Capabilities that a driver needs after its start, to close its device. All others have what they
// need in open files and mapped memory.
static const struct {
    const char *driver;
    uint64_t capabilities;
} needing[] = {
    {"net_af_xdp", 1ULL << CAP_NET_ADMIN}, // takes its program off the interface
    {"mlx4_pci",
        1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW}, // the kernel's driver stays in charge
    {"mlx5_pci", 1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW},
};

static bool refuse(char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(char *error, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, size, format, arguments);
    va_end(arguments);
    return false;
}

// ---- the EAL

static bool has_option(char *const options[], size_t count, const char *option)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i], option) == 0) {
            return true;
        }
    }
    return false;
}

// Of any size, on any node.
static bool has_hugepages(void)
{
    char line[128];
    unsigned long pages = 0;
    FILE *in = fopen("/proc/meminfo", "re");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (sscanf(line, "Hugetlb: %lu kB", &pages) == 1) {
            break;
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return pages > 0;
}

// The last line that the EAL said of its own accord: telemetry says its bit in the end, always.
static const char *last_line(struct started_ports *started)
{
    if (started->said == NULL || fflush(started->said) != 0 || started->said_text == NULL) {
        return "nothing";
    }
    const char *last = "nothing";
    char *rest = started->said_text, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line != '\0' && strncmp(line, "TELEMETRY:", strlen("TELEMETRY:")) != 0) {
            last = line;
        }
    }
    return last;
}

static bool eal_refuse(struct started_ports *started, char *const options[], size_t count,
    char *error, size_t error_size)
{
    const char *said = last_line(started);
    if (!has_option(options, count, "--no-huge") && !has_hugepages()) {
        return refuse(error, error_size,
            "no hugepages are reserved: run `dpdk-hugepages.py --setup 1G` as root, or do without "
            "by the EAL options --no-huge --no-pci (it says: %.200s)",
            said);
    }
    if (geteuid() != 0) {
        return refuse(error, error_size,
            "the EAL did not start, perhaps because this is not root: run as root, or give this "
            "user the hugepages and devices (it says: %.200s)",
            said);
    }
    return refuse(error, error_size,
        "the EAL did not start: change the options behind -- (it says: %.200s)", said);
}

static bool eal_start(char *const options[], size_t count, struct started_ports *started,
    char *error, size_t error_size)
{
    static char name[] = "tapgrade";
    static char *arguments[OPTIONS_MAX + 2]; // the EAL keeps some
    if (count > OPTIONS_MAX) {
        return refuse(error, error_size, "%zu EAL options, more than %d", count, OPTIONS_MAX);
    }
    arguments[0] = name;
    memcpy(arguments + 1, options, count * sizeof(*options));
    started->said = open_memstream(&started->said_text, &started->said_size);
    if (started->said != NULL) {
        rte_openlog_stream(started->said);
    }
    int used = rte_eal_init((int)count + 1, arguments);
    rte_openlog_stream(NULL); // from here on as the EAL likes: standard error and syslog
    if (used < 0) {
        return eal_refuse(started, options, count, error, error_size);
    }
    started->initialised = true;
    return true;
}

// ---- one port

static uint64_t ns_per_stamp(const char *driver)
{
    for (size_t i = 0; i < sizeof(stamping) / sizeof(stamping[0]); i++) {
        if (strcmp(stamping[i].driver, driver) == 0) {
            return stamping[i].ns_per_stamp;
        }
    }
    return 0;
}

static uint64_t capabilities_of(const char *driver)
{
    for (size_t i = 0; i < sizeof(needing) / sizeof(needing[0]); i++) {
        if (strcmp(needing[i].driver, driver) == 0) {
            return needing[i].capabilities;
        }
    }
    return 0;
}

// net_pcap with files, not with an interface: an empty queue of it stays empty.
static bool plays_file(const struct rte_eth_dev_info *info)
{
    const struct rte_devargs *given = rte_dev_devargs(info->device);
    return strcmp(info->driver_name, "net_pcap") == 0 && given != NULL && given->args != NULL &&
           strstr(given->args, "rx_pcap=") != NULL;
}

// Only then are time stamps asked for: they cost some drivers their fast path.
static bool has_clock(const struct port *port, const struct rte_eth_dev_info *info)
{
    uint64_t ticks;
    return port->ns_per_stamp == 0 && (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0 &&
           port_ticks(port->number, &ticks) != -ENOTSUP;
}

// The largest frame that both the settings and the port allow, as the port counts it: without
// headers.
static uint32_t mtu_of(const struct ports_settings *settings, const struct rte_eth_dev_info *info)
{
    uint32_t headers = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
    if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu) {
        headers = info->max_rx_pktlen - info->max_mtu;
    }
    uint32_t frame = (uint32_t)settings->frame_bytes + RTE_ETHER_CRC_LEN;
    if (info->max_rx_pktlen != 0 && frame > info->max_rx_pktlen) {
        frame = info->max_rx_pktlen;
    }
    bool scatters = (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
    if (!scatters && frame > settings->buffer_bytes) {
        frame = (uint32_t)settings->buffer_bytes;
    }
    uint32_t mtu = frame - headers;
    return mtu < info->max_mtu ? mtu : info->max_mtu;
}

static void port_conf(const struct ports_settings *settings, const struct rte_eth_dev_info *info,
    bool has_clock, struct rte_eth_conf *ret)
{
    *ret =
        (struct rte_eth_conf){.rxmode = {.mtu = mtu_of(settings, info),
                                  .offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER}};
    if (has_clock) {
        ret->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
    }
    if (settings->queues > 1) {
        port_rss_ask(info, ret);
    }
}

static void chunk_leave_out_of_dumps(
    struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *chunk, unsigned index)
{
    (void)pool, (void)context, (void)index;
    memory_leave_out_of_dumps(chunk->addr, chunk->len);
}

static bool pool_make(const struct ports_settings *settings, struct port *port, const char *name,
    char *error, size_t error_size)
{
    char pool_name[32];
    snprintf(pool_name, sizeof(pool_name), "port%u", port->number);
    int node = rte_eth_dev_socket_id(port->number);
    port->pool = rte_pktmbuf_pool_create(pool_name, (unsigned)settings->buffers, POOL_CACHE, 0,
        (uint16_t)(settings->buffer_bytes + RTE_PKTMBUF_HEADROOM), node);
    if (port->pool == NULL) {
        return refuse(error, error_size,
            "no memory for the %lld packet buffers of port %s: reserve more hugepages on its node, "
            "give --no-huge more (-m 512), or lower ports.buffers (%s)",
            (long long)settings->buffers, name, rte_strerror(rte_errno));
    }
    rte_mempool_mem_iter(port->pool, chunk_leave_out_of_dumps, NULL);
    return true;
}

static bool queues_make(const struct ports_settings *settings, struct port *port, const char *name,
    char *error, size_t error_size)
{
    uint16_t descriptors = (uint16_t)settings->descriptors, unused = 0;
    unsigned node = (unsigned)rte_eth_dev_socket_id(port->number);
    int result = rte_eth_dev_adjust_nb_rx_tx_desc(port->number, &descriptors, &unused);
    for (uint16_t queue = 0; result == 0 && queue < port->queue_count; queue++) {
        result = rte_eth_rx_queue_setup(port->number, queue, descriptors, node, NULL, port->pool);
    }
    for (uint16_t queue = 0; result == 0 && queue < port->unused_count; queue++) {
        result = rte_eth_tx_queue_setup(port->number, queue, unused, node, NULL);
    }
    if (result != 0) {
        return refuse(error, error_size,
            "port %s takes no receive queue with %u descriptors and buffers of %lld bytes: change "
            "ports.descriptors or ports.buffer_bytes (%s)",
            name, descriptors, (long long)settings->buffer_bytes, rte_strerror(-result));
    }
    return true;
}

// Without a queue to send from: nothing leaves a tap. Only a driver that has its queues in pairs
// (net_af_xdp) gets some, which stay empty; its refusal is no news.
static int queues_ask(struct port *port, const struct rte_eth_conf *conf)
{
    int level = rte_log_get_level(rte_eth_dev_logtype);
    rte_log_set_level(rte_eth_dev_logtype, RTE_LOG_CRIT);
    int result = rte_eth_dev_configure(port->number, port->queue_count, 0, conf);
    rte_log_set_level(rte_eth_dev_logtype, level < 0 ? RTE_LOG_NOTICE : (uint32_t)level);
    if (result != -EINVAL) {
        return result;
    }
    port->unused_count = port->queue_count;
    return rte_eth_dev_configure(port->number, port->queue_count, port->unused_count, conf);
}

static bool port_configure(const struct ports_settings *settings, struct port *port,
    const char *name, char *error, size_t error_size)
{
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf;
    int result = rte_eth_dev_info_get(port->number, &info);
    if (result != 0) {
        return refuse(error, error_size, "port %s says nothing about itself: %s", name,
            rte_strerror(-result));
    }
    if (settings->queues > info.max_rx_queues) {
        return refuse(error, error_size,
            "port %s has %u receive queues, fewer than %lld: lower ports.queues, or give the "
            "device more",
            name, info.max_rx_queues, (long long)settings->queues);
    }
    port->queue_count = (uint16_t)settings->queues;
    port->ns_per_stamp = ns_per_stamp(info.driver_name);
    port->capabilities = capabilities_of(info.driver_name);
    port->plays_file = plays_file(&info);
    port->reta_size = info.reta_size;
    port->has_clock = has_clock(port, &info);
    port_conf(settings, &info, port->has_clock, &conf);
    result = queues_ask(port, &conf);
    if (result != 0) {
        return refuse(error, error_size,
            "port %s does not take %u queues and frames of %u bytes: change ports.queues or "
            "ports.frame_bytes (%s)",
            name, port->queue_count, conf.rxmode.mtu, rte_strerror(-result));
    }
    return true;
}

static bool port_start(
    const struct ports_settings *settings, struct port *port, char *error, size_t error_size)
{
    char name[RTE_ETH_NAME_MAX_LEN] = "?";
    rte_eth_dev_get_name_by_port(port->number, name);
    if (!port_configure(settings, port, name, error, error_size) ||
        !pool_make(settings, port, name, error, error_size) ||
        !queues_make(settings, port, name, error, error_size)) {
        return false;
    }
    if (!port_hook_install(port)) {
        return refuse(
            error, error_size, "port %s takes no callback: %s", name, rte_strerror(rte_errno));
    }
    rte_eth_stats_reset(port->number); // drops from before are not ours
    int result = rte_eth_dev_start(port->number);
    if (result != 0) {
        return refuse(error, error_size, "port %s does not start: %s", name, rte_strerror(-result));
    }
    port->started = true;
    uint64_t ticks;
    port->has_clock = port->has_clock && port_ticks(port->number, &ticks) == 0;
    if (port->queue_count > 1) {
        port_rss_place(port);
    }
    result = rte_eth_promiscuous_enable(port->number);
    if (result != 0 && result != -ENOTSUP) { // a device that cannot has no filter
        return refuse(error, error_size,
            "port %s does not become promiscuous, and would see nothing of a mirror: %s", name,
            rte_strerror(-result));
    }
    return true;
}

// As many as ports.workers, each on an lcore of its own; of 0, as ports.queues, or the lcores.
static bool workers_count(
    const struct ports_settings *settings, size_t *ret, char *error, size_t error_size)
{
    size_t lcores = rte_lcore_count(), wanted = (size_t)settings->workers;
    if (wanted == 0) {
        wanted = (size_t)settings->queues < lcores ? (size_t)settings->queues : lcores;
    }
    if (wanted > lcores) {
        return refuse(error, error_size,
            "ports.workers is %zu, but the EAL has %zu cores: give it more with -l behind --, or "
            "lower ports.workers",
            wanted, lcores);
    }
    *ret = wanted;
    return true;
}

bool ports_start(const struct settings *settings, char *const options[], size_t count,
    struct started_ports *ret, char *error, size_t error_size)
{
    uint16_t number;
    if (!eal_start(options, count, ret, error, error_size) ||
        !workers_count(&settings->ports, &ret->workers, error, error_size)) {
        return false;
    }
    size_t found = rte_eth_dev_count_avail();
    size_t named = ports_named(options, count);
    if (found < named && port_missing_refuse(options, count, error, error_size)) {
        return false;
    }
    if (found == 0) {
        return refuse(error, error_size,
            "there is no port: bind a NIC with `dpdk-devbind.py --bind=vfio-pci ADDRESS`, or name "
            "a device behind --, such as --vdev net_af_packet0,iface=eth1 (the EAL's last words: "
            "%.200s)",
            last_line(ret));
    }
    if (found < named) { // half of a tap would look like a one-way mirror
        return refuse(error, error_size,
            "only %zu of the %zu ports that are named behind -- came up: mend or leave out the "
            "others (the EAL's last words: %.200s)",
            found, named, last_line(ret));
    }
    ret->ports = calloc(found, sizeof(*ret->ports));
    if (ret->ports == NULL) {
        return refuse(error, error_size, "no memory for %zu ports", found);
    }
    RTE_ETH_FOREACH_DEV(number)
    {
        struct port *port = &ret->ports[ret->count++];
        port->number = number;
        if (!port_start(&settings->ports, port, error, error_size)) {
            return false;
        }
        if (ret->count == found) {
            break;
        }
    }
    return true;
}

void ports_stop(struct started_ports *started)
{
    for (size_t i = 0; i < started->count; i++) {
        const struct port *port = &started->ports[i];
        if (port->started) {
            rte_eth_dev_stop(port->number);
        }
        rte_eth_dev_close(port->number);
        rte_mempool_free(port->pool);
    }
    if (started->initialised) {
        rte_eal_cleanup();
    }
    if (started->said != NULL) {
        fclose(started->said);
    }
    free(started->said_text);
    free(started->ports);
    *started = (struct started_ports){0};
}
