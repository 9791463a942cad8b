// Captures in every form that the tests of this folder share, and how they are read whole.
#pragma once

#include "dataplane/packets/packets.h"

#include "tests/unit/packets/capture_writer.h"

#define START_S 1773109800u // 2026-03-10 10:30 in Shanghai

// Headers between the start of a frame and IPv4.
#define SHAPES 6
struct shape {
    const char *what;
    int link_type;
    const uint8_t *link;
    uint32_t link_bytes;
    uint16_t vlan;
};
extern const struct shape shapes[SHAPES];

enum container {
    PCAP,
    PCAPNG_ENHANCED,
    PCAPNG_PACKET,
    PCAPNG_MIXED // several interfaces, other blocks between, a second section
};

#define FORMS 16
struct form {
    const char *what;
    enum container container;
    bool big_endian;
    uint32_t magic; // pcap
    int unit;       // pcapng
    int64_t offset_s;
};
extern const struct form forms[FORMS];

uint32_t random_next(uint32_t *seed);

// A TCP frame behind any link header, with `payload_bytes` of payload that begin with its number.
uint32_t frame_make(uint8_t *frame, const uint8_t *link, uint32_t link_bytes, uint32_t number,
    uint32_t payload_bytes);

void form_begin(struct writer *writer, const struct form *form, int link_type);
void form_frame(struct writer *writer, const struct form *form, uint32_t number, int link_type,
    const uint8_t *frame, uint32_t captured, uint32_t length);

struct reading {
    size_t packets, warnings;
    struct packet_counts counts;
    char warning[200];
};

// Reads captures through the public header. False when they cannot be opened. `each` sees every
// packet.
bool read_all(const struct writer *writers, size_t count, size_t burst_size,
    void (*each)(const struct packet *packet, void *context), void *context, struct reading *ret);
