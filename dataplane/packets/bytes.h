// Loads of integers from bytes of any alignment. Private to packets/.
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t be16_load(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return be16toh(value);
}

static inline uint32_t be32_load(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return be32toh(value);
}

// In the byte order of a capture's writer.
static inline uint16_t u16_load(const uint8_t *at, bool big_endian)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return big_endian ? be16toh(value) : le16toh(value);
}

static inline uint32_t u32_load(const uint8_t *at, bool big_endian)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return big_endian ? be32toh(value) : le32toh(value);
}

static inline uint64_t u64_load(const uint8_t *at, bool big_endian)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return big_endian ? be64toh(value) : le64toh(value);
}
