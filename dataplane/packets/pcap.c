// Classic pcap, version 2.4: a file header, then records of a 16-byte header and the frame. The
// writer's byte order and the unit of its fractions (us or ns) show in the magic number. Lengths
// are the file's claims: none is used before it is held against the window. Older versions and
// vendors' record layouts are left to libpcap.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/capture.h"

#include <stdio.h>

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du

#define FILE_HEADER_BYTES   24
#define RECORD_HEADER_BYTES 16
#define LINK_TYPE_MASK      0x0000ffffu // above it: length of the frame check sequence

static bool magic_is(uint32_t magic)
{
    return magic == MAGIC_US || magic == MAGIC_NS;
}

static bool pcap_is(const uint8_t *bytes, size_t count)
{
    if (count < 4) {
        return false;
    }
    bool big_endian = magic_is(u32_load(bytes, true));
    if (!big_endian && !magic_is(u32_load(bytes, false))) {
        return false;
    }
    return count < 8 ||
           (u16_load(bytes + 4, big_endian) == 2 && u16_load(bytes + 6, big_endian) == 4);
}

static bool pcap_open(struct capture *capture, char *reason, size_t reason_size)
{
    (void)reason, (void)reason_size; // is() has seen all that could be wrong
    const uint8_t *header = capture->window.bytes;
    capture->big_endian = magic_is(u32_load(header, true));
    capture->ns_per_unit = u32_load(header, capture->big_endian) == MAGIC_US ? 1000 : 1;
    capture->link_type = (int)(u32_load(header + 20, capture->big_endian) & LINK_TYPE_MASK);
    window_skip(&capture->window, FILE_HEADER_BYTES);
    return true;
}

static inline struct frame record_frame(
    const struct capture *capture, const uint8_t *record, uint32_t captured, bool big_endian)
{
    return (struct frame){
        .at.ns = u32_load(record, big_endian) * NS_PER_S +
                 (int64_t)u32_load(record + 4, big_endian) * capture->ns_per_unit,
        .bytes = record + RECORD_HEADER_BYTES,
        .captured = captured,
        .length = u32_load(record + 12, big_endian),
        .link_type = capture->link_type,
    };
}

static size_t pcap_parse(struct capture *capture, struct frame *frames, size_t max)
{
    const bool big_endian = capture->big_endian;
    struct window *window = &capture->window;
    size_t count = 0;
    while (count < max && window_left(window) >= RECORD_HEADER_BYTES) {
        const uint8_t *record = window->bytes + window->begin;
        uint32_t captured = u32_load(record + 8, big_endian);
        if (captured > FRAME_BYTES_MAX) {
            capture_break(
                capture, "has a record of %u bytes (the limit is %u)", captured, FRAME_BYTES_MAX);
            break;
        }
        if (window_left(window) - RECORD_HEADER_BYTES < captured) {
            break;
        }
        __builtin_prefetch(record + RECORD_HEADER_BYTES + captured);
        __builtin_prefetch(record + RECORD_HEADER_BYTES + captured + 64);
        frames[count++] = record_frame(capture, record, captured, big_endian);
        window->begin += RECORD_HEADER_BYTES + captured;
    }
    return count;
}

static bool pcap_refill(struct capture *capture)
{
    return window_refill(&capture->window);
}

const struct capture_format pcap_format = {
    .is = pcap_is,
    .header_bytes = FILE_HEADER_BYTES,
    .open = pcap_open,
    .parse = pcap_parse,
    .refill = pcap_refill,
};
