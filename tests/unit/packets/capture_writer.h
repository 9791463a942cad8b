// Writes captures byte by byte, for tests: pcap and pcapng in both byte orders, wrong ones
// included.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
    uint8_t *bytes;
    size_t size, room;
    bool big_endian;
};

void writer_done(struct writer *writer);
void writer_bytes(struct writer *writer, const void *bytes, size_t count);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);

#define PCAP_US 0xa1b2c3d4u
#define PCAP_NS 0xa1b23c4du

void pcap_header(struct writer *writer, uint32_t magic, uint32_t link_type);
void pcap_record(struct writer *writer, uint32_t second, uint32_t fraction, const void *bytes,
    uint32_t captured, uint32_t length);

enum { UNIT_ABSENT = -1 };

void pcapng_section(struct writer *writer);
void pcapng_interface(
    struct writer *writer, uint16_t link_type, uint32_t snap_length, int unit, int64_t offset_s);
void pcapng_enhanced(struct writer *writer, uint32_t interface, uint64_t units, const void *bytes,
    uint32_t captured, uint32_t length);
void pcapng_packet(struct writer *writer, uint16_t interface, uint64_t units, const void *bytes,
    uint32_t captured, uint32_t length);
void pcapng_simple(struct writer *writer, const void *bytes, uint32_t captured, uint32_t length);
void pcapng_statistics(
    struct writer *writer, uint32_t interface, uint64_t interface_dropped, uint64_t system_dropped);
void pcapng_other(struct writer *writer, uint32_t type, uint32_t body_bytes);

// A path that leads to the bytes while `*ret_fd` is open.
void writer_path(const struct writer *writer, char path[static 64], int *ret_fd);
