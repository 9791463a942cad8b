// What a tally holds of the seconds that have not been taken yet. Private to dataplane/counters/.
//
// A fact belongs to the tick that is the first whole second not before its known_at. Each pending
// tick has a block: cell deltas in an open-addressed table, and the links' facts in arrays by link.
// The packets of one tick lie in two seconds: those after tick - 1 s, in second tick - 1, and those
// at the very instant of the tick, in second tick. Blocks are found by tick, the last one used
// without a search, and are reused with what they have grown to.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/cell_key.h"
#include "dataplane/counters/counters.h"
#include "dataplane/counters/rows.h"
#include "dataplane/counters/tally.h"

#include <stdbool.h>

#define PENDING_BUCKETS 256

struct cell_slot {
    uint64_t cell; // cell_key
    int64_t cohort_s;
    uint32_t index; // 1 + index into cells; 0: free
};

struct pending {
    int64_t tick_s;
    struct instant from;  // one second before the tick
    struct pending *next; // of the same bucket, or of the free ones
    struct cell_counts *cells;
    struct cell_slot *slots;
    uint32_t cell_count, cell_capacity;
    uint32_t slot_mask, slot_shift;
    struct rows counterparties, codes;
    struct intent_try *tries;
    size_t try_count, try_capacity;
    struct link_counts *links; // [2 * link + (at the tick's instant)]; second: LINK_UNTOUCHED
};

#define LINK_UNTOUCHED INT64_MIN

struct tally {
    const struct settings *settings;
    struct pending *last; // used last; never NULL
    struct pending *buckets[PENDING_BUCKETS];
    struct pending *free;
    int64_t taken_s;     // the last tick taken
    struct pending *out; // taken: its arrays are the caller's until the next take
    struct link_facts facts;
    struct processed *processed;   // of the pairing that is heard; NULL: not remembered
    const struct account_key *key; // of merchants; NULL: none
};

struct intent_try;
void pending_add_try(struct pending *pending, const struct intent_try *try);

// The tick of an instant: the first whole second that is not before it.
static inline int64_t tick_of(struct instant at)
{
    int64_t second = instant_second(at);
    return second + (at.ns != second * NS_PER_S);
}

// The block of a tick. A fact that comes after its tick was taken, which the watermarks rule out,
// goes to the oldest block that is left rather than nowhere.
struct pending *pending_find(struct tally *tally, int64_t tick_s);

static inline struct pending *pending_at(struct tally *tally, int64_t tick_s)
{
    return tally->last->tick_s == tick_s ? tally->last : pending_find(tally, tick_s);
}

// The same, of an instant: without a division in the second that was used last.
static inline struct pending *pending_of(struct tally *tally, struct instant known_at)
{
    uint64_t behind = (uint64_t)known_at.ns - (uint64_t)tally->last->from.ns - 1;
    return behind < NS_PER_S ? tally->last : pending_find(tally, tick_of(known_at));
}

static inline int64_t pending_cohort(const struct pending *pending, struct instant requested_at)
{
    uint64_t behind = (uint64_t)requested_at.ns - (uint64_t)pending->from.ns;
    return behind < NS_PER_S ? pending->tick_s - 1 : instant_second(requested_at);
}

static inline struct cell_slot *pending_slot(
    const struct pending *pending, uint64_t cell, int64_t cohort_s)
{
    uint64_t mixed = (cell ^ (uint64_t)cohort_s * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
    return &pending->slots[mixed >> pending->slot_shift];
}

static inline uint64_t cell_key(const struct cell *cell)
{
    return cell_key_of_link(cell->network, cell->link, cell->site) |
           cell_key_of_business(cell->function, cell->province, cell->unit);
}

static inline struct cell cell_of_key(uint64_t key)
{
    return (struct cell){.network = key & 0xFF,
        .link = key >> 8 & 0xFFF,
        .function = key >> 20 & 0xFF,
        .province = key >> 28 & 0xFF,
        .site = key >> 36 & 0xFF,
        .unit = (uint16_t)(key >> 44)};
}

struct cell_counts *pending_cell_find(struct pending *pending, uint64_t key, int64_t cohort_s);

// The deltas of the cell with this key and cohort. Valid until the next call.
static inline struct cell_counts *pending_cell(
    struct pending *pending, uint64_t key, int64_t cohort_s)
{
    const struct cell_slot *slot = pending_slot(pending, key, cohort_s);
    bool found = slot->cell == key && slot->cohort_s == cohort_s && slot->index != 0;
    return __builtin_expect(found, 1) ? &pending->cells[slot->index - 1]
                                      : pending_cell_find(pending, key, cohort_s);
}
