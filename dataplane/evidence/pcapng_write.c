#include "dataplane/evidence/pcapng_write.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum block_type {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
};

enum option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_NAME = 2,        // of an interface
    OPTION_APPLICATION = 4, // of a section
    OPTION_RESOLUTION = 9,  // of an interface
};

#define BLOCK_BYTES_MAX (FRAME_BYTES_MAX + 2048)
#define ETHERNET        1

struct block {
    uint8_t bytes[BLOCK_BYTES_MAX];
    size_t size;
};

static void add_bytes(struct block *block, const void *bytes, size_t size)
{
    memcpy(block->bytes + block->size, bytes, size);
    block->size += size;
    for (; block->size % 4 != 0; block->size++) {
        block->bytes[block->size] = 0;
    }
}

static void add_32(struct block *block, uint32_t value)
{
    value = htole32(value);
    add_bytes(block, &value, sizeof(value));
}

static void add_option(struct block *block, enum option option, const void *value, size_t size)
{
    add_32(block, (uint32_t)option | (uint32_t)size << 16);
    add_bytes(block, value, size);
}

static void add_text(struct block *block, enum option option, const char *text)
{
    size_t size = strlen(text);
    add_option(block, option, text, size < 1024 ? size : 1024);
}

static void block_begin(struct block *block, enum block_type type)
{
    block->size = 0;
    add_32(block, type);
    add_32(block, 0); // its length, once it is known
}

static void block_write(struct block *block, struct evidence_file *file)
{
    add_32(block, OPTION_END);
    uint32_t size = htole32((uint32_t)block->size + 4);
    memcpy(block->bytes + 4, &size, sizeof(size));
    add_bytes(block, &size, sizeof(size));
    evidence_file_add(file, block->bytes, block->size);
}

static void interface_write(struct evidence_file *file, size_t port)
{
    static const uint8_t nanoseconds = 9;
    struct block block;
    char name[32];
    snprintf(name, sizeof(name), "port %zu", port);
    block_begin(&block, BLOCK_INTERFACE);
    add_32(&block, ETHERNET); // and two reserved bytes
    add_32(&block, 0);        // no snap length
    add_text(&block, OPTION_NAME, name);
    add_option(&block, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
    block_write(&block, file);
}

void pcapng_write_head(struct evidence_file *file, const char *comment, size_t ports)
{
    struct block block;
    block_begin(&block, BLOCK_SECTION);
    add_32(&block, 0x1a2b3c4d); // byte order
    add_32(&block, 1);          // version 1.0
    add_32(&block, UINT32_MAX); // the section's length is not given
    add_32(&block, UINT32_MAX);
    add_text(&block, OPTION_COMMENT, comment);
    add_text(&block, OPTION_APPLICATION, "tapgrade " TAPGRADE_VERSION);
    block_write(&block, file);
    for (size_t i = 0; i < ports; i++) {
        interface_write(file, i);
    }
}

void pcapng_write_frame(
    struct evidence_file *file, const struct frame_record *record, const char *comment)
{
    struct block block;
    uint64_t at = (uint64_t)record->at_ns;
    block_begin(&block, BLOCK_PACKET);
    add_32(&block, record->port);
    add_32(&block, (uint32_t)(at >> 32));
    add_32(&block, (uint32_t)at);
    add_32(&block, record->captured);
    add_32(&block, record->frame_length);
    add_bytes(&block, record + 1, record->captured);
    add_text(&block, OPTION_COMMENT, comment);
    block_write(&block, file);
}
