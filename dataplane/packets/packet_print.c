#include "dataplane/json_writer.h"
#include "dataplane/packets/packets.h"

#include <arpa/inet.h>

static const char *const kind_names[] = {
    [PACKET_TCP] = "tcp",
    [PACKET_HOSTS] = "hosts",
    [PACKET_OTHER] = "other",
};

static const struct {
    uint8_t flag;
    const char *name;
} flag_names[] = {
    {TCP_SYN, "syn"},
    {TCP_FIN, "fin"},
    {TCP_RST, "rst"},
    {TCP_PSH, "psh"},
    {TCP_ACK, "ack"},
};
#define FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

// "10.1.0.7", "10.1.0.7:8080", "2001:db8::1", "[2001:db8::1]:8080".
static void print_end(
    struct json_writer *writer, const uint8_t address[16], bool has_port, uint16_t port)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN] = "", quoted[INET6_ADDRSTRLEN + 16];
    bool is_ipv4 = memcmp(address, mapped, sizeof(mapped)) == 0;
    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? address + 12 : address, text, sizeof(text));
    if (has_port) {
        snprintf(quoted, sizeof(quoted), is_ipv4 ? "\"%s:%u\"" : "\"[%s]:%u\"", text, port);
    } else {
        snprintf(quoted, sizeof(quoted), "\"%s\"", text);
    }
    json_bytes(writer, quoted, strlen(quoted));
}

static void print_ends(struct json_writer *writer, const struct packet *packet)
{
    bool has_port = packet->kind == PACKET_TCP;
    JSON_LITERAL(writer, ",\"source\":");
    print_end(writer, packet->source, has_port, packet->source_port);
    JSON_LITERAL(writer, ",\"destination\":");
    print_end(writer, packet->destination, has_port, packet->destination_port);
}

static void print_tcp(struct json_writer *writer, const struct packet *packet)
{
    bool is_first = true;
    JSON_LITERAL(writer, ",\"flags\":[");
    for (size_t i = 0; i < FLAGS; i++) {
        if ((packet->tcp_flags & flag_names[i].flag) == 0) {
            continue;
        }
        if (!is_first) {
            JSON_LITERAL(writer, ",");
        }
        json_text(writer, flag_names[i].name);
        is_first = false;
    }
    JSON_LITERAL(writer, "],\"sequence\":");
    json_unsigned(writer, packet->sequence);
    JSON_LITERAL(writer, ",\"acknowledgement\":");
    json_unsigned(writer, packet->acknowledgement);
    JSON_LITERAL(writer, ",\"payload_length\":");
    json_unsigned(writer, packet->payload_length);
    JSON_LITERAL(writer, ",\"payload_captured\":");
    json_unsigned(writer, packet->payload_captured);
}

void packet_print(FILE *out, const struct packet *packet)
{
    struct json_writer writer;
    json_begin(&writer, out);
    JSON_LITERAL(&writer, "{\"at\":");
    json_instant(&writer, packet->at, 9);
    JSON_LITERAL(&writer, ",\"ordinal\":");
    json_unsigned(&writer, packet->ordinal);
    JSON_LITERAL(&writer, ",\"tap_port\":");
    json_unsigned(&writer, packet->tap_port);
    JSON_LITERAL(&writer, ",\"kind\":");
    json_text(&writer, kind_names[packet->kind]);
    JSON_LITERAL(&writer, ",\"frame_length\":");
    json_unsigned(&writer, packet->frame_length);
    JSON_LITERAL(&writer, ",\"frame_captured\":");
    json_unsigned(&writer, packet->frame_captured);
    JSON_LITERAL(&writer, ",\"vlan\":");
    json_unsigned(&writer, packet->vlan);
    if (packet->kind != PACKET_OTHER) {
        print_ends(&writer, packet);
    }
    if (packet->kind == PACKET_TCP) {
        print_tcp(&writer, packet);
    }
    JSON_LITERAL(&writer, "}\n");
    json_flush(&writer);
}
