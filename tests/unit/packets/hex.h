// Frames written by hand as hexadecimal text.
#pragma once

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Frames as hexadecimal text, put together from their layers.
#define MAC               "020000000002020000000001"
#define IP4(total, rest)  "4500" total "12340000" rest "0a0100070a020008" // flags 0
#define IP4_TCP(total)    IP4(total, "40060000")
#define IP6(length, next) "60000000" length next "40" IP6_ADDRESSES
#define IP6_ADDRESSES     "20010db8000000000000000000000001 20010db8000000000000000000000002"
#define TCP               "1f9023290000000a0000001450180100 00000000"
#define TCP_OPTIONS       "1f9023290000000a0000001480180100 00000000 0101080a0000000100000002"
#define TEXT              "74657374" // "test"

static inline uint32_t hex_length(const char *hex)
{
    uint32_t digits = 0;
    for (; *hex != '\0'; hex++) {
        digits += *hex != ' ';
    }
    return digits / 2;
}

// Bytes in a block of exactly their size, so that a sanitizer sees one byte too far.
static inline uint8_t *hex_bytes(const char *hex, uint32_t captured)
{
    uint8_t *bytes = malloc(captured > 0 ? captured : 1);
    assert(bytes != NULL);
    for (uint32_t i = 0; i < captured; i++) {
        hex += strspn(hex, " ");
        char digits[3] = {hex[0], hex[1], '\0'};
        hex += 2;
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes;
}
