// Frames are handed over a little ahead of time (a write's segments are laid out at once) and may
// be seen late, so they wait in a heap until time has passed them; then they go to the capture in
// order of time. What waits is bounded by the traffic of some milliseconds. A lost frame was
// received by its receiver all the same: the ACKs that follow pass it, as behind a mirror port that
// drops.
#include "tools/generate/tap.h"

#include "config/memory.h"

#include "tools/generate/heap.h"
#include "tools/generate/random.h"

#include <stdlib.h>
#include <string.h>

#define DUPLICATE_NS 1500 // the second copy: a mirror of both ports of a switch

struct slot {
    struct slot *next; // free ones
    uint8_t bytes[TAP_FRAME_BYTES];
};

struct tap {
    const struct tap_scenario *scenario;
    struct pcap_writer *writer;
    struct random random;
    struct heap waiting;
    struct slot *free;
    struct slot *current;
    struct tap_counts counts;
};

struct tap *tap_new(const struct scenario *scenario, struct pcap_writer *writer)
{
    struct tap *tap = memory_zeroed(1, sizeof(*tap));
    tap->scenario = &scenario->tap;
    tap->writer = writer;
    tap->random = random_init(scenario->seed, RANDOM_TAP);
    return tap;
}

static struct slot *slot_take(struct tap *tap)
{
    struct slot *slot = tap->free;
    if (slot == NULL) {
        return memory_zeroed(1, sizeof(*slot));
    }
    tap->free = slot->next;
    return slot;
}

static void slot_give(struct tap *tap, struct slot *slot)
{
    slot->next = tap->free;
    tap->free = slot;
}

uint8_t *tap_frame(struct tap *tap)
{
    if (tap->current == NULL) {
        tap->current = slot_take(tap);
    }
    return tap->current->bytes;
}

static void add_duplicate(struct tap *tap, int64_t at_ns, uint32_t length)
{
    struct slot *copy = slot_take(tap);
    memcpy(copy->bytes, tap->current->bytes, length);
    heap_add(&tap->waiting, at_ns + DUPLICATE_NS, 0, copy, length);
    tap->counts.duplicated++;
}

// Bytes of a frame, by the snap length.
static uint32_t tap_captures(const struct tap *tap, uint32_t length)
{
    int64_t snap = tap->scenario->snap;
    return snap != 0 && length > snap ? (uint32_t)snap : length;
}

static bool names_link(
    const struct scenario *scenario, const struct dark_scenario *dark, uint16_t link)
{
    for (size_t i = 0; i < dark->link_count; i++) {
        if (strcmp(dark->links[i], scenario->links[link].id) == 0) {
            return true;
        }
    }
    return dark->link_count == 0;
}

bool tap_is_dark(const struct scenario *scenario, uint16_t link, bool is_client, int64_t at_ns)
{
    int64_t since_ns = at_ns - scenario->start.ns;
    for (size_t i = 0; i < scenario->tap.dark_count; i++) {
        const struct dark_scenario *dark = &scenario->tap.dark[i];
        if (since_ns >= dark->from_ns && since_ns < dark->to_ns &&
            dark->sender != (is_client ? UNSEEN_SERVER : UNSEEN_CLIENT) &&
            names_link(scenario, dark, link)) {
            return true;
        }
    }
    return false;
}

struct tap_view tap_pass(struct tap *tap, int64_t at_ns, uint32_t length, bool is_dark)
{
    bool lost = random_hits(&tap->random, tap->scenario->loss_ppm) || is_dark;
    struct tap_view view = {at_ns, !lost};
    length = wrap_write(tap->current->bytes, length, tap->scenario->wrap);
    tap->counts.frames++;
    if (random_hits(&tap->random, tap->scenario->reorder_ppm)) {
        view.at_ns += 1 + (int64_t)random_below(&tap->random, (uint64_t)tap->scenario->reorder_ns);
        tap->counts.reordered += view.seen;
    }
    bool twice = random_hits(&tap->random, tap->scenario->duplicate_ppm);
    if (!view.seen) {
        tap->counts.lost++;
        return view;
    }
    if (twice) {
        add_duplicate(tap, view.at_ns, length);
    }
    heap_add(&tap->waiting, view.at_ns, 0, tap->current, length);
    tap->current = NULL;
    view.seen = tap_captures(tap, length) == length;
    return view;
}

void tap_advance(struct tap *tap, int64_t until_ns)
{
    struct heap_item item;
    while (tap->waiting.count > 0 && heap_first(&tap->waiting)->at_ns < until_ns) {
        heap_take(&tap->waiting, &item);
        struct slot *slot = item.subject;
        pcap_write(tap->writer, item.at_ns, slot->bytes, tap_captures(tap, item.value), item.value);
        slot_give(tap, slot);
    }
}

const struct tap_counts *tap_counts(const struct tap *tap)
{
    return &tap->counts;
}

void tap_free(struct tap *tap)
{
    if (tap == NULL) {
        return;
    }
    struct heap_item item;
    while (heap_take(&tap->waiting, &item)) {
        free(item.subject);
    }
    heap_done(&tap->waiting);
    free(tap->current);
    while (tap->free != NULL) {
        struct slot *next = tap->free->next;
        free(tap->free);
        tap->free = next;
    }
    free(tap);
}
