// Memory that is used up, links, and whose bytes are missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/streams/rig.h"

#include <cmocka.h>

#define LENGTH   200u
#define MESSAGES 64u
#define FIRST    5000u // sequence of byte 0
#define CUT      50u   // so far from a message's beginning a segment cannot be read by itself

static uint8_t bytes[MESSAGES * LENGTH];

static int group_setup(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        rig_message_write(bytes + i * LENGTH, LENGTH, false, i, i + 1);
    }
    return 0;
}

static void syn(struct rig *rig, unsigned connection, int64_t ms)
{
    struct packet packet = rig_packet(connection, true, ms * NS_PER_MS, FIRST - 1, NULL, 0);
    packet.tcp_flags = TCP_SYN;
    rig_send(rig, packet);
}

static void data(struct rig *rig, unsigned connection, int64_t ms, uint32_t from, uint32_t to)
{
    rig_send(
        rig, rig_packet(connection, true, ms * NS_PER_MS, FIRST + from, bytes + from, to - from));
}

static void ack(struct rig *rig, bool from_ours, int64_t ms, uint32_t to)
{
    struct packet packet = rig_packet(0, from_ours, ms * NS_PER_MS, 0, NULL, 0);
    packet.tcp_flags = TCP_ACK;
    packet.acknowledgement = to;
    rig_send(rig, packet);
}

// Messages (not gaps) so far.
static size_t message_count(const struct rig *rig)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->count; i++) {
        count += !(rig->messages[i].flags & MESSAGE_GAP);
    }
    return count;
}

static void test_hold_full(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.held_bytes = 4096;
    rig_start(&rig);
    syn(&rig, 0, 0);
    for (uint32_t i = 1; i <= 8; i++) { // each takes a block
        data(&rig, 0, i, i * LENGTH - CUT, (i + 1) * LENGTH - CUT);
    }
    assert_int_equal(rig.count, 0);
    data(&rig, 0, 9, 10 * LENGTH - CUT, 11 * LENGTH); // no room: the gap in front of all goes
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    assert_int_equal(message_count(&rig), 7);
    assert_int_equal(rig.messages[0].amount, LENGTH - CUT);
    assert_int_equal(rig.messages[0].at.ns, rig_at(1 * NS_PER_MS).ns);
    data(&rig, 0, 10, 9 * LENGTH - CUT, 10 * LENGTH - CUT);
    assert_int_equal(message_count(&rig), 10);
    assert_int_equal(streams_counts(rig.streams)->gaps, 1);
    rig_done(&rig);
}

// A hole takes a block for as long as it is there.
static void test_holes_full(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.held_bytes = 4096;
    rig_start(&rig);
    syn(&rig, 0, 0);
    for (uint32_t i = 1; i <= 9; i++) { // every other message is lost
        data(&rig, 0, i, 2 * i * LENGTH, (2 * i + 1) * LENGTH);
    }
    assert_int_equal(message_count(&rig), 9); // the last one after its gap was given up
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    assert_int_equal(streams_counts(rig.streams)->missing_bytes, LENGTH);
    for (uint32_t i = 0; i <= 17; i++) {
        data(&rig, 0, 20 + i, i * LENGTH, (i + 1) * LENGTH);
    }
    assert_int_equal(message_count(&rig), 18); // all but the one that was given up
    assert_int_equal(streams_counts(rig.streams)->gaps, 1);
    assert_int_equal(streams_watermark(rig.streams).ns, rig_at(37 * NS_PER_MS).ns);
    for (uint32_t i = 10; i <= 17; i++) { // and there is room again
        data(&rig, 0, 30 + i, 2 * i * LENGTH, (2 * i + 1) * LENGTH);
    }
    assert_int_equal(message_count(&rig), 26);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    rig_done(&rig);
}

// A piece in a hole that nothing more can be held of: what it brings is read all the same.
static void test_hole_without_room(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.held_bytes = 512;
    rig_start(&rig);
    syn(&rig, 0, 0);
    data(&rig, 0, 1, 4 * LENGTH, 5 * LENGTH);
    data(&rig, 0, 2, 2 * LENGTH, 3 * LENGTH);
    assert_int_equal(message_count(&rig), 2);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    assert_int_equal(streams_counts(rig.streams)->missing_bytes, 2 * LENGTH);
    data(&rig, 0, 3, 3 * LENGTH, 4 * LENGTH);
    assert_int_equal(message_count(&rig), 3);
    assert_int_equal(streams_counts(rig.streams)->gaps, 1);
    rig_done(&rig);
}

static void test_large_segment_without_room(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.held_bytes = 4096;
    rig_start(&rig);
    syn(&rig, 0, 0);
    data(&rig, 0, 1, LENGTH - CUT, 60 * LENGTH);
    assert_int_equal(message_count(&rig), 59); // what was held of it and what was not
    assert_int_equal(streams_counts(rig.streams)->missing_bytes, LENGTH - CUT);
    assert_int_equal(streams_counts(rig.streams)->jumped_bytes, CUT);
    assert_int_equal(rig_link(&rig, 0).seen_request_bytes, 59 * LENGTH);
    rig_done(&rig);
}

static void test_pool_full(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.pool_bytes = 4096;
    rig_start(&rig);
    for (unsigned i = 0; i < 3; i++) {
        syn(&rig, i, 0);
    }
    for (uint32_t i = 1; i <= 8; i++) {
        data(&rig, 0, i, i * LENGTH - CUT, (i + 1) * LENGTH - CUT);
    }
    data(&rig, 1, 10, LENGTH, 2 * LENGTH); // no room for its hole: given up at once
    assert_int_equal(message_count(&rig), 1);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    data(&rig, 2, 11, 0, 150); // its first bytes cannot be kept: as good as missing
    data(&rig, 2, 12, 150, 400);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 2);
    assert_int_equal(message_count(&rig), 2);
    assert_int_equal(rig.messages[rig.count - 2].amount, 150);
    assert_true(rig.messages[rig.count - 2].flags & MESSAGE_GAP);
    data(&rig, 0, 20, 0, LENGTH); // its first bytes are read before there is room for them
    assert_int_equal(message_count(&rig), 9);
    data(&rig, 0, 21, 9 * LENGTH - CUT, 9 * LENGTH);
    assert_int_equal(message_count(&rig), 10);
    data(&rig, 2, 30, 400, 500); // the room is back
    data(&rig, 2, 31, 500, 600);
    assert_int_equal(message_count(&rig), 11);
    rig_done(&rig);
}

static void test_message_longer_than_the_share(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.held_bytes = 512;
    rig_start(&rig);
    uint8_t long_one[600];
    rig_message_write(long_one, sizeof(long_one), false, 77, 5);
    syn(&rig, 0, 0);
    rig_send(&rig, rig_packet(0, true, 1, FIRST, long_one, 300));
    rig_send(&rig, rig_packet(0, true, 2, FIRST + 300, long_one + 300, 300));
    rig_send(&rig, rig_packet(0, true, 3, FIRST + 600, bytes, LENGTH));
    assert_int_equal(rig.count, 1);
    assert_int_equal(rig.messages[0].amount, 0);
    assert_int_equal(streams_counts(rig.streams)->bad_bytes, 600);
    assert_int_equal(streams_counts(rig.streams)->jumped_bytes, 0);
    rig_done(&rig);
}

static void test_table_full(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.connections = 16;
    rig_start(&rig);
    for (unsigned i = 0; i < 40; i++) { // message 1 is held behind message 0
        syn(&rig, i, i);
        data(&rig, i, i, LENGTH - CUT, 2 * LENGTH);
    }
    assert_int_equal(streams_counts(rig.streams)->connections_evicted, 24);
    assert_int_equal(message_count(&rig), 24); // what was held of the oldest is not lost
    assert_int_equal(rig.messages[0].source.port, 20000);
    assert_int_equal(rig.messages[0].at.ns, rig_at(0).ns);
    rig_advance(&rig, INSTANT_NEVER);
    assert_int_equal(message_count(&rig), 40);
    rig_done(&rig);
}

static void test_flood_of_syns(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.connections = 16;
    rig_start(&rig);
    for (unsigned i = 0; i < 16; i++) {
        syn(&rig, i, 0);
        data(&rig, i, 1, 0, 250);
    }
    for (unsigned i = 0; i < 2000; i++) {
        syn(&rig, 100 + i, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        data(&rig, i, 3, 250, 400);
    }
    assert_int_equal(message_count(&rig), 32);
    assert_int_equal(streams_counts(rig.streams)->midstream, 0);
    assert_int_equal(streams_counts(rig.streams)->connections_evicted, 0);
    assert_true(streams_counts(rig.streams)->bare_evicted >= 1900);
    rig_done(&rig);
}

// A connection after the other between the same and between other ports: nothing is evicted, and
// memory is taken back by time.
static void test_churn(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.transactions.connections = 16;
    rig.settings.transactions.idle_ns = 10 * NS_PER_S;
    rig_start(&rig);
    for (unsigned i = 0; i < 1000; i++) {
        int64_t ms = i * 1000;
        syn(&rig, i % 100, ms);
        data(&rig, i % 100, ms + 1, 0, 250);
        if (i % 3 != 0) {
            struct packet packet =
                rig_packet(i % 100, i % 2, (ms + 2) * NS_PER_MS, FIRST + 250, NULL, 0);
            packet.tcp_flags = TCP_RST;
            rig_send(&rig, packet);
        }
    }
    assert_int_equal(message_count(&rig), 1000);
    assert_int_equal(streams_counts(rig.streams)->connections, 1000);
    assert_int_equal(streams_counts(rig.streams)->connections_evicted, 0);
    assert_int_equal(streams_counts(rig.streams)->connections_reused, 0);
    rig_done(&rig);
}

// Places in the hash table that belong together stay found when others of them go.
static void test_collisions(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.settings.packets.hold_ns = 10 * NS_PER_MS;
    rig_start(&rig);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 60; i++) {
            // Three hashes for all; in the second round a third of the connections is gone.
            struct packet packet = rig_packet(i, true, round * NS_PER_S, FIRST + round * 150,
                bytes + round * 150, round == 0 ? 150 : 50);
            packet.hash = i % 3;
            packet.tcp_flags |= round == 0 && i % 5 == 1 ? TCP_RST : 0;
            packet.payload_length = packet.tcp_flags & TCP_RST ? 0 : packet.payload_length;
            rig_send(&rig, packet);
        }
        for (int i = 0; i < 100; i++) { // memory is taken back little by little
            rig_advance(&rig, rig_at((int64_t)(round + 1) * NS_PER_S - 1));
        }
    }
    assert_int_equal(message_count(&rig), 48);
    rig_done(&rig);
}

static void test_links(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t source, destination; // 10.x.0.1
        uint16_t source_port, destination_port, vlan;
        int link; // -1: none
        bool from_ours;
        int hosts_link; // gets the frame without being the packet's link
    } rows[] = {
        {"ours to theirs", 1, 2, 40000, 5000, 100, 0, true, 0},
        {"theirs to ours", 2, 1, 5000, 40000, 101, 0, false, 0},
        {"opened by them", 2, 1, 50000, 6000, 100, 0, false, 0},
        {"a VLAN that the link does not have", 1, 2, 40000, 5000, 7, -1, true, -1},
        {"a port of the second link", 1, 3, 40000, 9000, 0, 1, true, 1},
        {"another port: only the hosts are the link's", 1, 3, 40000, 22, 0, -1, true, 1},
        {"unknown hosts", 8, 9, 40000, 9000, 100, -1, true, -1},
        {"one known host", 1, 9, 40000, 9000, 0, -1, true, 1},
    };
    static int64_t vlans[] = {100, 101};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_init(&rig);
        rig.links[0].vlans = vlans;
        rig.links[0].vlan_count = 2;
        rig_start(&rig);
        for (int again = 0; again < 2; again++) { // from the cache the second time
            struct packet packet =
                rig_packet(0, true, again, FIRST + again * LENGTH, bytes, LENGTH);
            packet.source[13] = rows[i].source;
            packet.destination[13] = rows[i].destination;
            packet.source_port = rows[i].source_port;
            packet.destination_port = rows[i].destination_port;
            packet.vlan = rows[i].vlan;
            rig_send(&rig, packet);
        }
        bool found = rows[i].link >= 0;
        if (rig.count != (found ? 2 : 0) ||
            (found && (rig.messages[0].link != rows[i].link ||
                          !!(rig.messages[0].flags & MESSAGE_FROM_OURS) != rows[i].from_ours)) ||
            streams_counts(rig.streams)->no_link != (found ? 0 : 2)) {
            fail_msg("%s", rows[i].what);
        }
        if (rows[i].hosts_link >= 0) {
            assert_int_equal(rig_link(&rig, (uint16_t)rows[i].hosts_link).frames, 2);
        }
        rig_done(&rig);
    }
}

// Two VLANs of one link are one place; of two links they are two, also with the same addresses.
static void test_vlans_apart(void **state)
{
    (void)state;
    static int64_t first[] = {100, 101}, second[] = {200};
    struct rig rig;
    rig_init(&rig);
    rig.links[0].vlans = first;
    rig.links[0].vlan_count = 2;
    rig.links[1].vlans = second;
    rig.links[1].vlan_count = 1;
    rig.links[1].theirs = rig.links[0].theirs;
    rig_start(&rig);
    static const uint16_t vlans[] = {100, 200, 101, 200};
    static const uint32_t places[][2] = {{0, 250}, {0, 250}, {250, 400}, {250, 400}};
    for (int i = 0; i < 4; i++) {
        struct packet packet = rig_packet(
            0, true, i, FIRST + places[i][0], bytes + places[i][0], places[i][1] - places[i][0]);
        packet.vlan = vlans[i];
        rig_send(&rig, packet);
    }
    assert_int_equal(rig.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rig.messages[i].link, i % 2);
        assert_int_equal(rig.messages[i].amount, i / 2);
    }
    rig_done(&rig);
}

// Whose bytes are missing when an acknowledgement tells of them.
static void test_roles(void **state)
{
    (void)state;
    enum { NOBODY, OUR_SIDE, THEIR_SIDE };
    static const struct {
        const char *what;
        enum link_role role;
        int client;        // who sent the SYN
        int asked;         // who was seen to send requests
        bool missing_ours; // the side whose bytes are missing
        bool requests;
    } rows[] = {
        {"acquirer: ours asks", ROLE_ACQUIRER, NOBODY, NOBODY, true, true},
        {"acquirer: theirs answers", ROLE_ACQUIRER, NOBODY, NOBODY, false, false},
        {"acquirer, opened by them: ours asks", ROLE_ACQUIRER, THEIR_SIDE, NOBODY, true, true},
        {"issuer: theirs asks", ROLE_ISSUER, NOBODY, NOBODY, false, true},
        {"issuer: ours answers", ROLE_ISSUER, OUR_SIDE, NOBODY, true, false},
        {"switch: the client asks", ROLE_SWITCH, THEIR_SIDE, NOBODY, false, true},
        {"switch, opened by ours", ROLE_SWITCH, OUR_SIDE, NOBODY, true, true},
        {"participant, not known who opened: ours", ROLE_PARTICIPANT, NOBODY, NOBODY, true, true},
        {"what was seen goes before the role", ROLE_ISSUER, NOBODY, OUR_SIDE, true, true},
        {"the other side of what was seen", ROLE_ISSUER, NOBODY, OUR_SIDE, false, false},
        {"the other side, asked by them", ROLE_ACQUIRER, NOBODY, THEIR_SIDE, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_init(&rig);
        rig.links[0].role = rows[i].role;
        rig_start(&rig);
        bool ours = rows[i].missing_ours;
        if (rows[i].client != NOBODY) {
            struct packet packet = rig_packet(0, rows[i].client == OUR_SIDE, 0, 1000, NULL, 0);
            packet.tcp_flags = TCP_SYN;
            rig_send(&rig, packet);
        }
        uint32_t next = 1001;
        if (rows[i].asked != NOBODY) {
            bool asked_ours = rows[i].asked == OUR_SIDE;
            rig_send(&rig, rig_packet(0, asked_ours, 0, 1001, bytes, LENGTH));
            next = asked_ours == ours ? 1201 : 1001;
        }
        ack(&rig, !ours, 1, next);
        ack(&rig, !ours, 2, next + 500);
        rig_advance(&rig, INSTANT_NEVER);
        struct link_counts facts = rig_link(&rig, 0);
        if (facts.missing_request_bytes != (rows[i].requests ? 500 : 0) ||
            facts.missing_answer_bytes != (rows[i].requests ? 0 : 500)) {
            fail_msg("%s: %lld of requests, %lld of answers", rows[i].what,
                (long long)facts.missing_request_bytes, (long long)facts.missing_answer_bytes);
        }
        rig_done(&rig);
    }
}

// Time goes on with every kind of packet, and never back.
static void test_watermark(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    syn(&rig, 0, 0);
    data(&rig, 0, 5, LENGTH, 2 * LENGTH);
    data(&rig, 1, 6, 0, LENGTH);
    assert_int_equal(streams_watermark(rig.streams).ns, rig_at(5 * NS_PER_MS).ns);
    struct packet other = rig_packet(0, true, 400 * NS_PER_MS, 0, NULL, 0);
    other.kind = PACKET_OTHER;
    rig_send(&rig, other);
    assert_int_equal(streams_watermark(rig.streams).ns, rig_at(5 * NS_PER_MS).ns);
    data(&rig, 0, 300, 0, LENGTH); // stamped before the one in front of it
    assert_int_equal(rig.messages[rig.count - 1].at.ns, rig_at(400 * NS_PER_MS).ns);
    assert_int_equal(streams_watermark(rig.streams).ns, rig_at(400 * NS_PER_MS).ns);
    rig_advance(&rig, rig_at(NS_PER_S));
    assert_int_equal(streams_watermark(rig.streams).ns, rig_at(NS_PER_S).ns);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hold_full),
        cmocka_unit_test(test_holes_full),
        cmocka_unit_test(test_hole_without_room),
        cmocka_unit_test(test_large_segment_without_room),
        cmocka_unit_test(test_pool_full),
        cmocka_unit_test(test_message_longer_than_the_share),
        cmocka_unit_test(test_table_full),
        cmocka_unit_test(test_flood_of_syns),
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_vlans_apart),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_watermark),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
