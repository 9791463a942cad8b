// Packets between threads: each arrives once, in order, payload and all, whatever its length and
// wherever the ring ends; views live until they are released.
#include "dataplane/packet_ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PACKETS 200000

static uint8_t payload[65535 + 256];

static uint32_t length_of(uint64_t ordinal)
{
    uint32_t drawn = (uint32_t)(ordinal * 2654435761u >> 7);
    return drawn % 1000 == 0 ? 65535 : drawn % 5 == 0 ? 0 : drawn % 1500;
}

static struct packet packet_of(uint64_t ordinal)
{
    uint32_t length = length_of(ordinal);
    return (struct packet){.ordinal = ordinal,
        .at = {(int64_t)ordinal * 3},
        .kind = PACKET_TCP,
        .payload = payload + ordinal % 256,
        .payload_length = length + 1,
        .payload_captured = length};
}

static bool is_packet(const struct packet *packet, uint64_t ordinal)
{
    const struct packet wanted = packet_of(ordinal);
    return packet->ordinal == ordinal && packet->at.ns == wanted.at.ns &&
           packet->payload_length == wanted.payload_length &&
           packet->payload_captured == wanted.payload_captured &&
           memcmp(packet->payload, wanted.payload, wanted.payload_captured) == 0;
}

static void *producer_main(void *context)
{
    struct packet_ring *ring = context;
    for (uint64_t i = 0; i < PACKETS; i++) {
        struct packet packet = packet_of(i);
        while (!packet_ring_put(ring, &packet)) {
            packet_ring_publish(ring);
            sched_yield();
        }
        if (i % 64 == 63) {
            packet_ring_publish(ring);
        }
    }
    packet_ring_publish(ring);
    return NULL;
}

// Held in bursts, so that views have to outlive each other.
static bool burst_is_right(struct packet_ring *ring, uint64_t *next)
{
    struct packet burst[64];
    size_t count = 0;
    bool right = true;
    const struct packet *packet;
    for (; count < 64 && (packet = packet_ring_next(ring)) != NULL; count++) {
        burst[count] = *packet;
        packet_ring_step(ring);
    }
    for (size_t i = 0; i < count; i++) {
        right = right && is_packet(&burst[i], (*next)++);
    }
    packet_ring_release(ring);
    if (count == 0) {
        sched_yield();
    }
    return right;
}

static void test_two_threads(void **state)
{
    (void)state;
    struct packet_ring *ring = packet_ring_new(1);
    pthread_t thread;
    uint64_t next = 0;
    for (size_t i = 0; i < sizeof(payload); i++) {
        payload[i] = (uint8_t)(i * 31 + i / 256);
    }
    assert_int_equal(pthread_create(&thread, NULL, producer_main, ring), 0);
    while (next < PACKETS) {
        assert_true(burst_is_right(ring, &next));
    }
    pthread_join(thread, NULL);
    assert_null(packet_ring_next(ring));
    packet_ring_free(ring);
}

static void test_full(void **state)
{
    (void)state;
    struct packet_ring *ring = packet_ring_new(PACKET_RING_LEAST);
    struct packet packet = packet_of(0);
    packet.payload_captured = 65535;
    size_t count = 0;
    assert_null(packet_ring_next(ring));
    while (packet_ring_put(ring, &packet)) {
        count++;
    }
    assert_in_range(count, 3, 3);
    assert_null(packet_ring_next(ring)); // nothing was published
    packet_ring_publish(ring);
    assert_non_null(packet_ring_next(ring));
    packet_ring_step(ring);
    assert_false(packet_ring_put(ring, &packet)); // stepped over is not given back
    packet_ring_release(ring);
    packet.kind = PACKET_HOSTS; // has no payload, whatever its fields say
    packet.payload = NULL;
    assert_true(packet_ring_put(ring, &packet));
    packet_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
