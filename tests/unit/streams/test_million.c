// A million connections: what they take, that each is found again, and that no look at time, at a
// full queue or at a burst walks through them.
//
// Which memory was touched is what the kernel says: its marks are cleared by /proc/self/clear_refs
// and read again as `Referenced` of /proc/self/smaps.
#include "dataplane/packets/decode.h"
#include "dataplane/transactions/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/streams/rig.h"

#include <cmocka.h>

#define CONNECTIONS 1000000u
#define BURST       64u
#define CLIENTS     50000u // ports of each host
#define FIRST       100u   // sequence of the SYNs

static const uint8_t keep_alive[4] = {'0', '0', '0', '0'};

// In an order that no prefetcher of the processor foresees, each once.
static uint32_t shuffled(uint32_t place)
{
    return (uint32_t)((uint64_t)place * 618033989u % CONNECTIONS);
}

static struct packet packet_of(
    uint32_t connection, int64_t at_ns, uint8_t flags, uint32_t sequence, uint32_t length)
{
    struct packet packet = {.at = rig_at(at_ns),
        .payload = keep_alive,
        .payload_length = length,
        .payload_captured = length,
        .sequence = sequence,
        .source_port = (uint16_t)(1024 + connection % CLIENTS),
        .destination_port = 5000,
        .tcp_flags = flags,
        .kind = PACKET_TCP};
    address_store(packet.source, 0x0a010000 + connection / CLIENTS);
    address_store(packet.destination, 0x0a020001);
    packet.hash = hash_of_addresses(&packet);
    return packet;
}

static void all_open(struct rig *rig)
{
    struct packet burst[BURST];
    for (uint32_t i = 0; i < CONNECTIONS; i += BURST / 2) {
        for (uint32_t j = 0; j < BURST / 2; j++) {
            burst[2 * j] = packet_of(i + j, 1, TCP_SYN, FIRST, 0);
            burst[2 * j + 1] = packet_of(i + j, 1, TCP_PSH, FIRST + 1, sizeof(keep_alive));
        }
        rig_send_burst(rig, burst, BURST);
    }
}

// One packet of each; returns the nanoseconds of one.
static double all_send(struct rig *rig, int64_t at_ns, uint32_t length)
{
    clock_t spent = 0;
    for (uint32_t i = 0; i < CONNECTIONS; i += BURST) {
        struct packet burst[BURST];
        for (uint32_t j = 0; j < BURST; j++) {
            burst[j] =
                packet_of(shuffled(i + j), at_ns, TCP_PSH, FIRST + 1 + sizeof(keep_alive), length);
        }
        clock_t before = clock();
        rig_send_burst(rig, burst, BURST);
        spent += clock() - before;
    }
    return (double)spent * 1e9 / CLOCKS_PER_SEC / CONNECTIONS;
}

// The sum of a field of /proc/self/smaps or /proc/self/status, in KiB.
static long kib(const char *path, const char *field)
{
    char line[256];
    long sum = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0) {
            sum += strtol(line + strlen(field), NULL, 10);
        }
    }
    fclose(file);
    return sum;
}

static bool references_clear(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    return file != NULL && fputs("1", file) >= 0 && fclose(file) == 0;
}

static long referenced_kib(void)
{
    return kib("/proc/self/smaps", "Referenced:");
}

static void start(struct rig *rig)
{
    rig_init(rig);
    rig->settings.transactions.connections = CONNECTIONS;
    rig_start(rig);
}

static void test_memory(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    long before = kib("/proc/self/status", "VmRSS:");
    all_open(&rig);
    long grown = kib("/proc/self/status", "VmRSS:") - before;
    double ack_ns = all_send(&rig, 2, 0), data_ns = all_send(&rig, 3, sizeof(keep_alive));
    const struct stream_counts *counts = streams_counts(rig.streams);
    printf("%ld bytes a connection; bare acknowledgement %.0f ns, keep-alive %.0f ns\n",
        grown * 1024 / CONNECTIONS, ack_ns, data_ns);
    assert_int_equal(counts->connections, CONNECTIONS);
    assert_int_equal(counts->keepalives, 2 * CONNECTIONS);
    assert_int_equal(counts->midstream + counts->connections_evicted + counts->bare_evicted, 0);
#ifndef __SANITIZE_ADDRESS__ // whose allocations are its own
    assert_in_range(grown, 120 * 1024, 180 * 1024);
#endif
    rig_done(&rig);
}

// Hours pass, all connections are over; a burst comes, new ones begin, the table's queues are full.
static void test_nothing_is_scanned(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    all_open(&rig);
    if (!references_clear() || referenced_kib() > 64 * 1024) {
        rig_done(&rig);
        skip(); // a kernel that keeps no marks
    }
    long before = referenced_kib();
    rig_advance(&rig, rig_at(3 * 3600 * NS_PER_S));
    for (uint32_t i = 0; i < 4; i++) {
        rig_send(&rig, packet_of(CONNECTIONS + i, 3 * 3600 * NS_PER_S, TCP_SYN, FIRST, 0));
        rig_advance(&rig, rig_at(4 * 3600 * NS_PER_S + i));
    }
    long touched = referenced_kib() - before;
    printf("%ld KiB of %u MiB were touched\n", touched, CONNECTIONS * 128 >> 20);
    assert_in_range(touched, 0, 48 * 1024); // a huge page each: slots, entries, their neighbours
    (void)all_send(&rig, 4 * 3600 * NS_PER_S + 10, 0);
    assert_true(referenced_kib() - before > 120 * 1024); // the marks tell of a walk through all
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_nothing_is_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
