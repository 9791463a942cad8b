// Each tunnel as one row of bytes, from the mirror 192.0.2.1 to the sensor 192.0.2.2; only lengths
// and the checksum are filled in.
#include "tools/generate/wrap_bytes.h"

#include <string.h>

#define ETHERNET_BYTES 14
#define IPV4_BYTES     20

#define ETHERNET(type) 0x02, 0, 0xc0, 0, 2, 2, 0x02, 0, 0xc0, 0, 2, 1, (type) >> 8, (type)&0xff
#define IPV4(protocol)                                                                             \
    ETHERNET(0x0800), 0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2
#define UDP(port) IPV4(17), 0xc0, 0x01, (port) >> 8, (port)&0xff, 0, 0, 0, 0

static const struct wrap {
    uint8_t length;
    bool has_ipv4, has_udp;
    uint8_t bytes[WRAP_BYTES_MAX];
} wraps[] = {
    [WRAP_NONE] = {0},
    [WRAP_VXLAN] = {50, true, true, {UDP(4789), 0x08, 0, 0, 0, 0, 0, 42, 0}},
    [WRAP_GENEVE] = {54, true, true,
        {UDP(6081), 0x01, 0, 0x65, 0x58, 0, 0, 42, 0, 0x01, 0x02, 0x01, 0}}, // one empty option
    [WRAP_GRE] = {42, true, false, {IPV4(47), 0x20, 0, 0x65, 0x58, 0, 0, 0, 42}}, // with a key
    [WRAP_ERSPAN2] = {50, true, false,
        {IPV4(47), 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x64, 0x18, 0x05, 0, 0, 0, 9}},
    [WRAP_ERSPAN3] = {62, true, false,
        {IPV4(47), 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0x64, 0, 0x05, 0, 0, 0, 99, 0, 0, 0, 1,
            0x0c, 0, 0, 0, 0, 0, 0, 0}}, // with the platform's sub-header
    [WRAP_MPLS] = {26, false, false,
        {ETHERNET(0x8847), 0, 1, 0x00, 63, 0, 2, 0x01, 63, 0, 0, 0, 0}}, // two labels, control word
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_ipv4_lengths(uint8_t *ip, uint32_t length, bool has_udp)
{
    uint32_t sum = 0;
    put16(ip + 2, length);
    if (has_udp) {
        put16(ip + IPV4_BYTES + 4, length - IPV4_BYTES);
    }
    for (int i = 0; i < IPV4_BYTES; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
}

uint32_t wrap_write(uint8_t *frame, uint32_t length, enum wrap_name wrap)
{
    const struct wrap *row = &wraps[wrap];
    memmove(frame + row->length, frame, length);
    memcpy(frame, row->bytes, row->length);
    length += row->length;
    if (row->has_ipv4) {
        put_ipv4_lengths(frame + ETHERNET_BYTES, length - ETHERNET_BYTES, row->has_udp);
    }
    return length;
}
