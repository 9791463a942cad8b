#include "tools/generate/pcap_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (1 << 20)

struct pcap_writer {
    FILE *out;
    uint64_t bytes;
    char buffer[BUFFER_BYTES];
};

static void put_le32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

struct pcap_writer *pcap_writer_open(const char *path)
{
    static const uint8_t header[24] = {
        0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, [17] = 0xff, [20] = 1};
    struct pcap_writer *writer = malloc(sizeof(*writer));
    if (writer == NULL) {
        return NULL;
    }
    writer->out = fopen(path, "wb");
    if (writer->out == NULL) {
        free(writer);
        return NULL;
    }
    setvbuf(writer->out, writer->buffer, _IOFBF, sizeof(writer->buffer));
    writer->bytes = sizeof(header);
    fwrite(header, sizeof(header), 1, writer->out);
    return writer;
}

void pcap_write(struct pcap_writer *writer, int64_t at_ns, const uint8_t *frame, uint32_t captured,
    uint32_t length)
{
    uint8_t header[16];
    put_le32(header, (uint32_t)(at_ns / 1000000000));
    put_le32(header + 4, (uint32_t)(at_ns % 1000000000));
    put_le32(header + 8, captured);
    put_le32(header + 12, length);
    fwrite_unlocked(header, sizeof(header), 1, writer->out);
    fwrite_unlocked(frame, captured, 1, writer->out);
    writer->bytes += sizeof(header) + captured;
}

uint64_t pcap_writer_bytes(const struct pcap_writer *writer)
{
    return writer->bytes;
}

bool pcap_writer_close(struct pcap_writer *writer)
{
    if (writer == NULL) {
        return true;
    }
    bool failed = ferror(writer->out) != 0;
    failed |= fclose(writer->out) != 0;
    int error = errno;
    free(writer);
    errno = error;
    return !failed;
}
