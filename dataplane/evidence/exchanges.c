#include "dataplane/evidence/exchanges.h"

#include "config/memory.h"

#include "dataplane/counters/tries.h"

#include <stdlib.h>

#define EXCHANGES_MAX (1 << 18) // 6 MiB: 40 s of 6,500 that fail a second

const char *const frame_reason_names[] = {[REASON_NONE] = "",
    [REASON_FAILED] = "failed",
    [REASON_UNANSWERED] = "unanswered",
    [REASON_RESET] = "reset",
    [REASON_SAMPLE] = "sample"};

struct exchange {
    int64_t requested_ns, answered_ns; // without an answer: as requested
    uint16_t network;
    uint8_t reason;
};

struct exchanges {
    struct exchange *all;
    uint64_t added;
};

struct slot {
    int64_t at_ns;
    uint8_t reason; // REASON_NONE: free
};

struct exchange_index {
    struct slot *slots;
    size_t mask;
};

struct exchanges *exchanges_new(void)
{
    struct exchanges *exchanges = memory_zeroed(1, sizeof(*exchanges));
    exchanges->all = memory_map_as_needed(EXCHANGES_MAX * sizeof(exchanges->all[0]));
    if (exchanges->all == NULL) {
        free(exchanges);
        return NULL;
    }
    return exchanges;
}

void exchanges_free(struct exchanges *exchanges)
{
    if (exchanges != NULL) {
        memory_unmap(exchanges->all, EXCHANGES_MAX * sizeof(exchanges->all[0]));
        free(exchanges);
    }
}

void exchanges_add(struct exchanges *exchanges, const struct counters *counters)
{
    for (size_t i = 0; i < counters->try_count; i++) {
        const struct intent_try *try = &counters->tries[i];
        if (try->flags & TRY_PROCESSED) {
            continue;
        }
        bool unanswered = (try->flags & TRY_UNANSWERED) != 0;
        exchanges->all[exchanges->added++ % EXCHANGES_MAX] =
            (struct exchange){.requested_ns = try->requested_at.ns,
                .answered_ns = unanswered ? try->requested_at.ns : try->known_at.ns,
                .network = try->cell.network,
                .reason = unanswered ? REASON_UNANSWERED : REASON_FAILED};
    }
}

// ---- looking up

static struct slot *slot_of(const struct exchange_index *index, int64_t at_ns)
{
    size_t at = (size_t)((uint64_t)at_ns * 0x9e3779b97f4a7c15u >> 32) & index->mask;
    while (index->slots[at].reason != REASON_NONE && index->slots[at].at_ns != at_ns) {
        at = (at + 1) & index->mask;
    }
    return &index->slots[at];
}

// Of several of one instant, which software stamps give a burst, the one that failed is told.
static void slot_put(struct exchange_index *index, int64_t at_ns, uint8_t reason)
{
    struct slot *slot = slot_of(index, at_ns);
    if (slot->reason == REASON_NONE || reason < slot->reason) {
        *slot = (struct slot){at_ns, reason};
    }
}

struct exchange_index *exchange_index_new(const struct exchanges *exchanges, uint16_t network)
{
    struct exchange_index *index = memory_zeroed(1, sizeof(*index));
    size_t count = exchanges->added < EXCHANGES_MAX ? exchanges->added : EXCHANGES_MAX;
    size_t size = 64;
    while (size < count * 4) { // two instants each, half of the slots free
        size *= 2;
    }
    index->slots = memory_zeroed(size, sizeof(index->slots[0]));
    index->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        const struct exchange *exchange = &exchanges->all[i];
        if (exchange->network == network) {
            slot_put(index, exchange->requested_ns, exchange->reason);
            slot_put(index, exchange->answered_ns, exchange->reason);
        }
    }
    return index;
}

void exchange_index_free(struct exchange_index *index)
{
    if (index != NULL) {
        free(index->slots);
        free(index);
    }
}

enum frame_reason exchange_index_find(const struct exchange_index *index, int64_t at_ns)
{
    return slot_of(index, at_ns)->reason;
}
