// The straight line of the decoder (plain.h) says what the general decoders say, of plain frames
// and of frames that are nearly plain; and the hash of the ends is keyed.
#include "dataplane/packets/decode.h"
#include "dataplane/packets/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRAME_MAX 160

static uint32_t random_next(void)
{
    static uint64_t state = 20260310;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static uint32_t below(uint32_t limit)
{
    return random_next() % limit;
}

struct frame {
    uint8_t bytes[FRAME_MAX];
    uint32_t captured, length;
};

static void be16_store(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

// A plain frame: perhaps a tag, TCP options, payload, padding.
static uint32_t frame_write(uint8_t *bytes)
{
    for (int i = 0; i < FRAME_MAX; i++) {
        bytes[i] = (uint8_t)random_next();
    }
    uint8_t *type = bytes + 12;
    if (below(2) == 0) {
        be16_store(type, ETHER_VLAN);
        type += 4;
    }
    be16_store(type, ETHER_IPV4);
    uint8_t *ip = type + 2;
    uint32_t header_bytes = 20 + 4 * below(4), payload_bytes = below(3) * below(30);
    ip[0] = 0x45;
    be16_store(ip + 2, 20 + header_bytes + payload_bytes);
    be16_store(ip + 6, below(2) * 0x4000);
    ip[9] = 6;
    ip[32] = (uint8_t)(header_bytes / 4 << 4);
    return (uint32_t)(ip - bytes) + 20 + header_bytes + payload_bytes + below(2) * below(12);
}

// What makes a frame something else, or only seems to.
static void frame_spoil(struct frame *frame)
{
    switch (below(8)) {
    case 0: frame->captured = below(frame->captured + 1); break;
    case 1: frame->bytes[12 + below(46)] ^= (uint8_t)(1u << below(8)); break;
    case 2: frame->bytes[below(60)] = (uint8_t)random_next(); break;
    case 3: frame->length = below(2 * FRAME_MAX); break;
    case 4: be16_store(frame->bytes + 16 + 4 * below(2), below(120)); break;
    case 5: frame->bytes[14 + 4 * below(2)] = (uint8_t)(0x40 + below(16)); break;
    case 6: frame->bytes[46 + 4 * below(2)] = (uint8_t)(below(16) << 4); break;
    default: be16_store(frame->bytes + 20 + 4 * below(2), below(0x10000)); break;
    }
}

// Packets and counts as bytes: where nothing is written both keep what was there.
static void frame_check(const struct frame *frame)
{
    struct packet plain, general;
    struct packet_counts plain_counts = {0}, general_counts = {0};
    memset(&plain, 0xa5, sizeof(plain));
    memset(&general, 0xa5, sizeof(general));
    uint8_t *bytes = malloc(frame->captured); // its end is watched by the sanitizer
    memcpy(bytes, frame->bytes, frame->captured);
    uint32_t on_wire = frame->length < frame->captured ? frame->captured : frame->length;
    packet_decode(bytes, frame->captured, frame->length, LINK_ETHERNET, &plain, &plain_counts);
    general.frame_captured = frame->captured;
    general.frame_length = on_wire;
    general_counts.frames = 1;
    general_counts.bytes = on_wire;
    packet_decode_generally(
        (struct rest){bytes, frame->captured, on_wire}, LINK_ETHERNET, &general, &general_counts);
    assert_memory_equal(&plain, &general, sizeof(plain));
    assert_memory_equal(&plain_counts, &general_counts, sizeof(plain_counts));
    free(bytes);
}

static bool is_plain(const struct frame *frame)
{
    struct packet packet;
    return plain_decode(frame->bytes, frame->captured, &packet);
}

static void plain_is_general(void **state)
{
    (void)state;
    size_t plain = 0, spoilt = 0;
    for (int i = 0; i < 300000; i++) {
        struct frame frame;
        frame.length = frame.captured = frame_write(frame.bytes);
        assert_true(is_plain(&frame));
        frame_check(&frame);
        for (uint32_t spoils = 1 + below(2); spoils > 0; spoils--) {
            frame_spoil(&frame);
        }
        frame_check(&frame);
        *(is_plain(&frame) ? &plain : &spoilt) += 1;
    }
    assert_true(plain > 50000 && spoilt > 50000); // both ways were held against each other
}

// ---- the hash

#define PACKETS 4096

static struct packet packet_random(uint32_t number)
{
    struct packet packet = {.source_port = (uint16_t)number, .destination_port = 9001};
    address_store(packet.source, 0x0a010000 + number / 16);
    address_store(packet.destination, 0x0a020008);
    if (number % 2 == 0) {
        packet.source[0] = 0x20;
    }
    return packet;
}

static struct packet turned(const struct packet *packet)
{
    struct packet ret = *packet;
    memcpy(ret.source, packet->destination, sizeof(ret.source));
    memcpy(ret.destination, packet->source, sizeof(ret.destination));
    ret.source_port = packet->destination_port;
    ret.destination_port = packet->source_port;
    return ret;
}

static void hash_is_keyed(void **state)
{
    (void)state;
    static uint32_t before[PACKETS], spread[PACKETS];
    size_t same = 0;
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct packet packet = packet_random(i);
        before[i] = hash_of_addresses(&packet);
        spread[i] = packet_spread(&packet);
    }
    packet_hash_draw();
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct packet packet = packet_random(i), answer = turned(&packet);
        uint32_t hash = hash_of_addresses(&packet);
        same += hash == before[i];
        assert_int_equal(hash, hash_of_addresses(&answer));
        assert_int_equal(spread[i], packet_spread(&packet));
        assert_int_equal(spread[i], packet_spread(&answer));
    }
    assert_true(same <= 2);
}

// Whatever the key: neighbours do not crowd into few slots. 4,096 packets to 4,096 slots leave 36.8
// % of them empty when they fall at random; 8 standard deviations are 400 slots.
static void hash_spreads_by_any_key(void **state)
{
    (void)state;
    for (int key = 0; key < 64; key++) {
        static bool taken[PACKETS];
        size_t slots = 0;
        memset(taken, 0, sizeof(taken));
        packet_hash_draw();
        for (uint32_t i = 0; i < PACKETS; i++) {
            struct packet packet = packet_random(i);
            bool *slot = &taken[hash_of_addresses(&packet) % PACKETS];
            slots += !*slot;
            *slot = true;
        }
        assert_true(slots > 2589 - 400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_is_general),
        cmocka_unit_test(hash_is_keyed),
        cmocka_unit_test(hash_spreads_by_any_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
