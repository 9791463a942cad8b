// One capture: a file or pipe, its format, and the frames read ahead from it. Private to packets/.
#pragma once

#include "config/instant.h"

#include "dataplane/packets/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES_MAX  (256 * 1024) // the largest snap length that capture programs write
#define BLOCK_BYTES_MAX  (512 * 1024) // of pcapng, a frame with its options
#define INTERFACES_MAX   4096         // of one pcapng section
#define CAPTURE_FRAMES   64           // read ahead in one go
#define CAPTURE_TEXT_MAX 320

struct frame {
    struct instant at;
    const uint8_t *bytes;
    uint32_t captured, length; // `length` as the capture says it, on the wire
    int link_type;
};

struct interface { // of pcapng
    int link_type;
    uint32_t snap_length; // 0: no limit
    uint64_t units_per_s;
    uint64_t ns_per_unit; // 0 when it is no whole number, or the interface has an offset
    int64_t offset_s;
    uint64_t dropped; // as the last statistics block says
};

struct capture;

struct capture_format {
    // The bytes at the start of the file are a header of this format.
    bool (*is)(const uint8_t *bytes, size_t count);
    size_t header_bytes; // that `is` and `open` want to see
    // False, with a reason, when the header is wrong.
    bool (*open)(struct capture *capture, char *reason, size_t reason_size);
    // Frames that lie whole in the window, at most `max`. Calls capture_break when it cannot go on.
    size_t (*parse)(struct capture *capture, struct frame *frames, size_t max);
    // More bytes into the window; false when there are none.
    bool (*refill)(struct capture *capture);
    void (*close)(struct capture *capture); // or NULL
};

extern const struct capture_format pcap_format, pcapng_format, libpcap_format;

struct capture {
    const char *path;
    const struct capture_format *format;
    struct window window;
    bool big_endian;
    char *warning; // why it ended early, NULL otherwise
    bool is_broken;
    // pcap
    int link_type;
    uint32_t ns_per_unit;
    // pcapng
    struct interface *interfaces;
    size_t interface_count, interface_room;
    struct instant previous; // for packet blocks without a time
    uint64_t untimed, dropped;
    // every other format
    void *libpcap;
    int libpcap_result; // of its last read
    // read ahead
    size_t frame_next, frame_count;
    struct frame frames[CAPTURE_FRAMES];
};

// "-" is standard input. False with one sentence that quotes the path in `error`.
bool capture_open(struct capture *capture, const char *path, char *error, size_t error_size);
void capture_done(struct capture *capture);
// Gives file and window back at the capture's end; what is known about it stays.
void capture_end(struct capture *capture);

// The frame at hand, NULL when none is read ahead.
static inline const struct frame *capture_head(const struct capture *capture)
{
    return capture->frame_next < capture->frame_count ? &capture->frames[capture->frame_next]
                                                      : NULL;
}

// With no frame at hand: reads ahead inside the window, older views stay valid. False when the
// window holds no whole record any more.
bool capture_more(struct capture *capture);
// The same, and refills the window when it must: older views die. False at the end of the capture.
bool capture_fill(struct capture *capture);

// Ends the capture at its last whole packet: "'x.pcap' <what> at byte N: ...".
void capture_break(struct capture *capture, const char *what, ...)
    __attribute__((format(printf, 2, 3)));
