// The field tables of the ports of `run`, and of patience with a capture's order.
#include "config/settings_check.h"

#define PORTS(member, from, to)                                                                    \
    .type = FIELD_INTEGER, FIELD_AT(struct ports_settings, member), .min = (from), .max = (to)

static const struct field ports_fields[] = {
    {.name = "queues", PORTS(queues, 1, 64), .help = "Receive queues per port"},
    {.name = "descriptors",
        PORTS(descriptors, 64, 32768),
        .help = "Per receive queue; a port may take another number near it"},
    {.name = "buffers",
        PORTS(buffers, 512, 1 << 24),
        .help = "Packet buffers per port, more than its queues have descriptors"},
    {.name = "buffer_bytes",
        PORTS(buffer_bytes, 512, 16384),
        .unit = "bytes",
        .help = "Of each buffer; a longer frame comes in several, where the port can"},
    {.name = "frame_bytes",
        PORTS(frame_bytes, 1518, 65535),
        .unit = "bytes",
        .help = "The longest frame, without its check sum; what is longer is cut"},
    {.name = "ticks",
        PORTS(ticks, 2, 4096),
        .unit = "seconds",
        .help = "May wait for the detectors before their counters are added together"},
    {.name = "workers",
        PORTS(workers, 0, 64),
        .help = "Worker threads; 0: as many as queues, or as EAL lcores when there are fewer"},
    {.name = "exchange",
        PORTS(exchange, 64, 1 << 20),
        .unit = "messages",
        .help = "May wait between two workers; rounded up to a power of two"},
    {.name = "handover_bytes",
        PORTS(handover_bytes, 1 << 18, 1 << 30),
        .unit = "bytes",
        .help = "Of packets that may wait between two workers; rounded up to a power of two"},
};

const struct schema ports_schema = {.size = sizeof(struct ports_settings), FIELDS(ports_fields)};

#define PACKETS(member, field_type) .type = field_type, FIELD_AT(struct packets_settings, member)

static const struct field packets_fields[] = {
    {.name = "disorder",
        PACKETS(disorder_ns, FIELD_DURATION),
        .min = 0,
        .max = NS_PER_S,
        .help = "An acknowledged gap may still be filled by a packet that was captured late"},
    {.name = "hold",
        PACKETS(hold_ns, FIELD_DURATION),
        .min = 10 * NS_PER_MS,
        .max = 10 * NS_PER_S,
        .help = "Bytes wait this long behind a gap that nobody has acknowledged"},
};

const struct schema packets_schema = {
    .size = sizeof(struct packets_settings), FIELDS(packets_fields)};
