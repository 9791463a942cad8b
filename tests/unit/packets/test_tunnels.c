// Frames in tunnels, built by hand, down to the innermost TCP packet. Lengths of outer IP headers
// are 0, "the frame's", where the row is not about them; tests/unit/packets/oracle has right ones.
#include "dataplane/packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/packets/hex.h"

#include <cmocka.h>

#define INNER4      IP4_TCP("002c") TCP TEXT
#define INNER6      IP6("0018", "06") TCP TEXT
#define INNER       MAC "0800" INNER4
#define INNER_TAG   MAC "8100 0065 0800" INNER4
#define OUTER(next) MAC "0800" OUTER_IP4(next)
#define OUTER_IP4(next)                                                                            \
    "45000000 00010000 40" next "0000 c0000201 c0000202" // 192.0.2.1 to 192.0.2.2
#define OUTER6(next)   MAC "86dd 60000000 0000" next "40" IP6_ADDRESSES
#define UDP(port)      "c001" port "00000000"
#define VXLAN          "0800000000002a00"
#define GRE_ETHERNET   "00006558"
#define ERSPAN2(first) "100088be 00000007" first "00000000"
#define ERSPAN3(last)  "100022eb 00000007 20050001 00000000 0000" last

#define COUNTER(name) offsetof(struct packet_counts, name)
#define TCP_IN(n)     .kind = PACKET_TCP, .tunnels = n
#define LEFT(n, name) .kind = PACKET_OTHER, .tunnels = n, .counter = COUNTER(name)
#define UDP_HOSTS     .kind = PACKET_HOSTS, .counter = COUNTER(not_tcp)

static const struct row {
    const char *what, *hex;
    uint8_t kind, tunnels;
    uint16_t vlan;
    size_t counter; // the only one that is 1
    uint32_t cut;   // bytes captured, 0: all
} rows[] = {
    {"MPLS, IPv4", MAC "8847 0001013f" INNER4, TCP_IN(1)},
    {"MPLS, three labels, IPv6", MAC "8847 0001003f 0002003f 0003013f" INNER6, TCP_IN(1)},
    {"MPLS multicast type behind a tag, which stays", MAC "8100 0009 8848 0001013f" INNER4,
        TCP_IN(1), .vlan = 9},
    {"MPLS, Ethernet behind a control word", MAC "8847 0001013f 00000000" INNER, TCP_IN(1)},
    {"MPLS, Ethernet behind a control word that counts", MAC "8847 0001013f 0000beef" INNER_TAG,
        TCP_IN(1), .vlan = 101},
    {"MPLS, Ethernet alone: its address begins with 0", MAC "8847 0001013f" INNER_TAG, TCP_IN(1),
        .vlan = 101},
    {"MPLS, Ethernet whose address looks like IPv4",
        MAC "8100 0009 8847 0001013f 4500002c0002 020000000001 0800" INNER4, TCP_IN(1)},
    {"MPLS, Ethernet whose address looks like IPv6",
        MAC "8847 0001013f 600000000002 020000000001 86dd" INNER6, TCP_IN(1)},
    {"MPLS, IPv4 from 8.0.69.1 looks like Ethernet",
        MAC "8847 0001013f 4500002c 12340000 40060000 08004501 0a020008" TCP TEXT, TCP_IN(1)},
    {"MPLS, Ethernet with ARP",
        MAC "8847 0001013f" MAC "0806 0001 0800 06 04 0001 020000000001 0a010007 000000000000 "
            "0a020008 0000",
        .kind = PACKET_HOSTS, .tunnels = 1, .counter = COUNTER(not_ip)},
    {"MPLS, a pseudowire's own channel", MAC "8847 0001013f 10000021" INNER4,
        LEFT(1, unknown_in_tunnel)},
    {"MPLS, nothing", MAC "8847 0001013f", LEFT(1, unknown_in_tunnel)},
    {"MPLS without a bottom", MAC "8847 0001003f 0001003f", LEFT(1, bad_tunnel_header)},
    {"MPLS, 16 labels and no bottom",
        MAC "8847 0001003f 0001003f 0001003f 0001003f 0001003f 0001003f 0001003f 0001003f "
            "0001003f 0001003f 0001003f 0001003f 0001003f 0001003f 0001003f 0001003f" INNER4,
        LEFT(1, bad_tunnel_header)},
    {"MPLS cut in its labels", MAC "8847 0001003f 0001013f" INNER4, LEFT(1, snap_cut), .cut = 20},
    {"MPLS cut behind its labels", MAC "8847 0001013f" INNER, LEFT(1, snap_cut), .cut = 30},

    {"GRE, IPv4", OUTER("2f") "00000800" INNER4, TCP_IN(1)},
    {"GRE over IPv6, IPv6", OUTER6("2f") "000086dd" INNER6, TCP_IN(1)},
    {"GRE with checksum, key and sequence, Ethernet",
        OUTER("2f") "b0006558 00000000 00000001 00000002" INNER_TAG, TCP_IN(1), .vlan = 101},
    {"GRE, Ethernet without a tag: the outer tag is not its",
        MAC "8100 0009 0800" OUTER_IP4("2f") GRE_ETHERNET INNER, TCP_IN(1)},
    {"GRE, MPLS, IPv4: two tunnels", OUTER("2f") "00008847 0001013f" INNER4, TCP_IN(2)},
    {"GRE, a keep-alive", OUTER("2f") "00000000", LEFT(1, unknown_in_tunnel)},
    {"GRE of PPTP", OUTER("2f") "3001880b 00040001 00000001" INNER4, LEFT(1, unknown_in_tunnel)},
    {"GRE with routing", OUTER("2f") "40000800 00000000 00000000" INNER4,
        LEFT(1, unknown_in_tunnel)},
    {"GRE too short", OUTER("2f") "0000", LEFT(1, bad_tunnel_header)},
    {"GRE whose fields are too short", OUTER("2f") "b0006558 00000000", LEFT(1, bad_tunnel_header)},
    {"GRE cut", OUTER("2f") "b0006558 00000000 00000001 00000002" INNER, LEFT(1, snap_cut),
        .cut = 45},

    {"ERSPAN I", OUTER("2f") "000088be" INNER_TAG, TCP_IN(1), .vlan = 101},
    {"ERSPAN II", OUTER("2f") ERSPAN2("10050001") INNER, TCP_IN(1)},
    {"ERSPAN II: the switch took the tag off", OUTER("2f") ERSPAN2("10051001") INNER, TCP_IN(1),
        .vlan = 5},
    {"ERSPAN II: the tag is still there", OUTER("2f") ERSPAN2("10051801") INNER_TAG, TCP_IN(1),
        .vlan = 101},
    {"ERSPAN II of version 3", OUTER("2f") ERSPAN2("30050001") INNER, LEFT(1, bad_tunnel_header)},
    {"ERSPAN II too short", OUTER("2f") "100088be 00000007 1005", LEFT(1, bad_tunnel_header)},
    {"ERSPAN III", OUTER("2f") ERSPAN3("0000") INNER_TAG, TCP_IN(1), .vlan = 101},
    {"ERSPAN III with a sub-header", OUTER("2f") ERSPAN3("8001") "0400000000000000" INNER,
        TCP_IN(1)},
    {"ERSPAN III of an IP packet", OUTER("2f") ERSPAN3("0800") INNER6, TCP_IN(1)},
    {"ERSPAN III of another frame type", OUTER("2f") ERSPAN3("0400") INNER,
        LEFT(1, unknown_in_tunnel)},
    {"ERSPAN III of version 1", OUTER("2f") "100022eb 00000007 10050001 00000000 00000000" INNER,
        LEFT(1, bad_tunnel_header)},
    {"ERSPAN III whose sub-header is missing", OUTER("2f") ERSPAN3("0001") "04000000",
        LEFT(1, bad_tunnel_header)},

    {"VXLAN", OUTER("11") UDP("12b5") VXLAN INNER, TCP_IN(1)},
    {"VXLAN: the inner tag counts",
        MAC "8100 0009 0800" OUTER_IP4("11") UDP("12b5") VXLAN INNER_TAG, TCP_IN(1), .vlan = 101},
    {"VXLAN over IPv6", OUTER6("11") UDP("12b5") VXLAN INNER, TCP_IN(1)},
    {"VXLAN with a group policy", OUTER("11") UDP("12b5") "8800000100002a00" INNER, TCP_IN(1)},
    {"VXLAN on Linux's old port", OUTER("11") UDP("2118") VXLAN INNER, TCP_IN(1)},
    {"VXLAN in VXLAN", OUTER("11") UDP("12b5") VXLAN OUTER("11") UDP("12b5") VXLAN INNER,
        TCP_IN(2)},
    {"VXLAN, an inner UDP packet: its hosts",
        OUTER("11") UDP("12b5") VXLAN MAC
        "0800 45000020 00010000 40110000 0a0100070a020008 0035003500080000" TEXT,
        .kind = PACKET_HOSTS, .tunnels = 1, .counter = COUNTER(not_tcp)},
    {"VXLAN, the inner header cut", OUTER("11") UDP("12b5") VXLAN INNER, LEFT(1, snap_cut),
        .cut = 70},
    {"VXLAN, nothing in it", OUTER("11") UDP("12b5") VXLAN, LEFT(1, bad_link_header)},
    {"the port of VXLAN, but no VXLAN", OUTER("11") UDP("12b5") "0000000000002a00" INNER,
        UDP_HOSTS},
    {"the port of VXLAN, too short", OUTER("11") UDP("12b5") "08000000", UDP_HOSTS},
    {"from the port of VXLAN", OUTER("11") "12b5c00100000000" VXLAN INNER, UDP_HOSTS},
    {"UDP of 4 bytes", OUTER("11") "12b5c001", UDP_HOSTS},

    {"Geneve, Ethernet", OUTER("11") UDP("17c1") "0000655800002a00" INNER, TCP_IN(1)},
    {"Geneve, two options, IPv4",
        OUTER("11") UDP("17c1") "0440080000002a00 0102000100000000 0102000100000000" INNER4,
        TCP_IN(1)},
    {"Geneve, options beyond the packet", OUTER("11") UDP("17c1") "3f00655800002a00" INNER,
        LEFT(1, bad_tunnel_header)},
    {"Geneve between the tunnel's ends", OUTER("11") UDP("17c1") "0080655800002a00" INNER,
        LEFT(1, unknown_in_tunnel)},
    {"Geneve, another type", OUTER("11") UDP("17c1") "0000888800002a00" INNER,
        LEFT(1, unknown_in_tunnel)},
    {"the port of Geneve, another version", OUTER("11") UDP("17c1") "4000655800002a00" INNER,
        UDP_HOSTS},

    {"GTP-U is left alone", OUTER("11") UDP("0868") "30ff002c00000001" INNER4, .kind = PACKET_HOSTS,
        .counter = COUNTER(gtp_u)},
    {"the port of GTP-U, but no GTP-U", OUTER("11") UDP("0868") "00ff002c00000001" INNER4,
        UDP_HOSTS},

    {"IPv4 in IPv4", OUTER("04") INNER4, TCP_IN(1)},
    {"IPv6 in IPv4", OUTER("29") INNER6, TCP_IN(1)},
    {"IPv4 in IPv6", OUTER6("04") INNER4, TCP_IN(1)},
    {"IPv6 in IPv6 behind destination options", OUTER6("3c") "2900010400000000" INNER6, TCP_IN(1)},
    {"MPLS in IPv4", OUTER("89") "0001013f" INNER4, TCP_IN(1)},
    {"IPv4 in IPv4 that is no IPv4", OUTER("04") "0000000000000000000000000000000000000000",
        LEFT(1, bad_ip_header)},
    {"the outer tag stays where there is no inner Ethernet",
        MAC "8100 0009 0800" OUTER_IP4("04") INNER4, TCP_IN(1), .vlan = 9},

    {"four tunnels", OUTER("04") OUTER_IP4("04") OUTER_IP4("04") OUTER_IP4("04") INNER4, TCP_IN(4)},
    {"five tunnels",
        OUTER("04") OUTER_IP4("04") OUTER_IP4("04") OUTER_IP4("04") OUTER_IP4("04") INNER4,
        LEFT(4, tunnels_too_deep)},
    {"five tunnels of many kinds",
        OUTER("2f") GRE_ETHERNET MAC "8847 0001013f" OUTER_IP4("11") UDP("12b5")
            VXLAN OUTER("29") "60000000 0000 2f 40" IP6_ADDRESSES "00000800" INNER4,
        LEFT(4, tunnels_too_deep)},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void counts_check(const struct row *row, const struct packet_counts *counts)
{
    assert_int_equal(counts->tunnelled, row->tunnels > 0);
    for (size_t at = COUNTER(not_ip); at < sizeof(*counts); at += sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, (const uint8_t *)counts + at, sizeof(value));
        if (value != (at == row->counter)) {
            fail_msg("%s: counter at %zu is %llu", row->what, at, (unsigned long long)value);
        }
    }
}

// The outer ends are 192.0.2.1 and 192.0.2.2 or 2001:db8::1 and ::2, those of rows without TCP
// none.
static void ends_check(const struct row *row, const struct packet *packet)
{
    static const uint8_t none[16], inner4[16] = {[10] = 0xff, 0xff, 10, 2, 0, 8};
    static const uint8_t inner6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};
    bool is_inner = memcmp(packet->destination, inner4, 16) == 0 ||
                    memcmp(packet->destination, inner6, 16) == 0;
    if (row->kind == PACKET_OTHER && memcmp(packet->source, none, 16) != 0) {
        fail_msg("%s: has a source", row->what);
    }
    if ((row->kind == PACKET_TCP || (row->kind == PACKET_HOSTS && row->tunnels > 0)) && !is_inner) {
        fail_msg("%s: not the inner ends", row->what);
    }
}

static void tunnel_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        struct packet_counts counts = {0};
        struct packet packet = {0};
        uint32_t length = hex_length(row->hex);
        uint32_t captured = row->cut != 0 ? row->cut : length;
        uint8_t *frame = hex_bytes(row->hex, captured);
        packet_decode(frame, captured, length, LINK_ETHERNET, &packet, &counts);
        if (packet.kind != row->kind || packet.tunnels != row->tunnels ||
            packet.vlan != row->vlan) {
            fail_msg("%s: kind %u, %u tunnels, VLAN %u", row->what, packet.kind, packet.tunnels,
                packet.vlan);
        }
        counts_check(row, &counts);
        ends_check(row, &packet);
        if (row->kind == PACKET_TCP) {
            assert_int_equal(packet.source_port, 8080);
            assert_int_equal(packet.sequence, 10);
            assert_int_equal(packet.payload_length, 4);
            assert_memory_equal(packet.payload, "test", 4);
        }
        free(frame);
    }
}

// The hash, which spreads over workers, is that of the inner ends: both directions of a connection
// meet, whatever tunnel each came in.
static void hash_is_inner(void **state)
{
    (void)state;
    static const char *const same[] = {INNER, OUTER("11") UDP("12b5") VXLAN INNER,
        OUTER6("2f") "00000800" INNER4, MAC "8847 0001013f" INNER4};
    uint32_t first = 0;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct packet_counts counts = {0};
        struct packet packet;
        uint32_t length = hex_length(same[i]);
        uint8_t *frame = hex_bytes(same[i], length);
        packet_decode(frame, length, length, LINK_ETHERNET, &packet, &counts);
        first = i == 0 ? packet.hash : first;
        assert_int_equal(packet.hash, first);
        free(frame);
    }
}

// Every frame cut at every byte, as captured and as sent: nothing is read behind the cut.
static void cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        uint32_t whole = hex_length(rows[i].hex);
        for (uint32_t cut = 0; cut <= 2 * whole + 1; cut++) {
            struct packet_counts counts = {0};
            struct packet packet;
            uint32_t captured = cut / 2, length = cut % 2 != 0 ? captured : whole;
            uint8_t *frame = hex_bytes(rows[i].hex, captured);
            packet_decode(frame, captured, length, LINK_ETHERNET, &packet, &counts);
            if (packet.kind == PACKET_TCP) {
                assert_true(packet.payload + packet.payload_captured <= frame + captured);
                assert_true(packet.payload_captured <= packet.payload_length);
            }
            free(frame);
        }
    }
}

// A frame full of one tunnel's header costs no more than four of them.
static void bombs(void **state)
{
    (void)state;
    static const struct {
        const char *what, *header;
    } fills[] = {
        {"labels", "0001003f"},
        {"bottom labels", "0001013f"},
        {"tags", "81000001"},
        {"IPv4 in IPv4", OUTER_IP4("04")},
        {"GRE", "000088470001013f"},
    };
    static const char *const starts[] = {
        MAC "8847", MAC "8100 0001", OUTER("04"), OUTER("2f"), OUTER("11") UDP("12b5") VXLAN};
    uint8_t frame[9000];
    for (size_t f = 0; f < sizeof(fills) / sizeof(fills[0]); f++) {
        for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
            struct packet_counts counts = {0};
            struct packet packet;
            uint32_t start = hex_length(starts[s]), header = hex_length(fills[f].header);
            uint8_t *first = hex_bytes(starts[s], start),
                    *fill = hex_bytes(fills[f].header, header);
            memcpy(frame, first, start);
            for (uint32_t at = start; at < sizeof(frame); at++) {
                frame[at] = fill[(at - start) % header];
            }
            packet_decode(frame, sizeof(frame), sizeof(frame), LINK_ETHERNET, &packet, &counts);
            assert_true(packet.tunnels <= 4);
            assert_int_not_equal(packet.kind, PACKET_TCP);
            free(first);
            free(fill);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tunnel_table),
        cmocka_unit_test(hash_is_inner),
        cmocka_unit_test(cut_everywhere),
        cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
