#include "tests/unit/streams/rig.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct messages *messages)
{
    struct rig *rig = messages->context;
    if (rig->count + messages->count > rig->capacity) {
        rig->capacity = 2 * (rig->count + messages->count);
        rig->messages = realloc(rig->messages, rig->capacity * sizeof(*rig->messages));
        assert(rig->messages != NULL);
    }
    memcpy(rig->messages + rig->count, messages->items, messages->count * sizeof(struct message));
    rig->count += messages->count;
    messages->count = 0;
}

static void link_init(
    struct link_settings *link, char *id, struct address_range *ours, struct address_range *theirs)
{
    static char pay[] = "pay", cups[] = "config/dialects/cups.yaml";
    *link = (struct link_settings){.id = id,
        .network_id = pay,
        .role = ROLE_ACQUIRER,
        .dialect_path = cups,
        .ours = ours,
        .ours_count = 1,
        .theirs = theirs,
        .theirs_count = 1,
        .time_limit_ns = 30 * NS_PER_S};
}

void rig_init(struct rig *rig)
{
    static char first[] = "cups-a", second[] = "cups-b";
    *rig = (struct rig){0};
    for (int i = 0; i < 3; i++) {
        rig->ranges[i] = (struct address_range){
            .address = {[10] = 0xff, 0xff, 10, (uint8_t)(i + 1)}, .prefix_bits = 112};
    }
    rig->ranges[2].port = 9000;
    link_init(&rig->links[0], first, &rig->ranges[0], &rig->ranges[1]);
    link_init(&rig->links[1], second, &rig->ranges[0], &rig->ranges[2]);
    char *root = getenv("TAPGRADE_SOURCE");
    rig->settings = (struct settings){.networks = &rig->network,
        .network_count = 1,
        .links = rig->links,
        .link_count = 2,
        .packets = {.disorder_ns = 20 * NS_PER_MS, .hold_ns = NS_PER_S},
        .transactions = {.connections = 64,
            .held_bytes = 16384,
            .pool_bytes = 1 << 20,
            .idle_ns = 3600 * NS_PER_S},
        .folder = root != NULL ? root : (char *)(uintptr_t) "."};
}

void rig_start(struct rig *rig)
{
    if (rig->dialects == NULL) {
        struct mistakes *mistakes = mistakes_new();
        int64_t held_bytes = rig->settings.transactions.held_bytes;
        rig->settings.transactions.held_bytes = 1 << 20; // less than a message is refused here
        rig->dialects = dialects_new(&rig->settings, mistakes);
        rig->settings.transactions.held_bytes = held_bytes;
        mistakes_print(mistakes, stderr);
        mistakes_free(mistakes);
    }
    assert(rig->dialects != NULL);
    rig->tally = tally_new(&rig->settings);
    rig->facts.tally = rig->tally;
    rig->streams = streams_new(&rig->settings, rig->dialects, &rig->facts);
    assert(rig->tally != NULL && rig->streams != NULL);
    rig->out = (struct messages){.items = rig->batch,
        .capacity = sizeof(rig->batch) / sizeof(rig->batch[0]),
        .full = take,
        .context = rig};
}

void rig_done(struct rig *rig)
{
    streams_free(rig->streams);
    tally_free(rig->tally);
    dialects_free(rig->dialects);
    free(rig->messages);
}

struct instant rig_at(int64_t ns)
{
    return instant_add(instant_from_s(RIG_BASE_S), ns);
}

static uint8_t *text_put(uint8_t *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

void rig_message_write(uint8_t *bytes, uint32_t length, bool answer, uint64_t number, uint32_t seed)
{
    char text[128];
    assert(length >= RIG_MESSAGE_SHORTEST && length <= 600);
    snprintf(text, sizeof(text), "%04u", length - 4);
    uint8_t *to = text_put(bytes, text);
    *to++ = 0x2e;
    *to++ = 0x02;
    snprintf(text, sizeof(text), "%04u%-11s%-11s000", length - 4, "00010000", "03062900");
    to = text_put(to, text);
    *to++ = 0;
    to = text_put(to, "00000000");
    *to++ = 0;
    to = text_put(to, "00000");
    to = text_put(to, answer ? "0210" : "0200");
    // Fields 4, 7, 11, 32, 33, (39), 48, and 49 or not: then the last one is of variable length.
    bool fixed_end = seed % 2 == 0;
    const uint8_t bitmap[8] = {
        0x12, 0x20, 0, 0x01, answer ? 0x82 : 0x80, 0x01, fixed_end ? 0x80 : 0, 0};
    memcpy(to, bitmap, 8);
    snprintf(text, sizeof(text), "%012llu0310100000%06llu08030629000803062900",
        (unsigned long long)number, (unsigned long long)number % 1000000);
    to = text_put(to + 8, text);
    to = text_put(to, answer ? "00" : "");
    uint32_t filler = length - (uint32_t)(to - bytes) - (fixed_end ? 6 : 3);
    snprintf(text, sizeof(text), "%03u", filler);
    to = text_put(to, text);
    for (uint32_t i = 0; i < filler; i++) {
        *to++ = seed == 0 ? 'x' : (uint8_t)('0' + seed % 10);
        seed = seed * 1103515245u + 12345u;
        seed ^= seed >> 11;
    }
    to = text_put(to, fixed_end ? "156" : "");
    assert(to == bytes + length);
}

struct packet rig_packet(unsigned connection, bool from_ours, int64_t at_ns, uint32_t sequence,
    const uint8_t *bytes, uint32_t length)
{
    struct packet packet = {
        .at = rig_at(at_ns),
        .payload = bytes,
        .payload_length = length,
        .payload_captured = length,
        .sequence = sequence,
        .source_port = (uint16_t)(from_ours ? 20000 + connection : 5000),
        .destination_port = (uint16_t)(from_ours ? 5000 : 20000 + connection),
        .tcp_flags = TCP_PSH,
        .kind = PACKET_TCP,
        .hash = 77 + connection * 0x01000193u,
        .source = {[10] = 0xff, 0xff, 10, from_ours ? 1 : 2, 0, 1},
        .destination = {[10] = 0xff, 0xff, 10, from_ours ? 2 : 1, 0, 1},
    };
    return packet;
}

static void flush(struct rig *rig)
{
    if (rig->out.count > 0) {
        take(&rig->out);
    }
}

void rig_send_burst(struct rig *rig, struct packet *packets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        packets[i].ordinal = ++rig->ordinal;
    }
    messages_from_packets(rig->streams, packets, count, &rig->out);
    flush(rig);
}

void rig_send(struct rig *rig, struct packet packet)
{
    rig_send_burst(rig, &packet, 1);
}

void rig_advance(struct rig *rig, struct instant now)
{
    streams_advance(rig->streams, now, &rig->out);
    flush(rig);
}

struct link_counts rig_link(struct rig *rig, uint16_t link)
{
    struct link_counts sum = {.link = link};
    for (int64_t second = RIG_BASE_S; second < RIG_BASE_S + 4000; second++) {
        struct counters counters;
        tally_take(rig->tally, second, &counters);
        for (size_t i = 0; i < counters.link_count; i++) {
            const struct link_counts *counts = &counters.links[i];
            if (counts->link == link) {
                sum.frames += counts->frames;
                sum.our_frames += counts->our_frames;
                sum.their_frames += counts->their_frames;
                sum.connections += counts->connections;
                sum.seen_request_bytes += counts->seen_request_bytes;
                sum.seen_answer_bytes += counts->seen_answer_bytes;
                sum.missing_request_bytes += counts->missing_request_bytes;
                sum.missing_answer_bytes += counts->missing_answer_bytes;
                sum.syns += counts->syns;
                sum.syn_retries += counts->syn_retries;
                sum.resets += counts->resets;
                sum.fins += counts->fins;
            }
        }
    }
    return sum;
}
