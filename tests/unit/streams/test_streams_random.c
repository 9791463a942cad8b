// Random traffic with a fixed seed, held against what was sent: both directions of a few
// connections at once, cut anywhere or between messages, reordered within the disorder that the
// settings allow, repeated, overlapped, and in the second half lost.
#include "dataplane/transactions/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iso8583/parser_of.h"
#include "tests/unit/streams/rig.h"

#include <cmocka.h>

#define CONNECTIONS  3
#define MESSAGES     40
#define STREAM_BYTES (MESSAGES * 600)
#define PACKETS_MOST 60000
#define SCENES       120

struct sent {
    uint8_t bytes[STREAM_BYTES];
    bool seen[STREAM_BYTES]; // a copy of the byte reached the tap
    uint32_t length, first;
    uint32_t begin[MESSAGES + 1];
};

struct scene {
    uint64_t random;
    uint32_t largest; // segment
    bool whole;       // segments are whole messages, up to three
    unsigned repeat_percent, overlap_percent, loss_percent;
    bool reorder;
    struct sent sent[CONNECTIONS][2];
    struct packet packets[PACKETS_MOST];
    size_t count;
};

static uint32_t draw(struct scene *scene, uint32_t below)
{
    scene->random ^= scene->random << 13;
    scene->random ^= scene->random >> 7;
    scene->random ^= scene->random << 17;
    return (uint32_t)((scene->random * 0x2545f4914f6cdd1du) >> 33) % below;
}

static void packet_add(struct scene *scene, struct packet packet)
{
    assert_true(scene->count < PACKETS_MOST);
    if (scene->reorder) { // both directions together stay within 20 ms
        packet.at = instant_add(packet.at, draw(scene, 9000) * 1000);
    }
    scene->packets[scene->count++] = packet;
}

static void segment_add(struct scene *scene, unsigned connection, unsigned side, int64_t at_ns,
    uint32_t from, uint32_t to)
{
    struct sent *sent = &scene->sent[connection][side];
    if (draw(scene, 100) < scene->loss_percent) {
        return;
    }
    memset(sent->seen + from, true, to - from);
    packet_add(scene, rig_packet(connection, side == 0, at_ns, sent->first + from,
                          sent->bytes + from, to - from));
}

static void ack_add(struct scene *scene, unsigned connection, unsigned side, int64_t at_ns,
    uint32_t sequence, uint32_t to, uint8_t flags)
{
    struct packet packet = rig_packet(
        connection, side == 0, at_ns, scene->sent[connection][side].first + sequence, NULL, 0);
    packet.tcp_flags = flags;
    packet.acknowledgement = scene->sent[connection][!side].first + to;
    packet_add(scene, packet);
}

static void messages_make(struct scene *scene, struct sent *sent, bool answer, uint64_t number)
{
    sent->length = 0;
    sent->first = draw(scene, UINT32_MAX);
    memset(sent->seen, false, sizeof(sent->seen));
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t length = RIG_MESSAGE_SHORTEST + draw(scene, 601 - RIG_MESSAGE_SHORTEST);
        sent->begin[i] = sent->length;
        rig_message_write(
            sent->bytes + sent->length, length, answer, number + i, draw(scene, 1000000));
        sent->length += length;
    }
    sent->begin[MESSAGES] = sent->length;
}

static uint32_t segment_end(struct scene *scene, const struct sent *sent, uint32_t from)
{
    if (!scene->whole) {
        uint32_t to = from + 1 + draw(scene, scene->largest);
        return to < sent->length ? to : sent->length;
    }
    uint32_t index = 0;
    while (sent->begin[index] <= from) {
        index++;
    }
    index += draw(scene, 4) == 0 ? draw(scene, 3) : 0;
    return sent->begin[index < MESSAGES ? index : MESSAGES];
}

// One direction: segments in order, sometimes again, sometimes with old bytes in front.
static void direction_make(struct scene *scene, unsigned connection, unsigned side)
{
    struct sent *sent = &scene->sent[connection][side];
    int64_t at_ns = NS_PER_MS * (20 + draw(scene, 5));
    for (uint32_t from = 0, last = 0; from < sent->length;) {
        uint32_t to = segment_end(scene, sent, from), begin = from;
        if (draw(scene, 100) < scene->overlap_percent) {
            // With loss not further back: what was given up comes too late.
            begin -= draw(scene, (scene->loss_percent > 0 ? from - last : from) + 1);
        }
        segment_add(scene, connection, side, at_ns, begin, to);
        if (draw(scene, 100) < scene->repeat_percent) {
            segment_add(scene, connection, side, at_ns + 1000, from, to);
        }
        if (draw(scene, 2) == 0) {
            ack_add(scene, connection, !side, at_ns + 2000, 0, to, TCP_ACK);
        }
        at_ns += 1000 * (1 + draw(scene, 3000));
        last = from;
        from = to;
    }
    ack_add(scene, connection, !side, at_ns, 0, sent->length, TCP_ACK);
}

static int by_time(const void *a, const void *b)
{
    const struct packet *x = a, *y = b;
    if (x->at.ns != y->at.ns) {
        return x->at.ns < y->at.ns ? -1 : 1;
    }
    return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

static void scene_make(struct scene *scene, uint64_t seed)
{
    static const uint32_t largest[] = {3000, 700, 60, 8};
    *scene = (struct scene){.random = seed * 0x9e3779b97f4a7c15u + 1};
    scene->largest = largest[seed % 4];
    scene->repeat_percent = draw(scene, 20);
    scene->overlap_percent = draw(scene, 20);
    scene->loss_percent = seed >= SCENES / 2 ? 1 + draw(scene, 15) : 0;
    scene->reorder = draw(scene, 4) != 0;
    scene->whole = seed % 3 == 0;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        for (unsigned side = 0; side < 2; side++) {
            messages_make(scene, &scene->sent[i][side], side == 1, 1000 * (2 * i + side));
        }
        ack_add(scene, i, 0, 0, UINT32_MAX, 0, TCP_SYN);
        ack_add(scene, i, 1, 10 * NS_PER_MS, UINT32_MAX, 0, TCP_SYN | TCP_ACK);
        direction_make(scene, i, 0);
        direction_make(scene, i, 1);
    }
    for (size_t i = 0; i < scene->count; i++) {
        scene->packets[i].ordinal = i;
    }
    qsort(scene->packets, scene->count, sizeof(scene->packets[0]), by_time);
}

// Burst 0: one by one, each the long way.
static void scene_run(struct scene *scene, struct rig *rig, size_t burst)
{
    bool long_way = burst == 0;
    burst = long_way ? 1 : burst;
    rig_init(rig);
    rig->settings.transactions.held_bytes = 1 << 18; // the share of a connection is no matter here
    rig->settings.transactions.pool_bytes = 1 << 22;
    rig_start(rig);
    for (size_t done = 0; done < scene->count; done += burst) {
        size_t count = scene->count - done < burst ? scene->count - done : burst;
        size_t before = rig->count;
        struct instant watermark = streams_watermark(rig->streams);
        rig->streams->place = long_way ? UINT32_MAX : rig->streams->place;
        rig_send_burst(rig, scene->packets + done, count);
        for (size_t i = before; i < rig->count; i++) {
            assert_true(rig->messages[i].at.ns >= watermark.ns);
        }
    }
    struct instant watermark = streams_watermark(rig->streams);
    size_t before = rig->count;
    rig_advance(rig, INSTANT_NEVER);
    for (size_t i = before; i < rig->count; i++) {
        assert_true(rig->messages[i].at.ns >= watermark.ns);
    }
    assert_int_equal(streams_watermark(rig->streams).ns, INT64_MAX);
}

// The message is the one that was sent: it parses to the same.
static void message_check(
    const struct rig *rig, const struct sent *sent, unsigned side, const struct message *message)
{
    uint32_t index = (uint32_t)(message->amount % 1000);
    assert_true(index < MESSAGES);
    uint32_t begin = sent->begin[index], length = sent->begin[index + 1] - begin;
    struct message expected = {.flags = side == 0 ? MESSAGE_FROM_OURS : 0};
    struct parse_counts counts = {0};
    assert_true(message_parse(
        &rig->dialects->parsers[0], sent->bytes + begin + 4, length - 4, &expected, &counts));
    expected.at = message->at;
    expected.ordinal = message->ordinal;
    expected.length = (uint16_t)length;
    expected.source = message->source;
    expected.destination = message->destination;
    assert_memory_equal(&expected, message, sizeof(expected));
}

static bool is_whole(const struct sent *sent, uint32_t index)
{
    return memchr(sent->seen + sent->begin[index], false,
               sent->begin[index + 1] - sent->begin[index]) == NULL;
}

// Each once, none that was not sent, all that were wholly seen. Returns how many came behind such
// that were sent later.
static uint64_t direction_check(
    const struct scene *scene, const struct rig *rig, unsigned connection, unsigned side)
{
    const struct sent *sent = &scene->sent[connection][side];
    uint64_t number = 1000 * (2 * connection + side);
    bool came[MESSAGES] = {false};
    uint64_t highest = number, late = 0;
    for (size_t i = 0; i < rig->count; i++) {
        const struct message *message = &rig->messages[i];
        uint16_t port = side == 0 ? message->source.port : message->destination.port;
        bool ours = message->flags & MESSAGE_FROM_OURS;
        if (message->flags & MESSAGE_GAP || port != 20000 + connection || ours != (side == 0)) {
            continue;
        }
        assert_in_range(message->amount, number, number + MESSAGES - 1);
        assert_false(came[message->amount - number]);
        came[message->amount - number] = true;
        late += message->amount < highest;
        highest = message->amount > highest ? message->amount : highest;
        message_check(rig, sent, side, message);
    }
    for (uint32_t i = 0; i < MESSAGES; i++) {
        assert_int_equal(came[i], is_whole(sent, i));
    }
    return late;
}

// The beginnings of messages that are waited for.
static int64_t kept_bytes(const struct rig *rig)
{
    int64_t kept = 0;
    for (uint32_t i = 0; i < rig->streams->connections.used; i++) {
        const struct connection *connection = &rig->streams->connections.entries[i];
        for (unsigned side = 0; side < 2 && connection->queue != QUEUE_FREE; side++) {
            kept += partial_length(&rig->streams->pool, connection, side);
        }
    }
    return kept;
}

// What was sent was seen, in whole messages, or is missing, also what came of the other messages,
// or waits at the end for its other bytes, or was cut short by the end of its connection.
static void bytes_check(const struct scene *scene, struct rig *rig)
{
    int64_t sent = 0, seen[2] = {0};
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        for (unsigned side = 0; side < 2; side++) {
            const struct sent *direction = &scene->sent[i][side];
            sent += direction->length;
            for (uint32_t j = 0; j < MESSAGES; j++) {
                bool whole = is_whole(direction, j);
                seen[side] += whole ? direction->begin[j + 1] - direction->begin[j] : 0;
            }
        }
    }
    struct link_counts facts = rig_link(rig, 0);
    assert_int_equal(facts.seen_request_bytes, seen[0]);
    assert_int_equal(facts.seen_answer_bytes, seen[1]);
    const struct stream_counts *counts = streams_counts(rig->streams);
    int64_t missing = facts.missing_request_bytes + facts.missing_answer_bytes;
    int64_t rest = (int64_t)counts->cut_short_bytes + kept_bytes(rig);
    assert_int_equal((int64_t)(counts->missing_bytes + counts->jumped_bytes), missing);
    assert_int_equal(seen[0] + seen[1] + missing + rest, sent);
    assert_true(rest == 0 || missing > 0);
}

static void order_check(const struct rig *rig)
{
    struct message *sorted = malloc((rig->count + 1) * sizeof(*sorted));
    assert_non_null(sorted);
    memcpy(sorted, rig->messages, rig->count * sizeof(*sorted));
    qsort(sorted, rig->count, sizeof(*sorted),
        (int (*)(const void *, const void *))(void (*)(void))message_compare);
    for (size_t i = 1; i < rig->count; i++) {
        assert_true(message_compare(&sorted[i - 1], &sorted[i]) < 0);
    }
    free(sorted);
}

// The same whatever the bursts were; keys differ, for every run has an account key of its own.
static void same_check(const struct rig *rig, const struct rig *again)
{
    assert_int_equal(rig->count, again->count);
    for (size_t i = 0; i < rig->count; i++) {
        const struct message *a = &rig->messages[i], *b = &again->messages[i];
        assert_int_equal(message_compare(a, b), 0);
        assert_int_equal(a->amount, b->amount);
        assert_int_equal(a->flags, b->flags);
    }
}

// The short way for most packets is only that: shorter.
static void long_way_check(struct scene *scene, const struct rig *rig)
{
    struct rig long_way;
    scene_run(scene, &long_way, 0);
    same_check(rig, &long_way);
    assert_memory_equal(streams_counts(rig->streams), streams_counts(long_way.streams),
        sizeof(struct stream_counts));
    bytes_check(scene, &long_way);
    rig_done(&long_way);
}

static void test_scenes(void **state)
{
    (void)state;
    static const size_t bursts[] = {1, 7, 32, 1000};
    struct scene *scene = malloc(sizeof(*scene));
    assert_non_null(scene);
    uint64_t gaps = 0, held = 0, late = 0;
    for (uint64_t seed = 0; seed < SCENES; seed++) {
        struct rig rig, again;
        scene_make(scene, seed);
        scene_run(scene, &rig, bursts[seed % 4]);
        scene_run(scene, &again, bursts[(seed + 1 + seed / 4) % 4]);
        same_check(&rig, &again);
        long_way_check(scene, &rig);
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            late += direction_check(scene, &rig, i, 0) + direction_check(scene, &rig, i, 1);
        }
        order_check(&rig);
        bytes_check(scene, &rig);
        gaps += streams_counts(rig.streams)->gaps;
        held += streams_counts(rig.streams)->reordered_segments;
        if (scene->loss_percent == 0) {
            assert_int_equal(streams_counts(rig.streams)->gaps, 0);
            assert_int_equal(streams_counts(rig.streams)->jumped_bytes, 0);
        }
        assert_int_equal(streams_counts(rig.streams)->bad_bytes, 0);
        assert_int_equal(streams_counts(rig.streams)->midstream, 0);
        rig_done(&rig);
        rig_done(&again);
    }
    assert_true(gaps > 500 && held > 5000 && late > 1000); // the scenes do what they are for
    free(scene);
}

// Every message is cut at every byte, and 2 to 50 messages share a segment, in both directions.
static void test_splits(void **state)
{
    (void)state;
    static uint8_t bytes[50 * 150];
    for (unsigned side = 0; side < 2; side++) {
        struct rig rig;
        rig_init(&rig);
        rig_start(&rig);
        for (uint32_t i = 0; i < 50; i++) {
            rig_message_write(bytes + i * 150, 150, side == 1, i, i + 1);
        }
        uint32_t sequence = 0xffff0000u, sent = 0;
        int64_t at_ns = 0;
        for (uint32_t split = 1; split < 300; split++, sent += 2) {
            rig_send(&rig, rig_packet(0, side == 0, at_ns++, sequence, bytes, split));
            rig_send(&rig,
                rig_packet(0, side == 0, at_ns++, sequence + split, bytes + split, 300 - split));
            sequence += 300;
        }
        for (uint32_t count = 2; count <= 50; sent += count, count++) {
            rig_send(&rig, rig_packet(0, side == 0, at_ns++, sequence, bytes, count * 150));
            sequence += count * 150;
        }
        assert_int_equal(rig.count, sent);
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
