// Captures of every form through the public header; cut at every byte; broken ones.
#include "dataplane/packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/packets/capture_forms.h"

#include <cmocka.h>

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

// Blocks that nobody wants are stepped over, also when they are larger than the window; but the
// file must have them.
static void other_blocks_are_stepped_over(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t body_bytes;
        size_t missing;
        size_t packets, warnings;
    } blocks[] = {
        {"small", 8, 0, 1, 0},
        {"larger than the window", 3000000, 0, 1, 0},
        {"small, cut", 8, 1, 0, 1},
        {"larger than the window, cut", 3000000, 1, 0, 1},
        {"larger than the window, far cut", 3000000, 2500000, 0, 1},
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        struct writer writer = {0};
        struct reading reading;
        pcapng_section(&writer);
        pcapng_interface(&writer, LINK_ETHERNET, 0, 9, 0);
        pcapng_other(&writer, 0x0bad, blocks[i].body_bytes);
        if (blocks[i].missing == 0) {
            pcapng_enhanced(&writer, 0, START_S * 1000000000ull, "", 0, 0);
        }
        writer.size -= blocks[i].missing;
        assert_true(read_all(&writer, 1, 64, NULL, NULL, &reading));
        if (reading.packets != blocks[i].packets || reading.warnings != blocks[i].warnings) {
            fail_msg("%s: %zu packets, '%s'", blocks[i].what, reading.packets, reading.warning);
        }
        writer_done(&writer);
    }
}

static void losses_of_the_capturing_program_are_counted(void **state)
{
    (void)state;
    struct writer writer = {0};
    struct reading reading;
    for (int section = 0; section < 2; section++) {
        pcapng_section(&writer);
        pcapng_interface(&writer, LINK_ETHERNET, 0, 9, 0);
        pcapng_interface(&writer, LINK_ETHERNET, 0, 9, 0);
        pcapng_statistics(&writer, 0, 3, 1);
        pcapng_statistics(&writer, 1, 20, 0);
        pcapng_statistics(&writer, 0, 5, 1);   // sums since the start: the last word counts
        pcapng_statistics(&writer, 7, 100, 0); // no such interface
        writer.big_endian = true;
    }
    assert_true(read_all(&writer, 1, 64, NULL, NULL, &reading));
    assert_int_equal(reading.counts.capture_dropped, 2 * (5 + 1 + 20));
    assert_int_equal(reading.warnings, 0);
    writer_done(&writer);
}

static void not_a_capture(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes, *error;
    } files[] = {
        {"an empty file", "", "is empty"},
        {"gzip", "\x1f\x8b\x08", "is compressed"},
        {"xz", "\xfd\x37zXZ", "is compressed"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_decoded),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(wrong_records_end_a_capture),
        cmocka_unit_test(other_blocks_are_stepped_over),
        cmocka_unit_test(losses_of_the_capturing_program_are_counted),
        cmocka_unit_test(not_a_capture),
        cmocka_unit_test(sections_and_interfaces_may_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
