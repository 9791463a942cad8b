// Every format that pcap.c and pcapng.c leave alone, by libpcap. Its frames live until the next one
// only, so they are copied into the capture's window, each behind its struct frame, until that is
// full: a burst's views then live as long as those of the other formats.
#include "dataplane/packets/capture.h"

#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool libpcap_is(const uint8_t *bytes, size_t count)
{
    (void)bytes, (void)count; // the last resort
    return true;
}

// From the start, through a second descriptor that libpcap may close.
static pcap_t *file_open(int fd, char *error)
{
    int second = lseek(fd, 0, SEEK_SET) == 0 ? dup(fd) : -1;
    FILE *file = second < 0 ? NULL : fdopen(second, "rb");
    if (file == NULL) {
        if (second >= 0) {
            close(second);
        }
        snprintf(error, PCAP_ERRBUF_SIZE, "a pipe must be pcap or pcapng");
        return NULL;
    }
    pcap_t *pcap =
        pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (pcap == NULL) {
        fclose(file);
    }
    return pcap;
}

static bool libpcap_open(struct capture *capture, char *reason, size_t reason_size)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = file_open(capture->window.fd, error);
    if (pcap == NULL) {
        snprintf(reason, reason_size, "is no capture: %.200s", error);
        return false;
    }
    capture->libpcap = pcap;
    capture->libpcap_result = 1;
    capture->link_type = pcap_datalink(pcap);
    window_clear(&capture->window); // of the bytes that were looked at; libpcap begins anew
    return true;
}

static void libpcap_close(struct capture *capture)
{
    if (capture->libpcap != NULL) {
        pcap_close(capture->libpcap);
    }
    capture->libpcap = NULL;
}

// Records in the window are 16 bytes apart at least, so that the struct frame is aligned.
static size_t record_bytes(uint32_t captured)
{
    return (sizeof(struct frame) + captured + 15) & ~(size_t)15;
}

static size_t libpcap_parse(struct capture *capture, struct frame *frames, size_t max)
{
    struct window *window = &capture->window;
    size_t count = 0;
    while (count < max && window_left(window) > 0) {
        memcpy(&frames[count], window->bytes + window->begin, sizeof(*frames));
        window->begin += record_bytes(frames[count].captured);
        count++;
    }
    return count;
}

static void frame_keep(
    struct capture *capture, const struct pcap_pkthdr *header, const uint8_t *bytes)
{
    struct window *window = &capture->window;
    uint8_t *at = window->bytes + window->end;
    uint32_t captured = header->caplen > FRAME_BYTES_MAX ? FRAME_BYTES_MAX : header->caplen;
    struct frame frame = {
        .at.ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec, // of nanosecond precision
        .bytes = at + sizeof(frame),
        .captured = captured,
        .length = header->len,
        .link_type = capture->link_type,
    };
    memcpy(at, &frame, sizeof(frame));
    memcpy(at + sizeof(frame), bytes, captured);
    window->end += record_bytes(captured);
}

static bool libpcap_refill(struct capture *capture)
{
    struct window *window = &capture->window;
    window_clear(window);
    while (capture->libpcap_result == 1 &&
           WINDOW_BYTES - window->end >= record_bytes(FRAME_BYTES_MAX)) {
        struct pcap_pkthdr *header;
        const uint8_t *bytes;
        capture->libpcap_result = pcap_next_ex(capture->libpcap, &header, &bytes);
        if (capture->libpcap_result == 1) {
            frame_keep(capture, header, bytes);
        }
    }
    long place = ftell(pcap_file(capture->libpcap));
    window->base = place > 0 ? (uint64_t)place : 0;
    if (window->end == 0 && capture->libpcap_result == PCAP_ERROR) {
        capture_break(capture, "cannot be read on (%.200s)", pcap_geterr(capture->libpcap));
    }
    return window->end > 0;
}

const struct capture_format libpcap_format = {
    .is = libpcap_is,
    .header_bytes = 0,
    .open = libpcap_open,
    .parse = libpcap_parse,
    .refill = libpcap_refill,
    .close = libpcap_close,
};
