// The tap: what of the frames on the wire is seen, when, and how often.
#pragma once

#include "tools/generate/pcap_write.h"
#include "tools/generate/scenario.h"
#include "tools/generate/wrap_bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define TAP_FRAME_BYTES (1536 + WRAP_BYTES_MAX)

struct tap;

struct tap_counts {
    uint64_t frames, lost, reordered, duplicated;
};

struct tap_view {
    int64_t at_ns; // in the capture; of a lost frame: when it would have been
    bool seen;     // all of it
};

struct tap *tap_new(const struct scenario *scenario, struct pcap_writer *writer);
void tap_free(struct tap *tap);

// Room for a frame, until the next tap_pass.
uint8_t *tap_frame(struct tap *tap);
// The frame passes the tap at that instant; `is_dark`: unseen.
struct tap_view tap_pass(struct tap *tap, int64_t at_ns, uint32_t length, bool is_dark);
// Whether the tap sees nothing of what the client (or the server) of the link sends then.
bool tap_is_dark(const struct scenario *scenario, uint16_t link, bool is_client, int64_t at_ns);
// No frame will pass before that instant: what was seen before it is written.
void tap_advance(struct tap *tap, int64_t until_ns);
const struct tap_counts *tap_counts(const struct tap *tap);
