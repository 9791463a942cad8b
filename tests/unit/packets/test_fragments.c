// Fragments of one TCP packet in every order, twice, overlapping, late, cut and in tunnels. A step
// is one frame: bytes [from, to) of what the datagram carries, which is 20 bytes of TCP header and
// text behind it.
#include "dataplane/packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/packets/hex.h"

#include <cmocka.h>

#define CARRIED   100 // bytes
#define STEPS     8
#define FRAME_MAX 256
#define COUNT(name, value)                                                                         \
    {                                                                                              \
        offsetof(struct packet_counts, name), value                                                \
    }

struct step {
    uint32_t from, to; // to 0: the end of the steps
    int64_t ms;
    uint32_t id;
    bool other_bytes;  // than the datagram's
    uint32_t captured; // of [from, to), 0: all
};

static const struct row {
    const char *what;
    struct step steps[STEPS];
    int whole;        // the step that gives the packet, -1: none
    uint32_t payload; // captured, when not all
    struct {
        size_t offset;
        uint64_t value;
    } counts[3];
} rows[] = {
    {"in order", {{0, 48, 0}, {48, 100, 1}}, 1, .counts = {COUNT(datagrams_joined, 1)}},
    {"the last first", {{48, 100, 0}, {0, 48, 1}}, 1},
    {"five, shuffled", {{40, 64, 0}, {96, 100, 0}, {0, 8, 1}, {64, 96, 1}, {8, 40, 2}}, 4},
    {"eight bytes of the TCP header first", {{0, 8, 0}, {8, 100, 0}}, 1},
    {"every fragment twice", {{0, 48, 0}, {0, 48, 0}, {48, 100, 1}, {48, 100, 1}}, 2,
        .counts = {COUNT(datagrams_joined, 1), COUNT(fragments_repeated, 2)}},
    {"all of it twice", {{0, 48, 0}, {48, 100, 0}, {0, 48, 2}, {48, 100, 2}}, 1,
        .counts = {COUNT(datagrams_joined, 1), COUNT(fragments_repeated, 2)}},
    {"the same bytes in other pieces are a copy",
        {{0, 24, 0}, {24, 48, 0}, {0, 48, 0}, {48, 100, 1}}, 3,
        .counts = {COUNT(fragments_repeated, 1)}},
    {"a copy that is different", {{0, 48, 0}, {0, 48, 0, .other_bytes = true}, {48, 100, 1}}, -1,
        .counts = {COUNT(datagrams_overlapping, 1), COUNT(datagrams_joined, 0)}},
    {"overlap by a unit", {{0, 48, 0}, {40, 100, 0}, {0, 48, 1}, {48, 100, 1}}, -1,
        .counts = {COUNT(datagrams_overlapping, 1), COUNT(datagrams_incomplete, 0)}},
    {"overlap from the front", {{48, 100, 0}, {0, 56, 0}}, -1,
        .counts = {COUNT(datagrams_overlapping, 1)}},
    {"two ends", {{48, 100, 0}, {40, 96, 0}}, -1, .counts = {COUNT(datagrams_overlapping, 1)}},
    {"beyond the end", {{48, 100, 0}, {104, 112, 0}, {0, 48, 1}}, -1,
        .counts = {COUNT(datagrams_overlapping, 1)}},
    {"the end before what came", {{48, 104, 0}, {0, 48, 0}, {96, 100, 0}}, -1,
        .counts = {COUNT(datagrams_overlapping, 1)}},
    {"one is missing", {{0, 48, 0}, {64, 100, 0}}, -1,
        .counts = {COUNT(datagrams_incomplete, 1), COUNT(fragments, 2)}},
    {"just in time", {{0, 48, 0}, {48, 100, 1000}}, 1},
    {"too late", {{0, 48, 0}, {48, 100, 1001}}, -1, .counts = {COUNT(datagrams_incomplete, 2)}},
    {"too late, and then all of it", {{0, 48, 0}, {48, 100, 1001}, {0, 48, 1002}}, 2,
        .counts = {COUNT(datagrams_incomplete, 1)}},
    {"an identification that comes again", {{0, 48, 0}, {48, 100, 0}, {0, 48, 11}, {48, 100, 11}},
        3, .counts = {COUNT(datagrams_joined, 2), COUNT(fragments_repeated, 0)}},
    {"two at once", {{0, 48, 0, 1}, {0, 48, 0, 2}, {48, 100, 0, 2}}, 2,
        .counts = {COUNT(datagrams_incomplete, 1)}},
    {"odd length in the middle", {{0, 47, 0}, {48, 100, 0}}, -1,
        .counts = {COUNT(bad_ip_header, 1)}},
    {"the last one cut by the snap length", {{0, 48, 0}, {48, 100, 0, .captured = 12}}, 1,
        .payload = 40, .counts = {COUNT(snap_cut, 1)}},
    {"the first one cut", {{0, 48, 0, .captured = 30}, {48, 100, 0}}, 1, .payload = 10},
    {"cut in the TCP header", {{0, 48, 0, .captured = 16}, {48, 100, 0}}, -1,
        .counts = {COUNT(snap_cut, 1), COUNT(datagrams_joined, 1)}},
    {"a copy that is cut elsewhere", {{0, 48, 0, .captured = 30}, {0, 48, 0}, {48, 100, 0}}, 2,
        .payload = 10, .counts = {COUNT(fragments_repeated, 1)}},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

enum shape { IN_IPV4, IN_IPV6, IN_TUNNEL, SHAPES };

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t put_hex(uint8_t *at, const char *hex)
{
    uint32_t length = hex_length(hex);
    uint8_t *bytes = hex_bytes(hex, length);
    memcpy(at, bytes, length);
    free(bytes);
    return length;
}

static uint32_t carried_write(uint8_t bytes[CARRIED], enum shape shape)
{
    uint32_t start = shape == IN_TUNNEL ? put_hex(bytes, "0000655802000000000202000000000108004500"
                                                         "0052 12340000 40060000 0a0100070a020008")
                                        : 0;
    uint32_t length = put_hex(bytes + start, TCP);
    for (uint32_t i = start + length; i < CARRIED; i++) {
        bytes[i] = (uint8_t)('a' + i % 26);
    }
    return CARRIED - start - length;
}

static uint32_t header_write(uint8_t *frame, enum shape shape, const struct step *step, bool more)
{
    uint32_t length = step->to - step->from;
    if (shape == IN_IPV6) {
        uint32_t at = put_hex(frame, MAC "86dd" IP6("0000", "2c") "0600000000000000");
        put16(frame + 18, 8 + length);
        put16(frame + at - 6, step->from | more);
        put16(frame + at - 2, step->id);
        return at;
    }
    uint32_t at = put_hex(frame, MAC "0800" IP4("0000", "40060000"));
    put16(frame + 16, 20 + length);
    put16(frame + 18, step->id);
    put16(frame + 20, step->from / 8 | (more ? 0x2000 : 0));
    frame[23] = shape == IN_TUNNEL ? 47 : 6;
    return at;
}

static void step_send(struct fragments *fragments, enum shape shape, const struct step *step,
    struct packet *packet, struct packet_counts *counts)
{
    static uint8_t carried[CARRIED + 16];
    uint8_t buffer[FRAME_MAX] = {0};
    carried_write(carried, shape);
    uint32_t header = header_write(buffer, shape, step, step->to != CARRIED);
    uint32_t length = header + step->to - step->from;
    memcpy(buffer + header, carried + step->from, step->to - step->from);
    buffer[length - 1] ^= step->other_bytes;
    uint32_t captured = step->captured != 0 ? header + step->captured : length;
    uint8_t *frame = malloc(captured); // exact, and gone before the packet is looked at
    assert_non_null(frame);
    memcpy(frame, buffer, captured);
    *packet = (struct packet){.at.ns = (1 + step->ms) * NS_PER_MS};
    packet_decode(frame, captured, length, LINK_ETHERNET, packet, counts);
    packets_join(fragments, packet, 1, counts);
    free(frame);
}

static void row_run(const struct row *row, enum shape shape)
{
    uint8_t carried[CARRIED];
    uint32_t text = carried_write(carried, shape);
    struct fragments *fragments = fragments_new();
    struct packet_counts counts = {0};
    for (int s = 0; s < STEPS && row->steps[s].to != 0; s++) {
        struct packet packet;
        step_send(fragments, shape, &row->steps[s], &packet, &counts);
        assert_false(packet.is_fragment);
        if ((packet.kind == PACKET_TCP) != (s == row->whole) && row->counts[0].value != 2) {
            fail_msg("%s, shape %d, step %d: kind %u", row->what, shape, s, packet.kind);
        }
        if (packet.kind == PACKET_TCP) {
            assert_int_equal(packet.sequence, 10);
            assert_int_equal(packet.payload_length, text);
            assert_true(packet.payload_captured == (row->payload != 0 ? row->payload : text));
            assert_memory_equal(packet.payload, carried + CARRIED - text, packet.payload_captured);
        } else {
            assert_null(packet.payload);
        }
    }
    fragments_end(fragments, &counts);
    for (size_t i = 0; i < 3 && row->counts[i].offset != 0; i++) {
        uint64_t value;
        memcpy(&value, (const uint8_t *)&counts + row->counts[i].offset, sizeof(value));
        if (value != row->counts[i].value) {
            fail_msg(
                "%s, shape %d: count %zu is %llu", row->what, shape, i, (unsigned long long)value);
        }
    }
    fragments_free(fragments);
}

static void fragment_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        row_run(&rows[i], IN_IPV4);
        row_run(&rows[i], IN_IPV6);
        if (rows[i].payload == 0 && rows[i].steps[0].captured == 0) {
            row_run(&rows[i], IN_TUNNEL);
        }
    }
}

// Ten times the table's places: the oldest go, each counted, and what comes whole is put together.
static void a_flood_of_first_fragments(void **state)
{
    (void)state;
    struct fragments *fragments = fragments_new();
    struct packet_counts counts = {0};
    struct packet packet;
    for (uint32_t id = 0; id < 10240; id++) {
        step_send(fragments, IN_IPV4, &(struct step){0, 48, .id = id}, &packet, &counts);
        assert_int_equal(packet.kind, PACKET_HOSTS);
    }
    assert_int_equal(counts.datagrams_incomplete, 10240 - 1024);
    step_send(fragments, IN_IPV4, &(struct step){48, 100, .id = 10239}, &packet, &counts);
    assert_int_equal(packet.kind, PACKET_TCP);
    step_send(fragments, IN_IPV4, &(struct step){48, 100, .id = 10}, &packet, &counts);
    assert_int_equal(packet.kind, PACKET_HOSTS);
    fragments_free(fragments);
}

// The largest offset and length that a header can say.
static void larger_than_is_kept(void **state)
{
    (void)state;
    struct fragments *fragments = fragments_new();
    struct packet_counts counts = {0};
    struct packet packet = {0};
    uint8_t frame[14 + 20 + 64] = {0};
    put_hex(frame, MAC "0800" IP4("0054", "40060000"));
    static const struct {
        uint32_t offset;
        uint64_t too_long, bad;
    } places[] = {{16320, 0, 0}, {16328, 1, 0}, {65464, 2, 0}, {65472, 2, 1}, {65528, 2, 2}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        put16(frame + 20, places[i].offset / 8);
        packet_decode(frame, sizeof(frame), sizeof(frame), LINK_ETHERNET, &packet, &counts);
        packets_join(fragments, &packet, 1, &counts);
        assert_int_equal(packet.kind, PACKET_HOSTS);
        assert_int_equal(counts.datagrams_too_long, places[i].too_long);
        assert_int_equal(counts.bad_ip_header, places[i].bad);
    }
    fragments_free(fragments);
}

// Views of a whole burst stay, although each of its frames began and completed something.
static void views_outlive_the_burst(void **state)
{
    (void)state;
    struct fragments *fragments = fragments_new();
    struct packet_counts counts = {0};
    struct packet burst[FRAGMENTS_BURST_MAX / 2];
    uint8_t carried[CARRIED];
    uint32_t text = carried_write(carried, IN_IPV6);
    for (uint32_t i = 0; i < FRAGMENTS_BURST_MAX / 2; i++) {
        step_send(fragments, IN_IPV6, &(struct step){0, 48, .id = i}, &burst[i], &counts);
        step_send(fragments, IN_IPV6, &(struct step){48, 100, .id = i}, &burst[i], &counts);
    }
    for (uint32_t i = 0; i < FRAGMENTS_BURST_MAX / 2; i++) {
        assert_int_equal(burst[i].kind, PACKET_TCP);
        assert_memory_equal(burst[i].payload, carried + CARRIED - text, text);
        assert_true(i == 0 || burst[i].payload != burst[i - 1].payload);
    }
    fragments_free(fragments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragment_table),
        cmocka_unit_test(a_flood_of_first_fragments),
        cmocka_unit_test(larger_than_is_kept),
        cmocka_unit_test(views_outlive_the_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
