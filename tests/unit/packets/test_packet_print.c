// Packets as JSON lines.
#include "dataplane/packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IPV4(last) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 0, last
#define IPV6(last) 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define AT_AND_ORDINAL                                                                             \
    "{\"at\":\"2026-03-10T10:30:00.000000007+08:00\",\"ordinal\":42,\"tap_port\":1"

static const struct {
    const char *what;
    struct packet packet;
    const char *line;
} rows[] = {
    {"TCP over IPv4",
        {.kind = PACKET_TCP,
            .source = {IPV4(7)},
            .destination = {IPV4(8)},
            .source_port = 8080,
            .destination_port = 9001,
            .tcp_flags = TCP_PSH | TCP_ACK,
            .sequence = 4294967295,
            .acknowledgement = 20,
            .payload_length = 176,
            .payload_captured = 100,
            .vlan = 5,
            .frame_length = 234,
            .frame_captured = 158,
            .payload = (const uint8_t *)"6222021"},
        AT_AND_ORDINAL
        ",\"kind\":\"tcp\",\"frame_length\":234,\"frame_captured\":158,\"vlan\":5,\"source\":"
        "\"10.1.0.7:8080\",\"destination\":\"10.1.0.8:9001\",\"flags\":[\"psh\",\"ack\"],"
        "\"sequence\":4294967295,\"acknowledgement\":20,\"payload_length\":176,"
        "\"payload_captured\":100}\n"},
    {"TCP over IPv6",
        {.kind = PACKET_TCP,
            .source = {IPV6(1)},
            .destination = {IPV6(2)},
            .source_port = 1,
            .destination_port = 65535},
        AT_AND_ORDINAL
        ",\"kind\":\"tcp\",\"frame_length\":0,\"frame_captured\":0,\"vlan\":0,\"source\":"
        "\"[2001:db8::1]:1\",\"destination\":\"[2001:db8::2]:65535\",\"flags\":[],\"sequence\":0,"
        "\"acknowledgement\":0,\"payload_length\":0,\"payload_captured\":0}\n"},
    {"hosts have no ports", {.kind = PACKET_HOSTS, .source = {IPV4(7)}, .destination = {IPV6(2)}},
        AT_AND_ORDINAL ",\"kind\":\"hosts\",\"frame_length\":0,\"frame_captured\":0,\"vlan\":0,"
                       "\"source\":\"10.1.0.7\",\"destination\":\"2001:db8::2\"}\n"},
    {"others have no addresses", {.kind = PACKET_OTHER, .frame_length = 60, .frame_captured = 60},
        AT_AND_ORDINAL
        ",\"kind\":\"other\",\"frame_length\":60,\"frame_captured\":60,\"vlan\":0}\n"},
};

static void printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        struct packet packet = rows[i].packet;
        packet.at.ns = 1773109800 * NS_PER_S + 7;
        packet.ordinal = 42;
        packet.tap_port = 1;
        packet_print(out, &packet);
        fclose(out);
        if (strcmp(text, rows[i].line) != 0) {
            fail_msg("%s: %s", rows[i].what, text);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
