// Plays a capture into the dataplane with a flood of SYNs between its packets, as frames that are
// decoded like any others. Prints the ticks, as --stop-after counters does, and one JSON object on
// standard error about what the flood did.
//
// usage: syn_flood SETTINGS CAPTURE SOURCES
//
// Each source has an address of its own and asks the link's server once. Every eighth is of no
// link; every fourth of the others is refused by the server with a RST. In front of the capture
// QUIET clients open connections and send one keep-alive, and with its last packet another one.
#include "config/mistakes.h"
#include "config/settings.h"

#include "dataplane/packets/packets.h"
#include "dataplane/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST       64
#define QUIET       50000
#define FRAME_BYTES 54
#define KEEP_ALIVE  "0000" // behind the headers
#define SERVER_PORT 9001

static const uint8_t server[4] = {10, 2, 0, 10};

struct flood {
    struct dataplane *dataplane;
    const struct settings *settings;
    uint64_t sources, sent;   // in all, so far
    uint64_t packets, passed; // of the capture
    uint8_t frames[BURST][FRAME_BYTES + sizeof(KEEP_ALIVE)];
    struct packet burst[BURST];
    size_t count;
    struct packet_counts counts;
    long kib_early, kib_late; // resident, after a tenth of the flood and behind it
};

static long resident_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        sscanf(line, "VmRSS: %ld kB", &kib);
    }
    if (status != NULL) {
        fclose(status);
    }
    return kib;
}

static void ticks_print(const struct flood *flood)
{
    struct counters counters;
    while (dataplane_tick(flood->dataplane, &counters)) {
        counters_print(stdout, flood->settings, &counters);
    }
}

static void burst_send(struct flood *flood)
{
    dataplane_packets(flood->dataplane, flood->burst, flood->count);
    flood->count = 0;
}

struct tcp {
    uint8_t client[4];
    uint16_t client_port;
    bool from_server;
    uint8_t flags;
    uint32_t sequence;
    const char *text;
};

static void be16_put(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t frame_write(uint8_t *frame, const struct tcp *tcp)
{
    const uint8_t ip[] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0};
    size_t bytes = strlen(tcp->text);
    memset(frame, 0, FRAME_BYTES);
    frame[12] = 0x08;
    memcpy(frame + 14, ip, sizeof(ip));
    be16_put(frame + 16, 40 + bytes);
    memcpy(frame + 26, tcp->from_server ? server : tcp->client, 4);
    memcpy(frame + 30, tcp->from_server ? tcp->client : server, 4);
    be16_put(frame + 34, tcp->from_server ? SERVER_PORT : tcp->client_port);
    be16_put(frame + 36, tcp->from_server ? tcp->client_port : SERVER_PORT);
    be16_put(frame + 38, tcp->sequence >> 16);
    be16_put(frame + 40, tcp->sequence & 0xffff);
    frame[46] = 5 << 4;
    frame[47] = tcp->flags;
    memcpy(frame + FRAME_BYTES, tcp->text, bytes);
    return FRAME_BYTES + (uint32_t)bytes;
}

static void tcp_send(struct flood *flood, struct tcp tcp, struct instant at)
{
    uint8_t *frame = flood->frames[flood->count];
    struct packet *packet = &flood->burst[flood->count++];
    uint32_t length = frame_write(frame, &tcp);
    packet_decode(frame, length, length, LINK_ETHERNET, packet, &flood->counts);
    packet->at = at;
    packet->ordinal = 0;
    packet->tap_port = 0;
    if (flood->count == BURST) {
        burst_send(flood);
    }
}

static struct tcp client_tcp(uint8_t network, uint64_t number)
{
    return (struct tcp){
        .client = {network, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number},
        .client_port = (uint16_t)(1024 + number % 60000),
        .flags = TCP_SYN,
        .sequence = (uint32_t)number,
        .text = ""};
}

static void quiet_send(struct flood *flood, struct instant at)
{
    for (uint64_t number = 0; number < QUIET; number++) {
        struct tcp tcp = client_tcp(12, number);
        bool opens = flood->passed == 1;
        if (opens) {
            tcp_send(flood, tcp, at);
        }
        tcp.sequence += opens ? 1 : 1 + (uint32_t)strlen(KEEP_ALIVE);
        tcp.flags = TCP_PSH | TCP_ACK;
        tcp.text = KEEP_ALIVE;
        tcp_send(flood, tcp, at);
    }
}

static void source_send(struct flood *flood, uint64_t number, struct instant at)
{
    bool of_no_link = number % 8 == 7;
    struct tcp tcp = client_tcp(of_no_link ? 172 : 11, number);
    tcp_send(flood, tcp, at);
    if (!of_no_link && number % 4 == 1) {
        tcp.from_server = true;
        tcp.flags = TCP_RST | TCP_ACK;
        tcp_send(flood, tcp, at);
    }
}

// As many as are due before the capture's next packet.
static void flood_send(struct flood *flood, struct instant at)
{
    uint64_t due = flood->sources * ++flood->passed / flood->packets;
    if (flood->passed == 1 || flood->passed == flood->packets) {
        quiet_send(flood, at);
    }
    for (; flood->sent < due; flood->sent++) {
        source_send(flood, flood->sent, at);
        if (flood->sent == flood->sources / 10) {
            flood->kib_early = resident_kib();
        }
    }
    if (flood->count > 0) {
        burst_send(flood);
    }
}

static struct captures *capture_open(char *path)
{
    char error[512];
    struct captures *captures = captures_open(&path, 1, error, sizeof(error));
    if (captures == NULL) {
        fprintf(stderr, "%s\n", error);
        exit(EXIT_FAILURE);
    }
    return captures;
}

static uint64_t packets_count(char *path)
{
    struct packet burst[BURST];
    struct captures *captures = capture_open(path);
    uint64_t packets = 0;
    for (size_t count; (count = packets_from_capture(captures, burst, BURST)) > 0;) {
        packets += count;
    }
    captures_close(captures);
    return packets;
}

static void capture_play(struct flood *flood, char *path)
{
    struct packet burst[BURST];
    struct captures *captures = capture_open(path);
    for (size_t count; (count = packets_from_capture(captures, burst, BURST)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            flood_send(flood, burst[i].at);
            dataplane_packets(flood->dataplane, &burst[i], 1);
        }
        ticks_print(flood);
    }
    flood->kib_late = resident_kib();
    dataplane_end(flood->dataplane);
    ticks_print(flood);
    captures_close(captures);
}

static void facts_print(const struct flood *flood)
{
    struct dataplane_counts counts;
    dataplane_counts(flood->dataplane, &counts);
    fprintf(stderr,
        "{\"sent\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"connections_evicted\":%" PRIu64
        ",\"bare_evicted\":%" PRIu64 ",\"midstream\":%" PRIu64 ",\"keepalives\":%" PRIu64
        ",\"kib_early\":%ld,\"kib_late\":%ld}\n",
        flood->sent, counts.streams.connections, counts.streams.connections_evicted,
        counts.streams.bare_evicted, counts.streams.midstream, counts.streams.keepalives,
        flood->kib_early, flood->kib_late);
}

int main(int argc, char **argv)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = argc == 4 ? settings_read(argv[1], mistakes) : NULL;
    struct dataplane *dataplane =
        settings == NULL ? NULL : dataplane_new(settings, 1, NULL, NULL, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    if (dataplane == NULL) {
        fputs("usage: syn_flood SETTINGS CAPTURE SOURCES\n", stderr);
        return EXIT_FAILURE;
    }
    static struct flood flood;
    flood.dataplane = dataplane;
    flood.settings = settings;
    flood.sources = strtoull(argv[3], NULL, 10);
    flood.packets = packets_count(argv[2]);
    capture_play(&flood, argv[2]);
    facts_print(&flood);
    dataplane_free(dataplane);
    settings_free(settings);
    return EXIT_SUCCESS;
}
