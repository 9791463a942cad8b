// Frames built by hand, down to TCP.
#include "dataplane/packets/packets.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/packets/hex.h"

#include <cmocka.h>

#define COUNTER(name) offsetof(struct packet_counts, name)
#define NO_COUNTER    0 // `frames`, which every row adds to

static const char V4[] = "::ffff:10.1.0.7", V4_TO[] = "::ffff:10.2.0.8";
static const char V6[] = "2001:db8::1", V6_TO[] = "2001:db8::2";

static const struct row {
    const char *what;
    const char *hex;
    int link_type;
    uint32_t cut;    // bytes captured, 0: all
    uint32_t length; // on the wire, 0: as the hex text
    uint8_t kind;
    const char *source, *destination;
    uint16_t vlan;
    uint32_t payload_length, payload_captured;
    size_t counter; // the only one that is 1
} rows[] = {
    {"ethernet, IPv4, TCP", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET, .kind = PACKET_TCP,
        .source = V4, .destination = V4_TO, .payload_length = 4, .payload_captured = 4},
    {"padding is no payload", MAC "0800" IP4_TCP("0028") TCP "000000000000", LINK_ETHERNET,
        .kind = PACKET_TCP, .source = V4, .destination = V4_TO},
    {"a check sequence is no payload", MAC "0800" IP4_TCP("002c") TCP TEXT "deadbeef",
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 4},
    {"IPv4 options", MAC "0800 46000030 12340000 40060000 0a0100070a020008 01010101" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 4},
    {"TCP options", MAC "0800" IP4_TCP("0038") TCP_OPTIONS TEXT, LINK_ETHERNET, .kind = PACKET_TCP,
        .source = V4, .destination = V4_TO, .payload_length = 4, .payload_captured = 4},
    {"total length 0 of an offload: the frame's", MAC "0800" IP4_TCP("0000") TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 4},
    {"802.1Q", MAC "8100 6065 0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET, .kind = PACKET_TCP,
        .source = V4, .destination = V4_TO, .vlan = 101, .payload_length = 4,
        .payload_captured = 4},
    {"QinQ: the inner tag counts", MAC "88a8 0007 8100 0008 0800" IP4_TCP("002c") TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .vlan = 8,
        .payload_length = 4, .payload_captured = 4},
    {"four tags", MAC "9100 0001 88a8 0002 8100 0003 8100 0004 0800" IP4_TCP("002c") TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .vlan = 4,
        .payload_length = 4, .payload_captured = 4},
    {"five tags",
        MAC "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800" IP4_TCP("002c") TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_OTHER, .vlan = 4, .counter = COUNTER(bad_link_header)},
    {"a tag that ends the frame", MAC "8100 0001", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_link_header)},
    {"shorter than Ethernet", "0200000000020200", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_link_header)},
    {"an empty frame", "", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_link_header)},
    {"802.3 with LLC", MAC "0026 424203", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(not_ip)},
    {"LLDP", MAC "88cc 0000", LINK_ETHERNET, .kind = PACKET_OTHER, .counter = COUNTER(not_ip)},
    {"ARP names two hosts",
        MAC "0806 0001 0800 06 04 0001 020000000001 0a010007 000000000000 0a020008", LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO, .counter = COUNTER(not_ip)},
    {"ARP of another protocol",
        MAC "0806 0001 86dd 06 04 0001 020000000001 0a010007 000000000000 0a020008", LINK_ETHERNET,
        .kind = PACKET_OTHER, .counter = COUNTER(not_ip)},
    {"ARP that is too short", MAC "0806 0001 0800 06 04 0001", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(not_ip)},
    {"UDP", MAC "0800" IP4("0020", "40110000") "0035003500080000" TEXT, LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO, .counter = COUNTER(not_tcp)},
    {"ICMP", MAC "0800" IP4("001c", "40010000") "0800000000000000", LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO, .counter = COUNTER(not_tcp)},
    {"first fragment", MAC "0800 4500002c 12342000 40060000 0a0100070a020008" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(fragments)},
    {"later fragment", MAC "0800 4500002c 12340003 40060000 0a0100070a020008" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(fragments)},
    {"do not fragment is no fragment",
        MAC "0800 4500002c 12344000 40060000 0a0100070a020008" TCP TEXT, LINK_ETHERNET,
        .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 4},
    {"IPv4 of version 5", MAC "0800 5500002c 12340000 40060000 0a0100070a020008" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_OTHER, .counter = COUNTER(bad_ip_header)},
    {"IPv4 header below 20 bytes", MAC "0800 4400002c 12340000 40060000 0a0100070a020008" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_OTHER, .counter = COUNTER(bad_ip_header)},
    {"IPv4 total below its header", MAC "0800" IP4_TCP("0013") TCP TEXT, LINK_ETHERNET,
        .kind = PACKET_OTHER, .counter = COUNTER(bad_ip_header)},
    {"IPv4 header that the frame is too short for", MAC "0800 4500002c1234", LINK_ETHERNET,
        .kind = PACKET_OTHER, .counter = COUNTER(bad_ip_header)},
    {"TCP header below 20 bytes",
        MAC "0800" IP4_TCP("002c") "1f9023290000000a0000001440180100 00000000" TEXT, LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(bad_tcp_header)},
    {"TCP header beyond the packet",
        MAC "0800" IP4_TCP("002c") "1f9023290000000a00000014f0180100 00000000" TEXT, LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(bad_tcp_header)},
    {"IPv4 that leaves no room for TCP", MAC "0800" IP4_TCP("001e") TCP TEXT, LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(bad_tcp_header)},
    {"payload cut by the snap length", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET,
        .cut = 56, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 2, .counter = COUNTER(snap_cut)},
    {"cut without saying so", MAC "0800" IP4_TCP("002c") TCP "7465", LINK_ETHERNET,
        .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 2, .counter = COUNTER(snap_cut)},
    {"a length below what was captured", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET,
        .length = 20, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .payload_captured = 4},
    {"TCP options cut: still TCP", MAC "0800" IP4_TCP("0038") TCP_OPTIONS TEXT, LINK_ETHERNET,
        .cut = 58, .kind = PACKET_TCP, .source = V4, .destination = V4_TO, .payload_length = 4,
        .counter = COUNTER(snap_cut)},
    {"TCP header cut", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET, .cut = 53,
        .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO, .counter = COUNTER(snap_cut)},
    {"IPv4 header cut", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET, .cut = 33,
        .kind = PACKET_OTHER, .counter = COUNTER(snap_cut)},
    {"IPv4 options cut", MAC "0800 46000030 12340000 40060000 0a0100070a020008 01010101" TCP TEXT,
        LINK_ETHERNET, .cut = 36, .kind = PACKET_HOSTS, .source = V4, .destination = V4_TO,
        .counter = COUNTER(snap_cut)},
    {"Ethernet cut", MAC "0800" IP4_TCP("002c") TCP TEXT, LINK_ETHERNET, .cut = 13,
        .kind = PACKET_OTHER, .counter = COUNTER(snap_cut)},

    {"IPv6", MAC "86dd" IP6("0018", "06") TCP TEXT, LINK_ETHERNET, .kind = PACKET_TCP, .source = V6,
        .destination = V6_TO, .payload_length = 4, .payload_captured = 4},
    {"IPv6 in a VLAN, padded", MAC "8100 0fff 86dd" IP6("0018", "06") TCP TEXT "0000",
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V6, .destination = V6_TO, .vlan = 4095,
        .payload_length = 4, .payload_captured = 4},
    {"IPv6 with hop-by-hop, routing, destination options and authentication",
        MAC "86dd" IP6("003c",
            "00") "2b00050200000000 3c00000000000000 3300010400000000 0601000000000001 00000002" TCP
            TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V6, .destination = V6_TO, .payload_length = 4,
        .payload_captured = 4},
    {"IPv6 length 0 of an offload: the frame's", MAC "86dd" IP6("0000", "06") TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_TCP, .source = V6, .destination = V6_TO, .payload_length = 4,
        .payload_captured = 4},
    {"IPv6 fragment", MAC "86dd" IP6("0020", "2c") "0600000100000001" TCP TEXT, LINK_ETHERNET,
        .kind = PACKET_HOSTS, .source = V6, .destination = V6_TO, .counter = COUNTER(fragments)},
    {"IPv6 fragment that is first and last",
        MAC "86dd" IP6("0020", "2c") "0600000000000001" TCP TEXT, LINK_ETHERNET, .kind = PACKET_TCP,
        .source = V6, .destination = V6_TO, .payload_length = 4, .payload_captured = 4},
    {"IPv6 with nine extension headers",
        MAC "86dd" IP6("0060", "3c") "3c00000000000000 3c00000000000000 3c00000000000000 "
                                     "3c00000000000000 3c00000000000000 3c00000000000000 "
                                     "3c00000000000000 3c00000000000000 0600000000000000" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_HOSTS, .source = V6, .destination = V6_TO,
        .counter = COUNTER(bad_ip_header)},
    {"IPv6 extension beyond the packet", MAC "86dd" IP6("0020", "3c") "06ff000000000000" TCP TEXT,
        LINK_ETHERNET, .kind = PACKET_HOSTS, .source = V6, .destination = V6_TO,
        .counter = COUNTER(bad_ip_header)},
    {"IPv6 extension cut", MAC "86dd" IP6("0020", "3c") "0600000000000000" TCP TEXT, LINK_ETHERNET,
        .cut = 58, .kind = PACKET_HOSTS, .source = V6, .destination = V6_TO,
        .counter = COUNTER(snap_cut)},
    {"ICMPv6", MAC "86dd" IP6("0008", "3a") "8000000000000000", LINK_ETHERNET, .kind = PACKET_HOSTS,
        .source = V6, .destination = V6_TO, .counter = COUNTER(not_tcp)},
    {"IPv6 of version 4", MAC "86dd 40000000 001806 40" IP6_ADDRESSES TCP TEXT, LINK_ETHERNET,
        .kind = PACKET_OTHER, .counter = COUNTER(bad_ip_header)},
    {"IPv6 header too short", MAC "86dd 60000000 001806", LINK_ETHERNET, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_ip_header)},

    {"Linux cooked", "0000 0001 0006 0200000000010000 0800" IP4_TCP("002c") TCP TEXT,
        LINK_LINUX_COOKED, .kind = PACKET_TCP, .source = V4, .destination = V4_TO,
        .payload_length = 4, .payload_captured = 4},
    {"Linux cooked with a VLAN",
        "0000 0001 0006 0200000000010000 8100 0009 86dd" IP6("0018", "06") TCP TEXT,
        LINK_LINUX_COOKED, .kind = PACKET_TCP, .source = V6, .destination = V6_TO, .vlan = 9,
        .payload_length = 4, .payload_captured = 4},
    {"Linux cooked of netlink", "0004 0338 0000 0000000000000000 0800" IP4_TCP("002c") TCP TEXT,
        LINK_LINUX_COOKED, .kind = PACKET_OTHER, .counter = COUNTER(not_ip)},
    {"Linux cooked too short", "0000 0001 0006", LINK_LINUX_COOKED, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_link_header)},
    {"Linux cooked v2", "0800 0000 00000002 0001 00 06 0200000000010000" IP4_TCP("002c") TCP TEXT,
        LINK_LINUX_COOKED2, .kind = PACKET_TCP, .source = V4, .destination = V4_TO,
        .payload_length = 4, .payload_captured = 4},
    {"Linux cooked v2 cut",
        "0800 0000 00000002 0001 00 06 0200000000010000" IP4_TCP("002c") TCP TEXT,
        LINK_LINUX_COOKED2, .cut = 19, .kind = PACKET_OTHER, .counter = COUNTER(snap_cut)},
    {"raw IPv4", IP4_TCP("002c") TCP TEXT, LINK_RAW_IP, .kind = PACKET_TCP, .source = V4,
        .destination = V4_TO, .payload_length = 4, .payload_captured = 4},
    {"raw IPv6", IP6("0018", "06") TCP TEXT, 12, .kind = PACKET_TCP, .source = V6,
        .destination = V6_TO, .payload_length = 4, .payload_captured = 4},
    {"raw IP of another version", "00112233", 14, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_ip_header)},
    {"raw IP without a byte", "", LINK_RAW_IP, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_ip_header)},
    {"IPv4 link", IP4_TCP("002c") TCP TEXT, 228, .kind = PACKET_TCP, .source = V4,
        .destination = V4_TO, .payload_length = 4, .payload_captured = 4},
    {"IPv6 link", IP6("0018", "06") TCP TEXT, 229, .kind = PACKET_TCP, .source = V6,
        .destination = V6_TO, .payload_length = 4, .payload_captured = 4},
    {"IPv4 on an IPv6 link", IP4_TCP("002c") TCP TEXT, 229, .kind = PACKET_OTHER,
        .counter = COUNTER(bad_ip_header)},
    {"an unknown link type", IP4_TCP("002c") TCP TEXT, 147, .kind = PACKET_OTHER,
        .counter = COUNTER(unknown_link_type)},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void address_check(const char *what, const uint8_t address[16], const char *expected)
{
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, address, text, sizeof(text));
    if (strcmp(text, expected == NULL ? "::" : expected) != 0) {
        fail_msg("%s: address %s", what, text);
    }
}

static void counts_check(const struct row *row, const struct packet_counts *counts)
{
    const size_t first = COUNTER(not_ip);
    for (size_t at = first; at < sizeof(*counts); at += sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, (const uint8_t *)counts + at, sizeof(value));
        if (value != (at == row->counter)) {
            fail_msg("%s: counter %zu is %llu", row->what, (at - first) / sizeof(uint64_t),
                (unsigned long long)value);
        }
    }
}

static void row_check(const struct row *row, const struct packet *packet, const uint8_t *frame)
{
    if (packet->kind != row->kind) {
        fail_msg("%s: kind %u", row->what, packet->kind);
    }
    address_check(row->what, packet->source, row->source);
    address_check(row->what, packet->destination, row->destination);
    if (packet->vlan != row->vlan || packet->payload_length != row->payload_length ||
        packet->payload_captured != row->payload_captured) {
        fail_msg("%s: vlan %u, payload %u of %u", row->what, packet->vlan, packet->payload_captured,
            packet->payload_length);
    }
    if (row->kind != PACKET_TCP) {
        assert_int_equal(packet->source_port, 0);
        assert_null(packet->payload);
        return;
    }
    assert_int_equal(packet->source_port, 8080);
    assert_int_equal(packet->destination_port, 9001);
    assert_int_equal(packet->sequence, 10);
    assert_int_equal(packet->acknowledgement, 20);
    assert_int_equal(packet->tcp_flags, TCP_PSH | TCP_ACK);
    assert_memory_equal(packet->payload, "test", row->payload_captured);
    assert_true(packet->payload >= frame);
}

static void decode_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        struct packet_counts counts = {0};
        struct fragments *fragments = fragments_new();
        struct packet packet = {
            .at.ns = 1, .ordinal = 2, .tap_port = 3, .payload = (const uint8_t *)row};
        uint32_t whole = hex_length(row->hex);
        uint32_t length = row->length != 0 ? row->length : whole;
        uint32_t captured = row->cut != 0 ? row->cut : whole;
        uint8_t *frame = hex_bytes(row->hex, captured);
        packet_decode(frame, captured, length, row->link_type, &packet, &counts);
        packets_join(fragments, &packet, 1, &counts);
        row_check(row, &packet, frame);
        counts_check(row, &counts);
        assert_int_equal(counts.frames, 1);
        assert_int_equal(counts.bytes, row->length != 0 ? whole : length);
        assert_int_equal(packet.frame_captured, captured);
        assert_true(packet.at.ns == 1 && packet.ordinal == 2 && packet.tap_port == 3);
        fragments_free(fragments);
        free(frame);
    }
}

// Every frame cut at every byte: nothing is read behind the cut, and no payload ends there.
static void cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        uint32_t whole = hex_length(rows[i].hex);
        for (uint32_t cut = 0; cut <= whole; cut++) {
            struct packet_counts counts = {0};
            struct packet packet;
            uint8_t *frame = hex_bytes(rows[i].hex, cut);
            packet_decode(frame, cut, whole, rows[i].link_type, &packet, &counts);
            if (packet.kind == PACKET_TCP) {
                assert_true(packet.payload + packet.payload_captured <= frame + cut);
                assert_true(packet.payload_captured <= packet.payload_length);
            }
            free(frame);
        }
    }
}

static uint32_t hash_of(
    const char *source, const char *destination, uint16_t source_port, uint16_t destination_port)
{
    uint8_t frame[40 + 20] = {0x60, [5] = 20, [6] = 6, [52] = 0x50};
    struct packet_counts counts = {0};
    struct packet packet;
    assert_int_equal(inet_pton(AF_INET6, source, frame + 8), 1);
    assert_int_equal(inet_pton(AF_INET6, destination, frame + 24), 1);
    frame[40] = (uint8_t)(source_port >> 8), frame[41] = (uint8_t)source_port;
    frame[42] = (uint8_t)(destination_port >> 8), frame[43] = (uint8_t)destination_port;
    packet_decode(frame, sizeof(frame), sizeof(frame), LINK_RAW_IP, &packet, &counts);
    assert_int_equal(packet.kind, PACKET_TCP);
    return packet.hash;
}

static void hash_is_symmetric(void **state)
{
    (void)state;
    static const struct {
        const char *what, *a, *b;
    } pairs[] = {
        {"IPv4", "::ffff:10.1.0.7", "::ffff:10.2.0.8"},
        {"IPv6", "2001:db8::1", "2001:db8:7::2"},
        {"a host with itself", "::ffff:127.0.0.1", "::ffff:127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *a = pairs[i].a, *b = pairs[i].b;
        uint32_t hash = hash_of(a, b, 8080, 9001);
        if (hash != hash_of(b, a, 9001, 8080)) {
            fail_msg("%s: the hash differs by direction", pairs[i].what);
        }
        if (hash == hash_of(a, b, 8081, 9001) || hash == hash_of(a, b, 8080, 9002)) {
            fail_msg("%s: the hash ignores a port", pairs[i].what);
        }
    }
}

static int compare_hashes(const void *one, const void *other)
{
    uint32_t a, b;
    memcpy(&a, one, sizeof(a));
    memcpy(&b, other, sizeof(b));
    return (a > b) - (a < b);
}

// 64 clients x 256 ports to one server: neighbours in both, the usual pool. Of 2^14 random 32-bit
// values about 0.03 pairs are equal; also the low bits, which pick workers and slots, must be even.
static void hash_spreads(void **state)
{
    (void)state;
    static uint32_t hashes[64 * 256];
    size_t count = 0, equal = 0, by_low_bits[16] = {0}, by_high_bits[16] = {0};
    for (int host = 0; host < 64; host++) {
        for (int port = 0; port < 256; port++) {
            char source[40];
            snprintf(source, sizeof(source), "::ffff:10.1.%d.%d", host / 8, host % 8);
            uint32_t hash = hash_of(source, "::ffff:10.2.0.8", (uint16_t)(40000 + port), 9001);
            by_low_bits[hash % 16]++;
            by_high_bits[hash >> 28]++;
            hashes[count++] = hash;
        }
    }
    qsort(hashes, count, sizeof(hashes[0]), compare_hashes);
    for (size_t i = 1; i < count; i++) {
        equal += hashes[i] == hashes[i - 1];
    }
    assert_true(equal <= 2);
    for (int i = 0; i < 16; i++) { // 1024 expected, 7 standard deviations
        assert_in_range(by_low_bits[i], 800, 1250);
        assert_in_range(by_high_bits[i], 800, 1250);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_table),
        cmocka_unit_test(cut_everywhere),
        cmocka_unit_test(hash_is_symmetric),
        cmocka_unit_test(hash_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
