// What a copy holds is what was added, also while the worker goes on.
#include "dataplane/evidence/frame_ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RING_BYTES (4 << 20)
#define HEADERS    54
#define PAYLOAD    200

struct frame {
    uint8_t bytes[HEADERS + PAYLOAD];
    struct packet packet;
};

// Every byte tells the frame's number, and where it stands.
static uint8_t byte_at(uint32_t number, size_t place)
{
    return (uint8_t)((number + 7 * place) % 251);
}

static void frame_make(uint32_t number, struct frame *ret)
{
    memcpy(ret->bytes, &number, sizeof(number));
    for (size_t i = sizeof(number); i < sizeof(ret->bytes); i++) {
        ret->bytes[i] = byte_at(number, i);
    }
    ret->packet = (struct packet){.at = {1000 + number},
        .payload = ret->bytes + HEADERS,
        .payload_length = PAYLOAD,
        .hash = number * 7,
        .kind = PACKET_TCP,
        .tap_port = 3,
        .vlan = 101,
        .frame_captured = sizeof(ret->bytes),
        .frame_length = sizeof(ret->bytes)};
}

static void add(struct frame_ring *ring, uint32_t number)
{
    struct frame frame;
    frame_make(number, &frame);
    frame_ring_add(ring, frame.bytes, sizeof(frame.bytes), &frame.packet);
}

// The number that the frame's bytes tell, all of which must agree.
static uint32_t check(const struct frame_record *record, size_t captured)
{
    const uint8_t *bytes = (const uint8_t *)(record + 1);
    uint32_t number;
    memcpy(&number, bytes, sizeof(number));
    assert_int_equal(record->captured, captured);
    assert_int_equal(record->at_ns, 1000 + (int64_t)number);
    assert_int_equal(record->hash, number * 7);
    assert_int_equal(record->frame_length, HEADERS + PAYLOAD);
    assert_int_equal(record->port, 3);
    assert_int_equal(record->vlan, 101);
    for (size_t i = sizeof(number); i < captured; i++) {
        assert_int_equal(bytes[i], byte_at(number, i));
    }
    return number;
}

// All of the numbers up to `last`, none twice, none missing between the first and the last.
static size_t check_all(const struct frame_snapshot *snapshot, size_t captured, uint32_t *ret_last)
{
    size_t count = frame_snapshot_count(snapshot);
    uint32_t first = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = check(frame_snapshot_at(snapshot, i), captured);
        first = i == 0 ? number : first;
        assert_int_equal(number, first + i);
        *ret_last = number;
    }
    return count;
}

static void test_the_newest_stay(void **state)
{
    (void)state;
    for (int payload = 0; payload < 2; payload++) {
        struct frame_ring *ring = frame_ring_new(RING_BYTES, payload == 1);
        uint32_t last = 0;
        for (uint32_t i = 0; i < 100000; i++) {
            add(ring, i);
        }
        struct frame_snapshot *snapshot = frame_snapshot_take(&ring, 1);
        size_t captured = payload == 1 ? HEADERS + PAYLOAD : HEADERS;
        size_t count = check_all(snapshot, captured, &last);
        assert_int_equal(last, 99999);
        // All blocks but what is still free of the one in hand.
        assert_in_range(count * frame_record_size(captured), RING_BYTES * 9 / 10, RING_BYTES);
        frame_snapshot_free(snapshot);
        frame_ring_free(ring);
    }
}

static void test_of_two_workers_in_order_of_time(void **state)
{
    (void)state;
    struct frame_ring *rings[] = {
        frame_ring_new(RING_BYTES, false), frame_ring_new(RING_BYTES, false)};
    uint32_t last = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        add(rings[i % 3 == 0], i);
    }
    struct frame_snapshot *snapshot = frame_snapshot_take(rings, 2);
    assert_int_equal(check_all(snapshot, HEADERS, &last), 5000);
    frame_snapshot_free(snapshot);
    frame_ring_free(rings[0]);
    frame_ring_free(rings[1]);
}

static void test_what_is_no_tcp_is_not_kept(void **state)
{
    (void)state;
    struct frame_ring *ring = frame_ring_new(RING_BYTES, true);
    struct frame frame;
    uint8_t elsewhere[PAYLOAD];
    frame_make(1, &frame);
    frame.packet.kind = PACKET_HOSTS;
    frame_ring_add(ring, frame.bytes, sizeof(frame.bytes), &frame.packet);
    frame_make(2, &frame);
    frame.packet.payload = elsewhere; // put together of fragments
    frame_ring_add(ring, frame.bytes, 1, &frame.packet);
    struct frame_snapshot *snapshot = frame_snapshot_take(&ring, 1);
    assert_int_equal(frame_snapshot_count(snapshot), 0);
    frame_snapshot_free(snapshot);
    frame_ring_free(ring);
}

// Headers of every length, of a frame that ends with them: copied whole, and nothing behind them.
static void test_headers_of_every_length(void **state)
{
    (void)state;
    struct frame_ring *ring = frame_ring_new(RING_BYTES, false);
    struct frame frame;
    frame_make(5, &frame);
    for (size_t headers = 1; headers <= sizeof(frame.bytes); headers++) {
        frame.packet.payload = frame.bytes + headers;
        frame_ring_add(ring, frame.bytes, (uint32_t)headers, &frame.packet);
    }
    struct frame_snapshot *snapshot = frame_snapshot_take(&ring, 1);
    assert_int_equal(frame_snapshot_count(snapshot), sizeof(frame.bytes));
    for (size_t i = 0; i < sizeof(frame.bytes); i++) {
        const struct frame_record *record = frame_snapshot_at(snapshot, i);
        assert_int_equal(record->captured, i + 1);
        assert_memory_equal(record + 1, frame.bytes, i + 1);
    }
    frame_snapshot_free(snapshot);
    frame_ring_free(ring);
}

struct writer {
    struct frame_ring *ring;
    atomic_bool stop;
    atomic_uint written;
};

static void *writer_main(void *context)
{
    struct writer *writer = context;
    for (uint32_t i = 0; !atomic_load(&writer->stop); i++) {
        add(writer->ring, i);
        atomic_store(&writer->written, i + 1);
    }
    return NULL;
}

// Whatever the worker does meanwhile, no frame of a copy is torn or comes twice. Blocks that were
// begun anew while they were copied are missing, so numbers have gaps here.
static void test_copied_while_it_is_filled(void **state)
{
    (void)state;
    struct writer writer = {.ring = frame_ring_new(RING_BYTES, false)};
    pthread_t thread;
    size_t copies = 0;
    assert_int_equal(pthread_create(&thread, NULL, writer_main, &writer), 0);
    while (copies < 40 || atomic_load(&writer.written) < 2000000) {
        struct frame_snapshot *snapshot = frame_snapshot_take(&writer.ring, 1);
        int64_t before = -1;
        for (size_t i = 0; i < frame_snapshot_count(snapshot); i++) {
            uint32_t number = check(frame_snapshot_at(snapshot, i), HEADERS);
            assert_true((int64_t)number > before);
            before = number;
        }
        frame_snapshot_free(snapshot);
        copies++;
    }
    atomic_store(&writer.stop, true);
    pthread_join(thread, NULL);
    frame_ring_free(writer.ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_stay),
        cmocka_unit_test(test_of_two_workers_in_order_of_time),
        cmocka_unit_test(test_what_is_no_tcp_is_not_kept),
        cmocka_unit_test(test_headers_of_every_length),
        cmocka_unit_test(test_copied_while_it_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
