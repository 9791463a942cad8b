// pcapng: sections of blocks. A section header gives the byte order and starts anew with no
// interfaces; interface descriptions give link type, snap length and the unit of time; enhanced,
// simple and (obsolete) packet blocks hold the frames; statistics say how many frames the capturing
// program lost; all others are stepped over, however long.
// Every block says its length before and after: they must agree. A block that is used must fit the
// window whole (BLOCK_BYTES_MAX); whatever breaks these rules ends the capture with a sentence.
// Simple packet blocks have no time, others an impossible one: they take that of the packet before
// them, and are counted.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/capture.h"

#include <stdio.h>
#include <stdlib.h>

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_STATISTICS = 5,
    BLOCK_ENHANCED = 6,
    BLOCK_SECTION = 0x0a0d0d0a, // a palindrome
};

#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define BLOCK_BYTES_MIN   12 // type, length, length
#define SECTION_BYTES_MIN 28
#define END_OF_TIME_NS    (7258118400 * NS_PER_S) // 2200-01-01

enum interface_option { OPTION_END = 0, OPTION_TIME_UNIT = 9, OPTION_TIME_OFFSET = 14 };
enum statistics_option { OPTION_INTERFACE_DROPPED = 5, OPTION_SYSTEM_DROPPED = 7 };

struct block {
    uint32_t type;
    uint32_t body_bytes; // without type, lengths
    const uint8_t *body;
};

static bool section_order(const uint8_t *block, bool *ret_big_endian)
{
    if (u32_load(block + 8, true) == BYTE_ORDER_MAGIC) {
        *ret_big_endian = true;
        return true;
    }
    *ret_big_endian = false;
    return u32_load(block + 8, false) == BYTE_ORDER_MAGIC;
}

static bool pcapng_is(const uint8_t *bytes, size_t count)
{
    return count >= 4 && u32_load(bytes, true) == BLOCK_SECTION;
}

static bool pcapng_open(struct capture *capture, char *reason, size_t reason_size)
{
    if (!section_order(capture->window.bytes, &capture->big_endian)) {
        snprintf(reason, reason_size, "has no byte-order mark in its section header");
        return false;
    }
    return true;
}

// ---- time

static void interface_unit(struct interface *interface)
{
    bool is_whole = interface->units_per_s <= (uint64_t)NS_PER_S &&
                    NS_PER_S % interface->units_per_s == 0 && interface->offset_s == 0;
    interface->ns_per_unit = is_whole ? NS_PER_S / interface->units_per_s : 0;
}

// False when it is before 1970 or after 2199: a broken or hostile writer's. One such time would
// move the latest time that was reached, and all that waits for it, by centuries.
static bool interface_instant(const struct interface *interface, uint64_t units, int64_t *ret_ns)
{
    if (interface->ns_per_unit != 0) {
        return !__builtin_mul_overflow(units, interface->ns_per_unit, ret_ns) &&
               *ret_ns < END_OF_TIME_NS;
    }
    __int128 second = (__int128)(units / interface->units_per_s) + interface->offset_s;
    __int128 fraction = (__int128)(units % interface->units_per_s) * NS_PER_S;
    __int128 ns = second * NS_PER_S + fraction / interface->units_per_s;
    *ret_ns = (int64_t)ns;
    return ns >= 0 && ns < END_OF_TIME_NS;
}

// ---- blocks

// 10^-n, or 2^-n with the top bit set. False when it does not fit 64 bits.
static bool unit_option(struct interface *interface, uint8_t value)
{
    unsigned exponent = value & 0x7f;
    if (exponent > ((value & 0x80) != 0 ? 63 : 19)) {
        return false;
    }
    interface->units_per_s = 1;
    for (unsigned i = 0; i < exponent; i++) {
        interface->units_per_s *= (value & 0x80) != 0 ? 2 : 10;
    }
    return true;
}

struct option {
    uint16_t code, length;
    const uint8_t *value;
};

// The next of a block's options, which all blocks write alike. False at their end; then `left` is
// 0, unless one of them did not fit.
static bool option_next(const uint8_t **at, uint32_t *left, bool big_endian, struct option *ret)
{
    if (*left < 4) {
        return false;
    }
    *ret = (struct option){u16_load(*at, big_endian), u16_load(*at + 2, big_endian), *at + 4};
    uint32_t padded = (ret->length + 3u) & ~3u;
    if (ret->code == OPTION_END) {
        *left = 0;
        return false;
    }
    if (padded > *left - 4) {
        return false;
    }
    *at += 4 + padded;
    *left -= 4 + padded;
    return true;
}

static bool interface_options(
    struct interface *interface, const uint8_t *at, uint32_t left, bool big_endian)
{
    struct option option;
    while (option_next(&at, &left, big_endian, &option)) {
        if (option.code == OPTION_TIME_UNIT &&
            (option.length != 1 || !unit_option(interface, option.value[0]))) {
            return false;
        }
        if (option.code == OPTION_TIME_OFFSET) {
            if (option.length != 8) {
                return false;
            }
            interface->offset_s = (int64_t)u64_load(option.value, big_endian);
        }
    }
    return left == 0;
}

static bool interface_room(struct capture *capture)
{
    if (capture->interface_count < capture->interface_room) {
        return true;
    }
    size_t room = capture->interface_room == 0 ? 4 : capture->interface_room * 2;
    struct interface *grown =
        room > INTERFACES_MAX ? NULL : realloc(capture->interfaces, room * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    capture->interfaces = grown;
    capture->interface_room = room;
    return true;
}

static void interface_add(struct capture *capture, const struct block *block)
{
    bool big_endian = capture->big_endian;
    struct interface interface = {.units_per_s = 1000000};
    if (block->body_bytes < 8 ||
        !interface_options(&interface, block->body + 8, block->body_bytes - 8, big_endian)) {
        capture_break(capture, "has a wrong interface description");
        return;
    }
    if (!interface_room(capture)) {
        capture_break(capture, "has too many interfaces (the limit is %u)", INTERFACES_MAX);
        return;
    }
    interface.link_type = u16_load(block->body, big_endian);
    interface.snap_length = u32_load(block->body + 4, big_endian);
    interface_unit(&interface);
    capture->interfaces[capture->interface_count++] = interface;
}

// What the capturing program lost, since the interface's start: the last word counts. It is about
// the capture, no part of it: a wrong block is ignored.
static void statistics_use(struct capture *capture, const struct block *block)
{
    bool big_endian = capture->big_endian;
    uint32_t index = block->body_bytes < 12 ? UINT32_MAX : u32_load(block->body, big_endian);
    if (index >= capture->interface_count) {
        return;
    }
    const uint8_t *at = block->body + 12;
    uint32_t left = block->body_bytes - 12;
    uint64_t dropped = 0;
    struct option option;
    while (option_next(&at, &left, big_endian, &option)) {
        if (option.length == 8 &&
            (option.code == OPTION_INTERFACE_DROPPED || option.code == OPTION_SYSTEM_DROPPED)) {
            dropped += u64_load(option.value, big_endian);
        }
    }
    struct interface *interface = &capture->interfaces[index];
    if (dropped > interface->dropped) {
        capture->dropped += dropped - interface->dropped;
        interface->dropped = dropped;
    }
}

static void section_begin(struct capture *capture, const struct block *block)
{
    uint16_t version = block->body_bytes < 16 ? 0 : u16_load(block->body + 4, capture->big_endian);
    if (version != 1) {
        capture_break(capture, "has a section header of the unknown version %u", version);
    }
    capture->interface_count = 0;
}

// NULL, and the capture is broken, when the block names an interface that does not exist.
static const struct interface *interface_at(struct capture *capture, uint32_t index)
{
    if (index < capture->interface_count) {
        return &capture->interfaces[index];
    }
    capture_break(capture, "has a packet of interface %u, of %zu", index, capture->interface_count);
    return NULL;
}

// Enhanced and packet blocks differ in their first four bytes only.
static bool enhanced_frame(struct capture *capture, const struct block *block, struct frame *ret)
{
    bool big_endian = capture->big_endian;
    const uint8_t *body = block->body;
    uint32_t captured = block->body_bytes < 20 ? 0 : u32_load(body + 12, big_endian);
    if (block->body_bytes < 20 || captured > block->body_bytes - 20 || captured > FRAME_BYTES_MAX) {
        capture_break(capture, "has a packet block with a wrong length (%u)", captured);
        return false;
    }
    const struct interface *interface = interface_at(capture,
        block->type == BLOCK_ENHANCED ? u32_load(body, big_endian) : u16_load(body, big_endian));
    if (interface == NULL) {
        return false;
    }
    uint64_t units =
        (uint64_t)u32_load(body + 4, big_endian) << 32 | u32_load(body + 8, big_endian);
    int64_t ns;
    if (!interface_instant(interface, units, &ns)) {
        ns = capture->previous.ns;
        capture->untimed++;
    }
    *ret = (struct frame){.at.ns = ns,
        .bytes = body + 20,
        .captured = captured,
        .length = u32_load(body + 16, big_endian),
        .link_type = interface->link_type};
    return true;
}

static bool simple_frame(struct capture *capture, const struct block *block, struct frame *ret)
{
    const struct interface *interface = interface_at(capture, 0);
    if (interface == NULL) {
        return false;
    }
    uint32_t length = block->body_bytes < 4 ? 0 : u32_load(block->body, capture->big_endian);
    uint32_t captured = length;
    if (interface->snap_length != 0 && captured > interface->snap_length) {
        captured = interface->snap_length;
    }
    if (block->body_bytes < 4 || captured > block->body_bytes - 4 || captured > FRAME_BYTES_MAX) {
        capture_break(capture, "has a packet block with a wrong length (%u)", length);
        return false;
    }
    *ret = (struct frame){.at = capture->previous,
        .bytes = block->body + 4,
        .captured = captured,
        .length = length,
        .link_type = interface->link_type};
    capture->untimed++;
    return true;
}

// True when the block held a frame.
static bool block_use(struct capture *capture, const struct block *block, struct frame *ret)
{
    switch (block->type) {
    case BLOCK_ENHANCED:
    case BLOCK_PACKET: return enhanced_frame(capture, block, ret);
    case BLOCK_SIMPLE: return simple_frame(capture, block, ret);
    case BLOCK_INTERFACE: interface_add(capture, block); return false;
    case BLOCK_SECTION: section_begin(capture, block); return false;
    case BLOCK_STATISTICS: statistics_use(capture, block); return false;
    default: return false;
    }
}

static bool is_used(uint32_t type)
{
    return type == BLOCK_ENHANCED || type == BLOCK_PACKET || type == BLOCK_SIMPLE ||
           type == BLOCK_INTERFACE || type == BLOCK_SECTION || type == BLOCK_STATISTICS;
}

// ---- the walk

// A section may come in the other byte order than the one before: its length can only be read when
// its byte-order mark is there.
static bool order_check(struct capture *capture, const uint8_t *at, size_t left)
{
    if (u32_load(at, true) != BLOCK_SECTION) {
        return true;
    }
    if (left < SECTION_BYTES_MIN) {
        return false;
    }
    if (!section_order(at, &capture->big_endian)) {
        capture_break(capture, "has no byte-order mark in its section header");
        return false;
    }
    return true;
}

// The length that the block at `at` claims, or 0 when it cannot be one.
static uint32_t block_bytes(struct capture *capture, const uint8_t *at)
{
    uint32_t type = u32_load(at, capture->big_endian);
    uint32_t bytes = u32_load(at + 4, capture->big_endian);
    if (bytes < BLOCK_BYTES_MIN || bytes % 4 != 0 || (is_used(type) && bytes > BLOCK_BYTES_MAX)) {
        capture_break(capture, "has a block of type 0x%x with a length of %u", type, bytes);
        return 0;
    }
    return bytes;
}

// The next block, whole in the window; body NULL for one that is stepped over. False when there is
// none (yet), or the capture is broken.
static bool block_next(struct capture *capture, struct block *ret)
{
    struct window *window = &capture->window;
    const uint8_t *at = window->bytes + window->begin;
    size_t left = window_left(window);
    uint32_t bytes;
    if (left < BLOCK_BYTES_MIN || !order_check(capture, at, left) ||
        (bytes = block_bytes(capture, at)) == 0) {
        return false;
    }
    ret->type = u32_load(at, capture->big_endian);
    if (bytes > left) {
        if (is_used(ret->type)) {
            return false;
        }
        window_skip(window, bytes);
        return false;
    }
    if (u32_load(at + bytes - 4, capture->big_endian) != bytes) {
        capture_break(capture, "has a block whose two lengths differ (%u, %u)", bytes,
            u32_load(at + bytes - 4, capture->big_endian));
        return false;
    }
    ret->body = at + 8;
    ret->body_bytes = bytes - BLOCK_BYTES_MIN;
    return true;
}

static size_t pcapng_parse(struct capture *capture, struct frame *frames, size_t max)
{
    struct block block;
    size_t count = 0;
    while (count < max && block_next(capture, &block)) {
        const uint8_t *next = block.body + block.body_bytes + 4;
        __builtin_prefetch(next);
        __builtin_prefetch(next + 64);
        if (block_use(capture, &block, &frames[count])) {
            capture->previous = frames[count++].at;
        } else if (capture->is_broken) {
            break;
        }
        window_skip(&capture->window, block.body_bytes + BLOCK_BYTES_MIN);
    }
    return count;
}

static bool pcapng_refill(struct capture *capture)
{
    return window_refill(&capture->window);
}

const struct capture_format pcapng_format = {
    .is = pcapng_is,
    .header_bytes = SECTION_BYTES_MIN,
    .open = pcapng_open,
    .parse = pcapng_parse,
    .refill = pcapng_refill,
};
