// Captures of every kind, written here, read by our reader and by libpcap: record by record the
// same instants, lengths and bytes; cut at every byte; several merged.
#include "dataplane/packets/capture.h"
#include "dataplane/packets/packets.h"

#include <pcap/pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/packets/capture_writer.h"

#include <cmocka.h>

#define START_S 1773109800u // 2026-03-10 10:30 in Shanghai

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

// A TCP frame behind any link header, with `payload_bytes` of payload that begin with its number.
static uint32_t frame_make(uint8_t *frame, const uint8_t *link, uint32_t link_bytes,
    uint32_t number, uint32_t payload_bytes)
{
    uint8_t *ip = frame + link_bytes, *tcp = ip + 20;
    uint32_t total = 40 + payload_bytes;
    if (link_bytes > 0) {
        memcpy(frame, link, link_bytes);
    }
    memset(ip, 0, 40);
    ip[0] = 0x45;
    ip[2] = (uint8_t)(total >> 8), ip[3] = (uint8_t)total;
    ip[9] = 6;
    memcpy(ip + 12, "\x0a\x01\x00\x07\x0a\x02\x00\x08", 8);
    tcp[0] = 0x1f, tcp[1] = 0x90, tcp[2] = 0x23, tcp[3] = 0x29, tcp[12] = 0x50, tcp[13] = 0x18;
    for (uint32_t i = 0; i < payload_bytes; i++) {
        tcp[20 + i] = (uint8_t)(i < 4 ? number >> (8 * i) : number * 31 + i);
    }
    return link_bytes + total;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define MAC        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1

static const struct shape {
    const char *what;
    int link_type;
    const uint8_t *link;
    uint32_t link_bytes;
    uint16_t vlan;
} shapes[] = {
    {"Ethernet", LINK_ETHERNET, BYTES(MAC, 8, 0), 0},
    {"VLAN", LINK_ETHERNET, BYTES(MAC, 0x81, 0, 0, 5, 8, 0), 5},
    {"QinQ", LINK_ETHERNET, BYTES(MAC, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0), 6},
    {"Linux cooked", LINK_LINUX_COOKED, BYTES(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0), 0},
    {"Linux cooked v2", LINK_LINUX_COOKED2,
        BYTES(8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0), 0},
    {"raw IP", LINK_RAW_IP, NULL, 0, 0},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

enum container {
    PCAP,
    PCAPNG_ENHANCED,
    PCAPNG_PACKET,
    PCAPNG_MIXED // several interfaces, other blocks between, a second section
};

static const struct form {
    const char *what;
    enum container container;
    bool big_endian;
    uint32_t magic; // pcap
    int unit;       // pcapng
    int64_t offset_s;
} forms[] = {
    {"pcap, us, little endian", PCAP, false, PCAP_US, 0, 0},
    {"pcap, us, big endian", PCAP, true, PCAP_US, 0, 0},
    {"pcap, ns, little endian", PCAP, false, PCAP_NS, 0, 0},
    {"pcap, ns, big endian", PCAP, true, PCAP_NS, 0, 0},
    {"pcapng, no unit", PCAPNG_ENHANCED, false, 0, UNIT_ABSENT, 0},
    {"pcapng, us, big endian", PCAPNG_ENHANCED, true, 0, 6, 0},
    {"pcapng, ns", PCAPNG_ENHANCED, false, 0, 9, 0},
    {"pcapng, ms, with an offset", PCAPNG_ENHANCED, false, 0, 3, 3600},
    {"pcapng, ps", PCAPNG_ENHANCED, false, 0, 12, 0},
    {"pcapng, s", PCAPNG_ENHANCED, false, 0, 0, 0},
    {"pcapng, 2^-20 s, big endian", PCAPNG_ENHANCED, true, 0, 0x80 | 20, 0},
    {"pcapng, 2^-33 s, before zero", PCAPNG_ENHANCED, false, 0, 0x80 | 33, -86400},
    {"pcapng, packet blocks", PCAPNG_PACKET, false, 0, 9, 0},
    {"pcapng, packet blocks, big endian", PCAPNG_PACKET, true, 0, UNIT_ABSENT, 0},
    {"pcapng, mixed", PCAPNG_MIXED, false, 0, 9, 0},
    {"pcapng, mixed, big endian", PCAPNG_MIXED, true, 0, 6, 0},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void form_begin(struct writer *writer, const struct form *form, int link_type)
{
    *writer = (struct writer){.big_endian = form->big_endian};
    if (form->container == PCAP) {
        pcap_header(writer, form->magic, (uint32_t)link_type);
        return;
    }
    pcapng_section(writer);
    pcapng_interface(writer, (uint16_t)link_type, 0, form->unit, form->offset_s);
    if (form->container == PCAPNG_MIXED) {
        pcapng_other(writer, 4, 64); // name resolution
        pcapng_interface(writer, (uint16_t)link_type, 0, 3, 60);
    }
}

static uint64_t units_of_now(const struct form *form, uint32_t number)
{
    uint64_t us = START_S * 1000000ull + number * 997u;
    switch (form->unit) {
    case 0: return us / 1000000;
    case 3: return us / 1000;
    case 9: return us * 1000 + 7;
    case 12: return us * 1000000 + 1234567;
    case 0x80 | 20: return (uint64_t)START_S << 20 | (number * 12347u & 0xfffff);
    case 0x80 | 33: return (uint64_t)START_S << 33 | (number * 123456789u);
    default: return us;
    }
}

static void form_frame(struct writer *writer, const struct form *form, uint32_t number,
    int link_type, const uint8_t *frame, uint32_t captured, uint32_t length)
{
    uint64_t units = units_of_now(form, number);
    switch (form->container) {
    case PCAP:
        pcap_record(writer, START_S + number / 1000, number % 1000 * 997, frame, captured, length);
        return;
    case PCAPNG_PACKET: pcapng_packet(writer, 0, units, frame, captured, length); return;
    case PCAPNG_ENHANCED: pcapng_enhanced(writer, 0, units, frame, captured, length); return;
    case PCAPNG_MIXED: break;
    }
    if (number == 7) { // a second section forgets the interfaces of the first
        pcapng_section(writer);
        pcapng_interface(writer, (uint16_t)link_type, 0, form->unit, 0);
        pcapng_other(writer, 0x0bad, 2000000); // larger than the window
        pcapng_interface(writer, (uint16_t)link_type, 0, 3, 60);
    }
    pcapng_enhanced(writer, number % 2, number % 2 == 0 ? units : START_S * 1000ull + number, frame,
        captured, length);
}

// The next frame of ours, NULL at the end.
static const struct frame *capture_take(struct capture *capture)
{
    if (capture_head(capture) == NULL && !capture_fill(capture)) {
        return NULL;
    }
    return &capture->frames[capture->frame_next++];
}

static void oracle_check(const char *what, const struct writer *writer)
{
    char path[64], error[PCAP_ERRBUF_SIZE];
    int fd;
    struct capture capture;
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    size_t count = 0;
    writer_path(writer, path, &fd);
    if (!capture_open(&capture, path, error, sizeof(error))) {
        fail_msg("%s: %s", what, error);
    }
    pcap_t *oracle =
        pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
    if (oracle == NULL) {
        fail_msg("%s: libpcap: %s", what, error);
    }
    for (const struct frame *frame; (frame = capture_take(&capture)) != NULL; count++) {
        if (pcap_next_ex(oracle, &header, &bytes) != 1) {
            fail_msg("%s: a frame more than libpcap: %s", what, pcap_geterr(oracle));
        }
        int64_t ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec;
        if (frame->at.ns != ns || frame->captured != header->caplen ||
            frame->length != header->len || memcmp(frame->bytes, bytes, frame->captured) != 0) {
            fail_msg("%s: frame %zu differs: %lld ns against %lld, %u of %u bytes", what, count,
                (long long)frame->at.ns, (long long)ns, frame->captured, frame->length);
        }
    }
    assert_int_equal(pcap_next_ex(oracle, &header, &bytes), PCAP_ERROR_BREAK);
    assert_null(capture.warning);
    assert_true(count > 0);
    pcap_close(oracle);
    capture_done(&capture);
    close(fd);
}

static void equal_to_libpcap(void **state)
{
    (void)state;
    uint8_t frame[2048];
    for (size_t f = 0; f < FORMS; f++) {
        for (size_t s = 0; s < SHAPES; s++) {
            struct writer writer;
            char what[120];
            if (forms[f].container == PCAPNG_MIXED && shapes[s].link_type == LINK_RAW_IP) {
                continue; // libpcap 1.10 takes a second interface of this type for another type
            }
            snprintf(what, sizeof(what), "%s, %s", forms[f].what, shapes[s].what);
            form_begin(&writer, &forms[f], shapes[s].link_type);
            for (uint32_t i = 0; i < 150; i++) {
                uint32_t length =
                    frame_make(frame, shapes[s].link, shapes[s].link_bytes, i, 4 + i % 9 * 50);
                uint32_t captured = i % 10 == 3 && length > 60 ? 60 : length;
                form_frame(&writer, &forms[f], i, shapes[s].link_type, frame, captured, length);
            }
            oracle_check(what, &writer);
            writer_done(&writer);
        }
    }
}

// Frames of all sizes up to the limit, over many windows: records straddle their ends at many
// places.
static void equal_to_libpcap_when_large(void **state)
{
    (void)state;
    uint8_t *frame = calloc(1, FRAME_BYTES_MAX);
    assert_non_null(frame);
    for (size_t f = 0; f < FORMS; f += 5) {
        struct writer writer;
        uint32_t seed = 1;
        form_begin(&writer, &forms[f], LINK_ETHERNET);
        for (uint32_t i = 0; i < 6000; i++) {
            uint32_t size = random_next(&seed) % 1500;
            size = i % 1000 == 999 ? FRAME_BYTES_MAX : size;
            memset(frame, (int)i, size);
            form_frame(&writer, &forms[f], i, LINK_ETHERNET, frame, size, size);
        }
        oracle_check(forms[f].what, &writer);
        writer_done(&writer);
    }
    free(frame);
}

// The format with longer records by Kuznetsov is not ours: libpcap reads it for us.
static void other_formats_by_libpcap(void **state)
{
    (void)state;
    struct writer writer = {0};
    uint8_t frame[512];
    pcap_header(&writer, 0xa1b2cd34, LINK_ETHERNET);
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, i, 300);
        writer_u32(&writer, START_S + i);
        writer_u32(&writer, i);
        writer_u32(&writer, length);
        writer_u32(&writer, length);
        writer_u64(&writer, 0); // interface, protocol, packet type
        writer_bytes(&writer, frame, length);
    }
    oracle_check("Kuznetsov", &writer);
    writer.size -= 10;
    char path[64], error[200];
    struct capture capture;
    int fd;
    size_t count = 0;
    writer_path(&writer, path, &fd);
    assert_true(capture_open(&capture, path, error, sizeof(error)));
    while (capture_take(&capture) != NULL) {
        count++;
    }
    assert_int_equal(count, 4999);
    assert_non_null(strstr(capture.warning, path));
    capture_done(&capture);
    close(fd);
    writer_done(&writer);
}

// ---- through the public header

struct reading {
    size_t packets, warnings;
    struct packet_counts counts;
    char warning[200];
};

// False when it cannot be opened. `each` sees every packet.
static bool read_all(const struct writer *writers, size_t count, size_t burst_size,
    void (*each)(const struct packet *packet, void *context), void *context, struct reading *ret)
{
    char paths[8][64], *path_list[8], error[300] = "";
    int fds[8];
    struct packet burst[64];
    for (size_t i = 0; i < count; i++) {
        writer_path(&writers[i], paths[i], &fds[i]);
        path_list[i] = paths[i];
    }
    struct captures *captures = captures_open(path_list, count, error, sizeof(error));
    *ret = (struct reading){0};
    size_t got;
    while (captures != NULL && (got = packets_from_capture(captures, burst, burst_size)) > 0) {
        for (size_t i = 0; i < got; i++) {
            assert_true(burst[i].ordinal == ret->packets++);
            if (each != NULL) {
                each(&burst[i], context);
            }
        }
    }
    if (captures != NULL) {
        ret->counts = *captures_counts(captures);
        ret->warnings = captures_warning_count(captures);
        assert_int_equal(ret->counts.cut_captures, ret->warnings);
        if (ret->warnings > 0) {
            snprintf(ret->warning, sizeof(ret->warning), "%s", captures_warning(captures, 0));
            assert_non_null(strstr(ret->warning, paths[0]));
        }
        assert_null(captures_warning(captures, ret->warnings));
        assert_true(captures_bytes_read(captures) <= captures_bytes_total(captures));
        if (ret->warnings == 0) {
            assert_true(captures_bytes_read(captures) == captures_bytes_total(captures));
        }
    } else {
        assert_non_null(strstr(error, "'"));
    }
    captures_close(captures);
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    return captures != NULL;
}

static void vlan_check(const struct packet *packet, void *context)
{
    const struct shape *shape = context;
    assert_int_equal(packet->kind, PACKET_TCP);
    assert_int_equal(packet->vlan, shape->vlan);
    assert_int_equal(packet->destination_port, 9001);
    assert_int_equal(packet->payload_length, packet->payload_captured);
    assert_int_equal(packet->payload[0], packet->ordinal & 0xff);
}

static void every_shape_is_decoded(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        struct writer writer;
        struct reading reading;
        struct shape shape = shapes[s];
        uint8_t frame[256];
        form_begin(&writer, &forms[0], shape.link_type);
        for (uint32_t i = 0; i < 130; i++) {
            uint32_t length = frame_make(frame, shape.link, shape.link_bytes, i, 100);
            form_frame(&writer, &forms[0], i, shape.link_type, frame, length, length);
        }
        assert_true(read_all(&writer, 1, 32, vlan_check, &shape, &reading));
        assert_int_equal(reading.packets, 130);
        assert_int_equal(reading.counts.frames, 130);
        writer_done(&writer);
    }
}

// Each capture is cut at every byte: exactly the records that end before the cut are delivered, and
// a warning says so unless a record ends at the cut.
static void cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMS; f++) {
        struct writer writer;
        size_t ends[8], header_end;
        uint8_t frame[256];
        if (forms[f].container == PCAPNG_MIXED) {
            continue;
        }
        form_begin(&writer, &forms[f], LINK_ETHERNET);
        header_end = writer.size;
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, i, i);
            form_frame(&writer, &forms[f], i, LINK_ETHERNET, frame, length, length);
            ends[i] = writer.size;
        }
        const size_t open_bytes = forms[f].container == PCAP ? 24 : 28;
        for (size_t cut = 0; cut <= ends[7]; cut++) {
            struct reading reading;
            struct writer part = {.bytes = writer.bytes, .size = cut};
            size_t whole = 0;
            bool is_clean = cut == header_end || cut == open_bytes;
            for (size_t i = 0; i < 8; i++) {
                whole += ends[i] <= cut;
                is_clean |= ends[i] == cut;
            }
            bool is_open = read_all(&part, 1, 64, NULL, NULL, &reading);
            if (is_open != (cut >= open_bytes) || reading.packets != whole ||
                reading.warnings != (is_open && !is_clean)) {
                fail_msg("%s cut at %zu: open %d, %zu packets, %zu warnings", forms[f].what, cut,
                    is_open, reading.packets, reading.warnings);
            }
        }
        writer_done(&writer);
    }
}

static void wrong_records_end_a_capture(void **state)
{
    (void)state;
    uint8_t frame[128];
    const uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 1, 20);
    static const struct {
        const char *what;
        enum container container;
        size_t at; // from the start of the second record
        uint8_t value;
        const char *warning;
    } wrongs[] = {
        {"pcap: a record over the limit", PCAP, 11, 0x7f, "(the limit is 262144)"},
        {"pcap: a record beyond the end", PCAP, 9, 0x02, "middle of a record"},
        {"pcapng: length no multiple of 4", PCAPNG_ENHANCED, 4, 0x75, "a length of"},
        {"pcapng: length below a block's", PCAPNG_ENHANCED, 4, 0x08, "a length of"},
        {"pcapng: length over the limit", PCAPNG_ENHANCED, 7, 0x7f, "a length of"},
        {"pcapng: lengths that differ", PCAPNG_ENHANCED, 4, 0x68, "two lengths differ"},
        {"pcapng: no such interface", PCAPNG_ENHANCED, 8, 0x01, "interface 1, of 1"},
        {"pcapng: captured beyond the block", PCAPNG_ENHANCED, 21, 0x01, "wrong length"},
    };
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct form form = {.container = wrongs[i].container, .magic = PCAP_US, .unit = 6};
        struct writer writer;
        struct reading reading;
        form_begin(&writer, &form, LINK_ETHERNET);
        form_frame(&writer, &form, 0, LINK_ETHERNET, frame, length, length);
        size_t second = writer.size;
        form_frame(&writer, &form, 1, LINK_ETHERNET, frame, length, length);
        form_frame(&writer, &form, 2, LINK_ETHERNET, frame, length, length);
        writer.bytes[second + wrongs[i].at] = wrongs[i].value;
        assert_true(read_all(&writer, 1, 64, NULL, NULL, &reading));
        if (reading.packets != 1 || strstr(reading.warning, wrongs[i].warning) == NULL) {
            fail_msg("%s: %zu packets, '%s'", wrongs[i].what, reading.packets, reading.warning);
        }
        writer_done(&writer);
    }
}

static void not_a_capture(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes, *error;
    } files[] = {
        {"an empty file", "", "is empty"},
        {"text", "MTI 0200 is not the start of a capture at all", "is no capture"},
        {"half a pcapng header",
            "\x0a\x0d\x0d\x0a"
            "abcd",
            "in the middle of its file header"},
        {"pcapng without byte order",
            "\x0a\x0d\x0d\x0a"
            "abcdabcdabcdabcdabcdabcdabcd",
            "byte-order mark"},
    };
    char error[300], path[64], *paths[] = {path};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct writer writer = {0};
        int fd;
        writer_bytes(&writer, files[i].bytes, strlen(files[i].bytes));
        writer_path(&writer, path, &fd);
        assert_null(captures_open(paths, 1, error, sizeof(error)));
        if (strstr(error, files[i].error) == NULL || strstr(error, path) == NULL) {
            fail_msg("%s: '%s'", files[i].what, error);
        }
        close(fd);
        writer_done(&writer);
    }
    snprintf(path, sizeof(path), "/no/such/capture.pcap");
    assert_null(captures_open(paths, 1, error, sizeof(error)));
    assert_non_null(strstr(error, "'/no/such/capture.pcap'"));
    snprintf(path, sizeof(path), "/");
    assert_null(captures_open(paths, 1, error, sizeof(error)));
    assert_non_null(strstr(error, "'/'"));
}

static void simple_packets_take_the_time_before(void **state)
{
    (void)state;
    struct writer writer = {0};
    struct capture capture;
    char path[64], error[200];
    uint8_t frame[64] = {1, 2, 3};
    int fd;
    pcapng_section(&writer);
    pcapng_interface(&writer, LINK_ETHERNET, 40, 9, 0);
    pcapng_enhanced(&writer, 0, START_S * 1000000000ull, frame, 20, 20);
    pcapng_simple(&writer, frame, 40, 64);
    pcapng_simple(&writer, frame, 13, 13);
    writer_path(&writer, path, &fd);
    assert_true(capture_open(&capture, path, error, sizeof(error)));
    assert_int_equal(capture_take(&capture)->captured, 20);
    const struct frame *cut = capture_take(&capture);
    assert_true(cut->captured == 40 && cut->length == 64);
    const struct frame *whole = capture_take(&capture);
    assert_true(whole->captured == 13 && whole->length == 13);
    assert_true(whole->at.ns == START_S * NS_PER_S);
    assert_null(capture_take(&capture));
    assert_int_equal(capture.untimed, 2);
    assert_null(capture.warning);
    capture_done(&capture);
    close(fd);
    writer_done(&writer);
}

// A time that 64 bits of nanoseconds cannot hold stays at their end; nothing overflows.
static void impossible_times_saturate(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int unit;
        int64_t offset_s;
        uint64_t units;
        int64_t expected_ns;
    } times[] = {
        {"ns beyond", 9, 0, UINT64_MAX, INT64_MAX - 1},
        {"us beyond", 6, 0, UINT64_MAX, INT64_MAX - 1},
        {"the value of never", 9, 0, INT64_MAX, INT64_MAX - 1},
        {"seconds beyond", 0, INT64_MAX, UINT64_MAX, INT64_MAX - 1},
        {"far before", 6, INT64_MIN, 0, INT64_MIN},
        {"finest binary unit", 0xbf, 0, UINT64_MAX, 1999999999},
        {"finest decimal unit", 19, 0, UINT64_MAX, 1844674407},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct writer writer = {0};
        struct capture capture;
        char path[64], error[200];
        int fd;
        pcapng_section(&writer);
        pcapng_interface(&writer, LINK_ETHERNET, 0, times[i].unit, times[i].offset_s);
        pcapng_enhanced(&writer, 0, times[i].units, "", 0, 0);
        writer_path(&writer, path, &fd);
        assert_true(capture_open(&capture, path, error, sizeof(error)));
        int64_t ns = capture_take(&capture)->at.ns;
        if (ns != times[i].expected_ns) {
            fail_msg("%s: %lld", times[i].what, (long long)ns);
        }
        capture_done(&capture);
        close(fd);
        writer_done(&writer);
    }
}

// libpcap refuses these two, the format allows them.
static void sections_and_interfaces_may_differ(void **state)
{
    (void)state;
    struct writer writer = {0};
    struct reading reading;
    uint8_t frame[256];
    uint32_t length;
    pcapng_section(&writer);
    pcapng_interface(&writer, LINK_ETHERNET, 0, 9, 0);
    pcapng_interface(&writer, LINK_RAW_IP, 0, 9, 0);
    length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 0, 10);
    pcapng_enhanced(&writer, 0, START_S * 1000000000ull, frame, length, length);
    length = frame_make(frame, NULL, 0, 1, 10);
    pcapng_enhanced(&writer, 1, START_S * 1000000000ull + 1, frame, length, length);
    writer.big_endian = true;
    pcapng_section(&writer);
    pcapng_interface(&writer, LINK_LINUX_COOKED, 0, 9, 0);
    length = frame_make(frame, shapes[3].link, shapes[3].link_bytes, 2, 10);
    pcapng_enhanced(&writer, 0, START_S * 1000000000ull + 2, frame, length, length);
    struct shape any = {.vlan = 0};
    assert_true(read_all(&writer, 1, 64, vlan_check, &any, &reading));
    assert_int_equal(reading.packets, 3);
    assert_int_equal(reading.warnings, 0);
    writer_done(&writer);
}

// ---- merge

#define MERGE_FILES  5
#define MERGE_FRAMES 2000

struct merge_frame {
    int64_t ns, reached_ns; // its own time, the latest of its file so far
    uint32_t number;
    uint16_t file;
};

struct merge {
    struct merge_frame frames[MERGE_FILES * MERGE_FRAMES];
    size_t at;
};

static int merge_compare(const void *one, const void *other)
{
    const struct merge_frame *a = one, *b = other;
    if (a->reached_ns != b->reached_ns) {
        return a->reached_ns < b->reached_ns ? -1 : 1;
    }
    return a->file != b->file ? (int)a->file - (int)b->file : (int)a->number - (int)b->number;
}

static void merge_check(const struct packet *packet, void *context)
{
    struct merge *merge = context;
    const struct merge_frame *expected = &merge->frames[merge->at++];
    uint32_t number = (uint32_t)packet->payload[0] | (uint32_t)packet->payload[1] << 8;
    if (packet->at.ns != expected->ns || packet->tap_port != expected->file ||
        number != expected->number) {
        fail_msg("packet %zu: %u of file %u, not %u of file %u", merge->at - 1, number,
            packet->tap_port, expected->number, expected->file);
    }
}

// Small steps of time, so that ties are frequent; in file 2 the time steps back now and then; files
// 3 and 4 are one capture rotated.
static void merge_write(struct writer *writers, struct merge *merge, uint64_t *ret_steps)
{
    uint32_t seed = 7;
    *ret_steps = 0;
    for (uint16_t file = 0; file < MERGE_FILES; file++) {
        int64_t us = file == 4 ? 3000 : 0, reached = INT64_MIN;
        pcap_header(&writers[file], PCAP_US, LINK_ETHERNET);
        for (uint32_t i = 0; i < MERGE_FRAMES; i++) {
            uint8_t frame[1200];
            us += random_next(&seed) % 3;
            us -= file == 2 && i % 100 == 50 ? 40 : 0;
            int64_t ns = START_S * NS_PER_S + (us + 1000) * 1000;
            *ret_steps += ns < reached;
            reached = ns > reached ? ns : reached;
            uint32_t length = frame_make(
                frame, shapes[0].link, shapes[0].link_bytes, i, 4 + random_next(&seed) % 900);
            pcap_record(&writers[file], START_S, (uint32_t)us + 1000, frame, length, length);
            merge->frames[merge->at++] = (struct merge_frame){ns, reached, i, file};
        }
    }
    qsort(merge->frames, merge->at, sizeof(merge->frames[0]), merge_compare);
}

static void merged_by_time(void **state)
{
    (void)state;
    static struct merge merge;
    static const size_t burst_sizes[] = {1, 7, 64};
    struct writer writers[MERGE_FILES] = {0};
    uint64_t steps;
    merge_write(writers, &merge, &steps);
    assert_true(steps > 100);
    for (size_t i = 0; i < 3; i++) {
        struct reading reading;
        merge.at = 0;
        assert_true(read_all(writers, MERGE_FILES, burst_sizes[i], merge_check, &merge, &reading));
        assert_int_equal(reading.packets, MERGE_FILES * MERGE_FRAMES);
        assert_int_equal(reading.counts.time_stepped_back, steps);
    }
    for (size_t i = 0; i < MERGE_FILES; i++) {
        writer_done(&writers[i]);
    }
}

static void one_cut_capture_does_not_stop_the_others(void **state)
{
    (void)state;
    struct writer writers[2] = {0};
    struct reading reading;
    uint8_t frame[128];
    const uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 1, 20);
    for (int file = 0; file < 2; file++) {
        pcap_header(&writers[file], PCAP_US, LINK_ETHERNET);
        for (uint32_t i = 0; i < 10; i++) {
            pcap_record(&writers[file], START_S + i, 0, frame, length, length);
        }
    }
    writers[0].size -= length * 5;
    assert_true(read_all(writers, 2, 64, NULL, NULL, &reading));
    assert_in_range(reading.packets, 14, 16);
    assert_int_equal(reading.warnings, 1);
    writer_done(&writers[0]);
    writer_done(&writers[1]);
}

// A pipe hands bytes out in pieces, and has no size.
static void standard_input_is_a_capture(void **state)
{
    (void)state;
    struct writer writer = {0};
    uint8_t frame[128];
    char error[200], dash[] = "-", *paths[] = {dash};
    int ends[2], kept = dup(STDIN_FILENO);
    struct packet burst[64];
    size_t count = 0, got;
    const uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 1, 20);
    pcap_header(&writer, PCAP_NS, LINK_ETHERNET);
    for (uint32_t i = 0; i < 300; i++) {
        pcap_record(&writer, START_S + i, 0, frame, length, length);
    }
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], writer.bytes, writer.size), writer.size); // fits a pipe
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct captures *captures = captures_open(paths, 1, error, sizeof(error));
    assert_non_null(captures);
    while ((got = packets_from_capture(captures, burst, 64)) > 0) {
        count += got;
    }
    assert_int_equal(count, 300);
    assert_int_equal(captures_bytes_total(captures), 0);
    assert_int_equal(captures_warning_count(captures), 0);
    captures_close(captures);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    writer_done(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_libpcap),
        cmocka_unit_test(equal_to_libpcap_when_large),
        cmocka_unit_test(other_formats_by_libpcap),
        cmocka_unit_test(every_shape_is_decoded),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(wrong_records_end_a_capture),
        cmocka_unit_test(not_a_capture),
        cmocka_unit_test(simple_packets_take_the_time_before),
        cmocka_unit_test(impossible_times_saturate),
        cmocka_unit_test(sections_and_interfaces_may_differ),
        cmocka_unit_test(merged_by_time),
        cmocka_unit_test(one_cut_capture_does_not_stop_the_others),
        cmocka_unit_test(standard_input_is_a_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
