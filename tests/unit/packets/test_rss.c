// The hash is Toeplitz's over the whole input, bit by bit; both directions have the same one.
#include "dataplane/packets/rss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// As the specification has it: for each set bit of the input, the 32 bits of the key from there on.
static uint32_t toeplitz(const uint8_t *input, size_t length)
{
    uint8_t key[64];
    uint32_t hash = 0;
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = i % 2 == 0 ? RSS_KEY_WORD >> 8 : RSS_KEY_WORD & 0xff;
    }
    for (size_t bit = 0; bit < length * 8; bit++) {
        if (!(input[bit / 8] & 0x80 >> bit % 8)) {
            continue;
        }
        uint32_t window = 0;
        for (size_t i = bit; i < bit + 32; i++) {
            window = window << 1 | (key[i / 8] >> (7 - i % 8) & 1);
        }
        hash ^= window;
    }
    return hash;
}

static uint32_t wanted(const struct packet *packet, bool is_ipv4)
{
    uint8_t input[36];
    size_t skipped = is_ipv4 ? 12 : 0, length = 16 - skipped;
    memcpy(input, packet->source + skipped, length);
    memcpy(input + length, packet->destination + skipped, length);
    const uint16_t ports[] = {
        __builtin_bswap16(packet->source_port), __builtin_bswap16(packet->destination_port)};
    memcpy(input + 2 * length, ports, sizeof(ports));
    return toeplitz(input, 2 * length + sizeof(ports));
}

static void test_is_toeplitz(void **state)
{
    (void)state;
    uint64_t seed = 7;
    size_t places[4] = {0};
    for (int i = 0; i < 4000; i++) {
        struct packet packet = {0};
        bool is_ipv4 = i % 2 == 0;
        for (size_t byte = is_ipv4 ? 12 : 0; byte < 16; byte++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            packet.source[byte] = (uint8_t)(seed >> 33);
            packet.destination[byte] = (uint8_t)(seed >> 41);
            packet.source_port = (uint16_t)(seed >> 17);
            packet.destination_port = (uint16_t)(seed >> 48);
        }
        if (is_ipv4) {
            packet.source[10] = packet.source[11] = 0xff;
            packet.destination[10] = packet.destination[11] = 0xff;
        }
        struct packet back = packet;
        memcpy(back.source, packet.destination, 16);
        memcpy(back.destination, packet.source, 16);
        back.source_port = packet.destination_port;
        back.destination_port = packet.source_port;
        assert_int_equal(rss_hash(&packet), wanted(&packet, is_ipv4));
        assert_int_equal(rss_hash(&back), rss_hash(&packet));
        places[rss_hash(&packet) % RSS_PLACES % 4]++;
    }
    for (size_t i = 0; i < 4; i++) {
        assert_in_range(places[i], 800, 1200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_is_toeplitz)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
