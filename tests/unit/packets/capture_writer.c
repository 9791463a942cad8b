#include "tests/unit/packets/capture_writer.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void writer_done(struct writer *writer)
{
    free(writer->bytes);
    *writer = (struct writer){0};
}

void writer_bytes(struct writer *writer, const void *bytes, size_t count)
{
    if (writer->room - writer->size < count) {
        writer->room = (writer->size + count) * 2;
        writer->bytes = realloc(writer->bytes, writer->room);
        assert(writer->bytes != NULL);
    }
    if (count > 0) {
        memcpy(writer->bytes + writer->size, bytes, count);
        writer->size += count;
    }
}

void writer_u16(struct writer *writer, uint16_t value)
{
    value = writer->big_endian ? htobe16(value) : htole16(value);
    writer_bytes(writer, &value, sizeof(value));
}

void writer_u32(struct writer *writer, uint32_t value)
{
    value = writer->big_endian ? htobe32(value) : htole32(value);
    writer_bytes(writer, &value, sizeof(value));
}

void writer_u64(struct writer *writer, uint64_t value)
{
    value = writer->big_endian ? htobe64(value) : htole64(value);
    writer_bytes(writer, &value, sizeof(value));
}

void pcap_header(struct writer *writer, uint32_t magic, uint32_t link_type)
{
    writer_u32(writer, magic);
    writer_u16(writer, 2);
    writer_u16(writer, 4);
    writer_u64(writer, 0);
    writer_u32(writer, 262144);
    writer_u32(writer, link_type);
}

void pcap_record(struct writer *writer, uint32_t second, uint32_t fraction, const void *bytes,
    uint32_t captured, uint32_t length)
{
    writer_u32(writer, second);
    writer_u32(writer, fraction);
    writer_u32(writer, captured);
    writer_u32(writer, length);
    writer_bytes(writer, bytes, captured);
}

static void padding(struct writer *writer, size_t count)
{
    writer_bytes(writer, "\0\0\0", (4 - count % 4) % 4);
}

void pcapng_section(struct writer *writer)
{
    writer_u32(writer, 0x0a0d0d0a);
    writer_u32(writer, 28);
    writer_u32(writer, 0x1a2b3c4d);
    writer_u16(writer, 1);
    writer_u16(writer, 0);
    writer_u64(writer, UINT64_MAX);
    writer_u32(writer, 28);
}

void pcapng_interface(
    struct writer *writer, uint16_t link_type, uint32_t snap_length, int unit, int64_t offset_s)
{
    uint32_t bytes = 20 + (unit == UNIT_ABSENT ? 0 : 8) + (offset_s == 0 ? 0 : 12) + 12;
    writer_u32(writer, 1);
    writer_u32(writer, bytes);
    writer_u16(writer, link_type);
    writer_u16(writer, 0);
    writer_u32(writer, snap_length);
    writer_u16(writer, 2); // if_name, with padding
    writer_u16(writer, 3);
    writer_bytes(writer, "tap", 4);
    if (unit != UNIT_ABSENT) {
        uint8_t value[4] = {(uint8_t)unit};
        writer_u16(writer, 9);
        writer_u16(writer, 1);
        writer_bytes(writer, value, 4);
    }
    if (offset_s != 0) {
        writer_u16(writer, 14);
        writer_u16(writer, 8);
        writer_u64(writer, (uint64_t)offset_s);
    }
    writer_u32(writer, 0); // end of options
    writer_u32(writer, bytes);
}

static void frame_block(struct writer *writer, uint32_t type, uint64_t units, const void *bytes,
    uint32_t captured, uint32_t length, uint32_t interface)
{
    uint32_t block = 12 + 20 + ((captured + 3) & ~3u);
    writer_u32(writer, type);
    writer_u32(writer, block);
    if (type == 6) {
        writer_u32(writer, interface);
    } else {
        writer_u16(writer, (uint16_t)interface);
        writer_u16(writer, 0);
    }
    writer_u32(writer, (uint32_t)(units >> 32));
    writer_u32(writer, (uint32_t)units);
    writer_u32(writer, captured);
    writer_u32(writer, length);
    writer_bytes(writer, bytes, captured);
    padding(writer, captured);
    writer_u32(writer, block);
}

void pcapng_enhanced(struct writer *writer, uint32_t interface, uint64_t units, const void *bytes,
    uint32_t captured, uint32_t length)
{
    frame_block(writer, 6, units, bytes, captured, length, interface);
}

void pcapng_packet(struct writer *writer, uint16_t interface, uint64_t units, const void *bytes,
    uint32_t captured, uint32_t length)
{
    frame_block(writer, 2, units, bytes, captured, length, interface);
}

void pcapng_simple(struct writer *writer, const void *bytes, uint32_t captured, uint32_t length)
{
    uint32_t block = 12 + 4 + ((captured + 3) & ~3u);
    writer_u32(writer, 3);
    writer_u32(writer, block);
    writer_u32(writer, length);
    writer_bytes(writer, bytes, captured);
    padding(writer, captured);
    writer_u32(writer, block);
}

static void option_u64(struct writer *writer, uint16_t code, uint64_t value)
{
    writer_u16(writer, code);
    writer_u16(writer, 8);
    writer_u64(writer, value);
}

void pcapng_statistics(
    struct writer *writer, uint32_t interface, uint64_t interface_dropped, uint64_t system_dropped)
{
    writer_u32(writer, 5);
    writer_u32(writer, 64);
    writer_u32(writer, interface);
    writer_u64(writer, 0);             // time
    option_u64(writer, 4, 1000000000); // received
    option_u64(writer, 5, interface_dropped);
    option_u64(writer, 7, system_dropped);
    writer_u32(writer, 0); // end of options
    writer_u32(writer, 64);
}

void pcapng_other(struct writer *writer, uint32_t type, uint32_t body_bytes)
{
    static const uint8_t zeros[4096];
    writer_u32(writer, type);
    writer_u32(writer, body_bytes + 12);
    for (uint32_t left = body_bytes; left > 0;) {
        uint32_t piece = left < sizeof(zeros) ? left : (uint32_t)sizeof(zeros);
        writer_bytes(writer, zeros, piece);
        left -= piece;
    }
    writer_u32(writer, body_bytes + 12);
}

void writer_path(const struct writer *writer, char path[static 64], int *ret_fd)
{
    *ret_fd = memfd_create("capture", MFD_CLOEXEC);
    assert(*ret_fd >= 0);
    for (size_t done = 0; done < writer->size;) {
        ssize_t put = write(*ret_fd, writer->bytes + done, writer->size - done);
        assert(put > 0);
        done += (size_t)put;
    }
    snprintf(path, 64, "/proc/self/fd/%d", *ret_fd);
}
