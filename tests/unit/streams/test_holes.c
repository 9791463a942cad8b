// What is read behind missing bytes, at its limits: rows of the common cases are in test_streams.c.
#include "dataplane/transactions/streams.h"
#include "dataplane/transactions/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/streams/rig.h"

#include <cmocka.h>

#define LENGTH 200u
#define FIRST  5000u // sequence of byte 0

static uint8_t bytes[4 * LENGTH];

static int group_setup(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(bytes) / LENGTH; i++) {
        rig_message_write(bytes + i * LENGTH, LENGTH, false, i, i + 1);
    }
    return 0;
}

static void begin(struct rig *rig)
{
    rig_init(rig);
    rig->settings.transactions.held_bytes = 1 << 20;
    rig->settings.transactions.pool_bytes = 1 << 20;
    rig_start(rig);
    struct packet packet = rig_packet(0, true, 0, FIRST - 1, NULL, 0);
    packet.tcp_flags = TCP_SYN;
    rig_send(rig, packet);
}

static void send(struct rig *rig, int64_t ms, uint32_t at, const uint8_t *from, uint32_t length)
{
    rig_send(rig, rig_packet(0, true, ms * NS_PER_MS, FIRST + at, from, length));
}

// What was read ahead seemed to be a message, and lies inside another one.
static void test_a_message_cut_off_by_a_hole_tells_of_a_gap(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig);
    send(&rig, 1, 60, bytes, LENGTH);
    assert_int_equal(rig.count, 1);
    send(&rig, 2, 0, bytes + LENGTH, LENGTH);
    assert_int_equal(rig.count, 2);
    assert_int_equal(rig.messages[1].flags, MESSAGE_GAP | MESSAGE_FROM_OURS);
    assert_int_equal(rig.messages[1].at.ns, rig_at(2 * NS_PER_MS).ns);
    assert_int_equal(streams_counts(rig.streams)->jumped_bytes, 60);
    assert_int_equal(rig_link(&rig, 0).missing_request_bytes, 60);
    rig_done(&rig);
}

// What is read ahead moves the place from which a jump is told.
static void test_nothing_far_ahead_is_read(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig);
    send(&rig, 1, JUMP_BYTES - 50, bytes, LENGTH);
    assert_int_equal(rig.count, 0);
    send(&rig, 2, 0, bytes + LENGTH, LENGTH);
    assert_int_equal(rig.count, 1);
    assert_int_equal(streams_counts(rig.streams)->sequence_jumps, 0);
    rig_done(&rig);
}

static void test_holes_never_span_half_of_all_numbers(void **state)
{
    (void)state;
    struct rig rig;
    uint32_t next = 0;
    begin(&rig);
    for (int64_t i = 0; i < 128; i++) {
        send(&rig, 1 + i, next + JUMP_BYTES, bytes, LENGTH);
        next += JUMP_BYTES + LENGTH;
    }
    const struct stream_counts *counts = streams_counts(rig.streams);
    assert_true(counts->sequence_jumps > 0);
    send(&rig, 200, next - 10, bytes, 10);
    assert_int_equal(counts->snap_cut_bytes, 0);
    assert_int_equal(counts->overlap_bytes, 0);
    assert_int_equal(counts->retransmitted_bytes, 10);
    rig_done(&rig);
}

// One packet has a piece in each of two holes: one is held, the other one, a message, is read.
static void test_a_piece_given_up_is_numbered_by_its_place(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig);
    send(&rig, 1, LENGTH, bytes + LENGTH, LENGTH);
    send(&rig, 2, 3 * LENGTH, bytes + 3 * LENGTH, LENGTH);
    send(&rig, 3, LENGTH / 2, bytes + LENGTH / 2, 5 * LENGTH / 2);
    assert_int_equal(rig.count, 3);
    uint64_t first = rig.ordinal * 65536;
    assert_int_equal(rig.messages[2].ordinal, first + 3 * LENGTH / 2);
    rig_advance(&rig, rig_at(5 * NS_PER_S));
    assert_int_equal(rig.count, 5); // what was missing, and what was cut off at the hole's end
    for (uint64_t i = 0; i < 2; i++) {
        assert_true(rig.messages[3 + i].flags & MESSAGE_GAP);
        assert_int_equal(rig.messages[3 + i].ordinal, first + i);
    }
    rig_done(&rig);
}

static void test_no_more_holes_than_there_may_be(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig);
    rig.streams->pool.holes_most = 1;
    send(&rig, 1, LENGTH, bytes + LENGTH, LENGTH);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 0);
    send(&rig, 2, 3 * LENGTH, bytes + 3 * LENGTH, LENGTH);
    assert_int_equal(rig.count, 1);
    assert_int_equal(streams_counts(rig.streams)->held_over_limit, 1);
    send(&rig, 3, 0, bytes, 3 * LENGTH);
    assert_int_equal(rig.count, 4);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_cut_off_by_a_hole_tells_of_a_gap),
        cmocka_unit_test(test_nothing_far_ahead_is_read),
        cmocka_unit_test(test_holes_never_span_half_of_all_numbers),
        cmocka_unit_test(test_a_piece_given_up_is_numbered_by_its_place),
        cmocka_unit_test(test_no_more_holes_than_there_may_be),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
