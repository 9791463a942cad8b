// Frames against bytes counted by hand, checksums against the plain sum of RFC 1071, the heap's
// order.
#include "tools/generate/frame_bytes.h"
#include "tools/generate/heap.h"
#include "tools/generate/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct end_address ipv4[2] = {
    {.address = {[10] = 0xff, [11] = 0xff, 10, 1, 0, 10}, .port = 0x8001, .is_ipv4 = true},
    {.address = {[10] = 0xff, [11] = 0xff, 10, 2, 0, 10}, .port = 9001, .is_ipv4 = true}};
static const struct end_address ipv6[2] = {{.address = {0xfd, 0, [15] = 1}, .port = 0x8001},
    {.address = {0xfd, 0, [15] = 2}, .port = 9001}};

static uint32_t sum16(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    return sum;
}

static uint32_t fold(uint32_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static const struct {
    const char *what;
    const struct end_address *ends;
    uint16_t vlan;
    uint32_t payload_length, frame_length, ip_at, addresses_at, tcp_at;
} rows[] = {
    {"a bare ACK is padded", ipv4, 0, 0, 60, 14, 26, 34},
    {"one byte", ipv4, 0, 1, 60, 14, 26, 34},
    {"an odd length", ipv4, 0, 101, 155, 14, 26, 34},
    {"the longest", ipv4, 0, FRAME_PAYLOAD_BYTES_MAX, 54 + FRAME_PAYLOAD_BYTES_MAX, 14, 26, 34},
    {"a tag", ipv4, 100, 200, 258, 18, 30, 38},
    {"IPv6", ipv6, 0, 200, 274, 14, 22, 54},
    {"IPv6 with a tag", ipv6, 4094, 7, 85, 18, 26, 58},
};

static void frames_have_right_checksums(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t payload[FRAME_PAYLOAD_BYTES_MAX], frame[1536];
        struct random random = random_init((int64_t)i, RANDOM_TAP);
        for (size_t b = 0; b < sizeof(payload); b++) {
            payload[b] = (uint8_t)random_next(&random);
        }
        struct frame_facts facts = {.source = &rows[i].ends[0],
            .destination = &rows[i].ends[1],
            .sequence = 0xfffffff0,
            .acknowledgement = 0x12345678,
            .flags = FRAME_ACK,
            .identification = 7,
            .vlan = rows[i].vlan,
            .payload = payload,
            .payload_length = rows[i].payload_length};
        print_message("%s\n", rows[i].what);
        assert_int_equal(frame_write(frame, &facts), rows[i].frame_length);
        uint32_t tcp_length = 20 + rows[i].payload_length;
        uint32_t address_bytes = rows[i].tcp_at - rows[i].addresses_at;
        if (rows[i].ends == ipv4) {
            assert_int_equal(fold(sum16(frame + rows[i].ip_at, 20)), 0xffff);
        }
        uint32_t sum = sum16(frame + rows[i].addresses_at, address_bytes) + tcp_length + 6 +
                       sum16(frame + rows[i].tcp_at, tcp_length);
        assert_int_equal(fold(sum), 0xffff);
        assert_memory_equal(
            frame + rows[i].tcp_at, "\x80\x01\x23\x29\xff\xff\xff\xf0\x12\x34\x56\x78\x50\x10", 14);
        assert_memory_equal(frame + rows[i].tcp_at + 20, payload, rows[i].payload_length);
    }
}

static void the_heap_gives_by_instant_then_by_age(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_item item;
    struct random random = random_init(3, RANDOM_TAP);
    assert_false(heap_take(&heap, &item));
    for (uint32_t i = 0; i < 5000; i++) {
        heap_add(&heap, (int64_t)random_below(&random, 500), 0, NULL, i);
    }
    int64_t last_ns = -1;
    uint32_t last_value = 0;
    for (int i = 0; i < 5000; i++) {
        assert_true(heap_take(&heap, &item));
        assert_true(item.at_ns > last_ns || (item.at_ns == last_ns && item.value > last_value));
        last_ns = item.at_ns;
        last_value = item.value;
    }
    assert_false(heap_take(&heap, &item));
    heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_have_right_checksums),
        cmocka_unit_test(the_heap_gives_by_instant_then_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
