#include "tests/unit/packets/capture_forms.h"

#include "config/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

uint32_t frame_make(uint8_t *frame, const uint8_t *link, uint32_t link_bytes, uint32_t number,
    uint32_t payload_bytes)
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

const struct shape shapes[SHAPES] = {
    {"Ethernet", LINK_ETHERNET, BYTES(MAC, 8, 0), 0},
    {"VLAN", LINK_ETHERNET, BYTES(MAC, 0x81, 0, 0, 5, 8, 0), 5},
    {"QinQ", LINK_ETHERNET, BYTES(MAC, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0), 6},
    {"Linux cooked", LINK_LINUX_COOKED, BYTES(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0), 0},
    {"Linux cooked v2", LINK_LINUX_COOKED2,
        BYTES(8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0), 0},
    {"raw IP", LINK_RAW_IP, NULL, 0, 0},
};

const struct form forms[FORMS] = {
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

void form_begin(struct writer *writer, const struct form *form, int link_type)
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

void form_frame(struct writer *writer, const struct form *form, uint32_t number, int link_type,
    const uint8_t *frame, uint32_t captured, uint32_t length)
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

bool read_all(const struct writer *writers, size_t count, size_t burst_size,
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
