// Ethernet, IP and TCP headers with right checksums.
#pragma once

#include "tools/generate/scenario.h"

#include <stdint.h>

#define FRAME_PAYLOAD_BYTES_MAX 1400

enum { FRAME_FIN = 0x01, FRAME_SYN = 0x02, FRAME_RST = 0x04, FRAME_PSH = 0x08, FRAME_ACK = 0x10 };

struct frame_facts {
    const struct end_address *source, *destination;
    uint32_t sequence, acknowledgement;
    uint8_t flags;
    uint16_t identification; // IPv4
    uint16_t vlan;           // 0: no tag
    const uint8_t *payload;
    uint32_t payload_length; // at most FRAME_PAYLOAD_BYTES_MAX
};

// Writes the frame, padded to Ethernet's 60 bytes. Returns its length, at most 1518.
uint32_t frame_write(uint8_t *frame, const struct frame_facts *facts);
