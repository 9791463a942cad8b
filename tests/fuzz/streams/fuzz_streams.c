// Bytes → packets of four connections → messages. Sixteen bytes describe a packet: side,
// connection, flags, steps of sequence, acknowledgement and time, and where in the payload store
// its bytes lie. The store begins with valid messages and ends with the input itself. A second rig
// takes every packet the long way, and must say the same.
#include "dataplane/transactions/streams.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/streams/rig.h"

#define STORE_MESSAGES 8
#define MESSAGE_BYTES  200
#define STORE_BYTES    (STORE_MESSAGES * MESSAGE_BYTES)
#define PACKET_BYTES   16
#define INPUT_MOST     8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number(const uint8_t *bytes)
{
    return (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | (uint32_t)bytes[3] << 24;
}

// Small steps mostly; the top bit asks for the whole range.
static uint32_t step(const uint8_t *bytes)
{
    uint32_t value = number(bytes);
    return value & 0x80000000u ? value << 1 : value & 0xfff;
}

static struct packet packet_from(const uint8_t *data, struct instant *now, const uint8_t *store,
    size_t store_bytes, uint32_t sequences[8])
{
    unsigned side = data[0] & 1, connection = data[0] >> 1 & 3;
    uint32_t *sequence = &sequences[connection * 2 + side];
    uint32_t length = (data[1] | (data[2] & 3u) << 8) % (uint32_t)store_bytes;
    uint32_t offset = data[3] % 64 * 25 % (uint32_t)(store_bytes - length);
    *now = instant_add(*now, (data[0] & 8 ? NS_PER_MS : 1000) * (data[4] - 2));
    if (data[5] & 1) {
        *now = instant_add(*now, (int64_t)data[4] * NS_PER_S);
    }
    struct packet packet = rig_packet(connection, side == 0, 0,
        *sequence + step(data + 8) - (data[5] & 2 ? 600 : 0), store + offset, length);
    packet.at = *now;
    packet.tcp_flags = data[6] & 0x17;
    packet.kind = data[6] & 0x20 && data[6] & 0x40 ? data[7] % 3 : PACKET_TCP;
    packet.vlan = data[7];
    packet.acknowledgement = sequences[connection * 2 + !side] + step(data + 12);
    packet.payload_captured -= data[5] & 4 && length > 0 ? data[4] % length : 0;
    if (data[5] & 8) {
        *sequence = packet.sequence + length;
    }
    return packet;
}

// What must hold whatever the packets were.
static void rig_check(struct rig *rig, struct instant watermark, size_t before)
{
    for (size_t i = before; i < rig->count; i++) {
        if (rig->messages[i].at.ns < watermark.ns) {
            abort();
        }
    }
    if (streams_watermark(rig->streams).ns < watermark.ns) {
        abort();
    }
}

static int by_place(const void *a, const void *b)
{
    return message_compare(a, b);
}

// No two messages have one place: pairing takes them in the same order wherever they come from.
static void places_check(const struct rig *rig)
{
    qsort(rig->messages, rig->count, sizeof(*rig->messages), by_place);
    for (size_t i = 1; i < rig->count; i++) {
        if (message_compare(&rig->messages[i - 1], &rig->messages[i]) == 0) {
            abort();
        }
    }
}

// The short way for most packets is only that: shorter.
static void long_way_check(struct rig *rig, struct rig *long_way)
{
    const size_t from = offsetof(struct link_counts, frames); // there is padding in front
    const size_t bytes = offsetof(struct link_counts, latency) - from;
    struct link_counts facts = rig_link(rig, 0), long_facts = rig_link(long_way, 0);
    if (rig->count != long_way->count ||
        memcmp(streams_counts(rig->streams), streams_counts(long_way->streams),
            sizeof(struct stream_counts)) != 0 ||
        memcmp((char *)&facts + from, (char *)&long_facts + from, bytes) != 0) {
        abort();
    }
    for (size_t i = 0; i < rig->count; i++) {
        const struct message *one = &rig->messages[i], *other = &long_way->messages[i];
        if (memcmp(one, other, offsetof(struct message, source)) != 0 ||
            memcmp(one->source.address, other->source.address, 16) != 0 ||
            one->source.port != other->source.port) {
            abort();
        }
    }
}

static void tables_init(struct rig *rig, struct dialects *dialects)
{
    rig_init(rig);
    rig->settings.transactions.connections = 2;
    rig->settings.transactions.held_bytes = 4096;
    rig->settings.transactions.pool_bytes = 8192;
    rig->settings.transactions.idle_ns = 200 * NS_PER_S;
    rig->dialects = dialects;
    rig_start(rig);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t store[STORE_BYTES + INPUT_MOST];
    uint32_t sequences[8] = {0, 1000, UINT32_MAX - 500, 1u << 31, 77, 5, 99, 1};
    static struct rig rig, long_way;
    static struct dialects *dialects; // read once: they point into the rig
    struct instant now = rig_at(0);
    if (size < PACKET_BYTES || size > INPUT_MOST) {
        return 0;
    }
    for (uint32_t i = 0; i < STORE_MESSAGES; i++) {
        rig_message_write(store + i * MESSAGE_BYTES, MESSAGE_BYTES, i & 1, i, i);
    }
    memcpy(store + STORE_BYTES, data, size);
    tables_init(&rig, dialects);
    dialects = rig.dialects;
    tables_init(&long_way, dialects);
    for (; size >= PACKET_BYTES; size -= PACKET_BYTES, data += PACKET_BYTES) {
        struct instant watermark = streams_watermark(rig.streams);
        size_t before = rig.count;
        struct packet packet = packet_from(data, &now, store, sizeof(store), sequences);
        // Exactly as long as captured, and gone afterwards: a sanitizer sees one byte too far.
        uint8_t *payload = malloc(packet.payload_captured + 1);
        memcpy(payload + 1, packet.payload, packet.payload_captured);
        packet.payload = payload + 1;
        rig_send(&rig, packet);
        long_way.streams->place = UINT32_MAX;
        rig_send(&long_way, packet);
        free(payload);
        rig_check(&rig, watermark, before);
    }
    struct instant watermark = streams_watermark(rig.streams);
    size_t before = rig.count;
    rig_advance(&rig, INSTANT_NEVER);
    rig_advance(&long_way, INSTANT_NEVER);
    rig_check(&rig, watermark, before);
    if (rig.streams->pool.oldest != NONE || rig.streams->pending_oldest != NONE ||
        rig.streams->pool.hole_count != 0) {
        abort();
    }
    long_way_check(&rig, &long_way);
    places_check(&rig);
    rig.dialects = long_way.dialects = NULL;
    rig_done(&rig);
    rig_done(&long_way);
    return 0;
}
